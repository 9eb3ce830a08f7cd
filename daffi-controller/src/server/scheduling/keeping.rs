//! The task that makes the calls which are due, and tells how they end.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use daffi_core::proto::{Failed, Header, TaskId, Tick, encode};
use tokio::task::{spawn_blocking, yield_now};
use tokio::time::{Instant, sleep_until};
use tracing::{error, info};

use super::super::hub::{Hub, State};
use super::books::{Answer, Books};
use crate::schedule::{Act, Change, End, Run};

/// So many ticks are made at a time.
const TICKS: usize = 64;

/// After a fault of the disk it is tried again so much later.
const AGAIN: Duration = Duration::from_secs(1);

/// What is done at a time.
struct Turn {
    acts: Vec<Act>,
    answers: Vec<Answer>,
    changes: Arc<[Change]>,
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
        let mut faulty_until = None;
        loop {
            let (turn, timeout) = self.turn(faulty_until);
            if let Some(turn) = turn {
                let kept = self.keep(turn, faulty_until.is_some()).await;
                faulty_until = (!kept).then(|| Instant::now() + AGAIN);
                self.dismiss_idle().await;
                yield_now().await;
                if self.closing.is_cancelled() {
                    return;
                }
                continue;
            }
            self.dismiss_idle().await;
            let timeout = timeout.map(|timeout| Instant::now() + timeout);
            let due = timeout.into_iter().chain(faulty_until).min();
            let due = async {
                match due {
                    Some(due) => sleep_until(due).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = due => {}
                () = self.scheduling.wake.notified() => {}
                () = self.closing.cancelled() => {
                    // How the last calls ended.
                    if let (Some(turn), _) = self.turn(None) {
                        self.keep(turn, true).await;
                    }
                    return;
                }
            }
        }
    }

    /// What is to be done now, and when there is more. What changed without anything to be done for it is not kept before a time.
    fn turn(&self, faulty_until: Option<Instant>) -> (Option<Turn>, Option<Duration>) {
        let (told, is_stopping) = {
            let mut state = self.state();
            (state.queues.inside.take(), state.is_stopping())
        };
        let (mut books, now) = self.scheduling.open();
        let Books {
            schedules,
            acts,
            callers,
            answers,
            ..
        } = &mut *books;
        for told in told {
            callers.hear(told, schedules, now, acts);
        }
        // Before a controller stops, nothing new begins.
        if !is_stopping {
            schedules.on_time(now, TICKS, acts);
        }
        let timeout = schedules.next_timeout(now).filter(|_| !is_stopping);
        let waits = faulty_until.is_some_and(|until| Instant::now() < until);
        if acts.is_empty() && answers.is_empty() && waits {
            return (None, timeout);
        }
        let changes = schedules.take_changes(now).unwrap_or_else(|error| {
            error!(%error, "a change of a schedule cannot be written as bytes, and is not kept");
            Vec::new()
        });
        let turn = Turn {
            acts: std::mem::take(acts),
            answers: std::mem::take(answers),
            changes: changes.into(),
        };
        let is_idle = turn.acts.is_empty() && turn.answers.is_empty() && turn.changes.is_empty();
        ((!is_idle).then_some(turn), timeout)
    }

    /// Keeps what has changed, and then does what is to be done, and answers. `false` if it could not be kept.
    async fn keep(&self, mut turn: Turn, was_faulty: bool) -> bool {
        let kept = match &self.scheduling.store {
            Some(store) if !turn.changes.is_empty() => store.keep(Arc::clone(&turn.changes)).await,
            _ => Ok(()),
        };
        let mut failed = None;
        match &kept {
            Ok(()) if was_faulty && !turn.changes.is_empty() => info!("schedules are kept on the disk again"),
            Ok(()) => {}
            Err(fault) => {
                if !was_faulty {
                    error!(%fault, "what became of schedules cannot be written; calls of schedules are not made, and none is changed, until it can");
                }
                self.do_without(&mut turn);
                failed = Some(fault.to_string());
            }
        }
        for act in turn.acts {
            self.act(act).await;
        }
        let mut outboxes = Vec::new();
        for Answer { to, payload, made } in turn.answers {
            let outcome = failed
                .as_deref()
                .map_or(Ok(payload), |fault| Err(not_kept(fault, made.is_some())));
            self.answer_errand(to, outcome, &mut outboxes);
        }
        outboxes.iter().for_each(|outbox| outbox.flush());
        kept.is_ok()
    }

    /// Nothing of what has changed is on the disk: calls are not made, and what was made is not there.
    fn do_without(&self, turn: &mut Turn) {
        let (mut books, now) = self.scheduling.open();
        let Books { schedules, acts, .. } = &mut *books;
        schedules.put_back(&turn.changes);
        let is_kept = |run: &Run| turn.changes.iter().any(|change| change.task == run.task);
        for act in turn
            .acts
            .extract_if(.., |act| matches!(act, Act::Start(run) if is_kept(run)))
        {
            if let Act::Start(run) = act {
                schedules.ended(run, End::NotKept, now, acts);
            }
        }
        for made in turn.answers.iter().filter_map(|answer| answer.made) {
            schedules.unmake(made);
        }
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
                let call = self.scheduling.open().0.callers.of_wait(task);
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

    /// A tick has ended: tells those who want to know.
    fn tell_of(&self, task: TaskId, tick: &Tick) {
        let (mut books, _) = self.scheduling.open();
        let Some(watchers) = books.watchers.remove(&task) else {
            return;
        };
        let Ok(payload) = encode(std::slice::from_ref(tick)) else {
            return;
        };
        let callback = books
            .schedules
            .order(task)
            .map(|(order, _)| order.callback().to_owned());
        let mut outboxes = Vec::new();
        let mut state = self.state();
        let State { router, queues, .. } = &mut *state;
        let left: Vec<_> = watchers
            .into_iter()
            .filter(|(peer, call)| {
                // That may have been taken away meanwhile.
                let may_know = callback
                    .as_deref()
                    .is_none_or(|callback| router.may_schedule(*peer, callback));
                if !may_know {
                    let reason = "it may not be told of this schedule any more".to_owned();
                    let denied = Failed::Denied {
                        reason,
                        may_have_run: false,
                    };
                    router.end_errand(*peer, *call, Err(denied), queues);
                    return false;
                }
                let header = Header::Ticked { call: *call };
                router.tell_errand(*peer, (*call, &header), &payload, queues)
            })
            .collect();
        queues.take_touched(&mut outboxes);
        drop(state);
        if !left.is_empty() {
            books.watchers.insert(task, left);
        }
        drop(books);
        outboxes.iter().for_each(|outbox| outbox.flush());
    }
}

/// What is answered when something could not be kept.
fn not_kept(fault: &str, is_new: bool) -> Failed {
    let what = if is_new {
        "the schedule is not made"
    } else {
        "the change holds until the controller ends, and is written as soon as that is possible"
    };
    Failed::Invalid {
        reason: format!("the controller could not write to its data directory ({fault}): {what}"),
    }
}
