//! A whole system in one thread and in virtual time, against an adversary, and what daffi promises held against a model.
//!
//! What runs is all of daffi but the sockets: a controller with its server, and eight processes with their nodes, callbacks and calls, on tokio's
//! paused clock. Between them are connections that the adversary owns (`wire`). The pure cores could be driven by hand instead; but what is lost, doubled
//! or reordered when a connection breaks is decided where cores, queues and tasks meet, and a driver that is written for a test would be tested in the
//! place of the one that is used. That a run can be made again costs little: random numbers come of the seed, no `select!` throws dice, and callbacks
//! begin where their calls arrive (`daffi_core::simulation`).
//!
//! `DAFFI_SEEDS=5..105` runs those seeds instead, `DAFFI_SEEDS=17` one, of which all that happens is told.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says of what seed"
)]
#![allow(unreachable_pub, reason = "public methods are what a service offers")]

mod adversary;
mod caller;
mod chance;
mod ledger;
mod many;
mod network;
mod offered;
mod promises;
mod wire;
mod world;

use std::ops::Range;
use std::thread;

use world::World;

/// The seeds that are run where nothing else is said.
const SEEDS: Range<u64> = 0..1000;

/// What has come of a seed.
struct Ran {
    broken: Vec<String>,
    /// A number that depends on all that has happened.
    trace: u64,
}

fn run(seed: u64, tells: bool) -> Ran {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    daffi_core::simulation::begin(seed);
    let world = runtime.block_on(World::run(seed, tells));
    drop(runtime);
    daffi_core::simulation::end();
    let book = world.ledger.book();
    Ran {
        broken: promises::broken(&book, world.rules()),
        trace: book.trace,
    }
}

/// The seeds that were asked for, and whether all that happens is told.
fn asked() -> (Range<u64>, bool) {
    let Ok(told) = std::env::var("DAFFI_SEEDS") else {
        return (SEEDS, false);
    };
    let seed = |written: &str| written.parse::<u64>().unwrap();
    match told.split_once("..") {
        Some((from, to)) => (seed(from)..seed(to), false),
        None => (seed(&told)..seed(&told) + 1, true),
    }
}

/// Runs some seeds of many, and says which of them broke what.
fn check(seeds: impl Iterator<Item = u64>, tells: bool) -> usize {
    let mut broke = 0;
    for seed in seeds {
        let Ran { broken, .. } = run(seed, tells);
        if !broken.is_empty() {
            broke += 1;
            eprintln!(
                "seed {seed} (DAFFI_SEEDS={seed} runs it again):\n{}",
                broken.join("\n")
            );
        }
    }
    broke
}

#[test]
fn promises_hold_whatever_happens() {
    let (seeds, tells) = asked();
    if tells {
        let log = tracing_subscriber::fmt()
            .without_time()
            .with_writer(std::io::stderr);
        log.with_max_level(tracing::Level::DEBUG).init();
    }
    let threads = thread::available_parallelism().map_or(1, |threads| threads.get().min(8));
    let broke: usize = thread::scope(|scope| {
        let checks: Vec<_> = (0..threads)
            .map(|thread| {
                let seeds = seeds.clone().skip(thread).step_by(threads);
                scope.spawn(move || check(seeds, tells))
            })
            .collect();
        checks.into_iter().map(|check| check.join().unwrap()).sum()
    });
    assert_eq!(broke, 0, "of the seeds {seeds:?}");
}

#[test]
fn a_run_can_be_made_again() {
    for seed in 0..10 {
        assert_eq!(run(seed, false).trace, run(seed, false).trace, "{seed}");
    }
}
