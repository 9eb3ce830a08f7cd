//! Large calls to many, which are gathered before anybody is asked.
//!
//! Whom they ask is known only then; so their sender makes no other call between their pieces, and holds one of them here at a
//! time.

use bytes::Bytes;
use daffi_core::proto::CallId;

use super::calling::metadata_bytes;
use super::gathered::Gathering;
use super::ids::{PeerId, Sent};
use super::outlet::{Fault, Outlet};
use super::payload::Payload;
use super::state::Router;
use super::work::{Task, Turn};

impl Router {
    /// A call to many begins to come.
    pub(super) fn gather(
        &mut self,
        from: PeerId,
        gathering: Gathering,
        turn: &mut Turn,
        out: &mut impl Outlet,
    ) -> Result<(), Fault> {
        let number = gathering.made.number;
        self.claim_call(from, number)?;
        let names = gathering.processes.iter().flatten();
        turn.spend_words(names.map(|name| name.len()).sum());
        turn.spend_words(metadata_bytes(&gathering.made.header()));
        self.note(from, number, Sent::Gathering);
        if let Some(peer) = self.peers.live(from) {
            peer.gathering = Some(Box::new(gathering));
        }
        self.check_gathering(from, number, turn, out);
        Ok(())
    }

    /// Checks that a process has the rights that its call takes which is gathered.
    pub(super) fn check_gathering(
        &mut self,
        from: PeerId,
        call: CallId,
        turn: &mut Turn,
        out: &mut impl Outlet,
    ) {
        if !self.peers.has_restricted() {
            return;
        }
        let gathering = self.peers.get_mut(from).and_then(|peer| peer.gathering.take());
        let Some(gathering) = gathering else { return };
        match self.check_call(from, &gathering.made.header(), turn) {
            Ok(()) => {
                if let Some(peer) = self.peers.live(from) {
                    peer.gathering = Some(gathering);
                }
            }
            Err(failed) => self.refuse(from, call, failed, out),
        }
    }

    /// More of it has come. If that was all, those are asked whom it is for.
    pub(super) fn gather_more(
        &mut self,
        from: PeerId,
        piece: &Bytes,
        turn: &mut Turn,
        out: &mut impl Outlet,
    ) -> Result<Option<Task>, Fault> {
        let Some(peer) = self.peers.live(from) else {
            return Ok(None);
        };
        let Some(gathering) = &mut peer.gathering else {
            return Ok(None);
        };
        gathering.come.add(piece)?;
        if !gathering.come.to_come().is_nothing() {
            return Ok(None);
        }
        let Some(gathering) = peer.gathering.take() else {
            return Ok(None);
        };
        let Gathering {
            made,
            processes,
            come,
        } = *gathering;
        peer.sent.remove(&made.number);
        let (header, payload) = (made.header(), Payload::Pieces(come));
        match processes {
            None => Ok(self.broadcast(from, &header, payload.arguments(), turn, out)),
            Some(names) => {
                let names: Vec<&str> = names.iter().map(|name| &**name).collect();
                self.call_to(from, &header, &names, payload.arguments(), turn, out)
            }
        }
    }
}
