//! Callbacks that begin elsewhere, as nothing is known of them: what their callers send behind them waits, and nothing else does.

use std::collections::VecDeque;
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::proto::Large;

const NEW: Terms = Terms {
    concurrency: None,
    timeout: None,
    blocking: false,
    is_new: true,
};

impl Fixture {
    /// A caller calls a callback, with its name for the call as the argument.
    fn called(&mut self, caller: &'static str, number: u32, callback: CallbackId, name: &'static str) {
        let run = Header::Run(run_header(number, callback, caller));
        self.receive(run, bytes(name)).unwrap();
    }

    /// What has begun, and whose calls are to go on.
    fn told(&mut self) -> Vec<String> {
        let told = |event| match event {
            Event::Start(start) => {
                let name = String::from_utf8(start.payload.to_vec()).unwrap();
                Some(if start.is_first { name + " first" } else { name })
            }
            Event::GoOn(caller) => Some(format!("{caller} goes on")),
            _ => None,
        };
        self.events.drain(..).filter_map(told).collect()
    }

    /// Begins the next of what "one" has sent; what of it is to be said to have begun.
    fn go_on(&mut self) -> Option<RunId> {
        self.session
            .begin_held(at(self.now), "one", &mut self.wire, &mut self.events)
    }

    fn was_started(&mut self, run: RunId) {
        self.session.was_started(run, &mut self.events);
    }

    fn has_begun(&mut self, run: RunId) {
        self.session.let_pass(run, &mut self.events);
    }

    /// One whose callback is new, and one behind it; the first one's run.
    fn behind_a_new_one() -> (Self, RunId) {
        let mut f = Self::new();
        let (new, known) = (
            f.session.offer("new", NEW),
            f.session.offer("known", Terms::default()),
        );
        f.called("one", 1, new, "a");
        let run = match &*f.events {
            [Event::Start(start)] => start.run,
            other => panic!("{other:?}"),
        };
        f.called("one", 2, known, "b");
        assert_eq!(f.told(), ["a first"]);
        (f, run)
    }
}

#[test]
fn p5_what_is_sent_behind_a_first_call_begins_after_it_in_its_order() {
    let mut f = Fixture::new();
    let (new, known) = (
        f.session.offer("new", NEW),
        f.session.offer("known", Terms::default()),
    );
    let other = f.session.offer("other", NEW);
    f.called("one", 1, new, "a");
    let a = match &*f.events {
        [Event::Start(start)] => start.run,
        other => panic!("{other:?}"),
    };
    f.called("one", 2, known, "b");
    f.called("two", 3, known, "c");
    f.called("one", 4, other, "d");
    assert_eq!(f.told(), ["a first", "c"], "others do not wait for it");
    f.has_begun(a);
    assert_eq!(f.told(), ["one goes on"]);
    let b = f.go_on().unwrap();
    f.called("one", 5, known, "e");
    assert_eq!(f.told(), ["b"], "it may not have been started yet");
    assert_eq!(f.go_on(), None);
    f.was_started(b);
    assert_eq!(f.told(), ["one goes on"]);
    // One that is new as well says so itself.
    assert_eq!(f.go_on(), None);
    let d = match &*f.events {
        [Event::Start(start)] => start.run,
        other => panic!("{other:?}"),
    };
    assert_eq!((f.go_on(), f.told()), (None, vec!["d first".to_owned()]));
    f.has_begun(d);
    assert_eq!(f.told(), ["one goes on"]);
    let e = f.go_on().unwrap();
    f.was_started(e);
    assert_eq!(f.told(), ["e"], "nobody waits any more");
    // It is known from now on.
    f.called("one", 6, new, "f");
    f.called("one", 7, known, "g");
    assert_eq!(f.told(), ["f", "g"]);
}

#[test]
fn p5_what_was_started_behind_a_first_call_makes_no_callback_known() {
    let (mut f, a) = Fixture::behind_a_new_one();
    let new = f.session.offer("also new", NEW);
    let each = Header::RunEach(run_header(3, new, "one"));
    f.receive(each, Bytes::new()).unwrap();
    f.called("one", 4, new, "c");
    f.has_begun(a);
    for started in ["b", ""] {
        assert_eq!(f.told(), ["one goes on"]);
        let run = f.go_on().unwrap();
        assert_eq!(f.told(), [started]);
        f.was_started(run);
    }
    assert_eq!(f.told(), ["one goes on"]);
    assert_eq!(f.go_on(), None, "it says so itself");
    assert_eq!(f.told(), ["c first"]);
}

/// The timer and the reader are two tasks: what the reader is given meanwhile begins after what was there before.
#[test]
fn p5_what_waits_behind_one_whose_time_is_over_still_begins_in_its_order() {
    let (mut f, a) = Fixture::behind_a_new_one();
    let known = f.session.offer("known", Terms::default());
    let late = RunHeader {
        deadline: Some(Duration::from_millis(5)),
        ..run_header(3, known, "one")
    };
    let large = Header::Large {
        bytes: 10,
        frame: Large::Run(late),
    };
    f.has_begun(a);
    let b = f.go_on().unwrap();
    f.receive(large, Bytes::new()).unwrap();
    f.was_started(b);
    f.called("one", 4, known, "c");
    f.told();
    f.wait_until(6);
    f.called("one", 5, known, "d");
    assert_eq!(f.told(), ["one goes on"], "and not c, beside the reader");
    for next in ["c", "d"] {
        let run = f.go_on().unwrap();
        assert_eq!(f.told(), [next]);
        f.was_started(run);
        f.told();
    }
}

#[test]
fn what_was_started_elsewhere_has_its_place_until_it_has_ended() {
    let (mut f, a) = Fixture::behind_a_new_one();
    f.has_begun(a);
    let b = f.go_on().unwrap();
    f.was_started(b);
    f.wire.sent();
    f.receive(Header::Cancel { call: id(2) }, Bytes::new()).unwrap();
    assert_eq!(f.wire.sent(), []);
    f.finish(b, &Ok(Bytes::new()));
    assert_eq!(f.wire.sent().len(), 1);
}

/// However it is known that it will not begin, or takes too long.
#[test]
fn p16_what_waits_for_a_first_call_does_not_wait_for_more_than_its_beginning() {
    let ends: [fn(&mut Fixture, RunId); 3] = [
        |f, run| f.session.let_pass(run, &mut f.events),
        |f, run| f.finish(run, &Ok(Bytes::new())),
        |f, _| f.receive(Header::Cancel { call: id(1) }, Bytes::new()).unwrap(),
    ];
    for end in ends {
        let (mut f, run) = Fixture::behind_a_new_one();
        end(&mut f, run);
        assert_eq!(f.told(), ["one goes on"]);
        let b = f.go_on().unwrap();
        f.was_started(b);
        assert_eq!(f.told(), ["b"]);
        f.has_begun(run);
        assert_eq!(f.told(), [""; 0], "it is known already");
    }
}

#[test]
fn a_first_call_that_has_begun_elsewhere_and_is_cancelled_lets_others_pass() {
    let (mut f, _) = Fixture::behind_a_new_one();
    f.receive(Header::Cancel { call: id(1) }, Bytes::new()).unwrap();
    assert_eq!(
        (f.told(), f.wire.sent()),
        (vec!["one goes on".to_owned()], vec![])
    );
}

#[test]
fn what_waits_is_gone_with_its_connection() {
    let (mut f, run) = Fixture::behind_a_new_one();
    f.session.disconnected(&mut f.events);
    assert_eq!(f.told(), [""; 0]);
    f.connect();
    let known = f.session.offer("known", Terms::default());
    f.called("one", 1, known, "c");
    f.has_begun(run);
    assert_eq!((f.told(), f.go_on()), (vec!["c".to_owned()], None));
    f.finish(run, &Ok(Bytes::new()));
    assert_eq!(f.wire.sent(), []);
}

/// What happens to the calls of three processes.
#[derive(Clone, Copy, Debug)]
enum Op {
    /// A process calls a callback.
    Call(usize, usize),
    /// One of those that begin elsewhere has begun there.
    Begun(usize),
    /// One that was started ends.
    End(usize),
    /// A call is cancelled, whether it has begun or not.
    Cancel(usize),
    /// The next of those who are to go on does.
    GoOn,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => (0..CALLERS.len(), 0..4_usize).prop_map(|(caller, callback)| Op::Call(caller, callback)),
        2 => any::<usize>().prop_map(Op::Begun),
        2 => any::<usize>().prop_map(Op::End),
        1 => any::<usize>().prop_map(Op::Cancel),
        3 => Just(Op::GoOn),
    ]
}

const CALLERS: [&str; 3] = ["one", "two", "three"];

/// Calls of several processes, of which some begin elsewhere.
struct Begins {
    f: Fixture,
    callbacks: Vec<CallbackId>,
    /// By process: what it has sent and was not cancelled before it began, in order; and what has begun.
    sent: [Vec<u32>; 3],
    begun: [Vec<u32>; 3],
    /// Those that begin elsewhere, and have not yet.
    elsewhere: Vec<RunId>,
    running: Vec<RunId>,
    going_on: VecDeque<Arc<str>>,
    calls: u32,
}

impl Begins {
    fn new() -> Self {
        // None is refused.
        let mut f = Fixture::with(Limits {
            calls: 1000,
            ..Limits::default()
        });
        let mut offer = |name, terms| f.session.offer(name, terms);
        let callbacks = vec![
            offer("new", NEW),
            offer("also new", NEW),
            offer("known", Terms::default()),
            offer("third new", NEW),
        ];
        Self {
            f,
            callbacks,
            sent: Default::default(),
            begun: Default::default(),
            elsewhere: vec![],
            running: vec![],
            going_on: VecDeque::new(),
            calls: 0,
        }
    }

    /// What the session asks for.
    fn told(&mut self) {
        for event in std::mem::take(&mut self.f.events) {
            match event {
                Event::Start(start) => {
                    let number: u32 = std::str::from_utf8(&start.payload).unwrap().parse().unwrap();
                    let caller = CALLERS
                        .iter()
                        .position(|caller| **caller == *start.caller)
                        .unwrap();
                    self.begun[caller].push(number);
                    self.running.push(start.run);
                    if start.is_first {
                        self.elsewhere.push(start.run);
                    }
                }
                Event::GoOn(caller) => self.going_on.push_back(caller),
                Event::Abort(_) | Event::Dismiss(_) => {}
                other => panic!("{other:?}"),
            }
        }
        for (begun, sent) in self.begun.iter().zip(&self.sent) {
            assert_eq!(
                *begun,
                sent[..begun.len()],
                "in the order in which they were sent"
            );
        }
    }

    fn play(&mut self, op: Op) {
        let f = &mut self.f;
        match op {
            Op::Call(caller, callback) => {
                self.calls += 1;
                self.sent[caller].push(self.calls);
                let header = run_header(self.calls, self.callbacks[callback], CALLERS[caller]);
                f.receive(Header::Run(header), self.calls.to_string().into())
                    .unwrap();
            }
            Op::Begun(at) if !self.elsewhere.is_empty() => {
                let run = self.elsewhere.swap_remove(at % self.elsewhere.len());
                f.has_begun(run);
            }
            Op::End(at) if !self.running.is_empty() => {
                let run = self.running.swap_remove(at % self.running.len());
                self.elsewhere.retain(|elsewhere| *elsewhere != run);
                f.finish(run, &Ok(Bytes::new()));
            }
            Op::Cancel(at) if self.calls > 0 => {
                let number = u32::try_from(at % self.calls as usize).unwrap() + 1;
                for (sent, begun) in self.sent.iter_mut().zip(&self.begun) {
                    sent.retain(|sent| *sent != number || begun.contains(sent));
                }
                f.receive(Header::Cancel { call: id(number) }, Bytes::new())
                    .unwrap();
            }
            Op::GoOn => {
                let Some(caller) = self.going_on.pop_front() else {
                    return;
                };
                let begun = f
                    .session
                    .begin_held(at(f.now), &caller, &mut f.wire, &mut f.events);
                // It may be started after others have come.
                self.told();
                if let Some(run) = begun {
                    self.f.was_started(run);
                }
            }
            _ => {}
        }
        self.told();
    }
}

proptest! {
    #[test]
    fn p5_whatever_begins_elsewhere_all_of_a_caller_begin_in_their_order(ops in prop::collection::vec(op(), 0..120)) {
        let mut all = Begins::new();
        for op in ops {
            all.play(op);
        }
        while !all.going_on.is_empty() || !all.elsewhere.is_empty() {
            all.play(Op::GoOn);
            all.play(Op::Begun(0));
        }
        prop_assert_eq!(&all.begun, &all.sent, "nothing is left");
        while !all.running.is_empty() {
            all.play(Op::End(0));
        }
        all.f.assert_empty();
    }
}
