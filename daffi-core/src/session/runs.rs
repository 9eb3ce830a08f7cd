//! The calls that this process answers.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use slab::Slab;

use super::callers::Caller;
use super::start::{Start, Terms, Times};
use crate::mixing::{Mixing, Table};
use crate::proto::{
    Absence, Ancestor, CallId, CallbackId, Failed, Moment, RunHeader, RunId, TimeLimit, Waiting,
};

#[derive(Debug)]
pub(super) struct Runs<C> {
    offered: Table<CallbackId, Offer<C>>,
    next_callback: u32,
    runs: Slab<Run>,
    by_call: Table<CallId, RunId>,
    /// How many take or return streams.
    flowing: usize,
    limit: u32,
    /// The bytes of all arguments, and how many there may be.
    bytes: usize,
    byte_limit: usize,
}

#[derive(Debug)]
struct Offer<C> {
    callback: C,
    terms: Terms,
    running: u32,
}

#[derive(Debug)]
struct Run {
    stamp: u64,
    callback: CallbackId,
    /// The call to answer; `None` once the connection that it came by is lost.
    call: Option<CallId>,
    /// Nobody waits for it any more. With this it is answered when it has stopped, as its place is free then and not before.
    unwanted: Option<Failed>,
    /// Its deadline is the callback's own, of which the caller does not know: so much is allowed.
    own_limit: Option<Duration>,
    /// How many bytes its arguments take.
    bytes: usize,
    /// It takes or returns streams.
    flows: bool,
    /// Which of its arguments it reads no more of, if they are streams: a bit for each.
    stopped: u16,
    /// Who called.
    caller: Arc<str>,
}

impl<C: Clone> Runs<C> {
    pub(super) fn new(limit: u32, byte_limit: usize, mixing: Mixing) -> Self {
        Self {
            offered: Table::with_hasher(mixing),
            next_callback: 0,
            runs: Slab::new(),
            by_call: Table::with_hasher(mixing),
            flowing: 0,
            limit,
            bytes: 0,
            byte_limit,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.runs.len()
    }

    /// How many neither take nor return streams.
    pub(super) fn single(&self) -> usize {
        self.runs.len() - self.flowing
    }

    /// A run takes or returns a stream.
    pub(super) fn flow(&mut self, run: RunId) {
        if let Some(found) = self.get_mut(run)
            && !std::mem::replace(&mut found.flows, true)
        {
            self.flowing += 1;
        }
    }

    pub(super) fn offer(&mut self, callback: C, terms: Terms) -> CallbackId {
        let id = CallbackId(self.next_callback);
        self.next_callback += 1;
        self.offered.insert(
            id,
            Offer {
                callback,
                terms,
                running: 0,
            },
        );
        id
    }

    pub(super) fn retract(&mut self, callback: CallbackId) -> Option<C> {
        Some(self.offered.remove(&callback)?.callback)
    }

    pub(super) fn retract_all(&mut self) -> Vec<C> {
        self.offered.drain().map(|(_, offer)| offer.callback).collect()
    }

    pub(super) fn offered(&self) -> impl Iterator<Item = (CallbackId, &C)> {
        self.offered.iter().map(|(id, offer)| (*id, &offer.callback))
    }

    pub(super) fn is_wanted(&self, run: RunId) -> bool {
        self.get(run)
            .is_some_and(|run| run.call.is_some() && run.unwanted.is_none())
    }

    /// It reads no more of one of its arguments.
    pub(super) fn stop_reading(&mut self, run: RunId, index: u32) {
        if let Some(run) = self.get_mut(run) {
            run.stopped |= 1_u16.checked_shl(index).unwrap_or_default();
        }
    }

    /// Whether it may still read one of its arguments; it has no more than there are bits.
    pub(super) fn may_read(&self, run: RunId, index: u32) -> bool {
        self.get(run).is_some_and(|run| {
            1_u16
                .checked_shl(index)
                .is_some_and(|argument| run.stopped & argument == 0)
        })
    }

    /// It is known how long the callback of a run keeps its thread.
    pub(super) fn is_known(&mut self, run: RunId) {
        let Some(callback) = self.get(run).map(|run| run.callback) else {
            return;
        };
        if let Some(offer) = self.offered.get_mut(&callback) {
            offer.terms.is_new = false;
        }
    }

    /// Whether nothing is known of that yet.
    pub(super) fn is_new(&self, run: RunId) -> bool {
        let offer = self.get(run).and_then(|run| self.offered.get(&run.callback));
        offer.is_some_and(|offer| offer.terms.is_new)
    }

    /// Whether a run has not ended.
    pub(super) fn is_running(&self, run: RunId) -> bool {
        self.get(run).is_some()
    }

    /// Whether a run under this number is not answered yet.
    pub(super) fn is_open(&self, call: CallId) -> bool {
        self.by_call.contains_key(&call)
    }

    /// The run of a call, if its answer is wanted.
    pub(super) fn run_of(&self, call: CallId) -> Option<RunId> {
        let run = *self.by_call.get(&call)?;
        self.is_wanted(run).then_some(run)
    }

    /// The call that a run is to answer, if it still wants an answer.
    pub(super) fn call_of(&self, run: RunId) -> Option<CallId> {
        self.get(run).filter(|run| run.unwanted.is_none())?.call
    }

    /// Who has made the call of a run that has not ended.
    pub(super) fn caller_of(&self, run: RunId) -> Option<Arc<str>> {
        Some(Arc::clone(&self.get(run)?.caller))
    }

    fn get(&self, run: RunId) -> Option<&Run> {
        self.runs.get(run.index).filter(|found| found.stamp == run.stamp)
    }

    fn get_mut(&mut self, run: RunId) -> Option<&mut Run> {
        self.runs
            .get_mut(run.index)
            .filter(|found| found.stamp == run.stamp)
    }

    /// Takes a run of so many bytes of arguments, or answers why not. A reason given here is a promise that the callback did not
    /// run. What comes with it is how long one call of the callback may take, of which account is kept once it
    /// [begins](Self::keep_time).
    pub(super) fn start(
        &mut self,
        now: Moment,
        stamp: u64,
        header: &RunHeader<'_>,
        times: Times,
        caller: Caller,
        bytes: usize,
    ) -> Result<(Start<C>, Option<Duration>), Failed> {
        let Some(offer) = self.offered.get_mut(&header.callback) else {
            return Err(Failed::NoProvider(Absence::nobody()));
        };
        let full = offer
            .terms
            .concurrency
            .is_some_and(|limit| offer.running >= limit);
        // One that is alone is run, however large.
        let heavy = self.bytes > 0 && self.bytes.saturating_add(bytes) > self.byte_limit;
        if full || heavy || self.runs.len() >= self.limit as usize {
            return Err(Failed::Overloaded { may_have_run: false });
        }
        // Each call of the callback has its own time, of which whoever makes them keeps account.
        let own = offer.terms.timeout.filter(|_| times == Times::Once);
        let deadline = header.deadline.map(|left| now + left);
        offer.running += 1;
        let run = Run {
            stamp,
            callback: header.callback,
            call: Some(header.call),
            unwanted: None,
            own_limit: None,
            bytes,
            flows: false,
            stopped: 0,
            caller: Arc::clone(&caller.name),
        };
        self.bytes += bytes;
        let run = RunId {
            index: self.runs.insert(run),
            stamp,
        };
        let ancestors = header.ancestors.iter().filter_map(|ancestor| match ancestor {
            Ancestor::Here(call) => self.by_call.get(call).copied().map(Waiting::Here),
            Ancestor::At(process) => Some(Waiting::At((*process).into())),
        });
        let ancestors = ancestors.collect();
        self.by_call.insert(header.call, run);
        let metadata = header
            .metadata
            .iter()
            .map(|(key, value)| ((*key).into(), (*value).into()))
            .collect();
        let callback = offer.callback.clone();
        Ok((
            Start {
                run,
                callback,
                times,
                is_first: false,
                caller: caller.name,
                identity: caller.identity,
                deadline,
                trace: header.trace,
                metadata,
                ancestors,
                described: header.described,
                payload: Bytes::new(),
            },
            own,
        ))
    }

    /// The callback begins, and so does its own time.
    pub(super) fn keep_time(&mut self, now: Moment, start: &mut Start<C>, own: Option<Duration>) {
        let Some(own) = own else { return };
        let until = now + own;
        if start.deadline.is_none_or(|deadline| until < deadline)
            && let Some(run) = self.get_mut(start.run)
        {
            start.deadline = Some(until);
            run.own_limit = Some(own);
        }
    }

    /// The call is not wanted any more. `None` if it was not before.
    pub(super) fn cancel(&mut self, call: CallId) -> Option<RunId> {
        let run = self.run_of(call)?;
        self.unwanted(run, Failed::Cancelled { may_have_run: true })?;
        Some(run)
    }

    /// The time of the run is over: the call, and what its caller is told, if that keeps no account of that time. `None` if it was not
    /// wanted before.
    pub(super) fn give_up(&mut self, run: RunId) -> Option<Option<(CallId, Failed)>> {
        let own = self.get(run)?.own_limit;
        let failed = Failed::Timeout {
            limit: own.map_or(TimeLimit::Call, TimeLimit::Callback),
            may_have_run: true,
        };
        let call = self.unwanted(run, failed.clone())?;
        Some(own.map(|_| (call, failed)))
    }

    /// Nobody waits for a run any more, if somebody did: the call that it is to answer so when it has stopped.
    pub(super) fn unwanted(&mut self, id: RunId, failed: Failed) -> Option<CallId> {
        let run = self.get_mut(id).filter(|run| run.unwanted.is_none())?;
        let call = run.call?;
        run.unwanted = Some(failed);
        Some(call)
    }

    /// No run is wanted any more, nor is it to be answered when it has stopped: what is said of each is whether it was wanted before.
    pub(super) fn abandon_all(&mut self, mut stop: impl FnMut(CallId, RunId, bool)) {
        let mut open: Vec<_> = self.by_call.drain().collect();
        // In the order in which they came.
        open.sort_unstable_by_key(|(_, run)| run.stamp);
        for (call, run) in open {
            let Some(found) = self.runs.get_mut(run.index) else {
                continue;
            };
            found.call = None;
            stop(call, run, found.unwanted.is_none());
        }
    }

    /// The run has ended; the call to answer, if one is to be, and with what if nobody waits for it.
    pub(super) fn finish(&mut self, run: RunId) -> Option<(CallId, Option<Failed>)> {
        self.get(run)?;
        let ended = self.runs.try_remove(run.index)?;
        if let Some(offer) = self.offered.get_mut(&ended.callback) {
            offer.running -= 1;
        }
        self.bytes -= ended.bytes;
        self.flowing -= usize::from(ended.flows);
        let call = ended.call?;
        self.by_call.remove(&call);
        Some((call, ended.unwanted))
    }
}
