//! What has been found out about a type, as a structure and as a form.

use std::collections::HashMap;

use super::super::form::{Builder, Fields, Kind as FormKind, Spot as FormSpot, Why};
use super::super::names::{Called, Known, joined};
use super::super::{Cause, DEPTH_LIMIT, Findings, Form, Gap, Origin, SIZE_LIMIT, Type, Variant};
use super::DEPTHS;
use super::explained::Explained;
use super::node::{Kind, NodeId};
use super::tree::Tree;

impl Tree {
    /// Everything that has been found out.
    pub(super) fn into_findings(self, explained: &Explained) -> Findings {
        let mut gaps = self.gaps();
        let (ty, whole, _) = self.described(explained);
        if !whole {
            gaps.push(Gap {
                place: ty.first_opaque().unwrap_or_default(),
                ty: self.node(self.root().node).rust,
                cause: Cause::Untold,
            });
        }
        Findings {
            ty,
            allows: Vec::new(),
            optional: false,
            form: self.form(explained),
            panics: Vec::new(),
            origin: Origin::Type,
            gaps,
        }
    }

    /// The structure, and the positions of the structs and enums in it, outermost first; `None` for what stands for something hidden.
    pub(super) fn positions(&self, explained: &Explained) -> (Type, Vec<Option<NodeId>>) {
        let (ty, _, named) = self.described(explained);
        (ty, named)
    }

    /// The structure, as deep as it can be told; whether that is all of it; and its positions that have names.
    fn described(&self, explained: &Explained) -> (Type, bool, Vec<Option<NodeId>>) {
        let to = |depth: usize| {
            let mut description = Description {
                tree: self,
                explained,
                around: Vec::new(),
                depth,
                left: SIZE_LIMIT,
                named: Vec::new(),
            };
            let ty = description.of(self.root().node)?;
            Some((ty, description.named))
        };
        let mut found = DEPTHS
            .into_iter()
            .filter_map(|depth| to(depth).map(|(ty, named)| (ty, depth == DEPTH_LIMIT, named)));
        found.next().unwrap_or((Type::Opaque, false, Vec::new()))
    }

    /// The node that says what is at a node.
    pub(super) fn resolved(&self, mut id: NodeId) -> NodeId {
        while let Kind::Recursive(target) | Kind::Same(target) = self.node(id).kind {
            id = target;
        }
        id
    }

    fn form(&self, explained: &Explained) -> Form {
        let mut shaping = Shaping {
            tree: self,
            explained,
            is_inside: false,
            places: HashMap::new(),
            builder: Builder::new(),
        };
        shaping.shape(self.root().node, FormSpot::ROOT);
        let form = shaping.builder.finish();
        form.written_alike(!self.asks_for_whom.get())
    }

    /// What each variant of an enum may be called.
    fn variant_names(&self, id: NodeId, names: &'static [&'static str]) -> Vec<Vec<&'static str>> {
        let told = self.told_names(id, names);
        told.unwrap_or_else(|| self.windows(id, names))
    }

    /// What each field of a struct may be called.
    fn field_names(&self, id: NodeId, names: &'static [&'static str]) -> Vec<Vec<&'static str>> {
        let called = &self.node(id).called;
        if called.is_empty() {
            return self.windows(id, names);
        }
        let of = |text: &String| -> Vec<&'static str> {
            let is_one = |name: &&'static str| Called::new(text).names().any(|other| other == *name);
            names.iter().copied().filter(is_one).collect()
        };
        called.iter().map(of).collect()
    }

    /// What each variant of an enum is called, if that was found out.
    pub(super) fn told_names(
        &self,
        id: NodeId,
        names: &'static [&'static str],
    ) -> Option<Vec<Vec<&'static str>>> {
        let node = self.node(id);
        if node.children.len() == names.len() {
            return Some(names.iter().map(|name| vec![*name]).collect());
        }
        let of = |child: &NodeId| {
            let mark = &self.node(*child).mark;
            let mine = names
                .iter()
                .zip(&node.named)
                .filter(|(_, variant)| *variant == mark);
            mine.map(|(name, _)| *name).collect::<Vec<_>>()
        };
        let told: Vec<_> = node.children.iter().map(of).collect();
        let once = told.iter().map(Vec::len).sum::<usize>() == names.len();
        (once && told.iter().all(|names| !names.is_empty())).then_some(told)
    }

    /// Aliases stand beside the names that they are for, but nothing says which are aliases.
    fn windows(&self, id: NodeId, names: &'static [&'static str]) -> Vec<Vec<&'static str>> {
        let count = self.node(id).children.len();
        let aliases = names.len().saturating_sub(count);
        let window = |place: usize| names[place..=place + aliases].to_vec();
        (0..count).map(window).collect()
    }

    /// What stands in the structure for the names of the fields or variants.
    fn names(&self, id: NodeId) -> Vec<String> {
        let node = self.node(id);
        let names = node.kind.names();
        if !node.aliased {
            return names.iter().map(|name| (*name).to_owned()).collect();
        }
        if !node.called.is_empty() {
            return node.called.clone();
        }
        let told = match node.kind {
            // Nothing says which one is written.
            Kind::Enum(..) => self.told_names(id, names),
            _ => None,
        };
        let known = if told.is_some() { Known::All } else { Known::Some };
        let called = told.unwrap_or_else(|| self.windows(id, names));
        let text = |names: Vec<&'static str>| match (&*names, known) {
            ([only], Known::All) => (*only).to_owned(),
            _ => joined(names, known),
        };
        called.into_iter().map(text).collect()
    }
}

/// What stands behind something of which no value could be made up: it agrees with nothing but the same of another side, and neither
/// writes anything there.
fn hidden() -> Type {
    Type::Struct {
        name: "Hidden".to_owned(),
        fields: vec![("?".to_owned(), Type::Opaque)],
    }
}

/// A tree put into the positions of a form.
struct Shaping<'t> {
    tree: &'t Tree,
    explained: &'t Explained,
    /// It is in something that says itself what it is, where nothing else does so by itself.
    is_inside: bool,
    /// Those of the nodes that the builder was told of, there and elsewhere.
    places: HashMap<(NodeId, bool), FormSpot>,
    builder: Builder,
}

impl Shaping<'_> {
    /// Tells the builder what is at a node, and all that is inside.
    fn shape(&mut self, id: NodeId, at: FormSpot) {
        let tree = self.tree;
        let id = tree.resolved(id);
        let here = (id, self.is_inside);
        if let Some(place) = self.places.get(&here) {
            return self.builder.repeat(at, *place);
        }
        let node = tree.node(id);
        if let Some(asks) = self.explained.get(&id).filter(|_| !self.is_inside) {
            self.places.insert(here, at);
            let inside = self.builder.set(at, FormKind::Explained(asks), node.rust, 1);
            self.is_inside = true;
            self.shape(id, inside);
            self.is_inside = false;
            return;
        }
        let kind = match &node.kind {
            Kind::Opaque if node.asks => FormKind::Refused(Why::Asks),
            Kind::Unseen => match tree.hidden_by(id) {
                Some(before) => FormKind::Refused(Why::Hidden(tree.node(before).rust)),
                None => FormKind::Unknown,
            },
            Kind::Opaque | Kind::Recursive(_) | Kind::Same(_) => FormKind::Unknown,
            Kind::Leaf(ty) => FormKind::Leaf(ty.clone()),
            Kind::Option => FormKind::Option,
            Kind::Seq => FormKind::Seq,
            Kind::Map => FormKind::Map,
            Kind::Newtype(_) => {
                self.places.insert(here, at);
                return self.shape(node.children[0], at);
            }
            Kind::Tuple(_) | Kind::TupleStruct(..) => FormKind::Tuple(node.children.len()),
            Kind::Struct(name, names) => FormKind::Struct(
                name,
                Fields {
                    count: node.children.len(),
                    names: tree.field_names(id, names),
                },
            ),
            Kind::Enum(name, names) => FormKind::Enum(name, tree.variant_names(id, names)),
        };
        let children = match kind {
            FormKind::Unknown | FormKind::Refused(_) => &[],
            _ => node.children.as_slice(),
        };
        self.places.insert(here, at);
        let mut next = self.builder.set(at, kind, node.rust, children.len());
        for child in children {
            self.shape(*child, next);
            next = next.next();
        }
    }
}

/// A tree put into the words of types, each place with all that is inside.
struct Description<'t> {
    tree: &'t Tree,
    explained: &'t Explained,
    /// The nodes around, from the outside to the inside.
    around: Vec<NodeId>,
    depth: usize,
    /// How many types more there may be.
    left: usize,
    /// The structs and enums so far, outermost first.
    named: Vec<Option<NodeId>>,
}

impl Description<'_> {
    /// That of a node; `None` if it is too large.
    fn of(&mut self, id: NodeId) -> Option<Type> {
        self.left = self.left.checked_sub(1)?;
        let id = self.tree.resolved(id);
        if self.explained.contains_key(&id) {
            return Some(Type::Any);
        }
        if let Some(place) = self.around.iter().position(|around| *around == id) {
            let level = self.around.len() - place - 1;
            return Some(u32::try_from(level).map_or(Type::Opaque, Type::Recursive));
        }
        let node = self.tree.node(id);
        match &node.kind {
            Kind::Leaf(ty) => return Some(ty.clone()),
            Kind::Unseen if self.tree.hidden_by(id).is_some() => {
                self.named.push(None);
                return Some(hidden());
            }
            _ => {}
        }
        if !node.children.is_empty() && self.around.len() >= self.depth {
            return Some(Type::Opaque);
        }
        if matches!(node.kind, Kind::Struct(..) | Kind::Enum(..)) {
            self.named.push(Some(id));
        }
        self.around.push(id);
        let inside: Option<Vec<Type>> = node.children.iter().map(|child| self.of(*child)).collect();
        self.around.pop();
        let mut inside = inside?.into_iter();
        let names = || self.tree.names(id).into_iter();
        let mut child = || Some(Box::new(inside.next()?));
        Some(match &node.kind {
            Kind::Option => Type::Option(child()?),
            Kind::Seq => Type::Seq(child()?),
            Kind::Map => Type::Map(child()?, child()?),
            Kind::Tuple(_) => Type::Tuple(inside.collect()),
            Kind::Newtype(name) => Type::NewtypeStruct {
                name: (*name).to_owned(),
                inner: child()?,
            },
            Kind::TupleStruct(name, _) => Type::TupleStruct {
                name: (*name).to_owned(),
                fields: inside.collect(),
            },
            Kind::Struct(name, _) => Type::Struct {
                name: (*name).to_owned(),
                fields: names().zip(inside).collect(),
            },
            Kind::Enum(name, _) => Type::Enum {
                name: (*name).to_owned(),
                variants: (0..)
                    .zip(names())
                    .zip(inside)
                    .map(|((index, name), content)| Variant { index, name, content })
                    .collect(),
                open: false,
            },
            _ => Type::Opaque,
        })
    }
}
