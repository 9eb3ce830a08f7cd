//! What is lent to the streams that a process receives, of which bound, and to whom: each takes what it may hold out of it, whether that was
//! read or not, and nobody gets so much that nothing is left for the next.

use std::collections::HashMap;
use std::ops::{Add, Sub};
use std::sync::Arc;

use crate::proto::{Failed, Limits};

/// For whom streams are held: the process whose call takes them, or whose call is answered by calling for them. Nobody, if this
/// process calls for them by itself.
pub(super) type Party = Option<Arc<str>>;

/// What streams take of the bound, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Weight {
    /// What was granted.
    pub(super) windows: u64,
    /// What has come beyond that, as the last item may be over it.
    pub(super) overs: u64,
}

impl Weight {
    #[cfg(test)]
    pub(super) const fn sum(self) -> u64 {
        self.windows + self.overs
    }
}

impl Add for Weight {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            windows: self.windows + other.windows,
            overs: self.overs + other.overs,
        }
    }
}

impl Sub for Weight {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self {
            windows: self.windows - other.windows,
            overs: self.overs - other.overs,
        }
    }
}

/// What is lent, in all and by parties.
#[derive(Debug, Default)]
pub(super) struct Loans {
    all: Weight,
    /// Only those that have something.
    of: HashMap<Party, Weight>,
}

impl Loans {
    /// A stream takes so much from now on, and not what it took before.
    pub(super) fn change(&mut self, party: &Party, before: Weight, after: Weight) {
        if before == after {
            return;
        }
        self.all = self.all - before + after;
        let own = self.of(party) - before + after;
        if own == Weight::default() {
            self.of.remove(party);
        } else if let Some(kept) = self.of.get_mut(party) {
            *kept = own;
        } else {
            self.of.insert(party.clone(), own);
        }
    }

    #[cfg(test)]
    pub(super) const fn all(&self) -> Weight {
        self.all
    }

    fn of(&self, party: &Party) -> Weight {
        self.of.get(party).copied().unwrap_or_default()
    }
}

/// How much streams may hold in all, and what others than those of a [`Loans`] take of that.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounded<'a> {
    pub(super) limit: u64,
    pub(super) others: &'a Loans,
}

impl Bounded<'_> {
    /// What the streams of a party may have.
    pub(super) fn bound(&self, loans: &Loans, party: &Party) -> Bound {
        Bound {
            limit: self.limit,
            all: loans.all + self.others.all,
            own: loans.of(party) + self.others.of(party),
        }
    }

    /// What a stream ends with for which nothing is left.
    pub(super) const fn full(&self, may_have_run: bool) -> Failed {
        let bytes = self.limit;
        Failed::Unread { bytes, may_have_run }
    }
}

/// How much streams may hold in all, and how much of that is spoken for: by all, and by one party.
///
/// Windows take at most three quarters, and what is over them at most a half: however much there is of one, some is left for the
/// other. A sixteenth is left for those who have nothing yet, however many share the rest: the least window, and once something small
/// over it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bound {
    pub(super) limit: u64,
    pub(super) all: Weight,
    pub(super) own: Weight,
}

impl Bound {
    /// The least that a stream is lent, so that it moves.
    const LEAST: u64 = 1024;

    /// What is over a window by no more than that is what every stream needs, as its items are no larger than a frame of many.
    /// An eighth is left for such.
    const SMALL_BYTES: u64 = 64 * 1024;

    /// The most that windows may take.
    const fn for_windows(self) -> u64 {
        self.limit - self.limit / 4
    }

    /// What is left for those who have nothing yet.
    const fn kept(self) -> u64 {
        self.limit / 16
    }

    /// The same bound for a stream that has so large a window, of which no account is taken.
    pub(super) fn without(self, window: u64) -> Self {
        let window = Weight {
            windows: window,
            overs: 0,
        };
        Self {
            all: self.all - window,
            own: self.own - window,
            ..self
        }
    }

    /// How many bytes of `wish` a stream may have: all of them while half of what windows may take is free, both of all and of what one
    /// party may take, then as many as the square of what is free of the other half, so that many find something left; and no more
    /// than an eighth of that. `None` if there is not even the least, which is kept for the first stream of a party.
    pub(super) fn fit(self, wish: u32) -> Option<u32> {
        self.share_of(wish).or_else(|| {
            let least = u32::try_from(Self::LEAST).unwrap_or(u32::MAX).min(wish);
            let left = (self.for_windows() + self.kept()).min(self.limit - self.all.overs);
            let is_first = self.own == Weight::default();
            (is_first && self.all.windows + u64::from(least) <= left).then_some(least)
        })
    }

    fn share_of(self, wish: u32) -> Option<u32> {
        let (wish, most) = (u64::from(wish), self.for_windows());
        let may_be = most.min((self.limit - self.kept()).saturating_sub(self.all.overs));
        let left = may_be.saturating_sub(self.all.windows);
        // As much as its own have with it is to be no more than the share of what is left with it.
        let own = Limits::share(self.all.windows, may_be).saturating_sub(self.own.windows) / 5;
        let own_most = most / 5 * 4;
        let free = free(left, most).min(free(own_most.saturating_sub(self.own.windows), own_most));
        let share = (u128::from(wish) * free * free) >> 32;
        let share = u64::try_from(share).unwrap_or(wish).min(left / 8);
        let fits = share.max(Self::LEAST).min(wish);
        u32::try_from(fits).ok().filter(|_| fits <= left.min(own))
    }

    /// Whether a stream may be over its window by so much that was by less before.
    pub(super) fn may_be_over(self, before: u64, over: u64) -> bool {
        let is_small = over <= Self::SMALL_BYTES;
        let may_be = (self.limit / 2).min(self.limit - self.all.windows);
        let kept = if is_small { self.kept() } else { self.limit / 8 };
        let most = may_be.saturating_sub(kept);
        let more = over.saturating_sub(before);
        let (all, own) = (
            self.all.overs.saturating_add(more),
            self.own.overs.saturating_add(more),
        );
        let is_first = is_small && own == over && over <= self.kept();
        all <= most && own <= Limits::share(all, most) || is_first && all <= may_be
    }
}

/// Twice what is left of it, and no more than all, in parts of 2^16.
fn free(left: u64, of: u64) -> u128 {
    ((u128::from(left) << 17) / u128::from(of.max(1))).min(1 << 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    fn weight(windows: u64, overs: u64) -> Weight {
        Weight { windows, overs }
    }

    /// What others have windows for, and what the party itself has.
    fn bound(others: u64, own: u64) -> Bound {
        Bound {
            limit: 256 * MIB,
            all: weight(others + own, 0),
            own: weight(own, 0),
        }
    }

    #[test]
    fn a_window_is_whole_while_half_is_free_and_then_ever_smaller() {
        let of = |used| bound(used, 0).fit(2 << 20);
        assert_eq!([0, 70 * MIB, 96 * MIB].map(of), [Some(2 << 20); 3]);
        assert_eq!(of(144 * MIB), Some(1 << 19));
        assert_eq!(of(192 * MIB - 4096), Some(1024));
        assert_eq!(of(192 * MIB - 1280), Some(1024));
        assert_eq!(
            bound(192 * MIB - 2048, 1024).fit(2 << 20),
            None,
            "nobody takes the last"
        );
        // One that has nothing yet has a little left.
        assert_eq!(of(192 * MIB - 1024), Some(1024));
        assert_eq!(of(208 * MIB - 1024), Some(1024));
        assert_eq!(of(208 * MIB - 1023), None);
        assert_eq!(of(300 * MIB), None);
        // One alone does not get all, and who wants less than the least gets it.
        assert_eq!(bound(0, 0).fit(u32::MAX), Some(24 << 20));
        assert_eq!(bound(192 * MIB - 13, 0).fit(10), Some(10));
        assert_eq!(bound(256 * MIB, 0).fit(0), Some(0));
    }

    /// Gives one party all that it can get; how many streams have how much together.
    fn fill(others: u64) -> (u64, u64, u64) {
        let (mut own, mut streams, mut whole) = (0, 0, 0);
        while let Some(window) = bound(others, own).fit(2 << 20) {
            own += u64::from(window);
            streams += 1;
            whole += u64::from(window == 2 << 20);
        }
        (own, streams, whole)
    }

    #[test]
    fn thousands_of_streams_of_one_caller_find_something_left() {
        let (own, streams, whole) = fill(0);
        assert!(own <= 192 * MIB / 5 * 4, "{own}");
        assert_eq!(whole, 39);
        assert!((3000..4000).contains(&streams), "{streams}");
    }

    #[test]
    fn p6_something_is_left_for_the_next_caller_whatever_the_ones_before_it_took() {
        let mut used = 0;
        for _ in 0..4 {
            let (own, streams, _) = fill(used);
            assert!(own > 0 && streams > 50, "{used} {own} {streams}");
            used += own;
        }
        assert!(used < 192 * MIB, "{used}");
    }

    #[test]
    fn p6_something_is_left_for_the_first_stream_of_thousands_who_come_after_all_others() {
        const NAMES: u64 = 10_000;
        // Some take what they can, of windows and of what is a little over them.
        let (mut all, mut names) = (weight(0, 0), 0);
        let of = |all, own| Bound {
            limit: 256 * MIB,
            all,
            own,
        };
        loop {
            let mut own = weight(0, 0);
            while let Some(window) = of(all + own, own).fit(2 << 20) {
                own.windows += u64::from(window);
            }
            while of(all + own, own).may_be_over(0, 64 * 1024) {
                own.overs += 64 * 1024;
            }
            all = all + own;
            names += 1;
            if own.sum() <= 1024 + 64 * 1024 {
                break;
            }
        }
        assert!((2..64).contains(&names), "{names}");
        // Each of those has no more than one of the least, and a small item.
        for name in 0..NAMES {
            let window = of(all, weight(0, 0)).fit(2 << 20);
            assert_eq!(window, Some(1024), "{name}");
            all.windows += 1024;
            assert_eq!(of(all, weight(1024, 0)).fit(2 << 20), None);
        }
        for name in 0..80 {
            let own = weight(1024, 0);
            assert!(of(all, own).may_be_over(0, 64 * 1024), "{name}");
            all.overs += 64 * 1024;
            let own = weight(1024, 64 * 1024);
            assert!(!of(all, own).may_be_over(0, 1024));
        }
        assert!(all.sum() <= 256 * MIB);
    }

    #[test]
    fn p6_what_is_over_windows_is_shared_as_well_and_leaves_room_for_windows() {
        let bound = |all, own| Bound {
            limit: 256 * MIB,
            all,
            own,
        };
        // How many items of 16 MiB one has that have not ended, beside what others have.
        let large = |others: Weight| {
            let mut own = weight(0, 0);
            while bound(others + own, own).may_be_over(0, 16 * MIB) {
                own.overs += 16 * MIB;
            }
            own.overs / MIB
        };
        assert_eq!(large(weight(0, 0)), 64, "four fifths of three eighths");
        assert_eq!(large(weight(0, 64 * MIB)), 16);
        assert_eq!(large(weight(192 * MIB, 0)), 16, "windows leave something");
        // However many take what they can, there are windows, and what is a little over them.
        let most = weight(0, 96 * MIB);
        assert!(!bound(most, weight(0, 0)).may_be_over(0, MIB));
        assert!(bound(most, weight(0, 0)).may_be_over(0, 64 * 1024));
        assert!(
            !bound(most, most).may_be_over(0, 64 * 1024 + 1),
            "it is a large one"
        );
        assert_eq!(bound(most, weight(0, 0)).fit(2 << 20), Some(2 << 20));
        let full = weight(0, 128 * MIB);
        assert!(!bound(full, weight(0, 0)).may_be_over(0, 1));
        assert_eq!(bound(full, weight(0, 0)).fit(2 << 20), Some(2 << 20));
        assert_eq!(
            bound(full + weight(128 * MIB, 0), weight(0, 0)).fit(2 << 20),
            None
        );
        // One that has all that it may have leaves some for others.
        let own = weight(0, 256 * MIB * 2 / 5);
        assert!(!bound(own, own).may_be_over(0, 1024));
        assert!(bound(own, weight(0, 0)).may_be_over(0, 1024));
    }

    #[test]
    fn what_is_lent_is_known_of_each_while_it_has_something() {
        let mut loans = Loans::default();
        let (one, other): (Party, Party) = (Some("one".into()), None);
        loans.change(&one, weight(0, 0), weight(5, 1));
        loans.change(&other, weight(0, 0), weight(7, 0));
        loans.change(&one, weight(5, 1), weight(4, 0));
        assert_eq!((loans.of(&one), loans.of(&other)), (weight(4, 0), weight(7, 0)));
        assert_eq!(loans.all(), weight(11, 0));
        loans.change(&one, weight(4, 0), weight(0, 0));
        assert_eq!((loans.of(&one), loans.of.len()), (weight(0, 0), 1));
    }
}
