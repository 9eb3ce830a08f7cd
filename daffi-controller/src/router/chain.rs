//! Which calls wait for which: a callback that calls another one and awaits the answer is a link of a chain.
//!
//! A process says within which of the calls that it runs it makes another. What it says counts if it does run that, so whoever
//! guesses learns nothing, and whoever lies about its own harms its own. A chain ends where nobody awaits the answer: where
//! a call was handed over or cancelled, where its caller has left or reads its stream already.

use std::iter;

use daffi_core::proto::{Ancestor, CallHeader, CallId, Limits};

use super::calls::{Calls, Outstanding};
use super::fit::Fit;
use super::ids::{Caller, PeerId};
use super::state::Router;
use super::work::Turn;

/// So many processes are named to whoever comes to answer a call of its own chain.
const NAMED: usize = 8;

impl Calls {
    /// The call that a process says it makes another one within, if it runs that.
    pub(super) fn within(&self, by: PeerId, within: Option<CallId>) -> Option<CallId> {
        let within = within?;
        let call = self.get(within)?;
        (call.provider == by && !call.has_ended).then_some(within)
    }

    /// The calls that wait for whatever is made within this one: itself first, then those that wait for it, the nearest first.
    fn chain(&self, within: Option<CallId>) -> impl Iterator<Item = (CallId, &Outstanding)> {
        let link = |call: CallId| {
            // What runs a call that was cancelled stops to wait.
            let outstanding = self
                .get(call)
                .filter(|call| !call.is_cancelled() && !call.has_ended)?;
            Some((call, outstanding))
        };
        let next = move |(_, call): &(CallId, &Outstanding)| {
            call.within.filter(|_| call.is_awaited()).and_then(link)
        };
        iter::successors(within.and_then(link), next).take(Limits::ANCESTORS)
    }
}

impl Router {
    /// Whether a call would wait for a place that is held by one that waits for it.
    pub(super) fn is_recursive(
        &self,
        from: PeerId,
        header: &CallHeader<'_>,
        named: Option<PeerId>,
        turn: &mut Turn,
    ) -> bool {
        let Some(within) = self.calls.within(from, header.within) else {
            return false;
        };
        let Some((function, _)) = self.directory.function(header.name) else {
            return false;
        };
        let mut looks = 0;
        let holds_a_place = self.calls.chain(Some(within)).any(|(_, call)| {
            looks += 1;
            let provider = self.directory.provider(call.via);
            provider.is_some_and(|provider| {
                // One that is taken back accepts nothing.
                self.is_called(provider, function, &header.having)
                    && (provider.concurrency.is_some() || provider.per_caller.is_some() && call.by == from)
                    && Fit::of(header).accepts(provider)
                    && named.is_none_or(|named| named == provider.peer)
            })
        });
        turn.spend_looks(looks);
        holds_a_place
    }

    /// What a provider is told of the calls that wait for one: those that it runs itself, and through whom it came back.
    pub(super) fn ancestors(
        &self,
        within: Option<CallId>,
        provider: PeerId,
        turn: &mut Turn,
    ) -> Vec<Ancestor<'_>> {
        match within {
            None => Vec::new(),
            Some(within) => self.told_ancestors(within, provider, turn),
        }
    }

    /// Nearly no call is part of a chain.
    #[cold]
    fn told_ancestors(&self, within: CallId, provider: PeerId, turn: &mut Turn) -> Vec<Ancestor<'_>> {
        let (mut told, mut farthest) = (Vec::new(), 0);
        let (mut looks, mut names, mut words) = (0, 0, 0);
        for (number, call) in self.calls.chain(Some(within)) {
            looks += 1;
            if call.provider == provider {
                told.push(Ancestor::Here(number));
                farthest = told.len();
            } else if names < NAMED {
                let name = self.process_name(call.provider).unwrap_or_default();
                names += 1;
                words += name.len();
                told.push(Ancestor::At(name));
            }
        }
        turn.spend_looks(looks);
        turn.spend_words(words);
        told.truncate(farthest);
        told
    }
}

impl Outstanding {
    /// Whether the one who made the call waits for its answer.
    const fn is_awaited(&self) -> bool {
        matches!(self.caller, Caller::Call(..) | Caller::Part(_)) && !self.opened
    }
}
