//! What time it is, in two ways.

use daffi_core::proto::Time;

/// What time it is. The two were the same when the controller began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// By a clock that nobody sets.
    pub steady: Time,
    /// By the calendar.
    pub wall: Time,
}

/// By which clock a schedule goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Basis {
    Steady,
    Wall,
}

impl Now {
    /// The time by one of the clocks.
    pub(super) const fn by(self, basis: Basis) -> Time {
        match basis {
            Basis::Steady => self.steady,
            Basis::Wall => self.wall,
        }
    }

    /// A time of the calendar by one of the clocks, as they stand to each other now.
    pub(super) const fn of_wall(self, time: Time, basis: Basis) -> Time {
        match basis {
            Basis::Steady => shifted(time, self.wall, self.steady),
            Basis::Wall => time,
        }
    }

    /// A time by one of the clocks by the calendar.
    pub(super) const fn to_wall(self, time: Time, basis: Basis) -> Time {
        match basis {
            Basis::Steady => shifted(time, self.steady, self.wall),
            Basis::Wall => time,
        }
    }
}

/// A time moved as far as `to` is from `from`.
const fn shifted(time: Time, from: Time, to: Time) -> Time {
    if to.0 >= from.0 {
        Time(time.0.saturating_add(to.0 - from.0))
    } else {
        Time(time.0.saturating_sub(from.0 - to.0))
    }
}
