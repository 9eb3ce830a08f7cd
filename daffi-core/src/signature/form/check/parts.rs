//! What has fields, while it is held to a form.

use serde::Serialize;
use serde::ser::{
    SerializeStruct, SerializeStructVariant, SerializeTuple, SerializeTupleStruct, SerializeTupleVariant,
};

use super::super::{Event, Fields, Kind, Node, Print, Spot};
use super::place::{Check, Checked, Mismatch};
use super::words::{Part, Written, counted, list, same_name};

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
    /// Those of fields that it leaves out.
    skipped: Vec<&'static str>,
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
            skipped: Vec::new(),
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
            Some(_) => match self.place_of(name) {
                Some(place) if place < self.count() => self.first.after(place),
                _ => Spot::NOWHERE,
            },
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

    /// Which of the fields that are read it is that is written now.
    fn place_of(&self, name: &str) -> Option<usize> {
        let Some(Expected::Fields(fields)) = self.names.filter(|_| self.has_names()) else {
            return Some(self.seen);
        };
        if fields.names.len() != fields.count {
            // Some have several names.
            return self.skipped.is_empty().then_some(self.seen);
        }
        let is_next = |read: &&str| self.skipped.is_empty() && same_name(read, name);
        match fields.names.get(self.seen) {
            Some(read) if is_next(read) => Some(self.seen),
            _ => fields.names.iter().position(|read| *read == name),
        }
    }

    const fn count(&self) -> usize {
        match &self.names {
            None => self.length,
            Some(Expected::Count(count)) => *count,
            Some(Expected::Fields(fields)) => fields.count,
        }
    }

    /// That a field is left out, in words.
    fn left_out(&self, name: &str) -> Mismatch {
        let place = self.check.place;
        Mismatch::new(format!(
            "field `{name}` of {} is left out by #[serde(skip_serializing_if)]{place}, and the next field would be \
             read in its place: leave the attribute away in types that are sent",
            self.written
        ))
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
        if !self.skipped.is_empty() || seen != count || !self.is_named_alike() {
            let mismatch = match self.skipped.first() {
                Some(name) if self.is_told_by_names() || !self.has_read_names() => self.left_out(name),
                _ => self.misread(seen, count),
            };
            if !self.is_told_by_names() {
                return Err(mismatch);
            }
            self.check.found.tell_by_names(mismatch);
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

    /// Whether it is known what the fields are called that are read.
    fn has_read_names(&self) -> bool {
        self.has_names() && matches!(self.names, Some(Expected::Fields(_)))
    }

    /// Whether each field would be read by its name: those that are written are read by exactly these names, in that order; or all
    /// that are read are written or left out, and there are others that nobody reads. Otherwise one of them may be another's by a second
    /// name, and its reader would take it for one that is not there.
    fn is_told_by_names(&self) -> bool {
        let fields = match self.names.filter(|_| self.has_names()) {
            Some(Expected::Fields(fields)) => fields,
            // Nothing is known of its reader, as in a call by name.
            None => return self.has_names(),
            Some(Expected::Count(_)) => return false,
        };
        let place = |name: &&'static str| fields.names.iter().position(|read| read == name);
        let places: Vec<_> = self.called.iter().filter_map(place).collect();
        let others = self.called.len() - places.len();
        let is_there = |read: &&'static str| self.called.contains(read) || self.skipped.contains(read);
        let all_are_there = fields.names.len() == fields.count && fields.names.iter().all(is_there);
        places.is_sorted_by(|one, next| one < next) && (others == 0 || all_are_there)
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
            return Mismatch::new(format!(
                "{written} is not read as it is written{place}: {}; use #[serde(skip)] to leave a field out on \
                 both sides",
                faults.join("; ")
            ));
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
                    self.skipped.push(name);
                    Ok(())
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
