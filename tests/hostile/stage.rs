//! A controller in a process of its own, and those who work beside whoever attacks it.

use std::future::pending;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio, exit};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use std::{env, fs, io, thread};

use daffi::{Access, Address, Global, Quota, Quotas, Role, Stream, Streaming, Tls, callback};
use daffi_certificates::{self as certificates, Purpose, Wanted};
use daffi_controller::{Controller, ControllerOptions};
use daffi_core::auth::{self, Identities};
use daffi_core::proto::Limits;
use daffi_core::transport::{ConnectError, Connection, Security, connect};
use futures_util::stream;
use serde::{Deserialize, Serialize};
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::watched::{Watched, is_measured};

const FOLDER: &str = "DAFFI_TEST_FOLDER";
const BUDGET: &str = "DAFFI_TEST_BUDGET";
const TLS: &str = "DAFFI_TEST_TLS";
const IDENTITIES: &str = "DAFFI_TEST_IDENTITIES";
const QUOTAS: &str = "DAFFI_TEST_QUOTAS";
const ADDRESSES: &str = "DAFFI_TEST_ADDRESSES";

/// The controller's address comes after this, to tell it from what the test runner says.
const LISTENS: &str = "listens: ";

/// Everybody may do everything, and whoever has the token called `two` no more than so much of it.
fn quotas() -> Access {
    let quota = Quota::new()
        .connections(50)
        .calls_per_second(100)
        .bytes_per_second(4_000_000)
        .frame_bytes(13_000_000);
    Access::new()
        .role("anybody", Role::everything())
        .role("less", Role::new().quotas(Quotas::new().identity(quota)))
        .everyone(["anybody"])
        .identity("two", ["less"])
}

/// How peers reach the controller.
#[derive(Clone, Copy, Debug)]
pub enum Transport {
    Unix,
    Tcp,
    /// Where both sides show certificates.
    Tls,
}

/// Whom a controller knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Knowing {
    Nobody,
    /// Two tokens.
    Tokens,
    /// Two tokens, one of which has quotas.
    Quotas,
    /// Nobody, and an address has one.
    Addresses,
}

/// Whose certificate a node shows.
#[derive(Clone, Copy, Debug)]
pub enum Authority {
    /// The one that the controller wants.
    Own,
    Another,
}

/// The folder of the controller that this process was started to be; empty for one that is reached by TCP. The process then
/// ends with the test that started it, at the latest.
pub fn part() -> Option<String> {
    let folder = env::var(FOLDER).ok()?;
    thread::spawn(|| {
        // Nothing is written to it. It is closed with the test's process, whatever ends that.
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        exit(1);
    });
    Some(folder)
}

/// Is a controller until the process is ended.
#[tokio::main(worker_threads = 2)]
pub async fn play(folder: &str) {
    let mut options = ControllerOptions::new(match folder {
        "" => Address::Tcp {
            host: "127.0.0.1".to_owned(),
            port: 0,
        },
        folder => Address::unix_in(folder),
    });
    options.heartbeat = Duration::from_secs(10);
    if let Ok(budget) = env::var(BUDGET) {
        options.queue_bytes = budget.parse().unwrap();
    }
    if let Some(file) = env::var_os(IDENTITIES) {
        let identities = Identities::load(file.as_ref()).unwrap();
        options.identities = Some(Arc::new(identities));
    }
    if env::var_os(QUOTAS).is_some() {
        options.access = Some(quotas());
    }
    if env::var_os(ADDRESSES).is_some() {
        options.quotas = Quotas::new().address(Quota::new().connections_per_second(50));
    }
    if let Some(folder) = env::var_os(TLS) {
        options.security = Security::serving(tls(folder.as_ref(), "server")).unwrap();
    }
    let controller = Controller::start(options).await.unwrap();
    let port = controller.address().port();
    let port = port.map_or_else(String::new, |port| port.to_string());
    let mut out = io::stdout();
    writeln!(out, "\n{LISTENS}{port}")
        .and_then(|()| out.flush())
        .unwrap();
    pending::<()>().await;
}

/// A controller in a process of its own. It is killed when this is dropped.
pub struct Stage {
    controller: Child,
    watched: Watched,
    folder: TempDir,
    address: Address,
    has_tls: bool,
    /// Of those who are known, if anybody is.
    tokens: Vec<String>,
}

impl Stage {
    pub fn new(transport: Transport) -> Self {
        Self::start(transport, None, Knowing::Nobody)
    }

    /// One that is reached by TCP and lets in only those who have the tokens called `one` and `two`.
    pub fn knowing() -> Self {
        Self::start(Transport::Tcp, None, Knowing::Tokens)
    }

    /// The same, where `two` has quotas: 50 connections, 100 calls per second, 4 MB per second, 13 MB in a frame.
    pub fn holding() -> Self {
        Self::start(Transport::Tcp, None, Knowing::Quotas)
    }

    /// One that is reached by TCP, 50 times a second from each address.
    pub fn bounding_addresses() -> Self {
        Self::start(Transport::Tcp, None, Knowing::Addresses)
    }

    /// The token called `one`.
    pub fn token(&self) -> &str {
        &self.tokens[0]
    }

    /// The token called `two`.
    pub fn other_token(&self) -> &str {
        &self.tokens[1]
    }

    /// One whose queues hold no more than so many bytes, all together.
    pub fn with_budget(transport: Transport, bytes: usize) -> Self {
        Self::start(transport, Some(bytes), Knowing::Nobody)
    }

    fn start(transport: Transport, budget: Option<usize>, knowing: Knowing) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let identities = folder.path().join("identities");
        let made: Vec<_> = ["one", "two"]
            .into_iter()
            .filter(|_| matches!(knowing, Knowing::Tokens | Knowing::Quotas))
            .map(|name| auth::token(name).unwrap())
            .collect();
        let lines: Vec<_> = made.iter().map(|made| made.line.as_str()).collect();
        fs::write(&identities, lines.join("\n")).unwrap();
        let at = match transport {
            Transport::Unix => folder.path().to_str().unwrap(),
            Transport::Tcp | Transport::Tls => "",
        };
        let has_tls = matches!(transport, Transport::Tls);
        if has_tls {
            certify(folder.path());
        }
        let mut controller = Command::new(env::current_exe().unwrap())
            .args(["play", "--exact", "--nocapture", "--test-threads=1"])
            .env(FOLDER, at)
            .envs(budget.map(|bytes| (BUDGET, bytes.to_string())))
            .envs((!made.is_empty()).then_some((IDENTITIES, &identities)))
            .envs((knowing == Knowing::Addresses).then_some((ADDRESSES, "")))
            .envs((knowing == Knowing::Quotas).then_some((QUOTAS, "")))
            .envs(has_tls.then_some((TLS, folder.path())))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(controller.stdout.take().unwrap())
            .lines()
            .map_while(Result::ok);
        let port = lines
            .find_map(|line| line.strip_prefix(LISTENS).map(str::to_owned))
            .unwrap();
        // What else the test runner says is read, so that it never waits for that.
        thread::spawn(move || lines.for_each(drop));
        let address = match transport {
            Transport::Unix => Address::unix_in(folder.path()),
            Transport::Tcp | Transport::Tls => Address::Tcp {
                host: "127.0.0.1".to_owned(),
                port: port.parse().unwrap(),
            },
        };
        Self {
            watched: Watched::new(controller.id()),
            controller,
            folder,
            address,
            has_tls,
            tokens: made
                .iter()
                .filter_map(|made| made.shown().map(str::to_owned))
                .collect(),
        }
    }

    pub fn address(&self) -> &Address {
        &self.address
    }

    /// What somebody has of TLS who joins.
    pub fn joining(&self, authority: Authority) -> Security {
        let shown = match authority {
            Authority::Own => "own",
            Authority::Another => "another",
        };
        Security::joining(tls(self.folder.path(), shown)).unwrap()
    }

    /// A connection with TLS on which nobody has greeted.
    pub async fn secured(&self, authority: Authority) -> Result<Connection, ConnectError> {
        connect(&self.address, Limits::default(), &self.joining(authority)).await
    }

    /// A node of daffi's own beside those that attack.
    async fn node(&self, name: &str, lost: &Arc<AtomicUsize>) -> Global {
        let builder = Global::builder()
            .process_name(name)
            .auto_callbacks(false)
            .service(Bystander);
        let builder = match self.address.port() {
            Some(port) => builder.host("127.0.0.1").port(port),
            None => builder.unix_sock_path(self.folder.path()),
        };
        let builder = match self.tokens.first() {
            Some(token) => builder.token(token),
            None => builder,
        };
        let builder = if self.has_tls {
            builder.tls(tls(self.folder.path(), "own"))
        } else {
            builder
        };
        let lost = Arc::clone(lost);
        builder
            .on_node_disconnect(move |_| {
                lost.fetch_add(1, Ordering::Relaxed);
            })
            .start()
            .await
            .unwrap()
    }

    /// The memory that the controller has in use, in bytes, where the system says it; the most of it is counted anew.
    pub fn memory(&self) -> Option<u64> {
        self.watched.memory()
    }

    /// Checks that the controller has not had so many bytes more in use at any time since it had `before`.
    #[track_caller]
    pub fn assert_memory(&self, before: Option<u64>, most: u64) {
        self.watched.assert_memory(before, most);
    }

    /// Those who work beside whoever attacks.
    pub async fn bystanders(&self) -> Bystanders {
        let lost = Arc::new(AtomicUsize::new(0));
        let nodes = [self.node("left", &lost).await, self.node("right", &lost).await];
        nodes[0].wait_process("right").await.unwrap();
        nodes[1].wait_process("left").await.unwrap();
        let (end, _) = watch::channel(false);
        let [left, right] = &nodes;
        let tasks = [(left, "right"), (right, "left")].map(|(node, other)| Caller::start(node, other, &end));
        Bystanders {
            nodes,
            tasks,
            end,
            lost,
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // All others are gone, since they came later.
        let left = (!thread::panicking()).then(|| self.watched.left_over());
        let _ = self.controller.kill();
        let _ = self.controller.wait();
        assert_eq!(left.flatten(), None, "what is left when everybody has gone");
    }
}

/// TLS with a certificate that [`certify`] has made.
fn tls(folder: &Path, shown: &str) -> Tls {
    Tls::new()
        .ca(folder.join("ca.pem"))
        .certificate(folder.join(format!("{shown}.pem")))
        .key(folder.join(format!("{shown}.key")))
}

/// Makes certificates: for the controller, for nodes of its authority, and for those of another.
fn certify(folder: &Path) {
    let [own, another] = [0; 2].map(|_| certificates::Authority::generate().unwrap());
    fs::write(folder.join("ca.pem"), own.own().unwrap().certificate).unwrap();
    for (name, authority, wanted) in [
        ("server", &own, Wanted::new(Purpose::Server, ["127.0.0.1"])),
        ("own", &own, Wanted::new(Purpose::Client, ["own"])),
        ("another", &another, Wanted::new(Purpose::Client, ["own"])),
    ] {
        let issued = authority.issue(&wanted).unwrap();
        fs::write(folder.join(format!("{name}.pem")), issued.certificate).unwrap();
        fs::write(folder.join(format!("{name}.key")), &*issued.key).unwrap();
    }
}

/// What can be nested as deep as one likes.
#[derive(Serialize, Deserialize)]
pub enum Tree {
    Leaf,
    Branch(Box<Tree>),
}

struct Bystander;

#[callback(prefix = "bystander.")]
impl Bystander {
    pub async fn same(&self, number: u64) -> u64 {
        number
    }

    pub async fn depth(&self, tree: Tree) -> u32 {
        let (mut depth, mut below) = (0, &tree);
        while let Tree::Branch(tree) = below {
            (depth, below) = (depth + 1, tree);
        }
        depth
    }

    pub async fn sum(&self, mut numbers: Streaming<u64>) -> u64 {
        let mut sum = 0_u64;
        while let Some(Ok(number)) = numbers.next().await {
            sum = sum.wrapping_add(number);
        }
        sum
    }

    pub async fn count(&self, _from: u64) -> impl Stream<Item = u64> {
        stream::iter(0..)
    }

    pub fn items(&self, texts: Streaming<String>) -> impl Iterator<Item = u64> {
        drop(texts);
        0..5
    }
}

/// Two processes that call each other all the while.
pub struct Bystanders {
    nodes: [Global; 2],
    tasks: [Caller; 2],
    end: watch::Sender<bool>,
    lost: Arc<AtomicUsize>,
}

struct Caller {
    made: watch::Receiver<u64>,
    task: JoinHandle<()>,
}

impl Caller {
    fn start(node: &Global, other: &'static str, end: &watch::Sender<bool>) -> Self {
        let (count, made) = watch::channel(0);
        let end = end.subscribe();
        let node = node.clone();
        let task = tokio::spawn(async move {
            let mut number = 0;
            while !*end.borrow() {
                let call = node.call::<u64>("bystander.same", (number,)).to(other);
                assert_eq!(call.await, Ok(number), "a call between bystanders");
                number += 1;
                count.send_replace(number);
                if is_measured() {
                    sleep(Duration::from_millis(20)).await;
                }
            }
        });
        Self { made, task }
    }
}

impl Bystanders {
    /// One of them, to make more calls with.
    pub const fn one(&self) -> &Global {
        &self.nodes[0]
    }

    /// Waits until each has made so many calls more.
    pub async fn go_on(&mut self, calls: u64) {
        for caller in &mut self.tasks {
            let goal = *caller.made.borrow() + calls;
            let made = caller.made.wait_for(|made| *made >= goal).await;
            assert!(made.is_ok(), "a bystander cannot go on");
        }
    }

    /// Checks that nothing was done to them.
    pub async fn end(mut self) {
        self.go_on(20).await;
        self.end.send_replace(true);
        for caller in self.tasks {
            caller.task.await.unwrap();
        }
        assert_eq!(
            self.lost.load(Ordering::Relaxed),
            0,
            "a bystander lost its connection"
        );
        for node in self.nodes {
            node.stop().await;
        }
    }
}
