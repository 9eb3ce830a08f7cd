//! Schedules in virtual time, with calls that take as long as a test says.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use daffi_core::proto::{
    CallHeader, CallId, Missed, Overlap, Plan, Skipped, TaskId, TickError, TickOutcome, Time, When, Who,
};

use crate::schedule::{
    Act, Bounds, Connection, Draft, End, Maker, Now, Order, Refused, Run, Schedules, Zones,
};

/// It is some day in 2023 when a test begins.
pub(super) const BEGIN: Time = Time(1_700_000_000_000_000);

/// What the calls of a test do.
#[derive(Clone, Debug)]
pub(super) enum Calls {
    /// Each ends after so long with a value.
    Take(Duration),
    /// Each ends after so long with an error.
    Fail(Duration),
    /// Nobody offers what is called.
    Nobody,
    /// They end when the test says so.
    Stay,
}

#[derive(Debug)]
pub(super) struct World {
    pub(super) schedules: Schedules,
    pub(super) now: Now,
    pub(super) calls: Calls,
    /// When which of the calls that run ends.
    ends: BTreeMap<(Time, Run), End>,
    /// All that was to be done.
    pub(super) acts: Vec<Act>,
    /// What happened: seconds after the beginning, and what.
    pub(super) log: Vec<String>,
}

impl World {
    pub(super) fn new(calls: Calls) -> Self {
        let now = Now {
            steady: BEGIN,
            wall: BEGIN,
        };
        Self {
            schedules: Schedules::new(Bounds::default(), Zones::bundled(), now, 7),
            now,
            calls,
            ends: BTreeMap::new(),
            acts: Vec::new(),
            log: Vec::new(),
        }
    }

    pub(super) fn make(&mut self, plan: Plan) -> Result<TaskId, Refused> {
        self.make_as(plan, "maker", Who::Nobody)
    }

    pub(super) fn make_as(
        &mut self,
        plan: Plan,
        process: &str,
        identity: Who<&str>,
    ) -> Result<TaskId, Refused> {
        let maker = maker(process, identity);
        let mut acts = Vec::new();
        let made = self
            .schedules
            .make(draft(plan, "refresh"), maker, self.now, &mut acts);
        self.take(acts);
        made.map(|(id, _)| id)
    }

    /// Does something with the schedules.
    pub(super) fn with(&mut self, acts: impl FnOnce(&mut Schedules, Now, &mut Vec<Act>)) {
        let mut done = Vec::new();
        acts(&mut self.schedules, self.now, &mut done);
        self.take(done);
    }

    /// So much time passes.
    pub(super) fn pass(&mut self, time: Duration) {
        let end = self.now.steady.plus(time);
        loop {
            let due = self.schedules.next_timeout(self.now);
            let due = due.map(|due| self.now.steady.plus(due));
            let ends = self.ends.first_key_value().map(|((at, _), _)| *at);
            let next = due.into_iter().chain(ends).min().filter(|next| *next <= end);
            let Some(next) = next else { break };
            self.go_to(next);
            while let Some(entry) = self.ends.first_entry().filter(|entry| entry.key().0 <= next) {
                let ((_, run), end) = entry.remove_entry();
                self.with(|schedules, now, acts| schedules.ended(run, end, now, acts));
            }
            self.with(|schedules, now, acts| schedules.on_time(now, 100, acts));
        }
        self.go_to(end);
    }

    fn go_to(&mut self, steady: Time) {
        self.now.wall = self.now.wall.plus(steady.since(self.now.steady));
        self.now.steady = steady;
    }

    fn take(&mut self, acts: Vec<Act>) {
        for act in acts {
            let at = self.now.steady.since(BEGIN).as_secs();
            match &act {
                Act::Start(run) => {
                    let (after, end) = match self.calls.clone() {
                        Calls::Take(time) => (time, End::Ok),
                        Calls::Fail(time) => (time, failed("no")),
                        Calls::Nobody => (Duration::ZERO, End::NoProvider),
                        Calls::Stay => (Duration::MAX, End::Ok),
                    };
                    self.log.push(format!("{at}: start {}", run.number));
                    self.ends.insert((self.now.steady.plus(after), *run), end);
                }
                Act::Stop(run) => {
                    self.log.push(format!("{at}: stop {}", run.number));
                    self.ends.retain(|(_, other), _| other != run);
                    self.ends
                        .insert((self.now.steady.plus(SECOND), *run), failed("cancelled"));
                }
                Act::Part { part, .. } => self.log.push(format!("{at}: start at {part}")),
                Act::Await(_) => self.log.push(format!("{at}: await")),
                Act::Forget(_) => self.log.push(format!("{at}: forget")),
                Act::Over(_) => self.log.push(format!("{at}: over")),
                Act::Told { tick, .. } => {
                    let due = tick.due.since(BEGIN).as_secs();
                    let times = if tick.count == 1 {
                        String::new()
                    } else {
                        format!(" and {} more", tick.count - 1)
                    };
                    let outcome = words(&tick.outcome);
                    self.log.push(format!("{at}: {due}{times} {outcome}"));
                }
            }
            self.acts.push(act);
        }
    }

    /// What has happened since this was asked for last.
    pub(super) fn happened(&mut self) -> Vec<String> {
        std::mem::take(&mut self.log)
    }
}

pub(super) const SECOND: Duration = Duration::from_secs(1);

pub(super) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn failed(error: &str) -> End {
    End::Failed(TickError::App(error.to_owned()))
}

fn words(outcome: &TickOutcome) -> &'static str {
    match outcome {
        TickOutcome::Ok { .. } => "ok",
        TickOutcome::Failed { .. } => "failed",
        TickOutcome::Skipped(Skipped::Overlap) => "overlaps",
        TickOutcome::Skipped(Skipped::Full) => "is one too many",
        TickOutcome::Skipped(Skipped::Superseded) => "is superseded",
        TickOutcome::Skipped(Skipped::Paused) => "is paused",
        TickOutcome::Skipped(Skipped::Ended) => "comes after the end",
        TickOutcome::Missed(Missed::Down) => "was when it was down",
        TickOutcome::Missed(Missed::Late) => "is too late",
        TickOutcome::Missed(Missed::NoProvider) => "found nobody",
        _ => "is unknown",
    }
}

/// A process that makes schedules.
pub(super) fn maker(process: &str, identity: Who<&str>) -> Maker {
    Maker {
        process: process.into(),
        identity: identity.map(|name| Arc::from(*name)),
        is_own: false,
    }
}

/// A call of this name, when a plan says.
pub(super) fn draft(plan: Plan, name: &str) -> Draft {
    let header = CallHeader {
        signature: 1,
        ..CallHeader::new(CallId::first(0), name)
    };
    let order = Order::new(&header, None, &Bytes::from_static(b"arguments"));
    Draft {
        plan,
        order,
        connection: Connection(1),
    }
}

/// Every so many seconds.
pub(super) fn every(interval: u64) -> Plan {
    Plan::new(When::Every {
        interval: seconds(interval),
        phase: None,
    })
}

pub(super) fn overlapping(interval: u64, overlap: Overlap) -> Plan {
    Plan {
        overlap,
        ..every(interval)
    }
}

/// At so many seconds after the beginning.
pub(super) fn at(instants: &[u64]) -> Plan {
    let instants = instants.iter().map(|instant| BEGIN.plus(seconds(*instant)));
    Plan::new(When::At(instants.collect()))
}
