//! Nodes that come, call, cancel, lose their connection, go on and leave, again and again: memory and descriptors of all processes come back
//! to where they were.
//!
//! `DAFFI_TEST_TURNS` says how many turns there are: some, if nothing is said. In each a node that has just come calls, cancels a call, and
//! leaves, with a word or without; and one that stays loses its connection in the middle of a call and of a stream.

use std::env;
use std::fs;
use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use daffi::{Global, GlobalBuilder, Stream, callback, fetcher};
use daffi_faults::Cutter;
use futures_util::{FutureExt as _, stream};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::actor::{Stage, say, serve};

/// So many turns are taken at the same time.
const LANES: u64 = 8;

/// What memory is known to within: what allocators keep differs.
const KILOBYTES: u64 = 12 << 10;

#[derive(Default)]
struct Leaky {
    held: AtomicU64,
}

/// Is held as long as this is.
struct Held<'a>(&'a AtomicU64);

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[callback(prefix = "leaks.")]
impl Leaky {
    pub async fn echo(&self, bytes: Vec<u8>) -> Vec<u8> {
        bytes
    }

    pub async fn hold(&self) {
        self.held.fetch_add(1, Ordering::Relaxed);
        let _held = Held(&self.held);
        pending::<()>().await;
    }

    pub async fn count(&self, end: u64) -> impl Stream<Item = u64> {
        stream::iter(0..end)
    }

    /// How many calls have not ended.
    pub async fn held(&self) -> u64 {
        self.held.load(Ordering::Relaxed)
    }
}

struct Client;

#[fetcher(prefix = "leaks.")]
impl Client {
    async fn echo(&self, bytes: Vec<u8>) -> Vec<u8>;
    async fn hold(&self);
    async fn count(&self, end: u64) -> impl Stream<Item = u64>;
    async fn held(&self) -> u64;
}

/// Whoever is called.
pub async fn provide(port: u16) {
    let builder = joining("provider", port).service(Leaky::default());
    serve(&builder.start().await.unwrap()).await;
}

fn joining(name: &str, port: u16) -> GlobalBuilder {
    let builder = Global::builder().process_name(name).auto_callbacks(false);
    builder.host("127.0.0.1").port(port)
}

/// What a process has.
#[derive(Clone, Copy, Debug)]
struct Has {
    kilobytes: u64,
    descriptors: usize,
}

impl Has {
    fn of(pid: u32) -> Self {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .unwrap();
        let kilobytes = line.trim().strip_suffix(" kB").unwrap().trim().parse().unwrap();
        let descriptors = fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count();
        Self {
            kilobytes,
            descriptors,
        }
    }
}

/// A node that stays, whose connection is cut.
struct Lane {
    node: Global,
    cutter: Cutter,
    number: u64,
}

impl Lane {
    /// One that has just come.
    async fn guest(&self, port: u16) -> Global {
        let guest = joining(&format!("guest {}", self.number), port).replace(true);
        guest.start().await.unwrap()
    }

    async fn turn(&self, turn: u64, port: u16) {
        let guest = self.guest(port).await;
        let bytes = vec![7; usize::try_from(turn % 5).unwrap() * 10_000];
        assert_eq!(Client.echo(bytes.clone()).on(&guest).await.unwrap(), bytes);
        assert!(Client.hold().on(&guest).now_or_never().is_none());
        if turn.is_multiple_of(2) {
            guest.stop().await;
        } else {
            guest.abort();
        }

        let mut items = Client.count(100).on(&self.node).await.unwrap();
        let echo = Client.echo(bytes.clone()).on(&self.node).bg();
        assert!(Client.hold().on(&self.node).now_or_never().is_none());
        self.cutter.cut();
        assert_eq!(echo.await.unwrap(), bytes);
        let mut next = 0;
        while let Some(item) = items.next().await {
            assert_eq!(item.unwrap(), next);
            next += 1;
        }
        assert_eq!(next, 100);
    }
}

/// Takes so many turns, and waits until nothing of them is under way.
async fn take(turns: u64, lanes: &[Arc<Lane>], port: u16) {
    let left = Arc::new(AtomicU64::new(turns));
    let mut tasks = JoinSet::new();
    for lane in lanes {
        let (lane, left) = (Arc::clone(lane), Arc::clone(&left));
        tasks.spawn(async move {
            let take = || left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
            while let Ok(turn) = take() {
                lane.turn(turn, port).await;
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    // Those that have left without a word may come back.
    for lane in lanes {
        lane.guest(port).await.stop().await;
    }
    let observer = &lanes[0].node;
    while Client.held().on(observer).await.unwrap() > 0
        || observer.processes().await.unwrap().len() > 1 + lanes.len()
    {
        sleep(Duration::from_millis(20)).await;
    }
}

/// Whoever calls, at a port, with so many turns. Looks at the memory of these processes, and its own.
pub async fn call(arguments: &str) {
    let mut numbers = arguments.split(' ');
    let mut next = || numbers.next().unwrap();
    let (port, turns) = (next().parse().unwrap(), next().parse().unwrap());
    let processes = [
        ("controller", next().parse().unwrap()),
        ("provider", next().parse().unwrap()),
        ("callers", std::process::id()),
    ];
    let mut lanes = Vec::new();
    for number in 0..LANES {
        let cutter = Cutter::to(port, number).await;
        let node = joining(&format!("node {number}"), cutter.port())
            .start()
            .await
            .unwrap();
        lanes.push(Arc::new(Lane { node, cutter, number }));
    }
    lanes[0].node.wait_process("provider").await.unwrap();
    // What is allocated once, and kept to be used again.
    take(200.max(turns / 10), &lanes, port).await;
    let before = processes.map(|(_, pid)| Has::of(pid));
    take(turns, &lanes, port).await;
    for ((name, pid), before) in processes.into_iter().zip(before) {
        let mut after = Has::of(pid);
        // The last connections may be about to be closed.
        for _ in 0..100 {
            if after.descriptors <= before.descriptors {
                break;
            }
            sleep(Duration::from_millis(50)).await;
            after = Has::of(pid);
        }
        say(&format!("{turns} turns, {name}: {before:?}, then {after:?}"));
        assert!(
            after.descriptors <= before.descriptors,
            "{name}: {before:?}, then {after:?}"
        );
        assert!(
            after.kilobytes <= before.kilobytes + KILOBYTES,
            "{name}: {before:?}, then {after:?}"
        );
    }
    say("nothing is left");
}

#[tokio::test]
async fn p6_nodes_that_come_break_and_go_leave_nothing() {
    let turns = env::var("DAFFI_TEST_TURNS").unwrap_or_else(|_| "200".to_owned());
    let stage = Stage::new();
    let controller = stage.start("cut controller").await;
    let port = controller.number_after("port ").await;
    let provider = stage.start(&format!("leaks at {port}")).await;
    let (of, by) = (controller.id(), provider.id());
    let callers = stage.begin(&format!("leaks of {port} {turns} {of} {by}"));
    callers.says("nothing is left").await;
    for said in callers.all() {
        println!("{said}");
    }
}
