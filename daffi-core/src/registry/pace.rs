//! How long a callback keeps the thread that begins it.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::time::Duration;

/// Others may wait for one that takes no longer.
const QUICK: Duration = Duration::from_micros(200);

/// One that takes longer holds up its process: more than a thread has to wait for the processor now and then.
pub(crate) const SLOW: Duration = Duration::from_millis(20);

/// Reading so many bytes of arguments may take a millisecond more than that: a large call is not overtaken by what came after it.
const READ_IN_A_MILLISECOND: usize = 16 << 10;

/// How long others of its caller wait for one to begin that has so many bytes of arguments to read first.
pub(crate) fn patience(arguments: usize) -> Duration {
    SLOW + Duration::from_millis((arguments / READ_IN_A_MILLISECOND) as u64)
}

/// One that was slow is taken to be as any other when it was quick so many times in a row: the machine may have been at
/// fault, and beginning elsewhere costs something.
const IN_A_ROW: u8 = 16;

const NEW: u8 = 0;
const UNKNOWN: u8 = 1;
const IS_QUICK: u8 = 2;
/// And so many more if it has to be quick as many times before it is unknown.
const IS_SLOW: u8 = 3;

/// What is known of it.
#[derive(Debug, Default)]
pub struct Pace {
    state: AtomicU8,
    /// That it is slow was said.
    told: AtomicBool,
}

impl Pace {
    /// Whether it begins where it holds up nobody: until it has shown to be quick, and when it has held up its process.
    pub(crate) fn begins_aside(&self) -> bool {
        self.is_new() || self.is_slow()
    }

    /// It has not run yet.
    pub(crate) fn is_new(&self) -> bool {
        self.state.load(Ordering::Relaxed) == NEW
    }

    /// The last time it was quick.
    pub(crate) fn is_quick(&self) -> bool {
        self.state.load(Ordering::Relaxed) == IS_QUICK
    }

    /// It has held up its process not long ago.
    pub(crate) fn is_slow(&self) -> bool {
        self.state.load(Ordering::Relaxed) >= IS_SLOW
    }

    /// It takes long, and is still at it.
    pub(crate) fn is_late(&self) {
        self.state.store(IS_SLOW + IN_A_ROW - 1, Ordering::Relaxed);
    }

    /// It took so long. `true` if it is found out now that it is slow, the first time.
    pub(crate) fn took(&self, time: Duration) -> bool {
        let known = self.state.load(Ordering::Relaxed);
        let found = match (known, time) {
            (_, time) if time >= SLOW => IS_SLOW + IN_A_ROW - 1,
            (IS_SLOW, time) if time < QUICK => UNKNOWN,
            (slow, time) if slow > IS_SLOW && time < QUICK => slow - 1,
            (slow, _) if slow >= IS_SLOW => IS_SLOW + IN_A_ROW - 1,
            (_, time) if time < QUICK => IS_QUICK,
            _ => UNKNOWN,
        };
        // Most are what they were.
        if found != known {
            self.state.store(found, Ordering::Relaxed);
        }
        time >= SLOW && !self.told.swap(true, Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_has_much_to_read_may_begin_later() {
        assert_eq!(patience(0), SLOW);
        assert_eq!(patience(117), SLOW);
        assert_eq!(patience(16 << 20), SLOW + Duration::from_millis(1024));
    }

    #[test]
    fn one_that_is_slow_is_said_to_be_once_and_stays_so_for_a_while() {
        let pace = Pace::default();
        let state = |pace: &Pace| (pace.is_quick(), pace.is_slow());
        assert_eq!(state(&pace), (false, false), "nothing is known");
        assert!(pace.is_new());
        for (time, quick) in [(Duration::ZERO, true), (QUICK, false), (Duration::ZERO, true)] {
            assert!(!pace.took(time));
            assert_eq!(state(&pace), (quick, false));
            assert!(!pace.is_new());
        }
        assert!(pace.took(SLOW));
        for again in [QUICK, SLOW] {
            assert!(!pace.took(again), "it was said");
            for _ in 1..IN_A_ROW {
                assert_eq!(state(&pace), (false, true));
                pace.took(Duration::ZERO);
            }
        }
        assert_eq!(state(&pace), (false, true));
        pace.took(Duration::ZERO);
        assert_eq!(state(&pace), (false, false));
        assert!(!pace.took(SLOW), "it was said");
        assert!(pace.is_slow());
        let late = Pace::default();
        late.is_late();
        assert!(late.is_slow() && late.took(SLOW), "how long is not known before");
    }
}
