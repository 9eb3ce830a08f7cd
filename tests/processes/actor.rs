//! Processes that play a part, as the test sees them.

use std::future::ready;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::process::{Child, Command, ExitStatus, Stdio, exit};
use std::sync::Mutex;
use std::{env, io, thread};

use daffi::Global;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::sync::watch;

const PART: &str = "DAFFI_TEST_PART";
const FOLDER: &str = "DAFFI_TEST_FOLDER";

/// What a part says starts with this, to tell it from what the test runner says.
const SAYS: &str = "part: ";

/// The part that this process was started for. The process then ends with the test that started it, at the latest.
pub fn part() -> Option<String> {
    let part = env::var(PART).ok()?;
    thread::spawn(|| {
        // Nothing is written to it. It is closed with the test's process, whatever ends that.
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        exit(1);
    });
    Some(part)
}

/// The folder of the stage that this process was started for.
pub fn folder() -> PathBuf {
    env::var_os(FOLDER).unwrap().into()
}

/// Says something to the test.
pub fn say(what: &str) {
    let mut out = io::stdout().lock();
    // Nobody listens once the test has ended.
    let _ = writeln!(out, "\n{SAYS}{what}").and_then(|()| out.flush());
}

/// Serves until the process is told to end. The part has begun when it does.
pub async fn serve(g: &Global) {
    let mut joined = pin!(g.join());
    // Signals are caught once `join` has been polled.
    tokio::select! {
        biased;
        _ = &mut joined => return,
        () = ready(()) => say("begins"),
    }
    joined.await;
}

/// A place of its own for the processes of one test.
pub struct Stage {
    folder: TempDir,
}

impl Stage {
    pub fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// The folder of the controller's socket.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Starts a process and waits until its part has begun.
    pub async fn start(&self, part: &str) -> Actor {
        let actor = self.begin(part);
        assert!(actor.hears("begins").await, "{part:?} does not begin");
        actor
    }

    /// Starts a process that may not get far.
    pub fn begin(&self, part: &str) -> Actor {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["play", "--exact", "--nocapture", "--test-threads=1"])
            .env(PART, part)
            .env(FOLDER, self.folder())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap())
            .lines()
            .map_while(Result::ok);
        let (said, heard) = watch::channel(Vec::new());
        thread::spawn(move || {
            for line in lines {
                if let Some(what) = line.strip_prefix(SAYS) {
                    said.send_modify(|said| said.push(what.to_owned()));
                }
            }
            // Dropping `said` tells that the process has ended.
        });
        Actor {
            child: Mutex::new(child),
            heard,
        }
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

    /// Waits until it has said something that has these in it.
    pub async fn says_something_with(&self, one: &str, other: &str) {
        let mut heard = self.heard.clone();
        let both = |said: &String| said.contains(one) && said.contains(other);
        let said = heard.wait_for(|said| said.iter().any(both)).await.is_ok();
        assert!(said, "{one:?} and {other:?} are not in {:?}", self.heard.borrow());
    }

    /// Waits until it has said this and a number, which it is.
    pub async fn number_after(&self, what: &str) -> u16 {
        let mut heard = self.heard.clone();
        let number = |said: &String| said.strip_prefix(what)?.parse().ok();
        let said = heard.wait_for(|said| said.iter().any(|said| number(said).is_some()));
        said.await.unwrap().iter().find_map(number).unwrap()
    }

    /// All that it has said so far.
    pub fn all(&self) -> Vec<String> {
        self.heard.borrow().clone()
    }

    /// Whether it has said this so far.
    pub fn has_said(&self, what: &str) -> bool {
        self.heard.borrow().iter().any(|said| said == what)
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
