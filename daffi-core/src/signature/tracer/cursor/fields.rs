//! The parts that a struct, a tuple, a sequence or a map is given.

use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};

use super::super::refused::Refused;
use super::super::tree::{Spot, Tree};
use super::{Cursor, read_by};

/// Where the code is that reads the fields of a struct.
pub(super) fn code_of_fields<V: Visitor<'static>>() -> usize {
    V::visit_seq::<Elements<'static>> as fn(V, Elements<'static>) -> _ as usize
}

impl<'a> Cursor<'a> {
    /// The children, one after the other.
    pub(super) fn fields(self) -> Elements<'a> {
        let end = self.tree.node(self.spot.node).children.len();
        Elements {
            tree: self.tree,
            spot: self.spot,
            next: 0,
            end,
            repeating: false,
        }
    }
}

/// The fields of a struct or tuple, or the elements of a sequence.
pub(super) struct Elements<'a> {
    pub(super) tree: &'a mut Tree,
    pub(super) spot: Spot,
    pub(super) next: usize,
    pub(super) end: usize,
    /// Whether they are all at one position.
    pub(super) repeating: bool,
}

impl SeqAccess<'static> for Elements<'_> {
    type Error = Refused;

    fn next_element_seed<T: DeserializeSeed<'static>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Refused> {
        if self.next >= self.end {
            return Ok(None);
        }
        let place = if self.repeating { 0 } else { self.next };
        self.next += 1;
        let Some(child) = self.tree.child(self.spot, place) else {
            return self.tree.stop();
        };
        self.tree.node_mut(child.node).rust = read_by::<T>();
        self.tree
            .read(child, |tree| seed.deserialize(Cursor::new(tree, child)))
            .map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.end - self.next)
    }
}

/// The entries of a map.
pub(super) struct Entries<'a> {
    pub(super) tree: &'a mut Tree,
    pub(super) spot: Spot,
    pub(super) left: usize,
}

impl Entries<'_> {
    fn read<T: DeserializeSeed<'static>>(&mut self, place: usize, seed: T) -> Result<T::Value, Refused> {
        let Some(child) = self.tree.child(self.spot, place) else {
            return self.tree.stop();
        };
        self.tree.node_mut(child.node).rust = read_by::<T>();
        self.tree
            .read(child, |tree| seed.deserialize(Cursor::new(tree, child)))
    }
}

impl MapAccess<'static> for Entries<'_> {
    type Error = Refused;

    fn next_key_seed<K: DeserializeSeed<'static>>(&mut self, seed: K) -> Result<Option<K::Value>, Refused> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        self.read(0, seed).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'static>>(&mut self, seed: V) -> Result<V::Value, Refused> {
        self.read(1, seed)
    }

    /// Where no key can be made up, the value is read by itself; no entry comes of it.
    fn next_entry_seed<K: DeserializeSeed<'static>, V: DeserializeSeed<'static>>(
        &mut self,
        key: K,
        value: V,
    ) -> Result<Option<(K::Value, V::Value)>, Refused> {
        if self.left > 0 && !self.spot.constructing() && self.tree.next_value(self.spot.node).is_some() {
            self.left -= 1;
            let _ = self.read(1, value);
            return self.tree.stop();
        }
        let Some(key) = self.next_key_seed(key)? else {
            return Ok(None);
        };
        Ok(Some((key, self.next_value_seed(value)?)))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}
