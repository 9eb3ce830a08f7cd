//! Those who have quotas: connections, and the identities that are theirs.
//!
//! What an identity has is the sum of what its connections have, at any time: it is counted where theirs is, and what a connection still has
//! goes with it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use daffi_core::Quota;
use daffi_core::proto::{Exceeded, Measure, Moment, QuotaOf};
use slab::Slab;

use super::account::{Account, Brings, Tally, longer, rates};
use super::patience::Patience;
use crate::access::Allowed;
use daffi_core::mixing::{Mixing, Table};

/// An identity that has no connection any more is known for so long, so that nobody gets a new second by coming again.
const KEPT: Duration = Duration::from_secs(60);

/// Whoever would be read no later than in so much time is let in.
const SOON: Duration = Duration::from_secs(1);

/// So many of these are looked at when somebody comes or goes.
const LOOKED_AT: usize = 4;

/// What is counted of a connection that has a quota, or whose identity has.
#[derive(Debug)]
pub(super) struct Metered {
    pub(super) account: Account,
    patience: Patience,
    /// The place of its identity.
    holder: Option<usize>,
    /// It has no connection.
    is_inside: bool,
    /// How many callbacks were counted of it.
    callbacks: usize,
    /// When whoever runs the controller was told of a refusal.
    told: Option<Moment>,
    /// What it went on and on beyond.
    abused: Option<Exceeded>,
}

/// An identity that has a quota, or whose connections have.
#[derive(Debug)]
struct Holder {
    name: Arc<str>,
    account: Account,
    connections: usize,
    /// So many of them are callers inside of the controller, which have none.
    inside: usize,
    tally: Tally,
    /// The least that was left of their patience to those of its connections that have ended.
    left: Option<Patience>,
    /// Since when it has no connection.
    idle: Option<Moment>,
}

/// All of them.
#[derive(Debug)]
pub(super) struct Holders {
    slots: Slab<Holder>,
    names: Table<Arc<str>, usize>,
    /// Those without a connection, and since when, the earliest first.
    idle: VecDeque<(Moment, usize)>,
}

impl Holders {
    pub(super) fn new(mixing: Mixing) -> Self {
        Self {
            slots: Slab::new(),
            names: Table::with_hasher(mixing),
            idle: VecDeque::new(),
        }
    }

    /// Whether an identity may have a connection more, which would be read soon. It counts as one that has come.
    pub(super) fn check_connection(&mut self, allowed: &Allowed, now: Moment) -> Result<(), Exceeded> {
        let Some(name) = &allowed.identity else {
            return Ok(());
        };
        let place = self.names.get(name).copied();
        let mut holder = place.and_then(|place| self.slots.get_mut(place));
        let there = holder
            .as_ref()
            .map_or(0, |holder| holder.connections - holder.inside);
        let quota = allowed.quotas.of(QuotaOf::Identity);
        match quota.of(Measure::Connections) {
            Some(most) if there as u64 >= most => {
                return Err(Exceeded::new(Measure::Connections, QuotaOf::Identity, most, None));
            }
            _ => {}
        }
        let owed = match &mut holder {
            Some(holder) => {
                holder.account.change(quota, now);
                holder.account.arrive(now)?;
                holder.account.owing(now)
            }
            // It has a second of its own when it is let in.
            None => Account::new(QuotaOf::Identity, quota, now)
                .arrive(now)
                .map(|()| None)?,
        };
        match owed {
            // It would wait without a word, before it has offered anything.
            Some(owed) if owed.room_in > Some(SOON) => Err(owed),
            _ => Ok(()),
        }
    }

    /// A connection is counted from now on, with what it has.
    pub(super) fn enter(&mut self, allowed: &Allowed, tally: Tally, is_inside: bool, now: Moment) -> Metered {
        let quota = allowed.quotas.of(QuotaOf::Identity);
        let holder = self.join(allowed, tally, now);
        if let Some(holder) = holder.and_then(|holder| self.slots.get_mut(holder)) {
            holder.inside += usize::from(is_inside);
        }
        let account = Account::new(QuotaOf::Connection, allowed.quotas.of(QuotaOf::Connection), now);
        let mut patience = Patience::new(&account, quota, now);
        let left = holder.and_then(|holder| self.slots.get(holder)?.left);
        if let Some(left) = left {
            patience.lower(&left, now);
        }
        Metered {
            account,
            patience,
            holder,
            is_inside,
            callbacks: tally.callbacks,
            told: None,
            abused: None,
        }
    }

    /// The place of an identity, with which a connection is counted from now on.
    fn join(&mut self, allowed: &Allowed, tally: Tally, now: Moment) -> Option<usize> {
        self.forget_idle(now);
        let quota = allowed.quotas.of(QuotaOf::Identity);
        let name = allowed.identity.as_ref()?;
        let place = self.holder(name, quota, now);
        let holder = self.slots.get_mut(place)?;
        holder.connections += 1;
        holder.idle = None;
        holder.tally.calls += tally.calls;
        holder.tally.streams += tally.streams;
        holder.tally.callbacks += tally.callbacks;
        Some(place)
    }

    fn holder(&mut self, name: &Arc<str>, quota: &Quota, now: Moment) -> usize {
        if let Some(place) = self.names.get(name) {
            if let Some(holder) = self.slots.get_mut(*place) {
                holder.account.change(quota, now);
            }
            return *place;
        }
        let mut account = Account::new(QuotaOf::Identity, quota, now);
        // The one with which it becomes known.
        let _ = account.arrive(now);
        let place = self.slots.insert(Holder {
            name: Arc::clone(name),
            account,
            connections: 0,
            inside: 0,
            tally: Tally::default(),
            left: None,
            idle: None,
        });
        self.names.insert(Arc::clone(name), place);
        place
    }

    /// What a connection may have is something else from now on.
    pub(super) fn change(&mut self, metered: &mut Metered, allowed: &Allowed, now: Moment) {
        let quota = allowed.quotas.of(QuotaOf::Identity);
        metered
            .account
            .change(allowed.quotas.of(QuotaOf::Connection), now);
        if let Some(holder) = metered.holder.and_then(|holder| self.slots.get_mut(holder)) {
            holder.account.change(quota, now);
        }
        let patience = Patience::new(&metered.account, quota, now);
        metered.patience.change(&patience, now);
    }

    /// A connection is counted no more, nor what it has.
    pub(super) fn leave(&mut self, metered: &Metered, tally: Tally, now: Moment) {
        self.forget_idle(now);
        let Some(place) = metered.holder else { return };
        let Some(holder) = self.slots.get_mut(place) else {
            return;
        };
        // Whoever comes again goes on where it was.
        match &mut holder.left {
            Some(left) => left.lower_all(&metered.patience, now),
            left => *left = Some(metered.patience),
        }
        holder.connections -= 1;
        holder.inside -= usize::from(metered.is_inside);
        holder.tally.calls -= tally.calls;
        holder.tally.streams -= tally.streams;
        holder.tally.callbacks -= metered.callbacks;
        if holder.connections == 0 {
            holder.idle = Some(now);
            self.idle.push_back((now, place));
        }
    }

    /// Forgets some of those that have had no connection for long, and owe nothing.
    fn forget_idle(&mut self, now: Moment) {
        for _ in 0..LOOKED_AT {
            let Some((since, place)) = self.idle.front().copied() else {
                return;
            };
            if now.since(since) < KEPT {
                return;
            }
            self.idle.pop_front();
            // It may have come back meanwhile, and gone again, or its place may be another's.
            let holder = self.slots.get_mut(place);
            let Some(holder) = holder.filter(|holder| holder.idle == Some(since)) else {
                continue;
            };
            if holder.account.owes(true, now).is_some() {
                holder.idle = Some(now);
                self.idle.push_back((now, place));
            } else {
                let holder = self.slots.remove(place);
                self.names.remove(&holder.name);
            }
        }
    }

    // ------------------------------------------------------------------ what there is

    /// A call of a connection has begun, or waits.
    pub(super) fn begun(&mut self, metered: &Metered, streams: bool) {
        if let Some(holder) = metered.holder.and_then(|holder| self.slots.get_mut(holder)) {
            holder.tally.calls += 1;
            holder.tally.streams += usize::from(streams);
        }
    }

    /// A call that has begun has a stream, which was not known.
    pub(super) fn streams_too(&mut self, metered: &Metered) {
        if let Some(holder) = metered.holder.and_then(|holder| self.slots.get_mut(holder)) {
            holder.tally.streams += 1;
        }
    }

    /// It has ended, or waits no longer.
    pub(super) fn ended(&mut self, metered: &Metered, streams: bool) {
        if let Some(holder) = metered.holder.and_then(|holder| self.slots.get_mut(holder)) {
            holder.tally.calls -= 1;
            holder.tally.streams -= usize::from(streams);
        }
    }

    /// A connection offers so many callbacks now.
    pub(super) fn offers(&mut self, metered: &mut Metered, callbacks: usize) {
        let before = std::mem::replace(&mut metered.callbacks, callbacks);
        if let Some(holder) = metered.holder.and_then(|holder| self.slots.get_mut(holder)) {
            holder.tally.callbacks += callbacks;
            holder.tally.callbacks -= before;
        }
    }

    /// Whether there may be one more of something, of which the connection has so much.
    pub(super) fn check(&self, metered: &Metered, measure: Measure, own: Tally) -> Result<(), Exceeded> {
        let there = |tally: Tally| match measure {
            Measure::Calls => tally.calls,
            Measure::Streams => tally.streams,
            _ => tally.callbacks,
        };
        metered.account.check(measure, there(own))?;
        match metered.holder.and_then(|holder| self.slots.get(holder)) {
            Some(holder) => holder.account.check(measure, there(holder.tally)),
            None => Ok(()),
        }
    }

    // ------------------------------------------------------------------ what is done in a second

    /// Whether a call more may be made in this second that brings so much.
    pub(super) fn check_rates(
        &mut self,
        metered: &mut Metered,
        brings: Brings,
        now: Moment,
    ) -> Result<(), Exceeded> {
        let own = rates(&mut metered.account, brings, now);
        let mut holder = metered.holder.and_then(|holder| self.slots.get_mut(holder));
        let checked = match &mut holder {
            Some(holder) => longer(own, rates(&mut holder.account, brings, now)),
            None => own,
        };
        if let Err(Exceeded {
            room_in: Some(time), ..
        }) = checked
        {
            // What one keeps for it is no use if it is told to come when another one has room.
            metered.account.keep(brings, time, now);
            if let Some(holder) = holder {
                holder.account.keep(brings, time, now);
            }
        }
        checked
    }

    /// A call begins that was checked.
    pub(super) fn begin(&mut self, metered: &mut Metered, brings: Brings, now: Moment) {
        metered.account.begin(brings, now);
        if let Some(holder) = metered.holder.and_then(|holder| self.slots.get_mut(holder)) {
            holder.account.begin(brings, now);
        }
    }

    /// So much is done, on credit if need be.
    pub(super) fn charge(&mut self, metered: &mut Metered, calls: u64, bytes: u64, now: Moment) {
        metered.account.charge(calls, bytes, now);
        if let Some(holder) = metered.holder.and_then(|holder| self.slots.get_mut(holder)) {
            holder.account.charge(calls, bytes, now);
        }
    }

    /// So many bytes are answered to what it has called.
    pub(super) fn charge_answer(&mut self, metered: &mut Metered, bytes: u64, now: Moment) {
        metered.account.charge_answer(bytes, now);
        if let Some(holder) = metered.holder.and_then(|holder| self.slots.get_mut(holder)) {
            holder.account.charge_answer(bytes, now);
        }
    }

    /// How long until nothing is owed any more by a connection, of which calls have streams or not, or by its identity.
    pub(super) fn owes(&mut self, metered: &mut Metered, streams: bool, now: Moment) -> Option<Duration> {
        let own = metered.account.owes(streams, now);
        let holder = metered.holder.and_then(|holder| self.slots.get_mut(holder));
        own.max(holder.and_then(|holder| holder.account.owes(streams, now)))
    }

    /// How many connections each has, and what these have, by its place.
    #[cfg(test)]
    pub(super) fn counted(&self) -> impl Iterator<Item = (usize, (usize, Tally))> {
        let slots = self.slots.iter();
        slots.map(|(place, holder)| (place, (holder.connections, holder.tally)))
    }
}

impl Metered {
    /// A call of so many bytes was refused. If that goes on and on, it is [abuse](Self::abused).
    pub(super) fn refused(&mut self, mut exceeded: Exceeded, bytes: u64, now: Moment) {
        if self.patience.spend(bytes, now) {
            // It comes back when it may, however soon there would be room for a call.
            exceeded.room_in = None;
            self.abused = Some(exceeded);
        }
    }

    /// What it went on and on beyond, if it did.
    pub(super) const fn abused(&self) -> Option<Exceeded> {
        self.abused
    }

    /// How many callbacks were counted of it.
    pub(super) const fn callbacks(&self) -> usize {
        self.callbacks
    }

    #[cfg(test)]
    pub(super) const fn holder(&self) -> Option<usize> {
        self.holder
    }

    /// Whether whoever runs the controller is told of a refusal: of one in a second.
    pub(super) fn is_told(&mut self, now: Moment) -> bool {
        let told = self
            .told
            .is_none_or(|told| now.since(told) >= Duration::from_secs(1));
        if told {
            self.told = Some(now);
        }
        told
    }
}
