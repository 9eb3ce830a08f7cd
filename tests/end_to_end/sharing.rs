//! Which provider gets a call, calls that are handed over, and calls that are made again.

use std::collections::{BTreeMap, HashSet};
use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use daffi::{Absence, CallContext, CallError, Global, callback, fetcher};
use futures_util::future::join_all;
use tokio::sync::Notify;

use crate::net::{Net, Transport, over_each};

/// Says who it is.
#[derive(Default)]
struct Worker {
    done: Arc<AtomicUsize>,
    begun: Arc<Notify>,
    go_on: Arc<Notify>,
    breaks: bool,
}

#[callback]
impl Worker {
    #[callback(inline)]
    pub fn who(&self, ctx: &CallContext) -> String {
        ctx.process_name().to_owned()
    }

    pub async fn work(&self, ctx: CallContext) -> String {
        self.begun.notify_one();
        if self.breaks {
            pending::<()>().await;
        }
        self.go_on.notified().await;
        self.done.fetch_add(1, Ordering::Relaxed);
        ctx.process_name().to_owned()
    }

    #[callback(concurrency = 1, queue = 0)]
    pub async fn one_at_a_time(&self) {
        self.begun.notify_one();
        self.go_on.notified().await;
    }
}

#[fetcher]
async fn who() -> String;

#[fetcher]
async fn work() -> String;

async fn join(net: &Net, name: &str, worker: Worker) -> Global {
    let builder = net.join().process_name(name).service(worker);
    builder.stop_timeout(Duration::ZERO).start().await.unwrap()
}

#[tokio::test]
async fn a_key_has_one_provider_and_only_the_keys_of_one_that_leaves_move() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder).await;
        let mut workers = BTreeMap::new();
        for number in 0..5 {
            let name = format!("w{number}");
            workers.insert(name.clone(), join(&net, &name, Worker::default()).await);
        }
        let g = net.caller().await;
        let ask = async || {
            let calls = (0..200).map(|key: u32| who().key(key.to_string()).on(&g).into_future());
            let asked = join_all(calls).await;
            asked.into_iter().map(Result::unwrap).collect::<Vec<_>>()
        };
        let before = ask().await;
        assert_eq!(before.iter().collect::<HashSet<_>>().len(), 5, "{before:?}");
        assert_eq!(ask().await, before);
        workers.remove("w2").unwrap().stop().await;
        for (before, after) in before.iter().zip(ask().await) {
            assert!(after != "w2");
            assert!(*before == after || before == "w2", "{before} became {after}");
        }
        net.stop(workers.into_values().chain([g])).await;
    })
    .await;
}

#[tokio::test]
async fn a_receiver_that_is_not_there_is_named() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder).await;
        let g = net.caller().await;
        let error = who().to("nobody").on(&g).await.unwrap_err();
        assert!(
            matches!(
                &error,
                CallError::NoProvider {
                    absence: Absence::ProcessUnknown,
                    ..
                }
            ),
            "{error}"
        );
        assert!(error.to_string().contains("\"nobody\""), "{error}");
        // One that is there, and offers something else.
        let error = who().to("service").on(&g).await.unwrap_err();
        assert!(error.to_string().contains("\"service\""), "{error}");
        net.stop([g]).await;
    })
    .await;
}

#[tokio::test]
async fn a_provider_at_its_limit_is_passed_over_and_all_at_theirs_are_overloaded_at_once() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder).await;
        let (one, two) = (Worker::default(), Worker::default());
        let notifies = [&one, &two].map(|worker| (Arc::clone(&worker.begun), Arc::clone(&worker.go_on)));
        let workers = [join(&net, "one", one).await, join(&net, "two", two).await];
        let g = net.caller().await;
        let jobs = [(); 2].map(|()| g.call::<()>("one_at_a_time", ()).bg());
        for (begun, _) in &notifies {
            begun.notified().await;
        }
        let error = g.call::<()>("one_at_a_time", ()).await.unwrap_err();
        assert!(matches!(error, CallError::Overloaded { .. }), "{error}");
        assert!(!error.may_have_run());
        notifies.iter().for_each(|(_, go_on)| go_on.notify_one());
        for job in jobs {
            job.await.unwrap();
        }
        net.stop(workers.into_iter().chain([g])).await;
    })
    .await;
}

#[tokio::test]
async fn a_call_that_is_handed_over_outlives_its_caller() {
    over_each(async |transport| {
        let worker = Worker::default();
        let (done, begun, go_on) = (
            Arc::clone(&worker.done),
            Arc::clone(&worker.begun),
            Arc::clone(&worker.go_on),
        );
        let net = Net::start(transport, |builder| builder.service(worker)).await;
        let g = net.caller().await;
        work().on(&g).send().await.unwrap();
        begun.notified().await;
        g.stop().await;
        go_on.notify_one();
        while done.load(Ordering::Relaxed) == 0 {
            tokio::task::yield_now().await;
        }
        net.stop([]).await;
    })
    .await;
}

#[tokio::test]
async fn handing_over_to_nobody_fails() {
    let net = Net::start(Transport::Unix, |builder| builder).await;
    let g = net.caller().await;
    let error = work().on(&g).send().await.unwrap_err();
    assert!(matches!(error, CallError::NoProvider { .. }), "{error}");
    let error = work().to("nobody").on(&g).send().await.unwrap_err();
    assert!(error.to_string().contains("\"nobody\""), "{error}");
    net.stop([g]).await;
}

#[tokio::test]
async fn a_call_that_did_not_run_is_made_again_until_somebody_comes() {
    let net = Net::start(Transport::Unix, |builder| builder).await;
    let g = net.caller().await;
    let call = tokio::spawn(who().on(&g).retry(50).into_future());
    // It has been refused at least once when a question that was asked after it is answered.
    g.processes().await.unwrap();
    let worker = join(&net, "late", Worker::default()).await;
    assert_eq!(call.await.unwrap().as_deref(), Ok("late"));
    net.stop([worker, g]).await;
}

#[tokio::test]
async fn a_call_says_that_its_process_has_no_retries_left_for_it() {
    let net = Net::start(Transport::Memory, |builder| builder).await;
    let g = net.caller().await;
    // Each would be made twice, and a process has a hundred retries at once.
    let calls = (0..150).map(|_| who().retry(1).on(&g).into_future());
    let mut spent = 0;
    for outcome in join_all(calls).await {
        let error = outcome.unwrap_err();
        let words = "; it was not made again, as this process has spent its retries";
        assert_eq!(
            error.to_string().contains(words),
            error.retries_spent(),
            "{error}"
        );
        spent += usize::from(error.retries_spent());
    }
    assert_eq!(spent, 50);
    let error = who().on(&g).await.unwrap_err();
    assert!(!error.retries_spent(), "none were asked for: {error}");
    net.stop([g]).await;
}

#[tokio::test]
async fn p2_only_an_idempotent_call_that_may_have_run_is_made_again() {
    for idempotent in [false, true] {
        let net = Net::start(Transport::Tcp, |builder| builder).await;
        let breaks = Worker {
            breaks: true,
            ..Worker::default()
        };
        let begun = Arc::clone(&breaks.begun);
        let first = join(&net, "first", breaks).await;
        let g = net.caller().await;
        let call = g.call::<String>("work", ()).retry(50);
        let call = if idempotent { call.idempotent() } else { call };
        let call = tokio::spawn(call.into_future());
        begun.notified().await;
        let worker = Worker::default();
        worker.go_on.notify_one();
        let second = join(&net, "second", worker).await;
        first.stop().await;
        match call.await.unwrap() {
            Ok(who) => assert!(idempotent && who == "second"),
            Err(error) => assert!(!idempotent && error.may_have_run(), "{error}"),
        }
        net.stop([second, g]).await;
    }
}

#[tokio::test]
async fn ten_thousand_calls_in_flight_from_one_task_are_all_answered() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder.service(Worker::default())).await;
        let g = net.caller().await;
        let calls = (0..10_000).map(|_| who().on(&g).into_future());
        let answers = join_all(calls).await;
        assert!(answers.iter().all(|who| who.as_deref() == Ok("service")));
        net.stop([g]).await;
    })
    .await;
}

#[tokio::test]
async fn absurd_durations_do_no_harm() {
    let net = Net::start(Transport::Unix, |builder| builder.service(Worker::default())).await;
    let g = net.caller().await;
    assert_eq!(
        who().timeout(Duration::MAX).on(&g).await.as_deref(),
        Ok("service")
    );
    let error = who().timeout(Duration::ZERO).on(&g).await.unwrap_err();
    assert!(
        matches!(
            error,
            CallError::Timeout {
                may_have_run: false,
                ..
            }
        ),
        "{error}"
    );
    // It would be made when nobody is left, and can be given up.
    let job = who().after(Duration::MAX).on(&g).bg();
    assert!(!job.is_ready());
    job.cancel();
    assert!(matches!(job.await, Err(CallError::Cancelled { .. })));
    assert_eq!(who().after(Duration::ZERO).on(&g).await.as_deref(), Ok("service"));
    g.wait_process("service").timeout(Duration::MAX).await.unwrap();
    net.stop([g]).await;
}
