//! Streams of calls: what goes between caller and provider while a call runs is passed on, and nothing of it is kept.
//!
//! A receiver grants its sender credit, so the controller holds no more of a stream than one window, in the queue towards
//! the receiver. A sender that does not keep to that, or more streams than a queue has room for, end with `Overloaded`.

use bytes::Bytes;
use daffi_core::proto::{CallId, Failed, Header, Limits, Moment, Status, StreamId};

use super::ids::{Caller, Part, PeerId, Routed, Sent, WaitId};
use super::outlet::{Fault, Outlet};
use super::state::Router;
use super::status::{is_small, refused};

/// This part of a queue is never taken by items of streams.
const KEPT: usize = 8;

/// Where a frame of a stream goes, and what its call and stream are called there.
struct Way {
    to: PeerId,
    call: CallId,
    index: u32,
    /// It goes to the caller of a broadcast.
    is_part: bool,
    /// The controller's number of the call.
    routed: CallId,
}

impl Way {
    /// The frame in the terms of where it goes.
    fn renamed<'a>(&self, header: Header<'a>) -> Header<'a> {
        let part = self.index;
        let mut header = header.of_call(self.call, |stream| match stream {
            StreamId::Result(_) => StreamId::Result(part),
            StreamId::Argument(index) if self.is_part => StreamId::ArgumentOf { part, index },
            StreamId::Argument(index) | StreamId::ArgumentOf { index, .. } => StreamId::Argument(index),
        });
        if let Header::Opened { index, .. } = &mut header {
            *index = part;
        }
        header
    }
}

impl Router {
    pub(super) fn stream(
        &mut self,
        from: PeerId,
        header: Header<'_>,
        payload: &Bytes,
        now: Moment,
        out: &mut impl Outlet,
    ) -> Result<(), Fault> {
        let way = match header {
            Header::Opened { call, index: 0 } => {
                self.opened(from, call, out);
                self.to_caller(from, call)?
            }
            // The next one says as much.
            Header::Done { call, .. } => {
                let way = self.to_caller(from, call)?;
                way.filter(|way| out.room(way.to) > 0)
            }
            Header::Items {
                call,
                stream: StreamId::Result(0),
                ..
            }
            | Header::Credit {
                call,
                stream: StreamId::Argument(_),
                ..
            }
            | Header::Stop {
                call,
                stream: StreamId::Argument(_),
            } => self.to_caller(from, call)?,
            Header::Items {
                call,
                stream: stream @ (StreamId::Argument(_) | StreamId::ArgumentOf { .. }),
                ..
            }
            | Header::Close {
                call,
                stream: stream @ (StreamId::Argument(_) | StreamId::ArgumentOf { .. }),
                ..
            }
            | Header::Credit {
                call,
                stream: stream @ StreamId::Result(_),
                ..
            } => self.to_provider(from, call, stream),
            _ => return Err(Fault::Unexpected("a frame of a stream from the wrong end")),
        };
        match &header {
            Header::Close { call, stream, status } => {
                if let Some(id) = self.queued(from, *call, *stream) {
                    self.close_early(id, *stream, status, out);
                }
            }
            // What a provider grants is of a number of the controller's.
            Header::Credit {
                call,
                stream: stream @ StreamId::Result(_),
                items,
                bytes,
            } => {
                let queued = self.queued(from, *call, *stream);
                if let Some(granted) = queued.and_then(|id| self.lines.granted_mut(id)) {
                    granted.add(*items, *bytes);
                }
            }
            _ => {}
        }
        let empty = Bytes::new();
        let payload = match header {
            Header::Items { .. } => payload,
            // What stands in front of its items, with its length.
            Header::Opened { .. } if payload.len() <= 4 + Limits::SIGNATURE_BYTES => payload,
            _ => &empty,
        };
        if let Some(way) = way {
            if matches!(header, Header::Opened { .. } | Header::Items { .. })
                && let Err(failed) = self.streams_too(way.routed, now)
            {
                self.fail(way.routed, failed, out);
                return Ok(());
            }
            let header = way.renamed(header);
            self.pass_on(&way, &header, payload, out);
        }
        Ok(())
    }

    /// A call is answered with a stream. One that nobody will read is stopped: its call was handed over.
    fn opened(&mut self, from: PeerId, call: CallId, out: &mut impl Outlet) {
        let outstanding = self.calls.get_mut(call);
        let Some(outstanding) = outstanding.filter(|call| call.provider == from) else {
            return;
        };
        outstanding.opened = true;
        if matches!(outstanding.caller, Caller::HandedOver(_) | Caller::Nobody) {
            outstanding.cancel(call, out);
        }
    }

    /// A call has a stream. Its provider may have offered none: then it counts as one that has from now on.
    fn streams_too(&mut self, routed: CallId, now: Moment) -> Result<(), Failed> {
        let Some(by) = self
            .calls
            .get(routed)
            .filter(|call| !call.streams)
            .map(|call| call.by)
        else {
            return Ok(());
        };
        self.check_streams(by, now)?;
        if let Some(call) = self.calls.get_mut(routed) {
            call.streams = true;
            self.peers.streams_too(by);
        }
        Ok(())
    }

    /// The way to the caller of a call that `from` runs; none if nobody waits for it any more.
    fn to_caller(&self, from: PeerId, call: CallId) -> Result<Option<Way>, Fault> {
        let routed = call;
        let call = self.calls.get(routed).filter(|call| call.provider == from);
        let call = call.ok_or(Fault::Unexpected("a stream of a call that it was not given"))?;
        Ok(match call.caller {
            Caller::Call(to, call) => Some(Way {
                to,
                call,
                index: 0,
                is_part: false,
                routed,
            }),
            Caller::Part(part) => self.broadcasts.call_of(part).map(|(to, call)| Way {
                to,
                call,
                index: part.index,
                is_part: true,
                routed,
            }),
            Caller::HandedOver(_) | Caller::Nobody => None,
        })
    }

    /// The way to the provider of a call of `from`'s; none if it has ended. What was sent before its reply came is on its
    /// way then.
    fn to_provider(&self, from: PeerId, call: CallId, stream: StreamId) -> Option<Way> {
        let routed = match (self.sent(from, call)?, stream) {
            (Sent::Routed(Routed::Run(run)), StreamId::Result(0) | StreamId::Argument(_)) => run,
            (Sent::Broadcast(of), StreamId::Result(index) | StreamId::ArgumentOf { part: index, .. }) => {
                self.part_at(Part { of, index })?
            }
            _ => return None,
        };
        Some(Way {
            to: self.calls.get(routed)?.provider,
            call: routed,
            index: 0,
            is_part: false,
            routed,
        })
    }

    /// The call that waits for a provider, of which a stream is an argument or the result.
    fn queued(&self, from: PeerId, call: CallId, stream: StreamId) -> Option<WaitId> {
        let routed = match (self.sent(from, call)?, stream) {
            (Sent::Routed(routed), StreamId::Argument(_) | StreamId::Result(0)) => routed,
            (Sent::Broadcast(of), StreamId::ArgumentOf { part: index, .. } | StreamId::Result(index)) => {
                self.broadcasts.routed(Part { of, index })?
            }
            _ => return None,
        };
        match routed {
            Routed::Queued(id) => Some(id),
            Routed::Run(_) => None,
        }
    }

    /// Passes a frame of a caller's on to its provider.
    pub(super) fn pass_to_provider(
        &mut self,
        from: PeerId,
        call: CallId,
        header: Header<'_>,
        stream: StreamId,
        out: &mut impl Outlet,
    ) {
        if let Some(way) = self.to_provider(from, call, stream) {
            let header = way.renamed(header);
            self.pass_on(&way, &header, &Bytes::new(), out);
        }
    }

    /// What became of what a process sent under a number.
    pub(super) fn sent(&self, from: PeerId, call: CallId) -> Option<Sent> {
        self.peers.get(from)?.sent.get(&call).copied()
    }

    /// Passes a frame on. Items that do not fit the queue end the call: nothing is left out of a stream. So do short frames,
    /// when there have been some that did not fit.
    fn pass_on(&mut self, way: &Way, header: &Header<'_>, payload: &Bytes, out: &mut impl Outlet) {
        let Some(outstanding) = self.calls.get_mut(way.routed) else {
            return;
        };
        let room = out.room(way.to);
        // However many items come, something is left for calls and answers.
        let kept = self.limits.queue_bytes / KEPT;
        let is_short = match header {
            Header::Close { status, .. } => is_small(status),
            _ => payload.is_empty(),
        };
        let failed = if outstanding.takes_short(room) && (is_short || room > kept) {
            match out.send(way.to, header, payload) {
                Ok(()) => return,
                Err(error) => refused(&error, true).of_items(),
            }
        } else {
            Failed::Overloaded { may_have_run: true }
        };
        self.fail(way.routed, failed, out);
    }

    /// Ends a call whose streams cannot go on.
    fn fail(&mut self, routed: CallId, failed: Failed, out: &mut impl Outlet) {
        let Some(outstanding) = self.calls.get_mut(routed) else {
            return;
        };
        outstanding.cancel(routed, out);
        let ended = *outstanding;
        outstanding.caller = Caller::Nobody;
        self.end(&ended, Status::Failed(failed), &Bytes::new(), out);
    }
}
