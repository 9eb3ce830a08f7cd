//! Providers, and controllers, that are started again one after the other while calls go on: none of these fails, and none is run twice.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use daffi::{CallContext, Global, GlobalBuilder, callback, fetcher};
use daffi_controller::{Controller, ControllerOptions};
use daffi_core::transport::Address;
use futures_util::{Stream, StreamExt, stream};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// Nothing takes so long that does not hang.
const HANGS: Duration = Duration::from_secs(60);

/// What was run, and how often.
#[derive(Clone, Default)]
struct Worker(Arc<Mutex<HashMap<u64, u32>>>);

impl Worker {
    fn note(&self, number: u64) {
        *self.0.lock().unwrap().entry(number).or_default() += 1;
    }
}

#[callback(prefix = "restarts.")]
impl Worker {
    pub async fn work(&self, number: u64) -> u64 {
        self.note(number);
        if number.is_multiple_of(3) {
            tokio::task::yield_now().await;
        }
        number
    }

    /// Goes on only with an answer of another process.
    pub async fn through(&self, number: u64, ctx: &CallContext) -> u64 {
        self.note(number);
        let others = number + 1_000_000;
        let answer = Client.work(others).on(&ctx.global()).await.unwrap();
        answer - 1_000_000
    }

    pub async fn count(&self, number: u64) -> impl Stream<Item = u64> {
        self.note(number);
        stream::iter(0..100)
    }
}

struct Client;

#[fetcher(prefix = "restarts.")]
impl Client {
    async fn work(&self, number: u64) -> u64;
    async fn through(&self, number: u64) -> u64;
    async fn count(&self, number: u64) -> impl Stream<Item = u64>;
}

fn at(port: u16, name: &str) -> GlobalBuilder {
    let builder = Global::builder().process_name(name).auto_callbacks(false);
    builder.host("127.0.0.1").port(port)
}

async fn provider(port: u16, number: usize, worker: &Worker) -> Global {
    let builder = at(port, &format!("provider {number}"));
    builder.service(worker.clone()).start().await.unwrap()
}

/// Calls that go on until they are told to end.
struct Load {
    tasks: JoinSet<u64>,
    ends: Arc<AtomicBool>,
    made: Arc<AtomicU64>,
    more: Arc<Notify>,
}

impl Load {
    /// By several tasks of each caller, in different ways.
    fn of(callers: &[Global]) -> Self {
        let mut load = Self {
            tasks: JoinSet::new(),
            ends: Arc::default(),
            made: Arc::default(),
            more: Arc::default(),
        };
        for (number, caller) in (0_u64..).zip(callers.iter().cycle().take(callers.len() * 3)) {
            let caller = caller.clone();
            let (ends, made, more) = (
                Arc::clone(&load.ends),
                Arc::clone(&load.made),
                Arc::clone(&load.more),
            );
            load.tasks.spawn(async move {
                let mut next = number * 10_000;
                while !ends.load(Ordering::Relaxed) {
                    match next % 3 {
                        0 => assert_eq!(Client.work(next).on(&caller).await.unwrap(), next),
                        1 => assert_eq!(Client.through(next).on(&caller).await.unwrap(), next),
                        _ => {
                            let items = Client.count(next).on(&caller).await.unwrap();
                            let items = items.map(|item| item.unwrap());
                            assert!(items.collect::<Vec<_>>().await.into_iter().eq(0..100));
                        }
                    }
                    next += 1;
                    made.fetch_add(1, Ordering::Relaxed);
                    more.notify_one();
                }
                next - number * 10_000
            });
        }
        load
    }

    /// Waits until so many more calls have ended.
    async fn goes_on(&mut self, calls: u64) {
        let until = self.made.load(Ordering::Relaxed) + calls;
        let made = async {
            while self.made.load(Ordering::Relaxed) < until {
                tokio::select! {
                    () = self.more.notified() => {}
                    Some(ended) = self.tasks.join_next() => panic!("a caller has ended: {ended:?}"),
                }
            }
        };
        timeout(HANGS, made).await.expect("it hangs");
    }

    /// Ends, and compares what was run with what was called.
    async fn ends(mut self, worker: &Worker) {
        self.ends.store(true, Ordering::Relaxed);
        let mut calls = 0;
        while let Some(made) = self.tasks.join_next().await {
            calls += made.unwrap();
        }
        let runs = worker.0.lock().unwrap();
        let nested = runs.keys().filter(|number| **number >= 1_000_000).count();
        assert_eq!(runs.len() as u64, calls + nested as u64);
        assert!(runs.values().all(|times| *times == 1), "{runs:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p1_all_providers_may_be_started_again_one_after_the_other_and_no_call_fails() {
    let controller = Global::builder().process_name("controller").init_controller(true);
    let controller = controller.auto_callbacks(false).host("127.0.0.1").port(0);
    let controller = controller.start().await.unwrap();
    let port = controller.address().port().unwrap();
    let worker = Worker::default();
    let mut providers = Vec::new();
    for number in 0..3 {
        providers.push(provider(port, number, &worker).await);
    }
    let callers = [at(port, "a").start().await.unwrap(), controller.clone()];
    let mut load = Load::of(&callers);
    for _ in 0..3 {
        for (number, running) in providers.iter_mut().enumerate() {
            load.goes_on(20).await;
            timeout(HANGS, running.stop()).await.expect("it never stops");
            load.goes_on(20).await;
            *running = provider(port, number, &worker).await;
        }
    }
    load.ends(&worker).await;
    for running in providers.into_iter().chain(callers) {
        running.stop().await;
    }
}

/// controller.stop.drain, controller.stop.hold, controller.stop.nested
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p1_the_controller_may_be_started_again_and_no_call_fails() {
    let options = |port| {
        let host = "127.0.0.1".to_owned();
        ControllerOptions::new(Address::Tcp { host, port })
    };
    let mut controller = Controller::start(options(0)).await.unwrap();
    let port = controller.address().port().unwrap();
    let worker = Worker::default();
    let providers = [provider(port, 0, &worker).await, provider(port, 1, &worker).await];
    let callers = [
        at(port, "a").start().await.unwrap(),
        at(port, "b").start().await.unwrap(),
    ];
    let mut load = Load::of(&callers);
    for _ in 0..5 {
        load.goes_on(50).await;
        timeout(HANGS, controller.drain(HANGS))
            .await
            .expect("it never ends");
        timeout(HANGS, controller.stop()).await.expect("it never stops");
        controller = Controller::start(options(port)).await.unwrap();
    }
    load.goes_on(50).await;
    load.ends(&worker).await;
    for running in callers.into_iter().chain(providers) {
        running.stop().await;
    }
    controller.stop().await;
}
