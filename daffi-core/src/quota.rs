//! How much processes may have and do at a controller, as whoever runs one says it.
//!
//! Nothing but what was said: daffi-controller counts, and decides by it.

use crate::proto::{Measure, QuotaOf};

/// How much of each thing one may have. What is not said has no quota.
///
/// ```
/// use daffi::{Measure, Quota};
///
/// let quota = Quota::new()
///     .connections(4)
///     .connections_per_second(2)
///     .calls(1_000)                   // at the same time
///     .calls_per_second(5_000)
///     .bytes_per_second(50_000_000)
///     .frame_bytes(1 << 20)           // arguments, a result, or an item
///     .streams(100)
///     .callbacks(50);
/// assert_eq!(quota.said(Measure::Streams), Some(100));
///
/// // What is not said has no bound, nor has what is said to have none.
/// assert_eq!(Quota::new().said(Measure::Calls), None);
/// let free = Quota::new().with(Measure::Calls, Quota::UNLIMITED);
/// assert_eq!(free.of(Measure::Calls), None);
/// assert!(quota.is_any() && !free.is_any());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quota([Option<u64>; Measure::ALL.len()]);

impl Quota {
    /// As much as that is without a bound. In a [`Role`](crate::Role) it takes away a bound that is said for all.
    pub const UNLIMITED: u64 = u64::MAX;

    /// The least that a bound of [`frame_bytes`](Self::frame_bytes) can be; a lower one counts as this.
    pub const LEAST_FRAME_BYTES: u64 = 64 * 1024;

    /// Nothing is said.
    #[must_use]
    pub const fn new() -> Self {
        Self([None; Measure::ALL.len()])
    }

    /// So many connections at the same time. It counts for an [identity](Quotas::identity) alone.
    #[must_use]
    pub const fn connections(self, most: u64) -> Self {
        self.with(Measure::Connections, most)
    }

    /// So many calls at the same time that have been made and have not ended, those that wait for a provider included. Each part of a
    /// broadcast is one, and so is what was handed over (`send()`) until its callback has ended.
    #[must_use]
    pub const fn calls(self, most: u64) -> Self {
        self.with(Measure::Calls, most)
    }

    /// So many calls at the same time that run with a stream as one of their arguments or as their result.
    #[must_use]
    pub const fn streams(self, most: u64) -> Self {
        self.with(Measure::Streams, most)
    }

    /// So many callbacks that are offered.
    #[must_use]
    pub const fn callbacks(self, most: u64) -> Self {
        self.with(Measure::Callbacks, most)
    }

    /// So many calls in a second, of which those of one second may be made at once. Each part of a broadcast is one. So is each offer and each question
    /// to the controller (who is there, and the like); these are not refused, but read later if need be.
    #[must_use]
    pub const fn calls_per_second(self, most: u64) -> Self {
        self.with(Measure::CallsPerSecond, most)
    }

    /// So many bytes in a second that are sent to the controller, of which those of one second may be sent at once: arguments and their
    /// items, metadata, and 32 bytes for each frame; and as many again that calls bring back. A call for which there is no room is
    /// refused; what cannot be refused is read later.
    #[must_use]
    pub const fn bytes_per_second(self, most: u64) -> Self {
        self.with(Measure::BytesPerSecond, most)
    }

    /// So many new connections in a second, of which those of one second may come at once. It counts for an [identity](Quotas::identity), which
    /// has proven who it is, or for an [address](Quotas::address), where that is looked at before anything else. Whoever comes more often is
    /// refused, and its node comes again when there is room.
    #[must_use]
    pub const fn connections_per_second(self, most: u64) -> Self {
        self.with(Measure::ConnectionsPerSecond, most)
    }

    /// So many bytes in what is sent at once: the arguments of a call, a result, an item of a stream; at least [64 KiB](Self::LEAST_FRAME_BYTES), and no
    /// more than the controller lets through (its `max_frame`). It holds for connections that are made from then on. What is larger ends with
    /// [`CallError::TooLarge`](crate::CallError::TooLarge) where it is sent, and a process that sends it nevertheless is cut off.
    #[must_use]
    pub const fn frame_bytes(self, most: u64) -> Self {
        self.with(Measure::FrameBytes, most)
    }

    /// So much of something.
    #[must_use]
    pub const fn with(mut self, measure: Measure, most: u64) -> Self {
        self.0[measure as usize] = Some(most);
        self
    }

    /// How much of something, if that is said.
    #[must_use]
    pub const fn said(&self, measure: Measure) -> Option<u64> {
        self.0[measure as usize]
    }

    /// How much of something, unless it is without a bound.
    #[must_use]
    pub const fn of(&self, measure: Measure) -> Option<u64> {
        match self.said(measure) {
            Some(Self::UNLIMITED) => None,
            said => said,
        }
    }

    /// Whether there is a bound at all.
    #[must_use]
    pub fn is_any(&self) -> bool {
        Measure::ALL.iter().any(|measure| self.of(*measure).is_some())
    }
}

/// How much each connection, each identity, and each address may have at a controller.
///
/// An identity has its quota once, however many processes of it there are. Who has proven nothing has the quota of its connection alone,
/// and so has nobody more than that who runs the controller: it has none.
///
/// ```
/// use daffi::{Measure, Quota, QuotaOf, Quotas};
///
/// let quotas = Quotas::new()
///     .connection(Quota::new().calls(1_000).bytes_per_second(50_000_000))
///     .identity(Quota::new().connections(16).calls_per_second(10_000))
///     .address(Quota::new().connections_per_second(20));
/// assert!(quotas.is_any());
/// assert_eq!(quotas.of(QuotaOf::Identity).of(Measure::Connections), Some(16));
///
/// // A connection is one, so that this would count nothing; a controller refuses it.
/// let wrong = Quotas::new().connection(Quota::new().connections(16));
/// let found: Vec<_> = wrong.meaningless().collect();
/// assert_eq!(found, [(QuotaOf::Connection, Measure::Connections)]);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quotas {
    connection: Quota,
    identity: Quota,
    address: Quota,
}

impl Quotas {
    /// Nothing is said.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            connection: Quota::new(),
            identity: Quota::new(),
            address: Quota::new(),
        }
    }

    /// What each connection may have: each process.
    #[must_use]
    pub const fn connection(mut self, quota: Quota) -> Self {
        self.connection = quota;
        self
    }

    /// What each identity may have, over all its connections together.
    #[must_use]
    pub const fn identity(mut self, quota: Quota) -> Self {
        self.identity = quota;
        self
    }

    /// How many [connections](Quota::connections_per_second) may come in a second from each address, whoever that is; of IPv6, from each
    /// 64 bits that addresses begin with. Nothing else is counted for an address, and nothing where processes come through a Unix socket.
    #[must_use]
    pub const fn address(mut self, quota: Quota) -> Self {
        self.address = quota;
        self
    }

    /// What is said of connections, of identities, or of addresses.
    #[must_use]
    pub const fn of(&self, whose: QuotaOf) -> &Quota {
        match whose {
            QuotaOf::Connection => &self.connection,
            QuotaOf::Identity => &self.identity,
            QuotaOf::Address => &self.address,
        }
    }

    /// What is said and means nothing, as there is nothing of that kind to count.
    pub fn meaningless(&self) -> impl Iterator<Item = (QuotaOf, Measure)> {
        let all = QuotaOf::ALL
            .into_iter()
            .flat_map(|of| Measure::ALL.map(|measure| (of, measure)));
        all.filter(|(of, measure)| !of.has(*measure) && self.of(*of).said(*measure).is_some())
    }

    /// Whether there is a bound at all.
    #[must_use]
    pub fn is_any(&self) -> bool {
        self.connection.is_any() || self.identity.is_any() || self.address.is_any()
    }
}
