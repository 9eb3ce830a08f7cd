//! Processes that lose their connections and go on, or do not.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use bytes::Bytes;
use daffi_core::link::resume::STUCK;
use daffi_core::proto::{CallId, Failed, Header, NotResumed, Query, Refusal, Status};
use daffi_core::{Access, Quota, Quotas, Right, Role};

use super::nodes::{Answer, Node, call, caller, closed, lose, next, options, reply, say, start, stop, tell};

/// link.resume.replace
#[tokio::test]
async fn p7_of_two_that_go_on_at_a_time_one_does_and_nobody_waits_for_the_other() {
    let mut options = options();
    options.quotas = Quotas::new().connection(Quota::new().bytes_per_second(1000));
    let controller = start(options).await;
    let (mut node, connection) = Node::join(&controller, "node", "one").await;
    // What it owes is waited for, so that nobody leaves its place at once.
    say(&connection, &call(1, "nobody"), &Bytes::from(vec![0; 4000]));
    let mut attempts = Vec::new();
    for _ in 0..2 {
        let Answer::Asked(connection, proof) = node.attempt(&controller).await else {
            panic!()
        };
        attempts.push((*connection, proof));
    }
    for (connection, proof) in &attempts {
        tell(connection, &Header::Resumes { proof: *proof });
    }
    let (mut second, _) = attempts.pop().unwrap();
    let (first, _) = attempts.pop().unwrap();
    node.session = Node::welcomed(&next(&mut second).await.unwrap());
    // It is closed by the controller alone.
    closed(first).await;
    lose(second).await;
    node.go_on(&controller).await.unwrap();
    stop(controller).await;
}

/// link.resume.attempt
#[tokio::test]
async fn p12_an_attempt_that_was_given_up_and_arrives_late_takes_nothing_from_a_later_one() {
    let controller = start(options()).await;
    let mut caller = caller(&controller).await;
    let (mut node, connection) = Node::join(&controller, "node", "one").await;
    let Answer::Asked(late, proof) = node.attempt(&controller).await else {
        panic!()
    };
    let mut there = node.go_on(&controller).await.unwrap();
    closed(connection).await;
    // Nothing was heard of it since.
    tell(&late, &Header::Resumes { proof });
    closed(*late).await;
    tell(&caller, &call(1, "one"));
    let frame = node.hear(&mut there).await;
    let Header::Run(run) = frame.decode().unwrap().0 else {
        panic!("{frame:?}")
    };
    let status = Status::Value;
    tell(
        &there,
        &Header::Reply {
            call: run.call,
            status,
        },
    );
    assert_eq!(reply(&mut caller).await, Ok(()));
    lose(there).await;
    node.go_on(&controller).await.unwrap();
    stop(controller).await;
}

/// link.resume.end
#[tokio::test]
async fn p4_whoever_has_finished_is_waited_for_no_longer_whatever_it_has_asked_for() {
    let controller = start(options()).await;
    let mut caller = caller(&controller).await;
    let (mut node, mut connection) = Node::join(&controller, "node", "one").await;
    let presence = Header::Query {
        call: CallId::first(5),
        query: Query::Presence,
    };
    tell(&connection, &presence);
    node.hear(&mut connection).await;
    tell(&caller, &call(1, "one"));
    node.hear(&mut connection).await;
    tell(&connection, &Header::Goodbye);
    tell(&connection, &Header::Finished);
    // All that it has sent is acknowledged at once, so that it knows.
    loop {
        let frame = connection.inlet.read_one().await.unwrap().unwrap();
        if let Header::Heartbeat { received } = frame.decode().unwrap().0
            && received == connection.outbox.sent()
        {
            break;
        }
    }
    lose(connection).await;
    let lost = reply(&mut caller).await.unwrap_err();
    assert!(matches!(lost, Failed::ProviderLost { .. }), "{lost:?}");
    assert_eq!(
        node.go_on(&controller).await.unwrap_err(),
        Refusal::NotResumed(NotResumed::Unknown)
    );
    stop(controller).await;
}

/// link.resume.end
#[tokio::test]
async fn a_process_that_may_not_be_there_any_more_is_not_waited_for() {
    let mut options = options();
    options.access = Some(Access::new().role("all", Role::everything()).everyone(["all"]));
    let controller = start(options).await;
    let mut caller = caller(&controller).await;
    let (_, connection) = Node::join(&controller, "node", "one").await;
    lose(connection).await;
    tell(&caller, &call(1, "one"));
    let some = Role::everything().deny(Right::Provide, ["one"]);
    let less = Access::new().role("some", some).everyone(["some"]);
    controller.set_access(Some(&less)).await.unwrap();
    assert!(reply(&mut caller).await.is_err());
    stop(controller).await;
}

#[tokio::test]
async fn nobody_has_new_rights_and_old_quotas() {
    let everybody = |role| Access::new().role("all", role).everyone(["all"]);
    let mut options = options();
    options.access = Some(everybody(Role::everything()));
    let controller = start(options).await;
    let (_node, _connection) = Node::join(&controller, "node", "one").await;
    let mut caller = caller(&controller).await;
    let less = everybody(Role::everything().deny(Right::Call, ["one"]));
    let quotas = Quotas::new().connection(Quota::new().calls(0));
    {
        // As far as it comes in one go: whoever comes now has what it has changed.
        let mut changing = pin!(controller.set_access_and_quotas(Some(&less), quotas));
        assert!(
            poll_fn(|cx| Poll::Ready(changing.as_mut().poll(cx)))
                .await
                .is_pending()
        );
        for _ in 0..2 {
            tell(&caller, &call(1, "one"));
            // That is looked at before it is denied.
            let refused = reply(&mut caller).await.unwrap_err();
            assert!(matches!(refused, Failed::OverQuota(_)), "{refused:?}");
        }
        changing.await.unwrap();
    }
    controller.set_quotas(Quotas::new()).await;
    tell(&caller, &call(1, "one"));
    let denied = reply(&mut caller).await.unwrap_err();
    assert!(matches!(denied, Failed::Denied { .. }), "{denied:?}");
    stop(controller).await;
}

/// link.resume.bound
#[tokio::test]
async fn p6_there_is_a_bound_of_how_many_are_away_and_more_are_lost_at_once() {
    let mut options = options();
    options.queue_bytes = 1 << 20;
    let controller = start(options).await;
    let mut nodes = Vec::new();
    for number in 0..40 {
        let (node, connection) = Node::join(&controller, &number.to_string(), "one").await;
        lose(connection).await;
        nodes.push(node);
    }
    let mut kept = 0;
    for node in &mut nodes {
        match node.attempt(&controller).await {
            Answer::Asked(..) => kept += 1,
            Answer::Refused(why) => assert_eq!(why, Refusal::NotResumed(NotResumed::Unknown)),
        }
    }
    assert_eq!(kept, 16);
    // Places are free again.
    for node in &mut nodes[..8] {
        let connection = node.go_on(&controller).await.unwrap();
        tell(&connection, &Header::Finished);
        lose(connection).await;
    }
    let (mut late, connection) = Node::join(&controller, "late", "one").await;
    lose(connection).await;
    late.go_on(&controller).await.unwrap();
    stop(controller).await;
}

/// link.resume.progress
#[tokio::test]
async fn p1_a_session_through_which_nothing_gets_is_given_up_and_its_calls_are_answered() {
    let controller = start(options()).await;
    let mut caller = caller(&controller).await;
    let (mut node, mut connection) = Node::join(&controller, "node", "one").await;
    tell(&caller, &call(1, "one"));
    let why = loop {
        // Each is lost before the call has come.
        let former = connection;
        match node.go_on(&controller).await {
            Ok(next) => connection = next,
            Err(why) => break why,
        }
        closed(former).await;
        assert!(node.attempts < 2 * STUCK);
    };
    assert_eq!(why, Refusal::NotResumed(NotResumed::Stuck));
    let lost = reply(&mut caller).await.unwrap_err();
    assert!(matches!(lost, Failed::ProviderLost { .. }), "{lost:?}");
    stop(controller).await;
}
