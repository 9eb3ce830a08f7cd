//! What travels between a node and a controller: headers, handshake, failures, and their bytes.
//!
//! A frame is a length, a bincode-encoded [`Header`] and a payload of raw bytes. Only headers are ever decoded on
//! the way; a payload means something to the two processes at the ends of a call and to nobody between them.
//!
//! **Invariant:** nothing in here knows a socket, a clock, a task or a lock. The same types describe a frame on a
//! socket, in memory and in a test.

mod attributes;
mod balance;
mod call;
mod codec;
mod cron;
mod depth;
mod described;
mod each;
mod exceeded;
pub(crate) mod explained;
mod extensions;
mod failure;
mod fields;
mod flow;
mod frame;
mod handshake;
mod hash;
mod header;
mod held;
#[cfg(feature = "runtime")]
mod items;
mod lacking;
mod large;
mod limits;
mod mode;
pub(crate) mod numbers;
mod offered;
mod pieces;
mod plan;
mod proof;
mod query;
mod quick;
mod raw;
mod remote_error;
mod resume;
mod roster;
mod scratch;
mod sent;
mod shortened;
mod slots;
mod status;
mod task;
#[cfg(test)]
mod tests;
mod time;
mod unseen;
mod who;

pub use self::time::{Moment, Time};
pub use attributes::Attributes;
pub use balance::Balance;
pub use call::{Ancestor, CallHeader, CallId, CallbackId, Party, RunHeader, StreamId, TraceContext};
#[cfg(test)]
pub(crate) use codec::by_the_library;
pub use codec::{DecodeError, EncodeError, decode, decode_guarded, decode_next, encode, encode_into};
pub use cron::{CronFault, CronField, CronLine};
pub use described::Described;
pub use each::{Tally, decode_arguments};
pub use exceeded::{Exceeded, Measure, QuotaOf, TooMuch};
pub use extensions::Extensions;
pub use failure::{Absence, Failed, Failure, Outcome, TimeLimit, Typed};
pub(crate) use flow::OTHERWISE_BYTES;
pub use flow::{Batch, Budget, Credit, RunId, Taken, Waiting, Window};
pub use frame::{Frame, FrameError, Framing, LENGTH_BYTES, append};
pub use handshake::{Hello, MAGIC, OLDEST_VERSION, Refusal, VERSION, Welcome};
pub use hash::stable_hash;
pub use header::Header;
#[cfg(feature = "runtime")]
pub use items::{Items, encode_arguments, encode_item};
pub use lacking::{Lacking, Told};
pub use large::{Large, PieceOf};
pub use limits::Limits;
pub use mode::Mode;
pub use offered::Offered;
pub use pieces::{PieceError, Pieces, ToCome};
pub use plan::{Overlap, Plan, Planned, When};
pub use proof::{Challenge, Claim, Method, Nonce, Proof};
pub use query::Query;
pub use raw::{AsRawBytes, Raw, RawBytes};
pub use remote_error::RemoteError;
pub use resume::{Keeps, NotResumed, Resume, Resuming, Session, SessionId, SessionSecret};
pub use roster::{CallbackEntry, CallbackOffers, Change, OfferedBy, OfferedVersion, Parting, ProcessEntry};
pub use sent::{encode_held, encode_held_into};
pub use slots::Slots;
pub use status::{Own, Status};
pub use task::{
    Missed, Skipped, TaskChange, TaskDescription, TaskEntry, TaskId, TaskPage, TaskState, Tick, TickCounts,
    TickError, TickOutcome,
};
pub use unseen::{Heard, is_unseen};
pub use who::{USER_PREFIX, Who};
