//! The parts that processes play.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use daffi::{CallError, Global, GlobalBuilder, StartError, Stream, Streaming, callback, fetcher};
use daffi_controller::{Controller, ControllerOptions, StandbyOf};
use daffi_core::transport::Address;
use futures_util::{StreamExt, stream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::time::sleep;

use crate::processes::{may_end, say};

/// What runs at a provider until it may end.
struct Work {
    may_end: watch::Receiver<bool>,
}

/// Says how it ends.
struct Runs {
    what: &'static str,
    has_ended: AtomicBool,
}

impl Runs {
    fn begin(what: &'static str) -> Self {
        say(&format!("runs {what}"));
        Self {
            what,
            has_ended: AtomicBool::new(false),
        }
    }

    fn end(&self) {
        self.has_ended.store(true, Ordering::Relaxed);
    }
}

impl Drop for Runs {
    fn drop(&mut self) {
        let how = if self.has_ended.load(Ordering::Relaxed) {
            "ends"
        } else {
            "is dropped"
        };
        say(&format!("ran {}: {how}", self.what));
    }
}

impl Work {
    async fn until_it_may_end(&self) {
        let _ = self.may_end.clone().wait_for(|may_end| *may_end).await;
    }
}

#[callback(prefix = "faults.")]
impl Work {
    pub async fn hold(&self) {
        let runs = Runs::begin("the call");
        self.until_it_may_end().await;
        runs.end();
    }

    pub async fn hold_all(&self) {
        let runs = Runs::begin("the broadcast");
        self.until_it_may_end().await;
        runs.end();
    }

    pub async fn count(&self) -> impl Stream<Item = u64> {
        let runs = Runs::begin("the stream");
        numbers(self.may_end.clone(), runs)
    }

    pub async fn read(&self, mut items: Streaming<u64>) {
        let runs = Runs::begin("the reading");
        let mut next = 0;
        while let Some(item) = items.next().await {
            // That is told just before it is dropped.
            let Ok(item) = item else { return };
            assert_eq!(item, next, "an item is missing or doubled");
            next += 1;
        }
        runs.end();
    }

    pub async fn echo(&self) {}
}

struct Client;

#[fetcher(prefix = "faults.")]
impl Client {
    async fn hold(&self);
    #[fetcher(broadcast)]
    async fn hold_all(&self);
    async fn count(&self) -> impl Stream<Item = u64>;
    async fn read(&self, items: impl Stream<Item = u64>);
    async fn echo(&self);
}

/// A call to a process that is answered at once.
pub async fn echo(g: &Global, to: &str) -> Result<(), CallError> {
    Client.echo().on(g).to(to).await
}

/// One number after the other, until they may end.
fn numbers(may_end: watch::Receiver<bool>, runs: Runs) -> impl Stream<Item = u64> {
    let unless_over = move |number: u64| {
        let over = *may_end.borrow();
        if over {
            runs.end();
        }
        async move {
            sleep(Duration::from_millis(5)).await;
            (!over).then_some((number, number + 1))
        }
    };
    stream::unfold(0, unless_over)
}

/// At which controllers a node is: a folder, or ports.
pub fn at(place: &str) -> GlobalBuilder {
    let builder = Global::builder().auto_callbacks(false);
    let ports: Vec<_> = place.split(',').collect();
    match ports[..] {
        [folder] if folder.starts_with('/') => builder.unix_sock_path(folder),
        [port] => builder.host("127.0.0.1").port(port.parse().unwrap()),
        _ => builder.controllers(ports.into_iter().map(|port| format!("127.0.0.1:{port}"))),
    }
}

/// What a process is told of itself.
fn telling(builder: GlobalBuilder) -> GlobalBuilder {
    let words = |error: &StartError| match error {
        StartError::Refused { refusal, .. } => format!("{refusal:?}")
            .split([' ', '{', '('])
            .next()
            .unwrap()
            .to_owned(),
        other => format!("{other:?}")
            .split([' ', '{', '('])
            .next()
            .unwrap()
            .to_owned(),
    };
    builder
        .on_node_disconnect(|_| say("hook: `on_node_disconnect`"))
        .on_node_connect(|_| say("hook: `on_node_connect`"))
        .on_refused(move |_, error| say(&format!("hook: `on_refused` with `{}`", words(error))))
}

pub async fn play(part: &[String]) {
    let may_end = may_end();
    let part: Vec<_> = part.iter().map(String::as_str).collect();
    match part[..] {
        ["controller", place, heartbeat, grace, standby_of] => {
            control(place, heartbeat, grace, standby_of).await;
        }
        ["provider", name, place, replaces] => {
            let builder = telling(at(place))
                .process_name(name)
                .replace(replaces == "replaces");
            let g = builder.service(Work { may_end }).start().await.unwrap();
            serve(&g).await;
        }
        ["caller", name, place, replaces] => {
            let builder = telling(at(place))
                .process_name(name)
                .replace(replaces == "replaces");
            let g = builder.start().await.unwrap();
            for provider in ["provider", "other"] {
                g.wait_process(provider).await.unwrap();
            }
            if replaces == "calls" {
                calls(&g, &may_end);
            }
            serve(&g).await;
        }
        _ => panic!("not a part: {part:?}"),
    }
}

/// Is there until it is told to end, and stops as a process should.
async fn serve(g: &Global) {
    let mut terminated = signal(SignalKind::terminate()).unwrap();
    say("begins");
    terminated.recv().await;
    g.stop().await;
    say("stopped");
    std::future::pending::<()>().await;
}

/// As the program `daffi-controller`.
async fn control(place: &str, heartbeat: &str, grace: &str, standby_of: &str) {
    let milliseconds = |text: &str| Duration::from_millis(text.parse().unwrap());
    let tcp = |port: &str| Address::Tcp {
        host: "127.0.0.1".to_owned(),
        port: port.parse().unwrap(),
    };
    let address = if place.starts_with('/') {
        Address::unix_in(place)
    } else {
        tcp(place)
    };
    let mut options = ControllerOptions::new(address);
    options.heartbeat = milliseconds(heartbeat);
    options.resume_grace = milliseconds(grace);
    if !standby_of.is_empty() {
        options.standby_of = Some(StandbyOf::new(tcp(standby_of)));
    }
    let mut terminated = signal(SignalKind::terminate()).unwrap();
    let controller = Controller::start(options).await.unwrap();
    say(&format!(
        "port {}",
        controller.address().port().unwrap_or_default()
    ));
    say("begins");
    terminated.recv().await;
    controller.drain(Duration::from_secs(10)).await;
    controller.stop().await;
    say("stopped");
    std::process::exit(0);
}

/// Has a call, two streams and a broadcast under way, and says how they end.
fn calls(g: &Global, may_end: &watch::Receiver<bool>) {
    let tell = |what: &str, outcome: Result<(), CallError>| say(&format!("told {what}: {}", words(&outcome)));
    let call = Client.hold().on(g).to("provider");
    tokio::spawn(async move { tell("the call", call.await) });
    let of = g.clone();
    tokio::spawn(async move {
        let outcome = Client.hold_all().on(&of).await;
        let part = outcome.map(|replies| replies.into_map().remove("provider").unwrap());
        tell("the broadcast", part.and_then(|part| part));
    });
    let of = g.clone();
    tokio::spawn(async move {
        let read = async {
            let mut items = Client.count().on(&of).to("provider").await?;
            let mut next = 0;
            while let Some(item) = items.next().await {
                assert_eq!(item?, next, "an item is missing or doubled");
                next += 1;
            }
            Ok(())
        };
        tell("the stream", read.await);
    });
    let sent = stream::unfold((0, may_end.clone()), |(number, may_end)| async move {
        sleep(Duration::from_millis(5)).await;
        (!*may_end.borrow()).then_some((number, (number + 1, may_end.clone())))
    });
    let reading = Client.read(sent.boxed()).on(g).to("provider");
    tokio::spawn(async move { tell("the reading", reading.await) });
}

/// How a call ended.
pub fn words(outcome: &Result<(), CallError>) -> String {
    match outcome {
        Ok(()) => "the value".to_owned(),
        Err(error) if error.may_have_run() => format!("`{:?}`, may have run", error.kind()),
        Err(error) => format!("`{:?}`, did not run", error.kind()),
    }
}
