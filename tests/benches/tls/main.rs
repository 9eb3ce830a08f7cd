//! What TLS costs. Run it with `cargo bench --bench tls`, alone on the machine; it takes a minute. `cargo bench --bench tls -- '64 KiB'`
//! measures the scenes of that name only.
//!
//! A provider, a controller and a caller are processes of their own, once over TCP as it is and once with TLS. Both are measured in
//! turns of half a second, so that what else the machine does falls on both; the medians of their ratios count. Where others work on
//! the machine, too, look at the time of processors that all three took for a call instead. With `--features tls-aws-lc` the other library is
//! measured.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark is a program"
)]

use std::env;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use daffi::{Global, GlobalBuilder, Tls, callback, fetcher};
use daffi_certificates::{Authority, Purpose, Wanted};
use tokio::runtime::{Builder, Runtime};

/// Tells a process what it is: its role, its port, and the folder with certificates, if it has TLS.
const ROLE: &str = "DAFFI_BENCH_ROLE";

const TURN: Duration = Duration::from_millis(500);

const TURNS: usize = 15;

/// How many calls are in flight, and how large their argument and their result are.
const SCENES: [(&str, usize, usize); 4] = [
    ("one call in flight, 16 bytes", 1, 16),
    ("64 in flight, 16 bytes", 64, 16),
    ("16 in flight, 64 KiB", 16, 64 << 10),
    ("4 in flight, 4 MiB", 4, 4 << 20),
];

mod offered {
    use super::callback;

    #[callback]
    async fn echo(bytes: Vec<u8>) -> Vec<u8> {
        bytes
    }
}

#[fetcher]
async fn echo(bytes: &[u8]) -> Vec<u8>;

/// Where processes meet, and how.
#[derive(Clone, Debug)]
struct Place {
    port: u16,
    /// Where the certificates are; nothing without TLS.
    folder: Option<String>,
}

impl Place {
    fn new(folder: Option<&Path>) -> Self {
        // Free a moment ago.
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        Self {
            port: free.local_addr().unwrap().port(),
            folder: folder.map(|folder| folder.display().to_string()),
        }
    }

    fn file(&self, name: &str) -> Option<String> {
        self.folder.as_ref().map(|folder| format!("{folder}/{name}"))
    }

    fn builder(&self) -> GlobalBuilder {
        Global::builder()
            .auto_callbacks(false)
            .host("127.0.0.1")
            .port(self.port)
    }

    fn controller(&self) -> GlobalBuilder {
        let builder = self.builder().init_controller(true).init_node(false);
        match (self.file("server.pem"), self.file("server.key")) {
            (Some(certificate), Some(key)) => builder.ssl_certificate(certificate).ssl_key(key),
            _ => builder,
        }
    }

    fn node(&self) -> GlobalBuilder {
        match self.file("ca.pem") {
            Some(ca) => self.builder().tls(Tls::new().ca(ca)),
            None => self.builder(),
        }
    }
}

/// A process that ends with this.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts this program in a role; it is ready when this returns.
fn start(role: &str, at: &Place) -> Process {
    let folder = at.folder.as_deref().unwrap_or_default();
    let mut child = Command::new(env::current_exe().unwrap())
        .env(ROLE, format!("{role} {} {folder}", at.port))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert_eq!(line, "ready\n");
    Process(child)
}

fn runtime() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

/// Plays a role until it is killed.
fn play(role: &str) {
    let mut words = role.split(' ');
    let role = words.next().unwrap().to_owned();
    let port = words.next().unwrap().parse().unwrap();
    let folder = words
        .next()
        .filter(|folder| !folder.is_empty())
        .map(str::to_owned);
    let place = Place { port, folder };
    runtime().block_on(async {
        let running = tokio::spawn(async move {
            let builder = match role.as_str() {
                "controller" => place.controller(),
                _ => place.node().auto_callbacks(true),
            };
            let _g = builder.start().await.unwrap();
            println!("ready");
            std::future::pending::<()>().await;
        });
        running.await.unwrap();
    });
}

/// A controller, a provider, and the caller that this process is.
struct Net {
    caller: Global,
    processes: [Process; 2],
}

impl Net {
    async fn start(folder: Option<&Path>) -> Self {
        let place = Place::new(folder);
        let processes = [start("controller", &place), start("provider", &place)];
        let caller = place.node().start().await.unwrap();
        caller.wait_function("echo").await.unwrap();
        Self { caller, processes }
    }

    /// How many calls a second are answered during a turn; and how much processor time each took in the three processes, in
    /// microseconds.
    async fn turn(&self, in_flight: usize, size: usize) -> (f64, f64) {
        let spent = self.processor_time();
        let begun = Instant::now();
        let callers = (0..in_flight).map(|_| {
            let g = self.caller.clone();
            tokio::spawn(async move {
                let bytes = vec![7; size];
                let mut calls = 0u32;
                while begun.elapsed() < TURN {
                    let answer = echo(&bytes).on(&g).await.unwrap();
                    assert_eq!(answer.len(), size);
                    calls += 1;
                }
                calls
            })
        });
        let callers: Vec<_> = callers.collect();
        let mut calls = 0;
        for caller in callers {
            calls += caller.await.unwrap();
        }
        let calls = f64::from(calls);
        let spent = (self.processor_time() - spent).as_secs_f64() * 1e6;
        (calls / begun.elapsed().as_secs_f64(), spent / calls)
    }

    /// How long the three processes have had a processor.
    fn processor_time(&self) -> Duration {
        let others = self.processes.iter().map(|process| process.0.id());
        others.chain([std::process::id()]).map(processor_time).sum()
    }
}

/// How long the threads of a process have had a processor; nothing where `/proc` does not say.
fn processor_time(process: u32) -> Duration {
    let threads = std::fs::read_dir(format!("/proc/{process}/task"))
        .into_iter()
        .flatten();
    let nanoseconds = threads.flatten().map(|thread| {
        let said = std::fs::read_to_string(thread.path().join("schedstat")).unwrap_or_default();
        said.split(' ')
            .next()
            .and_then(|run| run.parse().ok())
            .unwrap_or(0)
    });
    Duration::from_nanos(nanoseconds.sum())
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn issue(folder: &Path) {
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    let authority = Authority::generate().unwrap();
    let server = authority
        .issue(&Wanted::new(Purpose::Server, ["127.0.0.1"]))
        .unwrap();
    write("ca.pem", &authority.own().unwrap().certificate);
    write("server.pem", &server.certificate);
    write("server.key", &server.key);
}

async fn measure(folder: &Path) {
    let (plain, secured) = (Net::start(None).await, Net::start(Some(folder)).await);
    println!(
        "{:<32} {:>12} {:>12} {:>10} {:>12} {:>12} {:>10}",
        "calls a second; µs of processor", "plain", "TLS", "TLS/plain", "plain", "TLS", "plain/TLS"
    );
    let wanted = env::args().skip(1).find(|argument| !argument.starts_with('-'));
    for (scene, in_flight, size) in SCENES {
        if wanted.as_ref().is_some_and(|wanted| !scene.contains(wanted)) {
            continue;
        }
        let (mut without, mut with) = (Vec::new(), Vec::new());
        for turn in 0..=TURNS {
            let plain = plain.turn(in_flight, size).await;
            let secured = secured.turn(in_flight, size).await;
            // The first one warms up.
            if turn > 0 {
                without.push(plain);
                with.push(secured);
            }
        }
        let both = || without.iter().zip(&with);
        println!(
            "{scene:<32} {:>12.0} {:>12.0} {:>10.2} {:>12.1} {:>12.1} {:>10.2}",
            median(without.iter().map(|(calls, _)| *calls)),
            median(with.iter().map(|(calls, _)| *calls)),
            median(both().map(|((plain, _), (secured, _))| secured / plain)),
            median(without.iter().map(|(_, spent)| *spent)),
            median(with.iter().map(|(_, spent)| *spent)),
            median(both().map(|((_, plain), (_, secured))| plain / secured)),
        );
    }
}

fn main() {
    if let Ok(role) = env::var(ROLE) {
        return play(&role);
    }
    let folder = tempfile::tempdir().unwrap();
    issue(folder.path());
    runtime().block_on(async {
        // Not in `block_on` itself, where a connection would be slow.
        let path = folder.path().to_owned();
        tokio::spawn(async move { measure(&path).await }).await.unwrap();
    });
}
