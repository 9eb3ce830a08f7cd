//! What has fields, while it is held to a form.

use serde::Serialize;
use serde::ser::{
    SerializeStruct, SerializeStructVariant, SerializeTuple, SerializeTupleStruct, SerializeTupleVariant,
};

use super::super::{Event, Fields, Kind, Node, Print, Spot, owner};
use super::place::{Check, Checked, Mismatch};
use super::words::{Part, Written, counted, list, respelt, same_name};

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
    /// The names of its fields, if they have any, and whether they were written or left out, in their order.
    fields: Vec<(&'static str, bool)>,
    /// What is read, if that is known.
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
            fields: Vec::new(),
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
        let place = self.place_of(name);
        let at = match self.names {
            // A single field of something that is read without a struct around.
            None if self.first.0 == self.check.at.0 => self.first,
            None => Spot::NOWHERE,
            Some(_) => match place {
                Some(place) if place < self.count() => self.first.after(place),
                _ => Spot::NOWHERE,
            },
        };
        let part = if self.has_names() {
            self.fields.push((name, true));
            self.print = self.print.name(name);
            Part::Field(name)
        } else {
            Part::Element(self.seen)
        };
        self.seen += 1;
        if place.is_none() && self.check.found.has_names() {
            // Nobody reads it.
            return Ok(());
        }
        let inside = self.check.to(at).within(self.written.name, part);
        if self.fault.is_none() {
            match inside.hold(value) {
                Ok(print) => self.print = self.print.part(print),
                Err(fault) => self.fault = Some(fault),
            }
        }
        Ok(())
    }

    /// What is read, where fields with names are written and read.
    fn read(&self) -> Option<&'f Fields> {
        match self.names {
            Some(Expected::Fields(fields)) if self.has_names() => Some(fields),
            _ => None,
        }
    }

    fn called(&self) -> impl Iterator<Item = &'static str> {
        let written = self.fields.iter().filter(|(_, is_written)| *is_written);
        written.map(|(name, _)| *name)
    }

    /// The first field that is left out.
    fn skipped(&self) -> Option<&'static str> {
        let mut skipped = self.fields.iter().filter(|(_, is_written)| !is_written);
        skipped.next().map(|(name, _)| *name)
    }

    /// Which of the fields that are read it is that is written now.
    fn place_of(&self, name: &str) -> Option<usize> {
        let Some(fields) = self.read() else {
            return Some(self.seen);
        };
        let has_order = !self.check.found.has_names() && self.skipped().is_none();
        match fields.names.get(self.seen) {
            Some(names) if has_order && names.iter().any(|read| same_name(read, name)) => Some(self.seen),
            _ => owner(&fields.names, name),
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
        let has_names = self.check.found.has_names();
        let agrees = if has_names {
            self.is_told_by_names()
        } else {
            self.skipped().is_none() && seen == count && self.is_named_alike()
        };
        if !agrees {
            let mismatch = self.mismatch(seen, count);
            if has_names || !self.may_have_names() {
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

    /// What is wrong, in words.
    #[cold]
    fn mismatch(&self, seen: usize, count: usize) -> Mismatch {
        let names = self.read().map(|fields| &*fields.names);
        let mut respelt = self
            .called()
            .filter_map(|written| Some((written, respelt(names?, written)?)));
        if let Some((written, read)) = respelt.next() {
            let (owner, place) = (self.written, self.check.place);
            return Mismatch::new(format!(
                "field `{written}` of {owner} is read as `{read}`{place}, and beside it something is left out or goes with names for \
                 another reason, so that this would be taken for one that is not there: give it one name, on both sides"
            ));
        }
        match self.skipped() {
            Some(name) if names.is_none() || self.is_told_by_names() => self.left_out(name),
            None if self.check.may_be_misread() => self.check.unknown_names(self.written),
            _ => self.misread(seen, count),
        }
    }

    /// Whether names may tell what is written: it has such, and they are read, or that is not known.
    fn may_have_names(&self) -> bool {
        let is_known = |node: &Node| !matches!(node.kind, Kind::Unknown);
        self.has_names()
            && match self.names {
                Some(Expected::Fields(_)) => true,
                Some(Expected::Count(_)) => false,
                None => !self.check.node().is_some_and(is_known),
            }
    }

    /// Whether each field is read by its name: those that are written, and those that are left out, are read by exactly these names, in
    /// that order; or all that are read are among them, and there are others that nobody reads. Otherwise one of those may be read by the
    /// name of another, and its reader would take one for the other, or for one that is not there.
    fn is_told_by_names(&self) -> bool {
        let fields = match self.names {
            _ if !self.has_names() => return self.seen == self.count(),
            Some(Expected::Fields(fields)) => fields,
            Some(Expected::Count(_)) => return false,
            None => return self.fields.is_empty() || self.check.found.reads_names(),
        };
        let of = |name| owner(&fields.names, name);
        let owners: Vec<_> = self.fields.iter().filter_map(|(name, _)| of(name)).collect();
        let has_others = owners.len() < self.fields.len();
        owners.is_sorted_by(|one, next| one < next) && (!has_others || owners.len() == fields.count)
    }

    /// Whether its fields have names.
    const fn has_names(&self) -> bool {
        matches!(self.event, Event::Struct | Event::StructVariant)
    }

    /// Whether fields with names are the fields that are read, in that order.
    fn is_named_alike(&self) -> bool {
        let Some(fields) = self.read() else {
            return true;
        };
        let mut written = self.called().zip(&fields.names);
        written.all(|(name, names)| names.iter().any(|read| same_name(read, name)))
    }

    fn misread(&self, seen: usize, count: usize) -> Mismatch {
        let (written, place) = (self.written, self.check.place);
        if let Some(fields) = self.read() {
            let is_read = |name: &str| fields.names.iter().flatten().any(|read| same_name(read, name));
            let is_written = |read: &str| self.called().any(|name| same_name(read, name));
            let missing = fields
                .names
                .iter()
                .filter(|names| !names.iter().any(|read| is_written(read)));
            let missing: Vec<_> = missing.filter_map(|names| names.first().copied()).collect();
            let extra: Vec<_> = self.called().filter(|name| !is_read(name)).collect();
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
                    self.fields.push((name, false));
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
