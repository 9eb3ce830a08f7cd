//! A call as headers tell of it: its number, its streams, and what goes with it.

use core::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Mode, Who, fields};

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
///
/// ```
/// use daffi::TraceContext;
///
/// /// As the header `traceparent` has it.
/// fn traceparent(trace: &TraceContext) -> String {
///     let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
///     format!("00-{}-{}-{:02x}", hex(&trace.trace_id), hex(&trace.span_id), trace.flags)
/// }
///
/// let trace = TraceContext { trace_id: [7; 16], span_id: [1; 8], flags: 1 };
/// assert_eq!(traceparent(&trace), "00-07070707070707070707070707070707-0101010101010101-01");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceContext {
    /// The trace.
    pub trace_id: [u8; 16],
    /// The span that made the call.
    pub span_id: [u8; 8],
    /// The trace flags.
    pub flags: u8,
}

/// A call on its way to the controller.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallHeader<'a> {
    /// The caller's number of the call.
    pub call: CallId,
    /// The remote name of the callback.
    #[serde(borrow, deserialize_with = "fields::name")]
    pub name: &'a str,
    /// The number of the caller's signature; 0 matches any. Nothing, where it names versions.
    pub signature: u64,
    /// The process that shall run it; any other than the caller itself if there is none.
    #[serde(borrow, deserialize_with = "fields::optional_name")]
    pub to: Option<&'a str>,
    /// Attributes that the process has which runs it, each with its value: all of them, in ascending order, each once.
    #[serde(borrow, deserialize_with = "fields::having")]
    pub having: Vec<(&'a str, &'a str)>,
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
    /// Which [versions](super::Described::version) of the callback may run it, in ascending order, each once. Then the arguments have
    /// their structure in front of them, by which they are read, and so has what answers them. If there are none, the number of the
    /// signature decides, and what is sent has positions alone.
    #[serde(deserialize_with = "fields::versions")]
    pub versions: Vec<u64>,
}

impl<'a> CallHeader<'a> {
    /// A call of which nothing else is said: any provider may run it, whatever its signature, and its outcome is awaited.
    #[must_use]
    pub const fn new(call: CallId, name: &'a str) -> Self {
        Self {
            call,
            name,
            signature: 0,
            to: None,
            having: Vec::new(),
            deadline: None,
            trace: None,
            metadata: Vec::new(),
            key: None,
            mode: Mode::Answered,
            within: None,
            versions: Vec::new(),
        }
    }

    /// Whether the arguments have their structure in front of them.
    #[must_use]
    pub const fn is_described(&self) -> bool {
        !self.versions.is_empty()
    }
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
    /// The arguments have their structure in front of them, by which they are read, and so has what answers them.
    pub described: bool,
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
