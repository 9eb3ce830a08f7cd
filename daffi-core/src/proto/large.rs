//! Frames whose payload is large, and comes in pieces.
//!
//! A [`Large`] frame is one of the others without its payload, and says how many bytes that has. They follow in
//! pieces, between which other frames have their turn.

use serde::{Deserialize, Serialize};

use super::{CallHeader, CallId, Party, RunHeader, Status, fields};

/// What payload a piece is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum PieceOf {
    /// The arguments of a call.
    Arguments,
    /// What a call ended with: 0, or to the caller of a broadcast, the place of the process on the roster.
    Result(u32),
}

/// A frame whose payload comes in pieces.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Large<'a> {
    /// As `Call`.
    #[serde(borrow)]
    Call(CallHeader<'a>),
    /// As `CallTo`.
    CallTo {
        /// The call.
        #[serde(borrow)]
        call: CallHeader<'a>,
        /// The names of the processes.
        #[serde(borrow, deserialize_with = "fields::receivers")]
        processes: Vec<&'a str>,
    },
    /// As `Run`.
    #[serde(borrow)]
    Run(RunHeader<'a>),
    /// As `Reply`.
    Reply {
        /// Which.
        call: CallId,
        /// How it ended.
        #[serde(borrow)]
        status: Status<'a>,
    },
    /// As `Part`.
    Part {
        /// Which call.
        call: CallId,
        /// The process, as its place on the roster.
        index: u32,
        /// How it ended there.
        #[serde(borrow)]
        status: Status<'a>,
    },
}

impl Large<'_> {
    /// What the frame belongs to, in the numbering of the link that it is sent on.
    #[must_use]
    pub const fn party(&self) -> Party {
        match self {
            Self::Call(CallHeader { call, .. })
            | Self::CallTo {
                call: CallHeader { call, .. },
                ..
            }
            | Self::Run(RunHeader { call, .. }) => Party::Caller(*call),
            Self::Reply { call, .. } | Self::Part { call, .. } => Party::Callback(*call),
        }
    }

    /// Whether it is a call that may go to several processes.
    #[must_use]
    pub const fn asks_many(&self) -> bool {
        match self {
            Self::Call(call) | Self::CallTo { call, .. } => call.mode.asks_many(),
            Self::Run(_) | Self::Reply { .. } | Self::Part { .. } => false,
        }
    }
}
