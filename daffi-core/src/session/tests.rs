//! What a session promises, in virtual time: each behaviour by itself here, all of them under generated operations
//! in [`generated`].

mod absent;
mod begins;
mod calls;
mod each;
mod fan;
mod generated;
mod holding;
mod items;
mod loans;
mod pair;
mod pieces;
mod runs;
mod streams;
mod waits;
mod wire;
mod world;

use std::time::Duration;

use self::wire::{Sent, Wire, with_reply};
use super::*;
use crate::proto::Who;
use crate::proto::{
    CallHeader, CallbackId, Credit, Failure, Hello, Mode, Outcome, Query, RunHeader, Status, Taken,
    TraceContext, Window,
};

const MS: Duration = Duration::from_millis(1);

/// How long messages wait that cannot be sent.
const PATIENCE: Duration = Duration::from_millis(50);

/// How large an item of a stream may be that comes.
const ITEM_BYTES: usize = 1000;

/// A call by its number, in which the place has the lower half.
const fn id(number: u32) -> CallId {
    CallId {
        slot: number & 0xffff,
        generation: number >> 16,
    }
}

/// The number of a call.
const fn number(call: CallId) -> u32 {
    assert!(call.slot < 1 << 16, "tests have few calls");
    call.slot | call.generation << 16
}

fn at(ms: u32) -> Moment {
    Moment::new(MS * ms)
}

/// Of a call that says nothing which it need not say.
const fn run_header(number: u32, callback: CallbackId, caller: &str) -> RunHeader<'_> {
    RunHeader {
        described: false,
        call: id(number),
        callback,
        caller,
        identity: Who::Nobody,
        deadline: None,
        trace: None,
        metadata: Vec::new(),
        ancestors: Vec::new(),
    }
}

fn bytes(text: &'static str) -> Bytes {
    Bytes::from_static(text.as_bytes())
}

/// A connected session; waiters and callbacks are names.
struct Fixture {
    session: Session<&'static str, &'static str>,
    wire: Wire,
    now: u32,
    events: Vec<Event<&'static str, &'static str>>,
}

impl Fixture {
    fn new() -> Self {
        Self::with(Limits {
            calls: 8,
            ..Limits::default()
        })
    }

    fn with(limits: Limits) -> Self {
        let mut fixture = Self {
            session: Session::new(&limits, PATIENCE, 7),
            wire: Wire::new(1000),
            now: 0,
            events: Vec::new(),
        };
        fixture.connect();
        fixture
    }

    /// A connection on which what the process offers is announced.
    fn connect(&mut self) {
        self.session.connected(ITEM_BYTES);
        self.session
            .announced(at(self.now), &mut self.wire, &mut self.events);
    }

    fn request(deadline: Option<u32>) -> Request<'static> {
        let deadline = deadline.map(at);
        Request {
            versions: &[],
            name: "add",
            signature: 7,
            to: None,
            processes: &[],
            deadline,
            trace: None,
            metadata: &[],
            streams: 0,
            key: None,
            mode: Mode::Answered,
            within: None,
            window: None,
            lasting: false,
            having: &[],
        }
    }

    fn submit(&mut self, message: &Message<'_>, waiter: &'static str) -> Result<CallId, Failed> {
        self.session
            .submit(at(self.now), message, &mut Some(waiter), &mut self.wire)
    }

    fn try_call(&mut self, deadline: Option<u32>, payload: &'static str) -> Result<CallId, Failed> {
        self.submit(&Message::Call(Self::request(deadline), &bytes(payload)), payload)
    }

    /// Sends a call that `waiter` waits for.
    fn call(&mut self, deadline: Option<u32>, waiter: &'static str) -> CallId {
        self.try_call(deadline, waiter).unwrap()
    }

    fn poll(&mut self, call: CallId) -> Option<Outcome> {
        self.session.poll(call, &mut Some("late waiter"))
    }

    fn next(&mut self, call: CallId) -> Option<Next> {
        self.next_for(call, "late waiter")
    }

    fn next_for(&mut self, call: CallId, waiter: &'static str) -> Option<Next> {
        self.session.poll_next(call, &mut Some(waiter))
    }

    fn receive(&mut self, header: Header<'_>, payload: Bytes) -> Result<(), Fault> {
        self.session
            .receive(at(self.now), header, payload, &mut self.wire, &mut self.events)
    }

    fn reply(&mut self, call: CallId, outcome: &Outcome) -> Result<(), Fault> {
        with_reply(outcome, |status, payload| {
            self.receive(Header::Reply { call, status }, payload)
        })
    }

    fn run(&mut self, number: u32, callback: CallbackId, deadline: Option<u32>) {
        self.run_with(number, callback, deadline, bytes("arguments"));
    }

    fn run_with(&mut self, number: u32, callback: CallbackId, deadline: Option<u32>, payload: Bytes) {
        let run = RunHeader {
            deadline: deadline.map(|ms| MS * ms),
            metadata: vec![("tenant", "acme")],
            ..run_header(number, callback, "caller")
        };
        self.receive(Header::Run(run), payload).unwrap();
    }

    /// Has a callback offered and run once.
    fn running(&mut self, number: u32) -> RunId {
        let callback = self.session.offer("callback", Terms::default());
        self.run(number, callback, None);
        self.started()
    }

    fn wait_until(&mut self, now: u32) {
        self.now = now;
        self.session.on_timeout(at(now), &mut self.wire, &mut self.events);
    }

    fn abandon(&mut self, call: CallId) {
        self.session.abandon(call, &mut self.wire, &mut self.events);
    }

    fn finish(&mut self, run: RunId, outcome: &Outcome) {
        self.session
            .finish(run, outcome, &mut self.wire, &mut self.events);
    }

    fn started(&mut self) -> RunId {
        match &*std::mem::take(&mut self.events) {
            [Event::Start(start)] => start.run,
            other => panic!("not one start: {other:?}"),
        }
    }

    fn woken(&mut self) -> Vec<&'static str> {
        let wake = |event| match event {
            Event::Wake(waiter) => Some(waiter),
            Event::Drop(_) => None,
            other => panic!("not a wake: {other:?}"),
        };
        self.events.drain(..).filter_map(wake).collect()
    }

    fn aborted(&mut self) -> Vec<RunId> {
        let abort = |event| match event {
            Event::Abort(run) => run,
            other => panic!("not an abort: {other:?}"),
        };
        self.events.drain(..).map(abort).collect()
    }

    /// Nothing is left of any call or run.
    fn assert_empty(&self) {
        assert_eq!((self.session.calls_outstanding(), self.session.running()), (0, 0));
    }
}

fn cancel(call: CallId) -> Sent {
    Sent::Cancel { number: number(call) }
}

fn failed(failed: Failed) -> Outcome {
    Err(failed.into())
}

#[test]
fn the_controllers_goodbye_is_told() {
    let mut f = Fixture::new();
    f.receive(Header::Goodbye, Bytes::new()).unwrap();
    assert!(matches!(&*f.events, [Event::ControllerStopping]));
    assert!(f.session.is_connected());
}

#[test]
fn a_session_is_connected_until_its_connection_is_lost_or_it_closes() {
    let mut f = Fixture::new();
    f.session.disconnected(&mut f.events);
    assert!(!f.session.is_connected());
    f.connect();
    assert!(f.session.is_connected());
    f.session.close(&mut f.wire, &mut f.events);
    assert!(!f.session.is_connected());
}

#[test]
fn a_frame_that_only_nodes_send_is_a_fault() {
    let call = id(0);
    let header = CallHeader::new(call, "add");
    for header in [
        Header::Hello(Hello::new("p", 1, 1)),
        Header::Call(header),
        Header::Offer { call, ready: true },
        Header::Withdraw { call },
        Header::Query {
            call,
            query: Query::Processes,
        },
    ] {
        let mut f = Fixture::new();
        assert!(matches!(
            f.receive(header, Bytes::new()),
            Err(Fault::Unexpected(_))
        ));
        assert!(f.events.is_empty());
        assert_eq!(f.wire.sent(), []);
    }
    let mut f = Fixture::new();
    f.receive(Header::Heartbeat { received: 3 }, Bytes::new())
        .unwrap();
}

#[test]
fn deadlines_come_in_order_of_time() {
    let mut deadlines = Deadlines::new();
    for (ms, key) in [(30, 'c'), (10, 'a'), (20, 'b')] {
        deadlines.add(at(ms), key, |_| true);
    }
    assert_eq!((deadlines.next(), deadlines.due(at(9))), (Some(at(10)), None));
    assert_eq!(
        (
            deadlines.due(at(20)),
            deadlines.due(at(20)),
            deadlines.due(at(20))
        ),
        (Some('a'), Some('b'), None)
    );
    assert_eq!((deadlines.due(at(99)), deadlines.next()), (Some('c'), None));
}

#[test]
fn p6_deadlines_of_calls_that_ended_do_not_pile_up() {
    let mut deadlines = Deadlines::new();
    for key in 0..10_000u32 {
        // Every thousandth call is still out; all others were answered before the next was made.
        deadlines.add(at(key), key, |key| key % 1000 == 0);
    }
    let left: Vec<_> = std::iter::from_fn(|| deadlines.due(at(10_000))).collect();
    assert!(left.len() <= 128, "{} deadlines are left", left.len());
    assert_eq!(left.iter().filter(|key| *key % 1000 == 0).count(), 10);
}

#[test]
fn deadlines_are_swept_seldom_enough_to_cost_each_a_constant() {
    let (mut deadlines, asked) = (Deadlines::new(), std::cell::Cell::new(0_u32));
    for key in 0..10_000u32 {
        // The first thousand are still out, so that a sweep leaves much.
        deadlines.add(at(key), key, |key| {
            asked.set(asked.get() + 1);
            *key < 1000
        });
    }
    assert!(asked.get() <= 20_000, "{} looks", asked.get());
    let left = std::iter::from_fn(|| deadlines.due(at(10_000))).count();
    assert!((1000..=2000).contains(&left), "{left} deadlines are left");
}

/// A sweep comes with every 64th deadline where few are left.
#[test]
fn p6_the_deadline_of_what_has_ended_is_forgotten_and_of_nothing_else() {
    const MANY: u32 = 64;
    let limits = || Limits {
        calls: MANY + 1,
        ..Limits::default()
    };
    let mut sent = Fixture::with(limits());
    let mut parked = Fixture::with(limits());
    let mut ran = Fixture::with(limits());
    let callback = ran.session.offer("callback", Terms::default());
    parked.session.disconnected(&mut parked.events);

    sent.call(Some(20), "goes on");
    parked.call(Some(20), "goes on");
    ran.run(0, callback, Some(20));
    ran.started();
    for number in 1..MANY {
        let call = sent.call(Some(10), "a");
        sent.reply(call, &Ok(Bytes::new())).unwrap();
        sent.poll(call);

        let call = parked.call(Some(10), "a");
        parked.abandon(call);

        ran.run(number, callback, Some(10));
        let run = ran.started();
        ran.finish(run, &Ok(Bytes::new()));
    }
    for f in [&sent, &parked, &ran] {
        assert_eq!(f.session.next_timeout(), Some(at(10)));
    }
    sent.call(Some(30), "a");
    parked.call(Some(30), "a");
    ran.run(MANY, callback, Some(30));
    for f in [&sent, &parked, &ran] {
        assert_eq!(f.session.next_timeout(), Some(at(20)));
    }
}
