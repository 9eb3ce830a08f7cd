//! A struct that is told its fields by their numbers, in whatever order, as serde's derive can: so what stands behind a
//! field of which no value can be made up is found out as well.

use serde::de::{DeserializeSeed, Deserializer, MapAccess, Unexpected, Visitor};
use serde::forward_to_deserialize_any;

use super::super::node::ByNumber;
use super::super::refused::Refused;
use super::super::tree::{Spot, Tree};
use super::{Cursor, read_by};

impl Cursor<'_> {
    /// Has a struct read its fields.
    pub(super) fn named_fields<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Refused> {
        let place = if self.spot.constructing() {
            None
        } else {
            self.tree.next_by_number(self.spot.node)
        };
        match place {
            Some(place) => read(self.tree, self.spot, place, visitor),
            None => visitor.visit_seq(self.fields()),
        }
    }
}

/// Has a struct read the field at `place`, and no other. No value comes of it.
fn read<V: Visitor<'static>>(
    tree: &mut Tree,
    spot: Spot,
    place: usize,
    visitor: V,
) -> Result<V::Value, Refused> {
    let field = tree.node(spot.node).children[place];
    tree.explored.push(field);
    let asked = Numbered {
        tree: &mut *tree,
        spot,
        place,
        has_come: false,
    };
    let _ = visitor.visit_map(asked);
    if tree.node(spot.node).by_number == ByNumber::Untried {
        tree.cannot_number(spot.node);
    }
    tree.stop()
}

/// The one field.
struct Numbered<'a> {
    tree: &'a mut Tree,
    spot: Spot,
    place: usize,
    has_come: bool,
}

impl MapAccess<'static> for Numbered<'_> {
    type Error = Refused;

    fn next_key_seed<K: DeserializeSeed<'static>>(&mut self, seed: K) -> Result<Option<K::Value>, Refused> {
        if self.has_come {
            return self.tree.stop();
        }
        self.has_come = true;
        match seed.deserialize(Number(self.place)) {
            Ok(key) => {
                self.tree.node_mut(self.spot.node).by_number = ByNumber::Works;
                Ok(Some(key))
            }
            Err(Unknown { counts: true }) => {
                self.tree.node_mut(self.spot.node).by_number = ByNumber::Works;
                self.tree.shorten(self.spot.node, self.place);
                self.tree.stop()
            }
            Err(Unknown { counts: false }) => self.tree.stop(),
        }
    }

    fn next_value_seed<T: DeserializeSeed<'static>>(&mut self, seed: T) -> Result<T::Value, Refused> {
        let Some(child) = self.tree.child(self.spot, self.place) else {
            return self.tree.stop();
        };
        let rust = read_by::<T>();
        if rust == std::any::type_name::<serde::de::IgnoredAny>() {
            // There is no such field: serde lists aliases among the names.
            self.tree.shorten(self.spot.node, self.place);
            return self.tree.stop();
        }
        self.tree.node_mut(child.node).rust = rust;
        self.tree
            .read(child, |tree| seed.deserialize(Cursor::new(tree, child)))
    }
}

/// The number of a field.
struct Number(usize);

/// A number was not taken for a field.
#[derive(Debug)]
struct Unknown {
    /// Whether others would be.
    counts: bool,
}

impl std::fmt::Display for Unknown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("no field has this number")
    }
}

impl std::error::Error for Unknown {}

impl serde::de::Error for Unknown {
    fn custom<T: std::fmt::Display>(_: T) -> Self {
        Self { counts: false }
    }

    fn invalid_value(_: Unexpected<'_>, _: &dyn serde::de::Expected) -> Self {
        Self { counts: true }
    }
}

impl<'de> Deserializer<'de> for Number {
    type Error = Unknown;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unknown> {
        visitor.visit_u64(self.0.try_into().unwrap_or(u64::MAX))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}
