//! The state of streams: what a sender may still send, and what a receiver holds.

use std::collections::{BTreeMap, VecDeque};

use super::lent::{Lent, apart, join};
use super::loans::{Bounded, Loans, Party, Weight};
use crate::proto::{Batch, CallId, Credit, Failed, RunId, Taken, Window};

/// Whose stream it is, at this end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// Of a call that this process made.
    Call(CallId),
    /// Of a run of a callback.
    Run(RunId),
    /// Of a call to many that this process made, to the process with that place on the roster.
    Part(CallId, u32),
}

impl End {
    /// The ends that go with it, from the first to the last.
    const fn all(self) -> [(Self, Self); 2] {
        match self {
            Self::Call(call) => [(self, self), (Self::Part(call, 0), Self::Part(call, u32::MAX))],
            Self::Run(_) | Self::Part(..) => [(self, self), (self, self)],
        }
    }
}

#[derive(Debug)]
struct Outgoing<W> {
    credit: Credit,
    waiter: Option<W>,
}

#[derive(Debug)]
struct Incoming<W> {
    batches: VecDeque<Batch>,
    /// Who sends it.
    party: Party,
    /// What the sender may still send, and what that takes of what all may hold.
    lent: Lent,
    waiter: Option<W>,
    end: Option<Result<(), Failed>>,
}

impl<W> Incoming<W> {
    /// Does something to it, of which account is kept.
    fn change<T>(&mut self, loans: &mut Loans, work: impl FnOnce(&mut Self, &Loans) -> T) -> T {
        let before = self.lent.weight();
        let given = work(self, loans);
        loans.change(&self.party, before, self.lent.weight());
        given
    }

    /// Nothing comes any more; why, unless that is known.
    fn end(&mut self, loans: &mut Loans, end: Result<(), Failed>) {
        self.end.get_or_insert(end);
        self.change(loans, |stream, _| stream.lent.end());
    }
}

/// The streams of a process: those that it sends, and the arguments that it receives. Results are received with the
/// other answers of a call.
#[derive(Debug)]
pub(super) struct Streams<W> {
    outgoing: BTreeMap<(End, u32), Outgoing<W>>,
    incoming: BTreeMap<(RunId, u32), Incoming<W>>,
    /// What is lent to those that it receives.
    loans: Loans,
}

impl<W> Streams<W> {
    pub(super) fn new() -> Self {
        Self {
            outgoing: BTreeMap::new(),
            incoming: BTreeMap::new(),
            loans: Loans::default(),
        }
    }

    // ------------------------------------------------------------------ sending

    /// A stream that may be sent once there is credit.
    pub(super) fn open(&mut self, end: End, index: u32) {
        self.outgoing.entry((end, index)).or_insert(Outgoing {
            credit: Credit::default(),
            waiter: None,
        });
    }

    /// The receiver grants more; whom to wake.
    pub(super) fn grant(&mut self, end: End, index: u32, items: u32, bytes: u32) -> Option<W> {
        let stream = self.outgoing.get_mut(&(end, index))?;
        stream.credit.grant(items, bytes);
        stream.waiter.take()
    }

    /// What may be sent; nothing for ever if the stream has ended. Otherwise `waiter` is kept, and the one from before is in
    /// its place.
    pub(super) fn credit(&mut self, end: End, index: u32, waiter: &mut Option<W>) -> Option<Option<Credit>> {
        let Some(stream) = self.outgoing.get_mut(&(end, index)) else {
            return Some(None);
        };
        if stream.credit.allows() {
            return Some(Some(stream.credit));
        }
        std::mem::swap(&mut stream.waiter, waiter);
        None
    }

    /// Whether the stream has ended; otherwise `waiter` hears of it, and the one from before is in its place.
    pub(super) fn has_ended(&mut self, end: End, index: u32, waiter: &mut Option<W>) -> bool {
        match self.outgoing.get_mut(&(end, index)) {
            Some(stream) => {
                std::mem::swap(&mut stream.waiter, waiter);
                false
            }
            None => true,
        }
    }

    /// Whether items may go: the stream is open and has credit, which they use up.
    pub(super) fn spend(&mut self, end: End, index: u32, batch: &Batch) -> bool {
        let stream = self.outgoing.get_mut(&(end, index));
        let (items, bytes) = (batch.items, batch.bytes.len());
        stream.is_some_and(|stream| stream.credit.spend(items, bytes, batch.explained))
    }

    /// The stream has ended, at either end. `None` if it had before.
    #[allow(
        clippy::option_option,
        reason = "no such stream, and nobody to wake, are different things"
    )]
    pub(super) fn close(&mut self, end: End, index: u32) -> Option<Option<W>> {
        Some(self.outgoing.remove(&(end, index))?.waiter)
    }

    // ------------------------------------------------------------------ receiving

    /// What is lent to the streams that it receives.
    pub(super) const fn loans(&self) -> &Loans {
        &self.loans
    }

    /// Waits for an argument stream, or grants as much again as was taken of it. What to grant; `None` if nothing is left, which
    /// ends it.
    pub(super) fn accept(
        &mut self,
        run: RunId,
        index: u32,
        party: &Party,
        window: Window,
        bounded: &Bounded<'_>,
    ) -> Option<Window> {
        let stream = self.incoming.entry((run, index)).or_insert_with(|| Incoming {
            batches: VecDeque::new(),
            party: party.clone(),
            lent: Lent::default(),
            waiter: None,
            end: None,
        });
        if stream.end.is_some() {
            // There is no more to come.
            return Some(Window::NONE);
        }
        let granted = stream.change(&mut self.loans, |stream, loans| {
            let bound = bounded.bound(loans, &stream.party);
            if stream.lent.is_new() {
                stream.lent.begin(window, bound)
            } else {
                Some(stream.lent.go_on(window, bound))
            }
        });
        if granted.is_none() {
            stream.end(&mut self.loans, Err(bounded.full(true)));
        }
        granted
    }

    /// Items have come, of at most `item_bytes` each. Answers whom to wake, and whether the sender keeps to what was granted;
    /// a stream whose sender does not ends, and so does one whose items are over what all streams may hold. `None` if nobody reads
    /// it any more.
    pub(super) fn add(
        &mut self,
        run: RunId,
        index: u32,
        batch: Batch,
        item_bytes: usize,
        bounded: &Bounded<'_>,
    ) -> Option<(Option<W>, bool)> {
        let stream = self.incoming.get_mut(&(run, index))?;
        if stream.end.is_some() {
            return None;
        }
        let taken = stream.change(&mut self.loans, |stream, loans| {
            let Incoming { lent, party, .. } = stream;
            let taken = lent.take(&batch, item_bytes, || bounded.bound(loans, party));
            if taken.is_err() {
                lent.end();
            }
            taken
        });
        let allowed = taken.is_ok();
        if let Err(failed) = taken {
            stream.end = Some(Err(failed));
        } else {
            let joined = stream.batches.back_mut().map(|last| join(last, &batch));
            match joined {
                Some(true) => {}
                Some(false) => stream.batches.push_back(apart(batch)),
                None => stream.batches.push_back(batch),
            }
        }
        Some((stream.waiter.take(), allowed))
    }

    /// Whether somebody reads an argument stream, or has begun to.
    pub(super) fn is_read(&self, run: RunId, index: u32) -> bool {
        self.incoming.contains_key(&(run, index))
    }

    /// The sender has ended a stream; whom to wake.
    pub(super) fn end(&mut self, run: RunId, index: u32, end: Result<(), Failed>) -> Option<W> {
        let stream = self.incoming.get_mut(&(run, index))?;
        stream.end(&mut self.loans, end);
        stream.waiter.take()
    }

    /// The next of a stream. A run that nobody waits for any more has no streams.
    pub(super) fn take(&mut self, run: RunId, index: u32, waiter: &mut Option<W>) -> Option<Taken> {
        let Some(stream) = self.incoming.get_mut(&(run, index)) else {
            return Some(Taken::End(Err(Failed::Cancelled { may_have_run: true })));
        };
        if let Some(batch) = stream.batches.pop_front() {
            stream.change(&mut self.loans, |stream, _| stream.lent.look_at(&batch));
            return Some(Taken::Batch(batch));
        }
        if let Some(end) = &stream.end {
            return Some(Taken::End(end.clone()));
        }
        std::mem::swap(&mut stream.waiter, waiter);
        None
    }

    /// Nobody reads the stream any more. Answers whether its sender does not know yet that there is no need to go on, and
    /// who waited for it.
    pub(super) fn stop(&mut self, run: RunId, index: u32) -> (bool, Option<W>) {
        match self.incoming.remove(&(run, index)) {
            Some(stream) => {
                self.give_back(&stream);
                (stream.end.is_none(), stream.waiter)
            }
            None => (false, None),
        }
    }

    fn give_back(&mut self, stream: &Incoming<W>) {
        self.loans
            .change(&stream.party, stream.lent.weight(), Weight::default());
    }

    // ------------------------------------------------------------------ the end

    /// A call or a run has ended, and its streams with it.
    pub(super) fn end_all_of(&mut self, end: End, mut wake: impl FnMut(W)) {
        if self.outgoing.is_empty() && self.incoming.is_empty() {
            return;
        }
        let sent: Vec<_> = end
            .all()
            .into_iter()
            .flat_map(|(first, last)| self.outgoing.range((first, 0)..=(last, u32::MAX)))
            .map(|(key, _)| *key)
            .collect();
        for key in sent {
            let stream = self.outgoing.remove(&key);
            stream
                .and_then(|stream| stream.waiter)
                .into_iter()
                .for_each(&mut wake);
        }
        let End::Run(run) = end else { return };
        let received: Vec<_> = self
            .incoming
            .range((run, 0)..=(run, u32::MAX))
            .map(|(key, _)| *key)
            .collect();
        for key in received {
            let Some(stream) = self.incoming.remove(&key) else {
                continue;
            };
            self.give_back(&stream);
            stream.waiter.into_iter().for_each(&mut wake);
        }
    }

    /// The connection is gone, and every stream with it but for those of calls that are yet to be sent.
    pub(super) fn end_all(&mut self, is_kept: impl Fn(CallId) -> bool, mut wake: impl FnMut(W)) {
        let (kept, sent): (BTreeMap<_, _>, BTreeMap<_, _>) = std::mem::take(&mut self.outgoing)
            .into_iter()
            .partition(|((end, _), _)| matches!(end, End::Call(call) if is_kept(*call)));
        self.outgoing = kept;
        let sent = sent.into_values().map(|stream| stream.waiter);
        self.loans = Loans::default();
        let received = std::mem::take(&mut self.incoming)
            .into_values()
            .map(|stream| stream.waiter);
        sent.chain(received).flatten().for_each(&mut wake);
    }

    /// How many bytes wait to be read.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        let batches = self.incoming.values().flat_map(|stream| &stream.batches);
        batches.map(|batch| batch.bytes.len()).sum()
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.outgoing.len() + self.incoming.len()
    }
}
