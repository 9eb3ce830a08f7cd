//! Processes, each of which is this program again with a part to play.

use std::env;
use std::io::{BufRead as _, BufReader, Write as _, stdin, stdout};
use std::process::{Child, ChildStdin, Command, Stdio, exit};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Instant;

use rustix::process::{Pid, Signal, kill_process};
use tokio::sync::watch;

/// Tells a process its part, with what belongs to it, a line each.
const PART: &str = "DAFFI_FAULTS_PART";

/// What it is told when what runs may end.
const MAY_END: &str = "may end";

/// What a process was started for.
pub fn part() -> Option<Vec<String>> {
    let part = env::var(PART).ok()?;
    Some(part.split('\n').map(str::to_owned).collect())
}

/// Says something to the process that has started this one.
pub fn say(what: &str) {
    let mut out = stdout().lock();
    let _ = writeln!(out, "{what}").and_then(|()| out.flush());
}

/// Becomes true when what runs may end. The process ends with the one that has started it.
pub fn may_end() -> watch::Receiver<bool> {
    let (tell, told) = watch::channel(false);
    thread::spawn(move || {
        for line in stdin().lines().map_while(Result::ok) {
            if line == MAY_END {
                tell.send_replace(true);
            }
        }
        exit(1);
    });
    told
}

/// What a process has said, and when.
pub type Heard = Vec<(Instant, String)>;

/// A process that plays a part. It is killed when this is dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    to: Arc<Mutex<ChildStdin>>,
    heard: watch::Receiver<Heard>,
}

impl Process {
    /// Starts one, and waits until it has begun.
    pub async fn start(part: &[&str]) -> Self {
        let mut child = Command::new(env::current_exe().unwrap())
            .env(PART, part.join("\n"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let to = Arc::new(Mutex::new(child.stdin.take().unwrap()));
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (said, heard) = watch::channel(Heard::new());
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                said.send_modify(|heard| heard.push((Instant::now(), line)));
            }
        });
        let process = Self { child, to, heard };
        process.says("begins").await;
        process
    }

    /// Waits until it has said something that begins so, and gives what follows. `None` if it has ended without.
    pub async fn hears(&self, what: &str) -> Option<(Instant, String)> {
        let mut heard = self.heard.clone();
        let found = |(at, said): &(Instant, String)| Some((*at, said.strip_prefix(what)?.to_owned()));
        let said = heard.wait_for(|heard| heard.iter().any(|said| found(said).is_some()));
        said.await.ok()?.iter().find_map(found)
    }

    /// The same of one that lives.
    pub async fn says(&self, what: &str) -> String {
        match self.hears(what).await {
            Some((_, rest)) => rest,
            None => panic!("{what:?} is not said: {:?}", self.heard.borrow()),
        }
    }

    /// All that it has said that begins so.
    pub fn all(&self, what: &str) -> Heard {
        let heard = self.heard.borrow();
        let found = heard
            .iter()
            .filter_map(|(at, said)| Some((*at, said.strip_prefix(what)?.to_owned())));
        found.collect()
    }

    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.child.id().try_into().unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    /// What runs may end now.
    pub fn let_end(&self) {
        let mut to = self.to.lock().unwrap();
        let _ = writeln!(to, "{MAY_END}").and_then(|()| to.flush());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
