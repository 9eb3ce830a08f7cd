//! Schedules that are made, and become others.

use daffi_core::proto::{TaskId, TaskState};

use super::end::Act;
use super::now::Now;
use super::order::{Connection, Draft, Maker};
use super::refused::Refused;
use super::rule::Rule;
use super::schedules::Schedules;
use super::task::{Context, Task, bytes};
use daffi_core::mixing::mixed;

impl Schedules {
    /// Makes a schedule: gives its number, and whether it was not there before. One of the same name and content stays as it is; one with another content is replaced, if the same
    /// identity had made it. A replaced one keeps its number and what is remembered of it.
    ///
    /// # Errors
    ///
    /// Why it is not made.
    pub fn make(
        &mut self,
        draft: Draft,
        maker: Maker,
        now: Now,
        acts: &mut Vec<Act>,
    ) -> Result<(TaskId, bool), Refused> {
        let named = draft
            .plan
            .name
            .as_ref()
            .and_then(|name| self.names.get(name).copied());
        if let Some((id, task)) = named.and_then(|id| Some((id, self.tasks.get(&id)?))) {
            let is_same = task.maker.identity == maker.identity && task.maker.is_own == maker.is_own;
            if task.state == TaskState::Ended {
                // Its name is free.
            } else if !is_same {
                return Err(Refused::NameTaken {
                    name: draft.plan.name.unwrap_or_default(),
                    process: task.maker.process.to_string(),
                    task: id,
                });
            } else if task.plan == draft.plan && *task.order == draft.order {
                if task.maker != maker || task.ends_with != draft.ends_with() {
                    self.hand_on(id, maker, draft.ends_with());
                }
                return Ok((id, false));
            } else {
                self.replace(id, draft, maker, now, acts)?;
                return Ok((id, false));
            }
        }
        let needs = bytes(&draft.plan, &draft.order);
        self.shares.check(&maker.owner(), 1, needs)?;
        let rule = Rule::new(&draft.plan, now, &self.zones)?;
        let task = Task::new(self.free_number(), draft, rule, maker);
        let id = task.id;
        self.enter(task);
        Ok((id, true))
    }

    /// A schedule is another process's of the same identity from now on.
    fn hand_on(&mut self, id: TaskId, maker: Maker, ends_with: Option<Connection>) {
        if let Some(mut task) = self.leave(id) {
            (task.maker, task.ends_with) = (maker, ends_with);
            self.enter(task);
        }
    }

    /// Another plan and another call for a schedule, under its number. Whoever wants that is its maker from now on: nobody has calls made in
    /// the name of others.
    ///
    /// # Errors
    ///
    /// Why it stays as it is.
    pub fn update(
        &mut self,
        id: TaskId,
        draft: Draft,
        maker: Maker,
        now: Now,
        acts: &mut Vec<Act>,
    ) -> Result<(), Refused> {
        self.live(id)?;
        let named = draft.plan.name.as_ref().and_then(|name| self.names.get(name));
        if let Some(other) = named
            .filter(|other| **other != id)
            .and_then(|other| self.tasks.get(other))
            .filter(|other| other.state != TaskState::Ended)
        {
            return Err(Refused::NameTaken {
                name: draft.plan.name.unwrap_or_default(),
                process: other.maker.process.to_string(),
                task: other.id,
            });
        }
        self.replace(id, draft, maker, now, acts)
    }

    /// Sorts what is to be done by when its schedules were made (P5).
    pub fn sort(&self, acts: &mut [Act]) {
        acts.sort_by_cached_key(|act| {
            let task = act.task().and_then(|id| self.tasks.get(&id));
            task.map(|task| task.made)
        });
    }

    fn replace(
        &mut self,
        id: TaskId,
        draft: Draft,
        maker: Maker,
        now: Now,
        acts: &mut Vec<Act>,
    ) -> Result<(), Refused> {
        let task = self.tasks.get(&id).ok_or(Refused::Unknown(id))?;
        let (has, needs) = (task.share().bytes, bytes(&draft.plan, &draft.order));
        let owner = maker.owner();
        if task.owner != owner {
            self.shares.check(&owner, 1, needs)?;
        } else if needs > has {
            self.shares.check(&owner, 0, needs - has)?;
        }
        let rule = Rule::new(&draft.plan, now, &self.zones)?;
        let Some(mut task) = self.leave(id) else {
            return Err(Refused::Unknown(id));
        };
        let mut cx = Context {
            now,
            since: self.since,
            room: self.shares.room(&owner),
            acts,
        };
        task.update(draft, rule, &mut cx);
        self.made += 1;
        (task.maker, task.owner, task.made) = (maker, owner, self.made);
        self.enter(task);
        self.settle(id);
        Ok(())
    }

    /// A number for a schedule, and as the how manieth it is made.
    fn free_number(&mut self) -> (TaskId, u64) {
        loop {
            self.made += 1;
            let id = TaskId(mixed(self.seed.wrapping_add(self.made)));
            if !self.tasks.contains_key(&id) {
                return (id, self.made);
            }
        }
    }
}
