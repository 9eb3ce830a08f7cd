//! Those who want to know how ticks end are told.

use daffi_core::proto::{Failed, Header, TaskId, Tick, encode};

use super::super::hub::{Hub, State};
use super::errands::is_same;

impl Hub {
    /// A tick has ended: tells those who want to know.
    pub(super) fn tell_of(&self, task: TaskId, tick: &Tick) {
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
