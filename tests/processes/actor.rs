//! Processes that play a part, as the test sees them.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::{env, io};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::sync::watch;

const PART: &str = "DAFFI_TEST_PART";
const FOLDER: &str = "DAFFI_TEST_FOLDER";

/// What a part says starts with this, to tell it from what the test runner says.
const SAYS: &str = "part: ";

/// The part that this process was started for.
pub fn part() -> Option<String> {
    env::var(PART).ok()
}

/// Says something to the test.
pub fn say(what: &str) {
    let mut out = io::stdout().lock();
    // Nobody listens once the test has ended.
    let _ = writeln!(out, "\n{SAYS}{what}").and_then(|()| out.flush());
}

/// A place of its own for the processes of one test.
#[derive(Clone)]
pub struct Stage {
    folder: Arc<TempDir>,
}

impl Stage {
    pub fn new() -> Self {
        Self {
            folder: Arc::new(tempfile::tempdir().unwrap()),
        }
    }

    /// The folder of the controller's socket.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Starts a process and waits until its part has begun.
    pub fn start(&self, part: &str) -> Actor {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["play", "--exact", "--nocapture", "--test-threads=1"])
            .env(PART, part)
            .env(FOLDER, self.folder())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap())
            .lines()
            .map_while(Result::ok);
        let (said, heard) = watch::channel(Vec::new());
        std::thread::spawn(move || {
            for line in lines {
                if let Some(what) = line.strip_prefix(SAYS) {
                    said.send_modify(|said| said.push(what.to_owned()));
                }
            }
            // Dropping `said` tells that the process has ended.
        });
        let actor = Actor {
            child: Mutex::new(child),
            heard,
        };
        let begun = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap()
            .block_on(actor.hears("begins"));
        assert!(begun, "{part:?} does not begin");
        actor
    }
}

/// A process that plays a part. It is killed when it is dropped.
pub struct Actor {
    child: Mutex<Child>,
    heard: watch::Receiver<Vec<String>>,
}

impl Actor {
    pub fn id(&self) -> u32 {
        self.child.lock().unwrap().id()
    }

    /// Waits until it has said this.
    pub async fn says(&self, what: &str) {
        assert!(
            self.hears(what).await,
            "{what:?} is not said, only {:?}",
            self.heard.borrow()
        );
    }

    async fn hears(&self, what: &str) -> bool {
        let mut heard = self.heard.clone();
        heard
            .wait_for(|said| said.iter().any(|said| said == what))
            .await
            .is_ok()
    }

    pub fn signal(&self, signal: Signal) {
        // It has not been waited for, so its identifier is nobody else's.
        let pid = Pid::from_raw(self.id().try_into().unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    /// Waits until it has ended.
    pub async fn ended(&self) -> ExitStatus {
        let mut heard = self.heard.clone();
        while heard.changed().await.is_ok() {}
        let status = self.child.lock().unwrap().wait().unwrap();
        assert!(status.code().is_some() || status.signal().is_some());
        status
    }
}

impl Drop for Actor {
    fn drop(&mut self) {
        let child = self.child.get_mut().unwrap();
        let _ = child.kill();
        let _ = child.wait();
    }
}
