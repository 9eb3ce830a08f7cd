//! What is next, handed to whoever reads it.

use serde::de::value::SeqDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, IntoDeserializer, MapAccess, SeqAccess, Unexpected,
    VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::super::depth::deeper;
use super::super::misfit::{Misfit, Step};
use super::token::{Token, pass};

/// A value that is yet to be read.
pub(crate) struct Reader<'r, 'de> {
    rest: &'r mut &'de [u8],
    /// How many types are around.
    level: usize,
}

impl<'r, 'de> Reader<'r, 'de> {
    pub(super) const fn new(rest: &'r mut &'de [u8]) -> Self {
        Self { rest, level: 0 }
    }

    fn inside(self) -> Result<Self, Misfit> {
        Ok(Self {
            level: deeper(self.level)?,
            ..self
        })
    }

    fn lend(&mut self) -> Reader<'_, 'de> {
        Reader {
            rest: self.rest,
            level: self.level,
        }
    }

    /// What stands here, which is not read with it.
    fn peek(&self) -> Result<Token<'de>, Misfit> {
        Token::next(&mut &**self.rest)
    }

    fn parts(self, left: usize) -> Result<Parts<'r, 'de>, Misfit> {
        Ok(Parts {
            reader: self.inside()?,
            left,
            count: left,
            key: None,
        })
    }
}

impl<'de> Deserializer<'de> for Reader<'_, 'de> {
    type Error = Misfit;

    fn is_human_readable(&self) -> bool {
        true
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match Token::next(self.rest)? {
            Token::Nothing => visitor.visit_unit(),
            Token::Bool(value) => visitor.visit_bool(value),
            Token::Natural(value) => visitor.visit_u64(value),
            Token::Integer(value) => visitor.visit_i64(value),
            Token::HugeNatural(value) => visitor.visit_u128(value),
            Token::Huge(value) => visitor.visit_i128(value),
            Token::F32(value) => visitor.visit_f32(value),
            Token::F64(value) => visitor.visit_f64(value),
            Token::Text(text) => visitor.visit_borrowed_str(text),
            Token::Bytes(bytes) => visitor.visit_borrowed_bytes(bytes),
            Token::Array(count) => {
                let mut elements = self.parts(count)?;
                let value = visitor.visit_seq(&mut elements)?;
                elements.end()?;
                Ok(value)
            }
            Token::Map(count) => {
                let mut entries = self.parts(count)?;
                let value = visitor.visit_map(&mut entries)?;
                entries.end()?;
                Ok(value)
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self.peek()? {
            Token::Nothing => {
                Token::next(self.rest)?;
                visitor.visit_none()
            }
            _ => visitor.visit_some(self.inside()?),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        visitor.visit_newtype_struct(self.inside()?)
    }

    /// Bytes are a sequence to those that ask for one.
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self.peek()? {
            Token::Bytes(bytes) => {
                Token::next(self.rest)?;
                let mut elements = SeqDeserializer::<_, Misfit>::new(bytes.iter().copied());
                let value = visitor.visit_seq(&mut elements)?;
                elements.end()?;
                Ok(value)
            }
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Misfit> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        mut self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        let has_content = match Token::next(self.rest)? {
            Token::Text(name) => {
                let content = None;
                return visitor
                    .visit_enum(Choice { name, content })
                    .map_err(|misfit| misfit.within(Step::name(name)));
            }
            Token::Map(1) => self.peek()?,
            _ => {
                return Err(Misfit::new(
                    "a variant is expected: its name, or a map of that with what it carries",
                ));
            }
        };
        let Token::Text(name) = has_content else {
            return Err(Misfit::new("the name of a variant is a text"));
        };
        Token::next(self.rest)?;
        let content = Some(self.lend().inside()?);
        visitor
            .visit_enum(Choice { name, content })
            .map_err(|misfit| misfit.within(Step::name(name)))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        pass(self.rest, self.level)?;
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct map struct
        identifier
    }
}

/// Elements, or keys and values, of which some are read.
struct Parts<'r, 'de> {
    reader: Reader<'r, 'de>,
    left: usize,
    count: usize,
    /// The key whose value comes, if it is a text.
    key: Option<&'de str>,
}

impl Parts<'_, '_> {
    fn end(self) -> Result<(), Misfit> {
        match self.left {
            0 => Ok(()),
            left => Err(Misfit::new(format_args!(
                "{left} parts are there that were not read"
            ))),
        }
    }

    /// The step to the last one.
    #[cold]
    fn step(&self) -> Step {
        self.key
            .map_or_else(|| Step::Element(self.count - self.left - 1), Step::name)
    }
}

impl<'de> SeqAccess<'de> for Parts<'_, 'de> {
    type Error = Misfit;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Misfit> {
        let Some(left) = self.left.checked_sub(1) else {
            return Ok(None);
        };
        self.left = left;
        let element = seed.deserialize(self.reader.lend());
        element.map(Some).map_err(|misfit| misfit.within(self.step()))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

impl<'de> MapAccess<'de> for Parts<'_, 'de> {
    type Error = Misfit;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Misfit> {
        let Some(left) = self.left.checked_sub(1) else {
            return Ok(None);
        };
        self.left = left;
        self.key = match self.reader.peek()? {
            Token::Text(key) => Some(key),
            _ => None,
        };
        seed.deserialize(self.reader.lend()).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Misfit> {
        let value = seed.deserialize(self.reader.lend());
        value.map_err(|misfit| misfit.within(self.step()))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

/// A variant, and what it carries.
struct Choice<'r, 'de> {
    name: &'de str,
    content: Option<Reader<'r, 'de>>,
}

impl<'r, 'de> EnumAccess<'de> for Choice<'r, 'de> {
    type Error = Misfit;
    type Variant = Content<'r, 'de>;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self::Variant), Misfit> {
        let name: serde::de::value::StrDeserializer<'_, Misfit> = self.name.into_deserializer();
        Ok((seed.deserialize(name)?, Content(self.content)))
    }
}

struct Content<'r, 'de>(Option<Reader<'r, 'de>>);

impl<'r, 'de> Content<'r, 'de> {
    fn some(self, expected: &'static str) -> Result<Reader<'r, 'de>, Misfit> {
        self.0
            .ok_or_else(|| Misfit::invalid_type(Unexpected::UnitVariant, &expected))
    }
}

impl<'de> VariantAccess<'de> for Content<'_, 'de> {
    type Error = Misfit;

    /// Whatever it carries nobody asks for.
    fn unit_variant(self) -> Result<(), Misfit> {
        self.0.map_or(Ok(()), |content| pass(content.rest, content.level))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Misfit> {
        seed.deserialize(self.some("a variant with one field")?)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Misfit> {
        self.some("a variant with fields")?.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        self.some("a variant with fields")?.deserialize_any(visitor)
    }
}
