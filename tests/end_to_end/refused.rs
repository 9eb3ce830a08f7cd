//! Processes that the controller does not let in again.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use daffi::{CallErrorKind, Ended, Global, GlobalBuilder, StartError};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};

/// Passes connections on to a place that changes: those that are there end then.
struct Switch {
    port: u16,
    to: watch::Sender<u16>,
}

impl Switch {
    async fn to(port: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let own = listener.local_addr().unwrap().port();
        let (to, target) = watch::channel(port);
        tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                let mut target = target.clone();
                tokio::spawn(async move {
                    let port = *target.borrow_and_update();
                    let address = SocketAddr::from(([127, 0, 0, 1], port));
                    let mut far = TcpStream::connect(address).await.unwrap();
                    tokio::select! {
                        _ = copy_bidirectional(&mut near, &mut far) => {}
                        _ = target.changed() => {}
                    }
                });
            }
        });
        Self { port: own, to }
    }
}

async fn controller(name: &str) -> Global {
    let builder = Global::builder()
        .process_name(name)
        .init_controller(true)
        .auto_callbacks(false);
    let builder = builder
        .host("127.0.0.1")
        .port(0)
        .heartbeat(Duration::from_millis(20));
    builder.start().await.unwrap()
}

fn port(g: &Global) -> u16 {
    g.address().port().unwrap()
}

fn worker(port: u16) -> GlobalBuilder {
    Global::builder()
        .process_name("worker")
        .auto_callbacks(false)
        .host("127.0.0.1")
        .port(port)
}

/// A worker that has lost its controller, and its name at the one that it finds instead.
struct Replaced {
    old: Global,
    holder: Global,
    controllers: [Global; 2],
    refusals: mpsc::UnboundedReceiver<String>,
    connected: mpsc::UnboundedReceiver<()>,
    _switch: Switch,
}

impl Replaced {
    async fn new(describe: impl FnOnce(GlobalBuilder) -> GlobalBuilder) -> Self {
        let controllers = [controller("north").await, controller("south").await];
        let switch = Switch::to(port(&controllers[0])).await;
        let (told, refusals) = mpsc::unbounded_channel();
        let (connects, mut connected) = mpsc::unbounded_channel();
        let builder = worker(switch.port)
            .on_node_connect(move |_| {
                let _ = connects.send(());
            })
            .on_refused(move |g, error| {
                assert!(matches!(error, StartError::NameTaken { .. }), "{error}");
                let last = g.last_disconnect().unwrap();
                assert!(last.refused.is_some() && last.until.is_none());
                let _ = told.send(error.to_string());
            });
        let old = describe(builder).start().await.unwrap();
        connected.recv().await.unwrap();
        assert!(old.last_disconnect().is_none());
        let holder = worker(port(&controllers[1])).start().await.unwrap();
        switch.to.send(port(&controllers[1])).unwrap();
        Self {
            old,
            holder,
            controllers,
            refusals,
            connected,
            _switch: switch,
        }
    }

    async fn stop(self) {
        self.old.stop().await;
        self.holder.stop().await;
        for controller in self.controllers {
            controller.stop().await;
        }
    }
}

#[tokio::test]
async fn p9_who_has_lost_its_name_is_told_and_comes_back_when_that_is_free() {
    let mut replaced = Replaced::new(|builder| builder).await;
    let refusal = replaced.refusals.recv().await.unwrap();
    assert!(refusal.contains("\"worker\""), "{refusal}");
    let last = replaced.old.last_disconnect().unwrap();
    assert!(last.until.is_none() && !last.reason.is_empty(), "{last:?}");
    assert_eq!(last.refused.as_ref().unwrap().to_string(), refusal);
    assert!(
        last.to_string().contains("does not let this process in again"),
        "{last}"
    );
    // It goes on asking, and is told once.
    replaced.holder.stop().await;
    replaced.connected.recv().await.unwrap();
    let back = replaced.old.last_disconnect().unwrap();
    assert!(back.refused.is_none() && back.until >= Some(back.since) && back.since == last.since);
    assert!(replaced.refusals.try_recv().is_err());
    replaced.stop().await;
}

#[tokio::test]
async fn p9_who_is_to_give_up_ends_and_says_why() {
    let mut replaced = Replaced::new(|builder| builder.give_up_when_refused(true)).await;
    let old = replaced.old.clone();
    let waiting = tokio::spawn(async move { old.call::<()>("nothing", ()).await });
    let Ended::Refused(reason) = replaced.old.join().await else {
        panic!("it was not refused")
    };
    assert!(
        matches!(&*reason, StartError::NameTaken { name, .. } if name == "worker"),
        "{reason}"
    );
    assert_eq!(replaced.refusals.recv().await.unwrap(), reason.to_string());
    waiting.await.unwrap().unwrap_err();
    let error = replaced.old.call::<()>("nothing", ()).await.unwrap_err();
    assert_eq!(error.kind(), CallErrorKind::NotStarted, "{error}");
    // Its holder is not disturbed by it.
    replaced.holder.processes().await.unwrap();
    let reason: Arc<StartError> = replaced.old.join().await.or_refused().unwrap_err();
    assert!(reason.to_string().contains("worker"));
    assert!(replaced.holder.last_disconnect().is_none());
    replaced.stop().await;
}

#[tokio::test]
async fn a_connection_is_lost_when_it_ends_and_not_when_going_on_is_given_up() {
    let controllers = [controller("north").await, controller("south").await];
    let switch = Switch::to(port(&controllers[0])).await;
    let (connects, mut connected) = mpsc::unbounded_channel();
    let builder = worker(switch.port).on_node_connect(move |_| {
        let _ = connects.send(());
    });
    let g = builder.start().await.unwrap();
    connected.recv().await.unwrap();
    // Meanwhile nobody answers.
    let silent = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    switch.to.send(silent.local_addr().unwrap().port()).unwrap();
    drop(silent.accept().await.unwrap());
    let looked_for = Instant::now();
    switch.to.send(port(&controllers[1])).unwrap();
    connected.recv().await.unwrap();
    let last = g.last_disconnect().unwrap();
    assert!(
        last.since <= looked_for && last.until >= Some(looked_for),
        "{last:?}"
    );
    g.stop().await;
    for controller in controllers {
        controller.stop().await;
    }
}
