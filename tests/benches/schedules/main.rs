//! What many schedules cost a controller, and calls beside them. Run it with `cargo bench --bench schedules`, alone on the machine; it takes
//! a minute or two. `cargo bench --bench schedules -- 1000` does it with fewer of them.
//!
//! The controller is a process of its own, and so is who offers the callback. This process makes the schedules, and calls through the
//! controller all the time: without any, with all of them, and with all of them while some are due each second, in turn, so that each is
//! beside the other. Memory is what the controller has of it in RAM, more than before, by the schedule.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark is a program"
)]

use std::env;
use std::fs;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use daffi::{Global, GlobalBuilder, Period, ScheduledTask, callback};
use futures_util::future::try_join_all;
use tempfile::TempDir;

/// So many schedules, if nothing is said.
const SCHEDULES: u32 = 100_000;

/// So often it is looked at each.
const ROUNDS: usize = 5;

/// So long each time.
const LOOK: Duration = Duration::from_secs(2);

/// So many are made at a time.
const AT_ONCE: u32 = 500;

/// Says what a process is, and where all meet.
const ROLE: &str = "DAFFI_BENCH_ROLE";

#[callback(inline)]
fn echo(number: u64) -> u64 {
    number
}

#[callback(inline)]
fn remind(number: u64) -> u64 {
    number
}

mod there {
    #[daffi::fetcher]
    pub async fn echo(number: u64) -> u64;
    #[daffi::fetcher]
    pub async fn remind(number: u64) -> u64;
}

/// A process that is killed when it is dropped.
struct Process(Child);

impl Process {
    fn start(role: &str, folder: &str) -> Self {
        let child = Command::new(env::current_exe().unwrap())
            .env(ROLE, format!("{role} {folder}"))
            .spawn();
        Self(child.unwrap())
    }

    /// What it has in RAM.
    fn resident_kib(&self) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn node(name: &str, folder: &str) -> GlobalBuilder {
    Global::builder()
        .process_name(name)
        .unix_sock_path(folder)
        .reconnect_wait(Duration::from_secs(30))
}

/// Plays a role until it is killed.
async fn play(role: &str, folder: &str) {
    let builder = node(role, folder);
    let _running = match role {
        "controller" => builder.init_controller(true).auto_callbacks(false),
        "durable" => builder
            .init_controller(true)
            .auto_callbacks(false)
            .data_dir(format!("{folder}/data")),
        _ => builder,
    }
    .start()
    .await
    .unwrap();
    std::future::pending::<()>().await;
}

/// How many calls are made one after the other in a second.
async fn calls(g: &Global) -> f64 {
    let begun = Instant::now();
    let mut made = 0;
    while begun.elapsed() < LOOK {
        for _ in 0..100 {
            made += 1;
            assert_eq!(there::echo(made).on(g).await.unwrap(), made);
        }
    }
    made as f64 / begun.elapsed().as_secs_f64()
}

/// Schedules, so many of them.
async fn make(g: &Global, count: u32, interval: Duration) -> Vec<ScheduledTask> {
    let mut all = Vec::new();
    for begin in (0..count).step_by(AT_ONCE as usize) {
        let some = (begin..count.min(begin + AT_ONCE)).map(|number| {
            // Each at its own time.
            let phase = interval / count * number;
            there::remind(number.into())
                .on(g)
                .period(Period::every(interval).phase(phase))
        });
        all.extend(try_join_all(some).await.unwrap());
    }
    all
}

async fn measure(role: &str, count: u32) {
    let folder = TempDir::new().unwrap();
    let place = folder.path().to_str().unwrap();
    let (idle, _provider) = (
        Process::start("controller", place),
        Process::start("provider", place),
    );
    let other = TempDir::new().unwrap();
    let there = other.path().to_str().unwrap();
    let (full, _other_provider) = (Process::start(role, there), Process::start("provider", there));
    let (alone, g) = (
        node("caller", place).auto_callbacks(false),
        node("caller", there).auto_callbacks(false),
    );
    let (alone, g) = (alone.start().await.unwrap(), g.start().await.unwrap());
    for g in [&alone, &g] {
        g.wait_function("remind").await.unwrap();
        calls(g).await;
    }

    println!("{count} schedules, {role}");
    let before = full.resident_kib();
    let begun = Instant::now();
    let tasks = make(&g, count, Duration::from_secs(86_400)).await;
    println!(
        "  until all are made               {:.2} s",
        begun.elapsed().as_secs_f64()
    );
    let each = (full.resident_kib() - before) * 1024.0 / f64::from(count);
    println!("  memory at the controller, each   {each:.0} bytes");
    let begun = Instant::now();
    assert_eq!(g.scheduled_tasks().await.unwrap().len(), count as usize);
    println!(
        "  until all are listed             {:.2} s",
        begun.elapsed().as_secs_f64()
    );
    compare("calls beside them", &alone, &g).await;

    // A hundredth of them now comes each ten seconds.
    let busy = make(&g, count / 100, Duration::from_secs(10)).await;
    compare("while a thousandth is due a second", &alone, &g).await;
    let told = busy[0].describe().await.unwrap().info.counts;
    assert_eq!((told.failed, told.missed, told.unknown), (0, 0, 0));
    drop((tasks, idle));
}

/// Calls at a controller without schedules and at one with them, in turn.
async fn compare(what: &str, alone: &Global, beside: &Global) {
    let mut ratios = Vec::new();
    for _ in 0..ROUNDS {
        let (one, other) = (calls(alone).await, calls(beside).await);
        ratios.push(other / one);
    }
    ratios.sort_by(f64::total_cmp);
    println!(
        "  {what:<35} {:.2} times as many as without ({:.2} to {:.2})",
        ratios[ROUNDS / 2],
        ratios[0],
        ratios[ROUNDS - 1]
    );
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    if let Ok(said) = env::var(ROLE) {
        let (role, folder) = said.split_once(' ').unwrap();
        return play(role, folder).await;
    }
    let said = env::args().skip(1).find_map(|said| said.parse().ok());
    for role in ["controller", "durable"] {
        measure(role, said.unwrap_or(SCHEDULES)).await;
    }
}
