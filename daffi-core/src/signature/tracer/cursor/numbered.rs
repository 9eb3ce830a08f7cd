//! A struct that is told its fields one by one, in whatever order, as serde's derive can: by their numbers, so what stands
//! behind a field of which no value can be made up is found out as well; and by their names, to see which it can do without.

use std::any::type_name;
use std::fmt::{self, Display};

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Unexpected, Visitor};
use serde::forward_to_deserialize_any;

use super::super::asked::{Answer, Key, NOBODY, Question};
use super::super::node::ByNumber;
use super::super::refused::Refused;
use super::super::tree::{Spot, Tree};
use super::choice::mark;
use super::{Cursor, read_by};

impl Cursor<'_> {
    /// Has a struct read its fields.
    pub(super) fn named_fields<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Refused> {
        let Self { tree, spot } = self;
        if let Some(question) = tree.question(spot) {
            return ask(tree, spot, question, visitor);
        }
        let place = if spot.constructing() || tree.probe.is_some() {
            None
        } else {
            tree.next_by_number(spot.node)
        };
        match place {
            Some(place) => read(tree, spot, place, visitor),
            None => visitor.visit_seq(Cursor { tree, spot }.fields()),
        }
    }
}

/// Has a struct read the field at `place`, and no other. No value comes of it.
fn read<V: Visitor<'static>>(
    tree: &mut Tree,
    spot: Spot,
    place: usize,
    visitor: V,
) -> Result<V::Value, Refused> {
    let field = tree.node(spot.node).children[place];
    tree.explored.push(field);
    let told = Told {
        tree: &mut *tree,
        spot,
        of: Of::Number {
            place,
            has_come: false,
        },
    };
    let _ = visitor.visit_map(told);
    if tree.node(spot.node).by_number == ByNumber::Untried {
        tree.cannot_number(spot.node);
    }
    tree.stop()
}

/// Asks a struct about its fields.
fn ask<V: Visitor<'static>>(
    tree: &mut Tree,
    spot: Spot,
    question: Question,
    visitor: V,
) -> Result<V::Value, Refused> {
    let of = match question {
        Question::Key(key) => Of::Key(key),
        Question::Fields { given, nobody } => Of::Names {
            given,
            nobody,
            next: 0,
        },
        Question::Twice(name, place) => Of::Names {
            given: vec![(name, place); 2],
            nobody: false,
            next: 0,
        },
        Question::Variant(_) => return tree.stop(),
    };
    let told = Told {
        tree: &mut *tree,
        spot,
        of,
    };
    match visitor.visit_map(told) {
        Ok(value) => {
            tree.answer(Answer::Yes);
            Ok(value)
        }
        Err(Lacks { field, .. }) => {
            if tree.question(spot).is_some() {
                tree.answer(field.map_or(Answer::No, Answer::Wrong));
            }
            tree.stop()
        }
    }
}

/// Some fields.
struct Told<'a> {
    tree: &'a mut Tree,
    spot: Spot,
    of: Of,
}

enum Of {
    /// The one of that number, to see what it reads.
    Number { place: usize, has_come: bool },
    /// That key, to see which it is.
    Key(Key),
    /// Those of these names, to see whether that is enough; first one that nobody has.
    Names {
        given: Vec<(&'static str, usize)>,
        nobody: bool,
        next: usize,
    },
}

impl Told<'_> {
    fn stop<T>(&mut self) -> Result<T, Lacks> {
        self.tree.stop().map_err(|Refused| Lacks::NOTHING)
    }

    fn value<T: DeserializeSeed<'static>>(&mut self, place: usize, seed: T) -> Result<T::Value, Lacks> {
        let Some(child) = self.tree.child(self.spot, place) else {
            return self.stop();
        };
        self.tree.node_mut(child.node).rust = read_by::<T>();
        self.tree
            .read(child, |tree| seed.deserialize(Cursor::new(tree, child)))
            .map_err(|Refused| Lacks::NOTHING)
    }
}

impl MapAccess<'static> for Told<'_> {
    type Error = Lacks;

    fn next_key_seed<K: DeserializeSeed<'static>>(&mut self, seed: K) -> Result<Option<K::Value>, Lacks> {
        match &mut self.of {
            Of::Number { has_come: true, .. } => self.stop(),
            Of::Number { place, has_come } => {
                *has_come = true;
                let place = *place;
                match seed.deserialize(Key::Number(place)) {
                    Ok(key) => {
                        self.tree.node_mut(self.spot.node).by_number = ByNumber::Works;
                        Ok(Some(key))
                    }
                    Err(Lacks { counts: true, .. }) => {
                        self.tree.node_mut(self.spot.node).by_number = ByNumber::Works;
                        self.tree.shorten(self.spot.node, place);
                        self.stop()
                    }
                    Err(_) => self.stop(),
                }
            }
            Of::Key(key) => {
                let key = *key;
                let field = seed.deserialize(key).map(|field| mark(&field));
                self.tree.answer(field.map_or(Answer::No, Answer::Field));
                self.stop()
            }
            Of::Names { next: 0, nobody, .. } if *nobody => {
                let known = seed.deserialize(Key::Name(NOBODY));
                known.map(Some).map_err(|_| Lacks {
                    field: Some(NOBODY),
                    counts: false,
                })
            }
            Of::Names { given, nobody, next } => match given.get(*next - usize::from(*nobody)) {
                Some((name, _)) => seed.deserialize(Key::Name(name)).map(Some),
                None => Ok(None),
            },
        }
    }

    fn next_value_seed<T: DeserializeSeed<'static>>(&mut self, seed: T) -> Result<T::Value, Lacks> {
        let is_ignored = read_by::<T>() == type_name::<IgnoredAny>();
        match &mut self.of {
            Of::Number { place, .. } => {
                let place = *place;
                if is_ignored {
                    // There is no such field: serde lists aliases among the names.
                    self.tree.shorten(self.spot.node, place);
                    return self.stop();
                }
                self.value(place, seed)
            }
            Of::Key(_) => self.stop(),
            Of::Names { next, nobody, .. } if *nobody && *next == 0 => {
                *next = 1;
                if is_ignored {
                    let cursor = Cursor::new(self.tree, self.spot);
                    return seed.deserialize(cursor).map_err(|Refused| Lacks::NOTHING);
                }
                self.stop()
            }
            Of::Names { given, nobody, next } => {
                let place = given.get(*next - usize::from(*nobody)).map(|(_, place)| *place);
                *next += 1;
                match place {
                    Some(place) => self.value(place, seed),
                    None => self.stop(),
                }
            }
        }
    }
}

/// A value could not be read, or a field was not known.
#[derive(Debug)]
pub(in super::super) struct Lacks {
    /// Of a field that is missing, that is not wanted, or that came twice.
    field: Option<&'static str>,
    /// Of a number, whether others would be known.
    counts: bool,
}

impl Lacks {
    const NOTHING: Self = Self {
        field: None,
        counts: false,
    };
}

impl Display for Lacks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no value could be made up")
    }
}

impl std::error::Error for Lacks {}

impl serde::de::Error for Lacks {
    fn custom<T: Display>(_: T) -> Self {
        Self::NOTHING
    }

    fn invalid_value(_: Unexpected<'_>, _: &dyn serde::de::Expected) -> Self {
        Self {
            counts: true,
            ..Self::NOTHING
        }
    }

    fn missing_field(field: &'static str) -> Self {
        Self {
            field: Some(field),
            ..Self::NOTHING
        }
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::missing_field(field)
    }
}

impl<'de> Deserializer<'de> for Key {
    type Error = Lacks;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Lacks> {
        match self {
            Self::Number(number) => visitor.visit_u64(number.try_into().unwrap_or(u64::MAX)),
            Self::Name(name) => visitor.visit_str(name),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}
