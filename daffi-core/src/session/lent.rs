//! What the streams that a process receives may hold in all, read or not: each lends its window out of one bound, and a new one
//! gets the less the less there is left.

use bytes::BytesMut;

use crate::proto::{Batch, Budget, Failed, Window};

/// How much streams may hold in all, and how much of that is spoken for, in bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bound {
    pub(super) limit: u64,
    pub(super) used: u64,
}

impl Bound {
    /// The least that a stream is lent, so that it moves.
    const LEAST: u64 = 1024;

    const fn left(self) -> u64 {
        self.limit.saturating_sub(self.used)
    }

    /// What windows may take: the rest is for items that are over theirs.
    const fn for_windows(self) -> u64 {
        self.limit - self.limit / 4
    }

    /// What a stream ends with for which nothing is left.
    pub(super) const fn full(self, may_have_run: bool) -> Failed {
        let bytes = self.limit;
        Failed::Unread { bytes, may_have_run }
    }

    /// How many bytes of `wish` a stream may have: all of them while half of what windows may take is free, then as many as the square of what
    /// is free of the other half, so that many find something left; and no more than a quarter of that. `None` if there is not
    /// even the least.
    fn fit(self, wish: u32) -> Option<u32> {
        let (wish, all) = (u64::from(wish), self.for_windows());
        let left = all.saturating_sub(self.used);
        // In parts of 2^16.
        let free = (u128::from(left) << 17) / u128::from(all.max(1));
        let free = free.min(1 << 16);
        let share = (u128::from(wish) * free * free) >> 32;
        let share = u64::try_from(share).unwrap_or(wish).min(left / 4);
        let fits = share.max(Self::LEAST).min(wish);
        u32::try_from(fits).ok().filter(|_| fits <= left)
    }
}

/// What one stream may hold, and what it takes of the bound for that.
#[derive(Debug, Default)]
pub(super) struct Lent {
    budget: Budget,
    /// How many bytes its reader wants to have on their way, and may have.
    wish: u32,
    window: u32,
    weight: u64,
}

impl Lent {
    /// What it takes of the bound.
    pub(super) const fn weight(&self) -> u64 {
        self.weight
    }

    /// How many bytes may be on their way.
    pub(super) const fn window(&self) -> u32 {
        self.window
    }

    /// Lends a stream its first window. `None` if nothing is left for it.
    pub(super) fn begin(&mut self, wish: Window, bound: Bound) -> Option<Window> {
        let bytes = bound.fit(wish.bytes)?;
        (self.wish, self.window) = (wish.bytes, bytes);
        let granted = Window { bytes, ..wish };
        self.grant(granted);
        Some(granted)
    }

    /// So much was read of it: as much again may come, and more where the window could not be as large as was wished before.
    pub(super) fn go_on(&mut self, taken: Window, bound: Bound) -> Window {
        let others = bound.used.saturating_sub(self.weight);
        let fits = Bound {
            used: others,
            ..bound
        }
        .fit(self.wish);
        let window = fits.unwrap_or_default().max(self.window);
        let granted = Window {
            bytes: taken.bytes.saturating_add(window - self.window),
            ..taken
        };
        self.window = window;
        self.grant(granted);
        granted
    }

    /// Whether it was lent nothing yet.
    pub(super) const fn is_new(&self) -> bool {
        self.wish == 0
    }

    fn grant(&mut self, window: Window) {
        self.budget.grant(window);
        self.weigh();
    }

    /// Items have come, of at most `most` bytes each.
    ///
    /// # Errors
    ///
    /// When that was not granted, or when the last of them, which may be over the window, is over the bound as well.
    pub(super) fn take(&mut self, batch: &Batch, most: usize, bound: Bound) -> Result<(), Failed> {
        let before = self.weight;
        if !self.budget.take(batch, most) {
            return Err(Failed::Overloaded { may_have_run: true });
        }
        self.weigh();
        if self.weight.saturating_sub(before) > bound.left() {
            self.weight = before;
            return Err(bound.full(true));
        }
        Ok(())
    }

    fn weigh(&mut self) {
        self.weight = u64::from(self.window) + self.budget.over();
    }
}

/// What is shorter is put together while it waits: each batch takes memory of its own, and what was read with it stays for as long.
const SMALL_BYTES: usize = 16 * 1024;

/// Adds a batch that waits to be read to what waits before it. `false` if it is to be kept by itself.
pub(super) fn join(last: &mut Batch, next: &Batch) -> bool {
    let bytes = last.bytes.len() + next.bytes.len();
    // Parts of an item are counted one by one.
    if last.items == 0 || next.items == 0 || bytes > SMALL_BYTES {
        return false;
    }
    let Some(items) = last.items.checked_add(next.items) else {
        return false;
    };
    last.items = items;
    let mut joined = match std::mem::take(&mut last.bytes).try_into_mut() {
        Ok(own) => own,
        Err(shared) => BytesMut::from(&*shared),
    };
    joined.extend_from_slice(&next.bytes);
    last.bytes = joined.freeze();
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    fn bound(used: u64) -> Bound {
        let limit = 256 * MIB;
        Bound { limit, used }
    }

    #[test]
    fn a_window_is_whole_while_half_is_free_and_then_ever_smaller() {
        let of = |used| bound(used).fit(2 << 20);
        assert_eq!([0, 70 * MIB, 96 * MIB].map(of), [Some(2 << 20); 3]);
        assert_eq!(of(144 * MIB), Some(1 << 19));
        assert_eq!(of(192 * MIB - 4096), Some(1024));
        assert_eq!(of(192 * MIB - 1024), Some(1024));
        assert_eq!(of(192 * MIB - 1023), None);
        assert_eq!(of(300 * MIB), None);
        // One alone does not get all, and who wants less than the least gets it.
        assert_eq!(bound(0).fit(u32::MAX), Some(48 << 20));
        assert_eq!(bound(192 * MIB - 10).fit(10), Some(10));
        assert_eq!(bound(256 * MIB).fit(0), Some(0));
    }

    #[test]
    fn thousands_of_streams_find_something_left() {
        let (mut used, mut streams, mut whole) = (0, 0, 0);
        while let Some(window) = bound(used).fit(2 << 20) {
            used += u64::from(window);
            streams += 1;
            whole += u64::from(window == 2 << 20);
        }
        assert!(used <= 192 * MIB);
        assert_eq!(whole, 49);
        assert!((4000..5000).contains(&streams), "{streams}");
    }

    #[test]
    fn what_is_over_a_window_takes_of_the_bound_until_it_was_read() {
        let item = |bytes| Batch {
            items: 1,
            bytes: vec![0; bytes].into(),
        };
        let window = Window { items: 9, bytes: 100 };
        let bound = |used| Bound { limit: 3000, used };
        let mut lent = Lent::default();
        assert_eq!(lent.begin(window, bound(0)), Some(window));
        assert_eq!(lent.weight(), 100);
        assert_eq!(lent.take(&item(99), 5000, bound(100)), Ok(()));
        assert_eq!(lent.weight(), 100);
        assert_eq!(lent.take(&item(2000), 5000, bound(100)), Ok(()));
        assert_eq!(lent.weight(), 100 + 1999);
        let taken = Window {
            items: 2,
            bytes: 2099,
        };
        assert_eq!(lent.go_on(taken, bound(2099)), taken);
        assert_eq!(lent.weight(), 100);
        assert_eq!(lent.take(&item(3200), 5000, bound(100)), Err(bound(0).full(true)));
    }

    #[test]
    fn the_parts_of_an_item_take_of_the_bound_as_well() {
        let window = Window { items: 9, bytes: 100 };
        let bound = Bound {
            limit: 3000,
            used: 100,
        };
        let mut lent = Lent::default();
        lent.begin(window, bound).unwrap();
        let part = Batch {
            items: 0,
            bytes: vec![0; 2000].into(),
        };
        assert_eq!(lent.take(&part, 5000, bound), Ok(()));
        assert_eq!(lent.weight(), 2000);
        assert_eq!(
            lent.take(&part, 5000, Bound { used: 2000, ..bound }),
            Err(bound.full(true))
        );
    }

    #[test]
    fn a_window_grows_to_what_was_wished_when_there_is_more() {
        let wish = Window {
            items: 5,
            bytes: 1 << 20,
        };
        let mut lent = Lent::default();
        let granted = lent.begin(wish, bound(190 * MIB)).unwrap();
        assert!((1024..5000).contains(&granted.bytes), "{granted:?}");
        assert_eq!(granted.items, 5);
        let taken = Window { items: 1, bytes: 600 };
        let used = 190 * MIB + lent.weight();
        assert_eq!(lent.go_on(taken, bound(used)).bytes, 600);
        let more = lent.go_on(taken, bound(lent.weight()));
        assert_eq!(more.bytes, 600 + (1 << 20) - granted.bytes);
        assert_eq!(lent.weight(), MIB);
        // It is never taken back.
        assert_eq!(lent.go_on(taken, bound(256 * MIB)), taken);
    }

    #[test]
    fn small_batches_that_wait_are_put_together_and_parts_of_items_are_not() {
        let batch = |items, bytes: usize| Batch {
            items,
            bytes: vec![7; bytes].into(),
        };
        let mut last = batch(1, 10);
        assert!(join(&mut last, &batch(2, 30)));
        assert_eq!(last, batch(3, 40));
        assert!(!join(&mut last, &batch(1, SMALL_BYTES)));
        assert!(!join(&mut last, &batch(0, 10)));
        assert!(!join(&mut batch(0, 10), &batch(1, 10)));
        assert!(!join(&mut batch(u32::MAX, 0), &batch(1, 0)));
        assert_eq!(last, batch(3, 40));
    }
}
