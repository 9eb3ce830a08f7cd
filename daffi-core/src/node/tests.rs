//! A node beside a controller that does what the test says.

mod awaited;
mod coming_back;

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::mpsc;
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::*;
use crate::error::StartError;
use crate::host::{BoxFuture, HostedController};
use crate::proto::Who;
use crate::proto::{
    Attributes, Balance, CallId, CallbackId, Extensions, Frame, Header, Mode, Outcome, RunHeader, Status,
    VERSION, Welcome,
};
use crate::registry::{BoundCallback, Callback, Description, Handler, Invocation, SLOW};
use crate::session::Request;
use crate::signature::Signature;
use crate::transport::{Address, Connection};

/// A time that no test ever takes.
const LONG: Duration = Duration::from_secs(600);

/// Lets nodes in, and gives the test the other end.
#[derive(Debug)]
struct Host {
    limits: Limits,
    ends: UnboundedSender<Connection>,
}

impl HostedController for Host {
    fn address(&self) -> &Address {
        &Address::Memory
    }

    fn connect(&self) -> Option<Connection> {
        let (here, there) = Connection::memory(self.limits);
        self.ends.send(there).unwrap();
        Some(here)
    }

    fn set_access(&self, _access: Option<crate::Access>) -> BoxFuture<Result<(), crate::StartError>> {
        Box::pin(async { Ok(()) })
    }

    fn set_quotas(&self, _quotas: crate::Quotas) -> BoxFuture<()> {
        Box::pin(async {})
    }

    fn set_identities(&self, _identities: crate::auth::Identities) -> BoxFuture<()> {
        Box::pin(async {})
    }

    fn drain(&self, _within: Duration) -> BoxFuture<()> {
        Box::pin(async {})
    }

    fn stop(&self) -> BoxFuture<()> {
        Box::pin(async {})
    }

    fn abort(&self) {}
}

/// The controller's end of a connection.
pub(crate) struct Controller {
    pub(crate) connection: Connection,
    arrived: std::collections::VecDeque<Frame>,
}

impl Controller {
    pub(crate) fn send(&self, header: &Header<'_>, payload: &Bytes) {
        self.connection.outbox.send(header, payload).unwrap();
    }

    pub(crate) async fn next(&mut self) -> Frame {
        while self.arrived.is_empty() {
            let mut frames = Vec::new();
            assert!(
                self.connection.inlet.read(&mut frames).await.unwrap(),
                "it closed"
            );
            self.arrived.extend(frames);
        }
        self.arrived.pop_front().unwrap()
    }

    /// The payloads of the next calls.
    async fn calls(&mut self, count: usize) -> Vec<Bytes> {
        let mut calls = Vec::new();
        while calls.len() < count {
            let frame = self.next().await;
            if let (Header::Call(_), payload) = frame.decode().unwrap() {
                calls.push(payload);
            }
        }
        calls
    }

    /// The call that is answered next.
    async fn answered(&mut self) -> CallId {
        loop {
            if let (Header::Reply { call, .. }, _) = self.next().await.decode().unwrap() {
                return call;
            }
        }
    }

    fn run(&self, call: u32, callback: CallbackId) {
        self.run_of("caller", call, callback);
    }

    fn run_of(&self, caller: &str, call: u32, callback: CallbackId) {
        let run = RunHeader {
            described: false,
            call: CallId::first(call),
            callback,
            caller,
            identity: Who::Nobody,
            deadline: None,
            trace: None,
            metadata: vec![],
            ancestors: Vec::new(),
        };
        self.send(&Header::Run(run), &Bytes::new());
    }
}

/// A node with callbacks, let in by the test.
pub(crate) async fn joined(
    limits: Limits,
    callbacks: Vec<Callback>,
) -> (Arc<Node>, Vec<CallbackId>, Controller) {
    let (ends, mut connections): (_, UnboundedReceiver<Connection>) = unbounded_channel();
    let options = NodeOptions {
        process_name: "node".into(),
        attributes: Attributes::default(),
        replaces: false,
        heartbeat: None,
        limits,
        reconnect_wait: LONG,
        call_timeout: None,
        traces: Traces::default(),
        blocking_threads: 448,
        stream_bytes: 1 << 28,
        trust: Trust::own(1000),
        proving: None,
    };
    let node = Node::new(options, Handle::current());
    let offered = node.offer(callbacks.into_iter());
    let supervisor = Supervisor {
        node: Arc::clone(&node),
        route: Route::Memory(Arc::new(Host { limits, ends })),
        hooks: Hooks {
            connected: Box::new(|| {}),
            disconnected: Box::new(|| {}),
            refused: Refused {
                told: Box::new(|_| {}),
                gives_up: false,
            },
            ended: Arc::new(|| {}),
        },
        connect_timeout: LONG,
    };
    let started = tokio::spawn(supervisor.start());
    let mut controller = Controller {
        connection: connections.recv().await.unwrap(),
        arrived: std::collections::VecDeque::new(),
    };
    assert!(matches!(
        controller.next().await.decode().unwrap().0,
        Header::Hello(_)
    ));
    let welcome = Welcome {
        version: VERSION,
        controller: "controller".to_owned(),
        heartbeat: Duration::from_secs(3600),
        frame_bytes: limits.frame_bytes as u64,
        sent_frame_bytes: limits.frame_bytes as u64,
        calls: limits.calls,
        extensions: Extensions::default(),
    };
    controller.send(&Header::Welcome(welcome), &Bytes::new());
    controller.connection.outbox.flush();
    let frame = controller.next().await;
    let Header::Offer { call, .. } = frame.decode().unwrap().0 else {
        panic!("it announces nothing")
    };
    let status = Status::Value;
    controller.send(&Header::Reply { call, status }, &Bytes::new());
    controller.connection.outbox.flush();
    let ok: Result<(), StartError> = started.await.unwrap();
    ok.unwrap();
    let ids = offered.iter().map(|offered| offered.callback).collect();
    (node, ids, controller)
}

fn callback(name: &str, handler: Handler) -> Callback {
    let description = Description {
        package: None,
        name: name.into(),
        docs: "".into(),
        item: "here".into(),
        file: file!(),
        line: line!(),
        concurrency: None,
        concurrency_per_caller: None,
        queue: None,
        timeout: None,
        balance: Balance::LessLoaded,
        signature: || Signature::unknown().into(),
        untraced: false,
    };
    BoundCallback { description, handler }.traced()
}

fn inline(run: impl Fn(&Invocation) -> Outcome + Send + Sync + 'static) -> Handler {
    Handler::Inline(Arc::new(run))
}

/// One that has its value at once.
fn ready() -> Handler {
    Handler::Async(Arc::new(|_| {
        Box::pin(std::future::ready(Ok(Bytes::new()))) as Pin<Box<dyn Future<Output = Outcome> + Send>>
    }))
}

/// One that holds its thread until it is told something.
fn blocking() -> (mpsc::Sender<()>, Handler) {
    let (tell, told) = mpsc::channel();
    let told = Mutex::new(told);
    let blocks = Handler::Blocking(Arc::new(move |_| {
        told.lock().unwrap().recv_timeout(LONG).expect("the answer came");
        Ok(Bytes::new())
    }));
    (tell, blocks)
}

/// A runtime with one thread for what blocks.
fn with_one_to_block() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(1)
        .build()
        .unwrap()
}

/// One look at a call with that payload.
fn look(exchange: &mut Exchange, payload: &Bytes, waker: &Waker) -> Poll<Outcome> {
    let request = Request {
        versions: &[],
        name: "callback",
        signature: 1,
        to: None,
        processes: &[],
        deadline: None,
        trace: None,
        metadata: &[],
        key: None,
        mode: Mode::Answered,
        within: None,
        streams: 0,
        window: None,
        lasting: false,
        having: &[],
    };
    exchange.poll(&mut Context::from_waker(waker), || {
        Message::Call(request, payload)
    })
}

/// A waker that holds calls, which are given up when it is dropped.
struct Holding(#[allow(dead_code, reason = "it is there to be dropped")] Mutex<Vec<Exchange>>);

impl Wake for Holding {
    fn wake(self: Arc<Self>) {}
}

#[tokio::test]
async fn p1_a_waker_that_gives_up_calls_when_it_is_dropped_holds_up_nothing() {
    let (node, _, mut controller) = joined(Limits::default(), vec![]).await;
    let payload = Bytes::from_static(b"x");
    let exchange = || Exchange::new(Arc::clone(&node));
    let begun = || {
        let mut exchange = exchange();
        assert!(look(&mut exchange, &payload, Waker::noop()).is_pending());
        exchange
    };
    let holding = |exchange| Waker::from(Arc::new(Holding(Mutex::new(vec![exchange]))));

    // In the place of another.
    let mut call = exchange();
    assert!(look(&mut call, &payload, &holding(begun())).is_pending());
    assert!(look(&mut call, &payload, Waker::noop()).is_pending());
    // Together with its call.
    assert!(look(&mut call, &payload, &holding(begun())).is_pending());
    drop(call);
    // Of a call that is refused.
    let mut late = exchange();
    node.stop_now();
    assert!(look(&mut late, &payload, &holding(exchange())).is_ready());
    controller.calls(3).await;
}

/// Where a runtime ends, what keeps a `Global` may have ended before what reads: no callback runs without the one that it may ask for.
#[tokio::test]
async fn p16_nothing_runs_whose_global_is_gone() {
    let asks = inline(|_| panic!("it runs"));
    let (node, ids, mut controller) = joined(Limits::default(), vec![callback("callback", asks)]).await;
    let owner: Arc<dyn Any + Send + Sync> = Arc::new(());
    node.is_part_of(Arc::downgrade(&owner));
    drop(owner);
    controller.run(1, ids[0]);
    controller.connection.outbox.flush();
    let frame = controller.next().await;
    let Header::Reply { status, .. } = frame.decode().unwrap().0 else {
        panic!("it does not answer")
    };
    let cancelled = crate::proto::Failed::Cancelled { may_have_run: false };
    assert_eq!(status, Status::Failed(cancelled));
}

/// A waker that fails whoever wakes it.
struct Failing;

impl Wake for Failing {
    fn wake(self: Arc<Self>) {
        panic!("it is woken");
    }
}

#[tokio::test]
async fn p7_a_waker_that_panics_keeps_nobody_from_being_woken() {
    let (node, _, mut controller) = joined(Limits::default(), vec![]).await;
    let payload = Bytes::from_static(b"x");
    let [mut fails, mut waits] = [(), ()].map(|()| Exchange::new(Arc::clone(&node)));
    let failing = Waker::from(Arc::new(Failing));
    assert!(look(&mut fails, &payload, &failing).is_pending());
    let mut calls = [fails.sent(), None];
    poll_fn(|cx| {
        assert!(look(&mut waits, &payload, cx.waker()).is_pending());
        Poll::Ready(())
    })
    .await;
    calls[1] = waits.sent();
    controller.calls(2).await;
    for call in calls.into_iter().flatten() {
        let status = Status::Value;
        controller.send(&Header::Reply { call, status }, &Bytes::new());
    }
    controller.connection.outbox.flush();
    for exchange in [&mut waits, &mut fails] {
        let outcome = poll_fn(|cx| look(exchange, &payload, cx.waker())).await;
        assert_eq!(outcome, Ok(Bytes::new()));
    }
}

/// What a callback panics with, and panics again when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("it is dropped");
    }
}

#[tokio::test]
async fn p16_a_panic_whose_payload_panics_harms_its_own_call_alone() {
    let bomb = inline(|_| std::panic::panic_any(Bomb));
    let quick = inline(|_| Ok(Bytes::new()));
    let callbacks = vec![callback("bomb", bomb), callback("quick", quick)];
    let (_node, ids, mut controller) = joined(Limits::default(), callbacks).await;
    controller.run(1, ids[0]);
    controller.run(2, ids[1]);
    controller.connection.outbox.flush();
    for call in [1, 2] {
        assert_eq!(controller.answered().await, CallId::first(call));
    }
}

#[tokio::test]
async fn p5_calls_that_wait_for_room_go_before_those_that_come_later() {
    let limits = Limits {
        queue_bytes: 1000,
        ..Limits::default()
    };
    let (node, _, mut controller) = joined(limits, vec![]).await;
    let payloads: Vec<_> = (0..30u8).map(|number| Bytes::from(vec![number; 300])).collect();
    let mut exchanges: Vec<_> = payloads
        .iter()
        .map(|_| Exchange::new(Arc::clone(&node)))
        .collect();
    let mut sent = exchanges.iter_mut().zip(&payloads);
    for (exchange, payload) in sent.by_ref().take(20) {
        assert!(look(exchange, payload, Waker::noop()).is_pending());
    }
    let mut arrived = controller.calls(1).await;
    // There is room again, and nobody has heard of it yet.
    for (exchange, payload) in sent {
        assert!(look(exchange, payload, Waker::noop()).is_pending());
    }
    arrived.extend(controller.calls(29).await);
    assert_eq!(arrived, payloads);
}

/// The callbacks of one batch: some end at once, and one waits for what comes of their answers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p16_an_answer_does_not_wait_for_a_callback_that_takes_long() {
    let (answered, wait) = mpsc::channel();
    let wait = Mutex::new(wait);
    let stuck = inline(move |_| {
        wait.lock().unwrap().recv_timeout(LONG).expect("the answer came");
        Ok(Bytes::new())
    });
    let quick = inline(|_| Ok(Bytes::new()));
    let callbacks = vec![callback("quick", quick), callback("stuck", stuck)];
    let (_node, ids, mut controller) = joined(Limits::default(), callbacks).await;
    for (call, callback) in [(1, ids[0]), (2, ids[0]), (3, ids[1])] {
        controller.run(call, callback);
    }
    controller.connection.outbox.flush();
    assert_eq!(controller.answered().await, CallId::first(1));
    assert_eq!(controller.answered().await, CallId::first(2));
    answered.send(()).unwrap();
    assert_eq!(controller.answered().await, CallId::first(3));
}

/// One that blocks until another is answered, which comes after it: whether that has happened before, or is its first call.
async fn blocks_beside_others(pace: impl Fn(&Callback)) {
    let (answered, wait) = mpsc::channel();
    let wait = Arc::new(Mutex::new(wait));
    let blocks = Handler::Async(Arc::new(move |_| {
        let wait = Arc::clone(&wait);
        Box::pin(async move {
            wait.lock().unwrap().recv_timeout(LONG).expect("the answer came");
            Ok(Bytes::new())
        }) as Pin<Box<dyn Future<Output = Outcome> + Send>>
    }));
    let quick = inline(|_| Ok(Bytes::new()));
    let blocks = callback("blocks", blocks);
    pace(&blocks);
    let (_node, ids, mut controller) =
        joined(Limits::default(), vec![callback("quick", quick), blocks]).await;
    controller.run(1, ids[1]);
    controller.run(2, ids[0]);
    controller.connection.outbox.flush();
    assert_eq!(controller.answered().await, CallId::first(2));
    answered.send(()).unwrap();
    assert_eq!(controller.answered().await, CallId::first(1));
}

#[tokio::test]
async fn p16_a_callback_that_has_blocked_runs_beside_others() {
    blocks_beside_others(|blocks| assert!(blocks.pace.took(LONG))).await;
}

#[tokio::test]
async fn p16_a_callback_that_blocks_at_its_first_call_runs_beside_others() {
    blocks_beside_others(|blocks| assert!(blocks.pace.is_new())).await;
}

/// How long a panic takes is the business of whoever looks at it, as one that prints a backtrace.
#[tokio::test]
async fn p16_a_callback_that_panics_is_not_taken_for_one_that_blocks() {
    for is_known in [false, true] {
        let panics = Handler::Async(Arc::new(|_| {
            Box::pin(async {
                let since = std::time::Instant::now();
                while since.elapsed() < SLOW {
                    std::hint::spin_loop();
                }
                assert!(since.elapsed() < SLOW, "made up by the test");
                Ok(Bytes::new())
            }) as Pin<Box<dyn Future<Output = Outcome> + Send>>
        }));
        let panics = callback("panics", panics);
        if is_known {
            panics.pace.took(Duration::ZERO);
        }
        let (node, ids, mut controller) = joined(Limits::default(), vec![panics]).await;
        controller.run(1, ids[0]);
        controller.connection.outbox.flush();
        assert_eq!(controller.answered().await, CallId::first(1));
        // It would have been told of it, which is once.
        let is_told_now =
            node.drive(|session, _, _| session.offered().any(|(_, callback)| callback.pace.took(SLOW)));
        assert!(is_told_now, "known {is_known}");
    }
}

/// Whether it is called for the first time or has blocked before: nobody needs a thread that is not there.
#[test]
fn p16_a_callback_begins_though_all_threads_wait_for_it() {
    for has_blocked in [false, true] {
        with_one_to_block().block_on(async {
            let (answered, waits) = blocking();
            let quick = callback("quick", ready());
            if has_blocked {
                quick.pace.is_late();
            }
            let callbacks = vec![callback("waits", waits), quick];
            let (_node, ids, mut controller) = joined(Limits::default(), callbacks).await;
            controller.run(1, ids[0]);
            controller.run(2, ids[1]);
            controller.connection.outbox.flush();
            assert_eq!(controller.answered().await, CallId::first(2));
            answered.send(()).unwrap();
            assert_eq!(controller.answered().await, CallId::first(1));
        });
    }
}

/// Nobody waits for that on a thread which others need.
#[test]
fn p16_while_there_is_no_thread_for_a_first_call_others_are_answered() {
    with_one_to_block().block_on(async {
        let (answered, waits) = blocking();
        let known = inline(|_| Ok(Bytes::new()));
        let callbacks = vec![
            callback("waits", waits),
            callback("new", ready()),
            callback("known", known),
        ];
        let (_node, ids, mut controller) = joined(Limits::default(), callbacks).await;
        controller.run(1, ids[0]);
        controller.run_of("one", 2, ids[1]);
        controller.run_of("one", 3, ids[2]);
        controller.run_of("other", 4, ids[2]);
        controller.connection.outbox.flush();
        // What the same caller has sent behind it begins after it.
        for call in [4, 2, 3] {
            assert_eq!(controller.answered().await, CallId::first(call));
        }
        answered.send(()).unwrap();
        assert_eq!(controller.answered().await, CallId::first(1));
    });
}

#[tokio::test]
async fn p5_first_calls_begin_in_their_order() {
    const CALLS: u32 = 10;
    let begun = Arc::new(Mutex::new(Vec::new()));
    let noted = |name: u32| {
        let begun = Arc::clone(&begun);
        Handler::Async(Arc::new(move |_| {
            begun.lock().unwrap().push(name);
            Box::pin(std::future::ready(Ok(Bytes::new()))) as Pin<Box<dyn Future<Output = Outcome> + Send>>
        }))
    };
    // Those that begin where they arrive are among them.
    let noted = |name: u32| match name % 3 {
        2 => {
            let begun = Arc::clone(&begun);
            inline(move |_| {
                begun.lock().unwrap().push(name);
                Ok(Bytes::new())
            })
        }
        _ => noted(name),
    };
    let callbacks = (0..CALLS).map(|name| callback(&name.to_string(), noted(name)));
    let (_node, ids, mut controller) = joined(Limits::default(), callbacks.collect()).await;
    for (call, id) in (0..).zip(&ids) {
        controller.run(call, *id);
    }
    controller.connection.outbox.flush();
    for _ in &ids {
        controller.answered().await;
    }
    assert_eq!(*begun.lock().unwrap(), (0..CALLS).collect::<Vec<_>>());
}

#[tokio::test]
async fn p3_a_connection_that_is_lost_ends_what_was_sent() {
    let (node, _, mut controller) = joined(Limits::default(), vec![]).await;
    let payload = Bytes::from_static(b"x");
    let mut sent = Exchange::new(Arc::clone(&node));
    assert!(look(&mut sent, &payload, Waker::noop()).is_pending());
    assert_eq!(controller.calls(1).await, std::slice::from_ref(&payload));
    controller.connection.outbox.abort();
    let outcome = poll_fn(|cx| look(&mut sent, &payload, cx.waker())).await;
    assert!(outcome.is_err(), "{outcome:?}");
    // What waits for another connection, and of which it was said that it did not run, is not sent on that.
    let mut parked = Exchange::new(Arc::clone(&node));
    assert!(look(&mut parked, &payload, Waker::noop()).is_pending());
    assert!(!parked.give_up());
    assert_eq!(node.drive(|session, _, _| session.calls_outstanding()), 0);
}

#[tokio::test]
async fn a_call_that_the_agreed_version_does_not_know_ends_at_once_and_harms_no_other() {
    let (node, _, mut controller) = joined(Limits::default(), Vec::new()).await;
    let agree = |version| {
        node.visit(&mut Doings::default(), |visit| {
            visit.outbox().unwrap().agree(version);
        });
    };
    // A version that has greetings alone.
    agree(0);
    let payload = Bytes::from_static(b"call");
    let mut unknown = Exchange::new(Arc::clone(&node));
    match look(&mut unknown, &payload, Waker::noop()) {
        Poll::Ready(Err(failure)) => {
            let said = format!("{failure:?}");
            assert!(said.contains("version 0 of the protocol"), "{said}");
        }
        other => panic!("{other:?}"),
    }
    agree(VERSION);
    let mut known = Exchange::new(Arc::clone(&node));
    assert!(look(&mut known, &payload, Waker::noop()).is_pending());
    assert_eq!(controller.calls(1).await, [payload]);
    node.stop_now();
}
