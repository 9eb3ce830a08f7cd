//! What was done, by whom, and what came of it: written by callers and providers, and compared when all is over.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use daffi::{CallError, CallErrorKind, Presence};
use tokio::time::Instant;

/// A start of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Home {
    pub node: usize,
    /// Which of its starts.
    pub start: usize,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Work,
    Fail,
    Queued,
    Note,
    Repeated,
    Retried,
    Count,
    Sum,
    Echo,
    /// It blocks a thread.
    Block,
    All,
    /// A stream from each.
    CountAll,
    /// A stream to all.
    SumAll,
    Wait,
}

impl Kind {
    /// Whether it is asked of all that there are.
    pub const fn is_of_all(self) -> bool {
        matches!(self, Self::All | Self::CountAll | Self::SumAll)
    }
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Its value, which was checked.
    Value,
    /// The callback's own error, which was checked.
    Own,
    Failed {
        kind: CallErrorKind,
        may_have_run: bool,
        words: String,
    },
    /// Nobody waited for it any more.
    Dropped,
}

impl Outcome {
    pub fn failed<E: fmt::Debug>(error: &CallError<E>) -> Self {
        Self::Failed {
            kind: error.kind(),
            may_have_run: error.may_have_run(),
            words: format!("{error:?}"),
        }
    }
}

/// Something that was asked for.
#[derive(Clone, Debug)]
pub struct Asked {
    pub kind: Kind,
    pub by: Home,
    /// Whom, if one was named.
    pub to: Option<usize>,
    pub deadline: Option<Duration>,
    /// How long it is held by whoever runs it.
    pub millis: u64,
    pub begun: Instant,
    pub ended: Option<(Instant, Outcome)>,
    /// What was answered, by whom, to a broadcast.
    pub parts: BTreeMap<String, Outcome>,
}

/// It was run.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    pub at: Home,
    pub begun: Instant,
    /// In which order things were begun.
    pub order: usize,
    /// When it ended, and whether by itself.
    pub ended: Option<(Instant, bool)>,
    /// Where its end is in the order in which things were begun.
    pub ended_order: Option<usize>,
}

impl Run {
    /// Whether it has ended by itself.
    pub fn is_whole(&self) -> bool {
        self.ended.is_some_and(|(_, by_itself)| by_itself)
    }
}

#[derive(Debug, Default)]
pub struct Book {
    pub asked: BTreeMap<u64, Asked>,
    pub runs: BTreeMap<u64, Vec<Run>>,
    pub next: u64,
    pub begun: usize,
    /// How many items of a stream were taken.
    pub taken: BTreeMap<u64, u64>,
    /// What those know of all processes who want to know: which are there, and whether they are away.
    pub seen: BTreeMap<Home, BTreeMap<String, bool>>,
    /// Starts of processes whose session has ended, and when: they were killed, lost their controller, or were away for too long.
    pub lost: BTreeMap<Home, Instant>,
    /// When starts of processes got a session, and when it ended.
    sessions: BTreeMap<Home, Vec<(Instant, Option<Instant>)>>,
    /// Those who were told that another one has their name, and whether that was said when it took it. And when they were replaced.
    pub refused: BTreeMap<Home, bool>,
    pub replaced: BTreeMap<Home, Instant>,
    /// Processes of which the adversary has ended a session, or tried to.
    pub doomed: BTreeSet<usize>,
    /// What is wrong, as it was found on the way.
    pub faults: Vec<String>,
    /// A number that depends on all that has happened.
    pub trace: u64,
    pub origin: Option<Instant>,
    pub events: u64,
    pub tells: bool,
}

/// The book, which all write into.
#[derive(Clone, Debug, Default)]
pub struct Ledger(Arc<Mutex<Book>>);

impl Ledger {
    pub fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap()
    }

    pub fn ask(&self, asked: Asked) -> u64 {
        let mut book = self.book();
        book.next += 1;
        let id = book.next;
        book.note(format_args!(
            "{id} {:?} asked by {:?} of {:?}",
            asked.kind, asked.by, asked.to
        ));
        book.asked.insert(id, asked);
        id
    }

    pub fn ended(&self, id: u64, outcome: Outcome) {
        let mut book = self.book();
        book.note(format_args!("{id} ended: {outcome:?}"));
        let asked = book.asked.get_mut(&id).unwrap();
        if asked.ended.is_some() {
            let fault = format!("{id} ended twice: {asked:?}, {outcome:?}");
            book.faults.push(fault);
        } else {
            asked.ended = Some((Instant::now(), outcome));
        }
    }

    /// It is run, until what this gives is dropped.
    pub fn run(&self, id: u64, at: Home) -> Running {
        let mut book = self.book();
        book.begun += 1;
        let order = book.begun;
        book.note(format_args!("{id} begun at {at:?}"));
        let runs = book.runs.entry(id).or_default();
        runs.push(Run {
            at,
            begun: Instant::now(),
            order,
            ended: None,
            ended_order: None,
        });
        Running {
            ledger: self.clone(),
            id,
            place: runs.len() - 1,
            is_done: false,
        }
    }

    /// The session of a start of a process has ended, or will.
    pub fn lost(&self, home: Home) {
        let mut book = self.book();
        book.note(format_args!("{home:?} is lost"));
        let now = Instant::now();
        book.lost.entry(home).or_insert(now);
        if let Some((_, until)) = book.sessions.entry(home).or_default().last_mut() {
            until.get_or_insert(now);
        }
    }

    /// A start of a process has a session.
    pub fn connected(&self, home: Home) {
        let mut book = self.book();
        book.note(format_args!("{home:?} is connected"));
        let sessions = book.sessions.entry(home).or_default();
        sessions.push((Instant::now(), None));
    }

    /// It is told that another process has its name.
    pub fn refused(&self, home: Home, is_replaced: bool) {
        let mut book = self.book();
        book.note(format_args!("{home:?} is refused, replaced {is_replaced}"));
        book.refused.entry(home).or_insert(is_replaced);
    }

    /// Another process has its name.
    pub fn replaced(&self, home: Home) {
        let mut book = self.book();
        book.note(format_args!("{home:?} is replaced"));
        book.replaced.insert(home, Instant::now());
    }

    /// What a process does may end.
    pub fn doom(&self, node: usize) {
        self.book().doomed.insert(node);
    }

    pub fn fault(&self, fault: String) {
        let mut book = self.book();
        book.note(format_args!("fault: {fault}"));
        book.faults.push(fault);
    }

    /// Somebody is told that something has happened to a process.
    pub fn happened(&self, to: Home, event: &Presence) {
        let mut book = self.book();
        book.note(format_args!("{to:?} sees {event:?}"));
        let Some(seen) = book.seen.get_mut(&to) else {
            return;
        };
        let is_right = match event {
            Presence::Joined { process, .. } => seen.insert(process.clone(), false).is_none(),
            Presence::Left { process, .. } => seen.remove(process).is_some(),
            Presence::Away { process } => seen.insert(process.clone(), true) == Some(false),
            Presence::Back { process } => seen.insert(process.clone(), false) == Some(true),
            _ => true,
        };
        if !is_right {
            let fault =
                format!("P3: {to:?} is told {event:?}, which does not follow from what it was told before");
            book.faults.push(fault);
        }
    }

    pub fn tell(&self, what: std::fmt::Arguments<'_>) {
        self.book().note(what);
    }
}

/// After so long, all that is there is found.
const FOUND: Duration = Duration::from_millis(200);

impl Book {
    fn sessions(&self, home: Home) -> &[(Instant, Option<Instant>)] {
        self.sessions.get(&home).map_or(&[], Vec::as_slice)
    }

    /// Since when a start of a process had the session that it had at that time.
    pub fn connected_at(&self, home: Home, at: Instant) -> Option<Instant> {
        let sessions = self.sessions(home).iter();
        let had = sessions.filter(|(begun, ended)| *begun <= at && ended.is_none_or(|ended| ended > at));
        had.map(|(begun, _)| *begun).next_back()
    }

    /// Whether a start of a process had a session between these, or before and until then.
    pub fn had_a_session(&self, home: Home, from: Instant, until: Instant) -> bool {
        let mut sessions = self.sessions(home).iter();
        sessions.any(|(begun, ended)| *begun < until && ended.is_some_and(|ended| ended >= from))
    }

    /// Whether a start of a process was there all that time, and found by others.
    pub fn was_there(&self, home: Home, from: Instant, until: Instant) -> bool {
        self.sessions(home)
            .iter()
            .enumerate()
            .any(|(place, (begun, ended))| {
                let is_first = (home.start, place) == (0, 0);
                let found = if is_first { *begun } else { *begun + FOUND };
                found <= from && ended.is_none_or(|ended| ended > until)
            })
    }

    fn note(&mut self, what: std::fmt::Arguments<'_>) {
        let now = Instant::now();
        let line = format!("{:?} {what}", now - *self.origin.get_or_insert(now));
        self.events += 1;
        for byte in line.bytes() {
            self.trace = (self.trace ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        if self.tells {
            eprintln!("{line}");
        }
    }
}

/// A run that goes on.
#[derive(Debug)]
pub struct Running {
    ledger: Ledger,
    id: u64,
    place: usize,
    is_done: bool,
}

impl Running {
    pub const fn done(&mut self) {
        self.is_done = true;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut book = self.ledger.book();
        let (id, is_done) = (self.id, self.is_done);
        book.note(format_args!("{id} {}", if is_done { "done" } else { "stopped" }));
        book.begun += 1;
        let order = book.begun;
        let run = &mut book.runs.get_mut(&id).unwrap()[self.place];
        (run.ended, run.ended_order) = (Some((Instant::now(), is_done)), Some(order));
    }
}
