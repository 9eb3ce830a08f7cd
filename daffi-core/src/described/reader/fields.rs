//! The fields of structs and the elements of tuples.

use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};

use super::super::layout::{At, Struct};
use super::super::misfit::{Misfit, Step};
use super::super::names::Names;
use super::Reader;
use super::name::{Known, Meant, Name};

impl<'l, 'de> Reader<'_, 'l, 'de> {
    /// A tuple.
    #[inline]
    pub(super) fn row<V: Visitor<'de>>(self, fields: &'l [At], visitor: V) -> Result<V::Value, Misfit> {
        self.in_order(fields, None, visitor)
    }

    /// A tuple without elements, whatever is here.
    pub(super) fn nothing<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Misfit> {
        let at = self.at;
        self.lend(at).skip()?;
        self.row(&[], visitor)
    }

    /// A struct, read by one whose fields may be called as is `known`.
    #[inline]
    pub(super) fn named<V: Visitor<'de>>(
        self,
        structure: &'l Struct,
        known: Known,
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        if is_in_order(&structure.names, known) {
            return self.in_order(&structure.fields, Some(&structure.names), visitor);
        }
        let at = self.at;
        let reader = self.inside(at)?;
        reader.input.pass()?;
        let meant = Meant::by(at, known, reader.input, &structure.names)?;
        let mut left = Fields {
            reader,
            structure,
            next: 0,
            meant,
            are_told: known.is_empty(),
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
            structure: &EMPTY,
            next: 0,
            meant: Meant::Only,
            are_told: false,
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

/// Whether the fields are those of the reader in the same order, so that no names are needed.
#[inline]
fn is_in_order(names: &[Names], known: Known) -> bool {
    !known.is_empty()
        && names.len() == known.len()
        && names
            .iter()
            .zip(known)
            .all(|(names, known)| names.written() == Some(known))
}

/// One without fields.
static EMPTY: Struct = Struct::EMPTY;

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
            Some(names) => Step::name(names[number].shown()),
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
        match self.reader.lend(*at).read(seed) {
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
    structure: &'l Struct,
    next: usize,
    meant: Meant,
    /// Whether the reader asks for all names, whatever they are.
    are_told: bool,
}

impl Fields<'_, '_, '_> {
    /// Passes over what nobody asked for.
    fn end(mut self) -> Result<(), Misfit> {
        while let Some(at) = self.structure.fields.get(self.next) {
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
        let Some(names) = self.structure.names.get(self.next) else {
            return Ok(None);
        };
        let name = self.meant.of(names, self.next);
        if self.are_told {
            self.reader.input.name(name)?;
        }
        seed.deserialize(Name(name)).map(Some)
    }

    #[inline]
    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Misfit> {
        let Some(at) = self.structure.fields.get(self.next) else {
            return Err(Misfit::new("a field is read that is not there"));
        };
        self.next += 1;
        match seed.deserialize(self.reader.lend(*at)) {
            Ok(value) => Ok(value),
            Err(misfit) => Err(misfit.within(Step::name(self.structure.names[self.next - 1].shown()))),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.structure.fields.len() - self.next)
    }
}
