//! How often the ends of a connection say something, and after how much silence each takes the other for lost.

use core::time::Duration;

/// After how many silent intervals a peer counts as lost.
pub const MISSED_HEARTBEATS: u32 = 3;

/// The heartbeat interval unless configured otherwise.
pub const HEARTBEAT: Duration = Duration::from_secs(2);

/// For how long a session can be gone on with after its connection was lost, unless configured otherwise.
pub const RESUME_GRACE: Duration = Duration::from_secs(3);

/// A controller says so many things in the time for which a session waits for its node. Silence is noticed within four intervals, so a third of that time is
/// left for coming back.
const WITHIN_GRACE: u32 = 6;

/// But for the sake of sessions it says nothing more often than this.
const SHORTEST: Duration = Duration::from_millis(100);

/// What is granted to a node that asks for another interval than a controller has by itself: from a quarter of that to four times as much.
#[must_use]
pub fn granted(own: Duration, asked: Duration) -> Duration {
    const PART: u32 = 4;
    asked.clamp(own / PART, own.saturating_mul(PART))
}

/// How often each end of a connection says something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// How often the node does.
    pub node: Duration,
    /// How often its controller does.
    pub controller: Duration,
}

impl Pace {
    /// That of a connection with this heartbeat, and of a session that can go on within `grace`, if there is one.
    ///
    /// The grace counts from when the controller takes the connection for lost. It may be alone with that, as when something in between ends one side only,
    /// so the node must notice by itself, and come back, before it is over: by the silence of a controller that says something often enough. The controller needs not
    /// hear of the node as often, as one that misses it early loses nothing.
    #[must_use]
    pub fn new(heartbeat: Duration, grace: Option<Duration>) -> Self {
        let in_time = grace.map_or(Duration::MAX, |grace| (grace / WITHIN_GRACE).max(SHORTEST));
        Self {
            node: heartbeat,
            controller: heartbeat.min(in_time),
        }
    }

    /// For how long a controller hears nothing until it takes a node for lost.
    #[must_use]
    pub const fn patience(self) -> Duration {
        self.node.saturating_mul(MISSED_HEARTBEATS)
    }

    /// How much later than its node a controller takes a connection for lost on which neither hears anything.
    #[must_use]
    pub const fn later(self) -> Duration {
        let noticed = self.controller.saturating_mul(MISSED_HEARTBEATS);
        self.patience().saturating_sub(noticed)
    }
}
