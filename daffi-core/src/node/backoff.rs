//! Pauses between attempts.

use std::time::Duration;

use crate::random;

/// Exponential backoff with full jitter: a random part of a time that doubles.
#[derive(Debug)]
pub(crate) struct Backoff {
    first: Duration,
    next: Duration,
    longest: Duration,
}

impl Backoff {
    /// Pauses of up to `first`, then up to twice as long, and so on, and never longer than `longest`.
    pub(crate) const fn new(first: Duration, longest: Duration) -> Self {
        Self {
            first,
            next: first,
            longest,
        }
    }

    /// An attempt has succeeded: the next pause is a first one.
    pub(crate) const fn reset(&mut self) {
        self.next = self.first;
    }

    /// The next pause.
    pub(crate) fn pause(&mut self) -> Duration {
        let bound = self.next;
        self.next = (bound * 2).min(self.longest);
        bound.mul_f64(random::fraction())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_are_random_parts_of_a_time_that_doubles_up_to_a_bound() {
        let (first, longest) = (Duration::from_millis(10), Duration::from_millis(45));
        let mut most = [Duration::ZERO; 5];
        for _ in 0..200 {
            let mut backoff = Backoff::new(first, longest);
            for (most, bound) in most.iter_mut().zip([10, 20, 40, 45, 45]) {
                let pause = backoff.pause();
                assert!(pause <= Duration::from_millis(bound));
                *most = (*most).max(pause);
            }
            backoff.reset();
            assert!(backoff.pause() <= first);
        }
        assert!(most[0] > first / 2 && most[3] > longest / 2, "{most:?}");
    }
}
