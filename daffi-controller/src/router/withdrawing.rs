//! Callbacks that are taken back.

use std::collections::HashSet;
use std::sync::Arc;

use bytes::Bytes;
use daffi_core::proto::{CallId, CallbackId, Status};

use super::ids::PeerId;
use super::outlet::{Fault, Outlet};
use super::state::Router;
use super::telling::News;
use super::work::{Progress, Step, Task, Turn};

/// So many names are looked through at once; for more, nobody waits.
const SHORT: usize = 128;

/// Callbacks on their way out of the directory.
#[derive(Debug)]
struct Withdrawing {
    peer: PeerId,
    call: CallId,
    callbacks: std::vec::IntoIter<CallbackId>,
    withdrawn: Vec<Arc<str>>,
    /// What the process has offered, without these once that is prepared.
    listing: Option<Arc<[Arc<str>]>>,
    prepared: bool,
}

impl Step for Withdrawing {
    fn prepare(&mut self) {
        if let Some(listing) = &mut self.listing
            && !std::mem::replace(&mut self.prepared, true)
        {
            let withdrawn: HashSet<_> = self.withdrawn.iter().collect();
            *listing = listing
                .iter()
                .filter(|name| !withdrawn.contains(name))
                .cloned()
                .collect();
        }
    }

    fn go_on(&mut self, router: &mut Router, turn: &mut Turn, mut out: &mut dyn Outlet) -> Progress {
        router.withdraw_some(self, turn, &mut out)
    }
}

impl Router {
    /// A process takes callbacks back.
    pub(super) fn withdraw(
        &mut self,
        from: PeerId,
        call: CallId,
        callbacks: Vec<CallbackId>,
    ) -> Result<Option<Task>, Fault> {
        self.claim(from, call)?;
        Ok(Some(Box::new(Withdrawing {
            peer: from,
            call,
            callbacks: callbacks.into_iter(),
            withdrawn: Vec::new(),
            listing: None,
            prepared: false,
        })))
    }

    fn withdraw_some(
        &mut self,
        withdrawing: &mut Withdrawing,
        turn: &mut Turn,
        out: &mut impl Outlet,
    ) -> Progress {
        let peer = withdrawing.peer;
        for callback in withdrawing.callbacks.by_ref() {
            if let Some(key) = self.directory.numbered(peer, callback) {
                let withdrawn = self.take_away(key, |directory| directory.remove(key));
                withdrawing.withdrawn.extend(withdrawn);
                self.count_callbacks(peer);
            }
            if !turn.spend() {
                return Progress::More;
            }
        }
        let Some(offers) = self.peers.live(peer) else {
            return Progress::Done;
        };
        let listing = withdrawing
            .listing
            .get_or_insert_with(|| Arc::clone(&offers.listing));
        if listing.len() > SHORT && !withdrawing.prepared {
            return Progress::More;
        }
        withdrawing.prepare();
        offers.listing = withdrawing.listing.take().unwrap_or_default();
        let withdrawn = std::mem::take(&mut withdrawing.withdrawn);
        self.answer(peer, withdrawing.call, Status::Value, &Bytes::new(), out);
        let rerouting = self.rerouting();
        if withdrawn.is_empty() {
            return Progress::Then(rerouting.into_iter().collect());
        }
        let news = News::Withdraws { callbacks: withdrawn };
        let told = self.happened(peer, self.name_of(peer), news);
        Progress::Then(rerouting.into_iter().chain(told).collect())
    }
}
