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

/// So many ticks are made at a time, and so much of anything else is looked at under the lock (P15).
const AT_A_TIME: usize = 64;

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
            let (turn, Beside { idle, due }) = self.turn(fault.as_ref());
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

    /// What is to be done now, and what is beside it.
    fn turn(&self, fault: Option<&Faulty>) -> (Turn, Beside) {
        let ((told, has_more), is_stopping) = {
            let mut state = self.state();
            (state.queues.inside.take(AT_A_TIME), state.is_stopping())
        };
        let (mut books, now) = self.scheduling.open();
        let before = books.acts.len();
        books.hear(told, now);
        let Books {
            schedules,
            acts,
            callers,
            answers,
            unkept,
            ..
        } = &mut *books;
        // Whatever has waited for the same goes on in the order in which it was asked for.
        schedules.sort(&mut acts[before..]);
        let instant = Instant::now();
        acts.extend(callers.late(instant, AT_A_TIME).into_iter().map(Act::Stop));
        acts.extend(callers.again(instant, AT_A_TIME).into_iter().map(Act::Await));
        // Before a controller stops, nothing new begins.
        if !is_stopping {
            if fault.is_none() {
                for task in std::iter::from_fn(|| unkept.pop_first()).take(AT_A_TIME) {
                    schedules.provider_came(task, now, acts);
                }
            }
            schedules.on_time(now, AT_A_TIME, acts);
        }
        let timeout = schedules.next_timeout(now).filter(|_| !is_stopping);
        let beside = Beside {
            idle: callers.dismiss(AT_A_TIME),
            due: timeout
                .map(|timeout| instant + timeout)
                .into_iter()
                .chain(callers.next_timeout(instant))
                .chain((has_more || fault.is_none() && !unkept.is_empty() && !is_stopping).then_some(instant))
                .min(),
        };
        // While the disk is at fault, what has changed waits.
        let is_withheld = fault.is_some_and(|fault| instant < fault.until);
        let turn = Turn {
            acts: std::mem::take(acts),
            answers: std::mem::take(answers),
            changes: if is_withheld {
                Changes::default()
            } else {
                schedules.take_changes()
            },
            is_withheld,
        };
        (turn, beside)
    }

    /// Keeps how the last calls have ended when the controller does. What would begin now waits for the next one.
    async fn last_turn(&self) {
        let mut has_more = true;
        while has_more {
            let told;
            (told, has_more) = self.state().queues.inside.take(AT_A_TIME);
            {
                let (mut books, now) = self.scheduling.open();
                books.hear(told, now);
                let Books { schedules, acts, .. } = &mut *books;
                let mut more = Vec::new();
                for act in acts.drain(..) {
                    if let Act::Start(run) = act {
                        schedules.ended(run, End::NoProvider, now, &mut more);
                    }
                }
            }
            yield_now().await;
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
        for act in turn.acts {
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
                let call = self.scheduling.open().0.callers.of_run(run);
                self.cancel(call).await;
            }
            Act::Await(task) => self.wait_for_provider(task).await,
            Act::Forget(task) => {
                let call = self.scheduling.open().0.callers.forget(task);
                self.cancel(call).await;
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
