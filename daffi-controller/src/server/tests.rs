//! What is left at a controller of those who were there.

use std::future::pending;
use std::time::Duration;

use daffi_core::Global;
use daffi_core::transport::Address;

use super::{Controller, ControllerOptions};
use crate::router::tests::assert_empty;

fn builder(controller: &Controller, name: &str) -> daffi_core::GlobalBuilder {
    let builder = Global::builder().process_name(name).auto_callbacks(false);
    builder
        .host("127.0.0.1")
        .port(controller.address().port().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_left_of_processes_that_were_lost_went_on_and_left() {
    const TURNS: u64 = 40;
    let host = "127.0.0.1".to_owned();
    let mut options = ControllerOptions::new(Address::Tcp { host, port: 0 });
    // Whoever is lost is started again before that is over.
    options.resume_grace = Duration::from_secs(600);
    let controller = Controller::start(options).await.unwrap();
    let provider = builder(&controller, "provider").start().await.unwrap();
    let echo = |number: u64| async move { number };
    provider.register_fn("echo", echo).await.unwrap();
    let never = || async { pending::<u64>().await };
    provider.register_fn("never", never).await.unwrap();
    for turn in 1..=TURNS {
        let caller = builder(&controller, "caller").start().await.unwrap();
        let held = caller.call::<u64>("never", ()).bg();
        let all = caller.call::<u64>("never", ()).broadcast().bg();
        let _waits = (caller.wait_process("nobody"), caller.presence().await.unwrap());
        let dropped = tokio::time::timeout(Duration::from_millis(1), caller.call::<u64>("never", ()));
        assert!(dropped.await.is_err());
        for queue in controller.hub.state().queues.all() {
            queue.outbox.sever();
        }
        assert_eq!(caller.call::<u64>("echo", (turn,)).await, Ok(turn));
        // The last one says that it goes.
        if turn.is_multiple_of(2) {
            caller.stop().await;
        } else {
            caller.abort();
        }
        drop((held, all));
    }
    provider.stop().await;
    while controller.hub.state().queues.places() > 0 {
        tokio::task::yield_now().await;
    }
    {
        let state = controller.hub.state();
        assert_empty(&state.router);
        assert!(state.queues.is_empty(), "{:?}", state.queues);
    }
    controller.stop().await;
}
