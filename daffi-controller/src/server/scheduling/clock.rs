//! What time it is, for schedules.

use std::time::{Instant as Measured, SystemTime};

use daffi_core::proto::Time;
use tokio::time::Instant;

use crate::schedule::Now;

/// What time it is: by tokio's clock, which a test may pause, and by the calendar, which then stands still with it.
#[derive(Debug)]
pub(super) struct Clock {
    began: Instant,
    measured: Measured,
    calendar: Time,
}

impl Clock {
    pub(super) fn new() -> Self {
        Self {
            began: Instant::now(),
            measured: Measured::now(),
            calendar: calendar(),
        }
    }

    pub(super) fn now(&self) -> Now {
        let (elapsed, measured) = (self.began.elapsed(), self.measured.elapsed());
        let calendar = calendar();
        Now {
            steady: self.calendar.plus(elapsed),
            // Where nobody pauses the clock, both have measured the same.
            wall: calendar
                .plus(elapsed.saturating_sub(measured))
                .minus(measured.saturating_sub(elapsed)),
        }
    }
}

fn calendar() -> Time {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    Time::default().plus(since.unwrap_or_default())
}
