//! The task that makes the calls which are due, and tells how they end.

use std::sync::Arc;

use bytes::Bytes;
use daffi_core::proto::{Failed, Header, TaskId, Tick, encode};
use tokio::task::yield_now;
use tokio::time::sleep;

use super::super::hub::{Hub, State};
use super::books::Books;
use crate::schedule::Act;

/// So many ticks are made at a time.
const TICKS: usize = 64;

impl Hub {
    /// Makes the calls that are due, until the controller stops.
    pub(crate) async fn keep_schedules(self: Arc<Self>) {
        loop {
            let told = self.state().queues.inside.take();
            let (acts, timeout) = {
                let (mut books, now) = self.scheduling.open();
                let Books {
                    schedules,
                    acts,
                    callers,
                    ..
                } = &mut *books;
                for told in told {
                    callers.hear(told, schedules, now, acts);
                }
                schedules.on_time(now, TICKS, acts);
                let acts = std::mem::take(acts);
                (acts, schedules.next_timeout(now))
            };
            if !acts.is_empty() {
                for act in acts {
                    self.act(act).await;
                }
                self.dismiss_idle().await;
                yield_now().await;
                if self.closing.is_cancelled() {
                    return;
                }
                continue;
            }
            self.dismiss_idle().await;
            let due = async {
                match timeout {
                    Some(timeout) => sleep(timeout).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = due => {}
                () = self.scheduling.wake.notified() => {}
                () = self.closing.cancelled() => return,
            }
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
