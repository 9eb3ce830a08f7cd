//! All schedules of a controller.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use daffi_core::proto::{Described, TaskDescription, TaskEntry, TaskId, TaskState, Time};

use super::Zones;
use super::agenda::{Agenda, Entry};
use super::changes::{Changes, What};
use super::end::{Act, End, Run};
use super::now::Now;
use super::order::{Connection, Maker, Order};
use super::over::Over;
use super::refused::Refused;
use super::shares::{Bounds, Share, Shares};
use super::task::{Context, Task};
use super::terms::Other;

/// When the calendar was set back by more than this, schedules go by the new time. By less, they wait until it is there again.
pub(super) const SET_BACK: Duration = Duration::from_secs(24 * 60 * 60);

/// A turn begins nothing more when it has so much to do.
const FULL: usize = 512;

/// So many next ticks are told.
const NEXT: usize = 10;

/// All schedules of a controller.
#[derive(Debug)]
pub struct Schedules {
    pub(super) tasks: BTreeMap<TaskId, Task>,
    agenda: Agenda,
    pub(super) names: BTreeMap<String, TaskId>,
    /// Those that end with a connection.
    connected: BTreeMap<Connection, BTreeSet<TaskId>>,
    /// Those whose connection has ended.
    leaving: BTreeSet<TaskId>,
    /// Those that have yet to see that the calendar was set back.
    rewinding: Vec<TaskId>,
    pub(super) shares: Shares,
    over: Over,
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
            agenda: Agenda::default(),
            names: BTreeMap::new(),
            connected: BTreeMap::new(),
            leaving: BTreeSet::new(),
            rewinding: Vec::new(),
            shares: Shares::new(bounds),
            over: Over::default(),
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

    /// A call was not made, as its signature is none of those that are offered.
    pub fn mismatched(&mut self, run: Run, offered: &[Described], now: Now, acts: &mut Vec<Act>) {
        self.with(run.task, now, acts, |task, cx| {
            task.mismatched(run.number, offered, cx);
        });
    }

    /// One of those whom a broadcast asks was not called, as its signature is not the one that is offered. Whether it is called by itself.
    pub fn mismatched_at(&mut self, run: Run, part: u32, offered: &Described, acts: &mut Vec<Act>) -> bool {
        let task = self.tasks.get_mut(&run.task);
        task.is_some_and(|task| task.mismatched_at(run.number, part, offered, acts))
    }

    /// Somebody offers what a schedule calls, or it can be kept again that it is called.
    pub fn provider_came(&mut self, id: TaskId, now: Now, acts: &mut Vec<Act>) {
        self.with(id, now, acts, Task::provider_came);
    }

    /// A connection has ended: what was made for as long as it is there [ends](Self::on_time).
    pub fn left(&mut self, connection: Connection) {
        let mut left = self.connected.remove(&connection).unwrap_or_default();
        self.leaving.append(&mut left);
    }

    /// Makes what is due, of so many schedules at most: one thing of each, and as much for each identity that has made some. Whatever else
    /// many schedules wait for is done in between.
    pub fn on_time(&mut self, now: Now, most: usize, acts: &mut Vec<Act>) {
        self.look_at_the_calendar(now);
        let full = acts.len() + FULL;
        let mut left = most;
        while left > most / 2
            && acts.len() < full
            && let Some(id) = self.leaving.pop_first()
        {
            left -= 1;
            self.with(id, now, acts, Task::cancel);
        }
        while left > most / 2
            && let Some(id) = self.rewinding.pop()
        {
            left -= 1;
            self.with(id, now, acts, |task, cx| task.rewind(cx.now));
        }
        // What leaves takes nobody's turn.
        let full = acts.len() + FULL;
        for id in self.agenda.due(now, left) {
            if acts.len() >= full {
                return;
            }
            if self.leaving.remove(&id) {
                self.with(id, now, acts, Task::cancel);
            } else {
                self.with(id, now, acts, Task::on_time);
            }
        }
    }

    /// How long it is until something is to be done, or the calendar is to be looked at.
    #[must_use]
    pub fn next_timeout(&self, now: Now) -> Option<Duration> {
        if !self.leaving.is_empty() || !self.rewinding.is_empty() {
            return Some(Duration::ZERO);
        }
        self.agenda.next_timeout(now)
    }

    fn look_at_the_calendar(&mut self, now: Now) {
        if now.wall.plus(SET_BACK) < self.latest {
            self.rewinding = self.agenda.by_calendar().collect();
            self.latest = now.wall;
        }
        self.latest = self.latest.max(now.wall);
    }

    /// What a schedule calls, and for whom.
    pub fn order(&self, id: TaskId) -> Option<(&Arc<Order>, &Maker)> {
        let task = self.tasks.get(&id)?;
        Some((&task.order, &task.maker))
    }

    /// In which terms its calls are made, where these are not its own.
    pub fn terms(&self, id: TaskId) -> Option<&Other> {
        self.tasks.get(&id)?.terms.accepted()
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
        let (since, was) = (self.since, task.share());
        let room = self.shares.room(&task.owner);
        let mut cx = Context {
            now,
            since,
            room,
            acts,
        };
        happens(task, &mut cx);
        self.shares.change(&task.owner, was, task.share());
        self.note(id, What::Progress);
        self.plan(id);
        self.settle(id);
    }

    fn unplan(&mut self, id: TaskId) {
        if let Some(entry) = self.entry(id) {
            self.agenda.remove(&entry);
        }
    }

    fn plan(&mut self, id: TaskId) {
        if let Some(entry) = self.entry(id) {
            self.agenda.add(&entry);
        }
    }

    fn entry(&self, id: TaskId) -> Option<Entry> {
        let task = self.tasks.get(&id)?;
        Some(Entry {
            basis: task.basis(),
            at: task.timeout()?,
            made: task.made,
            id,
            owner: Arc::clone(&task.owner),
        })
    }

    pub(super) fn enter(&mut self, task: Task) {
        let id = task.id;
        self.take_in(task);
        self.note(id, What::Whole);
    }

    /// One is there, as it is kept.
    pub(super) fn take_in(&mut self, task: Task) {
        let id = task.id;
        // The name of one that has ended is free, so another may have it, and keeps it.
        if let Some(name) = &task.plan.name
            && (task.state != TaskState::Ended || !self.names.contains_key(name))
        {
            self.names.insert(name.clone(), id);
        }
        if let Some(connection) = task.ends_with {
            self.connected.entry(connection).or_default().insert(id);
        }
        self.shares.change(&task.owner, Share::default(), task.share());
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
        self.leaving.remove(&id);
        if let Some(connection) = task.ends_with {
            self.disconnect(connection, id);
        }
        self.shares.change(&task.owner, task.share(), Share::default());
        Some(task)
    }

    fn disconnect(&mut self, connection: Connection, id: TaskId) {
        if let Some(connected) = self.connected.get_mut(&connection) {
            connected.remove(&id);
            if connected.is_empty() {
                self.connected.remove(&connection);
            }
        }
    }

    /// One that has ended is remembered for a while, and then forgotten.
    pub(super) fn settle(&mut self, id: TaskId) {
        let is_news = |task: &&mut Task| task.is_over() && !task.is_past;
        let Some(task) = self.tasks.get_mut(&id).filter(is_news) else {
            return;
        };
        let was = task.share();
        task.become_past();
        let (owner, is) = (Arc::clone(&task.owner), task.share());
        self.shares.change(&owner, was, is);
        if let Some(connection) = self.tasks.get_mut(&id).and_then(|task| task.ends_with.take()) {
            self.disconnect(connection, id);
        }
        self.note(id, What::Whole);
        if let Some(forgotten) = self.over.add(&owner, id) {
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
