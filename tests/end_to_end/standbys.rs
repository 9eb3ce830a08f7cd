//! Several controllers: one that stands by for another one, and processes that know both.

use std::time::Duration;

use daffi::{ConfigFault, Global, GlobalBuilder, StartError, callback, fetcher};
use daffi_controller::{Controller, ControllerOptions, StandbyOf};
use daffi_core::transport::Address;
use tokio::time::timeout;

/// Nothing takes so long that does not hang.
const HANGS: Duration = Duration::from_secs(60);

struct Echo;

#[callback(prefix = "standbys.")]
impl Echo {
    pub async fn echo(&self, number: u64) -> u64 {
        number
    }
}

struct Client;

#[fetcher(prefix = "standbys.")]
impl Client {
    async fn echo(&self, number: u64) -> u64;
}

fn options(port: u16) -> ControllerOptions {
    let host = "127.0.0.1".to_owned();
    let mut options = ControllerOptions::new(Address::Tcp { host, port });
    options.heartbeat = Duration::from_millis(200);
    options
}

fn port(controller: &Controller) -> u16 {
    controller.address().port().unwrap()
}

fn builder(name: &str) -> GlobalBuilder {
    Global::builder().process_name(name).auto_callbacks(false)
}

/// Calls until it is answered: what was under way when a controller was killed has ended with it.
async fn answered(caller: &Global, number: u64) {
    let calling = async {
        while Client.echo(number).on(caller).await.ok() != Some(number) {
            tokio::task::yield_now().await;
        }
    };
    timeout(HANGS, calling).await.expect("it is never answered");
}

/// standby.shut, standby.open, standby.back
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_meet_at_a_standby_while_the_first_is_gone_and_go_back_when_it_is_there() {
    let first = Controller::start(options(0)).await.unwrap();
    let mut standing_by = options(0);
    standing_by.standby_of = Some(StandbyOf::new(first.address().clone()));
    let standby = Controller::start(standing_by).await.unwrap();
    let places = [port(&first), port(&standby)].map(|port| format!("127.0.0.1:{port}"));
    let provider = builder("provider").service(Echo).controllers(places.clone());
    let provider = provider.start().await.unwrap();
    let caller = builder("caller").controllers(places).start().await.unwrap();
    answered(&caller, 1).await;
    // Whoever does not know the first is not let in where that is.
    let alone = || builder("alone").host("127.0.0.1").port(port(&standby));
    let refused = alone().connect_timeout(Duration::from_millis(100)).start().await;
    let refused = refused.expect_err("it is let in");
    assert!(matches!(refused, StartError::NoController { .. }), "{refused}");

    let first_port = port(&first);
    first.abort();
    answered(&caller, 2).await;
    let alone = alone().start().await.unwrap();
    answered(&alone, 3).await;
    alone.stop().await;

    let first = Controller::start(options(first_port)).await.unwrap();
    let watcher = builder("watcher").host("127.0.0.1").port(first_port);
    let watcher = watcher.start().await.unwrap();
    for name in ["provider", "caller"] {
        let back = timeout(HANGS, watcher.wait_process(name)).await;
        back.expect("it does not come back").unwrap();
    }
    answered(&caller, 4).await;
    for g in [watcher, caller, provider] {
        g.stop().await;
    }
    standby.stop().await;
    first.stop().await;
}

#[tokio::test]
async fn the_first_that_answers_is_joined() {
    let second = Controller::start(options(0)).await.unwrap();
    // Nobody listens at a port that was given back.
    let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let places = [
        gone.local_addr().unwrap().to_string(),
        format!("localhost:{}", port(&second)),
    ];
    drop(gone);
    let g = builder("provider").service(Echo).controllers(places);
    let g = g.start().await.unwrap();
    let caller = builder("caller").host("127.0.0.1").port(port(&second));
    let caller = caller.start().await.unwrap();
    answered(&caller, 1).await;
    caller.stop().await;
    g.stop().await;
    second.stop().await;
}

#[tokio::test]
async fn addresses_that_are_none_are_named() {
    let fault = |places: &[&str]| {
        let places: Vec<_> = places.iter().map(|place| (*place).to_owned()).collect();
        async move {
            builder("g")
                .controllers(places)
                .port(1)
                .start()
                .await
                .unwrap_err()
        }
    };
    for (places, expected) in [
        (&["localhost"] as &[&str], "\"localhost\""),
        (&["a:1", "::1:8888"], "\"::1:8888\""),
        (&[], "empty"),
    ] {
        let StartError::Config(faults) = fault(places).await else {
            panic!("{places:?}")
        };
        let is_named = |fault: &ConfigFault| fault.to_string().contains(expected);
        assert!(faults.iter().any(is_named), "{faults:?}");
        assert!(faults.contains(&ConfigFault::Conflict("controllers", "host and port")));
    }
}
