//! Tables by numbers and names that a peer chooses, and numbers that look like any others.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, Hasher};

/// A number in which every bit of another one counts (the finalizer of splitmix64).
#[must_use]
pub const fn mixed(mut number: u64) -> u64 {
    number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

/// A table that takes memory in proportion to what is in it.
pub type Table<K, V> = HashMap<K, V, Mixing>;

/// Below so many places a table is not worth shrinking.
const SMALL: usize = 64;

/// Gives memory back that a table has no use for.
pub fn shrink<K: Eq + Hash, V>(table: &mut HashMap<K, V, impl BuildHasher>) {
    if table.capacity() > SMALL && table.len() < table.capacity() / 8 {
        table.shrink_to(table.len() * 2);
    }
}

/// Hashes numbers and names, quickly, in a way that a peer cannot know in advance.
#[derive(Clone, Copy, Debug)]
pub struct Mixing {
    seed: u64,
}

impl Mixing {
    /// Hashes in a way of its own for each seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { seed: mixed(seed) }
    }
}

impl BuildHasher for Mixing {
    type Hasher = Mixer;

    fn build_hasher(&self) -> Mixer {
        Mixer(self.seed)
    }
}

/// What [`Mixing`] hashes with.
#[derive(Debug)]
pub struct Mixer(u64);

impl Hasher for Mixer {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        words
            .iter()
            .for_each(|word| self.write_u64(u64::from_le_bytes(*word)));
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        // The length tells what ends with zeros from what does not.
        self.write_u64(u64::from_le_bytes(last) ^ (bytes.len() as u64).rotate_left(56));
    }

    fn write_u8(&mut self, number: u8) {
        // That follows a string, whose length is counted already.
        if number != 0xff {
            self.write_u64(number.into());
        }
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(u64::from(number));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = mixed(self.0 ^ number);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::proto::CallId;

    /// To shrink one costs as much as to fill it, so it pays only where little is left of much.
    #[test]
    fn a_table_keeps_its_places_while_it_is_small_or_in_use() {
        let mut table = Table::with_hasher(Mixing::new(1));
        table.extend((0..1000_u32).map(|number| (number, ())));
        table.retain(|number, ()| *number < 400);
        shrink(&mut table);
        assert!(table.capacity() >= 1000, "much of it is in use");
        table.retain(|number, ()| *number < 10);
        shrink(&mut table);
        let small = table.capacity();
        assert!(
            (20..64).contains(&small),
            "{small} places for ten, and as many again"
        );
        table.clear();
        shrink(&mut table);
        assert!(table.capacity() >= 10, "it is small");
    }

    /// Keys that differ in a few bits of theirs are apart by what a table looks at: the lowest bits, and the highest.
    #[test]
    fn p15_numbers_and_names_are_mixed_apart() {
        #[track_caller]
        fn check<K: Hash>(key: impl Fn(u64) -> K) {
            for seed in [0, 1, u64::MAX] {
                let mixing = Mixing::new(seed);
                let hashes: Vec<_> = (0..128).map(|number| mixing.hash_one(key(number))).collect();
                let different = |part: fn(u64) -> u64| {
                    let parts = hashes.iter().map(|hash| part(*hash));
                    parts.collect::<HashSet<_>>().len()
                };
                assert!(different(|hash| hash % 1024) > 96);
                assert!(different(|hash| hash >> 57) > 64);
            }
        }
        for shift in 0..57 {
            check(|number| number << shift);
            check(|number| (number << shift).to_le_bytes());
            check(|number| format!("{:064b}", number << shift));
        }
        for shift in 0..25 {
            check(|number| u32::try_from(number).unwrap_or_default() << shift);
            check(|number| CallId {
                slot: 7,
                generation: u32::try_from(number).unwrap_or_default() << shift,
            });
        }
        check(|number| "\0".repeat(usize::try_from(number).unwrap_or_default()));
        check(|number| u8::try_from(number).unwrap_or_default());
        check(|number| (number % 2 == 0, number / 2));
    }
}
