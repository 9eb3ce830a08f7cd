//! The processes that were let in.
//!
//! Knows them, their names, what each has sent that is not answered, and how much each runs.

use std::sync::Arc;

use daffi_core::proto::{Attributes, CallId, Hello, Limits, Moment, Refusal, Who};
use slab::Slab;

use super::account::Tally;
use super::away::Away;
use super::calls::RunList;
use super::gathered::Gathering;
use super::heard::Heard;
use super::holders::{Holders, Metered};
use super::ids::{PeerId, Sent};
use super::load::{Capacity, Load};
use super::permission::Permission;
use super::replaced::Replaced;
use crate::access::Rights;
use daffi_core::mixing::{Mixing, Table, shrink};

/// How far a process is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// It has not announced all its callbacks.
    Joining,
    /// It is on the roster.
    Present,
    /// It has said goodbye.
    Leaving,
    /// Its connection is lost; what is left of it is cleared away.
    Gone,
}

/// A process.
#[derive(Debug)]
pub(super) struct Peer {
    generation: u32,
    pub(super) name: Arc<str>,
    pub(super) pid: u32,
    /// Who it is, whatever it says.
    pub(super) identity: Who<Arc<str>>,
    /// What it says of itself.
    pub(super) attributes: Arc<Attributes>,
    pub(super) instance: u128,
    /// It is a caller inside of the controller.
    pub(super) is_inside: bool,
    pub(super) stage: Stage,
    /// The most bytes that it may send at once.
    pub(super) frame_bytes: usize,
    /// What it sent and what is not answered, by its numbers.
    pub(super) sent: Table<CallId, Sent>,
    /// How many of these are questions that wait.
    pub(super) questions: usize,
    /// How many calls it has made that have not ended, the parts of broadcasts each by itself, whoever still wants to know.
    pub(super) made: usize,
    /// How many of these run with streams.
    pub(super) streaming: usize,
    /// What it runs.
    pub(super) runs: RunList,
    pub(super) load: Load,
    /// How many bytes are to come for it, in pieces, for which its queue keeps room.
    pub(super) assured: usize,
    /// A call of its own to many, as far as it has come.
    pub(super) gathering: Option<Box<Gathering>>,
    /// What it was told of the versions of what it calls.
    pub(super) heard: Option<Box<Heard>>,
    /// What it offers, for those who ask who is there.
    pub(super) listing: Arc<[Arc<str>]>,
    /// What it may do; everything if nothing is said.
    permission: Option<Box<Permission>>,
    /// What is counted of it, if it or its identity has a quota.
    pub(super) metered: Option<Box<Metered>>,
    /// The starts that it has replaced.
    pub(super) replaced: Replaced,
    /// How much work there is that takes it off the roster.
    partings: u8,
    /// Its connection is lost, and it may come back.
    is_away: bool,
    /// It has said that it waits for nothing any more.
    has_finished: bool,
}

impl Peer {
    /// Whether it may be given calls.
    pub(super) fn is_callable(&self) -> bool {
        self.stage == Stage::Present
    }

    /// Whether it has said that it leaves.
    pub(super) fn leaves(&self) -> bool {
        self.has_finished || self.stage == Stage::Leaving
    }

    /// What it has that is counted.
    pub(super) const fn tally(&self, callbacks: usize) -> Tally {
        Tally {
            calls: self.made,
            streams: self.streaming,
            callbacks,
        }
    }

    /// What it sent under a number is answered.
    pub(super) fn answered(&mut self, call: CallId) {
        if let Some(sent) = self.sent.remove(&call) {
            self.questions -= usize::from(sent.is_question());
            shrink(&mut self.sent);
        }
    }
}

/// All of them.
#[derive(Debug)]
pub(super) struct Peers {
    slots: Slab<Peer>,
    names: Table<Arc<str>, PeerId>,
    generation: u32,
    /// How many of them may not do everything.
    restricted: usize,
    away: Away,
    /// How many of them have a quota, and those that are theirs.
    metered: usize,
    holders: Holders,
    mixing: Mixing,
}

impl Peers {
    /// Those that are away may take so many bytes.
    pub(super) fn new(away_bytes: usize, mixing: Mixing) -> Self {
        Self {
            slots: Slab::new(),
            names: Table::with_hasher(mixing),
            generation: 0,
            restricted: 0,
            away: Away::new(away_bytes, mixing),
            metered: 0,
            holders: Holders::new(mixing),
            mixing,
        }
    }

    /// Lets a process in.
    pub(super) fn enter(
        &mut self,
        hello: &Hello,
        identity: Who<Arc<str>>,
        limits: &Limits,
    ) -> Result<PeerId, Refusal> {
        if let Some(holder) = self.named(&hello.process_name).and_then(|id| self.get(id)) {
            if holder.replaced.has(hello.instance) && holder.identity == identity {
                return Err(Refusal::Replaced { pid: holder.pid });
            }
            return Err(Refusal::NameTaken {
                name: hello.process_name.clone(),
                pid: holder.pid,
                // Whoever knows its connection knows more.
                sign: 0,
            });
        }
        let attributes = Arc::new(hello.attributes()?);
        let name: Arc<str> = hello.process_name.as_str().into();
        let id = self.insert(Peer {
            pid: hello.pid,
            attributes,
            instance: hello.instance,
            frame_bytes: limits.frame_bytes,
            load: Load::new(Capacity::of(hello, limits), self.mixing),
            ..self.peer(Arc::clone(&name), identity)
        });
        self.names.insert(name, id);
        Ok(id)
    }

    /// A caller inside of the controller. Its name is another's.
    pub(super) fn enter_inside(&mut self, name: &Arc<str>, identity: Who<Arc<str>>) -> PeerId {
        self.insert(Peer {
            is_inside: true,
            ..self.peer(Arc::clone(name), identity)
        })
    }

    /// One that has done nothing, and runs nothing.
    fn peer(&self, name: Arc<str>, identity: Who<Arc<str>>) -> Peer {
        Peer {
            generation: self.generation,
            name,
            pid: 0,
            identity,
            attributes: Arc::default(),
            instance: 0,
            is_inside: false,
            stage: Stage::Joining,
            frame_bytes: 0,
            sent: Table::with_hasher(self.mixing),
            questions: 0,
            made: 0,
            streaming: 0,
            runs: RunList::default(),
            load: Load::new(Capacity::NONE, self.mixing),
            assured: 0,
            gathering: None,
            heard: None,
            listing: Arc::default(),
            permission: None,
            metered: None,
            replaced: Replaced::default(),
            partings: 0,
            is_away: false,
            has_finished: false,
        }
    }

    fn insert(&mut self, peer: Peer) -> PeerId {
        self.generation = self.generation.wrapping_add(1);
        let generation = self.generation;
        let index = self.slots.insert(Peer { generation, ..peer });
        PeerId {
            // Each takes a file descriptor or more, or makes a call.
            index: u32::try_from(index).unwrap_or(u32::MAX),
            generation,
        }
    }

    /// The process that holds a name.
    pub(super) fn named(&self, name: &str) -> Option<PeerId> {
        self.names.get(name).copied()
    }

    /// The process of a name, if it is on the roster.
    pub(super) fn present(&self, name: &str) -> Option<PeerId> {
        let id = self.named(name)?;
        (self.get(id)?.stage == Stage::Present).then_some(id)
    }

    /// The process that holds a name with an earlier connection, if it is the same start of the same process, and of nobody else's.
    pub(super) fn predecessor(&self, hello: &Hello, identity: &Who<Arc<str>>) -> Option<PeerId> {
        let id = self.named(&hello.process_name)?;
        let holder = self.get(id).filter(|holder| holder.stage != Stage::Gone)?;
        (holder.instance == hello.instance && holder.identity == *identity).then_some(id)
    }

    /// Whether the one that had a name is gone, and not all have been told of it.
    pub(super) fn is_clearing(&self, name: &str) -> bool {
        let holder = self.named(name).and_then(|id| self.get(id));
        holder.is_some_and(|holder| holder.stage == Stage::Gone)
    }

    pub(super) fn get(&self, id: PeerId) -> Option<&Peer> {
        #[cfg(test)]
        super::meter::look();
        let peer = self.slots.get(id.index());
        peer.filter(|peer| peer.generation == id.generation)
    }

    pub(super) fn get_mut(&mut self, id: PeerId) -> Option<&mut Peer> {
        get_mut(&mut self.slots, id)
    }

    /// One that takes part: its connection is not lost.
    pub(super) fn live(&mut self, id: PeerId) -> Option<&mut Peer> {
        self.get_mut(id).filter(|peer| peer.stage != Stage::Gone)
    }

    /// Whether any of them is away. Mostly nobody is.
    pub(super) const fn has_away(&self) -> bool {
        self.away.is_any()
    }

    /// Whether one may be away whose connection is lost: unless it has finished, or too many are.
    pub(super) fn may_be_away(&self, id: PeerId) -> bool {
        let peer = self.get(id).filter(|peer| peer.stage != Stage::Gone);
        peer.is_some_and(|peer| !peer.has_finished && (peer.is_away || self.away.takes(&peer.identity)))
    }

    /// It waits for nothing any more.
    pub(super) fn finish(&mut self, id: PeerId) {
        if let Some(peer) = self.get_mut(id) {
            peer.has_finished = true;
        }
    }

    pub(super) fn is_away(&self, id: PeerId) -> bool {
        self.has_away() && self.get(id).is_some_and(|peer| peer.is_away)
    }

    /// One that takes part is away from now on, or is not; nothing if that is nothing new.
    pub(super) fn set_away(&mut self, id: PeerId, is_away: bool) -> Option<&Peer> {
        let peer = get_mut(&mut self.slots, id).filter(|peer| peer.stage != Stage::Gone)?;
        if std::mem::replace(&mut peer.is_away, is_away) == is_away {
            return None;
        }
        if is_away {
            self.away.add(&peer.identity);
        } else {
            self.away.remove(&peer.identity);
        }
        Some(peer)
    }

    /// Whether there are rules at all. Most controllers have none.
    pub(super) const fn has_restricted(&self) -> bool {
        self.restricted > 0
    }

    /// What a process may do, unless that is everything.
    pub(super) fn permission_mut(&mut self, id: PeerId) -> Option<&mut Permission> {
        if !self.has_restricted() {
            return None;
        }
        self.get_mut(id)?.permission.as_deref_mut()
    }

    /// From now on a process may do this, or everything.
    pub(super) fn permit(&mut self, id: PeerId, rights: Option<Arc<Rights>>) {
        let mixing = self.mixing;
        let Some(peer) = self.get_mut(id) else { return };
        let is_restricted = rights.is_some();
        let permission = rights.map(|rights| Box::new(Permission::new(rights, mixing)));
        let was_restricted = std::mem::replace(&mut peer.permission, permission).is_some();
        self.restricted += usize::from(is_restricted);
        self.restricted -= usize::from(was_restricted);
    }

    /// It gets nothing more: it is about to leave, or its connection is lost. Says in which stage it was. Once for each time,
    /// [`parted`](Self::parted) follows.
    pub(super) fn part(&mut self, id: PeerId, to: Stage) -> Option<Stage> {
        let peer = self.live(id)?;
        peer.partings = peer.partings.saturating_add(1);
        Some(std::mem::replace(&mut peer.stage, to))
    }

    /// It is off the roster, and all are told. When its connection is lost, too, nothing is left of it, and its name is free.
    pub(super) fn parted(&mut self, id: PeerId, now: Moment) {
        let Some(peer) = self.get_mut(id) else { return };
        peer.partings = peer.partings.saturating_sub(1);
        if peer.partings == 0 && peer.stage == Stage::Gone {
            let peer = self.slots.remove(id.index());
            self.restricted -= usize::from(peer.permission.is_some());
            if peer.is_away {
                self.away.remove(&peer.identity);
            }
            if self.names.get(&peer.name) == Some(&id) {
                self.names.remove(&peer.name);
            }
            if let Some(metered) = &peer.metered {
                self.metered -= 1;
                self.holders.leave(metered, peer.tally(0), now);
            }
        }
    }

    /// All that there are, in the order of their places, beginning with a place.
    pub(super) fn from(&self, index: usize) -> impl Iterator<Item = (PeerId, &Peer)> {
        (index..self.slots.capacity()).filter_map(|index| {
            let peer = self.slots.get(index)?;
            let id = PeerId {
                index: u32::try_from(index).ok()?,
                generation: peer.generation,
            };
            Some((id, peer))
        })
    }

    /// Whether there are quotas at all. Most controllers have none.
    pub(super) const fn has_metered(&self) -> bool {
        self.metered > 0
    }

    pub(super) const fn holders(&self) -> &Holders {
        &self.holders
    }

    /// The processes, and those whose connections are theirs.
    pub(super) const fn with_holders(&mut self) -> (&mut Slab<Peer>, &mut Holders) {
        (&mut self.slots, &mut self.holders)
    }

    /// How many of them have a quota is another number.
    pub(super) const fn count_metered(&mut self, was: bool, is: bool) {
        self.metered = self.metered + is as usize - was as usize;
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.slots.is_empty() && self.names.is_empty() && self.away.is_empty()
    }
}

pub(super) fn get_mut(slots: &mut Slab<Peer>, id: PeerId) -> Option<&mut Peer> {
    #[cfg(test)]
    super::meter::look();
    slots
        .get_mut(id.index())
        .filter(|peer| peer.generation == id.generation)
}
