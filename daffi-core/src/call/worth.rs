//! Whether it is worth making a call again, and when.

use std::time::Duration;

use crate::proto::{Exceeded, Failed};

/// Whether a call that ended so may do better the next time.
pub(super) const fn is_worth_retrying(failed: &Failed) -> bool {
    matches!(
        failed,
        Failed::NoProvider(_)
            | Failed::ProviderLost { .. }
            | Failed::Overloaded { .. }
            | Failed::Recursive
            | Failed::NoThread { .. }
            | Failed::OverQuota(_)
            | Failed::Unread { .. }
            | Failed::Disconnected { .. }
            | Failed::Cancelled { .. }
    )
}

/// How long it is known to be in vain.
pub(super) fn room_in(failed: &Failed) -> Duration {
    match failed {
        Failed::OverQuota(Exceeded {
            room_in: Some(time), ..
        }) => *time,
        _ => Duration::ZERO,
    }
}
