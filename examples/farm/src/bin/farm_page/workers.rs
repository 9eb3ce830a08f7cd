//! The processes that the page starts and kills. None outlives the page, however that ends: each has a pipe from it, and ends with that.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use std::{env, io, process, thread};

use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::oneshot;

/// So many run at the same time at most.
pub const MOST: usize = 8;

const NAMES: [&str; 12] = [
    "ann", "bob", "cat", "dan", "eve", "fay", "gus", "hal", "ida", "jon", "kim", "leo",
];

pub struct Workers {
    /// Where their controller is.
    place: PathBuf,
    /// How much longer than it need be each takes for a picture, in milliseconds: the first, the second, …, and all others as the last.
    paces: Vec<u64>,
    running: Mutex<Running>,
}

#[derive(Default)]
struct Running {
    /// How many there have been.
    started: usize,
    /// What has one killed.
    kill: BTreeMap<String, oneshot::Sender<()>>,
}

/// One that was started.
pub struct Started {
    pub name: String,
    pub pid: u32,
    child: Child,
    pipe: Option<ChildStdin>,
    kill: oneshot::Receiver<()>,
}

impl Workers {
    pub fn new(place: PathBuf, paces: Vec<u64>) -> Self {
        Self {
            place,
            paces,
            running: Mutex::default(),
        }
    }

    /// Starts one more.
    pub fn start(&self) -> io::Result<Started> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if running.kill.len() >= MOST {
            let many = format!("{MOST} workers run already, and no more are started: kill one first");
            return Err(io::Error::new(io::ErrorKind::QuotaExceeded, many));
        }
        let number = running.started;
        let mut name = NAMES[number % NAMES.len()].to_owned();
        if number >= NAMES.len() {
            name = format!("{name} {}", number / NAMES.len() + 1);
        }
        let pace = self.paces.get(number).or(self.paces.last()).copied();
        let mut child = Command::new(env::current_exe()?)
            .args([&name, &pace.unwrap_or_default().to_string()])
            .env("FARM_ROLE", "worker")
            .env("FARM_SOCKET", &self.place)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        running.started += 1;
        let (kill, killed) = oneshot::channel();
        running.kill.insert(name.clone(), kill);
        Ok(Started {
            name,
            pid: child.id().unwrap_or_default(),
            pipe: child.stdin.take(),
            child,
            kill: killed,
        })
    }

    /// Kills one, as `kill -9` does. Whether there is one of that name.
    pub fn kill(&self, name: &str) -> bool {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running
            .kill
            .remove(name)
            .is_some_and(|kill| kill.send(()).is_ok())
    }

    /// Waits for the end of one, which comes by itself, by [`Self::kill`], or when `page_ends`.
    pub async fn until_ended(&self, mut worker: Started, page_ends: impl Future<Output = ()>) {
        tokio::select! {
            _ = worker.child.wait() => {}
            Ok(()) = &mut worker.kill => {}
            () = page_ends => {
                // It has a moment to end by itself.
                drop(worker.pipe.take());
                let _ = tokio::time::timeout(Duration::from_secs(2), worker.child.wait()).await;
            }
        }
        let _ = worker.child.kill().await;
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.kill.remove(&worker.name);
    }
}

/// Has this process, which is a worker, end with the page that has started it, also where that is killed.
pub fn end_with_the_page() {
    thread::spawn(|| {
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        process::exit(0);
    });
}
