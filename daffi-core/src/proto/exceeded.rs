//! Which quota was exceeded: of what, whose, and for how long.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Something of which a process, or an identity, may have so much and no more.
///
/// ```
/// use daffi::{Measure, Quota};
///
/// let quota = Quota::new().calls(10).calls_per_second(100);
/// for measure in Measure::ALL {
///     if let Some(most) = quota.of(measure) {
///         println!("{measure}: {most}");   // calls: 10, and calls-per-second: 100
///     }
/// }
/// assert_eq!(Measure::CallsPerSecond.as_str(), "calls-per-second");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Measure {
    /// Connections of one identity at the same time.
    Connections,
    /// Calls that were made and have not ended. Each part of a broadcast is one.
    Calls,
    /// Of these, those that run with a stream as one of their arguments or as their result.
    Streams,
    /// Callbacks that are offered.
    Callbacks,
    /// Calls that are made in a second. Each part of a broadcast is one.
    CallsPerSecond,
    /// Bytes that are sent to the controller in a second.
    BytesPerSecond,
    /// Connections that come in a second, of one identity or from one address.
    ConnectionsPerSecond,
    /// Bytes of one frame that is sent to the controller.
    FrameBytes,
}

impl Measure {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Connections,
        Self::Calls,
        Self::Streams,
        Self::Callbacks,
        Self::CallsPerSecond,
        Self::BytesPerSecond,
        Self::ConnectionsPerSecond,
        Self::FrameBytes,
    ];

    /// As it is written in a configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connections => "connections",
            Self::Calls => "calls",
            Self::Streams => "streams",
            Self::Callbacks => "callbacks",
            Self::CallsPerSecond => "calls-per-second",
            Self::BytesPerSecond => "bytes-per-second",
            Self::ConnectionsPerSecond => "connections-per-second",
            Self::FrameBytes => "frame-bytes",
        }
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whose a quota is.
///
/// ```
/// use daffi::{Measure, QuotaOf};
///
/// let whose: Vec<_> = QuotaOf::ALL.iter().map(|of| of.as_str()).collect();
/// assert_eq!(whose, ["connection", "identity", "address"]);
/// assert!(QuotaOf::Identity.has(Measure::Connections));
/// assert!(!QuotaOf::Address.has(Measure::Calls));   // of an address it is known who comes, and nothing else
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum QuotaOf {
    /// That of one connection: of a process.
    Connection,
    /// That of an identity, over all its connections together.
    Identity,
    /// That of an address which processes come from.
    Address,
}

impl QuotaOf {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Connection, Self::Identity, Self::Address];

    /// Whether there is a quota of that for it: a connection is one, and of an address nothing is known but who comes.
    #[must_use]
    pub const fn has(self, measure: Measure) -> bool {
        let of_connections = matches!(measure, Measure::Connections | Measure::ConnectionsPerSecond);
        match self {
            Self::Connection => !of_connections,
            Self::Identity => true,
            Self::Address => matches!(measure, Measure::ConnectionsPerSecond),
        }
    }

    /// As it is written in a configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connection => "connection",
            Self::Identity => "identity",
            Self::Address => "address",
        }
    }
}

impl fmt::Display for QuotaOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A quota that has no room for something. Whoever runs the controller has set it.
///
/// A call that ends with [`CallError::Overloaded`](crate::CallError::Overloaded) for a quota has it in its `quota`:
///
/// ```
/// use std::time::Duration;
///
/// use daffi::{Exceeded, Measure, QuotaOf};
///
/// fn wait(exceeded: &Exceeded) -> Option<Duration> {
///     if exceeded.may_pass() { exceeded.room_in } else { None }
/// }
///
/// let room_in = Some(Duration::from_millis(200));
/// let exceeded = Exceeded::new(Measure::CallsPerSecond, QuotaOf::Identity, 100, room_in);
/// assert_eq!(wait(&exceeded), room_in);
/// assert!(exceeded.to_string().starts_with("100 calls per second"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Exceeded {
    /// Of what.
    pub measure: Measure,
    /// Whose.
    pub of: QuotaOf,
    /// How much it allows.
    pub limit: u64,
    /// How long until there is room, if nothing else takes it. It is known of what is counted by the second.
    pub room_in: Option<Duration>,
    /// What the call brings, where that is more than is ever let through.
    pub too_much: Option<TooMuch>,
}

/// A call that brings more bytes than a quota ever lets through.
///
/// ```
/// use daffi::{Exceeded, Measure, QuotaOf, TooMuch};
///
/// let exceeded = Exceeded::never(Measure::BytesPerSecond, QuotaOf::Connection, 1_000, (5_000, 1_000));
/// assert!(!exceeded.may_pass(), "waiting does not help");
/// assert!(matches!(exceeded.too_much, Some(TooMuch { brings: 5_000, most: 1_000, .. })));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TooMuch {
    /// How many it brings, with its name and metadata.
    pub brings: u64,
    /// How many one may bring.
    pub most: u64,
}

impl Exceeded {
    /// The quota `of` somebody for `measure`, which allows so much.
    #[must_use]
    pub const fn new(measure: Measure, of: QuotaOf, limit: u64, room_in: Option<Duration>) -> Self {
        Self {
            measure,
            of,
            limit,
            room_in,
            too_much: None,
        }
    }

    /// The same for a call that brings so much, where never more than so much may be brought.
    ///
    /// ```
    /// use daffi::{Exceeded, Measure, QuotaOf};
    ///
    /// let exceeded = Exceeded::never(Measure::BytesPerSecond, QuotaOf::Connection, 1_000, (5_000, 1_000));
    /// assert!(!exceeded.may_pass());
    /// ```
    #[must_use]
    pub const fn never(measure: Measure, of: QuotaOf, limit: u64, (brings, most): (u64, u64)) -> Self {
        let mut exceeded = Self::new(measure, of, limit, None);
        exceeded.too_much = Some(TooMuch { brings, most });
        exceeded
    }

    /// Whether there may be room for the same later.
    #[must_use]
    pub const fn may_pass(&self) -> bool {
        self.limit > 0 && self.too_much.is_none()
    }
}

impl fmt::Display for Exceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (limit, whose) = (
            self.limit,
            match self.of {
                QuotaOf::Connection => "the connection of this process",
                QuotaOf::Identity => "all processes of its identity together",
                QuotaOf::Address => "all processes of its address together",
            },
        );
        match self.measure {
            Measure::Connections => write!(f, "{limit} connections for {whose}")?,
            Measure::Calls => write!(f, "{limit} calls at the same time for {whose}")?,
            Measure::Streams => write!(f, "{limit} calls with streams at the same time for {whose}")?,
            Measure::Callbacks => write!(f, "{limit} callbacks for {whose}")?,
            Measure::CallsPerSecond => write!(f, "{limit} calls per second for {whose}")?,
            Measure::BytesPerSecond => write!(f, "{limit} bytes per second for {whose}")?,
            Measure::ConnectionsPerSecond => write!(f, "{limit} new connections per second for {whose}")?,
            Measure::FrameBytes => write!(f, "{limit} bytes in a frame for {whose}")?,
        }
        if let Some(TooMuch { brings, most }) = self.too_much {
            return write!(
                f,
                ", so that one call may bring {most}, and this one brings {brings}"
            );
        }
        match self.room_in {
            Some(time) => write!(f, ", and there is room again in {time:.1?}"),
            None => Ok(()),
        }
    }
}
