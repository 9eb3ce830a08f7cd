//! The processes of the benchmark: this program, started again in other roles.

use std::env;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tokio::runtime::{Builder, Runtime};

const ROLE: &str = "DAFFI_BENCH_ROLE";

#[derive(Clone, Copy, Debug)]
pub enum Transport {
    Unix,
    Tcp,
}

/// Where processes meet.
#[derive(Clone, Debug)]
pub enum Place {
    Folder(PathBuf),
    Port(u16),
}

impl Transport {
    pub fn place(self, folder: &Path, name: &str) -> Place {
        match self {
            Self::Unix => {
                let folder = folder.join(name);
                std::fs::create_dir(&folder).unwrap();
                Place::Folder(folder)
            }
            // Free a moment ago.
            Self::Tcp => Place::Port(
                TcpListener::bind("127.0.0.1:0")
                    .unwrap()
                    .local_addr()
                    .unwrap()
                    .port(),
            ),
        }
    }
}

impl Place {
    fn text(&self) -> String {
        match self {
            Self::Folder(folder) => folder.display().to_string(),
            Self::Port(port) => port.to_string(),
        }
    }

    fn parse(text: &str) -> Self {
        text.parse()
            .map_or_else(|_| Self::Folder(text.into()), Self::Port)
    }
}

pub enum Role {
    Controller(Place),
    Provider(Place),
    /// The hand-written relay.
    Relay(Place),
    /// What it relays from.
    Source(Place),
}

impl Role {
    pub fn of_this_process() -> Option<Self> {
        let role = env::var(ROLE).ok()?;
        let (name, place) = role.split_once(' ').unwrap();
        let place = Place::parse(place);
        Some(match name {
            "controller" => Self::Controller(place),
            "provider" => Self::Provider(place),
            "relay" => Self::Relay(place),
            _ => Self::Source(place),
        })
    }

    fn text(&self) -> String {
        let (name, place) = match self {
            Self::Controller(place) => ("controller", place),
            Self::Provider(place) => ("provider", place),
            Self::Relay(place) => ("relay", place),
            Self::Source(place) => ("source", place),
        };
        format!("{name} {}", place.text())
    }
}

/// A process that ends with this.
pub struct Process(Child);

impl Process {
    pub fn id(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts this program in a role; it is ready when this returns.
pub fn start(role: &Role) -> Process {
    let mut child = Command::new(env::current_exe().unwrap())
        .env(ROLE, role.text())
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

/// Says that this process is ready, and goes on until it is killed.
pub async fn ready() {
    println!("ready");
    std::future::pending::<()>().await;
}

pub fn runtime() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

/// As the system says it, where it does.
pub fn peak_memory(process: u32) -> Option<String> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().to_owned())
}
