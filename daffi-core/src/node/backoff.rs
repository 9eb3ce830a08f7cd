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

    /// The same, when there were so many pauses before.
    pub(crate) fn after(mut self, pauses: u32) -> Self {
        let doubled = self.first.saturating_mul(2_u32.saturating_pow(pauses));
        self.next = doubled.min(self.longest);
        self
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
            for (before, most) in (0..).zip([10, 20, 40, 45, 45]) {
                let mut backoff = Backoff::new(first, longest).after(before);
                assert!(backoff.pause() <= Duration::from_millis(most));
                assert_eq!(backoff.next, longest.min(first * 2_u32.pow(before + 1)));
            }
            assert!(Backoff::new(first, longest).after(u32::MAX).pause() <= longest);
        }
        assert!(most[0] > first / 2 && most[3] > longest / 2, "{most:?}");
    }
}
