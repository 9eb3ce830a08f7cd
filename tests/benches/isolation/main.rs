//! What one bad process costs the calls of two others. Run it with `cargo bench --bench isolation`, alone on the machine; it takes a minute or two.
//!
//! A controller, a provider and this caller talk all the while: for some seconds alone, then beside a process that is frozen, floods or says one
//! byte at a time, and so on in turns. The ratio of the two in the same run counts, and should stay below two for the slowest of a hundred calls. Whoever floods and
//! reads what it is answered does what anybody may, and takes its part of the processors; that is shown beside the rest.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark is a program"
)]
#![allow(unreachable_pub, reason = "public methods are what a service offers")]

use std::env;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use daffi::{Global, GlobalBuilder, callback, fetcher};
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::time::{sleep, timeout};

/// Tells a process what it is, and where the controller is.
const ROLE: &str = "DAFFI_BENCH_ROLE";

/// How often calls are measured alone, and beside each of the others.
const ROUNDS: usize = 5;

/// For how long each time.
const MEASURED: Duration = Duration::from_secs(2);

/// How long a bad process has to become one.
const SETTLES: Duration = Duration::from_secs(1);

/// What is between a process and its controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Between {
    Nothing,
    /// It reads nothing of what comes.
    Deaf,
    /// It says one byte at a time.
    Slow,
}

/// What a process is that others suffer from, or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bad {
    Frozen,
    FloodsAndDoesNotRead,
    FloodsAndReads,
    OneByteAtATime,
}

impl Bad {
    const ALL: [Self; 4] = [
        Self::Frozen,
        Self::FloodsAndDoesNotRead,
        Self::OneByteAtATime,
        Self::FloodsAndReads,
    ];
}

struct Echo;

#[callback(prefix = "isolation.")]
impl Echo {
    pub async fn echo(&self, bytes: Vec<u8>) -> usize {
        bytes.len()
    }
}

struct Client;

#[fetcher(prefix = "isolation.")]
impl Client {
    async fn echo(&self, bytes: Vec<u8>) -> usize;
}

fn node(name: &str, port: u16) -> GlobalBuilder {
    let builder = Global::builder().process_name(name).auto_callbacks(false);
    builder.host("127.0.0.1").port(port)
}

/// A process that is killed with this.
struct Process {
    child: Child,
    said: String,
}

impl Process {
    fn start(role: &str, port: u16) -> Self {
        let mut child = Command::new(env::current_exe().unwrap())
            .env(ROLE, format!("{role} {port}"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut said)
            .unwrap();
        Self { child, said }
    }

    fn freeze(&self) {
        let pid = Pid::from_raw(self.child.id().try_into().unwrap()).unwrap();
        kill_process(pid, Signal::STOP).unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn runtime(threads: usize) -> Runtime {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(threads).enable_all().build().unwrap()
}

/// A port behind which the controller is, for a process that is not as it should be.
async fn between(port: u16, what: Between) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let own = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((here, _)) = listener.accept().await {
            let there = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            let _ = (here.set_nodelay(true), there.set_nodelay(true));
            let (mut from_here, to_here) = here.into_split();
            let (mut from_there, mut to_there) = there.into_split();
            tokio::spawn(async move {
                let mut buffer = vec![0; if what == Between::Slow { 1 } else { 64 << 10 }];
                while let Ok(read @ 1..) = from_here.read(&mut buffer).await {
                    if to_there.write_all(&buffer[..read]).await.is_err() {
                        return;
                    }
                    if what == Between::Slow {
                        sleep(Duration::from_millis(1)).await;
                    }
                }
            });
            let mut to_here = to_here;
            tokio::spawn(async move {
                let mut buffer = vec![0; 64 << 10];
                let mut read_so_far = 0;
                while let Ok(read @ 1..) = from_there.read(&mut buffer).await {
                    read_so_far += read;
                    let _ = to_here.write_all(&buffer[..read]).await;
                    // It has been let in.
                    if what == Between::Deaf && read_so_far > 4096 {
                        std::future::pending::<()>().await;
                    }
                }
            });
        }
    });
    own
}

/// Plays a part until it is killed.
async fn play(role: &str, port: u16) {
    let _g = match role {
        "controller" => {
            let builder = Global::builder().host("127.0.0.1").port(0).init_controller(true);
            let g = builder.init_node(false).start().await.unwrap();
            println!("{}", g.address().port().unwrap());
            g
        }
        "frozen" => {
            let g = node("frozen", port).service(Echo).start().await.unwrap();
            println!("ready");
            g
        }
        "provider" | "sink" => {
            let g = node(role, port).service(Echo).start().await.unwrap();
            println!("ready");
            g
        }
        // Whoever has much for one that is frozen is nobody's concern either.
        "calls frozen" => bad("caller of the frozen", "frozen", port, (16, 64 << 10)).await,
        "slow" => {
            let through = between(port, Between::Slow).await;
            bad("slow", "sink", through, (4, 1 << 10)).await
        }
        "floods deaf" => {
            let through = between(port, Between::Deaf).await;
            bad("floods", "sink", through, (256, 1 << 10)).await
        }
        _ => {
            let through = between(port, Between::Nothing).await;
            bad("floods", "sink", through, (256, 1 << 10)).await
        }
    };
    std::future::pending::<()>().await;
}

/// Calls a process all the time, with so many calls of so many bytes at a time.
async fn bad(name: &str, to: &'static str, port: u16, (at_a_time, bytes): (usize, usize)) -> Global {
    let starting = node(name, port).connect_timeout(Duration::from_secs(60)).start();
    let g = starting.await.unwrap();
    println!("ready");
    for _ in 0..at_a_time {
        let g = g.clone();
        tokio::spawn(async move {
            loop {
                let called = Client.echo(vec![0; bytes]).on(&g).to(to).send().await;
                if called.is_err() {
                    sleep(Duration::from_millis(1)).await;
                }
            }
        });
    }
    g
}

/// How long half of the calls took, and 99 of 100.
#[derive(Clone, Copy, Debug)]
struct Took {
    half: Duration,
    most: Duration,
}

async fn measure(caller: &Global) -> Took {
    let mut times = Vec::new();
    let until = Instant::now() + MEASURED;
    while Instant::now() < until {
        let begun = Instant::now();
        let answer = Client.echo(vec![0; 64]).on(caller).to("provider");
        assert_eq!(timeout(Duration::from_secs(60), answer).await.unwrap(), Ok(64));
        times.push(begun.elapsed());
    }
    times.sort();
    Took {
        half: times[times.len() / 2],
        most: times[times.len() * 99 / 100],
    }
}

/// The bad processes of a kind.
fn start(bad: Bad, port: u16) -> Vec<Process> {
    match bad {
        Bad::Frozen => {
            let frozen = Process::start("frozen", port);
            frozen.freeze();
            vec![frozen, Process::start("calls frozen", port)]
        }
        Bad::FloodsAndDoesNotRead => vec![Process::start("sink", port), Process::start("floods deaf", port)],
        Bad::FloodsAndReads => vec![Process::start("sink", port), Process::start("floods", port)],
        Bad::OneByteAtATime => vec![Process::start("sink", port), Process::start("slow", port)],
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

async fn compare(caller: &Global, port: u16, bad: Bad) {
    let (mut alone, mut beside) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        alone.push(measure(caller).await);
        let processes = tokio::task::spawn_blocking(move || start(bad, port))
            .await
            .unwrap();
        sleep(SETTLES).await;
        beside.push(measure(caller).await);
        drop(processes);
        sleep(SETTLES).await;
    }
    let of = |took: &[Took], which: fn(&Took) -> Duration| median(took.iter().map(which).collect());
    let us = |time: Duration| time.as_secs_f64() * 1e6;
    println!("{bad:?}");
    for (what, which) in [
        ("half of the calls", (|took| took.half) as fn(&Took) -> Duration),
        ("99 of 100", |took| took.most),
    ] {
        let (alone, beside) = (of(&alone, which), of(&beside, which));
        println!(
            "  {what:<18} alone {:>7.0} µs, beside it {:>7.0} µs: {:.2} times",
            us(alone),
            us(beside),
            beside.as_secs_f64() / alone.as_secs_f64()
        );
    }
}

fn main() {
    if let Ok(said) = env::var(ROLE) {
        let (role, port) = said.rsplit_once(' ').unwrap();
        let (role, port) = (role.to_owned(), port.parse().unwrap());
        return runtime(1).block_on(async {
            tokio::spawn(async move { play(&role, port).await })
                .await
                .unwrap();
        });
    }
    let controller = Process::start("controller", 0);
    let port = controller.said.trim().parse().unwrap();
    let provider = Process::start("provider", port);
    // Not in `block_on` itself, where a connection would be slow.
    let measured = async move {
        let caller = node("caller", port).start().await.unwrap();
        for bad in Bad::ALL {
            compare(&caller, port, bad).await;
        }
        caller.stop().await;
    };
    runtime(1).block_on(async { tokio::spawn(measured).await.unwrap() });
    drop(provider);
}
