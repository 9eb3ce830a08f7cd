//! A bucket of tokens: how much of something may be done in a second.

use std::time::Duration;

use daffi_core::proto::Moment;

/// How many parts of a token there are: so many nanoseconds has a second. What flows in is a whole number of parts then, and
/// nothing is lost, however often it is looked.
const PARTS: i128 = 1_000_000_000;

/// What is owed is no more than flows in in so many seconds, so that one mistake does not silence anybody for long.
const OWED: u64 = 60;

/// So much longer than it takes is kept for a call what flows in, so that whoever comes again in time finds it.
const GRACE: Duration = Duration::from_secs(1);

/// And if nobody came, nothing is kept for anybody for so many times as long.
const REST: u32 = 10;

/// It holds what flows into it in a second, and may owe what flows in in a minute.
///
/// Where many take little at a time there would never be much in it. So what flows in is kept for the first that asked for half of all or more, and
/// did not get it: others who want less have none of it until then, or until that one had time enough to come again.
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
    kept: Option<Kept>,
    /// Until then nothing is kept again.
    rests: Moment,
}

/// What flows in is kept for somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Kept {
    /// So many are needed.
    tokens: u64,
    since: Moment,
    until: Moment,
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
            kept: None,
            rests: Moment::default(),
        }
    }

    /// The most that can ever be taken of one which holds what flows in by the second.
    #[must_use]
    pub const fn most(rate: u64) -> u64 {
        rate.saturating_mul(OWED).saturating_add(rate)
    }

    /// From now on as many flow in by the second, and are held, as with another one. What is owed stays owed.
    pub fn change(&mut self, to: &Self, now: Moment) {
        self.fill(now);
        (self.rate, self.most, self.kept) = (to.rate, to.most, None);
        self.parts = self.parts.clamp(self.least(), i128::from(self.most) * PARTS);
    }

    /// Takes so many, if they are there, or if it is full: what is larger than the whole of it goes on credit, as far as that goes.
    ///
    /// # Errors
    ///
    /// When they are not; in how long they would be, unless that is never.
    pub fn take(&mut self, tokens: u64, now: Moment) -> Result<(), Option<Duration>> {
        self.check(tokens, 0, now)?;
        self.begin(tokens, tokens, now);
        Ok(())
    }

    /// Whether it would be possible to [take](Self::take) so many.
    ///
    /// # Errors
    ///
    /// When it would not; in how long it would be when so many more are charged before, unless that is never.
    pub fn check(&mut self, tokens: u64, before: u64, now: Moment) -> Result<(), Option<Duration>> {
        self.fill(now);
        if tokens > self.most && tokens - self.most > self.rate.saturating_mul(OWED) {
            return Err(None);
        }
        let wanted = tokens.min(self.most);
        let kept = self.kept(now).filter(|kept| kept.tokens > wanted);
        let needed = i128::from(wanted) * PARTS + kept.map_or(0, |kept| i128::from(kept.tokens) * PARTS);
        if self.parts >= needed {
            return Ok(());
        }
        let time = self.time_for(needed + i128::from(before) * PARTS - self.parts);
        if wanted >= self.most.div_ceil(2) && self.kept.is_none() && now >= self.rests {
            self.kept = Some(Kept {
                tokens: wanted,
                since: now,
                until: now + time.saturating_add(GRACE),
            });
        }
        Err(Some(time))
    }

    /// What is kept, if its time is not over.
    fn kept(&mut self, now: Moment) -> Option<Kept> {
        let kept = self.kept?;
        if now <= kept.until {
            return Some(kept);
        }
        self.kept = None;
        self.rests = kept.until + kept.until.since(kept.since).saturating_mul(REST);
        None
    }

    /// No more is in it than in another one.
    pub fn lower(&mut self, mut to: Self, now: Moment) {
        self.fill(now);
        to.fill(now);
        self.parts = self.parts.min(to.parts).max(self.least());
    }

    /// Takes the `first` so many of those that were [checked](Self::check). The others are charged as they come.
    pub fn begin(&mut self, tokens: u64, first: u64, now: Moment) {
        if self.kept.is_some_and(|kept| kept.tokens <= tokens.min(self.most)) {
            self.kept = None;
        }
        self.charge(first, now);
    }

    /// Takes so many, on credit if need be, and as far as that goes.
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

    /// As many as possible take three tokens, every tenth of a second; answers how many got them.
    fn small_ones(bucket: &mut Bucket, from: u64, tenths: u64) -> usize {
        (0..tenths)
            .filter(|tenth| bucket.take(3, at(from + tenth * SECOND / 10)).is_ok())
            .count()
    }

    #[test]
    fn what_flows_in_is_kept_for_who_wants_much_until_it_has_had_time_to_come_again() {
        let mut bucket = Bucket::full(20, at(0));
        assert!(small_ones(&mut bucket, 0, 20) > 15);
        let mut now = 2 * SECOND;
        let mut tried = 0;
        while let Err(room_in) = bucket.take(20, at(now)) {
            tried += 1;
            let next = now + u64::try_from(room_in.unwrap().as_nanos()).unwrap() + SECOND / 100;
            small_ones(&mut bucket, now, (next - now) * 10 / SECOND + 1);
            now = next;
        }
        assert_eq!(tried, 1);
        // It is there no more, and what flows in is everybody's again.
        assert!(small_ones(&mut bucket, now, 20) > 10);
    }

    #[test]
    fn nothing_is_kept_for_long_for_who_does_not_come_again() {
        let mut bucket = Bucket::full(20, at(0));
        let (mut got, mut now) = (0, 0);
        while now < 100 * SECOND {
            // It asks for all of it, again and again, and takes none.
            let _ = bucket.check(20, 0, at(now));
            got += small_ones(&mut bucket, now, 1);
            now += SECOND / 10;
        }
        // Without it they would get two of three.
        assert!(got > 550, "{got}");
        let mut bucket = Bucket::full(20, at(0));
        assert!(small_ones(&mut bucket, 0, 1000) > 660);
    }

    #[test]
    fn who_wants_as_much_as_is_kept_has_it_and_who_wants_less_has_what_is_beyond() {
        let mut bucket = Bucket::full(20, at(0));
        assert_eq!(bucket.take(15, at(0)), Ok(()));
        assert_eq!(bucket.take(10, at(0)), Err(Some(Duration::from_millis(250))));
        assert_eq!(bucket.take(1, at(0)), Err(Some(Duration::from_millis(300))));
        assert_eq!(bucket.take(1, at(SECOND * 3 / 10)), Ok(()));
        assert_eq!(bucket.take(10, at(SECOND * 3 / 10)), Ok(()));
        assert_eq!(bucket.take(1, at(SECOND * 35 / 100)), Ok(()));
    }

    #[test]
    fn it_holds_no_more_than_another_one_and_fills_again() {
        let mut spent = Bucket::holding(10, 60, at(0));
        spent.charge(70, at(0));
        let mut bucket = Bucket::holding(10, 60, at(SECOND / 2));
        bucket.lower(spent, at(SECOND / 2));
        assert_eq!(bucket.owes(at(SECOND / 2)), Some(Duration::from_millis(500)));
        assert_eq!(bucket.take(10, at(2 * SECOND)), Ok(()));
        let mut fuller = Bucket::holding(10, 60, at(0));
        fuller.lower(bucket, at(8 * SECOND));
        assert!(fuller.is_full(at(8 * SECOND)) && !bucket.is_full(at(7 * SECOND)));
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
