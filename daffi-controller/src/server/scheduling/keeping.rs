//! The task that makes the calls which are due, and tells how they end.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use daffi_core::proto::{Failed, Header, TaskId, Tick, encode};
use tokio::task::{spawn_blocking, yield_now};
use tokio::time::{Instant, sleep_until};
use tracing::{error, info};

use super::super::hub::{Hub, State};
use super::books::{Answer, Books};
use super::errands::is_same;
use super::store::{Fault, Store};
use crate::schedule::{Act, Change, End, Now, Schedules};

/// So many ticks are made at a time.
const TICKS: usize = 64;

/// After a fault of the disk it is tried again so much later.
const AGAIN: Duration = Duration::from_secs(1);

/// It is waited again so much later for those for whom nobody could be waited.
const WAIT_AGAIN: Duration = Duration::from_secs(5);

/// The disk is at fault.
struct Faulty {
    words: String,
    /// It is not tried again before.
    until: Instant,
}

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
        let mut fault: Option<Faulty> = None;
        let mut waits_again = None;
        while !self.closing.is_cancelled() {
            let (turn, due) = self.turn(fault.as_ref());
            if let Some(turn) = turn {
                fault = self.keep(turn, fault).await;
                self.dismiss_idle().await;
                yield_now().await;
                continue;
            }
            self.dismiss_idle().await;
            if self.wait_again(&mut waits_again) {
                continue;
            }
            let faulty_until = fault.as_ref().map(|fault| fault.until);
            let due = due.into_iter().chain(faulty_until).chain(waits_again).min();
            let due = async {
                match due {
                    Some(due) => sleep_until(due).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = due => {}
                () = self.scheduling.wake.notified() => {}
                () = self.closing.cancelled() => {}
            }
        }
        // How the last calls ended. None begins.
        if let Some(turn) = self.last_turn() {
            self.keep(turn, None).await;
        }
    }

    /// Too much was waited for: it is waited again, a little later, for those for whom nobody could be.
    fn wait_again(&self, at: &mut Option<Instant>) -> bool {
        let (mut books, _) = self.scheduling.open();
        let Books { callers, acts, .. } = &mut *books;
        if callers.refused.is_empty() {
            *at = None;
            return false;
        }
        let due = *at.get_or_insert_with(|| Instant::now() + WAIT_AGAIN);
        if Instant::now() < due {
            return false;
        }
        *at = None;
        acts.extend(std::mem::take(&mut callers.refused).into_iter().map(Act::Await));
        true
    }

    /// What is to be done now, and when there is more.
    fn turn(&self, fault: Option<&Faulty>) -> (Option<Turn>, Option<Instant>) {
        let (told, is_stopping) = {
            let mut state = self.state();
            (state.queues.inside.take(), state.is_stopping())
        };
        let (mut books, now) = self.scheduling.open();
        books.hear(told, now);
        let Books {
            schedules,
            acts,
            callers,
            answers,
            ..
        } = &mut *books;
        acts.extend(callers.late(Instant::now()).into_iter().map(Act::Stop));
        // Before a controller stops, nothing new begins.
        if !is_stopping {
            schedules.on_time(now, TICKS, acts);
        }
        let timeout = schedules
            .next_timeout(now)
            .filter(|_| !is_stopping)
            .map(|timeout| Instant::now() + timeout);
        let due = timeout.into_iter().chain(callers.next_deadline()).min();
        // While the disk is at fault, what has changed waits.
        let changes = match fault {
            Some(fault) if Instant::now() < fault.until => Vec::new(),
            _ => changes(schedules, now),
        };
        let turn = Turn {
            acts: std::mem::take(acts),
            answers: std::mem::take(answers),
            changes: changes.into(),
        };
        let is_idle = turn.acts.is_empty() && turn.answers.is_empty() && turn.changes.is_empty();
        ((!is_idle).then_some(turn), due)
    }

    /// What has ended when the controller does. What would begin now waits for the next one.
    fn last_turn(&self) -> Option<Turn> {
        let told = self.state().queues.inside.take();
        let (mut books, now) = self.scheduling.open();
        books.hear(told, now);
        let Books {
            schedules,
            acts,
            answers,
            ..
        } = &mut *books;
        let begun: Vec<Act> = acts.extract_if(.., |act| matches!(act, Act::Start(_))).collect();
        let mut more = Vec::new();
        for act in begun {
            if let Act::Start(run) = act {
                schedules.ended(run, End::NoProvider, now, &mut more);
            }
        }
        let turn = Turn {
            acts: Vec::new(),
            answers: std::mem::take(answers),
            changes: changes(schedules, now).into(),
        };
        (!turn.answers.is_empty() || !turn.changes.is_empty()).then_some(turn)
    }

    /// Keeps what has changed, and then does what is to be done, and answers. Gives the fault of the disk, if there is one.
    async fn keep(&self, mut turn: Turn, fault: Option<Faulty>) -> Option<Faulty> {
        let fault = match (&self.scheduling.store, fault) {
            (None, _) => None,
            (Some(_), Some(fault)) if Instant::now() < fault.until => Some(fault),
            (Some(store), was) => match self.write(store, &mut turn).await {
                Ok(()) => {
                    if was.is_some() && self.scheduling.faults.may_say().is_some() {
                        info!("schedules are kept on the disk again");
                    }
                    None
                }
                Err(fault) => {
                    if was.is_none()
                        && let Some(unsaid) = self.scheduling.faults.may_say()
                    {
                        error!(%fault, unsaid, "what becomes of schedules cannot be written: no call of theirs is made until it can");
                    }
                    Some(Faulty {
                        words: fault.to_string(),
                        until: Instant::now() + AGAIN,
                    })
                }
            },
        };
        if fault.is_some() {
            self.do_without(&mut turn);
        }
        for act in turn.acts {
            self.act(act).await;
        }
        let mut outboxes = Vec::new();
        for answer in turn.answers {
            let outcome = match (&fault, answer.refused) {
                (Some(fault), _) => Err(not_kept(&fault.words, answer.made)),
                (None, Some(words)) => Err(not_kept(&words, answer.made)),
                (None, None) => Ok(answer.payload),
            };
            self.answer_errand(answer.to, outcome, &mut outboxes);
        }
        outboxes.iter().for_each(|outbox| outbox.flush());
        fault
    }

    /// Writes what has changed. If that cannot be, what was made is left out: it may be what there is no room for.
    async fn write(&self, store: &Arc<Store>, turn: &mut Turn) -> Result<(), Fault> {
        if turn.changes.is_empty() {
            return Ok(());
        }
        let Err(fault) = store.keep(Arc::clone(&turn.changes)).await else {
            return Ok(());
        };
        let made: BTreeSet<TaskId> = turn
            .answers
            .iter()
            .filter(|answer| answer.made)
            .map(|answer| answer.task)
            .collect();
        let again: Vec<Change> = {
            let (mut books, now) = self.scheduling.open();
            let Books {
                schedules, answers, ..
            } = &mut *books;
            schedules.put_back(&turn.changes);
            if made.is_empty() {
                return Err(fault);
            }
            for id in &made {
                schedules.unmake(*id);
            }
            // Whoever was told of it meanwhile hears the same.
            for answer in turn
                .answers
                .iter_mut()
                .chain(answers)
                .filter(|answer| made.contains(&answer.task))
            {
                answer.refused = Some(fault.to_string());
                answer.made = true;
            }
            changes(schedules, now)
        };
        turn.acts
            .retain(|act| act.task().is_none_or(|task| !made.contains(&task)));
        turn.acts.extend(made.into_iter().map(Act::Over));
        turn.changes = again.into();
        let written = store.keep(Arc::clone(&turn.changes)).await;
        if written.is_err() {
            self.scheduling.open().0.schedules.put_back(&turn.changes);
        }
        written
    }

    /// Nothing of what has changed is on the disk: no call is made that would have to be.
    fn do_without(&self, turn: &mut Turn) {
        let (mut books, now) = self.scheduling.open();
        let Books { schedules, acts, .. } = &mut *books;
        let begun: Vec<Act> = turn
            .acts
            .extract_if(
                ..,
                |act| matches!(act, Act::Start(run) if schedules.is_kept(run.task)),
            )
            .collect();
        for act in begun {
            if let Act::Start(run) = act {
                schedules.ended(run, End::NotKept, now, acts);
            }
        }
        for answer in turn.answers.iter().filter(|answer| answer.made) {
            schedules.unmake(answer.task);
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
        let order = books.schedules.order(task);
        let callback = order.map(|(order, _)| order.callback().to_owned());
        let maker = order.map(|(_, maker)| maker.identity.clone());
        let mut outboxes = Vec::new();
        let mut state = self.state();
        let State { router, queues, .. } = &mut *state;
        let left: Vec<_> = watchers
            .into_iter()
            .filter(|(peer, call)| {
                // That may have been taken away meanwhile.
                let is_makers = maker
                    .as_ref()
                    .is_some_and(|maker| router.identity(*peer).is_some_and(|who| is_same(who, maker)));
                let may_know = is_makers
                    || callback
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

/// What is to be kept.
fn changes(schedules: &mut Schedules, now: Now) -> Vec<Change> {
    schedules.take_changes(now).unwrap_or_else(|error| {
        error!(%error, "a change of a schedule cannot be written as bytes, and is not kept");
        Vec::new()
    })
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
