//! What has something inside, while it is held to a form.

use serde::Serialize;
use serde::ser::{
    SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant,
};

use super::super::{Event, Fields, Kind, Node, Print, Spot};
use super::place::{Check, Checked, Mismatch};
use super::words::{Part, Written, counted, list, same_name};

/// A sequence or map that is being written.
pub(super) struct Many<'f> {
    check: Check<'f>,
    event: Event,
    length: usize,
    seen: usize,
    /// Of a map, how many values.
    values: usize,
}

impl<'f> Many<'f> {
    pub(super) const fn new(check: Check<'f>, event: Event, length: usize) -> Self {
        Self {
            check,
            event,
            length,
            seen: 0,
            values: 0,
        }
    }

    /// A map writes a key and its value in turn.
    fn alternates(&self, is_value: bool) -> Checked<()> {
        if (self.seen > self.values) == is_value {
            return Ok(());
        }
        let place = self.check.place;
        Err(Mismatch::new(format!(
            "a map writes a key without a value, or a value without a key{place}: its type's own `serde::Serialize` is \
             at fault"
        )))
    }

    fn finish(self) -> Checked {
        if self.seen != self.length {
            let place = self.check.place;
            return Err(Mismatch::new(format!(
                "a sequence or map says that it has {} elements and writes {}{place}: its type's own \
                 `serde::Serialize` is at fault",
                self.length, self.seen
            )));
        }
        Ok(Print::of(self.event, 0))
    }
}

impl SerializeSeq for Many<'_> {
    type Ok = Print;
    type Error = Mismatch;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Checked<()> {
        self.seen += 1;
        self.check.inside().hold_each(value)
    }

    fn end(self) -> Checked {
        self.finish()
    }
}

impl SerializeMap for Many<'_> {
    type Ok = Print;
    type Error = Mismatch;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Checked<()> {
        self.alternates(false)?;
        self.seen += 1;
        self.check.inside().hold_each(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Checked<()> {
        self.alternates(true)?;
        self.values += 1;
        let values = self.check.inside();
        values.to(values.at.next()).hold_each(value)
    }

    fn end(self) -> Checked {
        self.alternates(false)?;
        self.finish()
    }
}

/// What is read where fields are written.
#[derive(Clone, Copy)]
enum Expected<'f> {
    Count(usize),
    Fields(&'f Fields),
}

/// Something with a fixed number of fields that is being written.
pub(super) struct Writing<'f> {
    check: Check<'f>,
    first: Spot,
    print: Print,
    event: Event,
    written: Written,
    length: usize,
    /// How many fields were written.
    seen: usize,
    /// Their names, if they have any.
    called: Vec<&'static str>,
    names: Option<Expected<'f>>,
    /// What was wrong in a field. Another number of fields says more about the cause.
    fault: Option<Mismatch>,
}

impl<'f> Writing<'f> {
    /// Nothing is known about the fields, the first of which stands at a spot.
    pub(super) fn new(check: Check<'f>, event: Event, written: Written, length: usize, first: Spot) -> Self {
        Self {
            check,
            first,
            print: match event {
                Event::TupleVariant | Event::StructVariant => Print::of(event, length).name(written.name),
                _ => Print::of(event, length),
            },
            event,
            written,
            length,
            seen: 0,
            called: Vec::new(),
            names: None,
            fault: None,
        }
    }

    /// The fields are those of the node.
    pub(super) const fn held_to(mut self, node: &'f Node) -> Self {
        self.names = match &node.kind {
            Kind::Struct(_, fields) => Some(Expected::Fields(fields)),
            Kind::Tuple(count) => Some(Expected::Count(*count)),
            _ => None,
        };
        self
    }

    fn add<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Checked<()> {
        let at = match self.names {
            // A single field of something that is read without a struct around.
            None if self.first.0 == self.check.at.0 => self.first,
            None => Spot::NOWHERE,
            Some(_) if self.seen >= self.count() => Spot::NOWHERE,
            Some(_) => self.first.after(self.seen),
        };
        let part = if self.has_names() {
            self.called.push(name);
            Part::Field(name)
        } else {
            Part::Element(self.seen)
        };
        self.seen += 1;
        let inside = self.check.to(at).within(self.written.name, part);
        if self.has_names() {
            self.print = self.print.name(name);
        }
        if self.fault.is_none() {
            match inside.hold(value) {
                Ok(print) => self.print = self.print.part(print),
                Err(fault) => self.fault = Some(fault),
            }
        }
        Ok(())
    }

    const fn count(&self) -> usize {
        match &self.names {
            None => self.length,
            Some(Expected::Count(count)) => *count,
            Some(Expected::Fields(fields)) => fields.count,
        }
    }

    fn skip<T>(&self, name: &'static str) -> Checked<T> {
        let place = self.check.place;
        let message = format!(
            "field `{name}` of {} is left out by #[serde(skip_serializing_if)]{place}, and the next field would be \
             read in its place: leave the attribute away in types that are sent",
            self.written
        );
        Err(Mismatch::new(message).told_by_names())
    }

    fn finish(self) -> Checked {
        let (seen, count) = (self.seen, self.count());
        if seen != self.length {
            return Err(Mismatch::new(format!(
                "{} says that it has {} and writes {seen}: its own `serde::Serialize` is at fault",
                self.written,
                counted(self.length)
            )));
        }
        if seen != count || !self.is_named_alike() {
            return Err(self.misread(seen, count));
        }
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        let print = self.print.end();
        if matches!(self.event, Event::TupleVariant | Event::StructVariant) {
            self.check.agrees(print);
            return Ok(Print::of(Event::Enum, 0));
        }
        Ok(print)
    }

    /// Whether its fields have names.
    const fn has_names(&self) -> bool {
        matches!(self.event, Event::Struct | Event::StructVariant)
    }

    /// Whether fields with names are the fields that are read, in that order.
    fn is_named_alike(&self) -> bool {
        let Some(Expected::Fields(fields)) = self.names else {
            return true;
        };
        if !self.has_names() {
            return true;
        }
        let mut names = fields.names.iter();
        let exact = fields.names.len() == fields.count;
        self.called.iter().all(|seen| {
            if exact {
                names.next().is_some_and(|name| same_name(name, seen))
            } else {
                names.any(|name| same_name(name, seen))
            }
        })
    }

    fn misread(&self, seen: usize, count: usize) -> Mismatch {
        let (written, place) = (self.written, self.check.place);
        if let Some(Expected::Fields(fields)) = self.names
            && self.has_names()
        {
            let exact = fields.names.len() == count;
            let without = |names: &[&'static str], others: &[&'static str]| -> Vec<&'static str> {
                let other = |name: &&str| !others.iter().any(|other| same_name(other, name));
                names.iter().copied().filter(other).collect()
            };
            let missing = if exact {
                without(fields.names, &self.called)
            } else {
                Vec::new()
            };
            let extra = without(&self.called, fields.names);
            let mut faults = Vec::new();
            if !missing.is_empty() {
                faults.push(format!(
                    "{} read and not written: #[serde(skip_serializing)]",
                    fields_are(&missing)
                ));
            }
            if !extra.is_empty() {
                faults.push(format!(
                    "{} written and not read: #[serde(skip_deserializing)], or the tag of #[serde(tag = …)]",
                    fields_are(&extra)
                ));
            }
            if !missing.is_empty() && !extra.is_empty() {
                faults.push("or a rename differs between writing and reading".to_owned());
            }
            if faults.is_empty() && seen == count {
                faults.push(
                    "its fields are written in another order than they are read, or one is renamed to the name of another".to_owned(),
                );
            }
            if faults.is_empty() {
                faults.push(format!(
                    "{} written and {count} read: #[serde(skip_serializing)] or #[serde(skip_deserializing)]",
                    match seen {
                        1 => "1 field is".to_owned(),
                        seen => format!("{seen} fields are"),
                    }
                ));
            }
            let mismatch = Mismatch::new(format!(
                "{written} is not read as it is written{place}: {}; use #[serde(skip)] to leave a field out on \
                 both sides",
                faults.join("; ")
            ));
            // Where one of each is left, they may be the same field by two names.
            let is_one_sided = exact && missing.is_empty() != extra.is_empty();
            return if is_one_sided {
                mismatch.told_by_names()
            } else {
                mismatch
            };
        }
        Mismatch::new(format!(
            "{written} is written with {} and read with {count}{place}: #[serde(skip_serializing)], \
             #[serde(skip_serializing_if)] or #[serde(skip_deserializing)] leaves fields out on one side only; use \
             #[serde(skip)], or none",
            counted(seen)
        ))
    }
}

/// ``field `a` is`` or ``fields `a`, `b` are``.
fn fields_are(names: &[&'static str]) -> String {
    let (fields, are) = if names.len() == 1 {
        ("field", "is")
    } else {
        ("fields", "are")
    };
    format!("{fields} {} {are}", list(names.iter().copied()))
}

macro_rules! unnamed_fields {
    ($($part:ident::$method:ident;)*) => {
        $(
            impl $part for Writing<'_> {
                type Ok = Print;
                type Error = Mismatch;

                fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Checked<()> {
                    self.add("", value)
                }

                fn end(self) -> Checked {
                    self.finish()
                }
            }
        )*
    };
}

unnamed_fields! {
    SerializeTuple::serialize_element;
    SerializeTupleStruct::serialize_field;
    SerializeTupleVariant::serialize_field;
}

macro_rules! named_fields {
    ($($part:ident;)*) => {
        $(
            impl $part for Writing<'_> {
                type Ok = Print;
                type Error = Mismatch;

                fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Checked<()> {
                    self.add(name, value)
                }

                fn skip_field(&mut self, name: &'static str) -> Checked<()> {
                    self.skip(name)
                }

                fn end(self) -> Checked {
                    self.finish()
                }
            }
        )*
    };
}

named_fields! {
    SerializeStruct;
    SerializeStructVariant;
}
