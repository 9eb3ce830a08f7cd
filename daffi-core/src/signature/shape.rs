//! The structure of one value, for calls made by name, where no type says what the callback gives or takes.
//!
//! Knows serde's data model only. It sees less than [`trace`](super::trace): not the element of an empty sequence,
//! nor the variants that the value is not.

use std::cell::Cell;
use std::fmt::{self, Display};

use serde::Serialize;
use serde::ser::{
    SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

use super::{DEPTH_LIMIT, LENGTH_LIMIT, SIZE_LIMIT, Type, Variant};

/// How many elements of a sequence or map are looked at.
const ELEMENT_LIMIT: usize = 32;

/// The structure of `value`, as far as one value shows it.
///
/// What it does not show is [`Type::Opaque`]: the element of an empty sequence, what is in a `None`. An enum has the
/// variants that were seen and is open.
///
/// ```
/// use daffi_core::signature::{shape, trace};
///
/// let shape = shape(&(7_u8, vec!["a"], None::<u8>));
/// assert_eq!(shape.to_string(), "(u8, Vec<String>, Option<?>)");
/// assert!(shape.matches(&trace::<(u8, Vec<String>, Option<i64>)>()));
/// ```
#[must_use]
pub fn shape<T: Serialize + ?Sized>(value: &T) -> Type {
    let budget = Cell::new(SIZE_LIMIT);
    let ty = value
        .serialize(Sketch {
            budget: &budget,
            depth: 0,
        })
        .unwrap_or(Type::Opaque);
    // What is refused by whoever receives it is not worth sending.
    if ty.size() > SIZE_LIMIT { Type::Opaque } else { ty }
}

/// A value failed to serialize. Whoever sends it will find out why.
#[derive(Debug)]
struct Unserializable;

impl Display for Unserializable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the value does not serialize")
    }
}

impl std::error::Error for Unserializable {}

impl serde::ser::Error for Unserializable {
    fn custom<T: Display>(_: T) -> Self {
        Self
    }
}

type Sketched = Result<Type, Unserializable>;

/// The serializer.
#[derive(Clone, Copy)]
struct Sketch<'b> {
    /// How many types may still be looked at.
    budget: &'b Cell<usize>,
    depth: usize,
}

impl Sketch<'_> {
    fn inside<T: Serialize + ?Sized>(self, value: &T) -> Sketched {
        if self.depth >= DEPTH_LIMIT || self.budget.get() == 0 {
            return Ok(Type::Opaque);
        }
        self.budget.set(self.budget.get() - 1);
        let inside = Self {
            depth: self.depth + 1,
            ..self
        };
        Ok(inside.within_limit(value.serialize(inside)?))
    }

    /// A type as deep as that has nothing inside.
    fn within_limit(self, ty: Type) -> Type {
        if self.depth >= DEPTH_LIMIT && ty.size() > 1 {
            Type::Opaque
        } else {
            ty
        }
    }

    /// What a variant carries is a type inside of the enum.
    fn content(self) -> Self {
        Self {
            depth: self.depth + 1,
            ..self
        }
    }
}

/// An enum of which one variant was seen; `content` was seen by `sketch`.
fn only_variant(
    sketch: Sketch<'_>,
    (name, index, variant): (&'static str, u32, &'static str),
    content: Type,
) -> Type {
    let variant = Variant {
        index,
        name: variant.to_owned(),
        content: sketch.within_limit(content),
    };
    Type::Enum {
        name: name.to_owned(),
        variants: vec![variant],
        open: true,
    }
}

macro_rules! scalars {
    ($($method:ident, $value:ty, $ty:ident;)*) => {
        $(
            fn $method(self, _: $value) -> Sketched {
                Ok(Type::$ty)
            }
        )*
    };
}

impl<'b> Serializer for Sketch<'b> {
    type Ok = Type;
    type Error = Unserializable;
    type SerializeSeq = Elements<'b>;
    type SerializeTuple = Fields<'b>;
    type SerializeTupleStruct = Fields<'b>;
    type SerializeTupleVariant = Fields<'b>;
    type SerializeMap = Entries<'b>;
    type SerializeStruct = Fields<'b>;
    type SerializeStructVariant = Fields<'b>;

    fn is_human_readable(&self) -> bool {
        false
    }

    scalars! {
        serialize_bool, bool, Bool;
        serialize_i8, i8, I8;
        serialize_i16, i16, I16;
        serialize_i32, i32, I32;
        serialize_i64, i64, I64;
        serialize_i128, i128, I128;
        serialize_u8, u8, U8;
        serialize_u16, u16, U16;
        serialize_u32, u32, U32;
        serialize_u64, u64, U64;
        serialize_u128, u128, U128;
        serialize_f32, f32, F32;
        serialize_f64, f64, F64;
        serialize_char, char, Char;
        serialize_str, &str, Str;
        serialize_bytes, &[u8], Bytes;
    }

    fn collect_str<T: Display + ?Sized>(self, _: &T) -> Sketched {
        Ok(Type::Str)
    }

    fn serialize_none(self) -> Sketched {
        Ok(Type::Option(Box::new(Type::Opaque)))
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Sketched {
        Ok(Type::Option(Box::new(self.inside(value)?)))
    }

    fn serialize_unit(self) -> Sketched {
        Ok(Type::Unit)
    }

    fn serialize_unit_struct(self, name: &'static str) -> Sketched {
        Ok(Type::UnitStruct {
            name: name.to_owned(),
        })
    }

    fn serialize_unit_variant(self, name: &'static str, index: u32, variant: &'static str) -> Sketched {
        Ok(only_variant(self.content(), (name, index, variant), Type::Unit))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Sketched {
        Ok(Type::NewtypeStruct {
            name: name.to_owned(),
            inner: Box::new(self.inside(value)?),
        })
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Sketched {
        let content = Type::Tuple(vec![self.content().inside(value)?]);
        Ok(only_variant(self.content(), (name, index, variant), content))
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Elements<'b>, Unserializable> {
        Ok(Elements {
            sketch: self,
            element: Merged::default(),
        })
    }

    fn serialize_tuple(self, length: usize) -> Result<Fields<'b>, Unserializable> {
        Ok(Fields::new(self, Around::Tuple, length))
    }

    fn serialize_tuple_struct(self, name: &'static str, length: usize) -> Result<Fields<'b>, Unserializable> {
        Ok(Fields::new(self, Around::TupleStruct(name), length))
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Fields<'b>, Unserializable> {
        Ok(Fields::new(
            self.content(),
            Around::TupleVariant(name, index, variant),
            length,
        ))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Entries<'b>, Unserializable> {
        Ok(Entries {
            sketch: self,
            key: Merged::default(),
            value: Merged::default(),
        })
    }

    fn serialize_struct(self, name: &'static str, length: usize) -> Result<Fields<'b>, Unserializable> {
        Ok(Fields::new(self, Around::Struct(name), length))
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Fields<'b>, Unserializable> {
        Ok(Fields::new(
            self.content(),
            Around::StructVariant(name, index, variant),
            length,
        ))
    }
}

/// What all elements of a sequence, or all keys or values of a map, have in common.
#[derive(Default)]
struct Merged {
    ty: Option<Type>,
    looked_at: usize,
}

impl Merged {
    fn add<T: Serialize + ?Sized>(&mut self, sketch: Sketch<'_>, value: &T) -> Result<(), Unserializable> {
        if self.looked_at < ELEMENT_LIMIT {
            let next = sketch.inside(value)?;
            self.ty = Some(match self.ty.take() {
                Some(known) => merge(known, next),
                None => next,
            });
            self.looked_at += 1;
        }
        Ok(())
    }

    fn finish(self) -> Box<Type> {
        Box::new(self.ty.unwrap_or(Type::Opaque))
    }
}

/// What is known after both were seen at one place: everything that either knows, and nothing where they disagree.
fn merge(one: Type, other: Type) -> Type {
    let all = |one: Vec<Type>, other: Vec<Type>| {
        one.into_iter()
            .zip(other)
            .map(|(one, other)| merge(one, other))
            .collect()
    };
    match (one, other) {
        (Type::Opaque, known) | (known, Type::Opaque) => known,
        (Type::Option(one), Type::Option(other)) => Type::Option(Box::new(merge(*one, *other))),
        (Type::Seq(one), Type::Seq(other)) => Type::Seq(Box::new(merge(*one, *other))),
        (Type::Map(key, value), Type::Map(other_key, other_value)) => Type::Map(
            Box::new(merge(*key, *other_key)),
            Box::new(merge(*value, *other_value)),
        ),
        (Type::Tuple(one), Type::Tuple(other)) if one.len() == other.len() => Type::Tuple(all(one, other)),
        (
            Type::NewtypeStruct { name, inner },
            Type::NewtypeStruct {
                name: also,
                inner: other,
            },
        ) if name == also => Type::NewtypeStruct {
            name,
            inner: Box::new(merge(*inner, *other)),
        },
        (
            Type::TupleStruct { name, fields },
            Type::TupleStruct {
                name: also,
                fields: other,
            },
        ) if name == also && fields.len() == other.len() => Type::TupleStruct {
            name,
            fields: all(fields, other),
        },
        (
            Type::Struct { name, fields },
            Type::Struct {
                name: also,
                fields: other,
            },
        ) if name == also
            && fields
                .iter()
                .map(|(name, _)| name)
                .eq(other.iter().map(|(name, _)| name)) =>
        {
            let fields = fields.into_iter().zip(other);
            let fields = fields
                .map(|((name, one), (_, other))| (name, merge(one, other)))
                .collect();
            Type::Struct { name, fields }
        }
        (
            Type::Enum {
                name,
                mut variants,
                open,
            },
            Type::Enum {
                name: also,
                variants: others,
                ..
            },
        ) if name == also => {
            for other in others {
                match variants.binary_search_by_key(&other.index, |variant| variant.index) {
                    Ok(place) => {
                        let content = std::mem::replace(&mut variants[place].content, Type::Opaque);
                        variants[place].content = merge(content, other.content);
                    }
                    Err(place) => variants.insert(place, other),
                }
            }
            Type::Enum { name, variants, open }
        }
        (one, other) if one == other => one,
        _ => Type::Opaque,
    }
}

struct Elements<'b> {
    sketch: Sketch<'b>,
    element: Merged,
}

impl SerializeSeq for Elements<'_> {
    type Ok = Type;
    type Error = Unserializable;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unserializable> {
        self.element.add(self.sketch, value)
    }

    fn end(self) -> Sketched {
        Ok(Type::Seq(self.element.finish()))
    }
}

struct Entries<'b> {
    sketch: Sketch<'b>,
    key: Merged,
    value: Merged,
}

impl SerializeMap for Entries<'_> {
    type Ok = Type;
    type Error = Unserializable;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Unserializable> {
        self.key.add(self.sketch, key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unserializable> {
        self.value.add(self.sketch, value)
    }

    fn end(self) -> Sketched {
        Ok(Type::Map(self.key.finish(), self.value.finish()))
    }
}

/// What the fields belong to.
enum Around {
    Tuple,
    TupleStruct(&'static str),
    TupleVariant(&'static str, u32, &'static str),
    Struct(&'static str),
    StructVariant(&'static str, u32, &'static str),
}

/// The fields of anything that has a fixed number of them.
struct Fields<'b> {
    sketch: Sketch<'b>,
    around: Around,
    fields: Vec<(&'static str, Type)>,
    /// Whether there are too many to look at.
    too_long: bool,
}

impl<'b> Fields<'b> {
    fn new(sketch: Sketch<'b>, around: Around, length: usize) -> Self {
        Self {
            sketch,
            around,
            fields: Vec::new(),
            too_long: length > LENGTH_LIMIT,
        }
    }

    fn add<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Unserializable> {
        if !self.too_long {
            self.fields.push((name, self.sketch.inside(value)?));
        }
        Ok(())
    }

    fn finish(self) -> Type {
        let fields = self.fields;
        let unnamed = |fields: Vec<(_, Type)>| fields.into_iter().map(|(_, field)| field).collect();
        let named = |fields: Vec<(&'static str, Type)>| {
            fields
                .into_iter()
                .map(|(name, field)| (name.to_owned(), field))
                .collect()
        };
        let known = |ty| if self.too_long { Type::Opaque } else { ty };
        match self.around {
            Around::Tuple => known(Type::Tuple(unnamed(fields))),
            Around::TupleStruct(name) => known(Type::TupleStruct {
                name: name.to_owned(),
                fields: unnamed(fields),
            }),
            Around::Struct(name) => known(Type::Struct {
                name: name.to_owned(),
                fields: named(fields),
            }),
            Around::TupleVariant(name, index, variant) => only_variant(
                self.sketch,
                (name, index, variant),
                known(Type::Tuple(unnamed(fields))),
            ),
            Around::StructVariant(name, index, variant) => {
                let content = Type::Struct {
                    name: String::new(),
                    fields: named(fields),
                };
                only_variant(self.sketch, (name, index, variant), known(content))
            }
        }
    }
}

macro_rules! unnamed_fields {
    ($($part:ident::$method:ident;)*) => {
        $(
            impl $part for Fields<'_> {
                type Ok = Type;
                type Error = Unserializable;

                fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unserializable> {
                    self.add("", value)
                }

                fn end(self) -> Sketched {
                    Ok(self.finish())
                }
            }
        )*
    };
}

macro_rules! named_fields {
    ($($part:ident;)*) => {
        $(
            impl $part for Fields<'_> {
                type Ok = Type;
                type Error = Unserializable;

                fn serialize_field<T: Serialize + ?Sized>(
                    &mut self,
                    name: &'static str,
                    value: &T,
                ) -> Result<(), Unserializable> {
                    self.add(name, value)
                }

                fn end(self) -> Sketched {
                    Ok(self.finish())
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

named_fields! {
    SerializeStruct;
    SerializeStructVariant;
}
