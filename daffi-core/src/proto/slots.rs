//! Places for what is outstanding, numbered so that no number means two things.

use slab::Slab;

use super::CallId;

/// The memory of so many places is kept when all are free.
const KEPT: usize = 4096;

/// Values under the numbers of calls. A place is used again, under another generation, so a number that is late finds nothing.
#[derive(Debug)]
pub struct Slots<T> {
    places: Slab<T>,
    /// The generation of each place: of what is there, or of what comes next.
    generations: Vec<u32>,
    /// The generation of a place that was never used, and of the newest that was.
    first: u32,
    newest: u32,
}

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Slots<T> {
    /// No places.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            places: Slab::new(),
            generations: Vec::new(),
            first: 0,
            newest: 0,
        }
    }

    /// How many are used.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether none is used.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The number of the next value.
    #[must_use]
    pub fn next(&self) -> CallId {
        self.number(self.places.vacant_key())
    }

    fn number(&self, place: usize) -> CallId {
        CallId {
            // Whoever has slots bounds how many there are.
            slot: u32::try_from(place).unwrap_or(u32::MAX),
            generation: self.generations.get(place).copied().unwrap_or(self.first),
        }
    }

    /// Puts a value at the next place.
    pub fn insert(&mut self, value: T) -> CallId {
        let place = self.places.insert(value);
        if self.generations.len() <= place {
            self.generations.resize(place + 1, self.first);
        }
        self.number(place)
    }

    /// The value under a number.
    #[must_use]
    pub fn get(&self, call: CallId) -> Option<&T> {
        let place = call.slot as usize;
        let is_current = self.generations.get(place) == Some(&call.generation);
        self.places.get(place).filter(|_| is_current)
    }

    /// The value under a number, to be changed.
    pub fn get_mut(&mut self, call: CallId) -> Option<&mut T> {
        let place = call.slot as usize;
        let is_current = self.generations.get(place) == Some(&call.generation);
        self.places.get_mut(place).filter(|_| is_current)
    }

    /// Takes a value out; its number means nothing from now on.
    pub fn remove(&mut self, call: CallId) -> Option<T> {
        self.get(call)?;
        let place = call.slot as usize;
        let removed = self.places.try_remove(place)?;
        let next = call.generation.wrapping_add(1);
        self.generations[place] = next;
        self.newest = self.newest.max(next);
        if self.places.is_empty() && self.places.capacity() > KEPT {
            // What many took is given back; their numbers are not used again.
            self.places = Slab::new();
            self.generations = Vec::new();
            self.first = self.newest;
        }
        Some(removed)
    }

    /// Keeps the values that `keep` says.
    pub fn retain(&mut self, mut keep: impl FnMut(&mut T) -> bool) {
        let places = self
            .iter_mut()
            .filter_map(|(call, value)| (!keep(value)).then_some(call));
        for call in places.collect::<Vec<_>>() {
            self.remove(call);
        }
    }

    /// All values.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.places.iter().map(|(_, value)| value)
    }

    /// All values with their numbers.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (CallId, &mut T)> {
        let generations = &self.generations;
        self.places.iter_mut().map(|(place, value)| {
            let call = CallId {
                slot: u32::try_from(place).unwrap_or(u32::MAX),
                generation: generations[place],
            };
            (call, value)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_used_again_under_another_number() {
        let mut slots = Slots::new();
        assert_eq!(slots.next(), CallId::first(0));
        let (a, b) = (slots.insert('a'), slots.insert('b'));
        assert_eq!(slots.remove(a), Some('a'));
        let next = slots.next();
        let c = slots.insert('c');
        assert_eq!((next, c.slot, c.generation), (c, a.slot, 1));
        // What is late finds nothing, and takes nothing.
        assert_eq!(slots.get(a), None);
        assert_eq!(slots.get_mut(a), None);
        assert_eq!(slots.remove(a), None);
        assert_eq!(
            (slots.get(b), slots.get(c), slots.len()),
            (Some(&'b'), Some(&'c'), 2)
        );
    }

    #[test]
    fn memory_is_given_back_and_numbers_are_not_used_again() {
        let mut slots = Slots::new();
        let mut used = std::collections::HashSet::new();
        for _ in 0..3 {
            let calls: Vec<_> = (0..=KEPT).map(|value| slots.insert(value)).collect();
            assert!(calls.iter().all(|call| used.insert(*call)), "each number is new");
            assert!(slots.places.capacity() > KEPT);
            for call in calls {
                assert!(slots.remove(call).is_some());
            }
            assert_eq!((slots.places.capacity(), slots.generations.capacity()), (0, 0));
        }
    }

    #[test]
    fn what_is_not_kept_is_removed() {
        let mut slots = Slots::new();
        let calls: Vec<_> = (0..10).map(|value| slots.insert(value)).collect();
        slots.retain(|value| *value % 2 == 0);
        assert_eq!(slots.iter().copied().collect::<Vec<_>>(), [0, 2, 4, 6, 8]);
        assert_eq!((slots.get(calls[1]), slots.get(calls[2])), (None, Some(&2)));
        assert_eq!(slots.insert(11).generation, 1);
    }
}
