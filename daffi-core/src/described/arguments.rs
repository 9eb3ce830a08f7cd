//! The arguments of a callback as people write them: a list in their order, or a map by their names.

use serde::ser::{
    Error, Impossible, Serialize, SerializeSeq, SerializeTuple, SerializeTupleStruct, Serializer,
};

use super::document::Document;
use super::layout::{At, Layout, Place, Struct};
use super::misfit::{Misfit, Step};
use super::output::{Elsewhere, Output};
use super::writer::{Parts, Writer, absent};
use crate::signature::{Parameter, Type};

/// What a callback takes, ready to write arguments by.
#[derive(Clone, Debug)]
pub struct Arguments {
    /// Those that are no streams, as a struct.
    layout: Layout,
    streams: Vec<(String, Layout)>,
}

/// Arguments in the positions of those who take them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoded {
    /// All that are no streams.
    pub bytes: Vec<u8>,
    /// They were told apart by their names, and not by their order.
    pub by_name: bool,
}

impl Arguments {
    /// Those of such parameters.
    #[must_use]
    pub fn new(parameters: &[Parameter]) -> Self {
        let mut values = Vec::new();
        let mut streams = Vec::new();
        for Parameter { name, ty } in parameters {
            match ty.item() {
                Some(item) => streams.push((name.clone(), Layout::new(item))),
                None => values.push((name.clone(), Type::clone(ty))),
            }
        }
        Self {
            layout: Layout::of_arguments(values),
            streams,
        }
    }

    /// The arguments that are streams: what each is called, and the structure of its items.
    pub fn streams(&self) -> impl ExactSizeIterator<Item = (&str, &Layout)> {
        self.streams.iter().map(|(name, layout)| (name.as_str(), layout))
    }

    fn structure(&self) -> &Struct {
        match self.layout.place(self.layout.root()) {
            Place::Struct(structure) => structure,
            // It was made as one.
            _ => unreachable!(),
        }
    }

    /// The bytes of what somebody wrote for all that are no streams: a list in their order, or a map by their names. What is not
    /// there, and may be nothing, is nothing. The rest is as with [`encode_by_hand`](super::encode_by_hand).
    ///
    /// # Errors
    ///
    /// When they do not fit: the path begins with the argument's name.
    pub fn encode<T: Serialize + ?Sized>(&self, written: &T) -> Result<Encoded, Misfit> {
        self.encode_with(written, None)
    }

    /// As [`encode`](Self::encode), of whose bytes some may be [elsewhere](super::encode_with).
    ///
    /// # Errors
    ///
    /// As [`encode`](Self::encode), and when they are not there.
    pub fn encode_with<T: Serialize + ?Sized>(
        &self,
        written: &T,
        elsewhere: Option<&Elsewhere>,
    ) -> Result<Encoded, Misfit> {
        let mut out = Output::new(usize::MAX, true);
        out.elsewhere = elsewhere.cloned();
        let mut by_name = false;
        written.serialize(Given {
            arguments: self,
            out: &mut out,
            by_name: &mut by_name,
        })?;
        Ok(Encoded {
            bytes: out.bytes,
            by_name,
        })
    }

    /// Arguments to begin with, by their names if they have such.
    #[must_use]
    pub fn example(&self) -> Option<Document> {
        let structure = self.structure();
        let example = self.layout.example()?;
        match example {
            Document::Map(entries) if structure.names.iter().any(|names| !names.is_known()) => Some(
                Document::List(entries.into_iter().map(|(_, value)| value).collect()),
            ),
            example => Some(example),
        }
    }

    /// A JSON Schema of what [`encode`](Self::encode) takes by names.
    #[must_use]
    pub fn schema(&self) -> Document {
        self.layout.schema()
    }
}

/// Where arguments are written to.
struct Given<'a> {
    arguments: &'a Arguments,
    out: &'a mut Output,
    by_name: &'a mut bool,
}

/// Arguments without their names, of which some have come.
struct Row<'a> {
    given: Given<'a>,
    count: usize,
}

impl Row<'_> {
    fn next<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Misfit> {
        let (arguments, number) = (self.given.arguments, self.count);
        let structure = arguments.structure();
        self.count += 1;
        let Some(at) = structure.fields.get(number) else {
            let takes = structure.fields.len();
            return Err(Misfit::new(format_args!(
                "more arguments came than the {takes} that it takes{}",
                if arguments.streams.is_empty() {
                    ""
                } else {
                    " beside streams"
                },
            )));
        };
        let written = Writer::of_part(self.given.out, &arguments.layout, *at).write(value);
        written.map_err(|misfit| misfit.within(step(structure, number)))
    }

    fn finish(self) -> Result<(), Misfit> {
        let Given { arguments, out, .. } = self.given;
        let structure = arguments.structure();
        for (number, at) in structure.fields.iter().enumerate().skip(self.count) {
            let missing = || missing(arguments, structure, number, *at);
            out.bytes
                .extend_from_slice(absent(&arguments.layout, *at).ok_or_else(missing)?);
        }
        Ok(())
    }
}

fn missing(arguments: &Arguments, structure: &Struct, number: usize, at: At) -> Misfit {
    let names = &structure.names[number];
    if names.is_known() {
        structure.missing(&arguments.layout, names.shown(), at)
    } else {
        structure.missing(&arguments.layout, &(number + 1).to_string(), at)
    }
}

fn step(structure: &Struct, number: usize) -> Step {
    let names = &structure.names[number];
    if names.is_known() {
        Step::Name(names.shown().to_owned())
    } else {
        Step::Element(number)
    }
}

macro_rules! no_arguments {
    ($($method:ident($ty:ty) $what:literal;)*) => {
        $(
            fn $method(self, _: $ty) -> Result<Self::Ok, Misfit> {
                Err(Misfit::custom(format_args!(
                    "the arguments are a list, as `[1, 2]`, or a map by their names, as `{{\"a\": 1}}`; {} came", $what
                )))
            }
        )*
    };
}

impl<'a> Serializer for Given<'a> {
    type Ok = ();
    type Error = Misfit;
    type SerializeSeq = Row<'a>;
    type SerializeTuple = Row<'a>;
    type SerializeTupleStruct = Row<'a>;
    type SerializeTupleVariant = Impossible<(), Misfit>;
    type SerializeMap = Parts<'a, 'a>;
    type SerializeStruct = Parts<'a, 'a>;
    type SerializeStructVariant = Impossible<(), Misfit>;

    no_arguments! {
        serialize_bool(bool) "a bool";
        serialize_i8(i8) "a number";
        serialize_i16(i16) "a number";
        serialize_i32(i32) "a number";
        serialize_i64(i64) "a number";
        serialize_u8(u8) "a number";
        serialize_u16(u16) "a number";
        serialize_u32(u32) "a number";
        serialize_u64(u64) "a number";
        serialize_f32(f32) "a number";
        serialize_f64(f64) "a number";
        serialize_char(char) "a text";
        serialize_str(&str) "a text";
        serialize_bytes(&[u8]) "bytes";
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Self::Ok, Misfit> {
        value.serialize(self)
    }

    fn serialize_none(self) -> Result<Self::Ok, Misfit> {
        self.serialize_unit()
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Self::Ok, Misfit> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, name: &'static str) -> Result<Self::Ok, Misfit> {
        self.serialize_str(name)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Self::Ok, Misfit> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        _: &T,
    ) -> Result<Self::Ok, Misfit> {
        self.serialize_str(name)
    }

    fn serialize_tuple(self, length: usize) -> Result<Self::SerializeTuple, Misfit> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        length: usize,
    ) -> Result<Self::SerializeTupleStruct, Misfit> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Misfit> {
        Err(Misfit::custom("a variant of an enum is no list of arguments"))
    }

    fn serialize_struct(self, _: &'static str, length: usize) -> Result<Self::SerializeStruct, Misfit> {
        self.serialize_map(Some(length))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Misfit> {
        Err(Misfit::custom("a variant of an enum is no map of arguments"))
    }

    fn serialize_unit(self) -> Result<(), Misfit> {
        Row {
            given: self,
            count: 0,
        }
        .finish()
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Row<'a>, Misfit> {
        Ok(Row {
            given: self,
            count: 0,
        })
    }

    fn serialize_map(self, length: Option<usize>) -> Result<Parts<'a, 'a>, Misfit> {
        *self.by_name = true;
        Parts::named(Writer::new(self.out, &self.arguments.layout), length)
    }
}

macro_rules! row {
    ($($part:ident::$method:ident;)*) => {
        $(
            impl $part for Row<'_> {
                type Ok = ();
                type Error = Misfit;

                fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Misfit> {
                    self.next(value)
                }

                fn end(self) -> Result<(), Misfit> {
                    self.finish()
                }
            }
        )*
    };
}

row! {
    SerializeSeq::serialize_element;
    SerializeTuple::serialize_element;
    SerializeTupleStruct::serialize_field;
}
