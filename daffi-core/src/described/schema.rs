//! What may be written by hand, as a JSON Schema.

use std::collections::BTreeMap;

use super::document::Document;
use super::layout::{At, Choice, Layout, Place};
use super::names::Names;

/// The edition of JSON Schema.
const EDITION: &str = "https://json-schema.org/draft/2020-12/schema";

impl Layout {
    /// A JSON Schema of what [`encode_by_hand`](super::encode_by_hand) takes for this structure.
    ///
    /// Numbers may be texts of digits there, where they are larger than a program that reads JSON may keep.
    #[must_use]
    pub fn schema(&self) -> Document {
        let mut schema = Schema {
            layout: self,
            around: Vec::new(),
            again: BTreeMap::new(),
        };
        let mut root = vec![("$schema".to_owned(), Document::text(EDITION))];
        match schema.of(self.root()) {
            Document::Map(entries) => root.extend(entries),
            other => root.push(("allOf".to_owned(), Document::List(vec![other]))),
        }
        let again = std::mem::take(&mut schema.again);
        if !again.is_empty() {
            let defined = again.into_iter().map(|(at, defined)| (name_of(at), defined));
            root.push(("$defs".to_owned(), Document::Map(defined.collect())));
        }
        Document::Map(root)
    }
}

struct Schema<'l> {
    layout: &'l Layout,
    around: Vec<At>,
    /// Places that contain themselves, and what is there.
    again: BTreeMap<At, Document>,
}

fn name_of(at: At) -> String {
    format!("type{}", at.number())
}

fn is_a(kind: &str) -> Document {
    Document::map([("type", Document::text(kind))])
}

fn any_of<const N: usize>(choices: [Document; N]) -> Document {
    Document::map([("anyOf", Document::List(choices.into()))])
}

/// Bounds beyond 64 bits are not said.
fn integer(least: Option<i64>, most: Option<i64>) -> Document {
    let mut entries = vec![("type".to_owned(), Document::text("integer"))];
    entries.extend(least.map(|least| ("minimum".to_owned(), Document::Integer(least))));
    entries.extend(most.map(|most| ("maximum".to_owned(), Document::Integer(most))));
    let digits = Document::map([
        ("type", Document::text("string")),
        (
            "pattern",
            Document::text(if least == Some(0) {
                "^[0-9]+$"
            } else {
                "^-?[0-9]+$"
            }),
        ),
    ]);
    any_of([Document::Map(entries), digits])
}

fn float() -> Document {
    let said = ["NaN", "Infinity", "-Infinity"].map(Document::text);
    any_of([
        is_a("number"),
        Document::map([("enum", Document::List(said.into()))]),
    ])
}

fn base64() -> Document {
    Document::map([
        ("type", Document::text("string")),
        ("contentEncoding", Document::text("base64")),
    ])
}

fn object(fields: Vec<(String, Document)>, required: Vec<Document>) -> Document {
    Document::map([
        ("type", Document::text("object")),
        ("properties", Document::Map(fields)),
        ("required", Document::List(required)),
        ("additionalProperties", Document::Bool(false)),
    ])
}

fn tuple(items: Vec<Document>) -> Document {
    let length = Document::Integer(i64::try_from(items.len()).unwrap_or(i64::MAX));
    Document::map([
        ("type", Document::text("array")),
        ("prefixItems", Document::List(items)),
        ("minItems", length.clone()),
        ("maxItems", length),
    ])
}

impl Schema<'_> {
    fn of(&mut self, at: At) -> Document {
        let reference = || Document::map([("$ref", Document::text(format!("#/$defs/{}", name_of(at))))]);
        if self.around.contains(&at) {
            self.again.insert(at, Document::Nothing);
            return reference();
        }
        if self
            .again
            .get(&at)
            .is_some_and(|known| *known != Document::Nothing)
        {
            return reference();
        }
        self.around.push(at);
        let inside = self.inside(at);
        self.around.pop();
        match self.again.get_mut(&at) {
            Some(place) => {
                *place = inside;
                reference()
            }
            None => inside,
        }
    }

    fn inside(&mut self, at: At) -> Document {
        match self.layout.place(at) {
            Place::Opaque | Place::Any => Document::Map(Vec::new()),
            Place::Unit => is_a("null"),
            Place::Bool => is_a("boolean"),
            Place::U8 => integer(Some(0), Some(u8::MAX.into())),
            Place::U16 => integer(Some(0), Some(u16::MAX.into())),
            Place::U32 => integer(Some(0), Some(u32::MAX.into())),
            Place::U64 | Place::U128 => integer(Some(0), None),
            Place::I8 => integer(Some(i8::MIN.into()), Some(i8::MAX.into())),
            Place::I16 => integer(Some(i16::MIN.into()), Some(i16::MAX.into())),
            Place::I32 => integer(Some(i32::MIN.into()), Some(i32::MAX.into())),
            Place::I64 => integer(Some(i64::MIN), Some(i64::MAX)),
            Place::I128 => integer(None, None),
            Place::F32 | Place::F64 => float(),
            Place::Char => Document::map([
                ("type", Document::text("string")),
                ("minLength", Document::Integer(1)),
                ("maxLength", Document::Integer(1)),
            ]),
            Place::Str => is_a("string"),
            Place::Bytes => base64(),
            Place::Option(inner) if self.layout.may_be_nothing(*inner) => {
                let inside = self.of(*inner);
                let some = object(vec![("Some".to_owned(), inside)], vec![Document::text("Some")]);
                any_of([is_a("null"), some])
            }
            Place::Option(inner) => {
                let inside = self.of(*inner);
                any_of([inside, is_a("null")])
            }
            Place::Seq(element) if *self.layout.place(*element) == Place::U8 => {
                let list = Document::map([
                    ("type", Document::text("array")),
                    ("items", integer(Some(0), Some(u8::MAX.into()))),
                ]);
                any_of([base64(), list])
            }
            Place::Seq(element) => {
                let items = self.of(*element);
                Document::map([("type", Document::text("array")), ("items", items)])
            }
            Place::Map(key, value, _) if self.layout.is_name(*key) => {
                let values = self.of(*value);
                Document::map([
                    ("type", Document::text("object")),
                    ("additionalProperties", values),
                ])
            }
            Place::Map(_, _, pair) => {
                let items = self.of(*pair);
                Document::map([("type", Document::text("array")), ("items", items)])
            }
            Place::Tuple(fields) => tuple(fields.iter().map(|field| self.of(*field)).collect()),
            Place::Struct(structure) => {
                let names = || structure.names.iter().map(Names::shown);
                let fields: Vec<_> = structure.fields.iter().map(|field| self.of(*field)).collect();
                let needed = |at: &At| !matches!(self.layout.place(*at), Place::Option(_) | Place::Unit);
                let required = names()
                    .zip(&structure.fields)
                    .filter(|(_, at)| needed(at))
                    .map(|(name, _)| Document::text(name));
                let required = required.collect();
                object(names().map(str::to_owned).zip(fields).collect(), required)
            }
            Place::Enum(choices) => {
                let variants = choices.all().iter().map(|choice| self.variant(choice));
                Document::map([("anyOf", Document::List(variants.collect()))])
            }
        }
    }

    fn variant(&mut self, choice: &Choice) -> Document {
        let name = choice.names.shown();
        let content = match self.layout.place(choice.content) {
            Place::Unit => return Document::map([("const", Document::text(name))]),
            Place::Tuple(fields) if fields.len() == 1 => fields[0],
            _ => choice.content,
        };
        let inside = self.of(content);
        object(vec![(name.to_owned(), inside)], vec![Document::text(name)])
    }
}
