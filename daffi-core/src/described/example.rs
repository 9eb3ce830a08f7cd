//! A value of a structure, to begin with.

use super::document::Document;
use super::layout::{At, Choice, Layout, Place};

/// No more steps are made, whatever the structure is.
const STEPS: usize = 1 << 14;

impl Layout {
    /// A value of this structure as [`encode_by_hand`](super::encode_by_hand) takes it, ready to be pasted and changed.
    ///
    /// `None` if it is not known everywhere what is to be written, or no value is finite.
    #[must_use]
    pub fn example(&self) -> Option<Document> {
        let mut example = Example {
            layout: self,
            around: Vec::new(),
            left: STEPS,
        };
        example.of(self.root())
    }
}

struct Example<'l> {
    layout: &'l Layout,
    around: Vec<At>,
    left: usize,
}

impl Example<'_> {
    /// A value for a place; `None` if there is none that does not contain itself.
    fn of(&mut self, at: At) -> Option<Document> {
        self.left = self.left.checked_sub(1)?;
        if self.around.contains(&at) {
            return None;
        }
        self.around.push(at);
        let example = self.inside(at);
        self.around.pop();
        example
    }

    fn inside(&mut self, at: At) -> Option<Document> {
        Some(match self.layout.place(at) {
            Place::Opaque => return None,
            Place::Any => Document::Map(Vec::new()),
            Place::Unit => Document::Nothing,
            Place::Bool => Document::Bool(false),
            Place::F32 | Place::F64 => Document::Float(0.5),
            Place::Char => Document::text("a"),
            Place::Str => Document::text("text"),
            Place::Bytes => Document::text("AAEC"),
            Place::Option(inner) => match self.of(*inner) {
                Some(value) if self.layout.may_be_nothing(*inner) => Document::map([("Some", value)]),
                Some(value) => value,
                None => Document::Nothing,
            },
            Place::Seq(element) if *self.layout.place(*element) == Place::U8 => Document::text("AAEC"),
            Place::Seq(element) => Document::List(self.of(*element).into_iter().collect()),
            Place::Map(key, value, _) if self.layout.is_name(*key) => {
                let entry = self.of(*key).zip(self.of(*value));
                let entry = entry.map(|(key, value)| (as_key(&key), value));
                Document::Map(entry.into_iter().collect())
            }
            Place::Map(_, _, pair) => Document::List(self.of(*pair).into_iter().collect()),
            Place::Tuple(fields) => {
                let fields: Option<_> = fields.iter().map(|field| self.of(*field)).collect();
                Document::List(fields?)
            }
            Place::Struct(structure) => {
                let names = structure.names.iter().map(|names| names.shown().to_owned());
                let fields: Option<Vec<_>> = structure.fields.iter().map(|at| self.of(*at)).collect();
                Document::Map(names.zip(fields?).collect())
            }
            Place::Enum(choices) => choices.all().iter().find_map(|choice| self.variant(choice))?,
            _ => Document::Integer(0),
        })
    }

    fn variant(&mut self, choice: &Choice) -> Option<Document> {
        let name = choice.names.shown();
        let content = match self.layout.place(choice.content) {
            Place::Unit => return Some(Document::text(name)),
            Place::Tuple(fields) if fields.len() == 1 => fields[0],
            _ => choice.content,
        };
        Some(Document::map([(name, self.of(content)?)]))
    }
}

fn as_key(key: &Document) -> String {
    match key {
        Document::Text(text) => text.clone(),
        Document::Integer(number) => number.to_string(),
        Document::Bool(value) => value.to_string(),
        _ => String::new(),
    }
}
