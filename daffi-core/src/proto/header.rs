//! The header of a frame: what a controller needs in order to route it.
//!
//! A type here that has `Serialize` is a promise to the other end of the wire. Variants are only ever added at the
//! end; `docs/protocol.md` and the golden bytes change with them.

use core::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    Balance, Challenge, Described, Hello, Mode, Proof, Query, Refusal, Status, Welcome, Who, fields,
};

/// The number of a call between two neighbours: a node and its controller, or a controller and a provider.
///
/// Whoever sends the call chooses it. Every call gets exactly one reply on each of its two links, even when it was
/// cancelled; then its place is free for another, whose number has another generation. So a number is never ambiguous, and what
/// comes late is recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CallId {
    /// A place among the sender's calls that have not been answered.
    pub slot: u32,
    /// Tells the call from others that had the place before.
    pub generation: u32,
}

impl core::hash::Hash for CallId {
    fn hash<H: core::hash::Hasher>(&self, hasher: &mut H) {
        hasher.write_u64(u64::from(self.generation) << 32 | u64::from(self.slot));
    }
}

impl CallId {
    /// The first call at a place.
    #[must_use]
    pub const fn first(slot: u32) -> Self {
        Self { slot, generation: 0 }
    }
}

impl core::fmt::Display for CallId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{}.{}", self.slot, self.generation)
    }
}

/// The number that a node gave to one registration of a callback. It is not used again on the same connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CallbackId(pub u32);

/// A side of a call: the two sides number their calls apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Party {
    /// The side that called.
    Caller(CallId),
    /// The side that answers.
    Callback(CallId),
}

/// One of the streams of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum StreamId {
    /// From the callback to the caller: 0, or of a broadcast, the place of the process on the roster.
    Result(u32),
    /// From the caller to the callback: the number of the argument among those that are streams, counted from 0.
    Argument(u32),
    /// As [`Argument`](Self::Argument), to one process of a broadcast, between its caller and the controller.
    ArgumentOf {
        /// The place of the process on the roster.
        part: u32,
        /// The number of the argument among those that are streams, counted from 0.
        index: u32,
    },
}

/// The W3C trace context of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceContext {
    /// The trace.
    pub trace_id: [u8; 16],
    /// The span that made the call.
    pub span_id: [u8; 8],
    /// The trace flags.
    pub flags: u8,
}

/// A frame's header. What the payload holds stands at each variant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Header<'a> {
    /// The first frame from a node. No payload; not numbered.
    Hello(Hello),
    /// The first frame from a controller that lets the node in. No payload; not numbered.
    Welcome(Welcome),
    /// The first and last frame from a controller that does not. No payload; not numbered.
    Refused(Refusal),
    /// "I am here, and have received so many numbered frames." No payload; not numbered itself.
    Heartbeat {
        /// How many numbered frames the sender has received on this link.
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
    /// Callbacks that the sender offers from now on. Payload: a list of [`Offered`].
    Offer {
        /// The reply's number.
        call: CallId,
        /// The process is complete: it joins the roster.
        ready: bool,
    },
    /// Callbacks that the sender no longer offers. Payload: a list of [`CallbackId`].
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
    /// As [`Run`](Self::Run), for [`Mode::Each`]. No payload.
    #[serde(borrow)]
    RunEach(RunHeader<'a>),
    /// As [`Call`](Self::Call), for a [`Mode`] that asks many, to those that are named here. Payload: the argument tuple.
    CallTo {
        /// The call. Its `to` and its `key` say nothing.
        #[serde(borrow)]
        call: CallHeader<'a>,
        /// The names of the processes: the caller's own may be one of them. A name given twice counts once.
        #[serde(borrow, deserialize_with = "fields::receivers")]
        processes: Vec<&'a str>,
    },
    /// From the provider of a call for each item of a stream ([`Mode::Each`]): how far it has come. No payload.
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
            } => Some(Party::Caller(*call)),
            Self::Reply { call, .. }
            | Self::Roster { call }
            | Self::Part { call, .. }
            | Self::Happened { call }
            | Self::Opened { call, .. }
            | Self::Done { call, .. }
            | Self::Items { call, .. }
            | Self::Credit { call, .. }
            | Self::Stop { call, .. } => Some(Party::Callback(*call)),
            Self::Hello(_)
            | Self::Welcome(_)
            | Self::Refused(_)
            | Self::Challenge(_)
            | Self::Proof(_)
            | Self::Heartbeat { .. }
            | Self::Goodbye => None,
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
            Self::Hello(_) | Self::Welcome(_) | Self::Refused(_) | Self::Challenge(_) | Self::Proof(_)
        )
    }
}

/// A call on its way to the controller.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallHeader<'a> {
    /// The caller's number of the call.
    pub call: CallId,
    /// The remote name of the callback.
    #[serde(borrow, deserialize_with = "fields::name")]
    pub name: &'a str,
    /// The number of the caller's signature; 0 matches any.
    pub signature: u64,
    /// The process that shall run it; any other than the caller itself if there is none.
    #[serde(borrow, deserialize_with = "fields::optional_name")]
    pub to: Option<&'a str>,
    /// The time left until the deadline.
    pub deadline: Option<Duration>,
    /// The trace that the call belongs to.
    pub trace: Option<TraceContext>,
    /// Keys and values for the callback.
    #[serde(borrow, deserialize_with = "fields::metadata")]
    pub metadata: Vec<(&'a str, &'a str)>,
    /// Calls with the same number go to the same provider, as long as it is there and has room.
    pub key: Option<u64>,
    /// What becomes of the outcome.
    pub mode: Mode,
    /// The call that the caller answers and that waits for this one: the controller's number. None if no such call does.
    pub within: Option<CallId>,
}

/// A call on its way to the provider.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunHeader<'a> {
    /// The controller's number of the call.
    pub call: CallId,
    /// Which registration shall run.
    pub callback: CallbackId,
    /// The process that called.
    #[serde(borrow, deserialize_with = "fields::name")]
    pub caller: &'a str,
    /// Who that is, as the controller has it proven.
    #[serde(borrow, deserialize_with = "fields::who")]
    pub identity: Who<&'a str>,
    /// The time left until the deadline.
    pub deadline: Option<Duration>,
    /// The trace that the call belongs to.
    pub trace: Option<TraceContext>,
    /// Keys and values from the caller.
    #[serde(borrow, deserialize_with = "fields::metadata")]
    pub metadata: Vec<(&'a str, &'a str)>,
    /// The calls that wait for this one, the nearest first, up to the farthest that the receiver itself answers: none if it
    /// answers none of them.
    #[serde(borrow, deserialize_with = "fields::ancestors")]
    pub ancestors: Vec<Ancestor<'a>>,
}

/// A call that waits for another, which is made while it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Ancestor<'a> {
    /// It is answered by the receiver of this: the controller's number.
    Here(CallId),
    /// It is answered by this process. Only some of them are told.
    At(#[serde(borrow, deserialize_with = "fields::name")] &'a str),
}

/// A callback as its provider announces it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offered {
    /// The provider's number for it.
    pub callback: CallbackId,
    /// Its remote name.
    pub name: String,
    /// Its doc comment.
    pub docs: String,
    /// What it takes and gives.
    pub signature: Described,
    /// How many calls the provider runs at the same time; no limit if there is none.
    pub concurrency: Option<u32>,
    /// How many more calls may wait at the controller until one of these has ended.
    pub queue: u32,
    /// How its calls are shared with other providers, which must say the same.
    pub balance: Balance,
}
