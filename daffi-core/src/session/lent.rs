//! What one stream that a process receives may hold: its window, and its last item beyond that.

use bytes::{Bytes, BytesMut};

use super::loans::{Bound, Weight};
use crate::proto::{Batch, Budget, Failed, OTHERWISE_BYTES, Window};

/// What one stream may hold, and what it takes of the bound for that.
#[derive(Debug, Default)]
pub(super) struct Lent {
    budget: Budget,
    /// How many bytes its reader wants to have on their way, and may have.
    wish: u32,
    window: u32,
    /// What has come and was not looked at costs so much.
    unread: u64,
    came: Counted,
    looked_at: Counted,
    /// Nothing comes of it any more.
    ended: bool,
}

impl Lent {
    /// What it takes of the bound: what may come and what has, and when nothing comes any more, what waits to be looked at.
    pub(super) fn weight(&self) -> Weight {
        let window = u64::from(self.window);
        let (windows, overs) = if self.ended {
            (self.unread.min(window), self.unread.saturating_sub(window))
        } else {
            (window, self.budget.over())
        };
        Weight { windows, overs }
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
        self.budget.grant(granted);
        Some(granted)
    }

    /// So much was read of it: as much again may come, and more where the window could not be as large as was wished before.
    pub(super) fn go_on(&mut self, taken: Window, bound: Bound) -> Window {
        let fits = bound.without(u64::from(self.window)).fit(self.wish);
        let window = fits.unwrap_or_default().max(self.window);
        let granted = Window {
            bytes: taken.bytes.saturating_add(window - self.window),
            ..taken
        };
        self.window = window;
        self.budget.grant(granted);
        granted
    }

    /// Whether it was lent nothing yet.
    pub(super) const fn is_new(&self) -> bool {
        self.wish == 0
    }

    /// Items have come, of at most `most` bytes each. The bound is asked only if they are over the window.
    ///
    /// # Errors
    ///
    /// When that was not granted, or when the last of them, which may be over the window, is over the bound as well. Then they
    /// are not kept, and the stream is to [end](Self::end).
    pub(super) fn take(
        &mut self,
        batch: &Batch,
        most: usize,
        bound: impl FnOnce() -> Bound,
    ) -> Result<(), Failed> {
        let before = self.budget.over();
        if !self.budget.take(batch, most) {
            return Err(Failed::Overloaded { may_have_run: true });
        }
        let over = self.budget.over();
        if over > before {
            let bound = bound();
            if !bound.may_be_over(before, over) {
                let bytes = bound.limit;
                return Err(Failed::Unread {
                    bytes,
                    may_have_run: true,
                });
            }
        }
        self.unread += self.came.cost(batch);
        Ok(())
    }

    /// Some of what has come was looked at.
    pub(super) fn look_at(&mut self, batch: &Batch) {
        self.unread = self.unread.saturating_sub(self.looked_at.cost(batch));
    }

    /// Nobody looks at what has come.
    pub(super) const fn drop_all(&mut self) {
        self.unread = 0;
    }

    /// Nothing comes of it any more.
    pub(super) const fn end(&mut self) {
        self.ended = true;
    }

    /// Whether nothing comes of it any more.
    pub(super) const fn has_ended(&self) -> bool {
        self.ended
    }
}

/// The batches of a stream, counted one after the other.
#[derive(Debug, Default)]
struct Counted {
    /// Whether the last items say themselves what they are.
    explained: bool,
}

impl Counted {
    /// What the next one costs: its bytes, and more if it is written otherwise than the one before, as [`Credit`](crate::proto::Credit)
    /// has it.
    fn cost(&mut self, batch: &Batch) -> u64 {
        let bytes = batch.bytes.len() as u64;
        // The end of an item says how its parts are written.
        let is_otherwise = batch.items > 0 && batch.explained != self.explained;
        self.explained ^= is_otherwise;
        bytes + if is_otherwise { OTHERWISE_BYTES.into() } else { 0 }
    }
}

/// What is shorter is put together while it waits: each batch takes memory of its own, and what was read with it stays for as long.
const SMALL_BYTES: usize = 16 * 1024;

/// Adds a batch that waits to be read to what waits before it, if all are written alike. `false` if it is to be kept by itself.
pub(super) fn join(last: &mut Batch, next: &Batch) -> bool {
    let bytes = last.bytes.len() + next.bytes.len();
    // Parts of an item are counted one by one.
    if last.items == 0 || next.items == 0 || last.explained != next.explained || bytes > SMALL_BYTES {
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

/// A batch that is kept by itself behind another one: what is short keeps nothing of what was read with it, as there may be very many.
pub(super) fn apart(batch: Batch) -> Batch {
    if batch.bytes.len() >= SMALL_BYTES {
        return batch;
    }
    Batch {
        bytes: Bytes::copy_from_slice(&batch.bytes),
        ..batch
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    /// So much is taken by windows of others, and by this one.
    fn bound(limit: u64, others: u64, own: Weight) -> Bound {
        let others = Weight {
            windows: others,
            overs: 0,
        };
        Bound {
            limit,
            all: others + own,
            own,
        }
    }

    fn batch(items: u32, bytes: usize) -> Batch {
        Batch::new(items, vec![7; bytes].into())
    }

    fn weight(windows: u64, overs: u64) -> Weight {
        Weight { windows, overs }
    }

    #[test]
    fn what_is_over_a_window_takes_of_the_bound_until_it_was_read() {
        let window = Window { items: 9, bytes: 100 };
        let bound = |lent: &Lent| bound(8000, 0, lent.weight());
        let mut lent = Lent::default();
        let first = bound(&lent);
        assert_eq!(lent.begin(window, first), Some(window));
        assert_eq!(lent.weight(), weight(100, 0));
        assert_eq!(lent.take(&batch(1, 99), 5000, || unreachable!()), Ok(()));
        assert_eq!(lent.weight(), weight(100, 0));
        let now = bound(&lent);
        assert_eq!(lent.take(&batch(1, 2000), 5000, || now), Ok(()));
        assert_eq!(lent.weight(), weight(100, 1999));
        let taken = Window {
            items: 2,
            bytes: 2099,
        };
        let now = bound(&lent);
        assert_eq!(lent.go_on(taken, now), taken);
        assert_eq!(lent.weight(), weight(100, 0));
        let now = bound(&lent);
        let unread = Failed::Unread {
            bytes: 8000,
            may_have_run: true,
        };
        assert_eq!(lent.take(&batch(1, 3400), 5000, || now), Err(unread));
    }

    #[test]
    fn the_parts_of_an_item_take_of_the_bound_as_well() {
        let window = Window { items: 9, bytes: 100 };
        let mut lent = Lent::default();
        lent.begin(window, bound(6000, 0, weight(0, 0))).unwrap();
        let part = batch(0, 1500);
        let now = bound(6000, 0, lent.weight());
        assert_eq!(
            lent.take(&part, 5000, || now),
            Ok(()),
            "no more than four fifths of a half"
        );
        assert_eq!(lent.weight(), weight(100, 1400));
        let now = bound(6000, 0, lent.weight());
        assert!(matches!(
            lent.take(&part, 5000, || now),
            Err(Failed::Unread { bytes: 6000, .. })
        ));
    }

    #[test]
    fn a_window_grows_to_what_was_wished_when_there_is_more() {
        let wish = Window {
            items: 5,
            bytes: 1 << 20,
        };
        let mut lent = Lent::default();
        let of = |others, lent: &Lent| bound(256 * MIB, others, lent.weight());
        let granted = lent.begin(wish, of(190 * MIB, &Lent::default())).unwrap();
        assert!((1024..5000).contains(&granted.bytes), "{granted:?}");
        assert_eq!(granted.items, 5);
        let taken = Window { items: 1, bytes: 600 };
        let now = of(190 * MIB, &lent);
        assert_eq!(lent.go_on(taken, now).bytes, 600);
        let now = of(0, &lent);
        let more = lent.go_on(taken, now);
        assert_eq!(more.bytes, 600 + (1 << 20) - granted.bytes);
        assert_eq!(lent.weight(), weight(MIB, 0));
        // It is never taken back.
        let now = of(255 * MIB, &lent);
        assert_eq!(lent.go_on(taken, now), taken);
    }

    #[test]
    fn p6_what_has_ended_takes_what_waits_to_be_looked_at_and_no_window() {
        let window = Window {
            items: 9,
            bytes: 1000,
        };
        let mut lent = Lent::default();
        lent.begin(window, bound(100_000, 0, weight(0, 0))).unwrap();
        for (items, bytes) in [(1, 300), (1, 1500)] {
            let now = bound(100_000, 0, lent.weight());
            lent.take(&batch(items, bytes), 5000, || now).unwrap();
        }
        assert_eq!(lent.weight(), weight(1000, 800));
        lent.end();
        assert_eq!(lent.weight(), weight(1000, 800));
        lent.look_at(&batch(1, 300));
        assert_eq!(lent.weight(), weight(1000, 500));
        lent.look_at(&batch(1, 1500));
        assert_eq!(lent.weight(), weight(0, 0));
    }

    /// stream.otherwise
    #[test]
    fn items_that_are_written_otherwise_than_those_before_cost_credit_however_short_they_are() {
        let mut budget = Budget::default();
        budget.grant(Window {
            items: 1 << 14,
            bytes: 10 * 1024,
        });
        let short = |explained| Batch::new(1, Bytes::new()).explained(explained);
        let taken = (0..1000).take_while(|number| budget.take(&short(number % 2 == 0), 100));
        assert_eq!(taken.count(), 10);
        let mut budget = Budget::default();
        budget.grant(Window {
            items: 1000,
            bytes: 2048,
        });
        assert!(budget.take(&short(true), 100));
        let taken = (0..1000).take_while(|_| budget.take(&short(true), 100));
        assert_eq!(taken.count(), 999);
    }

    #[test]
    fn a_short_batch_that_waits_by_itself_keeps_nothing_of_what_was_read_with_it() {
        let read = Bytes::from(vec![7; 256 * 1024]);
        let short = apart(Batch::new(1, read.slice(..10)));
        assert_eq!(short, batch(1, 10));
        drop(short.bytes.try_into_mut().expect("it is alone"));
        let long = apart(Batch::new(1, read.slice(..SMALL_BYTES)));
        assert_eq!(long.bytes.as_ptr(), read.as_ptr());
    }

    #[test]
    fn small_batches_that_wait_are_put_together_but_for_parts_of_items_and_what_is_written_otherwise() {
        let mut last = batch(1, 10);
        assert!(join(&mut last, &batch(2, 30)));
        assert_eq!(last, batch(3, 40));
        assert!(!join(&mut last, &batch(1, SMALL_BYTES)));
        assert!(!join(&mut last, &batch(0, 10)));
        let mut explained = batch(1, 10);
        explained.explained = true;
        assert!(!join(&mut last, &explained) && !join(&mut explained.clone(), &last));
        assert!(join(&mut explained.clone(), &explained));
        assert!(!join(&mut batch(0, 10), &batch(1, 10)));
        assert!(!join(&mut batch(u32::MAX, 0), &batch(1, 0)));
        assert_eq!(last, batch(3, 40));
    }
}
