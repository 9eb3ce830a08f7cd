//! A structure made ready to read and write by: a place for each type in it, found by its number, where newtypes are
//! what they wrap and a recursion is the place that it comes back to.

use super::misfit::Step;
use super::names::{Meant, Names};
use crate::signature::{Allows, Readable, Type, Variant, recurred};

/// The structure of a type, ready to read bytes by, or to write them.
///
/// It is made once for a structure, and costs about as much memory. See [`decode`](super::decode).
#[derive(Clone, Debug)]
pub struct Layout {
    places: Vec<Place>,
    root: At,
}

/// A place of a layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct At(u32);

/// What is at a place.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Place {
    /// Nobody knows.
    Opaque,
    /// A value that says itself what it is.
    Any,
    Unit,
    Bool,
    I8,
    I16,
    I32,
    I64,
    I128,
    U8,
    U16,
    U32,
    U64,
    U128,
    F32,
    F64,
    Char,
    Str,
    Bytes,
    Option(At),
    Seq(At),
    /// Keys and values, and a tuple of both.
    Map(At, At, At),
    Tuple(Vec<At>),
    Struct(Struct),
    Enum(Enum),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Struct {
    /// What its parts are, in a word.
    pub(super) noun: &'static str,
    /// What each field is called.
    pub(super) names: Vec<Names>,
    pub(super) fields: Vec<At>,
    /// Whether each may be missing where it is read; nothing if none may.
    pub(super) optional: Vec<bool>,
    /// Whether others are refused where it is read.
    pub(super) strict: bool,
    /// Whether it is not known what is allowed where it is read.
    pub(super) unasked: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Enum {
    /// In the order of their numbers.
    variants: Vec<Choice>,
    /// Whether there may be more of them.
    open: bool,
    /// Whether others are taken where it is read.
    others: bool,
    /// Whether it is not known what is allowed where it is read.
    unasked: bool,
}

/// A variant.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Choice {
    pub(super) index: u32,
    pub(super) names: Names,
    pub(super) meant: Meant,
    pub(super) content: At,
}

impl Layout {
    /// The place of a byte of bytes.
    pub(super) const OCTET: At = At(0);

    /// That of a type.
    #[must_use]
    pub fn new(ty: &Type) -> Self {
        Self::made(ty, Some(&[]))
    }

    /// That of a type of which it is known what is allowed beyond its structure.
    #[must_use]
    pub fn of(reading: &Readable) -> Self {
        Self::made(&reading.ty, reading.is_consistent().then_some(&reading.allows))
    }

    /// That of a callback's arguments, each a field.
    pub(super) fn of_arguments(arguments: Vec<(String, Type)>) -> Self {
        let mut layout = Self::new(&Type::Struct {
            name: String::new(),
            fields: arguments,
        });
        if let Place::Struct(structure) = &mut layout.places[layout.root.0 as usize] {
            structure.noun = "argument";
            for names in &mut structure.names {
                if names.is("_") {
                    // Nobody gave it a name.
                    *names = Names::none();
                }
            }
        }
        layout
    }

    /// That of what is in a stream.
    pub(super) fn of_items(reading: &Readable) -> Self {
        match (reading.ty.item(), &*reading.allows) {
            (Some(items), [_, allows @ ..] | allows @ []) if reading.is_consistent() => {
                Self::made(items, Some(allows))
            }
            (items, _) => Self::made(items.unwrap_or(&reading.ty), None),
        }
    }

    /// `None` if it is not known what is allowed.
    fn made(ty: &Type, allows: Option<&[Option<Allows>]>) -> Self {
        let mut building = Building {
            places: vec![Place::U8],
            around: Vec::new(),
            allows,
        };
        let root = building.add(ty);
        Self {
            places: building.places,
            root,
        }
    }

    pub(super) const fn root(&self) -> At {
        self.root
    }

    #[inline]
    pub(super) fn place(&self, at: At) -> &Place {
        &self.places[at.0 as usize]
    }

    /// All places.
    pub(super) fn all(&self) -> impl Iterator<Item = At> + use<> {
        let all = u32::try_from(self.places.len()).unwrap_or(u32::MAX);
        (0..all).map(At)
    }

    /// Whether what is there may be written by hand as if it were none.
    pub(super) fn may_be_nothing(&self, at: At) -> bool {
        matches!(self.place(at), Place::Option(_) | Place::Unit)
    }

    /// Whether what is there can be the key of a map where keys are texts.
    pub(super) fn is_name(&self, at: At) -> bool {
        match self.place(at) {
            Place::Enum(choices) => choices
                .variants
                .iter()
                .all(|choice| *self.place(choice.content) == Place::Unit),
            place => matches!(
                place,
                Place::Str
                    | Place::Char
                    | Place::Bool
                    | Place::U8
                    | Place::U16
                    | Place::U32
                    | Place::U64
                    | Place::U128
                    | Place::I8
                    | Place::I16
                    | Place::I32
                    | Place::I64
                    | Place::I128
            ),
        }
    }
}

/// A layout that is put together.
struct Building<'t> {
    places: Vec<Place>,
    /// The place of each type around, outermost first.
    around: Vec<At>,
    /// What the structs and enums allow that are yet to come, if that is known.
    allows: Option<&'t [Option<Allows>]>,
}

impl<'t> Building<'t> {
    /// What the next struct or enum allows beyond its structure.
    fn allowed(&mut self) -> Option<&'t Allows> {
        let Some(allows) = &mut self.allows else {
            return Some(&Allows::Unknown);
        };
        let (next, rest) = allows.split_first()?;
        *allows = rest;
        next.as_ref()
    }

    fn push(&mut self, place: Place) -> At {
        let at = At(u32::try_from(self.places.len()).expect("a type is made of some thousands"));
        self.places.push(place);
        at
    }

    /// Adds `ty`.
    fn add(&mut self, ty: &Type) -> At {
        let (newtypes, core) = ty.unwrapped();
        if let Type::Recursive(level) = core {
            let target = recurred(&self.around, *level, newtypes);
            return target.unwrap_or_else(|| self.push(Place::Opaque));
        }
        let at = self.push(leaf(core));
        let outside = self.around.len();
        self.around.resize(outside + newtypes + 1, at);
        let compound = match core {
            Type::Option(inner) => Some(Place::Option(self.add(inner))),
            Type::Seq(element) => Some(Place::Seq(self.add(element))),
            Type::Map(key, value) => {
                let (key, value) = (self.add(key), self.add(value));
                let pair = self.push(Place::Tuple(vec![key, value]));
                Some(Place::Map(key, value, pair))
            }
            Type::Tuple(fields) | Type::TupleStruct { fields, .. } if !fields.is_empty() => {
                let fields = fields.iter().map(|field| self.add(field));
                Some(Place::Tuple(fields.collect()))
            }
            Type::Struct { fields, .. } => {
                let structure = self.structure(fields);
                // What is sent one by one is no part of a value.
                core.item().is_none().then_some(Place::Struct(structure))
            }
            Type::Enum { variants, open, .. } => Some(Place::Enum(self.choices(variants, *open))),
            _ => None,
        };
        self.around.truncate(outside);
        if let Some(compound) = compound {
            self.places[at.0 as usize] = compound;
        }
        at
    }

    fn structure(&mut self, fields: &[(String, Type)]) -> Struct {
        let (optional, strict, unasked) = match self.allowed() {
            Some(Allows::Fields { optional, strict }) => (optional.clone(), *strict, false),
            Some(_) => (Vec::new(), false, true),
            None => (Vec::new(), false, false),
        };
        Struct {
            noun: "field",
            names: fields.iter().map(|(name, _)| Names::new(name)).collect(),
            fields: fields.iter().map(|(_, field)| self.add(field)).collect(),
            optional,
            strict,
            unasked,
        }
    }

    fn choices(&mut self, variants: &[Variant], open: bool) -> Enum {
        let (others, unasked) = match self.allowed() {
            Some(Allows::Variants { others }) => (*others, false),
            Some(_) => (false, true),
            None => (false, false),
        };
        let choice = |variant: &Variant| Choice {
            index: variant.index,
            names: Names::new(&variant.name),
            meant: Meant::default(),
            content: self.add(&variant.content),
        };
        Enum {
            variants: variants.iter().map(choice).collect(),
            open,
            others,
            unasked,
        }
    }
}

impl At {
    pub(super) const fn number(self) -> u32 {
        self.0
    }
}

impl Struct {
    /// One without fields.
    pub(super) const EMPTY: Self = Self {
        noun: "field",
        names: Vec::new(),
        fields: Vec::new(),
        optional: Vec::new(),
        strict: false,
        unasked: false,
    };

    /// The field of that name, which is perhaps the one at `likely`.
    pub(super) fn number(&self, name: &str, likely: usize) -> Option<usize> {
        match self.names.get(likely) {
            Some(names) if names.is(name) => Some(likely),
            _ => self.names.iter().position(|names| names.is(name)),
        }
    }
}

impl Choice {
    #[cold]
    pub(super) fn step(&self) -> Step {
        Step::name(self.names.shown())
    }
}

impl Enum {
    pub(super) fn all(&self) -> &[Choice] {
        &self.variants
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &Names> + Clone {
        self.variants.iter().map(|choice| &choice.names)
    }

    pub(super) const fn is_open(&self) -> bool {
        self.open
    }

    pub(super) const fn takes_others(&self) -> bool {
        self.others
    }

    pub(super) const fn is_unasked(&self) -> bool {
        self.unasked
    }

    /// The variant of that name.
    pub(super) fn called(&self, name: &str) -> Option<&Choice> {
        self.variants.iter().find(|choice| choice.names.is(name))
    }

    /// The variant of that number.
    #[inline]
    pub(super) fn choice(&self, index: u32) -> Option<&Choice> {
        self.place(index).map(|place| &self.variants[place])
    }

    /// Which of the variants has that number.
    #[inline]
    pub(super) fn place(&self, index: u32) -> Option<usize> {
        let place = index as usize;
        match self.variants.get(place) {
            Some(choice) if choice.index == index => Some(place),
            _ => self
                .variants
                .binary_search_by_key(&index, |choice| choice.index)
                .ok(),
        }
    }
}

fn leaf(ty: &Type) -> Place {
    match ty {
        Type::Bool => Place::Bool,
        Type::I8 => Place::I8,
        Type::I16 => Place::I16,
        Type::I32 => Place::I32,
        Type::I64 => Place::I64,
        Type::I128 => Place::I128,
        Type::U8 => Place::U8,
        Type::U16 => Place::U16,
        Type::U32 => Place::U32,
        Type::U64 => Place::U64,
        Type::U128 => Place::U128,
        Type::F32 => Place::F32,
        Type::F64 => Place::F64,
        Type::Char => Place::Char,
        Type::Str => Place::Str,
        Type::Bytes => Place::Bytes,
        Type::Unit | Type::UnitStruct { .. } | Type::Tuple(_) | Type::TupleStruct { .. } => Place::Unit,
        Type::Any => Place::Any,
        _ => Place::Opaque,
    }
}
