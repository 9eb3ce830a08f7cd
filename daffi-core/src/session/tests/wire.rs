//! The way out of a session under test: frames as the controller would see them.

use bytes::Bytes;

use super::number;
use crate::proto::{Failed, Failure, Frame, Framing, Header, Outcome, Own, Status, StreamId, Typed};
use crate::session::{Transmit, Unsent};

/// What a session sent.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Sent {
    Call {
        number: u32,
        payload: Bytes,
    },
    Ask {
        number: u32,
    },
    Offer {
        number: u32,
        ready: bool,
    },
    Withdraw {
        number: u32,
    },
    Cancel {
        number: u32,
    },
    CancelPart {
        number: u32,
        index: u32,
    },
    Reply {
        number: u32,
        outcome: Outcome,
    },
    EarlyReply {
        number: u32,
        outcome: Outcome,
    },
    Opened {
        number: u32,
    },
    Items {
        number: u32,
        stream: StreamId,
        items: u32,
        payload: Bytes,
    },
    Close {
        number: u32,
        stream: StreamId,
        end: Outcome,
    },
    Credit {
        number: u32,
        stream: StreamId,
        items: u32,
        bytes: u32,
    },
    Done {
        number: u32,
        items: u64,
    },
    Stop {
        number: u32,
        stream: StreamId,
    },
    Stopping,
    Other,
}

/// Takes frames up to a limit, until it is closed.
#[derive(Debug)]
pub(super) struct Wire {
    pub(super) closed: bool,
    /// The peer does not read.
    pub(super) full: bool,
    pub(super) limit: usize,
    /// Larger items are sent in parts of so many bytes.
    pub(super) part: usize,
    frames: Vec<Frame>,
}

impl Wire {
    pub(super) const fn new(limit: usize) -> Self {
        Self {
            closed: false,
            full: false,
            limit,
            part: usize::MAX,
            frames: Vec::new(),
        }
    }

    /// The frames since the last look, undecoded.
    pub(super) fn frames(&mut self) -> Vec<Frame> {
        std::mem::take(&mut self.frames)
    }

    /// What was sent since the last look.
    pub(super) fn sent(&mut self) -> Vec<Sent> {
        self.frames().iter().map(read).collect()
    }
}

impl Transmit for Wire {
    fn send(&mut self, header: &Header<'_>, payload: &Bytes) -> Result<(), Unsent> {
        if self.closed {
            return Err(Unsent::Closed);
        }
        let frame = Frame::split(header, payload.clone(), Framing::newest(usize::MAX)).unwrap();
        let (size, limit) = (frame.len(), self.limit);
        if size > limit {
            return Err(Unsent::TooLarge { size, limit });
        }
        self.frames.push(frame);
        Ok(())
    }

    fn room(&self) -> usize {
        if self.full { 0 } else { usize::MAX }
    }

    fn frame_limit(&self) -> usize {
        self.limit
    }

    fn part_bytes(&self) -> usize {
        self.part
    }
}

fn read(frame: &Frame) -> Sent {
    let (header, payload) = frame.decode().unwrap();
    match header {
        Header::Call(header) => Sent::Call {
            number: number(header.call),
            payload,
        },
        Header::Query { call, .. } => Sent::Ask { number: number(call) },
        Header::Offer { call, ready } => Sent::Offer {
            number: number(call),
            ready,
        },
        Header::Withdraw { call } => Sent::Withdraw { number: number(call) },
        Header::Cancel { call } => Sent::Cancel { number: number(call) },
        Header::Reply { call, status } => Sent::Reply {
            number: number(call),
            outcome: outcome(status, payload),
        },
        Header::EarlyReply { call, status } => Sent::EarlyReply {
            number: number(call),
            outcome: outcome(status, payload),
        },
        Header::Opened { call, index: 0 } => Sent::Opened { number: number(call) },
        Header::Items {
            call, stream, items, ..
        } => Sent::Items {
            number: number(call),
            stream,
            items,
            payload,
        },
        Header::Close { call, stream, status } => Sent::Close {
            number: number(call),
            stream,
            end: outcome(status, payload),
        },
        Header::Credit {
            call,
            stream,
            items,
            bytes,
        } => Sent::Credit {
            number: number(call),
            stream,
            items,
            bytes,
        },
        Header::CancelPart { call, index } => Sent::CancelPart {
            number: number(call),
            index,
        },
        Header::Done { call, items } => Sent::Done {
            number: number(call),
            items,
        },
        Header::Stop { call, stream } => Sent::Stop {
            number: number(call),
            stream,
        },
        Header::Stopping { .. } => Sent::Stopping,
        _ => Sent::Other,
    }
}

fn outcome(status: Status<'_>, payload: Bytes) -> Outcome {
    match status {
        Status::Value => Ok(payload),
        status => Err(Failure::from_status(status, payload).unwrap()),
    }
}

/// Gives an outcome to `send` as the status and the payload of a reply.
pub(super) fn with_reply<T>(outcome: &Outcome, send: impl FnOnce(Status<'_>, Bytes) -> T) -> T {
    match outcome {
        Ok(value) => send(Status::Value, value.clone()),
        Err(Failure::App { remote, typed }) => {
            let (message, causes) = (remote.message(), remote.causes().collect());
            let (typed, payload) = match typed {
                Typed::InWords => (Own::None, Bytes::new()),
                Typed::Encoded(bytes) => (Own::Payload, bytes.clone()),
                Typed::Explained(bytes) => (Own::Explained, bytes.clone()),
                Typed::Lost(reason) => (Own::Lost { reason }, Bytes::new()),
            };
            let status = Status::App {
                message,
                causes,
                typed,
            };
            send(status, payload)
        }
        Err(Failure::Failed(failed)) => send(Status::Failed(failed.clone()), Bytes::new()),
        Err(Failure::Explained(value)) => send(Status::Explained, value.clone()),
    }
}

/// The outcome without the size of what was too large, which tests do not compute.
pub(super) fn without_size(outcome: Outcome) -> Outcome {
    match outcome {
        Err(Failure::Failed(Failed::TooLarge {
            limit, may_have_run, ..
        })) => Err(Failed::TooLarge {
            size: 0,
            limit,
            may_have_run,
        }
        .into()),
        other => other,
    }
}
