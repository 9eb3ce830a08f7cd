//! How fast streams are, how much memory they take, and what they leave of the speed of other calls. Run it with
//! `cargo bench --bench streams`, alone on the machine; it takes two minutes.
//!
//! A provider, a controller and a caller are processes of their own. The same is done by a relay that knows only frames,
//! written for this: numbers of this machine mean little, their ratio to the relay's in the same run more.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark is a program"
)]
#![allow(unreachable_pub, reason = "what its modules use of each other")]

mod calls;
mod processes;
mod relay;

use std::time::Duration;

use self::processes::{Role, Transport};

/// What flows.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Stream,
    Iterator,
    Argument,
    Both,
    Large,
}

impl Kind {
    const ALL: [Self; 5] = [
        Self::Stream,
        Self::Iterator,
        Self::Argument,
        Self::Both,
        Self::Large,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Stream => "u64 from a stream, million/s",
            Self::Iterator => "u64 from an iterator, million/s",
            Self::Argument => "u64 to a callback, million/s",
            Self::Both => "u64 both ways at once, million/s each",
            Self::Large => "1 MiB items from a stream, MB/s",
        }
    }
}

/// How often each speed is measured. The median counts.
const RUNS: usize = 5;

const SMALL: u64 = 1_000_000;
const LARGE: u64 = 1_000;
const LARGE_BYTES: u64 = 1 << 20;

fn main() {
    match Role::of_this_process() {
        Some(Role::Controller(at)) => processes::runtime().block_on(calls::controller(at)),
        Some(Role::Provider(at)) => processes::runtime().block_on(calls::provider(at)),
        Some(Role::Relay(at)) => processes::runtime().block_on(relay::relay(at)),
        Some(Role::Source(at)) => processes::runtime().block_on(relay::source(at)),
        None => [Transport::Unix, Transport::Tcp].into_iter().for_each(measure),
    }
}

/// So much in this time, in millions a second.
fn millions(count: u64, time: Duration) -> f64 {
    #[allow(clippy::cast_precision_loss, reason = "far below 2^53")]
    let count = count as f64;
    count / time.as_secs_f64() / 1e6
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn measure(transport: Transport) {
    let folder = tempfile::tempdir().unwrap();
    let (ours, theirs) = (
        transport.place(folder.path(), "daffi"),
        transport.place(folder.path(), "relay"),
    );
    let controller = processes::start(&Role::Controller(ours.clone()));
    let provider = processes::start(&Role::Provider(ours.clone()));
    let _relay = processes::start(&Role::Relay(theirs.clone()));
    let _source = processes::start(&Role::Source(theirs.clone()));
    let runtime = processes::runtime();
    let (caller, mut sink) = runtime.block_on(async {
        let connected =
            tokio::spawn(async move { (calls::Caller::new(ours).await, relay::Sink::new(theirs).await) });
        connected.await.unwrap()
    });

    println!("over {transport:?}, medians of {RUNS}");
    let mut results = Kind::ALL.map(|kind| (kind, Vec::new(), Vec::new()));
    for _ in 0..RUNS {
        for (kind, ours, theirs) in &mut results {
            let (caller, kind) = (caller.clone(), *kind);
            let speed = async { tokio::spawn(async move { caller.speed(kind).await }).await };
            ours.push(runtime.block_on(speed).unwrap());
            theirs.extend(runtime.block_on(sink.speed(kind)));
        }
    }
    for (kind, ours, theirs) in results {
        let (name, ours) = (kind.name(), median(ours));
        if theirs.is_empty() {
            println!("  {name:<44} {ours:8.1}");
        } else {
            let theirs = median(theirs);
            let ratio = ours / theirs;
            println!("  {name:<44} {ours:8.1}   relay {theirs:8.1}   ratio {ratio:.2}");
        }
    }
    drop(sink);
    runtime.block_on(async { tokio::spawn(caller.latency()).await.unwrap() });
    for (name, process) in [
        ("controller", controller.id()),
        ("provider", provider.id()),
        ("caller", std::process::id()),
    ] {
        if let Some(peak) = processes::peak_memory(process) {
            println!("  the most memory of the {name:<27} {peak}");
        }
    }
}
