//! Calls in the background, and calls that begin later.

use std::future::{IntoFuture, pending};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use daffi::{CallError, CallErrorKind, Global, callback};
use tokio::sync::Notify;

use crate::net::{Net, Transport, over_each};

#[derive(Default)]
struct Work {
    begun: Arc<Notify>,
    dropped: Arc<Notify>,
    go_on: Arc<Notify>,
    count: AtomicUsize,
}

struct OnDrop(Arc<Notify>);

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

#[callback(prefix = "work.")]
impl Work {
    pub async fn wait(&self) -> u8 {
        self.begun.notify_one();
        self.go_on.notified().await;
        self.count.fetch_add(1, Ordering::Relaxed);
        9
    }

    pub async fn never(&self) {
        let _guard = OnDrop(Arc::clone(&self.dropped));
        self.begun.notify_one();
        pending::<()>().await;
    }

    #[callback(inline)]
    pub fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }
}

struct Scene {
    net: Net,
    g: Global,
    begun: Arc<Notify>,
    dropped: Arc<Notify>,
    go_on: Arc<Notify>,
}

async fn scene(transport: Transport) -> Scene {
    let work = Work::default();
    let (begun, dropped, go_on) = (
        Arc::clone(&work.begun),
        Arc::clone(&work.dropped),
        Arc::clone(&work.go_on),
    );
    let net = Net::start(transport, |builder| builder.service(work)).await;
    let g = net.caller().await;
    Scene {
        net,
        g,
        begun,
        dropped,
        go_on,
    }
}

#[tokio::test]
async fn a_background_call_runs_before_it_is_awaited() {
    over_each(async |transport| {
        let Scene {
            net, g, begun, go_on, ..
        } = scene(transport).await;
        let job = g.call::<u8>("work.wait", ()).bg();
        begun.notified().await;
        assert!(!job.is_ready());
        go_on.notify_one();
        assert_eq!(job.await, Ok(9));
        net.stop([g]).await;
    })
    .await;
}

#[tokio::test]
async fn a_background_call_can_be_looked_at() {
    let Scene { net, g, go_on, .. } = scene(Transport::Unix).await;
    let job = g.call::<u8>("work.wait", ()).bg();
    go_on.notify_one();
    while !job.is_ready() {
        tokio::task::yield_now().await;
    }
    assert_eq!(job.await, Ok(9));
    net.stop([g]).await;
}

#[tokio::test]
async fn dropping_the_handle_leaves_the_call_running() {
    let Scene {
        net, g, begun, go_on, ..
    } = scene(Transport::Tcp).await;
    drop(g.call::<u8>("work.wait", ()).bg());
    begun.notified().await;
    go_on.notify_one();
    while g.call::<usize>("work.count", ()).await != Ok(1) {
        tokio::task::yield_now().await;
    }
    net.stop([g]).await;
}

#[tokio::test]
async fn p4_cancelling_a_background_call_cancels_it_at_its_provider() {
    over_each(async |transport| {
        let Scene {
            net,
            g,
            begun,
            dropped,
            ..
        } = scene(transport).await;
        let job = g.call::<()>("work.never", ()).bg();
        begun.notified().await;
        job.cancel();
        let error = job.await.unwrap_err();
        assert!(
            matches!(
                error,
                CallError::Cancelled {
                    may_have_run: true,
                    ..
                }
            ),
            "{error}"
        );
        dropped.notified().await;
        net.stop([g]).await;
    })
    .await;
}

#[tokio::test]
async fn p4_a_background_call_can_be_given_a_time_later() {
    let Scene {
        net,
        g,
        begun,
        dropped,
        ..
    } = scene(Transport::Memory).await;
    let job = g.call::<()>("work.never", ()).bg();
    begun.notified().await;
    let error = job.timeout(Duration::from_millis(20)).await.unwrap_err();
    assert!(matches!(error, CallError::Timeout { .. }), "{error}");
    dropped.notified().await;
    net.stop([g]).await;
}

#[tokio::test]
async fn a_background_call_ends_when_its_global_stops() {
    let Scene { net, g, begun, .. } = scene(Transport::Unix).await;
    let job = g.call::<()>("work.never", ()).bg();
    begun.notified().await;
    net.stop([g.clone()]).await;
    let error = job.await.unwrap_err();
    assert!(error.may_have_run(), "{error}");
    let error = g.call::<()>("work.never", ()).bg().await.unwrap_err();
    assert!(matches!(error, CallError::NotStarted { .. }), "{error}");
}

#[tokio::test]
async fn a_call_can_begin_later() {
    let Scene { net, g, go_on, .. } = scene(Transport::Unix).await;
    let delay = Duration::from_millis(30);
    go_on.notify_one();
    let begun = Instant::now();
    assert_eq!(g.call::<u8>("work.wait", ()).after(delay).await, Ok(9));
    assert!(begun.elapsed() >= delay);

    // Its time counts from when it begins.
    go_on.notify_one();
    let job = g
        .call::<u8>("work.wait", ())
        .after(delay * 2)
        .timeout(delay * 1000)
        .bg();
    assert!(!job.is_ready());
    assert_eq!(job.await, Ok(9));
    net.stop([g]).await;
}

#[test]
fn background_calls_need_no_async() {
    let folder = tempfile::tempdir().unwrap();
    let work = Work::default();
    let go_on = Arc::clone(&work.go_on);
    let service = Global::builder()
        .init_controller(true)
        .unix_sock_path(folder.path())
        .auto_callbacks(false);
    let service = service.service(work).start_blocking().unwrap();
    let g = Global::builder()
        .unix_sock_path(folder.path())
        .auto_callbacks(false)
        .start_blocking()
        .unwrap();
    let jobs = [(); 3].map(|()| g.call::<u8>("work.wait", ()).bg());
    for job in jobs {
        go_on.notify_one();
        assert_eq!(job.wait(), Ok(9));
    }
    go_on.notify_one();
    assert_eq!(
        g.call::<u8>("work.wait", ())
            .after(Duration::from_millis(10))
            .wait(),
        Ok(9)
    );
    g.stop_blocking();
    service.stop_blocking();
}

#[tokio::test]
async fn p2_a_background_call_that_was_never_sent_did_not_run() {
    let Scene { net, g, .. } = scene(Transport::Memory).await;
    let far = Duration::from_secs(3600);
    let cancelled = g.call::<u8>("work.wait", ()).after(far).bg();
    cancelled.cancel();
    let late = g.call::<u8>("work.wait", ()).after(far).bg();
    let late = late.timeout(Duration::ZERO);
    for (error, kind) in [
        (cancelled.await.unwrap_err(), CallErrorKind::Cancelled),
        (late.await.unwrap_err(), CallErrorKind::Timeout),
    ] {
        assert_eq!(error.kind(), kind);
        assert!(!error.may_have_run(), "{error}");
        assert!(error.to_string().contains("it did not run"), "{error}");
    }
    net.stop([g]).await;
}

#[tokio::test]
async fn p2_what_a_call_ends_with_that_was_made_again_is_about_all_its_attempts() {
    let net = Net::start(Transport::Unix, |builder| builder).await;
    let work = Work::default();
    let begun = Arc::clone(&work.begun);
    let provider = net.join().process_name("provider").stop_timeout(Duration::ZERO);
    let provider = provider.service(work).start().await.unwrap();
    let g = net.caller().await;
    let call = g.call::<()>("work.never", ()).retry(1).idempotent();
    let call = tokio::spawn(call.into_future());
    begun.notified().await;
    provider.stop().await;
    let error = call.await.unwrap().unwrap_err();
    // Nobody is there for the second attempt.
    assert_eq!(error.kind(), CallErrorKind::NoProvider, "{error}");
    assert!(error.may_have_run(), "{error}");
    assert!(error.to_string().contains("it may have run before"), "{error}");
    net.stop([g]).await;
}

#[tokio::test]
async fn p2_a_call_that_is_given_up_between_its_attempts_may_have_run() {
    for stops in [false, true] {
        let net = Net::start(Transport::Unix, |builder| builder).await;
        let work = Work::default();
        let begun = Arc::clone(&work.begun);
        let provider = net.join().process_name("provider").stop_timeout(Duration::ZERO);
        let provider = provider.service(work).start().await.unwrap();
        let g = net.caller().await;
        let call = g.call::<()>("work.never", ()).retry(1).idempotent();
        let job = call.wait_for_provider(Duration::from_secs(3600)).bg();
        begun.notified().await;
        provider.stop().await;
        // What the first attempt ended with has come before.
        g.processes().await.unwrap();
        if stops {
            g.stop().await;
        } else {
            job.cancel();
        }
        let error = job.await.unwrap_err();
        assert_eq!(error.kind(), CallErrorKind::Cancelled, "{error}");
        assert!(error.may_have_run(), "{error}");
        assert!(error.to_string().contains("it may have run"), "{error}");
        net.stop([g]).await;
    }
}

#[tokio::test]
async fn an_outcome_can_be_looked_at_and_is_still_there() {
    let scene = scene(Transport::Memory).await;
    let mut job = scene.g.call::<u8>("work.wait", ()).bg();
    let mut other = scene.g.call::<usize>("work.count", ()).bg();
    assert_ne!(job.id(), other.id());
    assert!(job.peek().is_none());
    scene.begun.notified().await;
    scene.go_on.notify_one();
    while !job.is_ready() {
        tokio::task::yield_now().await;
    }
    assert_eq!(job.peek(), Some(&Ok(9)));
    assert_eq!(job.peek(), Some(&Ok(9)));
    assert_eq!(job.await, Ok(9));

    let outcome = (&mut other).await;
    assert!(outcome.is_ok());
    assert!(other.peek().is_none(), "it was taken");

    let mut nobody = scene.g.call::<u8>("work.nobody", ()).bg();
    while !nobody.is_ready() {
        tokio::task::yield_now().await;
    }
    for _ in 0..2 {
        let kind = nobody
            .peek()
            .and_then(|outcome| outcome.as_ref().err())
            .map(CallError::kind);
        assert_eq!(kind, Some(CallErrorKind::NoProvider));
    }
    let mut never = scene.g.call::<()>("work.never", ()).bg();
    scene.begun.notified().await;
    never.cancel();
    while !never.is_ready() {
        tokio::task::yield_now().await;
    }
    let kind = never
        .peek()
        .and_then(|outcome| outcome.as_ref().err())
        .map(CallError::kind);
    assert_eq!(kind, Some(CallErrorKind::Cancelled));
    drop(scene.net);
}
