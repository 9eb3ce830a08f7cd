//! What was seen of a value's structure: a tree in which all elements of a sequence stand at one place.
//!
//! Knows nothing of serializers.

use std::fmt::{self, Display};

use super::super::names::LENGTH_OF_NAMES;
use super::super::{DEPTH_LIMIT, LENGTH_LIMIT, SIZE_LIMIT, Type, Variant};

/// Parts of a value that stand at one place have no type in common.
#[derive(Debug)]
pub struct Contradiction(Box<Parts>);

#[derive(Debug)]
struct Parts {
    before: String,
    now: String,
    /// Which element of a sequence or entry of a map it was, counted from 0.
    element: Option<usize>,
}

impl Contradiction {
    fn new(before: String, now: String) -> Self {
        let element = None;
        Self(Box::new(Parts { before, now, element }))
    }

    /// The same, in this element unless it is inside of another one.
    pub(super) fn in_element(mut self, number: usize) -> Self {
        self.0.element.get_or_insert(number);
        self
    }
}

impl Display for Contradiction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parts { before, now, element } = &*self.0;
        f.write_str("the elements of a sequence or map are not of one type: ")?;
        if let Some(element) = element {
            write!(f, "in element {element}, counted from 0, ")?;
        }
        write!(
            f,
            "{now} is written where {before} is in one before it; use an enum, or one type for all of them"
        )
    }
}

impl std::error::Error for Contradiction {}

pub(super) type Agreed<T = ()> = Result<T, Contradiction>;

/// One of the places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place(usize);

impl Place {
    pub(super) const ROOT: Self = Self(0);

    /// The place of a field, from that of the first one.
    pub(super) const fn field(self, number: usize) -> Self {
        Self(self.0 + number)
    }
}

/// What has fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Around {
    Tuple,
    TupleStruct(&'static str),
    Struct(&'static str),
}

impl Around {
    const fn has_names(self) -> bool {
        matches!(self, Self::Struct(_))
    }
}

#[derive(Debug)]
enum Kind {
    /// Nothing was seen there.
    Unseen,
    /// Nobody looks into it: it lies too deep, or is too much.
    Opaque,
    Leaf(Type),
    Option(Place),
    Seq(Place),
    /// The value stands after the key.
    Map(Place),
    Newtype(&'static str, Place),
    /// So many fields, the first of which stands there, and the names of those that were seen.
    Fields(Around, usize, Place, Vec<&'static str>),
    /// The variants by their numbers, and what each of them carries.
    Enum(&'static str, Vec<(u32, &'static str, Place)>),
}

impl Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unseen | Self::Opaque => f.write_str("something"),
            Self::Leaf(ty) => write!(f, "`{ty}`"),
            Self::Option(_) => f.write_str("an option"),
            Self::Seq(_) => f.write_str("a sequence"),
            Self::Map(_) => f.write_str("a map"),
            Self::Newtype(name, _) => write!(f, "`{name}`"),
            Self::Fields(Around::Tuple, length, ..) => write!(f, "a tuple of {length}"),
            Self::Fields(Around::Struct(""), length, ..) => write!(
                f,
                "a variant with {length} named field{}",
                if *length == 1 { "" } else { "s" }
            ),
            Self::Fields(Around::TupleStruct(name) | Around::Struct(name), length, ..) => {
                write!(f, "the struct `{name}` with {length} fields")
            }
            Self::Enum(name, _) => write!(f, "the enum `{name}`"),
        }
    }
}

#[derive(Debug)]
struct Node {
    kind: Kind,
    depth: usize,
}

/// The tree. A place has one kind, whatever comes later has to be of it. Newtypes are what they wrap, as on the wire.
#[derive(Debug)]
pub(super) struct Seen {
    nodes: Vec<Node>,
    /// Whether something in it asks whether it is for people.
    pub(super) asks_for_whom: bool,
}

impl Seen {
    pub(super) fn new() -> Self {
        Self {
            nodes: vec![Node {
                kind: Kind::Unseen,
                depth: 0,
            }],
            asks_for_whom: false,
        }
    }

    /// The place inside of newtypes.
    fn within(&self, mut at: Place) -> Place {
        while let Kind::Newtype(_, inner) = self.nodes[at.0].kind {
            at = inner;
        }
        at
    }

    /// Makes something with so many places inside of what was not seen before; nothing if that is too much.
    fn make(&mut self, at: Place, inside: usize, kind: impl FnOnce(Place) -> Kind) -> Option<Place> {
        let (first, depth) = (self.nodes.len(), self.nodes[at.0].depth);
        if depth >= DEPTH_LIMIT || inside > LENGTH_LIMIT || first + inside > SIZE_LIMIT {
            self.nodes[at.0].kind = Kind::Opaque;
            return None;
        }
        self.nodes[at.0].kind = kind(Place(first));
        self.nodes.extend((0..inside).map(|_| Node {
            kind: Kind::Unseen,
            depth: depth + 1,
        }));
        Some(Place(first))
    }

    fn contradiction<T>(&self, at: Place, now: impl Display) -> Agreed<T> {
        Err(Contradiction::new(
            self.nodes[at.0].kind.to_string(),
            now.to_string(),
        ))
    }

    /// Something without anything inside.
    pub(super) fn leaf(&mut self, at: Place, ty: &Type) -> Agreed {
        let at = self.within(at);
        let is_unit = |ty: &Type| matches!(ty, Type::Unit | Type::UnitStruct { .. });
        match &self.nodes[at.0].kind {
            Kind::Opaque => Ok(()),
            Kind::Unseen => {
                self.nodes[at.0].kind = Kind::Leaf(ty.clone());
                Ok(())
            }
            Kind::Leaf(known) if known == ty || is_unit(known) && is_unit(ty) => Ok(()),
            Kind::Fields(Around::Tuple | Around::TupleStruct(_), 0, ..) if is_unit(ty) => Ok(()),
            Kind::Seq(element) if *ty == Type::Bytes => {
                let element = *element;
                self.leaf(element, &Type::U8)
            }
            _ => self.contradiction(at, Kind::Leaf(ty.clone())),
        }
    }

    /// An option, and the place of what is in it.
    pub(super) fn option(&mut self, at: Place) -> Agreed<Option<Place>> {
        let at = self.within(at);
        match self.nodes[at.0].kind {
            Kind::Opaque => Ok(None),
            Kind::Unseen => Ok(self.make(at, 1, Kind::Option)),
            Kind::Option(inner) => Ok(Some(inner)),
            _ => self.contradiction(at, Kind::Option(at)),
        }
    }

    /// A sequence, and the place of its elements.
    pub(super) fn seq(&mut self, at: Place) -> Agreed<Option<Place>> {
        let at = self.within(at);
        match self.nodes[at.0].kind {
            Kind::Opaque => Ok(None),
            Kind::Unseen => Ok(self.make(at, 1, Kind::Seq)),
            Kind::Seq(element) => Ok(Some(element)),
            Kind::Leaf(Type::Bytes) => {
                let element = self.make(at, 1, Kind::Seq);
                if let Some(element) = element {
                    self.leaf(element, &Type::U8)?;
                }
                Ok(element)
            }
            _ => self.contradiction(at, Kind::Seq(at)),
        }
    }

    /// A map, and the places of its keys and values.
    pub(super) fn map(&mut self, at: Place) -> Agreed<Option<(Place, Place)>> {
        let at = self.within(at);
        let inside = match self.nodes[at.0].kind {
            Kind::Opaque => None,
            Kind::Unseen => self.make(at, 2, Kind::Map),
            Kind::Map(key) => Some(key),
            _ => return self.contradiction(at, Kind::Map(at)),
        };
        Ok(inside.map(|key| (key, key.field(1))))
    }

    /// A newtype, and the place of what it wraps.
    pub(super) fn newtype(&mut self, at: Place, name: &'static str) -> Option<Place> {
        match self.nodes[at.0].kind {
            Kind::Opaque => None,
            Kind::Unseen => self.make(at, 1, |inner| Kind::Newtype(name, inner)),
            Kind::Newtype(_, inner) => Some(inner),
            _ => Some(at),
        }
    }

    /// Something with so many fields, and the place of the first one.
    pub(super) fn fields(&mut self, at: Place, around: Around, length: usize) -> Agreed<Option<Place>> {
        let at = self.within(at);
        match &self.nodes[at.0].kind {
            Kind::Opaque => Ok(None),
            Kind::Unseen => Ok(self.make(at, length, |first| {
                Kind::Fields(around, length, first, Vec::new())
            })),
            Kind::Leaf(Type::Unit | Type::UnitStruct { .. }) if length == 0 && !around.has_names() => {
                Ok(None)
            }
            Kind::Fields(known, count, first, _)
                if known.has_names() == around.has_names() && *count == length =>
            {
                Ok(Some(*first))
            }
            _ => self.contradiction(at, Kind::Fields(around, length, at, Vec::new())),
        }
    }

    /// A field has this name.
    pub(super) fn named(&mut self, at: Place, number: usize, name: &'static str) -> Agreed {
        let at = self.within(at);
        let Kind::Fields(_, _, _, names) = &mut self.nodes[at.0].kind else {
            return Ok(());
        };
        match names.get(number) {
            None => names.push(name),
            Some(known) if *known == name => {}
            Some(known) => {
                return Err(Contradiction::new(
                    format!("field `{known}`"),
                    format!("field `{name}`"),
                ));
            }
        }
        Ok(())
    }

    /// A variant, and the place of what it carries.
    pub(super) fn variant(
        &mut self,
        at: Place,
        (name, index, variant): (&'static str, u32, &'static str),
    ) -> Agreed<Option<Place>> {
        let at = self.within(at);
        if matches!(self.nodes[at.0].kind, Kind::Unseen) {
            self.make(at, 0, |_| Kind::Enum(name, Vec::new()));
        }
        if matches!(self.nodes[at.0].kind, Kind::Opaque) {
            return Ok(None);
        }
        let (next, depth) = (Place(self.nodes.len()), self.nodes[at.0].depth + 1);
        let Kind::Enum(_, variants) = &mut self.nodes[at.0].kind else {
            return self.contradiction(at, Kind::Enum(name, Vec::new()));
        };
        match variants.binary_search_by_key(&index, |(index, ..)| *index) {
            Ok(known) => {
                let (_, known, content) = variants[known];
                if known == variant {
                    Ok(Some(content))
                } else {
                    Err(Contradiction::new(
                        format!("variant `{known}`"),
                        format!("variant `{variant}`"),
                    ))
                }
            }
            Err(_) if next.0 >= SIZE_LIMIT => {
                self.nodes[at.0].kind = Kind::Opaque;
                Ok(None)
            }
            Err(place) => {
                variants.insert(place, (index, variant, next));
                self.nodes.push(Node {
                    kind: Kind::Unseen,
                    depth,
                });
                Ok(Some(next))
            }
        }
    }

    /// What was seen as a type.
    pub(super) fn describe(&self, at: Place) -> Type {
        let inner = |place: Place| Box::new(self.describe(place));
        let name = |name: &str| name.to_owned();
        match &self.nodes[at.0].kind {
            Kind::Unseen | Kind::Opaque => Type::Opaque,
            Kind::Fields(.., names) if !names.iter().all(|name| is_short(name)) => Type::Opaque,
            Kind::Enum(_, variants) if !variants.iter().all(|(_, name, _)| is_short(name)) => Type::Opaque,
            Kind::Leaf(ty) => ty.clone(),
            Kind::Option(place) => Type::Option(inner(*place)),
            Kind::Seq(element) => Type::Seq(inner(*element)),
            Kind::Map(key) => Type::Map(inner(*key), inner(key.field(1))),
            Kind::Newtype(own, place) => Type::NewtypeStruct {
                name: name(own),
                inner: inner(*place),
            },
            Kind::Fields(around, length, first, names) => {
                let mut fields = (0..*length).map(|field| self.describe(first.field(field)));
                match around {
                    Around::Tuple => Type::Tuple(fields.collect()),
                    Around::TupleStruct(own) => Type::TupleStruct {
                        name: name(own),
                        fields: fields.collect(),
                    },
                    Around::Struct(own) => Type::Struct {
                        name: name(own),
                        fields: names.iter().map(|field| name(field)).zip(&mut fields).collect(),
                    },
                }
            }
            Kind::Enum(own, variants) => Type::Enum {
                name: name(own),
                variants: variants
                    .iter()
                    .map(|(index, variant, content)| Variant {
                        index: *index,
                        name: name(variant),
                        content: self.describe(*content),
                    })
                    .collect(),
                open: true,
            },
        }
    }
}

/// Whether others are told of such a name.
const fn is_short(name: &str) -> bool {
    name.len() <= LENGTH_OF_NAMES
}
