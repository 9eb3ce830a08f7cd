//! A controller, a provider, another one, a caller, and somebody who watches: what is seen when something happens to one of them.

use std::collections::BTreeMap;
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use daffi::{CallError, Global, LeaveReason, Presence};
use daffi_faults::{Cutter, Way};
use rustix::process::Signal;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::faults::{Fault, What, Who};
use crate::parts::{at, echo, words};
use crate::processes::{Heard, Process};
use crate::table::{Row, rough};

/// What takes how long.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    heartbeat: Duration,
    grace: Duration,
}

impl Times {
    /// Those that a controller has by itself.
    pub const USUAL: Self = Self {
        heartbeat: Duration::from_secs(2),
        grace: Duration::from_secs(3),
    };

    /// Short ones.
    pub const QUICK: Self = Self {
        heartbeat: Duration::from_millis(400),
        grace: Duration::from_secs(2),
    };
}

/// What is under way, as it is called on both sides.
const UNDER_WAY: [&str; 4] = ["the call", "the stream", "the reading", "the broadcast"];

/// A folder for sockets, which goes with this.
#[derive(Debug)]
struct Folder(String);

impl Folder {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("daffi-faults-{}-{number}", process::id()));
        Self(path.to_str().unwrap().to_owned())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[derive(Debug)]
pub struct Scene {
    times: Times,
    who: Who,
    /// Where the controller is.
    place: String,
    controller: Process,
    provider: Process,
    other: Process,
    caller: Process,
    cutter: Cutter,
    observer: Global,
    events: watch::Receiver<Heard>,
    listening: JoinHandle<()>,
    /// What has come since.
    more: Vec<Process>,
    /// When it happened.
    since: Instant,
    _folder: Folder,
}

async fn controller(place: &str, times: Times, standby_of: &str) -> Process {
    let milliseconds = |time: Duration| time.as_millis().to_string();
    let (heartbeat, grace) = (milliseconds(times.heartbeat), milliseconds(times.grace));
    Process::start(&["controller", place, &heartbeat, &grace, standby_of]).await
}

impl Scene {
    async fn set(fault: &Fault, times: Times) -> Self {
        let Fault { who, what, .. } = *fault;
        let folder = Folder::new();
        let is_unix = matches!(what, What::KilledByUnix | What::FrozenByUnix);
        let first = controller(if is_unix { &folder.0 } else { "0" }, times, "").await;
        let port = first.says("port ").await;
        let mut more = Vec::new();
        let mut places = if is_unix { folder.0.clone() } else { port.clone() };
        if let What::KilledBesideStandby = what {
            let standby = controller("0", times, &port).await;
            places = format!("{port},{}", standby.says("port ").await);
            more.push(standby);
        }
        let cutter = Cutter::to(port.parse().unwrap(), 1).await;
        let cut = cutter.port().to_string();
        let is_cut = matches!(what, What::Cut | What::CutForLong | What::HalfOpen);
        let place_of = |one: Who| if is_cut && one == who { &cut } else { &places };
        let provider = Process::start(&["provider", "provider", place_of(Who::Provider), ""]).await;
        let other = Process::start(&["provider", "other", &places, ""]).await;
        let observer = at(&places).process_name("observer").start().await.unwrap();
        let (tell, events) = watch::channel(Heard::new());
        let mut presence = observer.presence().await.unwrap();
        let listening = tokio::spawn(async move {
            while let Some(event) = presence.next().await {
                if let Some(event) = told(&event) {
                    tell.send_modify(|events| events.push((Instant::now(), event)));
                }
            }
        });
        let caller = Process::start(&["caller", "caller", place_of(Who::Caller), "calls"]).await;
        for what in UNDER_WAY {
            provider.says(&format!("runs {what}")).await;
        }
        other.says("runs the broadcast").await;
        // Some items are on their way.
        sleep(Duration::from_millis(100)).await;
        Self {
            times,
            who,
            place: port,
            controller: first,
            provider,
            other,
            caller,
            cutter,
            observer,
            events,
            listening,
            more,
            since: Instant::now(),
            _folder: folder,
        }
    }

    /// Lets it happen, and says what was seen.
    pub async fn play(fault: &Fault, times: Times) -> Row {
        let mut scene = Self::set(fault, times).await;
        scene.since = Instant::now();
        scene.begin(fault.what).await;
        let next = scene.call_next();
        scene.go_on(fault.what).await;
        scene.let_end();
        let (next, took) = next.await.unwrap();
        let row = scene.row(fault, format!("{next} ({})", rough(took))).await;
        scene.end().await;
        row
    }

    /// The process to which it happens.
    const fn process(&self) -> &Process {
        match self.who {
            Who::Provider => &self.provider,
            Who::Caller => &self.caller,
            Who::Controller => &self.controller,
        }
    }

    const fn name(&self) -> &'static str {
        match self.who {
            Who::Caller => "caller",
            Who::Provider | Who::Controller => "provider",
        }
    }

    async fn begin(&mut self, what: What) {
        match what {
            What::Killed | What::KilledByUnix | What::KilledBesideStandby => {
                self.process().signal(Signal::KILL);
            }
            What::KilledAndStarted => {
                self.process().signal(Signal::KILL);
                self.start_again("").await;
            }
            What::Frozen | What::FrozenByUnix | What::FrozenForLong => self.process().signal(Signal::STOP),
            What::Cut => self.cutter.cut(),
            What::CutForLong => {
                self.cutter.close(true);
                self.cutter.cut();
            }
            What::HalfOpen => self.cutter.freeze(Way::Both),
            What::Stopped => self.process().signal(Signal::TERM),
            What::Replaced => self.start_again("replaces").await,
        }
    }

    /// Starts another process in the place of this one.
    async fn start_again(&mut self, how: &str) {
        let again = match self.who {
            Who::Provider => Process::start(&["provider", "provider", &self.place, how]).await,
            Who::Caller => Process::start(&["caller", "caller", &self.place, how]).await,
            Who::Controller => controller(&self.place, self.times, "").await,
        };
        self.more.push(again);
    }

    /// What follows, until all have seen it.
    async fn go_on(&mut self, what: What) {
        let name = self.name();
        match (self.who, what) {
            (Who::Controller, What::Frozen) => {
                // A node misses it after half of that, and waits for it as long as it would wait for a node.
                sleep(self.times.grace).await;
                self.controller.signal(Signal::CONT);
                sleep(self.times.heartbeat).await;
            }
            (Who::Controller, What::FrozenByUnix) => {
                // It is missed after three heartbeats, and given up a grace later.
                sleep(self.times.heartbeat * 3 + self.times.grace / 2).await;
                self.controller.signal(Signal::CONT);
                sleep(self.times.heartbeat).await;
            }
            (Who::Controller, What::FrozenForLong) => {
                self.all_is_lost().await;
                self.controller.signal(Signal::CONT);
                self.connected_again().await;
            }
            (Who::Controller, What::Killed) => {
                self.all_is_lost().await;
                self.start_again("").await;
                self.connected_again().await;
            }
            (Who::Controller, What::Stopped) => {
                sleep(Duration::from_millis(300)).await;
                self.let_end();
                self.controller.hears("stopped").await;
                self.start_again("").await;
                self.connected_again().await;
            }
            (Who::Controller, _) => {
                self.all_is_lost().await;
                self.connected_again().await;
            }
            (_, What::Frozen | What::FrozenByUnix) => {
                self.sees(&format!("`Away` {name}")).await;
                self.process().signal(Signal::CONT);
                self.sees(&format!("`Back` {name}")).await;
            }
            (_, What::FrozenForLong) => {
                self.sees(&format!("`Left`, lost {name}")).await;
                self.process().signal(Signal::CONT);
                self.comes_again().await;
            }
            (_, What::CutForLong) => {
                self.sees(&format!("`Left`, lost {name}")).await;
                self.cutter.close(false);
                self.comes_again().await;
            }
            (_, What::Cut | What::HalfOpen) => {
                let passed = self.times.heartbeat * 4 + self.times.grace;
                let lost = format!("`Left`, lost {name}");
                let lost = tokio::time::timeout(passed, self.sees(&lost)).await;
                assert!(lost.is_err(), "{:?}", self.events.borrow());
            }
            (Who::Caller, What::Stopped) => self.all_is_lost().await,
            (_, What::Stopped) => self.sees(&format!("`Left`, said goodbye {name}")).await,
            (_, What::Replaced) => {
                self.process().says("hook: `on_refused`").await;
                self.all_is_lost().await;
            }
            (_, What::Killed | What::KilledByUnix | What::KilledAndStarted | What::KilledBesideStandby) => {
                self.sees(&format!("`Left`, lost {name}")).await;
                self.all_is_lost().await;
            }
        }
    }

    /// Waits until all that was under way has ended, but for the broadcast where another process is still at it.
    async fn all_is_lost(&self) {
        for what in UNDER_WAY {
            if self.who != Who::Provider || what != "the broadcast" {
                self.caller.hears(&format!("told {what}: ")).await;
            }
            self.provider.hears(&format!("ran {what}: ")).await;
        }
    }

    /// What is under way may end.
    fn let_end(&self) {
        for process in [&self.provider, &self.other, &self.caller] {
            process.let_end();
        }
    }

    /// Waits until the process is there again, as one that has just started.
    async fn comes_again(&self) {
        self.all_is_lost().await;
        self.sees(&format!("`Joined` {}", self.name())).await;
        self.connects(self.process()).await;
    }

    /// Waits until those who have lost the controller have one again.
    async fn connected_again(&self) {
        for process in [&self.provider, &self.caller] {
            self.connects(process).await;
        }
    }

    /// Waits until a process has been told that it has a connection again.
    async fn connects(&self, process: &Process) {
        while !self
            .hooks(process)
            .iter()
            .any(|(_, hook)| hook.contains("on_node_connect"))
        {
            sleep(Duration::from_millis(10)).await;
        }
    }

    async fn sees(&self, what: &str) {
        let mut events = self.events.clone();
        let since = self.since;
        let seen = events.wait_for(|events| events.iter().any(|(at, said)| *at >= since && said == what));
        seen.await.unwrap();
    }

    /// A call to the process, or of another one to the provider.
    fn call_next(&self) -> JoinHandle<(String, Duration)> {
        let observer = self.observer.clone();
        tokio::spawn(async move {
            sleep(Duration::from_millis(100)).await;
            let begun = Instant::now();
            let outcome = echo(&observer, "provider").await;
            (words(&outcome), begun.elapsed())
        })
    }

    fn hooks(&self, process: &Process) -> Heard {
        let mut hooks = process.all("hook: ");
        hooks.retain(|(at, _)| *at >= self.since);
        hooks
    }

    /// When what was told.
    fn after(&self, at: Instant) -> Duration {
        at.saturating_duration_since(self.since)
    }

    /// How all that was under way ended, for one who says that.
    async fn ended(&self, process: &Process, says: &str) -> String {
        let mut ends: BTreeMap<String, (Duration, Vec<&str>)> = BTreeMap::new();
        for what in UNDER_WAY {
            let Some((at, how)) = process.hears(&format!("{says} {what}: ")).await else {
                return "–".to_owned();
            };
            let (took, all) = ends.entry(how).or_default();
            *took = (*took).max(self.after(at));
            all.push(what);
        }
        let is_one = ends.len() == 1;
        let words = ends.into_iter().map(|(how, (took, of))| {
            // That ends when it may.
            let took = match &*how {
                "the value" | "ends" => String::new(),
                _ => format!(" ({})", rough(took)),
            };
            if is_one {
                format!("{how}{took}")
            } else {
                format!("{}: {how}{took}", of.join(", "))
            }
        });
        words.collect::<Vec<_>>().join("; ")
    }

    /// What was told one after the other, what is told again and again once.
    fn listed(&self, told: &Heard) -> String {
        let mut words: Vec<String> = Vec::new();
        for (at, what) in told {
            if !words.iter().any(|word| word.starts_with(what)) {
                words.push(format!("{what} ({})", rough(self.after(*at))));
            }
        }
        if words.is_empty() {
            "nothing".to_owned()
        } else {
            words.join(", ")
        }
    }

    async fn row(&self, fault: &Fault, next: String) -> Row {
        let caller = self.ended(&self.caller, "told").await;
        let provider = self.ended(&self.provider, "ran").await;
        let own = match (self.who, fault.what) {
            (Who::Provider | Who::Caller, What::Killed | What::KilledByUnix | What::KilledAndStarted) => {
                "–".to_owned()
            }
            (Who::Controller, _) => self.listed(&self.hooks(&self.caller)),
            _ => self.listed(&self.hooks(self.process())),
        };
        let suffix = format!(" {}", self.name());
        let mut events = self.events.borrow().clone();
        events
            .retain(|(at, what)| *at >= self.since && (what.ends_with(&suffix) || what.starts_with("ends")));
        for (_, what) in &mut events {
            *what = what.strip_suffix(&suffix).unwrap_or(what).to_owned();
        }
        let observer = match (fault.who, fault.what) {
            // Whoever is back before that is noticed was never away.
            (_, What::Cut | What::HalfOpen) | (Who::Controller, What::Frozen | What::FrozenByUnix) => {
                "no more than `Away`, `Back`".to_owned()
            }
            _ => self.listed(&events),
        };
        Row {
            who: match fault.who {
                Who::Provider => "provider",
                Who::Caller => "caller",
                Who::Controller => "controller",
            },
            fault: fault.words,
            caller,
            provider,
            own,
            observer,
            next,
        }
    }

    async fn end(self) {
        self.listening.abort();
        self.observer.abort();
    }
}

/// An event in a word, and of whom it tells.
fn told(event: &Result<Presence, CallError>) -> Option<String> {
    Some(match event {
        Ok(Presence::Joined { process, .. }) => format!("`Joined` {process}"),
        Ok(Presence::Left { process, reason }) => match reason {
            LeaveReason::Stopped => format!("`Left`, said goodbye {process}"),
            _ => format!("`Left`, lost {process}"),
        },
        Ok(Presence::Away { process }) => format!("`Away` {process}"),
        Ok(Presence::Back { process }) => format!("`Back` {process}"),
        Ok(_) => return None,
        Err(error) => format!("ends with `{:?}`", error.kind()),
    })
}
