//! How often each side of a connection says something, as nodes ask for it.

use std::future::poll_fn;
use std::time::Duration;

use bytes::Bytes;
use daffi_controller::{Controller, ControllerOptions};
use daffi_core::proto::{CallId, Extensions, Header, Hello, Limits, Query};
use daffi_core::transport::{Address, Security, connect};
use tokio::time::{Instant, timeout, timeout_at};

use super::join;
use super::nodes::{HANGS, next, tell};

/// link.heartbeat.asked
#[tokio::test(start_paused = true)]
async fn a_node_asks_and_the_controller_decides() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = ControllerOptions::new(Address::unix_in(folder.path()));
    options.heartbeat = Duration::from_secs(2);
    let controller = Controller::start(options).await.unwrap();
    for (asked, granted) in [(1000_u32, 1000), (1, 500), (60_000, 8000)] {
        let mut node = connect(controller.address(), Limits::default(), &Security::none())
            .await
            .unwrap();
        let mut hello = Hello::new("node", asked.into(), 1);
        let interval = Duration::from_millis(asked.into());
        hello.extensions = Extensions::default()
            .with(Extensions::HEARTBEAT, &interval)
            .unwrap();
        tell(&node, &Header::Hello(hello));
        let frame = next(&mut node).await.unwrap();
        let Header::Welcome(welcome) = frame.decode().unwrap().0 else {
            panic!("{frame:?}")
        };
        let granted = Duration::from_millis(granted);
        assert_eq!(welcome.heartbeat, granted);
        // And keeps to it, as long as it hears of the node.
        let until = Instant::now() + granted * 20;
        let mut heard = 0;
        while let Ok(frame) = timeout_at(until, node.inlet.read_one()).await {
            let frame = frame.unwrap().expect("it is not cut off");
            assert!(matches!(frame.decode().unwrap().0, Header::Heartbeat { .. }));
            heard += 1;
            tell(&node, &Header::Heartbeat { received: 0 });
        }
        assert!((10..=21).contains(&heard), "{heard} times {granted:?}");
        node.outbox.abort();
        while let Ok(Some(_)) = node.inlet.read_one().await {}
    }
    controller.stop().await;
}

/// Its process lives, and says so: but what it asked for waits for it, so it is not read, and that is not waited for without end.
#[tokio::test]
async fn p6_whoever_reads_nothing_of_what_it_asks_for_is_cut_off() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits {
        queue_bytes: 64 * 1024,
        ..Limits::default()
    };
    let mut options = ControllerOptions::new(Address::unix_in(folder.path()));
    options.limits = limits;
    options.heartbeat = Duration::from_millis(200);
    let controller = Controller::start(options).await.unwrap();
    let name = "n".repeat(Limits::NAME_BYTES);
    let node = join(controller.address(), &name, limits).await;
    let outbox = node.outbox.clone();
    let writer = tokio::spawn({
        let outbox = outbox.clone();
        async move { outbox.run().await }
    });
    let asks = async {
        for number in 0.. {
            let (call, query) = (CallId::first(number), Query::Processes);
            if outbox
                .send(&Header::Query { call, query }, &Bytes::new())
                .is_err()
            {
                return;
            }
            let _ = outbox.send(&Header::Heartbeat { received: 0 }, &Bytes::new());
            outbox.kick();
            poll_fn(|cx| outbox.poll_room(cx)).await;
        }
    };
    timeout(HANGS, asks).await.expect("it is waited for without end");
    writer.await.unwrap();
    drop(node);
    controller.stop().await;
}
