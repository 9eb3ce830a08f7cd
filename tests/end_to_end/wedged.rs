//! Processes whose callbacks stop them, wait for others, panic, or end with their threads.

use std::future::{Future, pending};
use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Wake};
use std::time::Duration;

use daffi::{CallContext, CallError, Global, callback, fetcher};
use futures_util::{Stream, StreamExt as _, stream};
use tokio::sync::{Notify, mpsc};

use crate::net::{Net, Transport};

/// Runs a future on an executor that knows nothing of tokio.
fn elsewhere<F: Future>(future: F) -> F::Output {
    struct Unpark(std::thread::Thread);

    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    let waker = Arc::new(Unpark(std::thread::current())).into();
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => std::thread::park(),
        }
    }
}

/// A `Global` that a callback of its own may use.
type Own = Arc<OnceLock<Global>>;

struct Quitting(Own);

#[callback(prefix = "quitting.")]
impl Quitting {
    pub async fn quit(&self) -> u8 {
        self.0.get().unwrap().stop().await;
        7
    }

    pub fn quit_blocking(&self) -> u8 {
        self.0.get().unwrap().stop_blocking();
        7
    }

    pub async fn stay(&self) -> u8 {
        self.0.get().unwrap().stop().await;
        pending().await
    }
}

#[tokio::test]
async fn p16_a_callback_that_stops_its_process_is_not_waited_for_and_answers() {
    for name in ["quitting.quit", "quitting.quit_blocking", "quitting.stay"] {
        let net = Net::start(Transport::Memory, |builder| builder).await;
        let own = Own::default();
        let builder = net.join().service(Quitting(Arc::clone(&own)));
        // It does not end by itself.
        let g = builder.stop_timeout(Duration::MAX).start().await.unwrap();
        own.set(g.clone()).unwrap();
        let caller = net.caller().await;
        let outcome = caller.call::<u8>(name, ()).await;
        if name == "quitting.stay" {
            assert!(outcome.unwrap_err().may_have_run());
        } else {
            assert_eq!(outcome.unwrap(), 7, "{name}");
        }
        g.join().await;
        net.stop([caller]).await;
    }
}

#[tokio::test]
async fn p16_two_that_stop_their_process_do_not_wait_for_each_other() {
    let net = Net::start(Transport::Memory, |builder| builder).await;
    let own = Own::default();
    let builder = net.join().service(Quitting(Arc::clone(&own)));
    let g = builder.stop_timeout(Duration::MAX).start().await.unwrap();
    own.set(g.clone()).unwrap();
    let caller = net.caller().await;
    let call = || caller.call::<u8>("quitting.quit", ());
    let (first, second, _) = tokio::join!(call(), call(), g.join());
    // The second may come when the process takes no more calls.
    assert!([first, second].iter().any(|outcome| matches!(outcome, Ok(7))));
    net.stop([caller]).await;
}

#[tokio::test]
async fn p16_a_stop_goes_on_when_nobody_waits_for_it() {
    let net = Net::start(Transport::Memory, |builder| builder).await;
    let g = net.caller().await;
    let mut stop = Box::pin(g.stop());
    assert!(futures_util::poll!(&mut stop).is_pending());
    drop(stop);
    g.join().await;
    net.stop([]).await;
}

#[test]
fn p16_a_stop_needs_no_executor_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let g = Global::builder()
        .init_controller(true)
        .unix_sock_path(folder.path())
        .auto_callbacks(false)
        .start_blocking()
        .unwrap();
    let stop = g.stop();
    elsewhere(stop);
    g.join_blocking();
}

#[test]
fn p16_a_file_is_opened_on_any_executor() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, "four").unwrap();
    let file = elsewhere(daffi::bytes::open(path)).unwrap();
    assert_eq!(file.total(), Some(4));
    let missing = elsewhere(daffi::bytes::open(folder.path().join("none")));
    assert_eq!(missing.unwrap_err().kind(), std::io::ErrorKind::NotFound);
}

struct Nested {
    own: Own,
    begun: mpsc::UnboundedSender<()>,
    ended: mpsc::UnboundedSender<CallError>,
}

#[callback(prefix = "nested.")]
impl Nested {
    pub fn wait(&self) {
        let call = self.own.get().unwrap().call::<()>("never.ends", ());
        self.ended.send(call.wait().unwrap_err()).unwrap();
    }

    /// Waits for a job when it is not wanted any more.
    pub fn wait_late(&self, ctx: &CallContext) {
        let job = self.own.get().unwrap().call::<()>("never.ends", ()).bg();
        while !ctx.is_cancelled() {
            std::thread::yield_now();
        }
        self.ended.send(job.wait().unwrap_err()).unwrap();
    }

    pub fn wait_for_later(&self) {
        let call = self.own.get().unwrap().call::<()>("never.ends", ());
        self.begun.send(()).unwrap();
        let error = call.after(Duration::from_secs(3600)).wait().unwrap_err();
        self.ended.send(error).unwrap();
    }
}

struct Never(mpsc::UnboundedSender<()>);

#[callback(prefix = "never.")]
impl Never {
    pub async fn ends(&self) {
        self.0.send(()).unwrap();
        pending::<()>().await;
    }
}

#[tokio::test]
async fn p16_a_callback_that_waits_for_another_ends_when_its_caller_has_left() {
    let (begun, mut begins) = mpsc::unbounded_channel();
    let net = Net::start(Transport::Memory, |builder| builder.service(Never(begun.clone()))).await;
    let own = Own::default();
    let (ended, mut ends) = mpsc::unbounded_channel();
    let nested = Nested {
        own: Arc::clone(&own),
        begun,
        ended,
    };
    let g = net.join().service(nested).start().await.unwrap();
    own.set(g.clone()).unwrap();
    let caller = net.caller().await;
    for (waiting, may_have_run) in [
        ("nested.wait", true),
        ("nested.wait_for_later", false),
        ("nested.wait_late", true),
    ] {
        let job = caller.call::<()>(waiting, ()).bg();
        begins.recv().await.unwrap();
        job.cancel();
        let error = ends.recv().await.unwrap();
        assert!(matches!(error, CallError::Cancelled { .. }), "{error:?}");
        assert_eq!(error.may_have_run(), may_have_run, "{error:?}");
    }
    net.stop([caller, g]).await;
}

struct Ticking(Arc<Notify>);

#[callback(prefix = "ticking.")]
impl Ticking {
    pub async fn ticks(&self) -> impl Stream<Item = u32> + use<> {
        let next = Arc::clone(&self.0);
        stream::iter(0..3).then(move |number| {
            let next = Arc::clone(&next);
            async move {
                next.notified().await;
                number
            }
        })
    }
}

struct Ticker;

#[fetcher(prefix = "ticking.")]
impl Ticker {
    async fn ticks(&self) -> impl Stream<Item = u32>;
}

#[tokio::test]
async fn p16_the_longest_times_are_for_ever() {
    let next = Arc::new(Notify::new());
    let ticking = Ticking(Arc::clone(&next));
    let net = Net::start(Transport::Memory, |builder| builder.service(ticking)).await;
    let builder = net.join().connect_timeout(Duration::MAX);
    let builder = builder.call_timeout(Duration::MAX).stop_timeout(Duration::MAX);
    let g = builder.reconnect_wait(Duration::MAX).start().await.unwrap();
    g.wait_function("ticking.ticks")
        .timeout(Duration::MAX)
        .await
        .unwrap();
    let ticks = Ticker.ticks().on(&g).timeout(Duration::MAX).await.unwrap();
    let mut ticks = ticks.idle_timeout(Duration::MAX);
    for number in 0..3 {
        // It waits before it comes.
        let tick = ticks.next();
        let mut tick = pin!(tick);
        assert!(futures_util::poll!(&mut tick).is_pending());
        next.notify_one();
        assert_eq!(tick.await.unwrap().unwrap(), number);
    }
    assert!(ticks.next().await.is_none());
    net.stop([g]).await;
}

/// Keeps a future whose waker panics when its call is cancelled.
struct Trapped {
    begun: Arc<Notify>,
    go_on: Arc<Notify>,
    /// Dropped with the callback.
    ended: mpsc::UnboundedSender<()>,
    kept: std::sync::Mutex<Vec<std::pin::Pin<Box<dyn Future<Output = ()> + Send>>>>,
}

#[callback(prefix = "trapped.")]
impl Trapped {
    pub async fn hold(&self, ctx: CallContext) {
        struct Bomb;

        impl Wake for Bomb {
            fn wake(self: Arc<Self>) {
                panic!("a waker of another executor panics");
            }
        }

        let _ended = self.ended.clone();
        let waker = Arc::new(Bomb).into();
        let mut cancelled: std::pin::Pin<Box<dyn Future<Output = ()> + Send>> =
            Box::pin(async move { ctx.cancelled().await });
        assert!(
            cancelled
                .as_mut()
                .poll(&mut Context::from_waker(&waker))
                .is_pending()
        );
        self.kept.lock().unwrap().push(cancelled);
        self.begun.notify_one();
        pending::<()>().await;
    }

    pub async fn stay(&self) -> u8 {
        self.begun.notify_one();
        self.go_on.notified().await;
        7
    }
}

#[tokio::test]
async fn p16_a_waker_that_panics_when_a_call_is_cancelled_harms_no_other() {
    let (ended, mut all_ended) = mpsc::unbounded_channel();
    let (begun, go_on) = (Arc::<Notify>::default(), Arc::<Notify>::default());
    let trapped = Trapped {
        begun: Arc::clone(&begun),
        go_on: Arc::clone(&go_on),
        ended,
        kept: std::sync::Mutex::default(),
    };
    let net = Net::start(Transport::Unix, |builder| builder.service(trapped)).await;
    let g = net.caller().await;
    let other = g.call::<u8>("trapped.stay", ()).bg();
    begun.notified().await;
    let held = g.call::<()>("trapped.hold", ()).bg();
    begun.notified().await;
    held.cancel();
    // The others go on, and so does the connection.
    g.processes().await.unwrap();
    go_on.notify_one();
    assert_eq!(other.await, Ok(7));
    net.stop([g]).await;
    // Whatever was held has been let go.
    assert_eq!(all_ended.recv().await, None);
}
