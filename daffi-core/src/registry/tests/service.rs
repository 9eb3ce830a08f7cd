//! Values and their methods: what they share, and what may run together.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Condvar, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::{Barrier, Notify, RwLock};

use super::*;

const fn entry<T>(name: &'static str, method: Method<T>) -> MethodEntry<T> {
    MethodEntry {
        description: description(name, 1),
        method,
    }
}

/// What method calls have in common: a sum, and ways to meet each other.
#[derive(Debug)]
struct Shared {
    sum: u32,
    meeting: Arc<Barrier>,
    go_on: Arc<Notify>,
}

impl Shared {
    fn new() -> Self {
        Self {
            sum: 0,
            meeting: Arc::new(Barrier::new(2)),
            go_on: Arc::default(),
        }
    }
}

/// A service that is changed by one of its blocks.
#[derive(Debug)]
struct Changed(Shared);

inventory::submit! {
    block::<Changed>(true, |service| service.bind([
        entry("add", Method::InlineMut(|Changed(shared), call| {
            let (n,): (u32,) = call.arguments()?;
            shared.sum += n;
            value(shared.sum)
        })),
        entry("add_slowly", Method::BlockingMut(|Changed(shared), call| {
            let (n,): (u32,) = call.arguments()?;
            shared.sum += n;
            value(shared.sum)
        })),
        entry("add_later", Method::AsyncMut(|Changed(shared), call| Box::pin(async move {
            let (n,): (u32,) = call.arguments()?;
            shared.go_on.notified().await;
            shared.sum += n;
            value(shared.sum)
        }))),
        entry("spoil", Method::BlockingMut(|Changed(shared), _| {
            shared.sum = 1000;
            panic!("it is spoilt")
        })),
    ]))
}

inventory::submit! {
    block::<Changed>(false, |service| service.bind([
        entry("sum", Method::InlineRef(|Changed(shared), _| value(shared.sum))),
        entry("sum_slowly", Method::BlockingRef(|Changed(shared), _| value(shared.sum))),
        entry("meet", Method::AsyncRef(|Changed(shared), _| Box::pin(async {
            shared.meeting.wait().await;
            value(shared.sum)
        }))),
    ]))
}

/// A service that no block changes.
#[derive(Debug)]
struct Constant(Shared);

inventory::submit! {
    block::<Constant>(false, |service| service.bind([
        entry("inline", Method::InlineRef(|Constant(shared), _| value(shared.sum))),
        entry("blocking", Method::BlockingRef(|Constant(shared), _| value(shared.sum))),
        entry("meet", Method::AsyncRef(|Constant(shared), _| Box::pin(async {
            shared.meeting.wait().await;
            value(shared.sum)
        }))),
        // Its block does not say that a method changes the value, which no macro does.
        entry("change", Method::InlineMut(|Constant(shared), _| value(shared.sum))),
    ]))
}

/// A service whose blocking methods look around: they meet another, or tell where they run.
#[derive(Debug, Default)]
struct Blocking {
    /// How many methods have come to the meeting.
    arrived: Mutex<u32>,
    arrives: Condvar,
}

inventory::submit! {
    block::<Blocking>(true, |service| service.bind([
        entry("meet", Method::BlockingRef(|service: &Blocking, _| {
            let mut arrived = service.arrived.lock().unwrap();
            *arrived += 1;
            service.arrives.notify_all();
            let alone = |arrived: &mut u32| *arrived < 2;
            let (arrived, _) = service.arrives.wait_timeout_while(arrived, Duration::from_secs(60), alone).unwrap();
            value(*arrived)
        })),
        entry("reset", Method::BlockingMut(|service: &mut Blocking, _| {
            *service = Blocking::default();
            value(0)
        })),
    ]))
}

fn poll<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    future.poll_unpin(&mut Context::from_waker(Waker::noop()))
}

fn kinds(service: &ServiceInstance) -> Vec<(String, String)> {
    let callbacks = service.callbacks().into_iter();
    let mut kinds: Vec<_> = callbacks
        .map(|callback| {
            (
                callback.name().to_owned(),
                format!("{:?}", callback.traced().handler),
            )
        })
        .collect();
    kinds.sort_unstable();
    kinds
}

#[tokio::test]
async fn the_blocks_of_a_type_share_its_value() {
    let service = ServiceInstance::new(Changed(Shared::new()));
    assert_eq!(run(&method(&service, "add"), 2).await, value(2));
    assert_eq!(run(&method(&service, "add_slowly"), 3).await, value(5));
    assert_eq!(run(&method(&service, "sum"), 0).await, value(5));
    assert_eq!(run(&method(&service, "sum_slowly"), 0).await, value(5));
    // Another value of the type is another matter.
    let other = ServiceInstance::new(Changed(Shared::new()));
    assert_eq!(run(&method(&other, "sum"), 0).await, value(0));
}

#[test]
fn a_value_that_nothing_changes_has_no_lock() {
    let service = ServiceInstance::new(Constant(Shared::new()));
    // Methods run as they are declared; one that would change the value is not offered.
    assert_eq!(
        kinds(&service),
        [
            ("blocking".into(), "Blocking".into()),
            ("inline".into(), "Inline".into()),
            ("meet".into(), "Async".into())
        ]
    );
}

#[test]
fn the_methods_of_a_value_that_changes_wait_for_it_without_a_thread() {
    let service = ServiceInstance::new(Changed(Shared::new()));
    let kinds = kinds(&service);
    assert_eq!(kinds.len(), 7);
    let waits = |kind: &str| ["Async", "Deferred"].contains(&kind);
    assert!(kinds.iter().all(|(_, kind)| waits(kind)), "{kinds:?}");
}

#[tokio::test(start_paused = true)]
async fn shared_methods_run_at_the_same_time() {
    for service in [
        ServiceInstance::new(Changed(Shared::new())),
        ServiceInstance::new(Constant(Shared::new())),
    ] {
        let meet = method(&service, "meet");
        let both = async { tokio::join!(run(&meet, 0), run(&meet, 0)) };
        let met = tokio::time::timeout(Duration::from_secs(1), both).await;
        assert_eq!(met, Ok((value(0), value(0))), "of {service:?}");
    }
}

#[tokio::test]
async fn shared_blocking_methods_run_at_the_same_time() {
    let meet = method(&ServiceInstance::new(Blocking::default()), "meet");
    assert_eq!(tokio::join!(run(&meet, 0), run(&meet, 0)), (value(2), value(2)));
}

#[tokio::test]
async fn a_method_that_changes_the_value_runs_alone() {
    let shared = Shared::new();
    let go_on = Arc::clone(&shared.go_on);
    let service = ServiceInstance::new(Changed(shared));
    let (add_later, sum, add) = (
        method(&service, "add_later"),
        method(&service, "sum"),
        method(&service, "add"),
    );
    let (mut later, mut reads, mut adds) = (
        Box::pin(run(&add_later, 1)),
        Box::pin(run(&sum, 0)),
        Box::pin(run(&add, 10)),
    );
    assert!(poll(&mut later).is_pending());
    assert!(
        poll(&mut reads).is_pending(),
        "the value was read while it was changed"
    );
    assert!(
        poll(&mut adds).is_pending(),
        "the value was changed twice at a time"
    );
    go_on.notify_one();
    assert_eq!(later.await, value(1));
    assert_eq!(reads.await, value(1));
    assert_eq!(adds.await, value(11));
}

#[tokio::test]
async fn a_method_that_changes_the_value_waits_for_those_that_read_it() {
    let service = ServiceInstance::new(Changed(Shared::new()));
    let (meet, add) = (method(&service, "meet"), method(&service, "add"));
    let (mut reads, mut adds) = (Box::pin(run(&meet, 0)), Box::pin(run(&add, 1)));
    assert!(poll(&mut reads).is_pending());
    assert!(
        poll(&mut adds).is_pending(),
        "the value was changed while it was read"
    );
    drop(reads);
    assert_eq!(adds.await, value(1));
}

#[tokio::test]
async fn the_panic_of_a_blocking_method_is_passed_on_and_the_value_stays_usable() {
    let service = ServiceInstance::new(Changed(Shared::new()));
    let spoil = method(&service, "spoil");
    let panic = AssertUnwindSafe(run(&spoil, 0)).catch_unwind().await.unwrap_err();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"it is spoilt"));
    assert_eq!(run(&method(&service, "add"), 1).await, value(1001));
}

#[test]
fn a_value_of_another_type_binds_nothing() {
    let service = ServiceInstance::new(Changed(Shared::new()));
    let other = [entry::<Constant>("inline", Method::InlineRef(|_, _| value(0)))];
    assert!(service.bind(other).is_empty());
    // Not even a lock that the user made around such a value.
    let lock = ServiceInstance::new(RwLock::new(Constant(Shared::new())));
    let other = [entry::<Constant>("inline", Method::InlineRef(|_, _| value(0)))];
    assert!(lock.bind(other).is_empty());
}
