//! A bucket of tokens: how much of something may be done in a second.

use std::time::Duration;

use daffi_core::proto::Moment;

/// How many parts of a token there are: so many nanoseconds has a second. What flows in is a whole number of parts then, and
/// nothing is lost, however often it is looked.
const PARTS: i128 = 1_000_000_000;

/// It holds what flows into it in a second, and may owe any number of tokens.
///
/// ```
/// # use std::time::Duration;
/// # use daffi_controller::access::Bucket;
/// # use daffi_core::proto::Moment;
/// let start = Moment::default();
/// let mut bucket = Bucket::full(10, start);
/// assert_eq!(bucket.take(10, start), Ok(()));
/// assert_eq!(bucket.take(1, start), Err(Some(Duration::from_millis(100))));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// How many tokens flow in by the second.
    rate: u64,
    /// How many it holds.
    most: u64,
    /// What there is, in parts; below zero, what is owed.
    parts: i128,
    /// When that was so.
    at: Moment,
}

impl Bucket {
    /// A full one, which holds as many tokens as flow in by the second.
    #[must_use]
    pub fn full(rate: u64, now: Moment) -> Self {
        Self::holding(rate, rate, now)
    }

    /// A full one, which holds so many.
    #[must_use]
    pub fn holding(rate: u64, most: u64, now: Moment) -> Self {
        Self {
            rate,
            most,
            parts: i128::from(most) * PARTS,
            at: now,
        }
    }

    /// How many tokens flow in by the second.
    #[must_use]
    pub const fn rate(&self) -> u64 {
        self.rate
    }

    /// From now on so many flow in by the second, and as many are held. What is owed stays owed.
    pub fn change(&mut self, rate: u64, now: Moment) {
        self.fill(now);
        (self.rate, self.most) = (rate, rate);
        self.parts = self.parts.min(i128::from(rate) * PARTS);
    }

    /// Takes so many, if they are there, or if it is full: what is larger than the whole of it goes on credit.
    ///
    /// # Errors
    ///
    /// When they are not; in how long they would be, unless that is never.
    pub fn take(&mut self, tokens: u64, now: Moment) -> Result<(), Option<Duration>> {
        self.check(tokens, now)?;
        self.parts = self.parts.saturating_sub(i128::from(tokens) * PARTS);
        Ok(())
    }

    /// Whether it would be possible to [take](Self::take) so many.
    ///
    /// # Errors
    ///
    /// When it would not.
    pub fn check(&mut self, tokens: u64, now: Moment) -> Result<(), Option<Duration>> {
        self.fill(now);
        let needed = i128::from(tokens.min(self.most)) * PARTS;
        if self.parts >= needed && self.most > 0 {
            return Ok(());
        }
        Err(self.time_for(needed - self.parts))
    }

    /// Takes so many, if need be on credit. One into which nothing flows, so that it would be owed for ever, gives no credit.
    pub fn charge(&mut self, tokens: u64, now: Moment) {
        if self.rate == 0 {
            return;
        }
        self.fill(now);
        self.parts = self.parts.saturating_sub(i128::from(tokens) * PARTS);
    }

    /// How long until nothing is owed any more, if something is.
    pub fn owes(&mut self, now: Moment) -> Option<Duration> {
        self.fill(now);
        if self.parts >= 0 {
            return None;
        }
        self.time_for(self.parts.saturating_neg())
    }

    /// Whether there is as much in it as there can be.
    pub fn is_full(&mut self, now: Moment) -> bool {
        self.fill(now);
        self.parts >= i128::from(self.most) * PARTS
    }

    fn fill(&mut self, now: Moment) {
        // Whoever hands in an earlier time than before has it as late as that.
        if now <= self.at {
            return;
        }
        let nanoseconds = i128::try_from(now.since(self.at).as_nanos()).unwrap_or(i128::MAX);
        self.at = now;
        let more = nanoseconds.saturating_mul(i128::from(self.rate));
        self.parts = self.parts.saturating_add(more).min(i128::from(self.most) * PARTS);
    }

    /// How long until so many parts have flown in: no shorter than that, so that whoever comes then finds them.
    fn time_for(&self, parts: i128) -> Option<Duration> {
        let rate = u128::from(self.rate);
        let nanoseconds = parts.unsigned_abs().checked_add(rate.checked_sub(1)?)? / rate;
        Some(Duration::from_nanos(
            u64::try_from(nanoseconds).unwrap_or(u64::MAX),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(nanoseconds: u64) -> Moment {
        Moment::new(Duration::from_nanos(nanoseconds))
    }

    const SECOND: u64 = 1_000_000_000;

    #[test]
    fn a_second_is_held_and_as_much_flows_in_by_the_second() {
        let mut bucket = Bucket::full(3, at(0));
        for _ in 0..3 {
            assert_eq!(bucket.take(1, at(0)), Ok(()));
        }
        // A third of a second is no whole number of nanoseconds.
        assert_eq!(
            bucket.take(1, at(0)),
            Err(Some(Duration::from_nanos(333_333_334)))
        );
        assert_eq!(
            bucket.take(1, at(333_333_333)),
            Err(Some(Duration::from_nanos(1)))
        );
        assert_eq!(bucket.take(1, at(333_333_334)), Ok(()));
        assert!(bucket.is_full(at(100 * SECOND)));
        assert_eq!(
            (0..10)
                .filter(|_| bucket.take(1, at(100 * SECOND)).is_ok())
                .count(),
            3
        );
    }

    #[test]
    fn nothing_is_lost_however_often_it_is_looked() {
        let mut bucket = Bucket::full(7, at(0));
        let mut taken = 0;
        // A number of nanoseconds in which less than a token flows in, and never a whole number of them.
        for step in 0..1_000_000_u64 {
            taken += u64::from(bucket.take(1, at(step * 1_000_003)).is_ok());
        }
        let last = 999_999 * 1_000_003;
        assert_eq!(taken, 7 + last * 7 / SECOND);
    }

    #[test]
    fn what_is_owed_is_paid_before_anything_is_taken() {
        let mut bucket = Bucket::full(10, at(0));
        bucket.charge(25, at(0));
        assert_eq!(bucket.owes(at(0)), Some(Duration::from_millis(1500)));
        assert_eq!(bucket.take(1, at(0)), Err(Some(Duration::from_millis(1600))));
        assert_eq!(bucket.owes(at(3 * SECOND / 2)), None);
        assert_eq!(bucket.take(1, at(16 * SECOND / 10)), Ok(()));
    }

    #[test]
    fn what_is_larger_than_all_of_it_takes_a_full_one() {
        let mut bucket = Bucket::full(10, at(0));
        assert_eq!(bucket.take(1, at(0)), Ok(()));
        assert_eq!(bucket.take(1000, at(0)), Err(Some(Duration::from_millis(100))));
        assert_eq!(bucket.take(1000, at(SECOND / 10)), Ok(()));
        assert_eq!(bucket.owes(at(SECOND / 10)), Some(Duration::from_secs(99)));
    }

    #[test]
    fn into_one_of_none_nothing_ever_flows_and_it_gives_no_credit() {
        let mut bucket = Bucket::full(0, at(0));
        assert_eq!(bucket.take(0, at(SECOND)), Err(None));
        assert_eq!(bucket.take(1, at(SECOND)), Err(None));
        bucket.charge(10, at(SECOND));
        assert_eq!(bucket.owes(at(SECOND)), None);
    }

    #[test]
    fn nothing_overflows_and_time_never_runs_back() {
        let mut bucket = Bucket::full(u64::MAX, at(0));
        for _ in 0..3 {
            bucket.charge(u64::MAX, at(u64::MAX));
        }
        assert!(bucket.owes(at(u64::MAX)).is_some());
        let end = Moment::new(Duration::MAX);
        assert_eq!(bucket.take(u64::MAX, end), Ok(()));
        let mut slow = Bucket::full(1, at(0));
        (0..5).for_each(|_| slow.charge(u64::MAX, at(0)));
        assert!(slow.owes(at(0)) > Some(Duration::from_secs(SECOND)));
        let mut bucket = Bucket::full(1, at(SECOND));
        assert_eq!(bucket.take(1, at(SECOND)), Ok(()));
        assert_eq!(bucket.take(1, at(0)), Err(Some(Duration::from_secs(1))));
        assert_eq!(bucket.take(1, at(2 * SECOND)), Ok(()));
    }

    #[test]
    fn another_rate_counts_from_now_on() {
        let mut bucket = Bucket::full(100, at(0));
        bucket.change(10, at(0));
        assert_eq!((0..100).filter(|_| bucket.take(1, at(0)).is_ok()).count(), 10);
        bucket.change(1000, at(0));
        assert_eq!(bucket.take(1, at(0)), Err(Some(Duration::from_millis(1))));
        bucket.charge(1000, at(0));
        bucket.change(500, at(0));
        assert_eq!(bucket.owes(at(0)), Some(Duration::from_secs(2)));
    }
}
