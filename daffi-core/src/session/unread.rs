//! What has come of a call and was not looked at.

use std::collections::{BTreeMap, VecDeque};

use super::answers::Item;
use super::lent::{apart, join};

/// In the order in which it came; items of one stream are put together, whatever came of others between them, as there may be very many.
#[derive(Debug, Default)]
pub(super) struct Unread(Option<Box<Queue>>);

#[derive(Debug, Default)]
struct Queue {
    items: VecDeque<Item>,
    /// How many were looked at.
    taken: u64,
    /// The place of the last items of each stream, counted from the first that ever came, if nothing else of its process came behind them.
    last: BTreeMap<u32, u64>,
}

impl Unread {
    pub(super) const fn new() -> Self {
        Self(None)
    }

    pub(super) fn push(&mut self, item: Item) {
        let queue = self.0.get_or_insert_default();
        let item = match item {
            Item::Batch(part, batch) => {
                if let Some(Item::Batch(_, waits)) = queue.last_of(part)
                    && join(waits, &batch)
                {
                    return;
                }
                queue.last.insert(part, queue.taken + queue.items.len() as u64);
                let waits = !queue.items.is_empty();
                Item::Batch(part, if waits { apart(batch) } else { batch })
            }
            other => {
                if let Some(part) = other.part() {
                    queue.last.remove(&part);
                }
                other
            }
        };
        queue.items.push_back(item);
    }

    pub(super) fn pop(&mut self) -> Option<Item> {
        let queue = self.0.as_mut()?;
        let item = queue.items.pop_front()?;
        queue.taken += 1;
        Some(item)
    }

    pub(super) fn retain(&mut self, keep: impl FnMut(&Item) -> bool) {
        if let Some(queue) = &mut self.0 {
            queue.items.retain(keep);
            // Those that are left have other places.
            queue.last.clear();
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Item> {
        self.0.iter().flat_map(|queue| &queue.items)
    }
}

impl Queue {
    fn last_of(&mut self, part: u32) -> Option<&mut Item> {
        let place = self.last.get(&part)?.checked_sub(self.taken)?;
        self.items.get_mut(usize::try_from(place).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::proto::Batch;

    fn batch(part: u32, bytes: &'static [u8]) -> Item {
        let items = u32::try_from(bytes.len()).expect("there are few");
        Item::Batch(part, Batch::new(items, Bytes::from_static(bytes)))
    }

    fn of(items: impl IntoIterator<Item = Item>) -> Unread {
        let mut unread = Unread::new();
        items.into_iter().for_each(|item| unread.push(item));
        unread
    }

    fn all(mut unread: Unread) -> Vec<Item> {
        std::iter::from_fn(|| unread.pop()).collect()
    }

    #[test]
    fn p6_items_of_streams_that_take_turns_are_put_together() {
        let in_turn = (0..3000).map(|number| batch(number % 3, b"x"));
        let unread = all(of(in_turn));
        let parts: Vec<_> = unread.iter().filter_map(Item::part).collect();
        assert_eq!(parts, [0, 1, 2]);
        assert!(
            unread
                .iter()
                .all(|item| matches!(item, Item::Batch(_, batch) if batch.items == 1000))
        );
    }

    #[test]
    fn what_comes_of_one_process_stays_in_its_order() {
        let front = || Item::Opened(1, Bytes::from_static(b"front"));
        let unread = of([
            batch(1, b"a"),
            batch(2, b"b"),
            front(),
            batch(1, b"c"),
            batch(2, b"d"),
            batch(1, b"e"),
        ]);
        assert_eq!(
            all(unread),
            [batch(1, b"a"), batch(2, b"bd"), front(), batch(1, b"ce")]
        );
    }

    #[test]
    fn what_was_looked_at_gets_no_more() {
        let mut unread = of([batch(1, b"a"), batch(2, b"b")]);
        assert_eq!(unread.pop(), Some(batch(1, b"a")));
        unread.push(batch(1, b"c"));
        unread.push(batch(2, b"d"));
        assert_eq!(all(unread), [batch(2, b"bd"), batch(1, b"c")]);
    }

    #[test]
    fn what_is_left_of_many_is_not_taken_for_others() {
        let mut unread = of([batch(1, b"a"), batch(2, b"b"), batch(3, b"c")]);
        unread.retain(|item| item.part() != Some(1));
        unread.push(batch(3, b"d"));
        unread.push(batch(3, b"e"));
        assert_eq!(all(unread), [batch(2, b"b"), batch(3, b"c"), batch(3, b"de")]);
    }
}
