//! A controller that is about to stop, as processes see it.

use std::cell::Cell;
use std::time::Duration;

use daffi_core::proto::{CallId, Header, Query, Refusal, Status};
use daffi_core::transport::Connection;

use super::nodes::{
    Greeted, HANGS, Node, Terms, call, caller, closed, lose, next, options, reply, start, stop, tell,
};

/// Waits until the controller says that it is about to stop.
async fn hears(connection: &mut Connection) {
    let frame = next(connection).await.unwrap();
    assert!(
        matches!(frame.decode().unwrap().0, Header::Stopping { .. }),
        "{frame:?}"
    );
}

fn know(connection: &Connection) {
    let within = Duration::ZERO;
    tell(connection, &Header::Stopping { within });
}

fn answer(connection: &Connection, run: CallId) {
    let (call, status) = (run, Status::Value);
    tell(connection, &Header::Reply { call, status });
}

/// Receives a call.
async fn runs(node: &mut Node, connection: &mut Connection) -> CallId {
    let frame = node.hear(connection).await;
    match frame.decode().unwrap().0 {
        Header::Run(run) => run.call,
        other => panic!("{other:?}"),
    }
}

/// controller.stop.drain, controller.stop.heard
#[tokio::test]
async fn p1_a_controller_that_is_about_to_stop_has_calls_end_first() {
    let controller = start(options()).await;
    let mut caller = caller(&controller).await;
    let (mut node, mut connection) = Node::join(&controller, "node", "one").await;
    let is_drained = Cell::new(false);
    tell(&caller, &call(1, "one"));
    let first = runs(&mut node, &mut connection).await;
    let others = async {
        hears(&mut caller).await;
        let frame = node.hear(&mut connection).await;
        assert!(matches!(frame.decode().unwrap().0, Header::Stopping { .. }));
        // What was on its way is made, and what a process says that does not know yet.
        tell(&caller, &call(2, "one"));
        know(&connection);
        let second = runs(&mut node, &mut connection).await;
        // Nobody new is let in.
        let newcomer = Greeted::by(&controller, &Terms::default(), "new", None).await;
        let refused = Header::Refused(Refusal::Stopping);
        assert_eq!(newcomer.answer.decode().unwrap().0, refused);
        // Who loses its connection goes on.
        lose(connection).await;
        let connection = node.go_on(&controller).await.unwrap();
        answer(&connection, first);
        assert_eq!(reply(&mut caller).await, Ok(()));
        answer(&connection, second);
        assert_eq!(reply(&mut caller).await, Ok(()));
        // It may still call somebody.
        goes_round(&mut caller).await;
        assert!(!is_drained.get());
        know(&caller);
        (connection, caller)
    };
    let drained = async {
        controller.drain(HANGS * 60).await;
        is_drained.set(true);
    };
    let ((), (connection, caller)) = tokio::join!(drained, others);
    let ends = async {
        closed(connection).await;
        closed(caller).await;
    };
    tokio::join!(stop(controller), ends);
}

/// controller.stop.drain
#[tokio::test]
async fn p3_a_call_that_does_not_end_does_not_keep_a_controller_for_ever() {
    let controller = start(options()).await;
    let caller = caller(&controller).await;
    let (mut node, mut connection) = Node::join(&controller, "node", "one").await;
    tell(&caller, &call(1, "one"));
    runs(&mut node, &mut connection).await;
    controller.drain(Duration::from_millis(50)).await;
    // It stays so.
    let newcomer = Greeted::by(&controller, &Terms::default(), "new", None).await;
    let refused = Header::Refused(Refusal::Stopping);
    assert_eq!(newcomer.answer.decode().unwrap().0, refused);
    let ends = async {
        closed(connection).await;
        closed(caller).await;
    };
    tokio::join!(stop(controller), ends);
}

/// controller.stop.drain
#[tokio::test]
async fn p1_a_call_is_waited_for_when_nothing_more_comes() {
    let controller = start(options()).await;
    let mut caller = caller(&controller).await;
    let (mut node, mut connection) = Node::join(&controller, "node", "one").await;
    let is_drained = Cell::new(false);
    tell(&caller, &call(1, "one"));
    let run = runs(&mut node, &mut connection).await;
    let others = async {
        for connection in [&mut caller, &mut connection] {
            hears(connection).await;
            know(connection);
            goes_round(connection).await;
        }
        assert!(!is_drained.get());
        answer(&connection, run);
        assert_eq!(reply(&mut caller).await, Ok(()));
    };
    let drained = async {
        controller.drain(HANGS * 60).await;
        is_drained.set(true);
    };
    tokio::join!(drained, others);
    drop((caller, connection));
    stop(controller).await;
}

/// Asks, and is answered.
async fn goes_round(connection: &mut Connection) {
    let (call, query) = (CallId::first(99), Query::Processes);
    tell(connection, &Header::Query { call, query });
    assert_eq!(reply(connection).await, Ok(()));
}

/// controller.stop.heard
#[tokio::test]
async fn a_controller_is_not_kept_by_those_who_leave_or_only_want_to_know() {
    let controller = start(options()).await;
    let mut leaving = caller(&controller).await;
    let (_, mut watcher) = Node::join(&controller, "watcher", "one").await;
    let (call, query) = (CallId::first(7), Query::Presence);
    tell(&watcher, &Header::Query { call, query });
    next(&mut watcher).await.unwrap();
    let others = async {
        hears(&mut leaving).await;
        hears(&mut watcher).await;
        know(&watcher);
        tell(&leaving, &Header::Goodbye);
        lose(leaving).await;
    };
    tokio::join!(controller.drain(HANGS * 60), others);
    stop(controller).await;
}
