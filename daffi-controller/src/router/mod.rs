//! Who offers what, whom to pick, and which calls are on their way: a plain state machine.
//!
//! Frames come in with the process that they came from; what is to be sent goes out through an [`Outlet`]. What takes long
//! comes back as [`Work`], to be gone on with when others have had their turn: however much a frame asks for, nobody waits for
//! more than a small part of it (P15).
//!
//! **Invariant:** no socket, clock, task or lock, and no randomness but a seed. It knows `daffi_core::proto`, what rights are, and
//! nothing else; payloads pass through as the `Bytes` that came in and are never looked into.
//!
//! Six parts own their fields: the processes (`peers`), the calls on their way (`calls`) and those that wait (`lines`), who offers what
//! (`directory`), the calls to many (`broadcasts`) and those who want to know (`watchers`). What needs several of them is
//! an `impl Router` in the file of what it is about: `calling`, `wanted`, `queueing`, `broadcast`, `passing`, `streams`, `offering`, `parting`,
//! `query`, `describing`, `telling`, `permitting`, `restricting`, `metering`.

mod account;
mod asking;
mod away;
mod broadcast;
mod broadcasts;
mod callers;
mod calling;
mod calls;
mod chain;
mod choosing;
mod claiming;
mod counting;
mod describing;
mod directory;
mod ending;
mod errand;
mod fit;
mod gathered;
mod gathering;
mod groups;
mod having;
mod heard;
mod holders;
mod ids;
mod inside;
mod joining;
mod line;
mod lines;
mod load;
mod made;
#[cfg(test)]
mod meter;
mod metering;
mod offering;
mod outlet;
mod parting;
mod passing;
mod patience;
mod payload;
mod peers;
mod permission;
mod permitting;
mod pick;
mod places;
mod provider;
mod query;
mod questions;
mod queueing;
#[cfg(test)]
mod recount;
mod replaced;
mod request;
mod rerouting;
mod rest;
mod restricting;
mod serving;
mod similar;
mod state;
mod status;
mod streams;
mod telling;
#[cfg(test)]
pub(crate) mod tests;
mod turns;
mod unwanted;
mod versions;
mod wanted;
mod watchers;
mod withdrawing;
mod work;

use std::sync::Arc;

use bytes::Bytes;
use daffi_core::proto::{Failed, Header, Hello, Refusal, Who};

pub use self::errand::{Asked, Asks, Errand, Listed};
pub use self::ids::PeerId;
pub use self::outlet::{Fault, Outlet};
use self::payload::Arguments;
use self::peers::Peer;
pub use self::permission::{Denial, DenialKind};
pub use self::replaced::Replaced;
pub use self::request::{Offers, Request};
pub use self::state::Router;
use self::status::words;
use self::work::Task;
pub use self::work::{Turn, Work};
use crate::access::Rights;

impl Router {
    /// A process asks to be let in, of which `identity` is proven, and which may do this, or everything if nothing is said.
    ///
    /// # Errors
    ///
    /// The refusal to answer.
    pub fn connect(
        &mut self,
        hello: &Hello,
        identity: Who<Arc<str>>,
        rights: Option<Arc<Rights>>,
    ) -> Result<PeerId, Refusal> {
        let peer = self.peers.enter(hello, identity, &self.limits)?;
        self.peers.permit(peer, rights);
        Ok(peer)
    }

    /// A process sends nothing, whole or in pieces, of more bytes than that.
    pub fn bound_frames(&mut self, peer: PeerId, bytes: usize) {
        if let Some(peer) = self.peers.get_mut(peer) {
            peer.frame_bytes = bytes;
        }
    }

    /// If the name that `hello` asks for is held by an earlier connection of the same start of the same process, with the same `identity`,
    /// that process: its connection is dead, though nobody has noticed yet.
    #[must_use]
    pub fn predecessor(&self, hello: &Hello, identity: &Who<Arc<str>>) -> Option<PeerId> {
        self.peers.predecessor(hello, identity)
    }

    /// Whether a process that loses its connection may come back: not if it has said that it waits for nothing any more, nor if there are
    /// too many that are away, of its identity or of all.
    #[must_use]
    pub fn may_be_away(&self, peer: PeerId) -> bool {
        self.peers.may_be_away(peer)
    }

    /// Whether a process has said that it leaves.
    #[must_use]
    pub fn leaves(&self, peer: PeerId) -> bool {
        self.peers.get(peer).is_some_and(Peer::leaves)
    }

    /// Whether the connection of a process is lost, which may come back.
    #[must_use]
    pub fn is_away(&self, peer: PeerId) -> bool {
        self.peers.is_away(peer)
    }

    /// The process that holds a name.
    #[must_use]
    pub fn holder(&self, name: &str) -> Option<PeerId> {
        self.peers.named(name)
    }

    /// Those that a process has replaced.
    #[must_use]
    pub fn replaced_by(&self, peer: PeerId) -> Replaced {
        let peer = self.peers.get(peer);
        peer.map(|peer| peer.replaced.clone()).unwrap_or_default()
    }

    /// The same, and that process.
    #[must_use]
    pub fn replaced_with(&self, peer: PeerId) -> Replaced {
        let start = self.peers.get(peer).map(|peer| peer.instance);
        start.into_iter().fold(self.replaced_by(peer), Replaced::and)
    }

    /// A process has replaced these: when they come again, as who it is, they are told so, and not that the name is taken.
    pub fn has_replaced(&mut self, peer: PeerId, replaced: Replaced) {
        if let Some(peer) = self.peers.get_mut(peer) {
            peer.replaced = replaced;
        }
    }

    /// Whether the process that had a name is gone, and not all have been told of it: until then, nobody else can have it.
    #[must_use]
    pub fn is_clearing(&self, name: &str) -> bool {
        self.peers.is_clearing(name)
    }

    /// A frame has arrived. What is left to do of it comes back.
    ///
    /// # Errors
    ///
    /// When no node would send it.
    pub fn receive(
        &mut self,
        from: PeerId,
        request: Request<'_>,
        payload: &Bytes,
        turn: &mut Turn,
        out: &mut impl Outlet,
    ) -> Result<Option<Work>, Fault> {
        // What is short is done in any case; it is the last of the turn then.
        let _ = turn.spend();
        if self.peers.live(from).is_none() {
            // Its connection was lost while its frames were on their way.
            return Ok(None);
        }
        if self.peers.has_metered() && !self.meter(from, &request, payload, turn, out)? {
            return Ok(None);
        }
        let step = match request {
            Request::Offer { call, ready, offers } => self.offer(from, call, ready, offers)?,
            Request::Withdraw { call, callbacks } => self.withdraw(from, call, callbacks)?,
            // Where it is: a header is large.
            Request::Frame(Header::Call(ref header)) => {
                self.call(from, header, Arguments::Whole(payload), turn, out)?
            }
            Request::Frame(Header::Reply { call, status }) => {
                turn.spend_words(words(&status));
                self.reply(from, call, status, payload, turn, out)?;
                None
            }
            Request::Frame(header) => self.seldom(from, header, payload, turn, out)?,
        };
        Ok(self.begin(step, turn, out))
    }

    /// A frame that is neither a call nor an answer.
    fn seldom(
        &mut self,
        from: PeerId,
        header: Header<'_>,
        payload: &Bytes,
        turn: &mut Turn,
        out: &mut impl Outlet,
    ) -> Result<Option<Task>, Fault> {
        Ok(match header {
            Header::EarlyReply { call, status } => {
                turn.spend_words(words(&status));
                self.reply_early(from, call, status, payload, out)?;
                None
            }
            Header::CallTo { call, processes } => {
                self.call_to(from, &call, &processes, Arguments::Whole(payload), turn, out)?
            }
            Header::Large { bytes, frame } => self.large(from, (frame, bytes), turn, out)?,
            Header::Piece { call, of } => self.piece(from, (call, of), payload, turn, out)?,
            Header::Cancel { call } => self.cancel(from, call, out),
            Header::CancelPart { call, index } => {
                self.cancel_part(from, call, index, out);
                None
            }
            Header::Query { call, query } => self.query(from, call, &query, turn, out)?,
            Header::Schedule { call, instead_of } => {
                self.ask_for_schedule(from, &call, instead_of, payload, turn, out)?;
                None
            }
            Header::Goodbye => self.leave(from),
            Header::Finished => {
                self.peers.finish(from);
                None
            }
            Header::Heartbeat { .. } | Header::Stopping { .. } => None,
            Header::Opened { .. }
            | Header::Done { .. }
            | Header::Items { .. }
            | Header::Close { .. }
            | Header::Credit { .. }
            | Header::Stop { .. } => {
                if let Header::Close { status, .. } = &header {
                    turn.spend_words(words(status));
                }
                self.stream(from, header, payload, turn.now(), out)?;
                None
            }
            _ => return Err(Fault::Unexpected("a frame that has no place after the handshake")),
        })
    }

    /// Whether no call is under way or comes.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        let comes = || self.peers.from(0).any(|(_, peer)| peer.gathering.is_some());
        self.calls_outstanding() == 0 && self.calls_waiting() == 0 && !comes()
    }

    /// The controller is about to stop: tells everybody, and before that those whose calls wait that nobody has run them.
    pub fn stop(&mut self, out: &mut impl Outlet) {
        for id in self.lines.ids() {
            self.refuse_parked(id, Failed::Disconnected { may_have_run: false }, out);
        }
        for (peer, _) in self.peers.from(0) {
            let _ = out.send(peer, &Header::Goodbye, &Bytes::new());
        }
    }
}
