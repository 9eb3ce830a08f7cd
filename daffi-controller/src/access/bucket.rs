//! A bucket of tokens: how much of something may be done in a second.

use std::time::Duration;

use daffi_core::proto::Moment;

/// How many parts of a token there are: so many nanoseconds has a second. What flows in is a whole number of parts then, and
/// nothing is lost, however often it is looked.
const PARTS: i128 = 1_000_000_000;

/// What is owed is no more than flows in in so many seconds, so that one mistake does not silence anybody for long.
const OWED: u64 = 60;

/// It holds what flows into it in a second, and may owe what flows in in a minute.
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
    /// How many tokens flow in by the second: one at least.
    rate: u64,
    /// How many it holds.
    most: u64,
    /// What there is, in parts; below zero, what is owed.
    parts: i128,
    /// When that was so.
    at: Moment,
}

impl Bucket {
    /// A full one, which holds as many tokens as flow in by the second: one at least.
    #[must_use]
    pub fn full(rate: u64, now: Moment) -> Self {
        Self::holding(rate, rate, now)
    }

    /// A full one, which holds so many.
    #[must_use]
    pub fn holding(rate: u64, most: u64, now: Moment) -> Self {
        let (rate, most) = (rate.max(1), most.max(1));
        Self {
            rate,
            most,
            parts: i128::from(most) * PARTS,
            at: now,
        }
    }

    /// From now on as many flow in by the second, and are held, as with another one. What is owed stays owed.
    pub fn change(&mut self, to: &Self, now: Moment) {
        self.fill(now);
        (self.rate, self.most) = (to.rate, to.most);
        self.parts = self.parts.clamp(self.least(), i128::from(self.most) * PARTS);
    }

    /// Takes so many, if they are there, or if it is full: what is larger than the whole of it goes on credit, as far as that goes.
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
        if tokens > self.most && tokens - self.most > self.rate.saturating_mul(OWED) {
            return Err(None);
        }
        let needed = i128::from(tokens.min(self.most)) * PARTS;
        if self.parts >= needed {
            return Ok(());
        }
        Err(Some(self.time_for(needed - self.parts)))
    }

    /// Takes so many, if need be on credit, and as far as that goes.
    pub fn charge(&mut self, tokens: u64, now: Moment) {
        self.fill(now);
        let left = self.parts.saturating_sub(i128::from(tokens) * PARTS);
        self.parts = left.max(self.least());
    }

    /// How long until nothing is owed any more, if something is.
    pub fn owes(&mut self, now: Moment) -> Option<Duration> {
        self.fill(now);
        (self.parts < 0).then(|| self.time_for(-self.parts))
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

    /// The most that may be owed, in parts.
    fn least(&self) -> i128 {
        -i128::from(self.rate) * i128::from(OWED) * PARTS
    }

    /// How long until so many parts have flown in: no shorter than that, so that whoever comes then finds them.
    fn time_for(&self, parts: i128) -> Duration {
        let nanoseconds = parts.unsigned_abs().div_ceil(u128::from(self.rate));
        Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX))
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
        assert_eq!(bucket.take(600, at(0)), Err(Some(Duration::from_millis(100))));
        assert_eq!(bucket.take(600, at(SECOND / 10)), Ok(()));
        assert_eq!(bucket.owes(at(SECOND / 10)), Some(Duration::from_secs(59)));
    }

    #[test]
    fn nobody_owes_more_than_a_minute_and_nothing_is_taken_that_would() {
        let mut bucket = Bucket::full(10, at(0));
        assert_eq!(bucket.take(611, at(0)), Err(None));
        assert_eq!(bucket.take(610, at(0)), Ok(()));
        assert_eq!(bucket.owes(at(0)), Some(Duration::from_secs(60)));
        bucket.charge(1_000_000, at(0));
        assert_eq!(bucket.owes(at(0)), Some(Duration::from_secs(60)));
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
        let mut slow = Bucket::full(0, at(0));
        (0..5).for_each(|_| slow.charge(u64::MAX, at(0)));
        assert_eq!(slow.owes(at(0)), Some(Duration::from_secs(OWED)));
        let mut bucket = Bucket::full(1, at(SECOND));
        assert_eq!(bucket.take(1, at(SECOND)), Ok(()));
        assert_eq!(bucket.take(1, at(0)), Err(Some(Duration::from_secs(1))));
        assert_eq!(bucket.take(1, at(2 * SECOND)), Ok(()));
    }

    #[test]
    fn another_rate_counts_from_now_on() {
        let mut bucket = Bucket::full(100, at(0));
        bucket.change(&Bucket::full(10, at(0)), at(0));
        assert_eq!((0..100).filter(|_| bucket.take(1, at(0)).is_ok()).count(), 10);
        bucket.change(&Bucket::full(1000, at(0)), at(0));
        assert_eq!(bucket.take(1, at(0)), Err(Some(Duration::from_millis(1))));
        bucket.charge(1000, at(0));
        bucket.change(&Bucket::full(500, at(0)), at(0));
        assert_eq!(bucket.owes(at(0)), Some(Duration::from_secs(2)));
    }
}
