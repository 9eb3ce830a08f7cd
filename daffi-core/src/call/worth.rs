//! Whether it is worth making a call again, and when.

use std::time::Duration;

use crate::proto::{Exceeded, Failed};

/// Whether a call that ended so may do better the next time.
pub(super) const fn is_worth_retrying(failed: &Failed) -> bool {
    if let Failed::OverQuota(exceeded) = failed {
        return exceeded.may_pass();
    }
    matches!(
        failed,
        Failed::NoProvider(_)
            | Failed::ProviderLost { .. }
            | Failed::Overloaded { .. }
            | Failed::Recursive
            | Failed::NoThread { .. }
            | Failed::Unread { .. }
            | Failed::Disconnected { .. }
            | Failed::Cancelled { .. }
    )
}

/// How long before it is made again: as long as that is known to be in vain, and a `pause` behind it. So those that are told to come at
/// the same moment do not.
pub(super) fn wait_before(failed: &Failed, pause: Duration) -> Duration {
    match failed {
        Failed::OverQuota(Exceeded {
            room_in: Some(time), ..
        }) => time.saturating_add(pause),
        _ => pause,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::{Measure, QuotaOf};

    #[test]
    fn who_is_over_a_quota_waits_until_there_is_room_and_then_a_little() {
        let check = |room_in, pause, expected| {
            let exceeded = Exceeded::new(Measure::CallsPerSecond, QuotaOf::Connection, 5, room_in);
            assert_eq!(wait_before(&Failed::OverQuota(exceeded), pause), expected);
        };
        let [little, second] = [3, 1000].map(Duration::from_millis);
        check(Some(second), little, second + little);
        check(Some(little), second, second + little);
        check(Some(Duration::MAX), second, Duration::MAX);
        check(None, little, little);
        assert_eq!(wait_before(&Failed::Recursive, little), little);
    }

    #[test]
    fn what_a_quota_never_lets_through_is_not_made_again() {
        let over = |measure, limit, room_in| Exceeded::new(measure, QuotaOf::Connection, limit, room_in);
        let worth = |exceeded| is_worth_retrying(&Failed::OverQuota(exceeded));
        assert!(worth(over(Measure::Calls, 1, None)));
        assert!(worth(over(
            Measure::BytesPerSecond,
            1,
            Some(Duration::from_secs(1))
        )));
        assert!(!worth(over(Measure::Calls, 0, None)));
        let never = Exceeded::never(Measure::BytesPerSecond, QuotaOf::Identity, 10, (700, 610));
        assert!(!worth(never));
    }
}
