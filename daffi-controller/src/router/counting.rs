//! What processes have and do, counted for their quotas.

use std::time::Duration;

use daffi_core::proto::{Exceeded, Measure, Moment};

use super::account::{Brings, Tally};
use super::holders::{Holders, Metered};
use super::ids::PeerId;
use super::peers::{Peers, get_mut};
use crate::access::Allowed;

/// A process with a quota, and what it has.
#[derive(Debug)]
pub(super) struct Counted<'a> {
    metered: &'a mut Metered,
    own: Tally,
}

impl Counted<'_> {
    /// Whether it may make a call more, which brings so much.
    pub(super) fn check_call(
        &mut self,
        holders: &mut Holders,
        brings: Brings,
        now: Moment,
    ) -> Result<(), Exceeded> {
        holders.check(self.metered, Measure::Calls, self.own)?;
        holders.check_rates(self.metered, brings, now)
    }

    /// It begins a call that was checked.
    pub(super) fn begin(&mut self, holders: &mut Holders, brings: Brings, now: Moment) {
        holders.begin(self.metered, brings, now);
    }

    /// What it went on and on beyond, if it did.
    pub(super) const fn abused(&self) -> Option<Exceeded> {
        self.metered.abused()
    }

    /// What it has called is answered with so many bytes, or with a part of these.
    pub(super) fn charge_answer(&mut self, holders: &mut Holders, bytes: u64, now: Moment) {
        holders.charge_answer(self.metered, bytes, now);
    }

    /// It has done so much, on credit if need be.
    pub(super) fn charge(&mut self, holders: &mut Holders, calls: u64, bytes: u64, now: Moment) {
        holders.charge(self.metered, calls, bytes, now);
    }
}

impl Peers {
    /// A call of a process has begun, or waits.
    pub(super) fn begun(&mut self, by: PeerId, streams: bool) {
        let (slots, holders) = self.with_holders();
        let Some(peer) = get_mut(slots, by) else { return };
        peer.made += 1;
        peer.streaming += usize::from(streams);
        if let Some(metered) = &peer.metered {
            holders.begun(metered, streams);
        }
    }

    /// A call that has begun has a stream, which was not known.
    pub(super) fn streams_too(&mut self, by: PeerId) {
        let (slots, holders) = self.with_holders();
        let Some(peer) = get_mut(slots, by) else { return };
        peer.streaming += 1;
        if let Some(metered) = &peer.metered {
            holders.streams_too(metered);
        }
    }

    /// It has ended, or waits no longer.
    pub(super) fn ended(&mut self, by: PeerId, streams: bool) {
        let (slots, holders) = self.with_holders();
        let Some(peer) = get_mut(slots, by) else { return };
        peer.made -= 1;
        peer.streaming -= usize::from(streams);
        if let Some(metered) = &peer.metered {
            holders.ended(metered, streams);
        }
    }

    /// Whether an identity may have a connection more.
    pub(super) fn check_connection(&mut self, allowed: &Allowed, now: Moment) -> Result<(), Exceeded> {
        self.with_holders().1.check_connection(allowed, now)
    }

    /// From now on a process that offers so many callbacks may have so much, or all.
    pub(super) fn allow(&mut self, id: PeerId, allowed: Option<&Allowed>, callbacks: usize, now: Moment) {
        let (slots, holders) = self.with_holders();
        let Some(peer) = get_mut(slots, id) else { return };
        let tally = peer.tally(callbacks);
        let was_metered = peer.metered.is_some();
        match (&mut peer.metered, allowed) {
            (Some(metered), Some(allowed)) => holders.change(metered, allowed, now),
            (metered @ None, Some(allowed)) => {
                *metered = Some(Box::new(holders.enter(allowed, tally, peer.is_inside, now)));
            }
            (metered, None) => {
                if let Some(metered) = metered.take() {
                    holders.leave(&metered, tally, now);
                }
            }
        }
        self.count_metered(was_metered, allowed.is_some());
    }

    /// A process with a quota, and the identities that have some.
    pub(super) fn metered_mut(&mut self, id: PeerId) -> Option<(Counted<'_>, &mut Holders)> {
        let (slots, holders) = self.with_holders();
        let peer = get_mut(slots, id)?;
        let own = peer.tally(0);
        let metered = peer.metered.as_deref_mut()?;
        Some((Counted { metered, own }, holders))
    }

    /// Whether a process may make a call more.
    pub(super) fn check_call(&mut self, id: PeerId, now: Moment) -> Result<(), Exceeded> {
        match self.metered_mut(id) {
            Some((mut peer, holders)) => peer.check_call(holders, Brings::default(), now),
            None => Ok(()),
        }
    }

    /// A process has made a call.
    pub(super) fn charge_call(&mut self, id: PeerId, now: Moment) {
        if let Some((mut peer, holders)) = self.metered_mut(id) {
            peer.begin(holders, Brings::default(), now);
        }
    }

    /// Whether a process may have one more of something.
    pub(super) fn check_more(&self, id: PeerId, measure: Measure) -> Result<(), Exceeded> {
        let Some(peer) = self.get(id) else { return Ok(()) };
        let Some(metered) = &peer.metered else {
            return Ok(());
        };
        let tally = peer.tally(metered.callbacks());
        self.holders().check(metered, measure, tally)
    }

    /// How long until a process owes nothing any more.
    pub(super) fn owes(&mut self, id: PeerId, now: Moment) -> Option<Duration> {
        if !self.has_metered() {
            return None;
        }
        let (slots, holders) = self.with_holders();
        let peer = get_mut(slots, id)?;
        let streams = peer.streaming > 0;
        holders.owes(peer.metered.as_mut()?, streams, now)
    }

    /// A call of so many bytes was refused. Says what its caller went on and on beyond, if that is so.
    pub(super) fn refused(
        &mut self,
        id: PeerId,
        exceeded: Exceeded,
        bytes: u64,
        now: Moment,
    ) -> Option<Exceeded> {
        let metered = self.get_mut(id).and_then(|peer| peer.metered.as_mut())?;
        metered.refused(exceeded, bytes, now);
        metered.abused()
    }

    /// Whether whoever runs the controller is told that something of a process was refused.
    pub(super) fn is_told(&mut self, id: PeerId, now: Moment) -> bool {
        let metered = self.get_mut(id).and_then(|peer| peer.metered.as_mut());
        metered.is_some_and(|metered| metered.is_told(now))
    }

    /// A process offers so many callbacks now.
    pub(super) fn count_callbacks(&mut self, id: PeerId, callbacks: usize) {
        let (slots, holders) = self.with_holders();
        if let Some(metered) = get_mut(slots, id).and_then(|peer| peer.metered.as_mut()) {
            holders.offers(metered, callbacks);
        }
    }
}
