//! Connections that are lost again and again, while calls, streams and broadcasts go on as if nothing was.

use std::collections::HashMap;
use std::future::pending;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use daffi::{CallError, Global, GlobalBuilder, Presence, PresenceEvents, Quota, Quotas, callback, fetcher};
use futures_util::{FutureExt, Stream, StreamExt, stream};

use tokio::sync::Notify;
use tokio::time::timeout;

use daffi_faults::Cutter;

/// Nothing takes so long that does not hang.
const HANGS: Duration = Duration::from_secs(60);

/// What was run, and how often, and which of those has ended that never return.
#[derive(Clone, Default)]
struct Worker {
    runs: Arc<Mutex<HashMap<u64, u32>>>,
    begun: Arc<Notify>,
    dropped: Arc<Notify>,
}

struct Told(Arc<Notify>);

impl Drop for Told {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

#[callback]
impl Worker {
    pub async fn work(&self, number: u64, padding: &[u8]) -> Vec<u8> {
        *self.runs.lock().unwrap().entry(number).or_default() += 1;
        if number.is_multiple_of(7) {
            tokio::task::yield_now().await;
        }
        let mut answer = number.to_le_bytes().to_vec();
        answer.extend_from_slice(padding);
        answer
    }

    pub async fn much(&self, bytes: usize) -> Vec<u8> {
        vec![1; bytes]
    }

    pub async fn note(&self, number: u64) {
        *self.runs.lock().unwrap().entry(number).or_default() += 1;
    }

    pub async fn count(&self, end: u64) -> impl Stream<Item = u64> {
        stream::iter(0..end)
    }

    pub async fn sum(&self, numbers: daffi::Streaming<u64>) -> u64 {
        let mut numbers = numbers;
        let (mut sum, mut next) = (0, 0);
        while let Some(number) = numbers.next().await {
            let number = number.unwrap();
            assert_eq!(number, next);
            next += 1;
            sum += number;
        }
        sum
    }

    pub async fn all(&self, number: u64) -> u64 {
        number
    }

    pub async fn never(&self) {
        let _told = Told(Arc::clone(&self.dropped));
        self.begun.notify_one();
        pending::<()>().await;
    }
}

#[fetcher]
async fn work(number: u64, padding: &[u8]) -> Vec<u8>;

#[fetcher]
async fn much(bytes: usize) -> Vec<u8>;

#[fetcher]
async fn note(number: u64);

#[fetcher]
async fn never();

#[fetcher]
async fn count(end: u64) -> impl Stream<Item = u64>;

#[fetcher]
async fn sum(numbers: impl Stream<Item = u64>) -> u64;

#[fetcher(broadcast)]
async fn all(number: u64) -> u64;

fn joining(cutter: &Cutter) -> GlobalBuilder {
    Global::builder()
        .auto_callbacks(false)
        .host("127.0.0.1")
        .port(cutter.port())
}

/// A controller beside which nothing runs, with the time that a process may be away.
async fn controller(grace: Duration) -> Global {
    let builder = Global::builder().process_name("controller").init_controller(true);
    let builder = builder.auto_callbacks(false).resume_grace(grace);
    builder.host("127.0.0.1").port(0).start().await.unwrap()
}

/// link.resume.exact
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p12_connections_may_be_lost_any_number_of_times_and_nothing_is_lost_or_run_twice() {
    let controller = controller(Duration::from_secs(60)).await;
    let port = controller.address().port().unwrap();
    let cutters = [Cutter::to(port, 1).await, Cutter::to(port, 2).await];
    let worker = Worker::default();
    let lost = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&lost);
    let provider = joining(&cutters[0])
        .process_name("provider")
        .service(worker.clone())
        .on_node_disconnect(move |_| told.store(true, Ordering::Relaxed))
        .start()
        .await
        .unwrap();
    let told = Arc::clone(&lost);
    let caller = joining(&cutters[1])
        .process_name("caller")
        .on_node_disconnect(move |_| told.store(true, Ordering::Relaxed))
        .start()
        .await
        .unwrap();
    for cutter in &cutters {
        cutter.cut_after(150_000);
        cutter.cut();
    }
    let mut tasks = tokio::task::JoinSet::new();
    for caller_number in 0..20 {
        let caller = caller.clone();
        tasks.spawn(async move {
            for call in 0..100 {
                let number = caller_number * 1000 + call;
                let padding = vec![9; usize::try_from(number % 13).unwrap() * 400];
                let answer = work(number, &padding).on(&caller).await.unwrap();
                assert_eq!(answer[..8], number.to_le_bytes());
                assert_eq!(answer[8..], padding);
                if call % 10 == 0 {
                    note(100_000 + number).on(&caller).send().await.unwrap();
                }
            }
        });
    }
    for _ in 0..3 {
        let of = caller.clone();
        tasks.spawn(async move {
            let mut numbers = count(100_000).on(&of).await.unwrap();
            let mut next = 0;
            while let Some(number) = numbers.next().await {
                assert_eq!(number.unwrap(), next);
                next += 1;
            }
            assert_eq!(next, 100_000);
        });
        let of = caller.clone();
        tasks.spawn(async move {
            let sent = stream::iter(0..50_000).then(async |number: u64| {
                if number.is_multiple_of(500) {
                    tokio::task::yield_now().await;
                }
                number
            });
            assert_eq!(sum(sent).on(&of).await.unwrap(), 50_000 * 49_999 / 2);
        });
    }
    let of = caller.clone();
    tasks.spawn(async move {
        for number in 0..50 {
            let replies = all(number).on(&of).await.unwrap();
            let replies: Vec<_> = replies.into_iter().collect();
            assert_eq!(replies.len(), 1, "{replies:?}");
        }
    });
    let all_done = async {
        while let Some(done) = tasks.join_next().await {
            done.unwrap();
        }
    };
    timeout(HANGS, all_done).await.expect("it hangs");
    let cuts: u64 = cutters.iter().map(Cutter::cuts).sum();
    assert!(cuts > 40, "{cuts}");
    assert!(
        !lost.load(Ordering::Relaxed),
        "a node was told that its connection was lost"
    );
    // What was handed over may still be on its way.
    for cutter in &cutters {
        cutter.cut_after(0);
        cutter.cut();
    }
    assert_eq!(
        work(999_999, &[]).on(&caller).await.unwrap(),
        999_999u64.to_le_bytes()
    );
    let runs = worker.runs.lock().unwrap().clone();
    assert_eq!(runs.len(), 20 * 100 + 20 * 10 + 1);
    assert!(runs.values().all(|times| *times == 1), "{runs:?}");
    caller.stop().await;
    provider.stop().await;
    controller.stop().await;
}

/// Waits until something happens to a process.
async fn next_of(events: &mut PresenceEvents, name: &str, is_it: impl Fn(&Presence) -> bool) {
    loop {
        let event = events.next().await.unwrap().unwrap();
        let (Presence::Away { process } | Presence::Back { process }) = &event else {
            continue;
        };
        if process == name && is_it(&event) {
            return;
        }
    }
}

/// link.resume.exact, link.resume.away
#[tokio::test]
async fn p12_a_call_that_is_made_while_its_provider_is_away_waits_for_it() {
    let controller = controller(Duration::from_secs(60)).await;
    let cutter = Cutter::to(controller.address().port().unwrap(), 3).await;
    let worker = Worker::default();
    let provider = joining(&cutter).process_name("provider").service(worker.clone());
    let provider = provider.start().await.unwrap();
    let own = joining(&cutter).process_name("caller").start().await.unwrap();
    work(1, &[]).on(&own).await.unwrap();
    let mut presence = controller.presence().await.unwrap();
    cutter.close(true);
    cutter.cut();
    next_of(&mut presence, "provider", |event| {
        matches!(event, Presence::Away { .. })
    })
    .await;
    // One by a process that is away itself, and one by one that is not.
    let mut calls = [work(2, &[]).on(&own), work(3, &[]).on(&controller)];
    for call in &mut calls {
        assert!(call.now_or_never().is_none());
    }
    cutter.close(false);
    next_of(&mut presence, "provider", |event| {
        matches!(event, Presence::Back { .. })
    })
    .await;
    for (number, call) in (2_u64..).zip(calls) {
        assert_eq!(call.await.unwrap(), number.to_le_bytes());
    }
    assert_eq!(
        *worker.runs.lock().unwrap(),
        HashMap::from([(1, 1), (2, 1), (3, 1)])
    );
    own.stop().await;
    provider.stop().await;
    controller.stop().await;
}

/// link.resume.grace
#[tokio::test]
async fn p3_a_call_to_a_process_that_does_not_come_back_in_time_ends_then() {
    let controller = controller(Duration::from_millis(200)).await;
    let cutter = Cutter::to(controller.address().port().unwrap(), 4).await;
    let (told, mut lost) = tokio::sync::mpsc::unbounded_channel();
    let provider = joining(&cutter)
        .process_name("provider")
        .service(Worker::default())
        .on_node_disconnect(move |_| told.send(()).unwrap())
        .start()
        .await
        .unwrap();
    let mut call = never().on(&controller);
    assert!((&mut call).now_or_never().is_none());
    work(1, &[]).on(&controller).await.unwrap();
    cutter.close(true);
    cutter.cut();
    let error = call.await.unwrap_err();
    assert!(matches!(error, CallError::ProviderLost { .. }), "{error}");
    assert!(error.may_have_run());
    lost.recv().await.unwrap();
    // It may come back later, as one that has just come.
    cutter.close(false);
    controller.wait_process("provider").await.unwrap();
    provider.stop().await;
    controller.stop().await;
}

/// link.resume.end
#[tokio::test]
async fn a_process_that_is_started_again_does_not_wait_until_its_former_start_is_given_up() {
    let controller = controller(Duration::from_secs(600)).await;
    let cutter = Cutter::to(controller.address().port().unwrap(), 5).await;
    let former = joining(&cutter)
        .process_name("provider")
        .service(Worker::default());
    let former = former.start().await.unwrap();
    let mut call = never().on(&controller);
    assert!((&mut call).now_or_never().is_none());
    work(1, &[]).on(&controller).await.unwrap();
    cutter.close(true);
    cutter.cut();
    former.abort();
    let port = controller.address().port().unwrap();
    let again = Global::builder()
        .auto_callbacks(false)
        .host("127.0.0.1")
        .port(port);
    let again = again
        .process_name("provider")
        .service(Worker::default())
        .start()
        .await
        .unwrap();
    let error = call.await.unwrap_err();
    assert!(matches!(error, CallError::ProviderLost { .. }), "{error}");
    work(2, &[]).on(&controller).await.unwrap();
    again.stop().await;
    controller.stop().await;
}

/// link.resume.away
#[tokio::test]
async fn whoever_is_away_is_given_no_calls_that_others_can_run() {
    let controller = controller(Duration::from_secs(600)).await;
    let port = controller.address().port().unwrap();
    let cutter = Cutter::to(port, 6).await;
    let workers = [Worker::default(), Worker::default()];
    let away = joining(&cutter).process_name("away").service(workers[0].clone());
    let away = away.start().await.unwrap();
    let there = Global::builder()
        .auto_callbacks(false)
        .host("127.0.0.1")
        .port(port);
    let there = there
        .process_name("there")
        .service(workers[1].clone())
        .start()
        .await
        .unwrap();
    let mut presence = controller.presence().await.unwrap();
    cutter.close(true);
    cutter.cut();
    next_of(&mut presence, "away", |event| {
        matches!(event, Presence::Away { .. })
    })
    .await;
    let mut named = work(1, &[]).on(&controller).to("away");
    assert!((&mut named).now_or_never().is_none());
    for number in 2..50 {
        work(number, &[]).on(&controller).await.unwrap();
    }
    assert!(workers[0].runs.lock().unwrap().is_empty());
    cutter.close(false);
    named.await.unwrap();
    assert_eq!(workers[1].runs.lock().unwrap().len(), 48);
    away.stop().await;
    there.stop().await;
    controller.stop().await;
}

/// link.resume.end
#[tokio::test]
async fn p4_a_process_that_stops_with_calls_of_its_own_is_not_waited_for() {
    let controller = controller(Duration::from_secs(600)).await;
    let port = controller.address().port().unwrap();
    let builder = || {
        let builder = Global::builder().auto_callbacks(false);
        builder.host("127.0.0.1").port(port)
    };
    let worker = Worker::default();
    let provider = builder().process_name("provider").service(worker.clone());
    let provider = provider.start().await.unwrap();
    let caller = builder().process_name("caller").start().await.unwrap();
    let _presence = caller.presence().await.unwrap();
    let _running = never().on(&caller).bg();
    worker.begun.notified().await;
    caller.stop().await;
    let ended = timeout(HANGS, worker.dropped.notified()).await;
    ended.expect("its call runs on");
    provider.stop().await;
    controller.stop().await;
}

/// link.resume.progress
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p1_a_frame_that_takes_longer_than_any_connection_lives_is_given_up() {
    let controller = controller(Duration::from_secs(600)).await;
    let cutter = Cutter::to(controller.address().port().unwrap(), 7).await;
    let worker = Worker::default();
    let provider = joining(&cutter).process_name("provider").service(worker.clone());
    let provider = provider.start().await.unwrap();
    let long = vec![1; 100_000];
    // On its way to the provider, and back.
    for call in [work(1, &long).on(&controller), much(100_000).on(&controller)] {
        cutter.cut_after(20_000);
        cutter.cut();
        let ended = timeout(HANGS, call).await.expect("it hangs");
        let error = ended.map(drop).unwrap_err();
        assert!(error.may_have_run(), "{error}");
        cutter.cut_after(0);
        cutter.cut();
        // It comes as one that has just started.
        controller.wait_function("work").await.unwrap();
        assert_eq!(work(2, &[]).on(&controller).await.unwrap(), 2_u64.to_le_bytes());
    }
    provider.stop().await;
    controller.stop().await;
}

/// link.resume.grace
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p12_a_process_that_may_not_come_again_yet_waits_until_it_may() {
    let builder = Global::builder().process_name("controller").init_controller(true);
    let quotas = Quotas::new().address(Quota::new().connections_per_second(2));
    let builder = builder.auto_callbacks(false).quotas(quotas);
    let builder = builder.resume_grace(Duration::from_secs(600));
    let controller = builder.host("127.0.0.1").port(0).start().await.unwrap();
    let cutter = Cutter::to(controller.address().port().unwrap(), 8).await;
    let lost = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&lost);
    let provider = joining(&cutter)
        .process_name("provider")
        .service(Worker::default());
    let provider = provider.on_node_disconnect(move |_| told.store(true, Ordering::Relaxed));
    let provider = provider.start().await.unwrap();
    for number in 0..6_u64 {
        cutter.cut();
        let answer = timeout(HANGS, work(number, &[]).on(&controller)).await;
        assert_eq!(answer.expect("it hangs").unwrap(), number.to_le_bytes());
    }
    assert!(!lost.load(Ordering::Relaxed));
    provider.stop().await;
    controller.stop().await;
}
