//! What has parts, while they are written one after the other.

use rmp::Marker;
use rmp::encode::ValueWriteError;
use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant,
};

use super::super::EncodeError;
use super::read::Read;
use super::writer::{Writer, Written, fault, length};
use crate::signature::form::At;

type WriteLength = fn(&mut Vec<u8>, u32) -> Result<Marker, ValueWriteError>;

/// A value with parts of which some are written.
pub(super) struct Parts<'o> {
    writer: Writer<'o>,
    /// How many there are, if that was said.
    said: Option<usize>,
    /// Where their number goes if it was not.
    start: usize,
    write_length: WriteLength,
    /// How many elements or keys came, and how many values to these.
    count: [usize; 2],
    /// Where they are read.
    read: Read<'o>,
}

impl<'o> Parts<'o> {
    pub(super) fn new(
        writer: Writer<'o>,
        said: Option<usize>,
        write_length: WriteLength,
        read: Read<'o>,
    ) -> Written<Self> {
        if let Some(said) = said {
            write_length(writer.out, length(said)?).or_else(fault)?;
        }
        Ok(Self {
            said,
            start: writer.out.len(),
            writer,
            write_length,
            count: [0; 2],
            read,
        })
    }

    fn part<T: Serialize + ?Sized>(&mut self, value: &T, at: At) -> Written {
        value.serialize(self.writer.inside(at)?)
    }

    fn field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Written {
        SerializeMap::serialize_key(self, name)?;
        self.count[1] += 1;
        let at = self.read.field(name);
        self.part(value, at)
    }

    /// Parts without keys were written.
    fn finish(self) -> Written {
        let Self {
            writer,
            said,
            count,
            read,
            ..
        } = self;
        read.end()?;
        match said {
            Some(said) if said == count[0] => Ok(()),
            Some(said) => fault(format_args!(
                "a value says that it has {said} parts and writes {}: its type's own `serde::Serialize` is at fault",
                count[0]
            )),
            None => {
                let mut front = Vec::new();
                (self.write_length)(&mut front, length(count[0])?).or_else(fault)?;
                writer.out.splice(self.start..self.start, front);
                Ok(())
            }
        }
    }

    /// A key and its value come in turn.
    fn alternates(&self, is_value: bool) -> Written {
        if (self.count[0] > self.count[1]) == is_value {
            return Ok(());
        }
        fault(
            "a map writes a key without a value, or a value without a key: its type's own `serde::Serialize` is at fault",
        )
    }
}

impl SerializeMap for Parts<'_> {
    type Ok = ();
    type Error = EncodeError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Written {
        self.alternates(false)?;
        self.count[0] += 1;
        let at = self.read.next();
        self.part(key, at)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        self.alternates(true)?;
        self.count[1] += 1;
        let at = self.read.value();
        self.part(value, at)
    }

    fn end(self) -> Written {
        self.alternates(false)?;
        self.finish()
    }
}

macro_rules! elements {
    ($($part:ident::$method:ident;)*) => {
        $(
            impl $part for Parts<'_> {
                type Ok = ();
                type Error = EncodeError;

                fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
                    self.count[0] += 1;
                    let at = self.read.next();
                    self.part(value, at)
                }

                fn end(self) -> Written {
                    self.finish()
                }
            }
        )*
    };
}

macro_rules! fields {
    ($($part:ident;)*) => {
        $(
            impl $part for Parts<'_> {
                type Ok = ();
                type Error = EncodeError;

                fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Written {
                    self.field(name, value)
                }

                fn skip_field(&mut self, name: &'static str) -> Written {
                    self.read.skip(name);
                    Ok(())
                }

                fn end(self) -> Written {
                    self.finish()
                }
            }
        )*
    };
}

elements! {
    SerializeSeq::serialize_element;
    SerializeTuple::serialize_element;
    SerializeTupleStruct::serialize_field;
    SerializeTupleVariant::serialize_field;
}

fields! {
    SerializeStruct;
    SerializeStructVariant;
}
