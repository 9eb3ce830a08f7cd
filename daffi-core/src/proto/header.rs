//! The header of a frame: what a controller needs in order to route it.
//!
//! A type here that has `Serialize` is a promise to the other end of the wire. Variants are only ever added at the
//! end; `docs/protocol.md` and the golden bytes change with them.

use core::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    CallHeader, CallId, Challenge, Hello, Large, Party, PieceOf, Proof, Query, Refusal, Resuming, RunHeader,
    Status, StreamId, TaskId, Welcome, fields,
};

/// A frame's header. What the payload holds stands at each variant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Header<'a> {
    /// The first frame from a node. No payload; not numbered.
    Hello(Hello),
    /// The first frame from a controller that lets the node in. No payload; not numbered.
    Welcome(Welcome),
    /// The last frame from a controller that does not, or no longer. No payload; not numbered.
    Refused(Refusal),
    /// "I am here, and have received so many bytes of numbered frames." No payload; not numbered itself.
    Heartbeat {
        /// How many bytes, all numbered frames together with their lengths, the sender has received in this session.
        received: u64,
    },
    /// A call, from its caller to the controller. Payload: the argument tuple.
    #[serde(borrow)]
    Call(CallHeader<'a>),
    /// A call, from the controller to the provider. Payload: the argument tuple.
    #[serde(borrow)]
    Run(RunHeader<'a>),
    /// The end of a call, a query, an offer or a withdrawal. Payload: see [`Status`].
    Reply {
        /// Which.
        call: CallId,
        /// How it ended.
        #[serde(borrow)]
        status: Status<'a>,
    },
    /// The caller no longer wants the answer. The reply still comes, and is then ignored. No payload.
    Cancel {
        /// Which call.
        call: CallId,
    },
    /// Callbacks that the sender offers from now on. Payload: a list of [`Offered`](super::Offered).
    Offer {
        /// The reply's number.
        call: CallId,
        /// The process is complete: it joins the roster.
        ready: bool,
    },
    /// Callbacks that the sender no longer offers. Payload: a list of [`CallbackId`](super::CallbackId).
    Withdraw {
        /// The reply's number.
        call: CallId,
    },
    /// A question to the controller. No payload; the reply's payload is the answer.
    Query {
        /// The reply's number.
        call: CallId,
        /// The question.
        #[serde(borrow)]
        query: Query<'a>,
    },
    /// From a node: "give me no more calls, I am leaving". From a controller: "I am stopping". No payload.
    Goodbye,
    /// To the caller of a broadcast: who was asked. Payload: a list of process names, in the order of their numbers
    /// in [`Part`](Self::Part). Comes first, and once.
    Roster {
        /// Which call.
        call: CallId,
    },
    /// To the caller of a broadcast: how it ended at one process. Payload: as in [`Reply`](Self::Reply), which
    /// follows the last part.
    Part {
        /// Which call.
        call: CallId,
        /// The process, as its place on the roster.
        index: u32,
        /// How it ended there.
        #[serde(borrow)]
        status: Status<'a>,
    },
    /// To who asked for [`Query::Presence`]. Payload: a list of [`Change`](super::Change).
    Happened {
        /// The number of the question.
        call: CallId,
    },
    /// From the provider to the caller: the callback has returned a stream, whose items follow. It ends with the call. No
    /// payload.
    Opened {
        /// Which call.
        call: CallId,
        /// To the caller of a broadcast: the place of the process on the roster. Otherwise 0.
        index: u32,
    },
    /// Items of a stream. Payload: that many values, one after the other; or a part of one that goes on in the next
    /// frame of the stream, if there are none.
    Items {
        /// Which call.
        call: CallId,
        /// Which of its streams.
        stream: StreamId,
        /// How many.
        items: u32,
        /// Whether each says itself what it is.
        explained: bool,
    },
    /// From the caller: the end of an argument stream. No payload.
    Close {
        /// Which call.
        call: CallId,
        /// Which of its streams.
        stream: StreamId,
        /// Whether that was all, or why not.
        #[serde(borrow)]
        status: Status<'a>,
    },
    /// From the receiver of a stream to its sender: so much more may be sent. No payload.
    Credit {
        /// Which call.
        call: CallId,
        /// Which of its streams.
        stream: StreamId,
        /// How many more items.
        items: u32,
        /// How many more bytes of items. The last item may be over it.
        bytes: u32,
    },
    /// From the provider: it reads no more of an argument stream. No payload.
    Stop {
        /// Which call.
        call: CallId,
        /// Which of its streams.
        stream: StreamId,
    },
    /// As [`Run`](Self::Run), for [`Mode::Each`](super::Mode::Each). No payload.
    #[serde(borrow)]
    RunEach(RunHeader<'a>),
    /// As [`Call`](Self::Call), for a [`Mode`](super::Mode) that asks many, to those that are named here. Payload: the argument tuple.
    CallTo {
        /// The call. Its `to` and its `key` say nothing.
        #[serde(borrow)]
        call: CallHeader<'a>,
        /// The names of the processes: the caller's own may be one of them. A name given twice counts once.
        #[serde(borrow, deserialize_with = "fields::receivers")]
        processes: Vec<&'a str>,
    },
    /// From the provider of a call for each item of a stream ([`Mode::Each`](super::Mode::Each)): how far it has come. No payload.
    Done {
        /// Which call.
        call: CallId,
        /// For so many items the callback has returned without an error.
        items: u64,
    },
    /// As [`Cancel`](Self::Cancel), of one part of a broadcast, by its place on the roster. The part still comes. No payload.
    CancelPart {
        /// Which call.
        call: CallId,
        /// Which part.
        index: u32,
    },
    /// From a controller, to a node whose greeting has a [`Claim`](super::Claim): "prove it". No payload; not numbered.
    Challenge(Challenge),
    /// From a node, to a controller that has asked for it. No payload; not numbered.
    Proof(Proof),
    /// A frame whose payload, of so many bytes, follows in [`Piece`](Self::Piece)s. No payload of its own.
    Large {
        /// How many bytes.
        bytes: u64,
        /// The frame.
        #[serde(borrow)]
        frame: Large<'a>,
    },
    /// The next bytes of the payload of a [`Large`](Self::Large) frame.
    Piece {
        /// Which call.
        call: CallId,
        /// Of what.
        of: PieceOf,
    },
    /// From a controller, to a node whose greeting has a [`Resume`](super::Resume): "prove that the session is yours". No payload; not
    /// numbered.
    Resuming(Resuming),
    /// From a node, to a controller that has asked for it. No payload; not numbered.
    Resumes {
        /// That it knows the secret of the session.
        proof: [u8; 32],
    },
    /// From a node: it waits for nothing any more, and what it has sent is all. The session ends with the connection. No payload.
    Finished,
    /// From the provider: how a call has ended for its caller, while its callback has not stopped: its place is not free before the
    /// [`Reply`](Self::Reply), which still comes and tells the caller nothing. Payload: as in `Reply`.
    EarlyReply {
        /// Which.
        call: CallId,
        /// How it ended.
        #[serde(borrow)]
        status: Status<'a>,
    },
    /// A call that the controller is to make itself, again and again. Payload: [`Planned`](super::Planned), then the argument tuple. The reply's payload
    /// is a [`TaskId`].
    Schedule {
        /// The call. Its deadline is what each of those that are made may take.
        #[serde(borrow)]
        call: CallHeader<'a>,
        /// The schedule that is to be this one from now on.
        instead_of: Option<TaskId>,
    },
    /// To who asked for [`Query::Ticks`]. Payload: a list of [`Tick`](super::Tick).
    Ticked {
        /// The number of the question.
        call: CallId,
    },
    /// From a controller: "I stop as soon as nothing is under way any more, and in so much time at the latest; begin nothing new here". From a
    /// node: "I begin nothing new". No payload.
    Stopping {
        /// How much time there is, from when it is sent.
        within: Duration,
    },
    /// To a caller: its call waits for a provider with a free place, and nobody has run it yet. Nothing is said when that ends. No payload.
    Waits {
        /// Which.
        call: CallId,
    },
    /// To a caller: which versions of a callback there are, beside a call of it, where these are not those that it was told before. Payload: a
    /// list of [`Described`](super::Described).
    Versions {
        /// The remote name of the callback.
        #[serde(borrow, deserialize_with = "fields::name")]
        name: &'a str,
    },
}

impl Header<'_> {
    /// What the frame belongs to, in the numbering of the link that it is sent on.
    #[must_use]
    pub const fn party(&self) -> Option<Party> {
        match self {
            Self::Call(CallHeader { call, .. })
            | Self::CallTo {
                call: CallHeader { call, .. },
                ..
            }
            | Self::Schedule {
                call: CallHeader { call, .. },
                ..
            }
            | Self::Run(RunHeader { call, .. })
            | Self::RunEach(RunHeader { call, .. })
            | Self::Cancel { call }
            | Self::CancelPart { call, .. }
            | Self::Offer { call, .. }
            | Self::Withdraw { call }
            | Self::Query { call, .. }
            | Self::Close { call, .. }
            | Self::Items {
                call,
                stream: StreamId::Argument(_) | StreamId::ArgumentOf { .. },
                ..
            }
            | Self::Credit {
                call,
                stream: StreamId::Result(_),
                ..
            }
            | Self::Piece {
                call,
                of: PieceOf::Arguments,
            } => Some(Party::Caller(*call)),
            Self::Reply { call, .. }
            | Self::EarlyReply { call, .. }
            | Self::Roster { call }
            | Self::Part { call, .. }
            | Self::Happened { call }
            | Self::Ticked { call }
            | Self::Waits { call }
            | Self::Opened { call, .. }
            | Self::Done { call, .. }
            | Self::Items { call, .. }
            | Self::Credit { call, .. }
            | Self::Stop { call, .. }
            | Self::Piece { call, .. } => Some(Party::Callback(*call)),
            Self::Large { frame, .. } => Some(frame.party()),
            Self::Hello(_)
            | Self::Welcome(_)
            | Self::Refused(_)
            | Self::Challenge(_)
            | Self::Proof(_)
            | Self::Resuming(_)
            | Self::Resumes { .. }
            | Self::Heartbeat { .. }
            | Self::Goodbye
            | Self::Finished
            | Self::Stopping { .. }
            | Self::Versions { .. } => None,
        }
    }

    /// The first version of the protocol that has the frame. Greetings are in all, since they come before it is agreed.
    #[must_use]
    pub const fn since(&self) -> u16 {
        match self {
            _ if self.is_greeting() => 0,
            _ => 1,
        }
    }

    /// Whether the frame counts in the numbering of its link. Everything does but greetings and heartbeats.
    #[must_use]
    pub const fn is_numbered(&self) -> bool {
        !(self.is_greeting() || matches!(self, Self::Heartbeat { .. }))
    }

    /// Whether the frame belongs to the handshake.
    #[must_use]
    pub const fn is_greeting(&self) -> bool {
        matches!(
            self,
            Self::Hello(_)
                | Self::Welcome(_)
                | Self::Refused(_)
                | Self::Challenge(_)
                | Self::Proof(_)
                | Self::Resuming(_)
                | Self::Resumes { .. }
        )
    }
}

impl<'a> Header<'a> {
    /// The same frame of a stream, of another call, which may have another name for the stream. Any other frame stays as it is.
    #[must_use]
    pub fn of_call(mut self, other: CallId, named: impl FnOnce(StreamId) -> StreamId) -> Self {
        match &mut self {
            Self::Opened { call, .. } | Self::Done { call, .. } => *call = other,
            Self::Items { call, stream, .. }
            | Self::Close { call, stream, .. }
            | Self::Credit { call, stream, .. }
            | Self::Stop { call, stream } => (*call, *stream) = (other, named(*stream)),
            _ => {}
        }
        self
    }

    /// The frame without its payload, if it is one whose payload may come in pieces.
    #[must_use]
    pub fn large(&self) -> Option<Large<'a>> {
        Some(match self {
            Self::Call(call) => Large::Call(call.clone()),
            Self::CallTo { call, processes } => Large::CallTo {
                call: call.clone(),
                processes: processes.clone(),
            },
            Self::Run(run) => Large::Run(run.clone()),
            Self::Reply { call, status } => Large::Reply {
                call: *call,
                status: status.clone(),
            },
            Self::Part { call, index, status } => Large::Part {
                call: *call,
                index: *index,
                status: status.clone(),
            },
            _ => return None,
        })
    }
}

impl Large<'_> {
    /// The header of its pieces.
    #[must_use]
    pub const fn piece(&self) -> Header<'static> {
        let (call, of) = match self {
            Self::Call(CallHeader { call, .. })
            | Self::CallTo {
                call: CallHeader { call, .. },
                ..
            }
            | Self::Run(RunHeader { call, .. }) => (*call, PieceOf::Arguments),
            Self::Reply { call, .. } => (*call, PieceOf::Result(0)),
            Self::Part { call, index, .. } => (*call, PieceOf::Result(*index)),
        };
        Header::Piece { call, of }
    }
}
