//! Connections between processes that are cut at any byte, again and again, while calls, streams each way and broadcasts go on.
//!
//! `DAFFI_TEST_CUTS` says how many cuts there are at least: some, if nothing is said.

use std::collections::BTreeSet;
use std::env;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use daffi::{Global, GlobalBuilder, Stream, Streaming, callback, fetcher};
use daffi_faults::Cutter;
use futures_util::stream;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::actor::{Stage, say, serve};

/// Nothing takes so long that does not hang.
const HANGS: Duration = Duration::from_secs(600);

/// Longer than any cut lasts.
const GRACE: Duration = Duration::from_secs(120);

/// So many nodes call, each in the name of some callers.
const NODES: u64 = 10;

const CALLERS: u64 = 100;

/// Streams in each direction.
const STREAMS: u64 = 20;

/// Items of a stream.
const ITEMS: u64 = 5000;

/// The processes that are called.
const WORKERS: [&str; 2] = ["first worker", "second worker"];

/// So many bytes pass until a connection is cut, at most.
const BYTES: u64 = 150_000;

/// What a worker has run: the numbers of calls, whose upper bits say who has made them.
#[derive(Default)]
struct Worker {
    runs: Mutex<BTreeSet<u64>>,
    again: Mutex<Vec<u64>>,
    broadcasts: AtomicU64,
}

impl Worker {
    fn note(&self, number: u64) {
        if !self.runs.lock().unwrap().insert(number) {
            self.again.lock().unwrap().push(number);
        }
    }
}

#[callback(prefix = "cuts.")]
impl Worker {
    pub async fn work(&self, number: u64, padding: Vec<u8>) -> (u64, Vec<u8>) {
        self.note(number);
        if number.is_multiple_of(7) {
            tokio::task::yield_now().await;
        }
        (number, padding)
    }

    pub async fn hand_over(&self, number: u64) {
        self.note(number);
    }

    pub async fn count(&self, numbers: Range<u64>) -> impl Stream<Item = u64> {
        stream::iter(numbers)
    }

    pub async fn sum(&self, mut numbers: Streaming<u64>) -> Result<u64, String> {
        let (mut sum, mut next) = (0, 0);
        while let Some(number) = numbers.next().await {
            let number = number.map_err(|error| error.to_string())?;
            if number != next {
                return Err(format!("{number} instead of {next}"));
            }
            next += 1;
            sum += number;
        }
        Ok(sum)
    }

    pub async fn all(&self, number: u64) -> u64 {
        self.broadcasts.fetch_add(1, Ordering::Relaxed);
        number
    }

    /// Comes after all that its caller has handed over before.
    pub async fn after(&self) {}

    /// The numbers of all that was run, and of what was run again, and how many broadcasts have come.
    pub async fn ran(&self) -> (BTreeSet<u64>, Vec<u64>, u64) {
        (
            self.runs.lock().unwrap().clone(),
            self.again.lock().unwrap().clone(),
            self.broadcasts.load(Ordering::Relaxed),
        )
    }
}

struct Workers;

#[fetcher(prefix = "cuts.")]
impl Workers {
    async fn work(&self, number: u64, padding: Vec<u8>) -> (u64, Vec<u8>);
    async fn hand_over(&self, number: u64);
    async fn count(&self, numbers: Range<u64>) -> impl Stream<Item = u64>;
    async fn sum(&self, numbers: impl Stream<Item = u64>) -> Result<u64, String>;
    #[fetcher(broadcast)]
    async fn all(&self, number: u64) -> u64;
    async fn after(&self);
    async fn ran(&self) -> (BTreeSet<u64>, Vec<u64>, u64);
}

/// The controller to whose connections that is done.
pub async fn control() {
    let builder = Global::builder().host("127.0.0.1").port(0).resume_grace(GRACE);
    let g = builder
        .init_controller(true)
        .init_node(false)
        .start()
        .await
        .unwrap();
    say(&format!("port {}", g.address().port().unwrap()));
    serve(&g).await;
}

/// Whom they call.
pub async fn work(name: &str, port: u16) {
    let builder = joining(name, port).service(Worker::default());
    let builder = builder.on_node_disconnect(|_| say("lost"));
    serve(&builder.start().await.unwrap()).await;
}

fn joining(name: &str, port: u16) -> GlobalBuilder {
    let builder = Global::builder().process_name(name).auto_callbacks(false);
    builder.host("127.0.0.1").port(port)
}

/// What callers share.
#[derive(Clone, Default)]
struct Calling {
    /// There were cuts enough.
    is_over: Arc<AtomicBool>,
    /// What was called, and has been answered.
    made: Arc<Mutex<BTreeSet<u64>>>,
    broadcasts: Arc<AtomicU64>,
    streams: Arc<AtomicU64>,
}

impl Calling {
    fn goes_on(&self) -> bool {
        !self.is_over.load(Ordering::Relaxed)
    }

    fn made(&self, number: u64) {
        assert!(self.made.lock().unwrap().insert(number));
    }

    async fn call(self, caller: Global, first: u64) {
        let mut number = first;
        while self.goes_on() {
            let padding =
                vec![u8::try_from(number % 251).unwrap(); usize::try_from(number % 17).unwrap() * 300];
            let (answer, back) = Workers.work(number, padding.clone()).on(&caller).await.unwrap();
            assert!(answer == number && back == padding);
            self.made(number);
            number += 1;
            if number.is_multiple_of(10) {
                Workers.hand_over(number).on(&caller).send().await.unwrap();
                self.made(number);
                number += 1;
            }
        }
    }

    async fn read(self, caller: Global) {
        while self.goes_on() {
            let mut items = Workers.count(0..ITEMS).on(&caller).await.unwrap();
            let mut next = 0;
            while let Some(item) = items.next().await {
                assert_eq!(item.unwrap(), next);
                next += 1;
            }
            assert_eq!(next, ITEMS);
            self.streams.fetch_add(1, Ordering::Relaxed);
        }
    }

    async fn write(self, caller: Global) {
        while self.goes_on() {
            let sum = Workers.sum(stream::iter(0..ITEMS)).on(&caller).await;
            assert_eq!(sum.unwrap(), ITEMS * (ITEMS - 1) / 2);
            self.streams.fetch_add(1, Ordering::Relaxed);
        }
    }

    async fn broadcast(self, caller: Global) {
        while self.goes_on() {
            let number = self.broadcasts.fetch_add(1, Ordering::Relaxed);
            let replies = Workers.all(number).on(&caller).await.unwrap();
            let replies: Vec<_> = replies.into_iter().collect();
            assert_eq!(replies.len(), WORKERS.len(), "{replies:?}");
            assert!(
                replies.iter().all(|(_, reply)| *reply == Ok(number)),
                "{replies:?}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p12_processes_whose_connections_are_cut_at_any_byte_lose_and_run_twice_nothing() {
    let cuts = env::var("DAFFI_TEST_CUTS").map_or(300, |cuts| cuts.parse().unwrap());
    let stage = Stage::new();
    let controller = stage.start("cut controller").await;
    let port = controller.number_after("port ").await;
    let cutter = Cutter::to(port, 20).await;
    let mut workers = Vec::new();
    for name in WORKERS {
        workers.push(stage.start(&format!("cut {name} at {}", cutter.port())).await);
    }
    let lost = Arc::new(AtomicBool::new(false));
    let mut nodes = Vec::new();
    for number in 0..NODES {
        let told = Arc::clone(&lost);
        let builder = joining(&format!("node {number}"), cutter.port());
        let builder = builder.on_node_disconnect(move |_| told.store(true, Ordering::Relaxed));
        nodes.push(builder.start().await.unwrap());
    }
    for name in WORKERS {
        nodes[0].wait_process(name).await.unwrap();
    }
    cutter.cut_after(BYTES);
    cutter.cut();

    let calling = Calling::default();
    let mut tasks = JoinSet::new();
    for (number, node) in (0..CALLERS).zip(nodes.iter().cycle()) {
        tasks.spawn(calling.clone().call(node.clone(), number << 32));
    }
    for (_, node) in (0..STREAMS).zip(nodes.iter().cycle()) {
        tasks.spawn(calling.clone().read(node.clone()));
        tasks.spawn(calling.clone().write(node.clone()));
    }
    tasks.spawn(calling.clone().broadcast(nodes[0].clone()));
    let all_done = async {
        while cutter.cuts() < cuts {
            sleep(Duration::from_millis(10)).await;
            if let Some(done) = tasks.try_join_next() {
                done.unwrap();
            }
        }
        calling.is_over.store(true, Ordering::Relaxed);
        while let Some(done) = tasks.join_next().await {
            done.unwrap();
        }
    };
    timeout(HANGS, all_done).await.expect("it hangs");
    cutter.cut_after(0);
    cutter.cut();

    let (mut ran, mut came) = (BTreeSet::new(), Vec::new());
    for name in WORKERS {
        for node in &nodes {
            Workers.after().on(node).to(name).await.unwrap();
        }
        let (runs, again, broadcasts) = Workers.ran().on(&nodes[0]).to(name).await.unwrap();
        assert!(again.is_empty(), "run twice: {again:?}");
        assert!(ran.is_disjoint(&runs), "run by both");
        ran.extend(runs);
        came.push(broadcasts);
    }
    let made = calling.made.lock().unwrap().clone();
    assert!(ran == made, "{} were run, {} made", ran.len(), made.len());
    let broadcasts = calling.broadcasts.load(Ordering::Relaxed);
    assert_eq!(came, [broadcasts; 2]);
    assert!(!lost.load(Ordering::Relaxed), "a node has lost its session");
    assert!(!workers.iter().any(|worker| worker.has_said("lost")));
    println!(
        "{} cuts, {} calls, {} streams, {broadcasts} broadcasts",
        cutter.cuts(),
        made.len(),
        calling.streams.load(Ordering::Relaxed)
    );
    for node in nodes {
        node.stop().await;
    }
}
