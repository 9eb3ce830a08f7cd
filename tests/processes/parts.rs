//! The parts that processes play.

use std::cell::RefCell;
use std::future::pending;
use std::pin::pin;
use std::process::exit;
use std::sync::{Barrier, Mutex, mpsc};
use std::time::Duration;

use daffi::{Call, CallError, Global, GlobalBuilder, RegisterError, Stream, Streaming, callback, fetcher};
use fork::{Fork, fork, getppid, waitpid};
use futures_util::stream;
use rustix::process::Signal;
use serde::{Deserialize, Serialize};
use tokio::signal::unix::{SignalKind, signal};

use crate::actor::{folder, say, serve};

struct OnDrop;

impl Drop for OnDrop {
    fn drop(&mut self) {
        say("never dropped");
    }
}

#[callback]
async fn never() -> u8 {
    let _guard = OnDrop;
    say("never begun");
    pending().await
}

#[callback(inline)]
fn process_id() -> u32 {
    std::process::id()
}

/// Ends when the process does not take calls any more.
#[callback]
async fn until_told_to_end() -> u8 {
    let mut interrupt = signal(SignalKind::interrupt()).unwrap();
    let mut terminate = signal(SignalKind::terminate()).unwrap();
    say("waits to be told");
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    3
}

/// Without an end.
#[callback]
async fn count_up() -> impl Stream<Item = u64> {
    stream::iter(0..)
}

/// Says that it reads, and that it does so no more.
#[callback]
async fn listen(mut items: Streaming<u64>) {
    struct Deaf;

    impl Drop for Deaf {
        fn drop(&mut self) {
            say("listens no more");
        }
    }

    let _deaf = Deaf;
    let mut next = 0;
    while let Some(Ok(item)) = items.next().await {
        assert_eq!(item, next, "an item is missing or doubled");
        next += 1;
        if next == 1000 {
            say("listens");
        }
    }
}

/// A type whose conversion asserts what holds for all that are ever sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "(u32, u32)", into = "(u32, u32)")]
pub struct Span {
    pub from: u32,
    pub to: u32,
}

impl From<(u32, u32)> for Span {
    fn from((from, to): (u32, u32)) -> Self {
        assert!(from < to, "an empty span");
        Self { from, to }
    }
}

impl From<Span> for (u32, u32) {
    fn from(span: Span) -> Self {
        (span.from, span.to)
    }
}

/// Nobody looks into its types.
struct Left;

#[callback]
impl Left {
    #[callback(untraced)]
    pub async fn doubled(&self, span: Span) -> Result<Span, Span> {
        if span.from == 0 {
            return Err(span);
        }
        Ok(Span {
            from: span.from * 2,
            to: span.to * 2,
        })
    }
}

/// Its types are looked into.
struct Looked;

#[callback]
impl Looked {
    #[callback(inline)]
    pub fn length(&self, span: &Span) -> u32 {
        span.to - span.from
    }
}

/// On so many threads a desk blocks.
pub const THREADS: usize = 8;

/// Callbacks that block, and wait for each other.
struct Desk {
    /// As many as there are threads.
    met: Barrier,
}

#[callback(prefix = "desk.")]
impl Desk {
    pub fn ask(&self) -> Result<u8, CallError> {
        called::Desks.answer().to("provider").wait()
    }

    pub fn answer(&self) -> u8 {
        1
    }

    pub fn wait(&self) -> Result<u8, CallError> {
        called::never().to("provider").wait()
    }

    pub fn meet(&self) {
        self.met.wait();
    }
}

mod called {
    use super::*;

    pub(super) struct Desks;

    pub(super) struct Changes;

    #[fetcher(prefix = "changing.", to = "provider")]
    impl Changes {
        pub(super) async fn less(&self, by: u8, from: u8) -> u8;
        pub(super) async fn more(&self, by: u8, from: u8) -> u8;
    }

    #[fetcher(prefix = "desk.")]
    impl Desks {
        pub(super) async fn answer(&self) -> u8;
    }

    #[fetcher]
    pub(super) async fn listen(items: impl Stream<Item = u64>);

    #[fetcher]
    pub(super) async fn never() -> u8;

    #[fetcher]
    pub(super) async fn process_id() -> u32;
}

pub fn play(part: &str) {
    match part {
        "forking" => forking(),
        "ending threads" => ending_threads(),
        "several" => several(),
        "unnamed" => crate::unnamed::calls(),
        _ => play_on_a_runtime(part),
    }
}

/// Has a Global, and a child without its threads, which says what happens there.
fn forking() {
    let at = || Global::builder().unix_sock_path(folder());
    let builder = at().process_name("forking").init_controller(true);
    let g = builder.start_blocking().unwrap();
    let there = || called::process_id().to("forking");
    // It has a socket, which the child shares.
    let caller = at()
        .process_name("caller")
        .auto_callbacks(false)
        .start_blocking()
        .unwrap();
    let own = std::process::id();
    assert_eq!(there().on(&caller).wait(), Ok(own));
    match fork().unwrap() {
        Fork::Parent(child) => {
            waitpid(child).unwrap();
            assert_eq!(there().on(&caller).wait(), Ok(own));
            say("the parent's works");
            caller.stop_blocking();
            g.stop_blocking();
        }
        Fork::Child => {
            for of in [&g, &caller] {
                block_on(awaited_in_a_child(of));
            }
            say(&there().on(&g).wait().unwrap_err().to_string());
            say(&g.wait_process("forking").wait().unwrap_err().to_string());
            // It cannot end here.
            g.stop_blocking();
            let builder = at().process_name("forked").auto_callbacks(false);
            let own = builder.start_blocking().unwrap();
            assert_eq!(there().on(&own).wait(), Ok(getppid().try_into().unwrap()));
            own.stop_blocking();
            say("its own works");
            exit(0);
        }
    }
}

/// All that a forked child may await of its parent's `Global`, which is refused.
async fn awaited_in_a_child(g: &Global) {
    fn is_refused<T: std::fmt::Debug>(what: &str, outcome: Result<T, CallError>) {
        let error = outcome.unwrap_err();
        assert!(matches!(error, CallError::Invalid { .. }), "{what}: {error:?}");
        assert!(
            !error.may_have_run() && error.to_string().contains("forked"),
            "{what}: {error}"
        );
    }
    let there = || called::process_id().to("forking").on(g);
    is_refused("call", there().await);
    is_refused("after", there().after(Duration::from_millis(1)).await);
    is_refused("retry", there().retry(3).idempotent().await);
    is_refused("bg", there().bg().await);
    is_refused("send", there().send().await);
    is_refused("broadcast", called::process_id().on(g).broadcast().await);
    is_refused(
        "stream",
        called::process_id().on(g).broadcast().stream().await.map(drop),
    );
    is_refused("by name", g.call::<u32>("process_id", ()).await);
    is_refused("processes", g.processes().await);
    is_refused("callbacks", g.callbacks().await);
    is_refused("wait", g.wait_process("nobody").await);
    let registered = g.register_fn("made", |number: u32| number).await;
    assert!(
        matches!(&registered, Err(RegisterError::Call(error)) if error.to_string().contains("forked")),
        "{registered:?}"
    );
    g.stop().await;
    say(&format!("nothing of {} is awaited in vain", g.process_name()));
}

/// Drives what needs no runtime.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    match future.as_mut().poll(&mut cx) {
        std::task::Poll::Ready(output) => output,
        std::task::Poll::Pending => panic!("it waits"),
    }
}

/// Calls when a thread ends, whose other values may be gone by then.
struct AtTheEnd(Option<Call<u8>>);

impl Drop for AtTheEnd {
    fn drop(&mut self) {
        // It is logged that the names of its arguments differ.
        if let Some(call) = self.0.take() {
            say(&format!("{:?}", call.wait().map_err(|error| error.kind())));
        }
    }
}

thread_local! {
    static AT_THE_END: RefCell<Option<AtTheEnd>> = const { RefCell::new(None) };
}

/// Logs on threads that make calls when they end: first of all, and when the call is to be made at their end.
fn ending_threads() {
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE);
    subscriber.with_writer(std::io::stderr).init();
    let builder = Global::builder().unix_sock_path(folder()).init_controller(true);
    let builder = builder.process_name("provider").auto_callbacks(false);
    let g = builder.service(Changing).start_blocking().unwrap();
    let at = Global::builder().unix_sock_path(folder()).auto_callbacks(false);
    let caller = at.start_blocking().unwrap();
    for (logs_first, call) in [
        (true, called::Changes.less(7, 4)),
        (false, called::Changes.more(7, 4)),
    ] {
        let call = call.on(&caller);
        let thread = std::thread::spawn(move || {
            if logs_first {
                tracing::info!("a thread begins");
            }
            AT_THE_END.set(Some(AtTheEnd(Some(call))));
            tracing::info!("a thread ends");
        });
        thread.join().unwrap();
    }
    caller.stop_blocking();
    g.stop_blocking();
    say("goes on");
}

struct Changing;

#[callback(prefix = "changing.")]
impl Changing {
    #[callback(inline)]
    pub fn less(&self, from: u8, by: u8) -> u8 {
        from - by
    }

    #[callback(inline)]
    pub fn more(&self, from: u8, by: u8) -> u8 {
        from + by
    }
}

/// Calls through others of its Globals when the one has stopped.
fn several() {
    let at = |name: &str| {
        let builder = Global::builder()
            .unix_sock_path(folder().join(name))
            .init_controller(true);
        builder.process_name(name).auto_callbacks(false)
    };
    let (ended, may_end) = mpsc::channel();
    let (begun, begins) = mpsc::channel();
    let (outlived, outlives) = mpsc::channel();
    let outliving = Outliving {
        begun,
        ended: Mutex::new(may_end),
        outlived,
    };
    let first = at("first")
        .default(true)
        .service(outliving)
        .stop_timeout(Duration::ZERO)
        .start_blocking()
        .unwrap();
    let second = at("second").start_blocking().unwrap();
    let tell = |what: &str, error: CallError| say(&format!("{what}: {error}"));
    let missing = || called::process_id();
    tell("free", missing().wait().unwrap_err());
    let pending = first.call::<()>("outliving.wait", ()).to("first").bg();
    begins.recv().unwrap();
    first.stop_blocking();
    tell("in flight", pending.wait().unwrap_err());
    tell("named", missing().on(&first).wait().unwrap_err());
    tell("in the background", missing().on(&first).bg().wait().unwrap_err());
    tell("broadcast", missing().on(&first).broadcast().wait().unwrap_err());
    tell("waiting", first.wait_process("second").wait().unwrap_err());
    tell("free again", missing().wait().unwrap_err());
    ended.send(()).unwrap();
    tell("in a callback", outlives.recv().unwrap());
    second.stop_blocking();
    tell("free at last", missing().wait().unwrap_err());
}

/// Goes on when its Global has stopped.
struct Outliving {
    begun: mpsc::Sender<()>,
    ended: Mutex<mpsc::Receiver<()>>,
    outlived: mpsc::Sender<CallError>,
}

#[callback(prefix = "outliving.")]
impl Outliving {
    pub fn wait(&self) {
        self.begun.send(()).unwrap();
        self.ended.lock().unwrap().recv().unwrap();
        self.outlived
            .send(called::process_id().wait().unwrap_err())
            .unwrap();
    }
}

#[tokio::main(flavor = "current_thread")]
async fn play_on_a_runtime(part: &str) {
    let at = Global::builder().unix_sock_path(folder());
    match part {
        "controller" => join(at.init_controller(true).init_node(false)).await,
        "controller with a quick heartbeat" => {
            let quick = Duration::from_millis(50);
            join(at.init_controller(true).init_node(false).heartbeat(quick)).await;
        }
        "controller that waits" => {
            let quick = Duration::from_millis(50);
            let at = at.init_controller(true).init_node(false).heartbeat(quick);
            join(at.resume_grace(Duration::from_secs(60))).await;
        }
        "controller with a disk" => {
            // A file that may not grow is an error then, and not the end of the process.
            let _too_large = signal(SignalKind::from_raw(Signal::XFSZ.as_raw())).unwrap();
            let builder = at.init_controller(true).init_node(false);
            join(builder.data_dir(folder().join("data"))).await;
        }
        "provider" => join(at.process_name("provider")).await,
        part if part.starts_with("upgrade ") => crate::upgrade::play(part).await,
        "caller" => {
            let _g = begin(at.process_name("calling")).await;
            called::never().await.unwrap();
        }
        "speaker" => {
            let _g = begin(at.process_name("speaking")).await;
            called::listen(stream::iter(0..)).await.unwrap();
        }
        "desk" => {
            let met = Barrier::new(THREADS);
            let builder = at.process_name("provider").blocking_threads(THREADS);
            join(builder.service(Desk { met })).await;
        }
        "aborting provider" => {
            abort_at_panics();
            join(at.process_name("provider").auto_callbacks(false).service(Left)).await;
        }
        "aborting provider that looks" => {
            abort_at_panics();
            join(at.process_name("provider").auto_callbacks(false).service(Looked)).await;
        }
        "provider that looks" => {
            join(at.process_name("provider").auto_callbacks(false).service(Looked)).await;
        }
        "cut controller" => crate::cuts::control().await,
        other if other.starts_with("cut ") => {
            let (name, port) = other["cut ".len()..].split_once(" at ").unwrap();
            crate::cuts::work(name, port.parse().unwrap()).await;
        }
        other if other.starts_with("leaks at ") => {
            crate::leaks::provide(other["leaks at ".len()..].parse().unwrap()).await;
        }
        other if other.starts_with("leaks of ") => crate::leaks::call(&other["leaks of ".len()..]).await,
        other => panic!("there is no part called {other:?}"),
    }
}

/// Starts a process that only calls, and says when it is about to.
async fn begin(builder: GlobalBuilder) -> Global {
    let g = builder.auto_callbacks(false).start().await.unwrap();
    g.wait_process("provider").await.unwrap();
    say("begins");
    g
}

/// Does what `panic = "abort"` does.
fn abort_at_panics() {
    std::panic::set_hook(Box::new(|_| std::process::abort()));
}

async fn join(builder: GlobalBuilder) {
    serve(&builder.start().await.unwrap()).await;
}
