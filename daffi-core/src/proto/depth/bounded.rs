//! A format and everything that reads from it, wrapped so that the bounds are asked at every step.
//!
//! Decides nothing: which steps are within bounds is [`Bounds`]' business.

use core::fmt;

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use super::bounds::Bounds;

/// A part of a format, or what reads from it, with the bounds that hold there.
pub(super) struct Bounded<T, B> {
    inner: T,
    bounds: B,
}

/// The same for those that read elements: whether the input decides how many there are, or their type.
struct Counted<T, B> {
    inner: T,
    bounds: B,
    by_input: bool,
}

impl<T, B: Bounds> Bounded<T, B> {
    pub(super) const fn new(inner: T, bounds: B) -> Self {
        Self { inner, bounds }
    }
}

impl<V, B: Bounds> Counted<V, B> {
    /// A visitor that reads as many elements as there are.
    const fn any(inner: V, bounds: B) -> Self {
        Self {
            inner,
            bounds,
            by_input: true,
        }
    }

    /// A visitor that reads the fields of its type.
    const fn fields(inner: V, bounds: B) -> Self {
        Self {
            inner,
            bounds,
            by_input: false,
        }
    }
}

macro_rules! forward_deserialize {
    ($($method:ident => $inner:ident;)*) => {
        $(
            fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
                self.inner.$inner(Counted::any(visitor, self.bounds))
            }
        )*
    };
}

impl<'de, D: Deserializer<'de>, B: Bounds> Deserializer<'de> for Bounded<D, B> {
    type Error = D::Error;

    forward_deserialize! {
        deserialize_any => deserialize_any;
        deserialize_bool => deserialize_bool;
        deserialize_i8 => deserialize_i8;
        deserialize_i16 => deserialize_i16;
        deserialize_i32 => deserialize_i32;
        deserialize_i64 => deserialize_i64;
        deserialize_i128 => deserialize_i128;
        deserialize_u8 => deserialize_u8;
        deserialize_u16 => deserialize_u16;
        deserialize_u32 => deserialize_u32;
        deserialize_u64 => deserialize_u64;
        deserialize_u128 => deserialize_u128;
        deserialize_f32 => deserialize_f32;
        deserialize_f64 => deserialize_f64;
        deserialize_char => deserialize_char;
        deserialize_str => deserialize_str;
        // Whoever wants to own a string or bytes copies what is lent. A format that is asked for its own may take the
        // memory first and look how much is there afterwards.
        deserialize_string => deserialize_str;
        deserialize_bytes => deserialize_bytes;
        deserialize_byte_buf => deserialize_bytes;
        deserialize_option => deserialize_option;
        deserialize_unit => deserialize_unit;
        deserialize_seq => deserialize_seq;
        deserialize_map => deserialize_map;
        deserialize_identifier => deserialize_identifier;
        deserialize_ignored_any => deserialize_ignored_any;
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.inner
            .deserialize_unit_struct(name, Counted::any(visitor, self.bounds))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.inner
            .deserialize_newtype_struct(name, Counted::any(visitor, self.bounds))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, D::Error> {
        self.inner
            .deserialize_tuple(len, Counted::fields(visitor, self.bounds))
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.inner
            .deserialize_tuple_struct(name, len, Counted::fields(visitor, self.bounds))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.inner
            .deserialize_struct(name, fields, Counted::fields(visitor, self.bounds))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.inner
            .deserialize_enum(name, variants, Counted::any(visitor, self.bounds))
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

macro_rules! forward_visit {
    ($($method:ident($value:ty);)*) => {
        $(
            fn $method<E: Error>(self, value: $value) -> Result<V::Value, E> {
                self.inner.$method(value)
            }
        )*
    };
}

impl<'de, V: Visitor<'de>, B: Bounds> Visitor<'de> for Counted<V, B> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(f)
    }

    forward_visit! {
        visit_bool(bool);
        visit_i8(i8);
        visit_i16(i16);
        visit_i32(i32);
        visit_i64(i64);
        visit_i128(i128);
        visit_u8(u8);
        visit_u16(u16);
        visit_u32(u32);
        visit_u64(u64);
        visit_u128(u128);
        visit_f32(f32);
        visit_f64(f64);
        visit_char(char);
        visit_str(&str);
        visit_borrowed_str(&'de str);
        visit_string(String);
        visit_bytes(&[u8]);
        visit_borrowed_bytes(&'de [u8]);
        visit_byte_buf(Vec<u8>);
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.inner.visit_none()
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.inner.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        let inside = self.bounds.enter()?;
        self.inner.visit_some(Bounded::new(deserializer, inside))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        let inside = self.bounds.enter()?;
        self.inner
            .visit_newtype_struct(Bounded::new(deserializer, inside))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, elements: A) -> Result<V::Value, A::Error> {
        if self.by_input {
            self.bounds.announce(elements.size_hint())?;
        }
        let inside = self.bounds.enter()?;
        self.inner.visit_seq(Counted {
            inner: elements,
            bounds: inside,
            by_input: self.by_input,
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<V::Value, A::Error> {
        self.bounds.announce(entries.size_hint())?;
        let inside = self.bounds.enter()?;
        self.inner.visit_map(Bounded::new(entries, inside))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, choice: A) -> Result<V::Value, A::Error> {
        let inside = self.bounds.enter()?;
        self.inner.visit_enum(Bounded::new(choice, inside))
    }
}

impl<'de, S: DeserializeSeed<'de>, B: Bounds> DeserializeSeed<'de> for Bounded<S, B> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        self.inner.deserialize(Bounded::new(deserializer, self.bounds))
    }
}

impl<'de, A: SeqAccess<'de>, B: Bounds> SeqAccess<'de> for Counted<A, B> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        let element = self.inner.next_element_seed(Bounded::new(seed, self.bounds))?;
        if self.by_input && element.is_some() {
            self.bounds.count()?;
        }
        Ok(element)
    }

    fn size_hint(&self) -> Option<usize> {
        let hint = self.inner.size_hint();
        if self.by_input {
            hint.map(|hint| hint.min(self.bounds.room()))
        } else {
            hint
        }
    }
}

impl<'de, A: MapAccess<'de>, B: Bounds> MapAccess<'de> for Bounded<A, B> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        let key = self.inner.next_key_seed(Bounded::new(seed, self.bounds))?;
        if key.is_some() {
            self.bounds.count()?;
        }
        Ok(key)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.inner.next_value_seed(Bounded::new(seed, self.bounds))
    }

    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint().map(|hint| hint.min(self.bounds.room()))
    }
}

impl<'de, A: EnumAccess<'de>, B: Bounds> EnumAccess<'de> for Bounded<A, B> {
    type Error = A::Error;
    type Variant = Bounded<A::Variant, B>;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self::Variant), A::Error> {
        let (value, content) = self.inner.variant_seed(Bounded::new(seed, self.bounds))?;
        Ok((value, Bounded::new(content, self.bounds)))
    }
}

impl<'de, A: VariantAccess<'de>, B: Bounds> VariantAccess<'de> for Bounded<A, B> {
    type Error = A::Error;

    fn unit_variant(self) -> Result<(), A::Error> {
        self.inner.unit_variant()
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, A::Error> {
        self.inner.newtype_variant_seed(Bounded::new(seed, self.bounds))
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, A::Error> {
        self.inner
            .tuple_variant(len, Counted::fields(visitor, self.bounds))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        self.inner
            .struct_variant(fields, Counted::fields(visitor, self.bounds))
    }
}
