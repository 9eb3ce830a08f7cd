//! Callbacks that are offered.
//!
//! An offer counts as a whole or not at all. What it brings is added where nobody sees it, then shown, and only then is the
//! process told so; where something speaks against a part of it, what was done is undone.

use std::sync::Arc;

use bytes::Bytes;
use daffi_core::proto::{CallId, Failed, Limits, Moment, Offered, Status};

use super::directory::Objection;
use super::ids::{PeerId, ProviderKey};
use super::joining::Joining;
use super::outlet::{Fault, Outlet};
use super::peers::Stage;
use super::permission::Needs;
use super::request::Offers;
use super::serving::Serving;
use super::state::Router;
use super::telling::{Newcomer, News, Waking};
use super::work::{Progress, Step, Task, Turn};

/// An offer on its way into the directory.
#[derive(Debug)]
struct Offering {
    peer: PeerId,
    call: CallId,
    ready: bool,
    /// Each with its version.
    offered: std::vec::IntoIter<(Offered, u64)>,
    /// How many bytes each takes, about.
    each: usize,
    added: Vec<ProviderKey>,
    shown: Vec<ProviderKey>,
    /// Their names.
    names: Vec<Arc<str>>,
    /// For how many of these it was seen what else may go to them that waits already; and where that is, for the next.
    opened: usize,
    joining: Option<Joining>,
    /// How many of these may be given calls.
    live: usize,
    /// Calls of groups that were given up for it were cast off.
    cast_off: bool,
    /// Why nothing of it counts.
    refused: Option<Failed>,
}

impl Step for Offering {
    fn go_on(&mut self, router: &mut Router, turn: &mut Turn, mut out: &mut dyn Outlet) -> Progress {
        router.offer_some(self, turn, &mut out)
    }
}

const fn invalid(reason: String) -> Failed {
    Failed::Invalid { reason }
}

impl Router {
    /// A process offers callbacks.
    pub(super) fn offer(
        &mut self,
        from: PeerId,
        call: CallId,
        ready: bool,
        Offers { offered, bytes }: Offers,
    ) -> Result<Option<Task>, Fault> {
        self.claim(from, call)?;
        let refused = self
            .peers
            .get(from)
            .filter(|peer| peer.stage == Stage::Leaving)
            .map(|_| "the process is about to stop, so nothing more is offered".to_owned())
            .or_else(|| self.too_much(from, bytes))
            .map(invalid);
        Ok(Some(Box::new(Offering {
            peer: from,
            call,
            ready,
            each: bytes / offered.len().max(1),
            offered: offered.into_iter(),
            added: Vec::new(),
            shown: Vec::new(),
            names: Vec::new(),
            opened: 0,
            joining: None,
            live: 0,
            cast_off: false,
            refused,
        })))
    }

    /// Why a process cannot offer what takes so many bytes more.
    fn too_much(&self, from: PeerId, bytes: usize) -> Option<String> {
        let (all, most) = (self.directory.bytes_of(from) + bytes, Limits::OFFER_BYTES);
        (all > most).then(|| {
            format!("what a process offers takes at most {most} bytes, with names, types and docs, not {all}")
        })
    }

    fn offer_some(&mut self, offering: &mut Offering, turn: &mut Turn, out: &mut impl Outlet) -> Progress {
        if self.peers.live(offering.peer).is_none() {
            // What it had offered is cleared away with it.
            return Progress::Done;
        }
        while offering.refused.is_none()
            && let Some(offered) = offering.offered.next()
        {
            let checked = self.check_rights(offering.peer, Needs::PROVIDE, &offered.0.name, turn);
            let added = checked.and_then(|()| {
                self.add(offering.peer, offered, offering.each, turn.now())
                    .map_err(invalid)
            });
            match added {
                Ok(added) => offering.added.extend(added),
                Err(failed) => offering.refused = Some(failed),
            }
            if !turn.spend() {
                return Progress::More;
            }
        }
        let stage = self.peers.get(offering.peer).map(|peer| peer.stage);
        let is_shown = offering.ready || stage == Some(Stage::Present);
        while offering.refused.is_none() && is_shown {
            let Some(key) = self.directory.first_hidden(offering.peer) else {
                break;
            };
            match self.directory.show(key) {
                Ok(groups) => {
                    turn.spend_looks(groups);
                    offering.cast_off |= self.let_go_of_groups();
                    offering.shown.push(key);
                    let provider = self.directory.provider(key);
                    offering
                        .names
                        .extend(provider.map(|provider| Arc::clone(&provider.name)));
                }
                Err(other) => offering.refused = self.conflict(key, other).map(invalid),
            }
            if !turn.spend() {
                return Progress::More;
            }
        }
        // From here on, nothing speaks against it any more. What waits already comes before what comes later.
        while offering.refused.is_none()
            && let Some(key) = offering.shown.get(offering.opened)
        {
            let joining = offering.joining.get_or_insert_with(|| self.joining(*key));
            if !self.join_some(joining, turn) {
                return Progress::More;
            }
            offering.joining = None;
            offering.opened += 1;
            if !turn.spend() {
                return Progress::More;
            }
        }
        while offering.refused.is_none()
            && let Some(key) = offering.shown.get(offering.live)
        {
            self.directory.enliven(*key);
            offering.live += 1;
            if !turn.spend() {
                return Progress::More;
            }
        }
        match offering.refused.take() {
            None => self.finish_offer(offering, is_shown, out),
            Some(failed) => self.undo_offer(offering, failed, turn, out),
        }
    }

    /// Adds a callback where nobody sees it; nothing if it is offered already.
    fn add(
        &mut self,
        peer: PeerId,
        (offered, version): (Offered, u64),
        bytes: usize,
        now: Moment,
    ) -> Result<Option<ProviderKey>, String> {
        let (length, most) = (offered.docs.len(), Limits::DOCS_BYTES);
        let name = &offered.name;
        if length > most {
            return Err(format!(
                "the docs of `{name}` have {length} bytes, and at most {most} are taken"
            ));
        }
        let (length, most) = (offered.signature.size(), Limits::SIGNATURE_BYTES);
        if length > most {
            return Err(format!(
                "the signature of `{name}` has {length} bytes, and at most {most} are taken"
            ));
        }
        match self.directory.check(peer, &offered) {
            Ok(true) => return Ok(None),
            Ok(false) => {}
            Err(Objection::Twice) => {
                return Err(format!(
                    "the process offers `{name}` already: a name is offered once"
                ));
            }
            Err(Objection::NumberInUse(_)) => {
                return Err(format!(
                    "the number of `{name}` is in use for another callback of the process"
                ));
            }
        }
        let most = Limits::CALLBACKS;
        if self.directory.count_of(peer) >= most {
            return Err(format!("a process offers at most {most} callbacks"));
        }
        if let Some(reason) = self.over_callbacks(peer, now) {
            return Err(reason);
        }
        let attributes = self.peers.get(peer).map(|peer| Arc::clone(&peer.attributes));
        let process = (&*self.name_of(peer), attributes.unwrap_or_default());
        let key = self.directory.add(peer, process, (offered, version), bytes);
        match self.directory.differing(key) {
            None => {
                self.count_callbacks(peer);
                Ok(Some(key))
            }
            Some(other) => {
                let reason = self.conflict(key, other);
                self.directory.remove(key);
                Err(reason.unwrap_or_default())
            }
        }
    }

    /// Why a process cannot offer a callback beside another process.
    fn conflict(&self, key: ProviderKey, other: ProviderKey) -> Option<String> {
        let (provider, other) = (self.directory.provider(key)?, self.directory.provider(other)?);
        let process_name = |peer| self.process_name(peer).unwrap_or_default();
        Some(format!(
            "process {:?} shares the calls of `{}` by balance = \"{}\", and process {:?} would by \"{}\": all \
             providers of a callback say the same",
            process_name(other.peer),
            provider.name,
            other.balance,
            process_name(provider.peer),
            provider.balance,
        ))
    }

    /// Nothing speaks against an offer: its process is told, and then all who wait for what is there now.
    fn finish_offer(&mut self, offering: &mut Offering, is_shown: bool, out: &mut impl Outlet) -> Progress {
        let peer = offering.peer;
        let appeared: Arc<[Arc<str>]> = std::mem::take(&mut offering.names).into();
        let mut joined = None;
        if let Some(offers) = self.peers.live(peer)
            && is_shown
        {
            if offers.stage == Stage::Joining {
                offers.stage = Stage::Present;
                offers.listing = Arc::clone(&appeared);
                joined = Some(Arc::clone(&offers.name));
            } else if !appeared.is_empty() {
                offers.listing = offers.listing.iter().chain(&*appeared).cloned().collect();
            }
        }
        self.answer(peer, offering.call, Status::Value, &Bytes::new(), out);
        if !is_shown {
            return Progress::Done;
        }
        let news = News::Offers {
            joined: joined.as_ref().and_then(|_| self.newcomer(peer)),
            callbacks: Arc::clone(&appeared),
        };
        let process = self.name_of(peer);
        let told = self.happened(peer, process, news);
        let woken: Task = Box::new(Waking {
            peer,
            process: joined,
            callbacks: appeared,
            next: 0,
        });
        let shown = std::mem::take(&mut offering.shown);
        // Calls that come from now on find them.
        let served = (!self.lines.is_empty()).then(|| Box::new(Serving(shown.into_iter())) as Task);
        let rerouting = self.rerouting().filter(|_| offering.cast_off);
        let steps = rerouting.into_iter().chain(served);
        Progress::Then(steps.chain([woken]).chain(told).collect())
    }

    /// Something speaks against an offer: nothing of it counts.
    fn undo_offer(
        &mut self,
        offering: &mut Offering,
        failed: Failed,
        turn: &mut Turn,
        out: &mut impl Outlet,
    ) -> Progress {
        loop {
            if !turn.spend() {
                offering.refused = Some(failed);
                return Progress::More;
            }
            if let Some(shown) = offering.shown.pop() {
                self.take_away(shown, |directory| directory.hide(shown));
            } else if let Some(added) = offering.added.pop() {
                self.directory.remove(added);
                self.count_callbacks(offering.peer);
            } else if offering.offered.next().is_some() {
                // Not looked at any more.
            } else {
                self.refuse(offering.peer, offering.call, failed, out);
                return Progress::Then(self.rerouting().into_iter().collect());
            }
        }
    }

    fn newcomer(&self, peer: PeerId) -> Option<Newcomer> {
        let peer = self.peers.get(peer)?;
        Some(Newcomer {
            identity: peer.identity.clone(),
            attributes: Arc::clone(&peer.attributes),
        })
    }

    pub(super) fn name_of(&self, peer: PeerId) -> Arc<str> {
        self.peers
            .get(peer)
            .map(|peer| Arc::clone(&peer.name))
            .unwrap_or_default()
    }
}
