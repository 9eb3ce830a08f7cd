//! The numbers under which processes send what is to be answered.

use daffi_core::proto::CallId;

use super::ids::{PeerId, Sent};
use super::outlet::Fault;
use super::peers::Peer;
use super::state::Router;

impl Router {
    /// Checks that a process may make a call under a number.
    pub(super) fn claim_call(&self, from: PeerId, call: CallId) -> Result<(), Fault> {
        match self.peers.get(from) {
            Some(peer) if peer.gathering.is_some() => {
                Err(Fault::Unexpected("a call between the pieces of one to many"))
            }
            Some(peer) => self.check(peer, call),
            None => Ok(()),
        }
    }

    /// Checks that a process may use a number.
    pub(super) fn claim(&self, from: PeerId, call: CallId) -> Result<(), Fault> {
        self.peers.get(from).map_or(Ok(()), |peer| self.check(peer, call))
    }

    fn check(&self, peer: &Peer, call: CallId) -> Result<(), Fault> {
        if call.slot >= self.limits.calls || peer.sent.len() >= self.limits.calls as usize {
            return Err(Fault::Unexpected("a call number over the limit"));
        }
        if peer.sent.contains_key(&call) {
            return Err(Fault::Unexpected("a call number that is in use"));
        }
        Ok(())
    }

    /// Keeps what became of what a process sent.
    pub(super) fn note(&mut self, from: PeerId, call: CallId, sent: Sent) {
        if let Some(peer) = self.peers.live(from) {
            peer.sent.insert(call, sent);
            peer.questions += usize::from(sent.is_question());
        }
    }
}
