//! Enums: a variant, and what it carries.

use serde::de::{DeserializeSeed, EnumAccess, MapAccess, VariantAccess, Visitor};

use super::super::layout::{self, At, Enum, Place};
use super::super::misfit::Misfit;
use super::super::skip::unknown_variant;
use super::Reader;
use super::name::{Known, Name, not_known};

impl<'l> Reader<'_, 'l, '_> {
    /// Which variant it is.
    #[inline]
    pub(super) fn choice(&mut self, choices: &'l Enum) -> Result<&'l layout::Choice, Misfit> {
        let index = self.input.u32()?;
        choices.choice(index).ok_or_else(|| unknown_variant(index))
    }
}

/// A variant that was chosen.
pub(super) struct Choice<'a, 'l, 'de> {
    content: Reader<'a, 'l, 'de>,
    name: &'l str,
}

impl<'a, 'l, 'de> Choice<'a, 'l, 'de> {
    /// One of those at a place that is read by somebody who knows these. Only its own names are looked at, once: there may be very many
    /// others, and it may come as often as there are bytes.
    pub(super) fn new(
        content: Reader<'a, 'l, 'de>,
        at: At,
        choice: &'l layout::Choice,
        known: Known,
    ) -> Result<Self, Misfit> {
        let names = &choice.names;
        let name = match names.only() {
            Some(name) => name,
            None if names.is_known() => {
                let find = || names.among(known);
                let key = (at, choice.index, known.as_ptr().addr(), known.len());
                let number = choice.meant.of(known).unwrap_or_else(|| {
                    let number = content.input.meant_of_variant(key, find);
                    choice.meant.keep(known, number);
                    number
                });
                names.name(number)
            }
            None => return Err(not_known()),
        };
        Ok(Self { content, name })
    }
}

impl<'a, 'l, 'de> EnumAccess<'de> for Choice<'a, 'l, 'de> {
    type Error = Misfit;
    type Variant = Content<'a, 'l, 'de>;

    #[inline]
    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self::Variant), Misfit> {
        let variant = seed.deserialize(Name(self.name))?;
        Ok((variant, Content(self.content)))
    }
}

/// What a variant carries.
pub(super) struct Content<'a, 'l, 'de>(Reader<'a, 'l, 'de>);

impl<'a, 'l, 'de> Content<'a, 'l, 'de> {
    /// The place of the only field, if there is only one.
    fn single(self) -> Result<Reader<'a, 'l, 'de>, Misfit> {
        match self.0.place() {
            Place::Tuple(fields) if fields.len() == 1 => {
                self.0.input.pass()?;
                Ok(Reader {
                    at: fields[0],
                    ..self.0
                })
            }
            _ => Ok(self.0),
        }
    }

    fn differs<T>(&self, expected: &str) -> Result<T, Misfit> {
        let came = match self.0.place() {
            Place::Unit => "nothing".to_owned(),
            Place::Tuple(fields) => format!("{} without names", fields.len()),
            Place::Struct(structure) => format!("{} with names", structure.fields.len()),
            _ => "something else".to_owned(),
        };
        Err(Misfit::new(format_args!(
            "{expected} is expected in this variant, and {came} came"
        )))
    }
}

impl<'de> VariantAccess<'de> for Content<'_, '_, 'de> {
    type Error = Misfit;

    fn unit_variant(self) -> Result<(), Misfit> {
        self.0.skip()
    }

    #[inline]
    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Misfit> {
        match self.0.place() {
            Place::Tuple(fields) if fields.len() == 1 => self.single()?.read(seed),
            _ => self.differs("one field"),
        }
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Misfit> {
        match self.0.place() {
            Place::Tuple(fields) => self.0.row(fields, visitor),
            Place::Unit | Place::Struct(_) if length == 0 => self.0.nothing(visitor),
            _ => self.differs("fields without names"),
        }
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        match self.0.place() {
            Place::Struct(structure) => self.0.named(structure, fields, visitor),
            Place::Unit => self.0.unnamed(visitor),
            _ => self.differs("fields with names"),
        }
    }
}

/// A variant as a map of one entry, for those that ask what comes.
pub(super) struct OneEntry<'a, 'l, 'de> {
    content: Option<Content<'a, 'l, 'de>>,
    choice: &'l layout::Choice,
    has_name: bool,
}

impl<'a, 'l, 'de> OneEntry<'a, 'l, 'de> {
    pub(super) const fn new(content: Reader<'a, 'l, 'de>, choice: &'l layout::Choice) -> Self {
        Self {
            content: Some(Content(content)),
            choice,
            has_name: false,
        }
    }

    /// Passes over what nobody asked for.
    pub(super) fn end(self) -> Result<(), Misfit> {
        self.content.map_or(Ok(()), |content| content.0.skip())
    }
}

impl<'de> MapAccess<'de> for OneEntry<'_, '_, 'de> {
    type Error = Misfit;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Misfit> {
        if self.has_name {
            return Ok(None);
        }
        self.has_name = true;
        if let Some(content) = &mut self.content {
            content.0.input.name(self.choice.names.shown())?;
        }
        seed.deserialize(Name(self.choice.names.shown())).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Misfit> {
        let Some(content) = self.content.take() else {
            return Err(Misfit::new("a variant carries one value, and more are read"));
        };
        seed.deserialize(content.single()?)
            .map_err(|misfit| misfit.within(self.choice.step()))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(usize::from(!self.has_name))
    }
}
