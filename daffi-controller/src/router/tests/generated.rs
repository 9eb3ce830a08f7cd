//! Generated operations: whatever nodes do, the router keeps its promises.

use proptest::prelude::*;

use super::world::having::WANTED;
use super::world::{Asked, Ending, Life, Op, Quoted, Size, Terms, Types, Within, history_of};
use super::*;

fn size() -> impl Strategy<Value = Size> {
    prop_oneof![1 => Just(Size::Empty), 6 => Just(Size::Small), 1 => Just(Size::Large)]
}

fn ending() -> impl Strategy<Value = Ending> {
    prop_oneof![4 => size().prop_map(Ending::Value), 1 => Just(Ending::App), 1 => Just(Ending::Failed)]
}

/// Mostly as all others offer the name, so that they seldom conflict.
fn balance(name: usize) -> impl Strategy<Value = Balance> {
    let all = [Balance::LessLoaded, Balance::RoundRobin, Balance::Random];
    prop_oneof![9 => Just(all[name]), 1 => prop::sample::select(all.to_vec())]
}

fn offer(node: usize) -> impl Strategy<Value = Op> {
    let terms = |name| {
        (
            prop::bool::weighted(0.3),
            prop::option::weighted(0.4, 1..3u32),
            prop::option::weighted(0.3, 1..3u32),
            prop_oneof![1 => Just(0u32), 4 => 1..4u32],
            balance(name),
        )
    };
    let offer = (0..3usize).prop_flat_map(move |name| (Just(name), terms(name), prop::bool::weighted(0.8)));
    offer.prop_map(
        move |(name, (typed, concurrency, per_caller, queue, balance), ready)| Op::Offer {
            node,
            name,
            terms: Terms {
                typed,
                concurrency,
                per_caller,
                queue,
                balance,
            },
            ready,
        },
    )
}

/// Some nodes come and offer something, so that there is somebody to call.
fn opening() -> impl Strategy<Value = Vec<Op>> {
    let node = |node| {
        let joins = prop::collection::vec(offer(node), 0..3).prop_map(move |mut ops| {
            ops.insert(0, Op::Connect(node));
            ops
        });
        prop_oneof![1 => Just(Vec::new()), 4 => joins]
    };
    [node(0), node(1), node(2), node(3)].prop_map(|ops| ops.concat())
}

fn mode() -> impl Strategy<Value = Mode> {
    prop_oneof![4 => Just(Mode::Answered), 1 => Just(Mode::HandedOver), 2 => Just(Mode::Broadcast), 1 => Just(Mode::HandedToAll)]
}

fn types() -> impl Strategy<Value = Types> {
    prop_oneof![6 => Just(Types::Any), 3 => Just(Types::Plain), 1 => Just(Types::Typed), 1 => Just(Types::Wrong),
        1 => any::<bool>().prop_map(|typed| Types::Version { typed }), 2 => Just(Types::Versions)]
}

fn within() -> impl Strategy<Value = Option<Within>> {
    let which = 0..16usize;
    let own = which.clone().prop_map(|index| Some(Within::Own(index)));
    let any = which.prop_map(|index| Some(Within::Any(index)));
    prop_oneof![4 => Just(None), 6 => own, 1 => any]
}

fn having() -> impl Strategy<Value = Option<usize>> {
    prop::option::weighted(0.3, 0..WANTED.len())
}

fn asked() -> impl Strategy<Value = Asked> {
    let to = prop::option::weighted(0.2, 0..4usize);
    let key = prop::option::weighted(0.3, 0..2u64);
    let among = any::<[bool; 4]>().prop_filter("nobody is named", |among| among.contains(&true));
    let among = prop::option::weighted(0.4, among);
    let asked = (
        0..3usize,
        (to, having()),
        among,
        types(),
        size(),
        key,
        mode(),
        within(),
    );
    asked.prop_map(
        |(name, (to, having), among, types, size, key, mode, within)| Asked {
            name,
            to,
            having,
            among: among.filter(|_| mode.asks_many()),
            types,
            size,
            key,
            mode,
            within,
        },
    )
}

fn quoted() -> impl Strategy<Value = Quoted> {
    let whose = [Quoted::Connection, Quoted::Identity, Quoted::Both];
    prop_oneof![1 => Just(Quoted::Nobody), 4 => prop::sample::select(whose.to_vec())]
}

fn op() -> impl Strategy<Value = Op> {
    let (node, which) = (0..4usize, 0..16usize);
    prop_oneof![
        6 => node.clone().prop_map(Op::Connect),
        5 => node.clone().prop_flat_map(offer),
        1 => (node.clone(), which.clone()).prop_map(|(node, which)| Op::Withdraw(node, which)),
        14 => (node.clone(), asked()).prop_map(|(node, asked)| Op::Call(node, asked)),
        2 => (node.clone(), any::<bool>(), 0..40usize, having())
            .prop_map(|(node, process, index, having)| Op::Wait { node, process, index, having }),
        1 => node.clone().prop_map(Op::Watch),
        3 => (node.clone(), which.clone()).prop_map(|(node, which)| Op::Cancel(node, which)),
        24 => node.clone().prop_map(Op::Deliver),
        8 => (node.clone(), which, ending()).prop_map(|(node, which, ending)| Op::Finish(node, which, ending)),
        1 => node.clone().prop_map(Op::Goodbye),
        2 => node.clone().prop_map(Op::Disconnect),
        2 => (node.clone(), prop::bool::weighted(0.3)).prop_map(|(node, full)| Op::Full(node, full)),
        1 => (node.clone(), prop::bool::weighted(0.3)).prop_map(|(node, narrow)| Op::Narrow(node, narrow)),
        3 => (node.clone(), quoted()).prop_map(|(node, quoted)| Op::Quotas(node, quoted)),
        2 => Just(Op::Tick),
    ]
}

/// The lives of all calls under generated operations.
fn check_lives(ops: &[Op], check: impl Fn(&Life) -> Result<(), TestCaseError>) -> Result<(), TestCaseError> {
    history_of(ops).lives.iter().try_for_each(check)
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    (opening(), prop::collection::vec(op(), 1..150)).prop_map(|(opening, ops)| [opening, ops].concat())
}

proptest! {
    /// P1: exactly one reply for each call whose caller is still there, and none for others.
    /// call.once
    #[test]
    fn p1_every_call_gets_one_reply(ops in ops()) {
        check_lives(&ops, |life| {
            prop_assert_eq!(life.replies.len(), usize::from(!life.left), "{:?}", life);
            Ok(())
        })?;
    }

    /// P2: one run for each call at most, and an error says that it may have run exactly when it was given away.
    /// call.once
    #[test]
    fn p2_every_call_runs_once_at_most(ops in ops()) {
        check_lives(&ops, |life| {
            prop_assert!(life.runs.len() <= 1, "{:?}", life);
            for (_, outcome) in &life.replies {
                let ran = match outcome {
                    Ok(_) | Err(Failure::App { .. } | Failure::Explained(_)) => true,
                    Err(Failure::Failed(failed)) => failed.may_have_run(),
                };
                prop_assert_eq!(ran, !life.runs.is_empty(), "{:?}", life);
            }
            Ok(())
        })?;
    }

    /// P3: what nobody runs is answered in the same step, unless it has waited; whoever waits for a provider that is lost is told so, by
    /// name, in the same step.
    #[test]
    fn p3_bad_news_is_told_at_once(ops in ops()) {
        check_lives(&ops, |life| {
            if life.runs.is_empty() && !life.waited {
                prop_assert_eq!(life.replies[0].0, life.called_at, "{:?}", life);
            }
            if let (Some((step, process)), false, false) = (life.lost, life.left, life.handed_over) {
                let lost = Failed::ProviderLost { process: process.to_owned() };
                prop_assert_eq!(&life.replies, &[(step, failed(lost))], "{:?}", life);
            }
            Ok(())
        })?;
    }

    /// P4: what its caller took back, or left behind, is cancelled at its provider, once, and nothing else is.
    #[test]
    fn p4_what_nobody_wants_is_cancelled_once(ops in ops()) {
        check_lives(&ops, |life| {
            prop_assert!(life.cancels <= usize::from(life.taken_back || life.left), "{:?}", life);
            if life.left && life.lost.is_none() && !life.runs.is_empty() {
                prop_assert_eq!(life.cancels, 1, "{:?}", life);
            }
            Ok(())
        })?;
    }

    /// P5: what one node calls of a callback at another arrives there in the order of the calls.
    /// call.order
    #[test]
    fn p5_order_is_kept_between_two_nodes(ops in ops()) {
        let mut last = HashMap::new();
        for (caller, provider, call) in history_of(&ops).delivered {
            let before = last.insert((caller, provider), call);
            prop_assert!(before.is_none_or(|before| before < call), "{:?} before {}", before, call);
        }
    }

    /// P7: nothing is given to a node that does not read. And nobody is given its own call, unless it is named.
    #[test]
    fn p7_a_node_that_does_not_read_is_given_nothing(ops in ops()) {
        check_lives(&ops, |life| {
            prop_assert!(life.runs.iter().all(|run| !run.full && !run.own), "{:?}", life);
            Ok(())
        })?;
    }

    /// P8: whoever broadcasts is told who is asked, then once of each how it ended there, then that this was all.
    #[test]
    fn p8_a_broadcast_has_one_outcome_for_each_process_on_its_roster(ops in ops()) {
        for broadcast in history_of(&ops).broadcasts {
            let mut missing: HashSet<_> = (0..).zip(&broadcast.roster).map(|(index, _)| index).collect();
            let mut heard = broadcast.heard.iter();
            let Some(Said::Roster { names, .. }) = heard.next() else {
                prop_assert!(broadcast.left, "{:?}", broadcast);
                continue;
            };
            prop_assert_eq!(names, &broadcast.roster);
            prop_assert!(names.is_sorted_by(|a, b| a < b), "{:?}", names);
            let mut ended = false;
            for said in heard {
                match said {
                    Said::Part { index, .. } => prop_assert!(missing.remove(index), "{:?}", broadcast),
                    Said::Reply { outcome, .. } => {
                        prop_assert!(missing.is_empty() && !ended, "{:?}", broadcast);
                        prop_assert_eq!(outcome, &Ok(Bytes::new()));
                        ended = true;
                    }
                    other => panic!("{other:?}"),
                }
            }
            prop_assert!(ended || broadcast.left, "{:?}", broadcast);
        }
    }
}
