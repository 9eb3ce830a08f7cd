//! Calls that go to every provider.

use bytes::Bytes;
use daffi_core::proto::{self, Absence, CallHeader, CallId, Failed, Header, Status};

use super::pick::{Choice, Wish, check};
use super::{Caller, LinkId, Outlet, Router, Sent, may_have_run, refused};

/// The controller's number of a broadcast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BroadcastId(pub(super) usize);

/// A call that goes to many.
#[derive(Debug)]
pub(super) struct Broadcast {
    link: LinkId,
    call: CallId,
    /// How many have not answered.
    missing: usize,
    /// The controller's numbers of its parts, by their place on the roster. Those that have ended may be others' by now.
    routed: Vec<Option<CallId>>,
}

/// A part of a broadcast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) of: BroadcastId,
    /// The place of its process on the roster.
    pub(super) index: u32,
}

impl Broadcast {
    pub(super) const fn caller(&self) -> LinkId {
        self.link
    }

    pub(super) fn is_of(&self, link: LinkId) -> bool {
        self.link == link
    }

    /// The caller's number.
    pub(super) const fn call(&self) -> CallId {
        self.call
    }
}

impl Router {
    /// Asks every provider but the caller. The roster is fixed now; each on it gives one part (P8).
    pub(super) fn broadcast(
        &mut self,
        from: LinkId,
        header: &CallHeader<'_>,
        payload: &Bytes,
        out: &mut impl Outlet,
    ) {
        let (names, choices) = self.roster(from, header, payload.len(), out);
        if choices.is_empty() {
            let only_caller = !self.directory.providers(header.name).is_empty();
            let absence = if only_caller {
                Absence::OnlyCaller
            } else {
                Absence::Nobody
            };
            return self.refuse(from, header.call, Failed::NoProvider(absence), out);
        }
        let told = proto::encode(&names)
            .map_err(|error| Failed::Encode {
                message: error.to_string(),
            })
            .and_then(|names| {
                let roster = Header::Roster { call: header.call };
                out.send(from, &roster, &names)
                    .map_err(|error| refused(&error, false))
            });
        if let Err(failed) = told {
            return self.refuse(from, header.call, failed, out);
        }
        let id = BroadcastId(self.broadcasts.insert(Broadcast {
            link: from,
            call: header.call,
            missing: choices.len(),
            routed: Vec::with_capacity(choices.len()),
        }));
        self.note(from, header.call, Sent::Broadcast(id));
        for (index, choice) in (0..).zip(choices) {
            let part = Part { of: id, index };
            let routed =
                choice.and_then(|choice| self.run(from, header, payload, choice, Caller::Part(part), out));
            if let Some(broadcast) = self.broadcasts.get_mut(id.0) {
                broadcast.routed.push(routed.as_ref().ok().copied());
            }
            if let Err(failed) = routed {
                self.end_part(part, Status::Failed(failed), &Bytes::new(), out);
            }
        }
    }

    /// Who is asked, by name, and who of them can be.
    fn roster(
        &self,
        from: LinkId,
        header: &CallHeader<'_>,
        size: usize,
        out: &impl Outlet,
    ) -> (Vec<&str>, Vec<Result<Choice, Failed>>) {
        let wish = Wish {
            signature: header.signature,
            caller: from,
            to: None,
            key: None,
        };
        let needed = self.needed_room(size);
        let mut roster: Vec<_> = self
            .directory
            .providers(header.name)
            .iter()
            .filter(|provider| provider.link != from)
            .map(|provider| {
                let name = self.process_name(provider.link).unwrap_or_default();
                (name, check(provider, &wish, |link| out.room(link) >= needed))
            })
            .collect();
        // A process offers a name once.
        roster.sort_by_key(|(name, _)| *name);
        roster.into_iter().unzip()
    }

    /// One of those that were asked has answered, or never will.
    pub(super) fn end_part(
        &mut self,
        part: Part,
        status: Status<'_>,
        payload: &Bytes,
        out: &mut impl Outlet,
    ) {
        let Some(broadcast) = self.broadcasts.get_mut(part.of.0) else {
            return;
        };
        let (link, call) = (broadcast.link, broadcast.call);
        let may_have_run = may_have_run(&status);
        let header = Header::Part {
            call,
            index: part.index,
            status,
        };
        if let Err(error) = out.send(link, &header, payload) {
            let status = Status::Failed(refused(&error, may_have_run));
            // Without a payload it fits every limit.
            let _ = out.send(
                link,
                &Header::Part {
                    call,
                    index: part.index,
                    status,
                },
                &Bytes::new(),
            );
        }
        broadcast.missing -= 1;
        if broadcast.missing == 0 {
            self.broadcasts.remove(part.of.0);
            self.answer(link, call, Status::Value, &Bytes::new(), out);
        }
    }

    /// The controller's number of the part at a place of the roster, if it has not ended.
    pub(super) fn part_at(&self, of: BroadcastId, index: u32) -> Option<CallId> {
        let routed = (*self.broadcasts.get(of.0)?.routed.get(index as usize)?)?;
        let call = self.calls.get(routed.0 as usize)?;
        (call.caller == Caller::Part(Part { of, index })).then_some(routed)
    }

    /// The caller does not want what is left. The parts still come.
    pub(super) fn cancel_broadcast(&mut self, id: BroadcastId, out: &mut impl Outlet) {
        let Some(broadcast) = self.broadcasts.get(id.0) else {
            return;
        };
        for routed in broadcast.routed.iter().flatten() {
            let outstanding = self.calls.get_mut(routed.0 as usize);
            let is_part = |caller| matches!(caller, Caller::Part(part) if part.of == id);
            if let Some(outstanding) = outstanding.filter(|outstanding| is_part(outstanding.caller)) {
                outstanding.cancel(*routed, out);
            }
        }
    }
}
