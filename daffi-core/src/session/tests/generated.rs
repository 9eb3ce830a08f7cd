//! Generated operations: whatever users, peers and time do to a session, it keeps its promises.

use std::collections::{HashMap, HashSet};

use proptest::prelude::*;

use super::wire::Sent;
use super::world::{Ending, Entry, Op, ROSTER, Size, history_of};
use super::*;

fn size() -> impl Strategy<Value = Size> {
    prop_oneof![9 => Just(Size::Small), 1 => Just(Size::Large)]
}

fn ending() -> impl Strategy<Value = Ending> {
    prop_oneof![4 => size().prop_map(Ending::Value), 1 => Just(Ending::App), 1 => Just(Ending::Failed)]
}

fn terms() -> impl Strategy<Value = Terms> {
    (prop::option::of(1..3u32), prop::option::weighted(0.3, 1..40u32)).prop_map(|(concurrency, timeout)| {
        Terms {
            concurrency,
            timeout: timeout.map(|ms| MS * ms),
            blocking: false,
            is_new: false,
        }
    })
}

fn mode() -> impl Strategy<Value = Mode> {
    prop_oneof![3 => Just(Mode::Answered), 1 => Just(Mode::HandedOver), 3 => Just(Mode::Broadcast)]
}

fn op() -> impl Strategy<Value = Op> {
    let which = 0..16usize;
    prop_oneof![
        10 => (prop::option::of(0..60u32), size(), mode())
            .prop_map(|(within_ms, size, mode)| Op::Call { within_ms, size, mode }),
        2 => any::<bool>().prop_map(Op::Fill),
        1 => Just(Op::SendParked),
        8 => which.clone().prop_map(Op::Look),
        3 => which.clone().prop_map(Op::GiveUp),
        10 => (which.clone(), ending()).prop_map(|(which, ending)| Op::Reply(which, ending)),
        5 => (which.clone(), ending()).prop_map(|(which, ending)| Op::BeginReply(which, ending)),
        7 => (which.clone(), 1..5usize).prop_map(|(which, bytes)| Op::MoreReply(which, bytes)),
        1 => (0..9u32).prop_map(Op::StrayReply),
        8 => (which.clone(), 0..9u32, prop::option::of(1..60u32), 0..2usize, any::<bool>())
            .prop_map(|(callback, number, within_ms, caller, in_pieces)| {
                Op::Run { callback, number, within_ms, caller, in_pieces }
            }),
        7 => (which.clone(), 1..5usize).prop_map(|(which, bytes)| Op::MoreArguments(which, bytes)),
        1 => (0..9u32).prop_map(Op::StrayPiece),
        4 => (which.clone(), ending()).prop_map(|(which, ending)| Op::Finish(which, ending)),
        1 => which.clone().prop_map(Op::FinishAgain),
        2 => which.clone().prop_map(Op::CancelRun),
        1 => (0..9u32).prop_map(Op::StrayCancel),
        2 => terms().prop_map(Op::Offer),
        1 => which.prop_map(Op::Retract),
        5 => (1..30u32).prop_map(Op::Wait),
        1 => Just(Op::Break),
        1 => Just(Op::Disconnect),
        3 => Just(Op::Connect),
    ]
}

fn history() -> impl Strategy<Value = Vec<Op>> {
    // Most begin connected, so that there is much to lose.
    let begins = prop_oneof![1 => Just(None), 4 => Just(Some(Op::Connect))];
    (begins, prop::collection::vec(op(), 1..120))
        .prop_map(|(begins, ops)| begins.into_iter().chain(ops).collect())
}

/// Whether an outcome says that the callback may have run.
fn may_have_run(outcome: &Outcome) -> bool {
    match outcome {
        Ok(_) | Err(Failure::App { .. } | Failure::Explained(_)) => true,
        Err(Failure::Failed(failed)) => failed.may_have_run(),
    }
}

proptest! {
    /// P1: every call that was made, and not dropped by its user, ends once; every run is answered at most once.
    #[test]
    fn p1_every_call_ends_once(ops in history()) {
        let mut ends = HashMap::new();
        let mut unanswered = HashSet::new();
        for entry in history_of(&ops) {
            match entry {
                Entry::Made { token } => prop_assert_eq!(ends.insert(token, 0), None),
                Entry::GivenUp { token } | Entry::Ended { token, .. } => *ends.get_mut(&token).unwrap() += 1,
                Entry::RunArrived { number, .. } => prop_assert!(unanswered.insert(number)),
                Entry::RunAnswered { number, .. } => prop_assert!(unanswered.remove(&number)),
                Entry::Disconnected => unanswered.clear(),
                _ => {}
            }
        }
        prop_assert!(ends.values().all(|ends| *ends == 1), "ends by call: {:?}", ends);
    }

    /// P2: no run is started twice, and an error says that the callback may have run exactly when it may have.
    #[test]
    fn p2_nothing_runs_twice_and_errors_say_whether_it_ran(ops in history()) {
        let (mut sent, mut replied, mut numbers) = (HashSet::new(), HashSet::new(), HashMap::new());
        let (mut arrived, mut started) = (HashMap::new(), HashSet::new());
        for entry in history_of(&ops) {
            match entry {
                Entry::Sent { token, number } => {
                    sent.insert(token);
                    numbers.insert(number, token);
                }
                Entry::Replied { number } => {
                    replied.insert(numbers[&number]);
                }
                // What the controller replied is its word, not ours.
                Entry::Ended { token, outcome } if !replied.contains(&token) => {
                    prop_assert_eq!(may_have_run(&outcome), sent.contains(&token), "{:?}", outcome);
                }
                Entry::RunArrived { token, number } => {
                    arrived.insert(number, token);
                }
                Entry::RunStarted { token, .. } => prop_assert!(started.insert(token), "{} started twice", token),
                Entry::RunAnswered { number, outcome } => {
                    prop_assert_eq!(may_have_run(&outcome), started.contains(&arrived[&number]), "{:?}", outcome);
                }
                _ => {}
            }
        }
    }

    /// P4: a call that is dropped, or whose deadline passes, is cancelled once and no other is; its number is not
    /// used again before the reply.
    #[test]
    fn p4_what_nobody_wants_is_cancelled_once(ops in history()) {
        let mut numbers = HashMap::new();
        let mut unwanted = HashSet::new();
        let mut cancelled = HashSet::new();
        for entry in history_of(&ops) {
            match entry {
                Entry::Sent { token, number } => {
                    prop_assert_eq!(numbers.insert(number, token), None, "number {} is in use", number);
                }
                Entry::Replied { number } => prop_assert!(numbers.remove(&number).is_some()),
                Entry::Disconnected => numbers.clear(),
                Entry::GivenUp { token } | Entry::DeadlinePassed { token } => {
                    unwanted.insert(token);
                }
                Entry::Cancelled { number } => {
                    let token = numbers[&number];
                    prop_assert!(unwanted.contains(&token), "{} is wanted", token);
                    prop_assert!(cancelled.insert(token), "{} is cancelled twice", token);
                }
                _ => {}
            }
        }
    }

    /// P5: in one batch, calls are sent in the order in which they were made, and started in the order in which they
    /// arrived, although their numbers are used again.
    #[test]
    fn p5_order_is_kept(steps in prop::collection::vec((any::<bool>(), any::<bool>()), 0..60)) {
        let mut f = Fixture::with(Limits::default());
        let callback = f.session.offer("callback", Terms::default());
        let (mut called, mut arrived) = (Vec::new(), Vec::new());
        for (payload, (call, ends)) in (0u8..).map(|byte| Bytes::from(vec![byte])).zip(steps) {
            if call {
                let call = f.submit(&Message::Call(Fixture::request(None), &payload), "a").unwrap();
                called.push(payload);
                if ends {
                    f.reply(call, &Ok(Bytes::new())).unwrap();
                    prop_assert!(f.poll(call).is_some());
                }
            } else {
                let number = u32::from(u8::MAX - payload[0]);
                f.run_with(number, callback, None, payload.clone());
                arrived.push(payload);
                if ends {
                    f.receive(Header::Cancel { call: id(number) }, Bytes::new()).unwrap();
                }
            }
        }
        let sent = f.wire.sent().into_iter().filter_map(|sent| match sent {
            Sent::Call { payload, .. } => Some(payload),
            _ => None,
        });
        prop_assert_eq!(sent.collect::<Vec<_>>(), called);
        let started = f.events.into_iter().filter_map(|event| match event {
            Event::Start(start) => Some(start.payload),
            _ => None,
        });
        prop_assert_eq!(started.collect::<Vec<_>>(), arrived);
    }

    /// P5: the calls of one caller begin in the order in which they came, however long it takes until their arguments have.
    #[test]
    fn p5_no_run_overtakes_another_of_its_caller(ops in history()) {
        let mut last = HashMap::new();
        for entry in history_of(&ops) {
            if let Entry::RunStarted { token, caller } = entry {
                prop_assert!(last.insert(caller, token).is_none_or(|last| last < token));
            }
        }
    }

    /// P5: calls are sent in the order in which they were made, however long each had to wait for that.
    #[test]
    fn p5_no_call_overtakes_another(ops in history()) {
        let sent = history_of(&ops).into_iter().filter_map(|entry| match entry {
            Entry::Sent { token, .. } => Some(token),
            _ => None,
        });
        prop_assert!(sent.is_sorted());
    }

    /// P8: whoever broadcasts is given the roster, then each part, then the end, and nothing after it; all of them unless
    /// the end says why not.
    #[test]
    fn p8_a_broadcast_is_given_in_its_order(ops in history()) {
        let mut given = HashMap::<u32, u32>::new();
        let mut ended = HashSet::new();
        for entry in history_of(&ops) {
            match entry {
                Entry::Given { token, item } => {
                    prop_assert!(!ended.contains(&token), "{:?} after the end", item);
                    let count = given.entry(token).or_default();
                    *count += 1;
                    match item {
                        Item::Roster(names) => prop_assert_eq!((names.len(), *count), (ROSTER.len(), 1)),
                        Item::Part(index, _) => prop_assert_eq!(index + 2, *count),
                        Item::Happened(_) | Item::Ticked(_) | Item::Opened(..) | Item::Batch(..) | Item::Done(_) | Item::Absent(_) => panic!("nobody has asked"),
                    }
                }
                Entry::Ended { token, outcome } => {
                    prop_assert!(ended.insert(token));
                    if let (Ok(_), Some(count)) = (outcome, given.get(&token)) {
                        prop_assert_eq!(*count as usize, 1 + ROSTER.len());
                    }
                }
                Entry::GivenUp { token } => prop_assert!(ended.insert(token)),
                _ => {}
            }
        }
    }
}
