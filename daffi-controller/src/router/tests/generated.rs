//! Generated operations: whatever nodes do, the router keeps its promises.

use proptest::prelude::*;

use super::world::{Ending, Life, Op, Size, Terms, Types, history_of};
use super::*;

fn size() -> impl Strategy<Value = Size> {
    prop_oneof![1 => Just(Size::Empty), 6 => Just(Size::Small), 1 => Just(Size::Large)]
}

fn ending() -> impl Strategy<Value = Ending> {
    prop_oneof![4 => size().prop_map(Ending::Value), 1 => Just(Ending::App), 1 => Just(Ending::Failed)]
}

fn terms() -> impl Strategy<Value = Terms> {
    (prop::bool::weighted(0.3), prop::option::weighted(0.4, 1..3u32))
        .prop_map(|(typed, concurrency)| Terms { typed, concurrency })
}

fn types() -> impl Strategy<Value = Types> {
    prop_oneof![6 => Just(Types::Any), 3 => Just(Types::Plain), 1 => Just(Types::Typed), 1 => Just(Types::Wrong)]
}

fn op() -> impl Strategy<Value = Op> {
    let (node, name, which) = (0..4usize, 0..3usize, 0..16usize);
    let call = (
        node.clone(),
        name.clone(),
        prop::option::weighted(0.2, 0..4usize),
        types(),
        size(),
    );
    prop_oneof![
        6 => node.clone().prop_map(Op::Connect),
        4 => (node.clone(), name, terms(), prop::bool::weighted(0.8))
            .prop_map(|(node, name, terms, ready)| Op::Offer { node, name, terms, ready }),
        1 => (node.clone(), which.clone()).prop_map(|(node, which)| Op::Withdraw(node, which)),
        14 => call.prop_map(|(node, name, to, types, size)| Op::Call { node, name, to, types, size }),
        2 => (node.clone(), any::<bool>(), 0..4usize)
            .prop_map(|(node, process, index)| Op::Wait { node, process, index }),
        3 => (node.clone(), which.clone()).prop_map(|(node, which)| Op::Cancel(node, which)),
        20 => node.clone().prop_map(Op::Deliver),
        8 => (node.clone(), which, ending()).prop_map(|(node, which, ending)| Op::Finish(node, which, ending)),
        1 => node.clone().prop_map(Op::Goodbye),
        2 => node.clone().prop_map(Op::Disconnect),
        2 => (node.clone(), any::<bool>()).prop_map(|(node, full)| Op::Full(node, full)),
        1 => (node, any::<bool>()).prop_map(|(node, narrow)| Op::Narrow(node, narrow)),
    ]
}

/// The lives of all calls under generated operations.
fn check_lives(ops: &[Op], check: impl Fn(&Life) -> Result<(), TestCaseError>) -> Result<(), TestCaseError> {
    history_of(ops).lives.iter().try_for_each(check)
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    prop::collection::vec(op(), 1..150)
}

proptest! {
    /// P1: exactly one reply for each call whose caller is still there, and none for others.
    #[test]
    fn p1_every_call_gets_one_reply(ops in ops()) {
        check_lives(&ops, |life| {
            prop_assert_eq!(life.replies.len(), usize::from(!life.left), "{:?}", life);
            Ok(())
        })?;
    }

    /// P2: one run for each call at most, and an error says that it may have run exactly when it was given away.
    #[test]
    fn p2_every_call_runs_once_at_most(ops in ops()) {
        check_lives(&ops, |life| {
            prop_assert!(life.runs.len() <= 1, "{:?}", life);
            for (_, outcome) in &life.replies {
                let ran = match outcome {
                    Ok(_) | Err(Failure::App { .. }) => true,
                    Err(Failure::Failed(failed)) => failed.may_have_run(),
                };
                prop_assert_eq!(ran, !life.runs.is_empty(), "{:?}", life);
            }
            Ok(())
        })?;
    }

    /// P3: what nobody runs is answered in the same step; whoever waits for a provider that is lost is told so, by
    /// name, in the same step.
    #[test]
    fn p3_bad_news_is_told_at_once(ops in ops()) {
        check_lives(&ops, |life| {
            if life.runs.is_empty() {
                prop_assert_eq!(life.replies[0].0, life.called_at, "{:?}", life);
            }
            if let (Some((step, process)), false) = (life.lost, life.left) {
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
            if life.left && life.lost.is_none() {
                prop_assert_eq!(life.cancels, 1, "{:?}", life);
            }
            Ok(())
        })?;
    }

    /// P5: what one node calls at another arrives there in the order of the calls.
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
}
