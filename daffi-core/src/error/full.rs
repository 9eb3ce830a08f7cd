//! Why there is no room for a call.

use crate::proto::Exceeded;

/// What there is too much of.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(
    not(feature = "runtime"),
    allow(dead_code, reason = "without it nothing fails but in tests")
)]
pub(super) enum Full {
    /// Everybody who could answer is at its limit.
    Places,
    /// And the call would wait for itself.
    Recursive,
    /// Threads that callbacks may block: so many there are.
    Threads(u32),
    /// What a quota allows.
    Quota(Exceeded),
    /// What streams hold that nobody has read: so many bytes are allowed.
    Unread(u64),
}
