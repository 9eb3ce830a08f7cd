//! How coming back goes: when the next attempt is made, and why the last one failed.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::backoff::Backoff;

/// The first and the longest wait between two attempts to connect. The real wait is a random part of it.
pub(super) const BACKOFF: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(5));

/// The same where the controller has said why it ends a connection.
const REFUSED: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(60));

/// A connection that has lived so long had begun well.
const LONG: Duration = Duration::from_secs(60);

/// How coming back goes.
#[derive(Debug)]
pub(super) struct Attempts {
    /// Grows for as long as no connection comes so far that the callbacks are announced: a controller that lets in and
    /// then closes is asked no more often than one that is not there.
    pub(super) backoff: Backoff,
    /// Grows each time that the controller says why it ends a connection, unless that has lived long.
    refused: Backoff,
    last: Last,
}

/// Why the last attempt did not succeed, for a start that waits for one that does.
#[derive(Clone, Debug, Default)]
pub(super) struct Last(Arc<Mutex<Option<io::Error>>>);

impl Last {
    pub(super) fn take(&self) -> Option<io::Error> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Attempts {
    pub(super) fn new() -> Self {
        Self {
            backoff: Backoff::new(BACKOFF.0, BACKOFF.1),
            refused: Backoff::new(REFUSED.0, REFUSED.1),
            last: Last::default(),
        }
    }

    pub(super) fn last(&self) -> Last {
        self.last.clone()
    }

    pub(super) fn failed(&self, error: io::Error) {
        *self.last.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
    }

    /// How long nothing is tried after a connection that has lived so long, and that the controller has ended for a reason, if it has.
    pub(super) fn pause_after(&mut self, refused: bool, lived: Duration) -> Duration {
        if !refused {
            return Duration::ZERO;
        }
        if lived > LONG {
            self.refused.reset();
        }
        self.refused.pause()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_turned_out_again_and_again_comes_back_less_and_less_often() {
        let mut most = [Duration::ZERO; 7];
        for _ in 0..200 {
            let mut attempts = Attempts::new();
            for (most, bound) in most.iter_mut().zip([2, 4, 8, 16, 32, 60, 60]) {
                let pause = attempts.pause_after(true, Duration::from_secs(1));
                assert!(pause <= Duration::from_secs(bound), "{pause:?}");
                *most = (*most).max(pause);
                assert_eq!(attempts.pause_after(false, LONG * 2), Duration::ZERO);
            }
            assert!(attempts.pause_after(true, LONG * 2) <= REFUSED.0);
        }
        assert!(
            most[0] > Duration::from_secs(1) && most[6] > Duration::from_secs(30),
            "{most:?}"
        );
    }
}
