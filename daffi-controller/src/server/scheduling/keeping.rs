//! The task that makes the calls which are due, and tells how they end.

use std::sync::Arc;

use bytes::Bytes;
use tokio::task::{spawn_blocking, yield_now};
use tokio::time::{Instant, sleep_until};

use super::super::hub::Hub;
use super::books::Books;
use super::writing::{Faulty, Turn};
use crate::router::PeerId;
use crate::schedule::{Act, Changes, End};

/// So much is looked at at a time under the lock (P15).
const AT_A_TIME: usize = 64;

/// So many times in a turn, which costs the disk once. All that is there is one turn, unless there is more than that: others whose time comes
/// meanwhile wait for it (P7).
const IN_A_TURN: usize = 16;

/// A turn looks at nothing more when it has so much to do.
const FULL: usize = 4096;

/// What is left beside a turn.
struct Beside {
    /// Callers with nothing to do.
    idle: Vec<PeerId>,
    /// When there is more.
    due: Option<Instant>,
}

impl Hub {
    /// Makes the calls that are due, until the controller stops.
    pub(crate) async fn keep_schedules(self: Arc<Self>) {
        self.go_on_with_schedules().await;
        if let Some(store) = self.scheduling.store.clone() {
            // It may have to write.
            let _ = spawn_blocking(move || store.close()).await;
        }
    }

    async fn go_on_with_schedules(&self) {
        let mut fault: Option<Faulty> = None;
        while !self.closing.is_cancelled() {
            let (turn, Beside { idle, due }) = self.turn(fault.as_ref()).await;
            for peer in idle {
                self.leave(peer).await;
            }
            if !turn.is_empty() {
                fault = self.keep(turn, fault).await;
                yield_now().await;
                continue;
            }
            let faulty_until = fault.as_ref().map(|fault| fault.until);
            let due = due.into_iter().chain(faulty_until).min();
            let due = async {
                match due {
                    Some(due) => sleep_until(due).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                () = due => {}
                () = self.scheduling.wake.notified() => {}
                () = self.closing.cancelled() => {}
            }
        }
        self.last_turn().await;
    }

    /// What is to be done now, and what is beside it: all that is there, as far as it has room in a turn.
    async fn turn(&self, fault: Option<&Faulty>) -> (Turn, Beside) {
        self.hear().await;
        for _ in 0..IN_A_TURN {
            if !self.look_at_time(fault) {
                break;
            }
            yield_now().await;
        }
        self.taken(fault)
    }

    /// What callers were told.
    async fn hear(&self) {
        let before = self.scheduling.open().0.acts.len();
        for _ in 0..IN_A_TURN {
            let (told, has_more) = self.state().queues.inside.take(AT_A_TIME);
            let is_full = {
                let (mut books, now) = self.scheduling.open();
                books.hear(told, now);
                books.acts.len() >= FULL
            };
            if is_full || !has_more {
                break;
            }
            yield_now().await;
        }
        let (mut books, _) = self.scheduling.open();
        let Books { schedules, acts, .. } = &mut *books;
        // Whatever has waited for the same goes on in the order in which it was asked for.
        schedules.sort(&mut acts[before..]);
    }

    /// What the time has come for, and whether there is more.
    fn look_at_time(&self, fault: Option<&Faulty>) -> bool {
        // Before a controller stops, nothing new begins.
        let begins = !self.state().is_stopping();
        let (mut books, now) = self.scheduling.open();
        let instant = Instant::now();
        let Books {
            schedules,
            acts,
            callers,
            unkept,
            ..
        } = &mut *books;
        acts.extend(callers.late(instant, AT_A_TIME).into_iter().map(Act::Stop));
        acts.extend(callers.again(instant, AT_A_TIME).into_iter().map(Act::Await));
        if begins && fault.is_none() {
            for task in std::iter::from_fn(|| unkept.pop_first()).take(AT_A_TIME) {
                schedules.provider_came(task, now, acts);
            }
        }
        if begins {
            schedules.on_time(now, AT_A_TIME, acts);
        }
        let due = books.due((now, instant), begins, fault.is_none());
        books.acts.len() < FULL && due.is_some_and(|due| due <= instant)
    }

    /// What is to be done of all that was looked at.
    fn taken(&self, fault: Option<&Faulty>) -> (Turn, Beside) {
        let (has_more, begins) = {
            let state = self.state();
            (!state.queues.inside.is_heard(), !state.is_stopping())
        };
        let (mut books, now) = self.scheduling.open();
        let instant = Instant::now();
        let idle = books.callers.dismiss(AT_A_TIME);
        let has_more = has_more || books.callers.has_idle();
        let due = books.due((now, instant), begins, fault.is_none());
        // While the disk is at fault, what has changed waits.
        let is_withheld = fault.is_some_and(|fault| instant < fault.until);
        let turn = Turn {
            acts: std::mem::take(&mut books.acts),
            answers: std::mem::take(&mut books.answers),
            changes: if is_withheld {
                Changes::default()
            } else {
                books.schedules.take_changes()
            },
            is_withheld,
        };
        let due = due.into_iter().chain(has_more.then_some(instant)).min();
        (turn, Beside { idle, due })
    }

    /// Keeps how the last calls have ended when the controller does. What would begin now waits for the next one.
    async fn last_turn(&self) {
        loop {
            self.hear().await;
            let (mut books, now) = self.scheduling.open();
            let Books { schedules, acts, .. } = &mut *books;
            let mut more = Vec::new();
            for act in acts.drain(..) {
                if let Act::Start(run) = act {
                    schedules.ended(run, End::NoProvider, now, &mut more);
                }
            }
            drop(books);
            if self.state().queues.inside.is_heard() {
                break;
            }
        }
        let turn = {
            let (mut books, _) = self.scheduling.open();
            Turn {
                acts: Vec::new(),
                answers: std::mem::take(&mut books.answers),
                changes: books.schedules.take_changes(),
                is_withheld: false,
            }
        };
        self.keep(turn, None).await;
    }

    /// Keeps what has changed, and then does what is to be done, and answers. Gives the fault of the disk, if there is one.
    async fn keep(&self, mut turn: Turn, fault: Option<Faulty>) -> Option<Faulty> {
        let fault = self.keep_changes(&mut turn, fault).await;
        for (place, act) in turn.acts.into_iter().enumerate() {
            if place % AT_A_TIME == AT_A_TIME - 1 {
                yield_now().await;
            }
            self.act(act).await;
        }
        let mut outboxes = Vec::new();
        for answer in turn.answers {
            let words = fault.as_ref().map(|fault| &fault.words);
            let outcome = match words.or(answer.refused.as_ref()) {
                Some(words) => Err(answer.not_kept(words)),
                None => Ok(answer.payload),
            };
            self.answer_errand(answer.to, outcome, &mut outboxes);
        }
        outboxes.iter().for_each(|outbox| outbox.flush());
        fault
    }

    async fn act(&self, act: Act) {
        match act {
            Act::Start(run) => self.start(run).await,
            Act::Stop(run) => {
                let calls = self.scheduling.open().0.callers.stop(run);
                for call in calls {
                    self.cancel(call).await;
                }
            }
            Act::Part { run, part, terms } => self.start_part((run, part), terms).await,
            Act::Await(task) => self.wait_for_provider(task).await,
            Act::Forget(task) => {
                let call = self.scheduling.open().0.callers.forget(task);
                if let Some(call) = call {
                    self.cancel(call).await;
                }
            }
            Act::Told { task, tick, .. } => self.tell_of(task, &tick),
            Act::Over(task) => {
                let watchers = self.scheduling.open().0.watchers.remove(&task);
                let mut outboxes = Vec::new();
                for watcher in watchers.unwrap_or_default() {
                    self.answer_errand(watcher, Ok(Bytes::new()), &mut outboxes);
                }
                outboxes.iter().for_each(|outbox| outbox.flush());
            }
        }
    }
}

#[cfg(test)]
mod tests;
