//! Who has a value that methods share or change, and who would wait for it in vain.

use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll, Waker};

use super::super::object::Object;
use crate::context::{CallContext, Chain, ContextParts, NodeKey};
use crate::proto::{Failed, Failure, RunId, Waiting};

const fn run(stamp: u64) -> RunId {
    RunId { stamp, index: 0 }
}

fn here(stamp: u64) -> Waiting {
    Waiting::Here(run(stamp))
}

fn at(process: &str) -> Waiting {
    Waiting::At(process.into())
}

/// A run of a node's, and those that wait for it.
fn context_at(node: NodeKey, stamp: u64, ancestors: &[Waiting]) -> CallContext {
    CallContext::new(ContextParts {
        caller: "caller".into(),
        identity: None,
        process_name: "provider".into(),
        callback: format!("shop.{stamp}").into(),
        place: crate::context::Place {
            file: file!(),
            line: line!(),
        },
        deadline: None,
        trace: None,
        metadata: Box::default(),
        chain: Chain {
            run: Some((node, run(stamp))),
            ancestors: ancestors.into(),
        },
        owner: None,
    })
}

fn context(stamp: u64, ancestors: &[Waiting]) -> CallContext {
    static HERE: LazyLock<NodeKey> = LazyLock::new(NodeKey::next);
    context_at(*HERE, stamp, ancestors)
}

/// What a future gives at once; `None` if it waits.
fn now<F: Future>(future: F) -> Option<F::Output> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

/// Expects that it is told that it would wait in vain; the words.
#[track_caller]
fn in_vain<T: std::fmt::Debug>(outcome: Option<Result<T, Failure>>) -> String {
    match outcome {
        Some(Err(Failure::Failed(Failed::Invalid { reason }))) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn p16_what_comes_back_to_a_value_that_is_changed_does_not_wait_for_it() {
    let object = Arc::new(Object::new(1));
    let mut first = now(object.alone(&context(1, &[]))).unwrap().unwrap();
    *first += 1;
    let back = context(2, &[at("till"), at("bank"), here(1)]);
    let expected = "`shop.1` changes the object that it needs, and waits for this call, which came back through \"bank\", \"till\", \
                    so that each would wait for the other; call it when `shop.1` has ended, or keep what they share in a lock of \
                    its own";
    assert_eq!(in_vain(now(object.shared(&back))), expected);
    assert_eq!(in_vain(now(object.alone(&back))), expected);
    // Those that wait for it, however far, but for those of others.
    let far = context(3, &[here(9), at("till"), at("till"), here(1)]);
    assert!(in_vain(now(object.shared(&far))).contains("through \"till\", so"));
    let own = context(3, &[here(1)]);
    assert!(in_vain(now(object.shared(&own))).contains("this call, which it has made itself, so"));
    for waits in [
        context(3, &[]),
        context(3, &[here(9), at("till")]),
        context_at(NodeKey::next(), 3, &[here(1)]),
    ] {
        assert!(now(object.shared(&waits)).is_none());
        assert!(now(object.alone(&waits)).is_none());
    }
    drop(first);
    // What has ended holds nothing.
    assert_eq!(*now(object.shared(&back)).unwrap().unwrap(), 2);
    assert!(now(object.alone(&back)).unwrap().is_ok());
}

#[test]
fn p16_what_comes_back_to_a_value_that_is_read_reads_it_too_and_changes_nothing() {
    let object = Arc::new(Object::new(1));
    let first = now(object.shared(&context(1, &[]))).unwrap().unwrap();
    let back = context(2, &[at("till"), here(1)]);
    assert!(in_vain(now(object.alone(&back))).starts_with("`shop.1` reads the object"));
    // Somebody waits to change it, for the first one, which waits for this.
    let writer = context(3, &[]);
    let mut writes = pin!(object.alone(&writer));
    assert!(now(writes.as_mut()).is_none());
    assert!(
        now(object.shared(&context(4, &[]))).is_none(),
        "others come after it"
    );
    let second = now(object.shared(&back)).unwrap().unwrap();
    // As does what comes back to the second one, also if the first one has ended meanwhile.
    drop(first);
    assert!(now(writes.as_mut()).is_none(), "it is read");
    let third = now(object.shared(&context(5, &[at("till"), here(2), at("till"), here(1)])));
    assert_eq!(*third.unwrap().unwrap(), 1);
    assert!(in_vain(now(object.alone(&context(5, &[at("till"), here(2)])))).starts_with("`shop.2` reads"));
    drop(second);
    assert!(now(writes.as_mut()).unwrap().is_ok());
}
