//! All schedules of a controller.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use daffi_core::proto::{TaskDescription, TaskEntry, TaskId, TaskState, Time};

use super::Zones;
use super::agenda::{Agenda, Entry};
use super::changes::{Changes, What};
use super::end::{Act, End, Run};
use super::now::Now;
use super::order::{Maker, Order};
use super::refused::Refused;
use super::shares::{Bounds, Shares};
use super::task::{Context, Task};

/// When the calendar was set back by more than this, schedules go by the new time. By less, they wait until it is there again.
pub(super) const SET_BACK: Duration = Duration::from_secs(24 * 60 * 60);

/// So many that have ended can still be asked about.
const REMEMBERED: usize = 1000;

/// So many times as many schedules are looked at for those that are due as are served.
const LOOKED_AT: usize = 16;

/// So many next ticks are told.
const NEXT: usize = 10;

/// All schedules of a controller.
#[derive(Debug)]
pub struct Schedules {
    pub(super) tasks: BTreeMap<TaskId, Task>,
    agenda: Agenda,
    pub(super) names: BTreeMap<String, TaskId>,
    /// Those that end when a process leaves.
    connected: BTreeMap<Arc<str>, BTreeSet<TaskId>>,
    pub(super) shares: Shares,
    /// Those that have ended, in the order in which they did.
    pub(super) over: VecDeque<TaskId>,
    pub(super) since: Now,
    /// The latest time of the calendar that was seen.
    latest: Time,
    pub(super) seed: u64,
    pub(super) made: u64,
    pub(super) zones: Zones,
    /// What is to be kept, where something is.
    pub(super) changes: Changes,
    are_kept: bool,
}

impl Schedules {
    /// None, at a controller that begins now. Their numbers are made of `seed`, so that those of another start are others.
    #[must_use]
    pub fn new(bounds: Bounds, zones: Zones, now: Now, seed: u64) -> Self {
        Self {
            tasks: BTreeMap::new(),
            agenda: Agenda::new(),
            names: BTreeMap::new(),
            connected: BTreeMap::new(),
            shares: Shares::new(bounds),
            over: VecDeque::new(),
            since: now,
            latest: now.wall,
            seed,
            made: 0,
            zones,
            changes: Changes::default(),
            are_kept: false,
        }
    }

    /// The same, which says what is [to be kept](Self::take_changes).
    #[must_use]
    pub fn kept(self) -> Self {
        Self {
            are_kept: true,
            ..self
        }
    }

    /// Makes no more calls of a schedule. What runs goes on.
    ///
    /// # Errors
    ///
    /// When there is none, or it has ended.
    pub fn cancel(&mut self, id: TaskId, now: Now, acts: &mut Vec<Act>) -> Result<(), Refused> {
        self.live(id)?;
        self.with(id, now, acts, Task::cancel);
        Ok(())
    }

    /// Makes no calls of a schedule until it is resumed. What runs goes on.
    ///
    /// # Errors
    ///
    /// When there is none, or it has ended.
    pub fn pause(&mut self, id: TaskId, now: Now, acts: &mut Vec<Act>) -> Result<(), Refused> {
        self.live(id)?;
        self.with(id, now, acts, |task, cx| task.pause(false, cx));
        Ok(())
    }

    /// Makes calls of a schedule again that was paused, from its next tick on.
    ///
    /// # Errors
    ///
    /// When there is none, or it has ended.
    pub fn resume(&mut self, id: TaskId, now: Now, acts: &mut Vec<Act>) -> Result<(), Refused> {
        self.live(id)?;
        self.with(id, now, acts, |task, _| task.resume());
        Ok(())
    }

    /// Makes a call of a schedule now, beside those that are planned.
    ///
    /// # Errors
    ///
    /// When there is none, or it has ended.
    pub fn trigger(&mut self, id: TaskId, now: Now, acts: &mut Vec<Act>) -> Result<(), Refused> {
        self.live(id)?;
        self.with(id, now, acts, Task::trigger);
        Ok(())
    }

    /// A call has ended.
    pub fn ended(&mut self, run: Run, end: End, now: Now, acts: &mut Vec<Act>) {
        self.with(run.task, now, acts, |task, cx| task.ended(run.number, end, cx));
    }

    /// Somebody offers what a schedule calls.
    pub fn provider_came(&mut self, id: TaskId, now: Now, acts: &mut Vec<Act>) {
        self.with(id, now, acts, Task::provider_came);
    }

    /// A process has left: what it made for as long as it is there ends.
    pub fn left(&mut self, process: &str, now: Now, acts: &mut Vec<Act>) {
        for id in self.connected.remove(process).unwrap_or_default() {
            self.with(id, now, acts, Task::cancel);
        }
    }

    /// Makes what is due, of so many schedules at most: one thing of each, and as much for each identity that has made some.
    pub fn on_time(&mut self, now: Now, most: usize, acts: &mut Vec<Act>) {
        self.look_at_the_calendar(now);
        let mut due: BTreeMap<String, VecDeque<TaskId>> = BTreeMap::new();
        for id in self.agenda.due(now, most.saturating_mul(LOOKED_AT)) {
            if let Some(task) = self.tasks.get(&id) {
                due.entry(task.maker.identity.to_string())
                    .or_default()
                    .push_back(id);
            }
        }
        let mut left = most;
        while !due.is_empty() {
            due.retain(|_, own| {
                let next = own.pop_front().filter(|_| left > 0);
                if let Some(id) = next {
                    left -= 1;
                    self.with(id, now, acts, Task::on_time);
                }
                next.is_some()
            });
        }
    }

    /// How long it is until something is due, or the calendar is to be looked at.
    #[must_use]
    pub fn next_timeout(&self, now: Now) -> Option<Duration> {
        self.agenda.next_timeout(now)
    }

    fn look_at_the_calendar(&mut self, now: Now) {
        if now.wall.plus(SET_BACK) < self.latest {
            for id in self.agenda.by_calendar() {
                self.unplan(id);
                if let Some(task) = self.tasks.get_mut(&id) {
                    task.rewind(now);
                }
                self.note(id, What::Progress);
                self.plan(id);
            }
            self.latest = now.wall;
        }
        self.latest = self.latest.max(now.wall);
    }

    /// What a schedule calls, and for whom.
    #[must_use]
    pub fn order(&self, id: TaskId) -> Option<(&Arc<Order>, &Maker)> {
        let task = self.tasks.get(&id)?;
        Some((&task.order, &task.maker))
    }

    /// Schedules from a number on, in the order of their numbers.
    pub fn list(&self, from: TaskId, now: Now) -> impl Iterator<Item = TaskEntry> {
        self.tasks.range(from..).map(move |(_, task)| entry(task, now))
    }

    /// All that is known of a schedule.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub fn describe(&self, id: TaskId, now: Now) -> Result<TaskDescription, Refused> {
        let task = self.tasks.get(&id).ok_or(Refused::Unknown(id))?;
        Ok(TaskDescription {
            entry: entry(task, now),
            next: task.next_ticks(NEXT, now),
            last: task.history.last().cloned().collect(),
        })
    }

    pub(super) fn live(&self, id: TaskId) -> Result<&Task, Refused> {
        let task = self.tasks.get(&id).ok_or(Refused::Unknown(id))?;
        if task.state == TaskState::Ended {
            return Err(Refused::Ended(id));
        }
        Ok(task)
    }

    /// Something happens to a schedule.
    pub(super) fn with(
        &mut self,
        id: TaskId,
        now: Now,
        acts: &mut Vec<Act>,
        happens: impl FnOnce(&mut Task, &mut Context<'_>),
    ) {
        self.unplan(id);
        let Some(task) = self.tasks.get_mut(&id) else {
            return;
        };
        let since = self.since;
        happens(task, &mut Context { now, since, acts });
        self.note(id, What::Progress);
        self.plan(id);
        self.settle(id);
    }

    fn unplan(&mut self, id: TaskId) {
        if let Some(entry) = self.entry(id) {
            self.agenda.remove(entry);
        }
    }

    fn plan(&mut self, id: TaskId) {
        if let Some(entry) = self.entry(id) {
            self.agenda.add(entry);
        }
    }

    fn entry(&self, id: TaskId) -> Option<Entry> {
        let task = self.tasks.get(&id)?;
        Some((task.basis(), task.timeout()?, id))
    }

    pub(super) fn enter(&mut self, task: Task) {
        let id = task.id;
        self.take_in(task);
        self.note(id, What::Whole);
    }

    /// One is there, as it is kept.
    pub(super) fn take_in(&mut self, task: Task) {
        let id = task.id;
        if let Some(name) = &task.plan.name {
            self.names.insert(name.clone(), id);
        }
        if task.plan.while_connected {
            let connected = self.connected.entry(Arc::clone(&task.maker.process));
            connected.or_default().insert(id);
        }
        self.shares.add(&task.maker.identity, task.bytes());
        self.tasks.insert(id, task);
        self.plan(id);
    }

    /// Something of a schedule is to be kept. One that ends with a process ends with the controller as well.
    fn note(&mut self, id: TaskId, what: What) {
        if self.are_kept && (what == What::Gone || self.is_kept(id)) {
            self.changes.note(id, what);
        }
    }

    /// Whether a schedule is kept over a restart.
    #[must_use]
    pub fn is_kept(&self, id: TaskId) -> bool {
        self.are_kept && self.tasks.get(&id).is_some_and(|task| !task.plan.while_connected)
    }

    /// Whether a call of a schedule waits for somebody who offers the callback.
    #[must_use]
    pub fn is_absent(&self, id: TaskId) -> bool {
        self.tasks.get(&id).is_some_and(Task::is_absent)
    }

    pub(super) fn leave(&mut self, id: TaskId) -> Option<Task> {
        self.unplan(id);
        let task = self.tasks.remove(&id)?;
        self.note(id, What::Gone);
        if let Some(name) = &task.plan.name
            && self.names.get(name) == Some(&id)
        {
            self.names.remove(name);
        }
        self.disconnect(&task.maker.process, id);
        self.shares.remove(&task.maker.identity, task.bytes());
        Some(task)
    }

    fn disconnect(&mut self, process: &Arc<str>, id: TaskId) {
        if let Some(connected) = self.connected.get_mut(process) {
            connected.remove(&id);
            if connected.is_empty() {
                self.connected.remove(process);
            }
        }
    }

    /// One that has ended is remembered for a while, and then forgotten.
    pub(super) fn settle(&mut self, id: TaskId) {
        let Some(task) = self.tasks.get(&id).filter(|task| task.is_over()) else {
            return;
        };
        let process = Arc::clone(&task.maker.process);
        self.disconnect(&process, id);
        if !self.over.contains(&id) {
            self.over.push_back(id);
        }
        if self.over.len() > REMEMBERED
            && let Some(forgotten) = self.over.pop_front()
        {
            self.leave(forgotten);
        }
    }
}

fn entry(task: &Task, now: Now) -> TaskEntry {
    TaskEntry {
        id: task.id,
        name: task.plan.name.clone(),
        callback: task.order.callback().to_owned(),
        process: task.maker.process.to_string(),
        identity: task.maker.identity.map(ToString::to_string),
        when: task.plan.when.clone(),
        state: task.state,
        next: task.next_ticks(1, now).first().copied(),
        running: task.running() as u64,
        counts: task.history.counts,
    }
}
