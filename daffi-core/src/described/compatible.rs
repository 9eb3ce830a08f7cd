//! Whether what was written by one structure is read by another type, known before a value is there.

use std::collections::BTreeSet;

use super::layout::{At, Choice, Layout, Place, Struct};
use super::misfit::{Misfit, Step};
use super::words::{Expected, Listed};
use crate::signature::Readable;

/// More pairs than this come only from structures made to be slow to compare.
const PAIRS: usize = 1 << 16;

/// Whether values that are written by one structure are read by a type of another one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// They have the same positions as far as is known, so that neither structure is needed.
    Same,
    /// They are read by the writer's structure. A value of a variant that the reader does not know is refused where it comes.
    Compatible,
    /// They are not read. The message has the place at fault, and what change would have been compatible.
    Incompatible(Misfit),
}

impl Verdict {
    /// Whether values are read, be it by the writer's structure.
    #[must_use]
    pub const fn is_compatible(&self) -> bool {
        matches!(self, Self::Same | Self::Compatible)
    }
}

/// Whether what is written by `writer`'s structure can be read by the type that `reader` is of.
///
/// ```
/// use daffi_core::described::{Verdict, compatible};
/// use daffi_core::signature::reading;
///
/// assert_eq!(compatible(&reading::<u32>(), &reading::<u64>()), Verdict::Compatible);
/// let Verdict::Incompatible(misfit) = compatible(&reading::<Vec<u64>>(), &reading::<Vec<u32>>()) else {
///     panic!("a number may not become narrower")
/// };
/// assert_eq!(misfit.to_string(), "`[]`: u64 is written, and u32 is expected; a number may only become wider");
/// ```
#[must_use]
pub fn compatible(writer: &Readable, reader: &Readable) -> Verdict {
    if writer.ty.matches(&reader.ty) {
        return Verdict::Same;
    }
    let (written, read) = (Layout::of(writer), Layout::of(reader));
    let pair = (written.root(), read.root());
    let comparison = Comparison {
        written: &written,
        read: &read,
        assumed: BTreeSet::new(),
        passed: BTreeSet::new(),
    };
    match comparison.all(pair) {
        Ok(()) => Verdict::Compatible,
        Err(misfit) => Verdict::Incompatible(misfit),
    }
}

struct Comparison<'l> {
    written: &'l Layout,
    read: &'l Layout,
    /// Pairs are assumed to agree until one is found that does not, which is what makes cycles end.
    assumed: BTreeSet<(At, At)>,
    /// Places that can be passed over.
    passed: BTreeSet<At>,
}

type Agrees = Result<(), Misfit>;

/// What is at fault, and what would not be.
#[cold]
fn fault(what: impl std::fmt::Display, instead: &str) -> Agrees {
    Err(Misfit::new(format_args!("{what}; {instead}")))
}

const UNKNOWN: &str = "the structure of this type is not known, so it has to be the same on both sides";

impl Comparison<'_> {
    fn all(mut self, pair: (At, At)) -> Agrees {
        self.pair(pair.0, pair.1)
    }

    fn pair(&mut self, from: At, to: At) -> Agrees {
        if !self.assumed.insert((from, to)) {
            return Ok(());
        }
        if self.assumed.len() > PAIRS {
            return Err(Misfit::new("the structures are too large to be compared"));
        }
        let (written, read) = (self.written, self.read);
        match (written.place(from), read.place(to)) {
            (Place::Opaque, _) | (_, Place::Opaque) => fault("what is here is not known", UNKNOWN),
            (Place::Option(inner), Place::Option(other)) => {
                if is_option(written, *inner) == is_option(read, *other) {
                    self.pair(*inner, *other)
                } else {
                    fault(
                        "an option of an option cannot be told from an option",
                        "add a field with a default instead",
                    )
                }
            }
            (Place::Option(_), _) => fault(
                format_args!("nothing may be written, and {} is expected", Expected(read, to)),
                "leave it an `Option`",
            ),
            (_, Place::Option(inner)) => self.pair(from, *inner),
            (Place::Seq(element), Place::Seq(other)) => self.pair(*element, *other).map_err(every),
            (Place::Bytes, Place::Seq(element)) if *read.place(*element) == Place::U8 => Ok(()),
            (Place::Seq(element), Place::Bytes) if *written.place(*element) == Place::U8 => Ok(()),
            (Place::Map(key, value, _), Place::Map(other_key, other_value, _)) => {
                self.pair(*key, *other_key)
                    .map_err(|misfit| misfit.within(Step::Key("key".to_owned())))?;
                self.pair(*value, *other_value).map_err(every)
            }
            (Place::Tuple(fields), Place::Tuple(others)) if fields.len() == others.len() => {
                for (number, (from, to)) in fields.iter().zip(others).enumerate() {
                    self.pair(*from, *to)
                        .map_err(|misfit| misfit.within(Step::Element(number)))?;
                }
                Ok(())
            }
            (Place::Tuple(fields), Place::Tuple(others)) => fault(
                format_args!(
                    "{} elements are written, and {} are expected",
                    fields.len(),
                    others.len()
                ),
                "use a struct with names, to which fields with a default can be added",
            ),
            (Place::Struct(fields), Place::Struct(others)) => self.fields(fields, others),
            (Place::Unit, Place::Struct(others)) => self.fields(&Struct::EMPTY, others),
            (Place::Struct(fields), Place::Unit) => self.pass_all(fields),
            (Place::Enum(choices), Place::Enum(others)) => {
                if choices.is_open() || others.is_open() {
                    return fault("only some variants are known", UNKNOWN);
                }
                let mut shared = 0;
                for choice in choices.all() {
                    match others.all().iter().find(|other| other.names.meets(&choice.names)) {
                        Some(other) => {
                            shared += 1;
                            self.content(choice, other)?;
                        }
                        None if others.takes_others() => {
                            shared += 1;
                            self.pass(choice.content)
                                .map_err(|misfit| misfit.within(choice.step()))?;
                        }
                        None => {}
                    }
                }
                if shared == 0 && !choices.all().is_empty() {
                    return fault(
                        format_args!(
                            "none of the variants {} is among {}",
                            Listed(choices.names()),
                            Listed(others.names())
                        ),
                        "keep their names, or give them `#[serde(alias)]`",
                    );
                }
                Ok(())
            }
            (here, there) if here == there => Ok(()),
            (here, there) if is_wider(here, there) => Ok(()),
            (here, there) => fault(
                format_args!(
                    "{} is written, and {} is expected",
                    Expected(written, from),
                    Expected(read, to)
                ),
                if is_number(here) && is_number(there) {
                    "a number may only become wider"
                } else {
                    "add a field of the new type with a default, and keep the old one"
                },
            ),
        }
    }

    fn content(&mut self, choice: &Choice, other: &Choice) -> Agrees {
        self.pair(choice.content, other.content)
            .map_err(|misfit| misfit.within(choice.step()))
    }

    fn fields(&mut self, fields: &Struct, others: &Struct) -> Agrees {
        if fields
            .names
            .iter()
            .chain(&others.names)
            .any(|names| !names.is_known())
        {
            return fault("what the fields are called is not known", UNKNOWN);
        }
        let mut has_come = vec![false; others.names.len()];
        for (names, from) in fields.names.iter().zip(&fields.fields) {
            let step = |misfit: Misfit| misfit.within(Step::Name(names.shown().to_owned()));
            let place = others.names.iter().position(|other| other.meets(names));
            match place {
                Some(place) if has_come[place] => fault(
                    "two fields are written that one field of the reader stands for",
                    "give only one of them its `#[serde(alias)]`",
                )
                .map_err(step)?,
                Some(place) => {
                    has_come[place] = true;
                    self.pair(*from, others.fields[place]).map_err(step)?;
                }
                None if others.strict => fault(
                    "the reader does not know this field, and `#[serde(deny_unknown_fields)]` refuses it",
                    "without that it is passed over",
                )
                .map_err(step)?,
                None => self.pass(*from).map_err(step)?,
            }
        }
        for (place, has_come) in has_come.into_iter().enumerate() {
            if !has_come && !others.optional.get(place).copied().unwrap_or(false) {
                return fault("the reader needs this field, and it is not written", DEFAULT)
                    .map_err(|misfit| misfit.within(Step::Name(others.names[place].shown().to_owned())));
            }
        }
        Ok(())
    }

    fn pass_all(&mut self, fields: &Struct) -> Agrees {
        for (names, at) in fields.names.iter().zip(&fields.fields) {
            self.pass(*at)
                .map_err(|misfit| misfit.within(Step::Name(names.shown().to_owned())))?;
        }
        Ok(())
    }

    /// Whether what is written there can be passed over.
    fn pass(&mut self, at: At) -> Agrees {
        if !self.passed.insert(at) {
            return Ok(());
        }
        match self.written.place(at) {
            Place::Opaque => fault(
                "the reader does not know what is here, and how long it is is not known",
                UNKNOWN,
            ),
            Place::Option(inner) => self.pass(*inner),
            Place::Seq(element) => self.pass(*element).map_err(every),
            Place::Map(key, value, _) => {
                self.pass(*key)?;
                self.pass(*value).map_err(every)
            }
            Place::Tuple(fields) => fields.iter().try_for_each(|field| self.pass(*field)),
            Place::Struct(fields) => self.pass_all(fields),
            Place::Enum(choices) => choices.all().iter().try_for_each(|choice| {
                self.pass(choice.content)
                    .map_err(|misfit| misfit.within(choice.step()))
            }),
            _ => Ok(()),
        }
    }
}

const DEFAULT: &str = "give it `#[serde(default)]`, or make it an `Option`";

fn every(misfit: Misfit) -> Misfit {
    misfit.within(Step::Every)
}

fn is_option(layout: &Layout, at: At) -> bool {
    matches!(layout.place(at), Place::Option(_))
}

fn is_number(place: &Place) -> bool {
    bits(place).is_some() || matches!(place, Place::F32 | Place::F64)
}

/// Whether an integer has a sign, and how many bits.
const fn bits(place: &Place) -> Option<(bool, u8)> {
    Some(match place {
        Place::U8 => (false, 8),
        Place::U16 => (false, 16),
        Place::U32 => (false, 32),
        Place::U64 => (false, 64),
        Place::U128 => (false, 128),
        Place::I8 => (true, 8),
        Place::I16 => (true, 16),
        Place::I32 => (true, 32),
        Place::I64 => (true, 64),
        Place::I128 => (true, 128),
        _ => return None,
    })
}

/// Whether every number of the one is one of the other.
fn is_wider(from: &Place, to: &Place) -> bool {
    match (from, to) {
        (Place::F32, Place::F64) => true,
        _ => match (bits(from), bits(to)) {
            (Some((false, from)), Some((_, to))) => from < to,
            (Some((true, from)), Some((true, to))) => from < to,
            _ => false,
        },
    }
}
