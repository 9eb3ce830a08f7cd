//! The fields of structs and the elements of tuples.

use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};

use super::super::layout::{At, Names, Struct};
use super::super::misfit::{Misfit, Step};
use super::Reader;
use super::name::Name;

impl<'l, 'de> Reader<'_, 'l, 'de> {
    /// A tuple.
    #[inline]
    pub(super) fn row<V: Visitor<'de>>(self, fields: &'l [At], visitor: V) -> Result<V::Value, Misfit> {
        self.in_order(fields, None, visitor)
    }

    /// A struct, read by one whose fields may be called as is `known`.
    #[inline]
    pub(super) fn named<V: Visitor<'de>>(
        self,
        structure: &'l Struct,
        known: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        let Struct { names, fields, .. } = structure;
        if is_in_order(names, known) {
            return self.in_order(fields, Some(names), visitor);
        }
        let at = self.at;
        let reader = self.inside(at)?;
        reader.input.pass()?;
        let mut left = Fields {
            reader,
            names,
            fields,
            next: 0,
            known,
        };
        let value = visitor.visit_map(&mut left)?;
        left.end()?;
        Ok(value)
    }

    /// Something without fields that became a struct.
    pub(super) fn unnamed<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        self.input.pass()?;
        visitor.visit_map(Fields {
            reader: self,
            names: &[],
            fields: &[],
            next: 0,
            known: &[],
        })
    }

    #[inline]
    fn in_order<V: Visitor<'de>>(
        self,
        fields: &'l [At],
        names: Option<&'l [Names]>,
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        let at = self.at;
        let reader = self.inside(at)?;
        reader.input.pass()?;
        let mut row = Row {
            reader,
            fields,
            names,
            next: 0,
        };
        let value = visitor.visit_seq(&mut row)?;
        row.end()?;
        Ok(value)
    }
}

/// Whether the fields are those of the reader in the same order, so that no names are needed. Where some are not known,
/// nothing else can be done.
#[inline]
fn is_in_order(names: &[Names], known: &[&str]) -> bool {
    if known.is_empty() {
        return false;
    }
    if names.len() == known.len() && names.iter().zip(known).all(|(names, known)| names.is(known)) {
        return true;
    }
    !names.is_empty() && names.len() <= known.len() && !names.iter().any(Names::is_known)
}

/// Fields in their order.
struct Row<'a, 'l, 'de> {
    reader: Reader<'a, 'l, 'de>,
    fields: &'l [At],
    names: Option<&'l [Names]>,
    next: usize,
}

impl Row<'_, '_, '_> {
    fn end(self) -> Result<(), Misfit> {
        match self.fields.len() - self.next {
            0 => Ok(()),
            _ => Err(Misfit::new(format_args!(
                "there are {} elements, and only {} were read",
                self.fields.len(),
                self.next
            ))),
        }
    }

    #[cold]
    fn step(&self) -> Step {
        let number = self.next - 1;
        match self.names {
            Some(names) => Step::Name(names[number].shown().to_owned()),
            None => Step::Element(number),
        }
    }
}

impl<'de> SeqAccess<'de> for Row<'_, '_, 'de> {
    type Error = Misfit;

    #[inline]
    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Misfit> {
        let Some(at) = self.fields.get(self.next) else {
            return Ok(None);
        };
        self.next += 1;
        match seed.deserialize(self.reader.lend(*at)) {
            Ok(value) => Ok(Some(value)),
            Err(misfit) => Err(misfit.within(self.step())),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.fields.len() - self.next)
    }
}

/// Fields by their names.
struct Fields<'a, 'l, 'de> {
    reader: Reader<'a, 'l, 'de>,
    names: &'l [Names],
    fields: &'l [At],
    next: usize,
    known: &'static [&'static str],
}

impl Fields<'_, '_, '_> {
    /// Passes over what nobody asked for.
    fn end(mut self) -> Result<(), Misfit> {
        while let Some(at) = self.fields.get(self.next) {
            self.reader.lend(*at).skip()?;
            self.next += 1;
        }
        Ok(())
    }
}

impl<'de> MapAccess<'de> for Fields<'_, '_, 'de> {
    type Error = Misfit;

    #[inline]
    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Misfit> {
        let Some(names) = self.names.get(self.next) else {
            return Ok(None);
        };
        let number = u32::try_from(self.next).unwrap_or(u32::MAX);
        seed.deserialize(Name::new(names, number, self.known)).map(Some)
    }

    #[inline]
    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Misfit> {
        let Some(at) = self.fields.get(self.next) else {
            return Err(Misfit::new("a field is read that is not there"));
        };
        self.next += 1;
        match seed.deserialize(self.reader.lend(*at)) {
            Ok(value) => Ok(value),
            Err(misfit) => Err(misfit.within(Step::Name(self.names[self.next - 1].shown().to_owned()))),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.fields.len() - self.next)
    }
}
