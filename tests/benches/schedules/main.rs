//! What many schedules cost a controller, and calls beside them. Run it with `cargo bench --bench schedules`, alone on the machine; it takes
//! a minute or two. `cargo bench --bench schedules -- 1000` does it with fewer of them.
//!
//! The controller is a process of its own, and so is who offers the callback. This process makes the schedules, and calls through the
//! controller all the time: without any, with all of them, and with all of them while some are due each second, in turn, so that each is
//! beside the other. What holds on a machine that does other things as well is the processor time that the controller takes for a call; how many calls
//! there are in a second says more of the machine then. Memory is what the controller has of it in RAM, more than before, by the schedule.

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
const ROUNDS: usize = 15;

/// So long each time.
const LOOK: Duration = Duration::from_millis(700);

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

    /// How long its threads have been on a processor, in nanoseconds.
    fn worked(&self) -> f64 {
        let threads = fs::read_dir(format!("/proc/{}/task", self.0.id())).unwrap();
        let worked = threads.map(|thread| {
            let said = fs::read_to_string(thread.unwrap().path().join("schedstat")).unwrap();
            said.split_whitespace().next().unwrap().parse::<f64>().unwrap()
        });
        worked.sum()
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

/// How many calls are made one after the other in a second, and for how many nanoseconds the controller works for each.
async fn calls(g: &Global, controller: &Process) -> (f64, f64) {
    let (begun, worked) = (Instant::now(), controller.worked());
    let mut made = 0;
    while begun.elapsed() < LOOK {
        for _ in 0..100 {
            made += 1;
            assert_eq!(there::echo(made).on(g).await.unwrap(), made);
        }
    }
    let made = made as f64;
    (
        made / begun.elapsed().as_secs_f64(),
        (controller.worked() - worked) / made,
    )
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
    let (alone, full) = ((alone, idle), (g, full));
    for (g, controller) in [&alone, &full] {
        g.wait_function("remind").await.unwrap();
        calls(g, controller).await;
    }
    let (g, controller) = &full;

    println!("{count} schedules, {role}");
    let before = controller.resident_kib();
    let begun = Instant::now();
    let tasks = make(g, count, Duration::from_secs(86_400)).await;
    println!(
        "  until all are made               {:.2} s",
        begun.elapsed().as_secs_f64()
    );
    let each = (controller.resident_kib() - before) * 1024.0 / f64::from(count);
    println!("  memory at the controller, each   {each:.0} bytes");
    let begun = Instant::now();
    assert_eq!(g.scheduled_tasks().await.unwrap().len(), count as usize);
    println!(
        "  until all are listed             {:.2} s",
        begun.elapsed().as_secs_f64()
    );
    compare("calls beside them", &alone, &full).await;

    // A hundredth of them now comes each ten seconds.
    let busy = make(g, count / 100, Duration::from_secs(10)).await;
    compare("while a thousandth is due a second", &alone, &full).await;
    let told = busy[0].describe().await.unwrap().info.counts;
    assert_eq!((told.failed, told.missed, told.unknown), (0, 0, 0));
    drop(tasks);
}

/// Calls at a controller without schedules and at one with them, in turn.
async fn compare(what: &str, alone: &(Global, Process), beside: &(Global, Process)) {
    let (mut faster, mut works) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let (one, other) = (calls(&alone.0, &alone.1).await, calls(&beside.0, &beside.1).await);
        faster.push(other.0 / one.0);
        works.push(other.1 / one.1);
    }
    for (all, said) in [
        (&mut faster, "times as many"),
        (&mut works, "times the work for each"),
    ] {
        all.sort_by(f64::total_cmp);
        let [low, middle, high] = [1, 2, 3].map(|quarter| all[ROUNDS * quarter / 4]);
        println!("  {what:<35} {middle:.2} {said} as without ({low:.2} to {high:.2})");
    }
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
