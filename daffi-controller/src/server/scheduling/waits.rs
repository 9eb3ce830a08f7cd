//! For which schedules somebody is waited for who offers what they call.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use daffi_core::proto::{CallId, TaskId};
use tokio::time::Instant;

use crate::router::PeerId;

/// It is waited again so much later for those for whom nobody could be waited.
const WAIT_AGAIN: Duration = Duration::from_secs(5);

/// For which schedules somebody is waited for. Each has one question, or is among those that have none.
#[derive(Debug, Default)]
pub(super) struct Waits {
    /// The question of each.
    asked: HashMap<TaskId, (PeerId, CallId)>,
    /// Those for whom nobody could be waited for, as too much is waited for already.
    refused: BTreeSet<TaskId>,
    /// When it is waited for them again.
    again: Option<Instant>,
    /// Those for whom it is waited again now.
    waiting_again: BTreeSet<TaskId>,
}

impl Waits {
    /// Whether a schedule has its question.
    pub(super) fn has(&self, task: TaskId) -> bool {
        self.asked.contains_key(&task)
    }

    /// A schedule that had none has this question.
    pub(super) fn begin(&mut self, task: TaskId, place: (PeerId, CallId)) {
        self.leave_out(task);
        self.asked.insert(task, place);
    }

    /// Nobody is waited for any more. Gives the question, which is to be taken back.
    pub(super) fn forget(&mut self, task: TaskId) -> Option<(PeerId, CallId)> {
        self.leave_out(task);
        self.asked.remove(&task)
    }

    /// A question was answered: whether it still was the schedule's.
    pub(super) fn answered(&mut self, task: TaskId, place: (PeerId, CallId)) -> bool {
        let is_its = self.asked.get(&task) == Some(&place);
        if is_its {
            self.asked.remove(&task);
        }
        is_its
    }

    /// A question was not taken. Somebody else may be waited for by now.
    pub(super) fn refuse(&mut self, task: TaskId, place: (PeerId, CallId)) {
        if self.answered(task, place) {
            self.refused.insert(task);
        }
    }

    fn leave_out(&mut self, task: TaskId) {
        self.refused.remove(&task);
        self.waiting_again.remove(&task);
    }

    /// Those for whom somebody is to be waited for again, so many at most: too much was waited for when they were asked about last.
    pub(super) fn again(&mut self, now: Instant, most: usize) -> Vec<TaskId> {
        if self.waiting_again.is_empty() && !self.refused.is_empty() {
            let at = *self.again.get_or_insert(now + WAIT_AGAIN);
            if at <= now {
                self.again = None;
                self.waiting_again = std::mem::take(&mut self.refused);
            }
        }
        let next = || self.waiting_again.pop_first();
        std::iter::from_fn(next).take(most).collect()
    }

    /// When somebody is to be waited for again.
    pub(super) fn next_timeout(&self, now: Instant) -> Option<Instant> {
        let again = (!self.waiting_again.is_empty()).then_some(now);
        again.or(self.again)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use daffi_core::mixing::mixed;

    /// So many schedules wait for somebody, and so many questions may be asked.
    const TASKS: u64 = 12;
    const QUESTIONS: usize = 5;

    #[test]
    fn whatever_waits_has_one_question_or_is_to_have_one() {
        for seed in 0..200 {
            let mut waits = Waits::default();
            let mut now = Instant::now();
            // Those that wait for somebody, and the questions that are not answered.
            let (mut absent, mut open) = (BTreeSet::new(), HashMap::new());
            let mut asked = 0;
            for step in 0..400 {
                let dice = mixed(seed * 1000 + step);
                let task = TaskId((dice >> 8) % TASKS);
                let mut ask = vec![];
                match dice % 5 {
                    0 | 1 if absent.insert(task) => ask.push(task),
                    2 if absent.remove(&task) => {
                        if let Some(place) = waits.forget(task) {
                            assert_eq!(open.remove(&place), Some(task));
                        }
                    }
                    3 => {
                        let first = open.keys().next().copied();
                        if let Some(place) = first
                            && let Some(task) = open.remove(&place)
                        {
                            assert!(waits.answered(task, place), "it is the question of nothing");
                            absent.remove(&task);
                        }
                    }
                    4 => now += WAIT_AGAIN,
                    _ => {}
                }
                ask.extend(waits.again(now, 3));
                for task in ask.into_iter().filter(|task| absent.contains(task)) {
                    if waits.has(task) {
                        continue;
                    }
                    asked += 1;
                    let place = (PeerId::of(1), CallId::first(asked));
                    waits.begin(task, place);
                    if open.len() < QUESTIONS {
                        open.insert(place, task);
                    } else {
                        waits.refuse(task, place);
                    }
                }
                assert_eq!(waits.asked.len(), open.len());
                let (has, refused, again) = (&waits.asked, &waits.refused, &waits.waiting_again);
                for task in (0..TASKS).map(TaskId) {
                    let places = [
                        has.contains_key(&task),
                        refused.contains(&task),
                        again.contains(&task),
                    ];
                    let places = places.iter().filter(|is_there| **is_there).count();
                    assert_eq!(
                        places,
                        usize::from(absent.contains(&task)),
                        "{task} of {seed} at {step}"
                    );
                }
            }
            assert!(asked > 100);
        }
    }
}
