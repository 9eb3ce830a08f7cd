//! Tables by numbers and names that a peer chooses.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, Hasher};

use crate::mixed::mixed;

/// A table that takes memory in proportion to what is in it.
pub(super) type Table<K, V> = HashMap<K, V, Mixing>;

/// Below so many places a table is not worth shrinking.
const SMALL: usize = 64;

/// Gives memory back that a table has no use for.
pub(super) fn shrink<K: Eq + Hash, V>(table: &mut HashMap<K, V, impl BuildHasher>) {
    if table.capacity() > SMALL && table.len() < table.capacity() / 8 {
        table.shrink_to(table.len() * 2);
    }
}

/// Hashes numbers and names, quickly, in a way that a peer cannot know in advance.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mixing {
    seed: u64,
}

impl Mixing {
    pub(super) const fn new(seed: u64) -> Self {
        Self { seed: mixed(seed) }
    }
}

impl BuildHasher for Mixing {
    type Hasher = Mixer;

    fn build_hasher(&self) -> Mixer {
        Mixer(self.seed)
    }
}

#[derive(Debug)]
pub(super) struct Mixer(u64);

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

    fn write_u8(&mut self, _end: u8) {
        // What follows a string; its length is counted already.
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(u64::from(number));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = mixed(self.0 ^ number);
    }
}
