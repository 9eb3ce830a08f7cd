//! The protocol, transports and node runtime of daffi.
//!
//! Users depend on the crate `daffi`, which re-exports what is public of this one. The modules, from the bottom up:
//! [`signature`] and [`proto`] say what travels, [`described`] reads it by the structure of who wrote it; [`link`] and [`session`] are pure state machines; with the
//! feature `runtime`, [`transport`] moves frames, [`registry`] describes callbacks, the node drives the session, and
//! [`Global`] and [`Call`] are what a program uses.

mod access;
pub mod described;
pub mod link;
#[doc(hidden)]
pub mod mixing;
pub mod parts;
pub mod proto;
pub mod session;
pub mod signature;

#[cfg(feature = "runtime")]
mod description;
mod error;
mod identity;
mod quota;
mod roster;
mod scheduled;

pub use access::{Access, Grants, Right, Role};
pub use described::Json;
pub use error::{CallError, CallErrorKind, Oversized, Refusal, RemoteError, Unmet};
pub use identity::{Identity, Proven};
pub use proto::{
    Absence, Balance, Exceeded, Lacking, Measure, QuotaOf, TimeLimit, Told, TooMuch, TraceContext,
};
pub use quota::{Quota, Quotas};
pub use roster::{CallbackInfo, LeaveReason, Presence, ProcessInfo};
pub use scheduled::{
    Missed, Overlap, ScheduledTaskDescription, ScheduledTaskInfo, Skipped, TaskId, TaskState, Tick,
    TickCounts, TickOutcome,
};
pub use session::Lagging;
pub use signature::Signature;

#[cfg(feature = "runtime")]
pub mod auth;
#[cfg(feature = "runtime")]
pub mod bytes;
#[cfg(feature = "runtime")]
mod call;
#[cfg(feature = "runtime")]
mod context;
#[cfg(feature = "runtime")]
mod global;
#[cfg(feature = "runtime")]
pub mod host;
#[cfg(feature = "logging")]
mod logging;
#[cfg(feature = "runtime")]
mod node;
#[cfg(feature = "runtime")]
mod panics;
#[cfg(feature = "runtime")]
pub mod private;
#[cfg(feature = "runtime")]
#[doc(hidden)]
pub mod random;
#[cfg(feature = "runtime")]
pub mod registry;
#[cfg(feature = "runtime")]
mod scope;
#[cfg(feature = "runtime")]
pub mod seldom;
#[cfg(feature = "runtime")]
#[cfg_attr(not(feature = "simulation"), path = "simulation/off.rs")]
#[doc(hidden)]
pub mod simulation;
#[cfg(feature = "runtime")]
mod threads;
#[cfg(feature = "runtime")]
pub mod transport;

#[cfg(feature = "logging")]
pub use logging::init_logging;
#[cfg(feature = "tls")]
pub use transport::Tls;
#[cfg(feature = "runtime")]
pub use {
    call::{
        AsyncResult, BlockingItems, BlockingStream, Broadcast, BroadcastHandover, BroadcastItems, Call,
        DurableCall, Handover, JsonBroadcast, JsonCall, Period, PeriodCall, Replies, RepliesIter, Reply,
        ReplyStream, ScheduledTask, Streaming, Ticks,
    },
    context::CallContext,
    description::{CallbackDescription, CallbackVersion, ProviderInfo},
    error::{ConfigFault, JsonError, RegisterError, StartError},
    futures_util::Stream,
    global::{Ended, Global, GlobalBuilder, PresenceEvents, Registration, ScheduledTasks, Stop, Wait},
    node::Disconnect,
    registry::CallbackFn,
    transport::{Address, CertificateFault, TlsConfigFault, TlsFault, TlsSide},
};
