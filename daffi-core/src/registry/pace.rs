//! How long a callback keeps the thread that begins it.

use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

/// Others may wait for one that takes no longer.
const QUICK: Duration = Duration::from_micros(200);

/// One that takes longer holds up its process: more than a thread has to wait for the processor now and then.
const SLOW: Duration = Duration::from_millis(20);

const UNKNOWN: u8 = 0;
const IS_QUICK: u8 = 1;
const IS_SLOW: u8 = 2;

/// What is known of it.
#[derive(Debug, Default)]
pub struct Pace(AtomicU8);

impl Pace {
    /// The last time it was quick, and never slow.
    pub(crate) fn is_quick(&self) -> bool {
        self.0.load(Ordering::Relaxed) == IS_QUICK
    }

    /// It has held up its process before.
    pub(crate) fn is_slow(&self) -> bool {
        self.0.load(Ordering::Relaxed) == IS_SLOW
    }

    /// It took so long. `true` if it is found out now that it is slow.
    pub(crate) fn took(&self, time: Duration) -> bool {
        let found = match time {
            time if time >= SLOW => IS_SLOW,
            time if time < QUICK => IS_QUICK,
            _ => UNKNOWN,
        };
        let known = self.0.load(Ordering::Relaxed);
        if known == found || known == IS_SLOW {
            return false;
        }
        self.0.store(found, Ordering::Relaxed);
        found == IS_SLOW
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_was_slow_is_said_to_be_once_and_stays_so() {
        let pace = Pace::default();
        assert!(!pace.is_quick() && !pace.is_slow(), "nothing is known");
        for (time, quick) in [(Duration::ZERO, true), (QUICK, false), (Duration::ZERO, true)] {
            assert!(!pace.took(time));
            assert_eq!((pace.is_quick(), pace.is_slow()), (quick, false));
        }
        assert!(pace.took(SLOW));
        for time in [SLOW, Duration::ZERO] {
            assert!(!pace.took(time));
            assert_eq!((pace.is_quick(), pace.is_slow()), (false, true));
        }
    }
}
