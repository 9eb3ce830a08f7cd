//! Who takes part in a scenario, and how they find each other.

use std::collections::BTreeSet;
use std::fs;
use std::future::Future;
use std::path::Path;

use daffi::{Global, GlobalBuilder};
use futures_util::future::join_all;
use rustix::process::Signal;

use crate::actor::{Actor, Stage, folder, serve};
use crate::{broadcasts, calls, churn, pipeline};

/// The nine processes that offer callbacks, by name.
pub const NINE: [&str; 9] = [
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
];

/// This process.
pub const TENTH: &str = "ten";

/// How processes reach the controller.
#[derive(Clone, Copy, Debug)]
pub enum Transport {
    Unix,
    Tcp,
}

/// The file in the stage's folder in which the controller leaves its TCP port for the others.
const PORT: &str = "port";

/// The processes of a scenario, which are all there.
pub struct Cast {
    stage: Stage,
    controller: Actor,
    nine: Vec<Actor>,
}

impl Cast {
    async fn assemble(transport: Transport) -> Self {
        let stage = Stage::new();
        let controller = stage.start(&format!("controller over {transport:?}")).await;
        let nine = join_all(NINE.map(|name| stage.start(name))).await;
        Self {
            stage,
            controller,
            nine,
        }
    }

    /// Joins as the tenth.
    async fn join(&self) -> Global {
        let g = at(self.stage.folder()).process_name(TENTH).start().await.unwrap();
        let processes = g.processes().await.unwrap();
        let there: BTreeSet<_> = processes.iter().map(|process| process.name.as_str()).collect();
        assert_eq!(there, NINE.into_iter().chain([TENTH]).collect());
        g
    }

    /// Tells all processes to end, the controller after the others.
    async fn dismiss(self) {
        for actor in self.nine.iter().chain([&self.controller]) {
            actor.signal(Signal::TERM);
            assert_eq!(actor.ended().await.code(), Some(0));
        }
    }
}

/// Plays a scenario over every transport, as the tenth process.
pub async fn over_each<F: Future<Output = ()>>(mut scenario: impl FnMut(Global) -> F) {
    for transport in [Transport::Unix, Transport::Tcp] {
        let cast = Cast::assemble(transport).await;
        let g = cast.join().await;
        scenario(g.clone()).await;
        g.stop().await;
        cast.dismiss().await;
    }
}

/// Plays a part in a process of its own.
#[tokio::main(flavor = "current_thread")]
pub async fn play(part: &str) {
    let folder = folder();
    if churn::play(part, &folder).await {
        return;
    }
    let Some(number) = NINE.iter().position(|name| *name == part) else {
        return control(part, &folder).await;
    };
    let mut builder = at(&folder).process_name(part);
    for offered in [calls::OFFERED[number], broadcasts::OFFERED]
        .into_iter()
        .chain(pipeline::offered(number))
    {
        builder = builder.callback(offered);
    }
    serve(&builder.start().await.unwrap()).await;
}

async fn control(part: &str, folder: &Path) {
    let builder = Global::builder().init_controller(true).init_node(false);
    let builder = match part {
        "controller over Unix" => builder.unix_sock_path(folder),
        "controller over Tcp" => builder.host("127.0.0.1").port(0),
        other => panic!("there is no part called {other:?}"),
    };
    let g = builder.start().await.unwrap();
    if let Some(port) = g.address().port() {
        fs::write(folder.join(PORT), port.to_string()).unwrap();
    }
    serve(&g).await;
}

/// A builder for a process that joins the controller of the stage in `folder`. It offers only what it says.
fn at(folder: &Path) -> GlobalBuilder {
    let builder = Global::builder().auto_callbacks(false);
    match fs::read_to_string(folder.join(PORT)) {
        Ok(port) => builder.host("127.0.0.1").port(port.parse().unwrap()),
        Err(_) => builder.unix_sock_path(folder),
    }
}
