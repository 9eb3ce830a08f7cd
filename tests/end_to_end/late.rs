//! Calls that wait for a provider, and whose time is over or whose controller stops: they did not run, and say so.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use daffi::{CallError, CallErrorKind, Global, callback, fetcher};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::net::{Net, Transport};

#[derive(Clone, Default)]
struct Oven {
    begun: Arc<Notify>,
    baked: Arc<Notify>,
    loaves: Arc<AtomicU32>,
}

#[callback(prefix = "oven.")]
impl Oven {
    #[callback(concurrency = 1)]
    pub async fn bake(&self) -> u32 {
        let loaf = self.loaves.fetch_add(1, Ordering::Relaxed);
        self.begun.notify_one();
        self.baked.notified().await;
        loaf
    }
}

#[fetcher(alias = "oven.bake")]
async fn bake() -> u32;

#[tokio::test(start_paused = true)]
async fn p2_a_call_whose_time_is_over_while_it_waits_did_not_run() {
    let oven = Oven::default();
    let net = Net::start(Transport::Memory, |builder| builder.service(oven.clone())).await;
    let g = net.caller().await;
    let first = bake().on(&g).bg();
    oven.begun.notified().await;
    let limit = Duration::from_secs(5);
    let begun = Instant::now();
    let late = bake().on(&g).timeout(limit);
    let sent = bake().on(&g).timeout(limit).send();
    let (late, sent) = tokio::join!(late, sent);
    for error in [late.unwrap_err(), sent.unwrap_err()] {
        assert!(matches!(error, CallError::Timeout { .. }), "{error:?}");
        assert!(!error.may_have_run(), "{error:?}");
        assert!(error.to_string().contains("did not run"), "{error}");
    }
    assert!(begun.elapsed() < limit + Duration::from_millis(100));
    // One that was given to a provider is another matter, also if it has waited before.
    let waited = bake().on(&g).timeout(limit).bg();
    tokio::time::sleep(Duration::from_millis(1)).await;
    oven.baked.notify_one();
    assert_eq!(first.await, Ok(0));
    oven.begun.notified().await;
    let error = waited.await.unwrap_err();
    assert!(
        matches!(error, CallError::Timeout { .. }) && error.may_have_run(),
        "{error:?}"
    );
    assert_eq!(oven.loaves.load(Ordering::Relaxed), 2);
    net.stop([g]).await;
}

#[tokio::test(start_paused = true)]
async fn p2_a_background_call_that_is_given_up_while_it_waits_did_not_run() {
    let oven = Oven::default();
    let net = Net::start(Transport::Memory, |builder| builder.service(oven.clone())).await;
    let g = net.caller().await;
    let first = bake().on(&g).bg();
    oven.begun.notified().await;
    let limit = Duration::from_secs(1);
    let (cancelled, late) = (bake().on(&g).bg(), bake().on(&g).bg().timeout(limit));
    // They are at the controller.
    g.processes().await.unwrap();
    cancelled.cancel();
    for (job, kind) in [
        (cancelled, CallErrorKind::Cancelled),
        (late, CallErrorKind::Timeout),
    ] {
        let error = job.await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error:?}");
        assert!(!error.may_have_run(), "{error:?}");
    }
    // Of one that runs it is said at once that it may have.
    let begun = Instant::now();
    first.cancel();
    let error = first.await.unwrap_err();
    assert!(error.may_have_run(), "{error:?}");
    assert_eq!(begun.elapsed(), Duration::ZERO);
    assert_eq!(oven.loaves.load(Ordering::Relaxed), 1);
    net.stop([g]).await;
}

#[tokio::test]
async fn p2_calls_that_wait_at_a_controller_that_is_stopped_are_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let at = || {
        Global::builder()
            .unix_sock_path(folder.path())
            .auto_callbacks(false)
    };
    let controller = || at().init_controller(true).init_node(false).start();
    let stopped = controller().await.unwrap();
    let oven = Oven::default();
    let provider = at().service(oven.clone()).start().await.unwrap();
    let g = at().start().await.unwrap();
    let first = bake().on(&g).bg();
    oven.begun.notified().await;
    let lost = bake().on(&g).bg();
    let again = bake().on(&g).retry(50).bg();
    // They are at the controller.
    g.processes().await.unwrap();
    stopped.stop().await;
    let first = first.await.unwrap_err();
    assert!(first.may_have_run(), "{first:?}");
    let lost = lost.await.unwrap_err();
    assert!(
        matches!(lost, CallError::Disconnected { .. }) && !lost.may_have_run(),
        "{lost:?}"
    );
    let back = controller().await.unwrap();
    oven.begun.notified().await;
    oven.baked.notify_waiters();
    oven.baked.notify_one();
    assert!(again.await.is_ok());
    for g in [g, provider, back] {
        g.stop().await;
    }
}
