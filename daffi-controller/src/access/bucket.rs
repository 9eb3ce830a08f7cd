//! A bucket of tokens: how much of something may be done in a second.

use std::time::Duration;

use daffi_core::proto::Moment;

/// How many parts of a token there are: so many nanoseconds has a second. What flows in is a whole number of parts then, and
/// nothing is lost, however often it is looked.
const PARTS: i128 = 1_000_000_000;

/// What is owed is no more than flows in in so many seconds, so that one mistake does not silence anybody for long.
const OWED: u64 = 60;

/// So much longer than it was told to come is kept for a call what flows in, so that whoever comes again in time finds it.
const GRACE: Duration = Duration::from_secs(1);

/// It may be told later than this bucket knows, by another one; but nothing is kept for longer than that.
const LONGEST: Duration = Duration::from_secs(2 * OWED);

/// And if nobody came, nothing is kept for anybody for so many times as long.
const REST: u32 = 10;

/// It holds what flows into it in a second, and may owe what flows in in a minute.
///
/// Where many take little at a time there would never be much in it. So what flows in is kept for the first that asked for half of all or more, and
/// did not get it: others who want less have none of it until then, or until that one had time enough to come again. Nothing is kept for as long
/// again after it was taken, so that these have their turn, too.
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
        if (self.rate, self.most) != (to.rate, to.most) {
            (self.rate, self.most, self.kept) = (to.rate, to.most, None);
        }
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

    /// What is kept for whoever wants so many is kept until `time` has passed, after which it was told to come.
    pub fn keep(&mut self, tokens: u64, time: Duration, now: Moment) {
        let most = self.most;
        if let Some(kept) = self.kept.as_mut().filter(|kept| kept.tokens <= tokens.min(most)) {
            let until = now + time.saturating_add(GRACE);
            kept.until = kept.until.max(until.min(kept.since + LONGEST));
        }
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
        if let Some(kept) = self.kept.take_if(|kept| kept.tokens <= tokens.min(self.most)) {
            // What flows in for as long again is for whoever comes, so that many large ones starve no small one.
            self.rests = now + now.since(kept.since);
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
mod tests;
