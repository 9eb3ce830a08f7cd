//! Calls to many: asking, and being answered.

use std::sync::Arc;

use bytes::Bytes;
use daffi_core::proto::{
    self, Absence, CallHeader, CallId, EncodeError, Failed, FrameError, Header, Mode, Status, TraceContext,
};

use super::calling::{metadata_bytes, weight};
use super::ids::{BroadcastId, Caller, Part, PeerId, ProviderKey, Sent};
use super::outlet::Outlet;
use super::pick::Wish;
use super::state::Router;
use super::status::{refused, tell, words};
use super::work::{Progress, Step, Task, Turn};

/// So many providers are looked at, whoever asks.
const FEW: usize = 8;

/// A broadcast that begins: who is to be asked is fixed, and they are asked some at a time.
#[derive(Debug)]
pub(super) struct Asking {
    from: PeerId,
    call: Made,
    payload: Bytes,
    /// How many bytes each of them is given.
    size: usize,
    /// Who is asked: sorted by name once that is [prepared](Self::prepare).
    roster: Vec<(Arc<str>, PeerId)>,
    names: Option<Result<Bytes, EncodeError>>,
    id: Option<BroadcastId>,
    /// The place on the roster that is asked next, and the one that is given up next if the caller leaves meanwhile.
    next: usize,
    left: u32,
}

/// What of a call's header its parts need.
#[derive(Debug)]
struct Made {
    number: CallId,
    name: Box<str>,
    signature: u64,
    deadline: Option<std::time::Duration>,
    trace: Option<TraceContext>,
    metadata: Vec<(Box<str>, Box<str>)>,
}

impl Made {
    fn new(header: &CallHeader<'_>) -> Self {
        Self {
            number: header.call,
            name: header.name.into(),
            signature: header.signature,
            deadline: header.deadline,
            trace: header.trace,
            metadata: header
                .metadata
                .iter()
                .map(|(key, value)| ((*key).into(), (*value).into()))
                .collect(),
        }
    }

    fn header(&self) -> CallHeader<'_> {
        CallHeader {
            call: self.number,
            name: &self.name,
            signature: self.signature,
            to: None,
            deadline: self.deadline,
            trace: self.trace,
            metadata: self
                .metadata
                .iter()
                .map(|(key, value)| (&**key, &**value))
                .collect(),
            key: None,
            mode: Mode::Broadcast,
        }
    }
}

impl Step for Asking {
    fn preparation(&self) -> usize {
        self.roster.len()
    }

    fn prepare(&mut self) {
        if self.names.is_none() {
            // A process offers a name once.
            self.roster.sort();
            let names: Vec<_> = self.roster.iter().map(|(name, ..)| &**name).collect();
            self.names = Some(proto::encode(&names));
        }
    }

    fn go_on(&mut self, router: &mut Router, turn: &mut Turn, mut out: &mut dyn Outlet) -> Progress {
        router.ask(self, turn, &mut out)
    }
}

/// A broadcast that its caller takes back: parts, up to a place on the roster.
#[derive(Debug)]
struct Cancelling {
    of: BroadcastId,
    index: u32,
}

impl Step for Cancelling {
    fn go_on(&mut self, router: &mut Router, turn: &mut Turn, mut out: &mut dyn Outlet) -> Progress {
        router.cancel_parts(self.of, &mut self.index, turn, &mut out)
    }
}

impl Router {
    /// Asks every provider but the caller. The roster is fixed now; each on it gives one part (P8).
    pub(super) fn broadcast(
        &mut self,
        from: PeerId,
        header: &CallHeader<'_>,
        payload: &Bytes,
        out: &mut impl Outlet,
    ) -> Option<Task> {
        if let Err(failed) = self.check_share(from) {
            self.refuse(from, header.call, failed, out);
            return None;
        }
        let function = self.directory.function(header.name).map(|(_, function)| function);
        let shown = function.map_or(&[][..], |function| function.shown());
        let has_room = out.room(from) > 0;
        // Who does not read has nobody looked for.
        if !has_room && shown.len() > FEW {
            self.refuse(from, header.call, Failed::Overloaded { may_have_run: false }, out);
            return None;
        }
        let providers = shown.iter().filter_map(|key| self.directory.provider(*key));
        let callable = providers.filter(|provider| provider.live).filter_map(|provider| {
            let peer = self.peers.get(provider.peer)?;
            peer.is_callable()
                .then(|| (Arc::clone(&peer.name), provider.peer))
        });
        let mut roster: Vec<_> = callable.collect();
        let all = roster.len();
        roster.retain(|(_, peer)| *peer != from);
        if roster.is_empty() {
            let absence = if all == 0 {
                Absence::Nobody
            } else {
                Absence::OnlyCaller
            };
            self.refuse(from, header.call, Failed::NoProvider(absence), out);
            return None;
        }
        // The roster may be long (P6).
        if !has_room {
            self.refuse(from, header.call, Failed::Overloaded { may_have_run: false }, out);
            return None;
        }
        Some(Box::new(Asking {
            from,
            call: Made::new(header),
            payload: payload.clone(),
            size: weight(header, payload),
            roster,
            names: None,
            id: None,
            next: 0,
            left: 0,
        }))
    }

    /// Goes on with a broadcast that begins.
    fn ask(&mut self, asking: &mut Asking, turn: &mut Turn, out: &mut impl Outlet) -> Progress {
        asking.prepare();
        if self.peers.live(asking.from).is_none() {
            return asking.id.map_or(Progress::Done, |id| {
                self.leave_parts(id, &mut asking.left, turn, out)
            });
        }
        let id = match asking.id {
            Some(id) => id,
            None => match self.tell_roster(asking, out) {
                Ok(id) => *asking.id.insert(id),
                Err(failed) => {
                    self.refuse(asking.from, asking.call.number, failed, out);
                    return Progress::Done;
                }
            },
        };
        let header = asking.call.header();
        while asking.next < asking.roster.len() {
            if !turn.spend() {
                return Progress::More;
            }
            let peer = asking.roster[asking.next].1;
            let part = Part {
                of: id,
                index: u32::try_from(asking.next).unwrap_or(u32::MAX),
            };
            asking.next += 1;
            // Its caller may have taken it back meanwhile.
            let Some(broadcast) = self.broadcasts.get(id) else {
                return Progress::Done;
            };
            let routed = if broadcast.cancelled {
                Err(Failed::Cancelled { may_have_run: false })
            } else {
                turn.spend_words(metadata_bytes(&header));
                let checked = self.check_share(asking.from);
                let checked = checked.and_then(|()| self.check_part(peer, asking, out));
                checked.and_then(|key| {
                    self.run(
                        asking.from,
                        &header,
                        &asking.payload,
                        key,
                        Caller::Part(part),
                        out,
                    )
                })
            };
            if let Some(broadcast) = self.broadcasts.get_mut(id) {
                broadcast.routed.push(routed.as_ref().ok().copied());
            }
            if let Err(failed) = routed {
                let status = Status::Failed(failed);
                turn.spend_words(words(&status));
                self.end_part(part, status, &Bytes::new(), out);
            }
        }
        Progress::Done
    }

    /// Tells the caller who is asked.
    fn tell_roster(&mut self, asking: &mut Asking, out: &mut impl Outlet) -> Result<BroadcastId, Failed> {
        let names = asking.names.take().unwrap_or_else(|| Ok(Bytes::new()));
        let call = asking.call.number;
        names
            .map_err(FrameError::from)
            .and_then(|names| out.send(asking.from, &Header::Roster { call }, &names))
            .map_err(|error| refused(&error, false))?;
        asking.names = Some(Ok(Bytes::new()));
        let id = self.broadcasts.begin(asking.from, call, asking.roster.len());
        self.note(asking.from, call, Sent::Broadcast(id));
        Ok(id)
    }

    /// Whether one on the roster can be asked.
    fn check_part(&self, peer: PeerId, asking: &Asking, out: &impl Outlet) -> Result<ProviderKey, Failed> {
        // Since the roster was fixed it may have left, or taken it back.
        let function = self.directory.function(&asking.call.name);
        let offer = function.and_then(|(function, _)| self.directory.offer_of(peer, function));
        let (key, provider) = offer.ok_or(Failed::NoProvider(Absence::NotOffered))?;
        let size = asking.size;
        let wish = Wish {
            signature: asking.call.signature,
            caller: asking.from,
            named: None,
            key: None,
            size,
            needed: self.needed_room(size),
        };
        match wish.obstacle(provider, &self.peers, out) {
            None => Ok(key),
            Some(obstacle) => Err(obstacle.failed(provider)),
        }
    }

    /// One of those that were asked has answered, or never will.
    pub(super) fn end_part(
        &mut self,
        part: Part,
        status: Status<'_>,
        payload: &Bytes,
        out: &mut impl Outlet,
    ) {
        let needed = self.needed_room(payload.len());
        let Some(broadcast) = self.broadcasts.get_mut(part.of) else {
            return;
        };
        let (peer, call) = (broadcast.peer, broadcast.call);
        broadcast.missing -= 1;
        let was_last = broadcast.missing == 0;
        let index = part.index;
        tell(
            peer,
            |status| Header::Part { call, index, status },
            status,
            (payload, needed),
            out,
        );
        if was_last {
            self.broadcasts.forget(part.of);
            self.answer(peer, call, Status::Value, &Bytes::new(), out);
        }
    }

    /// The controller's number of the part at a place of the roster, if it has not ended.
    pub(super) fn part_at(&self, part: Part) -> Option<CallId> {
        let routed = self.broadcasts.routed(part)?;
        (self.calls.get(routed)?.caller == Caller::Part(part)).then_some(routed)
    }

    /// The caller does not want what is left. The parts still come.
    pub(super) fn cancel_broadcast(&mut self, of: BroadcastId) -> Option<Task> {
        let broadcast = self.broadcasts.get_mut(of)?;
        if std::mem::replace(&mut broadcast.cancelled, true) {
            // All of them have been told.
            return None;
        }
        Some(Box::new(Cancelling { of, index: 0 }))
    }

    fn cancel_parts(
        &mut self,
        of: BroadcastId,
        index: &mut u32,
        turn: &mut Turn,
        out: &mut impl Outlet,
    ) -> Progress {
        while self
            .broadcasts
            .get(of)
            .is_some_and(|of| (*index as usize) < of.routed.len())
        {
            if !turn.spend() {
                return Progress::More;
            }
            let part = Part { of, index: *index };
            *index += 1;
            if let Some(routed) = self.part_at(part)
                && let Some(outstanding) = self.calls.get_mut(routed)
            {
                outstanding.cancel(routed, out);
            }
        }
        Progress::Done
    }

    /// The caller of a broadcast has left: nobody wants what is left, nor is told of it.
    pub(super) fn leave_parts(
        &mut self,
        of: BroadcastId,
        index: &mut u32,
        turn: &mut Turn,
        out: &mut impl Outlet,
    ) -> Progress {
        while self
            .broadcasts
            .get(of)
            .is_some_and(|of| (*index as usize) < of.routed.len())
        {
            if !turn.spend() {
                return Progress::More;
            }
            let part = Part { of, index: *index };
            *index += 1;
            if let Some(routed) = self.part_at(part)
                && let Some(outstanding) = self.calls.get_mut(routed)
            {
                outstanding.caller = Caller::Nobody;
                outstanding.cancel(routed, out);
            }
        }
        self.broadcasts.forget(of);
        Progress::Done
    }
}
