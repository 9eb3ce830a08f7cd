//! How much time is spent on what others would have looked into.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::proto::Limits;

/// So much time is spent at once on structures that are not known, which is enough for thousands of them,
const AT_ONCE: Duration = Duration::from_secs(1);

/// and this part of all time, so that whoever sends ever new ones keeps others from nothing.
const PART: u32 = 10;

/// Of so many it is known what they have had of it.
const KNOWN: usize = 64;

/// For whom something is looked into, by the hash of a name.
#[derive(Clone, Copy, Debug)]
pub(crate) enum For {
    /// Somebody who has that name and no other.
    Known(u64),
    /// Somebody who calls itself so, and something else the next time perhaps: all of these are one as well.
    Stranger(u64),
}

impl For {
    /// Those who have a part of it, by their numbers.
    fn parts(self) -> impl Iterator<Item = u64> {
        let (own, all) = match self {
            Self::Known(own) => (own, None),
            Self::Stranger(own) => (own, Some(STRANGERS)),
        };
        [own].into_iter().chain(all)
    }
}

/// The number of all strangers together.
const STRANGERS: u64 = 0;

/// How much time a process spends on structures that are not known to it, and for whom: one gets no more of it than it leaves for others.
#[derive(Debug, Default)]
pub(crate) struct Effort(Mutex<Spent>);

#[derive(Debug, Default)]
struct Spent {
    time: Duration,
    /// For whom that was, the latest last; nobody once all of it is over.
    of: Vec<(u64, Duration)>,
    /// When it was counted last.
    at: Option<Instant>,
}

impl Effort {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(Spent {
            time: Duration::ZERO,
            of: Vec::new(),
            at: None,
        }))
    }

    /// Looks into one for somebody, if there is time for it.
    pub(crate) fn spend<T>(&self, by: For, look: impl FnOnce() -> T) -> Option<T> {
        let begun = Instant::now();
        if !self.spent().may_be_more(begun, by) {
            return None;
        }
        let found = look();
        let now = Instant::now();
        self.spent().add(now, by, now - begun);
        Some(found)
    }

    /// One of which nothing is left.
    #[cfg(test)]
    pub(crate) fn spent_all() -> Self {
        let spent = Self::default();
        spent.spent().add(Instant::now(), For::Known(1), AT_ONCE * 1000);
        spent
    }

    fn spent(&self) -> MutexGuard<'_, Spent> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Spent {
    fn may_be_more(&mut self, now: Instant, by: For) -> bool {
        self.pass(now);
        let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let (time, most) = (micros(self.time), micros(AT_ONCE));
        let leaves_some = |part| {
            let own = self.of.iter().find(|(other, _)| *other == part);
            own.is_none_or(|(_, own)| micros(*own) <= Limits::share(time, most))
        };
        time < most && by.parts().all(leaves_some)
    }

    fn add(&mut self, now: Instant, by: For, time: Duration) {
        self.pass(now);
        self.time += time;
        for part in by.parts() {
            let place = self.of.iter().position(|(other, _)| *other == part);
            let own = place.map_or(Duration::ZERO, |place| self.of.remove(place).1);
            if self.of.len() == KNOWN {
                self.of.remove(0);
            }
            self.of.push((part, own + time));
        }
    }

    /// Time has passed, and makes good for some of it: for all alike.
    fn pass(&mut self, now: Instant) {
        let passed = self
            .at
            .map_or(Duration::ZERO, |at| now.saturating_duration_since(at));
        let over = passed / PART;
        self.time = self.time.saturating_sub(over);
        if self.time.is_zero() {
            self.of.clear();
        } else {
            // Each has had less time than all, and is forgiven as much.
            self.of
                .iter_mut()
                .for_each(|(_, own)| *own = own.saturating_sub(over));
        }
        self.at = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOOK: Duration = AT_ONCE.checked_div(20).unwrap();

    /// How often it was looked for somebody who asks each millisecond.
    fn looks(spent: &mut Spent, begin: Instant, by: u64, milliseconds: std::ops::Range<u64>) -> u32 {
        looks_for(spent, begin, For::Known(by), milliseconds)
    }

    fn looks_for(spent: &mut Spent, begin: Instant, by: For, milliseconds: std::ops::Range<u64>) -> u32 {
        let asked = milliseconds.map(|milliseconds| begin + Duration::from_millis(milliseconds));
        asked.fold(0, |looks, now| {
            let may = spent.may_be_more(now, by);
            if may {
                spent.add(now, by, LOOK);
            }
            looks + u32::from(may)
        })
    }

    #[test]
    fn no_more_than_a_part_of_the_time_is_spent_on_what_is_not_known() {
        let (mut spent, begin) = (Spent::default(), Instant::now());
        let looks: u32 = (0..100)
            .map(|second| looks(&mut spent, begin, second, second * 1000..second * 1000 + 1000))
            .sum();
        // Those at once, and a tenth of a hundred seconds.
        let expected = 20 + 100 * 20 / PART;
        assert!((expected - 2..=expected + 2).contains(&looks), "{looks}");
    }

    #[test]
    fn one_leaves_time_for_others() {
        let (mut spent, begin) = (Spent::default(), Instant::now());
        let greedy = looks(&mut spent, begin, 1, 0..100);
        assert!((14..=18).contains(&greedy), "{greedy}");
        // Who comes later is looked at, and so is the next one.
        for other in 2..4 {
            assert!(looks(&mut spent, begin, other, 100..101) == 1, "{other}");
        }
        assert_eq!(looks(&mut spent, begin, 1, 101..110), 0);
        // Nobody is remembered for ever.
        let later = begin + Duration::from_secs(100);
        assert!(spent.may_be_more(later, For::Known(1)));
        assert!(spent.of.is_empty());
        for by in 0..1000 {
            spent.add(later, For::Known(by), Duration::from_micros(1));
            assert!(spent.of.len() <= KNOWN);
        }
    }

    /// Whoever takes another name each time has no more than one.
    #[test]
    fn strangers_leave_time_for_those_who_are_known() {
        let (mut spent, begin) = (Spent::default(), Instant::now());
        let mut had = 0;
        for stranger in 1..10_000 {
            had += looks_for(&mut spent, begin, For::Stranger(stranger), stranger..stranger + 1);
            if stranger % 1000 == 0 {
                let known = For::Known(stranger);
                assert!(
                    spent.may_be_more(begin + Duration::from_millis(stranger), known),
                    "{stranger}"
                );
            }
        }
        // Those at once, and a tenth of ten seconds.
        assert!((20..=40).contains(&had), "{had}");
    }
}
