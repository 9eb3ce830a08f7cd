//! The serializer: a value of any shape, in the positions of a structure.

mod leaves;
mod name;
mod parts;
mod serializer;

use serde::ser::Serialize;

use super::depth::deeper;
use super::layout::{At, Choice, Layout, Place, Struct};
use super::misfit::Misfit;
use super::output::Output;
use super::skip::opaque;
use super::words::Expected;
use crate::proto::explained;
pub(super) use parts::Parts;

/// A place at which a value is written.
pub(super) struct Writer<'a, 'l> {
    out: &'a mut Output,
    layout: &'l Layout,
    at: At,
    /// How many types are around.
    level: usize,
    /// Whether it is the key of a map, which people write as a text.
    is_key: bool,
}

type Written = Result<(), Misfit>;

/// What stands for a field that is not there; `None` if something has to.
pub(super) fn absent(layout: &Layout, at: At) -> Option<&'static [u8]> {
    match layout.place(at) {
        Place::Option(_) => Some(&[0]),
        Place::Unit => Some(&[]),
        _ => None,
    }
}

impl<'a, 'l> Writer<'a, 'l> {
    pub(super) const fn new(out: &'a mut Output, layout: &'l Layout) -> Self {
        Self {
            out,
            layout,
            at: layout.root(),
            level: 0,
            is_key: false,
        }
    }

    fn place(&self) -> &'l Place {
        self.layout.place(self.at)
    }

    /// The same for a part of the whole.
    pub(super) fn of_part(out: &'a mut Output, layout: &'l Layout, at: At) -> Self {
        Self {
            at,
            level: 1,
            ..Self::new(out, layout)
        }
    }

    /// The same for a place inside.
    fn inside(self, at: At) -> Result<Self, Misfit> {
        self.out.check(0)?;
        Ok(Self {
            at,
            level: deeper(self.level)?,
            is_key: false,
            ..self
        })
    }

    /// The same, for a part of it.
    fn lend(&mut self, at: At) -> Writer<'_, 'l> {
        Writer {
            out: self.out,
            layout: self.layout,
            at,
            level: self.level,
            is_key: false,
        }
    }

    /// Writes a part.
    fn part<T: Serialize + ?Sized>(&mut self, at: At, value: &T) -> Written {
        self.out.check(0)?;
        self.lend(at).write(value)
    }

    /// Writes what is to be here, which may say itself what it is.
    pub(super) fn write<T: Serialize + ?Sized>(self, value: &T) -> Written {
        match self.place() {
            Place::Any => explained::write(value, &mut self.out.bytes).map_err(Misfit::new),
            _ => value.serialize(self),
        }
    }

    /// What is in the options here, which a value that is no option itself fills.
    fn filled(mut self) -> Result<Self, Misfit> {
        while let Place::Option(inner) = self.place() {
            let is_key = self.is_key;
            self.out.bytes.push(1);
            self = self.inside(*inner)?;
            self.is_key = is_key;
        }
        Ok(self)
    }

    /// Another kind of value came than is expected.
    #[cold]
    fn differs<T>(&self, came: &str) -> Result<T, Misfit> {
        if *self.place() == Place::Opaque {
            return Err(opaque());
        }
        Err(Misfit::new(format_args!(
            "{} is expected, and {came} came",
            Expected(self.layout, self.at)
        )))
    }

    /// The variant of that name, and the place of what it carries.
    fn variant(self, name: &str) -> Result<(Self, &'l Choice), Misfit> {
        let writer = self.filled()?;
        let Place::Enum(choices) = writer.place() else {
            return writer.differs(&format!("variant `{name}`"));
        };
        let Some(choice) = choices.called(name) else {
            return writer.differs(&format!("`{name}`"));
        };
        writer.out.number(choice.index as usize);
        Ok((writer.inside(choice.content)?, choice))
    }

    /// A variant that carries nothing.
    fn empty_variant(self, name: &str) -> Written {
        let (content, choice) = self.variant(name)?;
        match content.place() {
            Place::Unit => Ok(()),
            Place::Struct(structure) => {
                for (names, at) in structure.names.iter().zip(&structure.fields) {
                    let Some(absent) = absent(content.layout, *at) else {
                        let missing = structure.missing(content.layout, names.shown(), *at);
                        return Err(missing.within(choice.step()));
                    };
                    content.out.bytes.extend_from_slice(absent);
                }
                Ok(())
            }
            _ => content
                .differs("nothing")
                .map_err(|misfit: Misfit| misfit.within(choice.step())),
        }
    }

    /// Brings fields into the order of the structure, and fills in what did not come. Each is where it is in the bytes from
    /// `start` on.
    fn order(&mut self, structure: &Struct, start: usize, written: &[Option<(usize, usize)>]) -> Written {
        let mut next = start;
        let in_order = written.iter().all(|range| {
            let fits = range.is_some_and(|(start, _)| start == next);
            next = range.map_or(next, |(_, end)| end);
            fits
        });
        if in_order {
            return Ok(());
        }
        let came = self.out.bytes.split_off(start);
        for (number, range) in written.iter().enumerate() {
            let at = structure.fields[number];
            let field = match range {
                Some((from, to)) => &came[from - start..to - start],
                None => {
                    let missing = || structure.missing(self.layout, structure.names[number].shown(), at);
                    absent(self.layout, at).ok_or_else(missing)?
                }
            };
            self.out.bytes.extend_from_slice(field);
        }
        Ok(())
    }

    /// What a variant carries that has one field without a name.
    fn single(self) -> Result<Self, Misfit> {
        match self.place() {
            Place::Tuple(fields) if fields.len() == 1 => Ok(Self {
                at: fields[0],
                ..self
            }),
            _ => Ok(self),
        }
    }
}
