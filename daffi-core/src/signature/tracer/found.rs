//! What has been found out about a type, as a structure and as a form.

use std::collections::HashMap;

use super::super::form::{Builder, Fields, Kind as FormKind, Spot as FormSpot};
use super::super::{Findings, Form, Origin, Type, UNKNOWN_NAME, Variant};
use super::tree::{Kind, NodeId, Tree};

impl Tree {
    /// Everything that has been found out.
    pub(super) fn into_findings(self) -> Findings {
        Findings {
            ty: self.describe(self.root().node),
            form: self.form(),
            panics: Vec::new(),
            origin: Origin::Type,
        }
    }

    fn describe(&self, id: NodeId) -> Type {
        let node = self.node(id);
        let child = |number: usize| Box::new(self.describe(node.children[number]));
        let children = || node.children.iter().map(|child| self.describe(*child));
        let known = |name: &str| if node.aliased { UNKNOWN_NAME } else { name }.to_owned();
        match &node.kind {
            Kind::Unseen | Kind::Opaque => Type::Opaque,
            Kind::Leaf(ty) => ty.clone(),
            Kind::Option => Type::Option(child(0)),
            Kind::Seq => Type::Seq(child(0)),
            Kind::Map => Type::Map(child(0), child(1)),
            Kind::Tuple(_) => Type::Tuple(children().collect()),
            Kind::Newtype(name) => Type::NewtypeStruct {
                name: (*name).to_owned(),
                inner: child(0),
            },
            Kind::TupleStruct(name, _) => Type::TupleStruct {
                name: (*name).to_owned(),
                fields: children().collect(),
            },
            Kind::Struct(name, fields) => Type::Struct {
                name: (*name).to_owned(),
                fields: fields.iter().map(|name| known(name)).zip(children()).collect(),
            },
            Kind::Enum(name, variants) => Type::Enum {
                name: (*name).to_owned(),
                variants: (0..)
                    .zip(*variants)
                    .zip(children())
                    .map(|((index, name), content)| Variant {
                        index,
                        name: known(name),
                        content,
                    })
                    .collect(),
                open: false,
            },
            Kind::Recursive(target) => {
                let level = node.depth - self.node(*target).depth - 1;
                u32::try_from(level).map_or(Type::Opaque, Type::Recursive)
            }
        }
    }

    fn form(&self) -> Form {
        let mut builder = Builder::new();
        let mut places = HashMap::new();
        self.shape(self.root().node, FormSpot::ROOT, &mut places, &mut builder);
        builder.finish()
    }

    /// Tells the builder what is at a node, and all that is inside. `places` are those of the nodes around.
    fn shape(&self, id: NodeId, at: FormSpot, places: &mut HashMap<NodeId, FormSpot>, builder: &mut Builder) {
        let node = self.node(id);
        let kind = match &node.kind {
            Kind::Opaque if node.asks => FormKind::Asks,
            Kind::Unseen | Kind::Opaque => FormKind::Unknown,
            Kind::Leaf(ty) => FormKind::Leaf(ty.clone()),
            Kind::Option => FormKind::Option,
            Kind::Seq => FormKind::Seq,
            Kind::Map => FormKind::Map,
            Kind::Newtype(_) => {
                places.insert(id, at);
                return self.shape(node.children[0], at, places, builder);
            }
            Kind::Tuple(_) | Kind::TupleStruct(..) => FormKind::Tuple(node.children.len()),
            Kind::Struct(name, names) => FormKind::Struct(
                name,
                Fields {
                    count: node.children.len(),
                    names,
                },
            ),
            Kind::Enum(name, names) => FormKind::Enum(name, self.variant_names(id, names)),
            Kind::Recursive(target) => {
                if let Some(enclosing) = places.get(target) {
                    builder.repeat(at, *enclosing);
                }
                return;
            }
        };
        let children = if matches!(kind, FormKind::Unknown | FormKind::Asks) {
            &[]
        } else {
            node.children.as_slice()
        };
        places.insert(id, at);
        let mut next = builder.set(at, kind, node.rust, children.len());
        for child in children {
            self.shape(*child, next, places, builder);
            next = next.next();
        }
    }

    /// What each variant of an enum may be called.
    fn variant_names(&self, id: NodeId, names: &'static [&'static str]) -> Vec<Vec<&'static str>> {
        let count = self.node(id).children.len();
        let aliases = names.len().saturating_sub(count);
        if aliases > 0 {
            let named = &self.node(id).named;
            let of = |child: &NodeId| {
                let mark = &self.node(*child).mark;
                let mine = names.iter().zip(named).filter(|(_, variant)| *variant == mark);
                mine.map(|(name, _)| *name).collect::<Vec<_>>()
            };
            let told: Vec<_> = self.node(id).children.iter().map(of).collect();
            let once = told.iter().map(Vec::len).sum::<usize>() == names.len();
            if once && told.iter().all(|names| !names.is_empty()) {
                return told;
            }
        }
        // Aliases stand beside the names that they are for, but nothing says which are aliases.
        (0..count)
            .map(|variant| names[variant..=variant + aliases].to_vec())
            .collect()
    }
}
