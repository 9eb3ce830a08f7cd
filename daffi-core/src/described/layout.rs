//! A structure made ready to read and write by: a place for each type in it, found by its number, where newtypes are
//! what they wrap and a recursion is the place that it comes back to.

use crate::signature::{Type, Variant};

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
    Map(At, At),
    Tuple(Vec<At>),
    Struct(Struct),
    Enum(Enum),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Struct {
    /// What each field is called.
    pub(super) names: Vec<Names>,
    pub(super) fields: Vec<At>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Enum {
    /// In the order of their numbers.
    variants: Vec<Choice>,
}

/// A variant.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Choice {
    pub(super) index: u32,
    pub(super) names: Names,
    pub(super) content: At,
}

/// What a field or a variant goes by: its name, or none if that is not known.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Names(Option<String>);

impl Names {
    fn new(name: &str) -> Self {
        Self((name != UNKNOWN).then(|| name.to_owned()))
    }

    pub(super) fn is(&self, name: &str) -> bool {
        self.0.as_deref() == Some(name)
    }

    pub(super) fn is_known(&self) -> bool {
        self.0.is_some()
    }

    /// The one that somebody understands who knows these.
    pub(super) fn among(&self, _known: &[&str]) -> Option<&str> {
        self.0.as_deref()
    }

    /// The one for people.
    pub(super) fn shown(&self) -> &str {
        self.0.as_deref().unwrap_or(UNKNOWN)
    }
}

/// The name of what has one that is not known.
const UNKNOWN: &str = "_";

impl Layout {
    /// That of a type.
    #[must_use]
    pub fn new(ty: &Type) -> Self {
        let mut layout = Self {
            places: Vec::new(),
            root: At(0),
        };
        layout.root = layout.add(ty, &mut Vec::new());
        layout
    }

    pub(super) const fn root(&self) -> At {
        self.root
    }

    #[inline]
    pub(super) fn place(&self, at: At) -> &Place {
        &self.places[at.0 as usize]
    }

    fn push(&mut self, place: Place) -> At {
        let at = At(u32::try_from(self.places.len()).expect("a type is made of some thousands"));
        self.places.push(place);
        at
    }

    /// Adds `ty`. `around` has the place of each type around it, outermost first.
    fn add(&mut self, ty: &Type, around: &mut Vec<At>) -> At {
        let mut newtypes = 0;
        let mut core = ty;
        while let Type::NewtypeStruct { inner, .. } = core {
            newtypes += 1;
            core = inner;
        }
        if let Type::Recursive(level) = core {
            // A newtype of nothing but itself has no values; a level too many comes from a peer that lies.
            let level = usize::try_from(*level)
                .ok()
                .and_then(|level| level.checked_sub(newtypes));
            let place = level.and_then(|level| around.len().checked_sub(level + 1));
            return place.map_or_else(|| self.push(Place::Opaque), |place| around[place]);
        }
        let at = self.push(leaf(core));
        let outside = around.len();
        around.resize(outside + newtypes + 1, at);
        let compound = match core {
            Type::Option(inner) => Some(Place::Option(self.add(inner, around))),
            Type::Seq(element) => Some(Place::Seq(self.add(element, around))),
            Type::Map(key, value) => Some(Place::Map(self.add(key, around), self.add(value, around))),
            Type::Tuple(fields) | Type::TupleStruct { fields, .. } if !fields.is_empty() => {
                let fields = fields.iter().map(|field| self.add(field, around));
                Some(Place::Tuple(fields.collect()))
            }
            Type::Struct { fields, .. } => Some(Place::Struct(Struct {
                names: fields.iter().map(|(name, _)| Names::new(name)).collect(),
                fields: fields.iter().map(|(_, field)| self.add(field, around)).collect(),
            })),
            Type::Enum { variants, .. } => Some(Place::Enum(Enum {
                variants: variants
                    .iter()
                    .map(|variant| self.choice(variant, around))
                    .collect(),
            })),
            _ => None,
        };
        around.truncate(outside);
        if let Some(compound) = compound {
            self.places[at.0 as usize] = compound;
        }
        at
    }

    fn choice(&mut self, variant: &Variant, around: &mut Vec<At>) -> Choice {
        Choice {
            index: variant.index,
            names: Names::new(&variant.name),
            content: self.add(&variant.content, around),
        }
    }
}

impl Enum {
    /// The variant of that number.
    #[inline]
    pub(super) fn choice(&self, index: u32) -> Option<&Choice> {
        let place = index as usize;
        match self.variants.get(place) {
            Some(choice) if choice.index == index => Some(choice),
            _ => {
                let found = self.variants.binary_search_by_key(&index, |choice| choice.index);
                found.ok().map(|place| &self.variants[place])
            }
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
        _ => Place::Opaque,
    }
}
