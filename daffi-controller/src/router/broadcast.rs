//! Calls to many: asking, and being answered.

use std::sync::Arc;

use bytes::Bytes;
use daffi_core::proto::{self, Absence, CallHeader, CallId, EncodeError, Failed, FrameError, Header, Status};

use super::calling::{metadata_bytes, weight};
use super::ids::{BroadcastId, Caller, Part, PeerId, ProviderKey, Routed, Sent};
use super::made::Made;
use super::outlet::{Fault, Outlet};
use super::payload::{Arguments, Payload};
use super::pick::{OVERLOADED, Unrouted, Wish};
use super::queueing::Wait;
use super::state::Router;
use super::status::{refused, tell, words};
use super::work::{Progress, Step, Task, Turn};

/// So many providers are looked at, whoever asks.
const FEW: usize = 8;

/// A broadcast that begins: who is to be asked is fixed, and they are asked some at a time.
#[derive(Debug)]
pub(super) struct Asking {
    from: PeerId,
    call: Arc<Made>,
    payload: Payload,
    /// How many bytes each of them is given.
    size: usize,
    /// Who is asked: sorted by name once that is [prepared](Self::prepare). Whom the caller named is looked for when its turn
    /// comes.
    roster: Vec<(Arc<str>, Option<PeerId>)>,
    names: Option<Result<Bytes, EncodeError>>,
    id: Option<BroadcastId>,
    /// The place on the roster that is asked next, and the one that is given up next if the caller leaves meanwhile.
    next: usize,
    left: u32,
}

impl Asking {
    fn new(
        from: PeerId,
        header: &CallHeader<'_>,
        payload: Arguments<'_>,
        roster: Vec<(Arc<str>, Option<PeerId>)>,
    ) -> Self {
        Self {
            from,
            call: Arc::new(Made::new(header)),
            payload: payload.share(),
            size: weight(header, payload),
            roster,
            names: None,
            id: None,
            next: 0,
            left: 0,
        }
    }
}

impl Step for Asking {
    fn preparation(&self) -> usize {
        self.roster.len()
    }

    fn prepare(&mut self) {
        if self.names.is_none() {
            self.roster.sort();
            // A process offers a name once, but a caller may name it twice.
            self.roster.dedup();
            let names: Vec<_> = self.roster.iter().map(|(name, ..)| &**name).collect();
            self.names = Some(proto::encode(&names));
        }
    }

    fn go_on(&mut self, router: &mut Router, turn: &mut Turn, mut out: &mut dyn Outlet) -> Progress {
        router.ask(self, turn, &mut out)
    }
}

impl Router {
    /// Asks every provider but the caller. The roster is fixed now; each on it gives one part (P8).
    pub(super) fn broadcast(
        &mut self,
        from: PeerId,
        header: &CallHeader<'_>,
        payload: Arguments<'_>,
        turn: &mut Turn,
        out: &mut impl Outlet,
    ) -> Option<Task> {
        let has_room = self.may_ask_many(from, header, turn, out)?;
        let group = (!header.having.is_empty()).then(|| self.directory.group(header.name, &header.having));
        let function = group.flatten().or_else(|| self.directory.function(header.name));
        let shown = function.map_or(&[][..], |(_, function)| function.shown());
        if !header.having.is_empty() {
            turn.spend_looks(shown.len());
        }
        // Who does not read has nobody looked for.
        if !has_room && shown.len() > FEW {
            self.refuse(from, header.call, OVERLOADED, out);
            return None;
        }
        let providers = shown.iter().filter_map(|key| self.directory.provider(*key));
        let wanted = providers.filter(|provider| provider.live && provider.has(&header.having));
        let callable = wanted.filter_map(|provider| {
            let peer = self.peers.get(provider.peer)?;
            peer.is_callable()
                .then(|| (Arc::clone(&peer.name), Some(provider.peer)))
        });
        let mut roster: Vec<_> = callable.collect();
        let all = roster.len();
        roster.retain(|(_, peer)| *peer != Some(from));
        if roster.is_empty() && !header.having.is_empty() {
            let failed = self.lacking(from, None, (header.name, &header.having), turn);
            self.refuse(from, header.call, failed, out);
            return None;
        }
        if roster.is_empty() {
            let absence = if all == 0 {
                self.absent(from, header.name, turn)
            } else {
                Absence::OnlyCaller
            };
            self.refuse(from, header.call, Failed::NoProvider(absence), out);
            return None;
        }
        // The roster may be long (P6).
        if !has_room {
            self.refuse(from, header.call, OVERLOADED, out);
            return None;
        }
        Some(Box::new(Asking::new(from, header, payload, roster)))
    }

    /// A call that goes to those whom its caller names. Each of them has one part (P8), and says so where it is not there.
    pub(super) fn call_to(
        &mut self,
        from: PeerId,
        header: &CallHeader<'_>,
        processes: &[&str],
        payload: Arguments<'_>,
        turn: &mut Turn,
        out: &mut impl Outlet,
    ) -> Result<Option<Task>, Fault> {
        if !header.mode.asks_many() || processes.is_empty() {
            return Err(Fault::Unexpected("names of processes, of which none is asked"));
        }
        self.claim_call(from, header.call)?;
        turn.spend_words(metadata_bytes(header));
        let Some(has_room) = self.may_ask_many(from, header, turn, out) else {
            return Ok(None);
        };
        if !has_room {
            self.refuse(from, header.call, OVERLOADED, out);
            return Ok(None);
        }
        turn.spend_words(processes.iter().map(|name| name.len()).sum());
        let roster = processes.iter().map(|name| (Arc::from(*name), None)).collect();
        Ok(Some(Box::new(Asking::new(from, header, payload, roster))))
    }

    /// Whether a caller has room for a roster; none if it is told already that it may make no more calls.
    fn may_ask_many(
        &mut self,
        from: PeerId,
        header: &CallHeader<'_>,
        turn: &mut Turn,
        out: &mut impl Outlet,
    ) -> Option<bool> {
        let checked = self.check_call(from, header, turn);
        if let Err(failed) = checked.and_then(|()| self.check_share(from)) {
            self.refuse(from, header.call, failed, out);
            return None;
        }
        self.tell_versions(from, header, turn, out);
        Some(out.room(from) > 0)
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
        let call = Arc::clone(&asking.call);
        let header = call.header();
        while asking.next < asking.roster.len() {
            if !turn.spend() {
                return Progress::More;
            }
            let (name, peer) = &asking.roster[asking.next];
            let peer = peer.or_else(|| self.peers.present(name));
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
                self.check_share(asking.from)
                    .and_then(|()| self.check_one_more(asking.from, part.index == 0, turn.now()))
                    .and_then(|()| self.ask_one((peer, part), asking, &header, turn, out))
            };
            let end = match routed {
                Ok(Routed::Run(_)) if call.is_handed_over() => Some(Status::Value),
                Ok(_) => None,
                Err(ref failed) => Some(Status::Failed(failed.clone())),
            };
            if let Some(broadcast) = self.broadcasts.get_mut(id) {
                broadcast.routed.push(routed.ok().filter(|_| end.is_none()));
            }
            if let Some(status) = end {
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

    /// Asks one on the roster, now or when it has a place.
    fn ask_one(
        &mut self,
        (peer, part): (Option<PeerId>, Part),
        asking: &Asking,
        header: &CallHeader<'_>,
        turn: &mut Turn,
        out: &mut impl Outlet,
    ) -> Result<Routed, Failed> {
        let peer = peer.ok_or(Failed::NoProvider(Absence::ProcessUnknown))?;
        self.check_named(asking.from, peer, header, turn)?;
        let (from, payload) = (asking.from, asking.payload.arguments());
        let caller = Caller::Part(part);
        match self.check_part(peer, asking, out) {
            Ok(key) => {
                let caller = if asking.call.is_handed_over() {
                    Caller::HandedOver(from)
                } else {
                    caller
                };
                self.run_later(from, (header, payload), key, caller, turn, out)
                    .map(Routed::Run)
            }
            Err(Unrouted::Busy { .. }) if self.is_recursive(from, header, Some(peer), turn) => {
                Err(Failed::Recursive)
            }
            Err(Unrouted::Busy { unsure, .. }) => {
                let wait = Wait {
                    by: from,
                    caller,
                    named: Some(peer),
                    made: Arc::clone(&asking.call),
                    payload,
                    size: asking.size,
                    unsure,
                };
                self.park(wait, turn, out).map(Routed::Queued)
            }
            Err(Unrouted::Failed(failed)) => Err(failed),
        }
    }

    /// Whether one on the roster can be asked.
    fn check_part(&self, peer: PeerId, asking: &Asking, out: &impl Outlet) -> Result<ProviderKey, Unrouted> {
        // Since the roster was fixed it may have left, or taken it back.
        let function = self.directory.function(&asking.call.name);
        let offer = function.and_then(|(function, _)| self.directory.offer_of(peer, function));
        let (key, provider) = offer.ok_or(Failed::NoProvider(Absence::NotOffered))?;
        let size = asking.size;
        let wish = Wish {
            fit: asking.call.fit(),
            caller: asking.from,
            named: Some(peer),
            key: None,
            size,
            needed: self.needed_room(size),
            also_away: false,
        };
        match wish.obstacle(provider, &self.peers, out) {
            None if self.waits_for(asking.from, key) => Err(Unrouted::Busy {
                unsure: true,
                bounded: false,
            }),
            None => Ok(key),
            Some(obstacle) => Err(obstacle.unrouted(provider)),
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
        let Some((peer, call)) = self.broadcasts.call_of(part) else {
            return;
        };
        let index = part.index;
        tell(
            peer,
            |status| Header::Part { call, index, status },
            status,
            (payload, needed),
            out,
        );
        self.count_part(part, out);
    }

    /// A part has ended, and its caller has all of it.
    pub(super) fn count_part(&mut self, part: Part, out: &mut impl Outlet) {
        let Some(broadcast) = self.broadcasts.get_mut(part.of) else {
            return;
        };
        broadcast.missing -= 1;
        if broadcast.missing == 0 {
            let (peer, call) = (broadcast.peer, broadcast.call);
            self.broadcasts.forget(part.of);
            self.answer(peer, call, Status::Value, &Bytes::new(), out);
        }
    }

    /// The controller's number of the part at a place of the roster, if it is on its way.
    pub(super) fn part_at(&self, part: Part) -> Option<CallId> {
        let Routed::Run(run) = self.broadcasts.routed(part)? else {
            return None;
        };
        (self.calls.get(run)?.caller == Caller::Part(part)).then_some(run)
    }
}
