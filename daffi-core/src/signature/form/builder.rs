//! Puts a form together from the top, each position's children side by side.

use super::{Form, Kind, Mark, NOWHERE, Node, Spot, number};
use crate::signature::Type;

/// The numbers of so many variants take one byte each.
const BYTE_VARIANTS: usize = 251;

/// A form that is put together.
#[derive(Debug)]
pub(in crate::signature) struct Builder {
    form: Form,
}

impl Builder {
    pub(in crate::signature) fn new() -> Self {
        let mut form = Form::default();
        form.push(Node::new(Kind::Unknown, ""));
        Self { form }
    }

    /// Says what the position is and makes room for its children, the first of whose positions comes back.
    pub(in crate::signature) fn set(
        &mut self,
        at: Spot,
        kind: Kind,
        rust: &'static str,
        children: usize,
    ) -> Spot {
        let first = number(self.form.nodes.len());
        let are_contents = matches!(kind, Kind::Enum(..));
        let has_bytes = matches!(kind, Kind::Leaf(Type::Str | Type::Bytes));
        self.put(
            at,
            Node::new(kind, rust),
            if has_bytes || children > 0 { first } else { NOWHERE },
        );
        for _ in 0..children {
            let mut child = Node::new(Kind::Unknown, "");
            child.is_content = are_contents;
            self.form.push(child);
        }
        if has_bytes {
            self.form.push(Node::new(Kind::Leaf(Type::U8), ""));
        }
        Spot(first)
    }

    /// Says that the position is like an enclosing one.
    pub(in crate::signature) fn repeat(&mut self, at: Spot, enclosing: Spot) {
        if let Some(above) = self.form.node(enclosing) {
            let node = Node::new(above.kind.clone(), above.rust);
            let Spot(first) = self.form.first(enclosing);
            self.put(at, node, first);
        }
    }

    fn put(&mut self, at: Spot, mut node: Node, first: u32) {
        let place = at.0 as usize;
        node.is_content = self.form.nodes[place].is_content;
        self.form.explains |= matches!(node.kind, Kind::Explained(_));
        self.form.marks[place] = node.mark(first);
        self.form.nodes[place] = node;
    }

    pub(in crate::signature) fn finish(mut self) -> Form {
        for place in 0..self.form.nodes.len() {
            self.form.marks[place].is_byte = self.form.is_byte(place);
        }
        self.form
    }
}

impl Form {
    /// That of values which say themselves what they are, as a type of that name is in theirs which asks.
    #[must_use]
    pub fn explained(asks: &'static str) -> Self {
        let mut builder = Builder::new();
        builder.set(Spot::ROOT, Kind::Explained(asks), "", 0);
        builder.finish()
    }

    /// The same of values that go with names, as not all is known of their type.
    #[must_use]
    pub fn with_names(mut self) -> Self {
        if self.nodes.is_empty() {
            self.push(Node::new(Kind::Unknown, ""));
        }
        self.nodes[0].has_names = true;
        self.explains = true;
        self
    }

    /// That of a tuple of these.
    #[must_use]
    pub fn tuple(fields: impl IntoIterator<Item = Self>) -> Self {
        let fields: Vec<_> = fields.into_iter().collect();
        let alike = |field: &Self| !field.alike.is_empty() && field.alike.iter().all(|part| *part);
        let mut form = Self {
            explains: fields.iter().any(|field| field.explains),
            alike: fields.iter().map(alike).collect(),
            ..Self::default()
        };
        form.push(Node::new(Kind::Tuple(fields.len()), ""));
        form.marks[0].first = 1;
        // The roots stand beside each other, and what is inside of each follows.
        let mut inside = Self::default();
        let start = 1 + fields.len();
        for field in fields {
            if field.nodes.is_empty() {
                form.push(Node::new(Kind::Unknown, ""));
            }
            // A root is nobody's child, so each child goes to where the second node goes, and so on.
            let moved = number(start + inside.nodes.len());
            for (place, (node, mut mark)) in field.nodes.into_iter().zip(field.marks).enumerate() {
                if mark.first != NOWHERE {
                    mark.first = mark.first - 1 + moved;
                }
                let form = if place == 0 { &mut form } else { &mut inside };
                form.nodes.push(node);
                form.marks.push(mark);
            }
        }
        form.nodes.append(&mut inside.nodes);
        form.marks.append(&mut inside.marks);
        form
    }

    /// Whether what is read at this place is one byte, whatever the value.
    fn is_byte(&self, place: usize) -> bool {
        let carries_nothing = |content: &Node| matches!(content.kind, Kind::Leaf(Type::Unit));
        match &self.nodes[place].kind {
            Kind::Leaf(Type::Bool | Type::I8 | Type::U8) => true,
            Kind::Enum(_, variants) if variants.len() <= BYTE_VARIANTS => {
                let first = self.marks[place].first as usize;
                let contents = self.nodes.get(first..).unwrap_or_default();
                contents.iter().take(variants.len()).all(carries_nothing)
            }
            _ => false,
        }
    }

    fn push(&mut self, node: Node) {
        self.marks.push(node.mark(NOWHERE));
        self.nodes.push(node);
    }
}

impl Node {
    const fn new(kind: Kind, rust: &'static str) -> Self {
        Self {
            kind,
            rust,
            is_content: false,
            has_names: false,
        }
    }

    /// What is compared there, and where the first of its children stands.
    fn mark(&self, first: u32) -> Mark {
        // What a variant carries is written with the name of the variant, which is compared whatever it carries.
        let is_known = self.is_content || !matches!(self.kind, Kind::Unknown);
        let variants = match &self.kind {
            // What is beyond is looked at each time.
            Kind::Enum(_, variants) => u16::try_from(variants.len()).unwrap_or(u16::MAX),
            _ => 0,
        };
        Mark::new(is_known, variants, first)
    }
}
