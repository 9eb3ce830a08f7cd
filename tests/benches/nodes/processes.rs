//! The processes: a controller, and a crowd of nodes.

use std::env;
use std::fs::{self, Permissions};
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use daffi::{Global, GlobalBuilder, Tls};
use daffi_certificates::{Authority, Purpose, Wanted};
use daffi_core::auth;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Semaphore;

/// Tells a process what it is: its role, how many nodes, its port, whether it has TLS, and the folder with secrets.
const ROLE: &str = "DAFFI_BENCH_ROLE";

/// So many nodes of a crowd join at a time.
const AT_ONCE: usize = 64;

/// What a process is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Controller,
    /// Nodes that do nothing.
    Idle,
    /// Nodes that offer callbacks.
    Offering,
}

/// Where processes meet, and how.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    port: u16,
    tls: bool,
    folder: String,
}

/// What this process is, if it is not the one that measures.
pub(crate) fn role() -> Option<Playing> {
    let said = env::var(ROLE).ok()?;
    let words: Vec<_> = said.split(' ').collect();
    let [role, nodes, port, tls, folder] = words[..] else {
        panic!("not a role: {said}");
    };
    Some(Playing {
        role: match role {
            "Controller" => Role::Controller,
            "Idle" => Role::Idle,
            _ => Role::Offering,
        },
        nodes: nodes.parse().unwrap(),
        place: Place {
            port: port.parse().unwrap(),
            tls: tls.parse().unwrap(),
            folder: folder.to_owned(),
        },
    })
}

/// A role, and what belongs to it.
pub(crate) struct Playing {
    role: Role,
    nodes: usize,
    place: Place,
}

impl Playing {
    /// Plays it until this process is killed.
    pub(crate) fn play(self) {
        runtime().block_on(async move {
            let playing = tokio::spawn(async move {
                let _running = match self.role {
                    Role::Controller => vec![self.place.controller().start().await.unwrap()],
                    Role::Idle => crowd(&self.place, self.nodes, false).await,
                    Role::Offering => crowd(&self.place, self.nodes, true).await,
                };
                println!("ready");
                std::future::pending::<()>().await;
            });
            playing.await.unwrap();
        });
    }
}

async fn crowd(place: &Place, nodes: usize, offers: bool) -> Vec<Global> {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let starting = (0..nodes).map(|number| {
        let builder = place
            .node()
            .auto_callbacks(offers)
            .process_name(format!("node {number}"));
        let places = Arc::clone(&places);
        tokio::spawn(async move {
            let _place = places.acquire().await.unwrap();
            builder.start().await.unwrap()
        })
    });
    let starting: Vec<_> = starting.collect();
    let mut started = Vec::with_capacity(nodes);
    for one in starting {
        started.push(one.await.unwrap());
    }
    started
}

impl Place {
    pub(crate) fn new(folder: &Path, tls: bool) -> Self {
        // Free a moment ago.
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        Self {
            port: free.local_addr().unwrap().port(),
            tls,
            folder: folder.display().to_string(),
        }
    }

    fn file(&self, name: &str) -> String {
        format!("{}/{name}", self.folder)
    }

    fn builder(&self) -> GlobalBuilder {
        Global::builder()
            .auto_callbacks(false)
            .host("127.0.0.1")
            .port(self.port)
    }

    fn controller(&self) -> GlobalBuilder {
        let builder = self
            .builder()
            .init_controller(true)
            .init_node(false)
            .known(self.file("identities"));
        if self.tls {
            builder
                .ssl_certificate(self.file("server.pem"))
                .ssl_key(self.file("server.key"))
        } else {
            builder
        }
    }

    /// A node, which has proven who it is.
    pub(crate) fn node(&self) -> GlobalBuilder {
        let builder = self.builder().token_file(self.file("token"));
        if self.tls {
            builder.tls(Tls::new().ca(self.file("ca.pem")))
        } else {
            builder
        }
    }
}

/// A process that ends with this.
pub(crate) struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Process {
    /// Starts this program in a role; it is ready when this returns.
    pub(crate) fn start(role: Role, at: &Place, nodes: usize) -> Self {
        let Place { port, tls, folder } = at;
        let mut child = Command::new(env::current_exe().unwrap())
            .env(ROLE, format!("{role:?} {nodes} {port} {tls} {folder}"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        assert_eq!(line, "ready\n");
        Self(child)
    }

    /// Ends it as the system would, without a word to anybody.
    pub(crate) fn kill(&mut self) {
        self.0.kill().unwrap();
    }

    /// How much memory it has in RAM.
    pub(crate) fn resident_kib(&self) -> usize {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
}

pub(crate) fn runtime() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

/// Makes the secrets of all: a token, and a certificate.
pub(crate) fn issue(folder: &Path) {
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap();
    };
    let authority = Authority::generate().unwrap();
    let server = authority
        .issue(&Wanted::new(Purpose::Server, ["127.0.0.1"]))
        .unwrap();
    write("ca.pem", &authority.own().unwrap().certificate);
    write("server.pem", &server.certificate);
    write("server.key", &server.key);
    let token = auth::token("crowd").unwrap();
    write("token", token.shown().unwrap());
    write("identities", &token.line);
}
