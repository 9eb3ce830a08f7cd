//! The deserializer: asks the tree what to give, gives it, and tells the tree how it went.
//!
//! It decides nothing itself.

use std::any::type_name;
use std::mem::discriminant;

use serde::de::value::{StrDeserializer, U32Deserializer};
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use super::super::Type;
use super::candidates::{BOOLS, BYTES, CHARS, FLOATS, INTEGERS, STRINGS};
use super::refused::Refused;
use super::tree::{Kind, Spot, Tree};

/// The Rust type that a seed reads, if its name tells.
fn read_by<S>() -> &'static str {
    let seed = type_name::<S>();
    seed.strip_prefix("core::marker::PhantomData<")
        .and_then(|ty| ty.strip_suffix('>'))
        .unwrap_or("")
}

/// A position from which a value is read.
pub(super) struct Cursor<'a> {
    tree: &'a mut Tree,
    spot: Spot,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(tree: &'a mut Tree, spot: Spot) -> Self {
        Self { tree, spot }
    }

    fn enter<V>(&mut self, kind: Kind) -> Result<(), Refused> {
        self.spot = self.tree.enter(self.spot, kind, type_name::<V>())?;
        Ok(())
    }

    /// Which candidate to give for a type without types inside.
    fn leaf(mut self, ty: Type) -> Result<usize, Refused> {
        let kind = Kind::Leaf(ty);
        // Leaves are not told apart any further, hence no visitor.
        self.spot = self.tree.enter(self.spot, kind.clone(), "")?;
        let Kind::Leaf(ty) = kind else {
            return self.tree.stop();
        };
        self.tree.candidate(self.spot, &ty)
    }

    /// Has the only child read from by `read`.
    fn inside<T>(self, read: impl FnOnce(Cursor<'_>) -> Result<T, Refused>) -> Result<T, Refused> {
        let Some(child) = self.tree.child(self.spot, 0) else {
            return self.tree.stop();
        };
        let around = self.tree.node(self.spot.node).rust;
        self.tree.node_mut(child.node).rust = around
            .strip_prefix("core::option::Option<")
            .and_then(|ty| ty.strip_suffix('>'))
            .unwrap_or(around);
        self.tree.read(child, |tree| read(Cursor::new(tree, child)))
    }

    /// The children, one after the other.
    fn fields(self) -> Elements<'a> {
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

macro_rules! scalars {
    ($($method:ident, $visit:ident, $ty:ident, $index:ident => $value:expr;)*) => {
        $(
            fn $method<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Refused> {
                let $index = self.leaf(Type::$ty)?;
                visitor.$visit($value)
            }
        )*
    };
}

impl Deserializer<'static> for Cursor<'_> {
    type Error = Refused;

    fn is_human_readable(&self) -> bool {
        false
    }

    scalars! {
        deserialize_bool, visit_bool, Bool, i => BOOLS[i];
        deserialize_i8, visit_i8, I8, i => INTEGERS[i];
        deserialize_i16, visit_i16, I16, i => INTEGERS[i].into();
        deserialize_i32, visit_i32, I32, i => INTEGERS[i].into();
        deserialize_i64, visit_i64, I64, i => INTEGERS[i].into();
        deserialize_i128, visit_i128, I128, i => INTEGERS[i].into();
        deserialize_u8, visit_u8, U8, i => INTEGERS[i].unsigned_abs();
        deserialize_u16, visit_u16, U16, i => INTEGERS[i].unsigned_abs().into();
        deserialize_u32, visit_u32, U32, i => INTEGERS[i].unsigned_abs().into();
        deserialize_u64, visit_u64, U64, i => INTEGERS[i].unsigned_abs().into();
        deserialize_u128, visit_u128, U128, i => INTEGERS[i].unsigned_abs().into();
        deserialize_f32, visit_f32, F32, i => FLOATS[i];
        deserialize_f64, visit_f64, F64, i => FLOATS[i].into();
        deserialize_char, visit_char, Char, i => CHARS[i];
        deserialize_str, visit_borrowed_str, Str, i => STRINGS[i];
        deserialize_string, visit_borrowed_str, Str, i => STRINGS[i];
        deserialize_bytes, visit_borrowed_bytes, Bytes, i => BYTES[i];
        deserialize_byte_buf, visit_borrowed_bytes, Bytes, i => BYTES[i];
    }

    fn deserialize_any<V: Visitor<'static>>(self, _: V) -> Result<V::Value, Refused> {
        self.tree.ask(self.spot)
    }

    fn deserialize_identifier<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.deserialize_any(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.deserialize_any(visitor)
    }

    fn deserialize_unit<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.leaf(Type::Unit)?;
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'static>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Refused> {
        self.leaf(Type::UnitStruct {
            name: name.to_owned(),
        })?;
        visitor.visit_unit()
    }

    fn deserialize_option<V: Visitor<'static>>(mut self, visitor: V) -> Result<V::Value, Refused> {
        self.enter::<V>(Kind::Option)?;
        match self.tree.elements(self.spot) {
            0 => visitor.visit_none(),
            _ => self.inside(|cursor| visitor.visit_some(cursor)),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'static>>(
        mut self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Refused> {
        self.enter::<V>(Kind::Newtype(name))?;
        self.inside(|cursor| visitor.visit_newtype_struct(cursor))
    }

    fn deserialize_seq<V: Visitor<'static>>(mut self, visitor: V) -> Result<V::Value, Refused> {
        self.enter::<V>(Kind::Seq)?;
        let end = self.tree.elements(self.spot);
        visitor.visit_seq(Elements {
            tree: self.tree,
            spot: self.spot,
            next: 0,
            end,
            repeating: true,
        })
    }

    fn deserialize_map<V: Visitor<'static>>(mut self, visitor: V) -> Result<V::Value, Refused> {
        self.enter::<V>(Kind::Map)?;
        let left = self.tree.elements(self.spot);
        visitor.visit_map(Entries {
            tree: self.tree,
            spot: self.spot,
            left,
        })
    }

    fn deserialize_tuple<V: Visitor<'static>>(
        mut self,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Refused> {
        self.enter::<V>(Kind::Tuple(length))?;
        visitor.visit_seq(self.fields())
    }

    fn deserialize_tuple_struct<V: Visitor<'static>>(
        mut self,
        name: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Refused> {
        self.enter::<V>(Kind::TupleStruct(name, length))?;
        visitor.visit_seq(self.fields())
    }

    fn deserialize_struct<V: Visitor<'static>>(
        mut self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        self.enter::<V>(Kind::Struct(name, fields))?;
        visitor.visit_seq(self.fields())
    }

    fn deserialize_enum<V: Visitor<'static>>(
        mut self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        self.enter::<V>(Kind::Enum(name, variants))?;
        let variant = match self.tree.name_to_try(self.spot) {
            Some(name) => Chosen::Name(name),
            None => Chosen::Number(self.tree.variant(self.spot)?),
        };
        visitor.visit_enum(Choice {
            cursor: self,
            variant,
        })
    }
}

/// The fields of a struct or tuple, or the elements of a sequence.
struct Elements<'a> {
    tree: &'a mut Tree,
    spot: Spot,
    next: usize,
    end: usize,
    /// Whether they are all at one position.
    repeating: bool,
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
struct Entries<'a> {
    tree: &'a mut Tree,
    spot: Spot,
    left: usize,
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

    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

/// An enum whose variant has been chosen.
struct Choice<'a> {
    cursor: Cursor<'a>,
    variant: Chosen,
}

enum Chosen {
    Number(usize),
    /// Only to see which variant goes by that name.
    Name(&'static str),
}

/// What is the same for two values if they are the same variant of their type.
fn mark<T>(value: &T) -> String {
    format!("{:?}", discriminant(value))
}

impl<'a> EnumAccess<'static> for Choice<'a> {
    type Error = Refused;
    type Variant = Cursor<'a>;

    fn variant_seed<V: DeserializeSeed<'static>>(self, seed: V) -> Result<(V::Value, Cursor<'a>), Refused> {
        let Cursor { tree, spot } = self.cursor;
        let variant = match self.variant {
            Chosen::Number(variant) => variant,
            Chosen::Name(name) => {
                let deserializer: StrDeserializer<'_, Refused> = name.into_deserializer();
                let goes_by_it = seed.deserialize(deserializer).map(|value| mark(&value));
                tree.name_tried(spot, goes_by_it.ok());
                return tree.stop();
            }
        };
        let (Some(content), Ok(index)) = (tree.child(spot, variant), u32::try_from(variant)) else {
            return tree.stop();
        };
        let deserializer: U32Deserializer<Refused> = index.into_deserializer();
        match seed.deserialize(deserializer) {
            Ok(value) => {
                tree.node_mut(content.node).mark = Some(mark(&value));
                Ok((value, Cursor::new(tree, content)))
            }
            Err(Refused) => {
                tree.no_such_variant(spot, variant);
                tree.stop()
            }
        }
    }
}

/// What the variant carries. It is part of its enum, so it cannot be a recursion of its own, hence no visitor.
impl VariantAccess<'static> for Cursor<'_> {
    type Error = Refused;

    fn unit_variant(self) -> Result<(), Refused> {
        self.tree.enter(self.spot, Kind::Leaf(Type::Unit), "").map(drop)
    }

    fn newtype_variant_seed<T: DeserializeSeed<'static>>(mut self, seed: T) -> Result<T::Value, Refused> {
        self.spot = self.tree.enter(self.spot, Kind::Tuple(1), "")?;
        let Some(child) = self.tree.child(self.spot, 0) else {
            return self.tree.stop();
        };
        self.tree.node_mut(child.node).rust = read_by::<T>();
        self.tree
            .read(child, |tree| seed.deserialize(Cursor::new(tree, child)))
    }

    fn tuple_variant<V: Visitor<'static>>(mut self, length: usize, visitor: V) -> Result<V::Value, Refused> {
        self.spot = self.tree.enter(self.spot, Kind::Tuple(length), "")?;
        visitor.visit_seq(self.fields())
    }

    fn struct_variant<V: Visitor<'static>>(
        mut self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        self.spot = self.tree.enter(self.spot, Kind::Struct("", fields), "")?;
        visitor.visit_seq(self.fields())
    }
}
