//! What time it is, for schedules.

#[cfg(test)]
use std::time::Duration;
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
    /// How far a test has set the calendar, forwards or back.
    #[cfg(test)]
    set: std::sync::Mutex<(Duration, Duration)>,
}

impl Clock {
    pub(super) fn new() -> Self {
        Self {
            began: Instant::now(),
            measured: Measured::now(),
            calendar: calendar(),
            #[cfg(test)]
            set: std::sync::Mutex::default(),
        }
    }

    #[cfg(not(test))]
    fn calendar(&self) -> Time {
        calendar()
    }

    pub(super) fn now(&self) -> Now {
        let (elapsed, measured) = (self.began.elapsed(), self.measured.elapsed());
        let calendar = self.calendar();
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

#[cfg(test)]
impl Clock {
    fn set_forward(&self, by: Duration) {
        self.set.lock().expect("nobody panics with it").0 += by;
    }

    fn set_back(&self, by: Duration) {
        self.set.lock().expect("nobody panics with it").1 += by;
    }

    fn calendar(&self) -> Time {
        let (forward, back) = *self.set.lock().expect("nobody panics with it");
        calendar().plus(forward).minus(back)
    }
}

#[cfg(test)]
mod tests;
