//! The canonical form of a type, in which equal structures are equal: a graph whose vertices have forgotten what
//! types are called, where newtypes are gone and a recursion is an edge back.
//!
//! Knows nothing of how types are found out. What is hashed here is a promise to other builds: a change makes
//! callers and callbacks of different releases disagree.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::fnv::Fnv;
use super::names::agree;
use super::{ErrorType, Signature, Type, recurred};

/// A type or a signature in canonical form.
pub(super) struct Graph<'a> {
    vertices: Vec<Vertex<'a>>,
    root: usize,
}

struct Vertex<'a> {
    label: Label<'a>,
    edges: Vec<usize>,
}

/// All there is to a vertex, except where its edges go.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Label<'a> {
    Opaque,
    Scalar(u8),
    Option,
    Seq,
    Map,
    Tuple,
    Struct(Vec<&'a str>),
    Enum {
        variants: Vec<(u32, &'a str)>,
        open: bool,
    },
    /// Edges to the result, the error if it is there, and the arguments if they are known.
    Signature {
        known_arguments: bool,
        error: bool,
    },
}

impl<'a> Graph<'a> {
    /// The canonical form of `ty`.
    pub(super) fn of_type(ty: &'a Type) -> Self {
        let mut graph = Self {
            vertices: Vec::new(),
            root: 0,
        };
        graph.root = graph.add(ty, &mut Vec::new());
        graph
    }

    /// The canonical form of `signature`, with its error if that is `typed` and asked for.
    pub(super) fn of_signature(signature: &'a Signature, with_error: bool) -> Self {
        let mut graph = Self {
            vertices: Vec::new(),
            root: 0,
        };
        let error = match &signature.returns.error {
            ErrorType::Typed(ty) if with_error => Some(ty),
            _ => None,
        };
        let arguments = signature.parameters.as_deref();
        let label = Label::Signature {
            known_arguments: arguments.is_some(),
            error: error.is_some(),
        };
        let types = [&signature.returns.ok].into_iter().chain(error);
        let types = types.chain(
            arguments
                .unwrap_or_default()
                .iter()
                .map(|parameter| &parameter.ty),
        );
        let edges = types.map(|ty| graph.add(ty, &mut Vec::new())).collect();
        graph.root = graph.push(label, edges);
        graph
    }

    fn push(&mut self, label: Label<'a>, edges: Vec<usize>) -> usize {
        self.vertices.push(Vertex { label, edges });
        self.vertices.len() - 1
    }

    /// Adds `ty`. `enclosing` has the vertex of each type around it, outermost first.
    fn add(&mut self, ty: &'a Type, enclosing: &mut Vec<usize>) -> usize {
        let (newtypes, core) = ty.unwrapped();
        if let Type::Recursive(level) = core {
            let target = recurred(enclosing, *level, newtypes);
            return target.unwrap_or_else(|| self.push(Label::Opaque, Vec::new()));
        }
        let (label, inside): (_, Vec<&Type>) = match core {
            Type::Option(inner) => (Label::Option, vec![inner]),
            Type::Seq(element) => (Label::Seq, vec![element]),
            Type::Bytes => (Label::Seq, vec![&Type::U8]),
            Type::Map(key, value) => (Label::Map, vec![key, value]),
            Type::Tuple(fields) | Type::TupleStruct { fields, .. } if !fields.is_empty() => {
                (Label::Tuple, fields.iter().collect())
            }
            Type::Struct { fields, .. } => (
                Label::Struct(fields.iter().map(|(name, _)| name.as_str()).collect()),
                fields.iter().map(|(_, field)| field).collect(),
            ),
            Type::Enum { variants, open, .. } => (
                Label::Enum {
                    variants: variants
                        .iter()
                        .map(|variant| (variant.index, variant.name.as_str()))
                        .collect(),
                    open: *open,
                },
                variants.iter().map(|variant| &variant.content).collect(),
            ),
            leaf => (leaf_label(leaf), Vec::new()),
        };
        let vertex = self.push(label, Vec::new());
        let outside = enclosing.len();
        enclosing.resize(outside + newtypes + 1, vertex);
        let edges = inside.into_iter().map(|ty| self.add(ty, enclosing)).collect();
        enclosing.truncate(outside);
        self.vertices[vertex].edges = edges;
        vertex
    }

    /// Which vertices are values that say themselves what they are, or have such inside; none if there are none.
    fn explained(&self) -> Vec<bool> {
        let is_any = |vertex: &Vertex<'_>| matches!(vertex.label, Label::Scalar(ANY));
        let mut open: Vec<_> = (0..self.vertices.len())
            .filter(|vertex| is_any(&self.vertices[*vertex]))
            .collect();
        if open.is_empty() {
            return Vec::new();
        }
        let mut around = vec![Vec::new(); self.vertices.len()];
        for (vertex, edge) in self
            .vertices
            .iter()
            .enumerate()
            .flat_map(|(at, vertex)| vertex.edges.iter().map(move |edge| (at, *edge)))
        {
            around[edge].push(vertex);
        }
        let mut explained = vec![false; self.vertices.len()];
        while let Some(vertex) = open.pop() {
            if !std::mem::replace(&mut explained[vertex], true) {
                open.append(&mut around[vertex]);
            }
        }
        explained
    }

    /// Whether nothing is known at a vertex, or of arguments, where another graph has what is `explained` there.
    fn is_unknown_to(&self, mine: usize, (other, theirs): (&Graph<'_>, usize), explained: &[bool]) -> bool {
        let mine = &self.vertices[mine];
        !explained.is_empty()
            && match &mine.label {
                Label::Opaque => explained[theirs],
                Label::Signature {
                    known_arguments: false,
                    ..
                } => {
                    let arguments = other.vertices[theirs].edges.iter().skip(mine.edges.len());
                    arguments.copied().any(|argument| explained[argument])
                }
                _ => false,
            }
    }

    /// Whether the two agree wherever both are known.
    pub(super) fn matches(&self, other: &Graph<'_>) -> bool {
        // Pairs are assumed to agree until one is found that does not, which is what makes cycles end.
        let mut seen = BTreeSet::from([(self.root, other.root)]);
        let mut open = vec![(self.root, other.root)];
        let (explained, explained_there) = (self.explained(), other.explained());
        while let Some((mine, theirs)) = open.pop() {
            // Whoever does not know that values say themselves what they are would not have them do so.
            let unknown = self.is_unknown_to(mine, (other, theirs), &explained_there);
            if unknown || other.is_unknown_to(theirs, (self, mine), &explained) {
                return false;
            }
            let Some(inside) = self.vertices[mine].pairs(&other.vertices[theirs]) else {
                return false;
            };
            open.extend(inside.into_iter().filter(|pair| seen.insert(*pair)));
            if seen.len() > PAIR_LIMIT {
                return false;
            }
        }
        true
    }

    /// A number that graphs with the same unfolding share, and others do not, short of a collision; never 0.
    pub(super) fn number(&self) -> u64 {
        let classes = self.classes();
        let mut hash = Fnv::new();
        // Classes are numbered again, in the order of a walk from the root, so that nothing depends on how the graph was
        // built.
        let mut order = BTreeMap::from([(classes[self.root], 0)]);
        let mut open = VecDeque::from([self.root]);
        while let Some(vertex) = open.pop_front() {
            let Vertex { label, edges } = &self.vertices[vertex];
            label.write(&mut hash);
            hash.length(edges.len());
            for &edge in edges {
                let next = order.len();
                let place = *order.entry(classes[edge]).or_insert_with(|| {
                    open.push_back(edge);
                    next
                });
                hash.length(place);
            }
        }
        hash.finish()
    }

    /// For each vertex a class that it shares with just those that unfold to the same.
    fn classes(&self) -> Vec<usize> {
        let mut labels = BTreeMap::new();
        let mut classes: Vec<usize> = Vec::with_capacity(self.vertices.len());
        for Vertex { label, edges } in &self.vertices {
            let next = labels.len();
            classes.push(*labels.entry((label, edges.len())).or_insert(next));
        }
        let mut partition = Partition::new(classes);
        // Every edge into every vertex: which of its source's edges it is, and the source.
        let mut edges_into = vec![Vec::new(); self.vertices.len()];
        for (source, vertex) in self.vertices.iter().enumerate() {
            for (place, &target) in vertex.edges.iter().enumerate() {
                edges_into[target].push((place, source));
            }
        }
        while let Some(splitter) = partition.next_splitter() {
            let mut edges: Vec<_> = splitter
                .iter()
                .flat_map(|&target| &edges_into[target])
                .copied()
                .collect();
            edges.sort_unstable();
            // Vertices that differ in whether this edge of theirs leads here are not the same.
            for same_place in edges.chunk_by(|(place, _), (other, _)| place == other) {
                partition.split(same_place.iter().map(|(_, source)| *source));
            }
        }
        partition.classes
    }
}

/// Classes of vertices, which are split until all in a class are the same, by Hopcroft's method: of two parts only the
/// smaller is looked at again. A peer that sends a signature made for it can thus not make this slow.
struct Partition {
    /// The class of each vertex.
    classes: Vec<usize>,
    members: Vec<Vec<usize>>,
    /// Where each vertex is among its class's members.
    places: Vec<usize>,
    /// Classes that others are yet to be split by.
    splitters: Vec<usize>,
    is_splitter: Vec<bool>,
}

impl Partition {
    fn new(classes: Vec<usize>) -> Self {
        let count = classes.iter().max().map_or(0, |last| last + 1);
        let mut members = vec![Vec::new(); count];
        let mut places = Vec::with_capacity(classes.len());
        for (vertex, class) in classes.iter().enumerate() {
            places.push(members[*class].len());
            members[*class].push(vertex);
        }
        Self {
            classes,
            members,
            places,
            splitters: (0..count).collect(),
            is_splitter: vec![true; count],
        }
    }

    /// The members of a class by which others are yet to be split.
    fn next_splitter(&mut self) -> Option<Vec<usize>> {
        let splitter = self.splitters.pop()?;
        self.is_splitter[splitter] = false;
        Some(self.members[splitter].clone())
    }

    /// Splits each class that has some of `vertices`, but not only such, in two. They are all different.
    fn split(&mut self, vertices: impl Iterator<Item = usize>) {
        let mut touched: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for vertex in vertices {
            touched.entry(self.classes[vertex]).or_default().push(vertex);
        }
        for (class, inside) in touched {
            let size = self.members[class].len();
            if inside.len() == size {
                continue;
            }
            let smaller = if inside.len() <= size / 2 {
                inside
            } else {
                let inside: BTreeSet<usize> = inside.into_iter().collect();
                self.members[class]
                    .iter()
                    .copied()
                    .filter(|vertex| !inside.contains(vertex))
                    .collect()
            };
            self.move_to_new_class(class, smaller);
        }
    }

    fn move_to_new_class(&mut self, class: usize, vertices: Vec<usize>) {
        let new = self.members.len();
        for (place, &vertex) in vertices.iter().enumerate() {
            let members = &mut self.members[class];
            members.swap_remove(self.places[vertex]);
            if let Some(&moved) = members.get(self.places[vertex]) {
                self.places[moved] = self.places[vertex];
            }
            self.places[vertex] = place;
            self.classes[vertex] = new;
        }
        self.members.push(vertices);
        self.is_splitter.push(true);
        // If the class itself is still to be split by, so are both parts; otherwise the smaller part says it all.
        self.splitters.push(new);
    }
}

/// More pairs than this come only from signatures made to be slow to compare.
const PAIR_LIMIT: usize = 1 << 18;

impl Vertex<'_> {
    /// The edges that have to agree for the two vertices to agree; `None` if they cannot.
    fn pairs(&self, other: &Vertex<'_>) -> Option<Vec<(usize, usize)>> {
        let all = || {
            self.edges
                .iter()
                .copied()
                .zip(other.edges.iter().copied())
                .collect()
        };
        match (&self.label, &other.label) {
            (Label::Opaque, _) | (_, Label::Opaque) => Some(Vec::new()),
            (
                Label::Signature {
                    known_arguments: mine,
                    error,
                },
                Label::Signature {
                    known_arguments: theirs,
                    error: other_error,
                },
            ) if error == other_error => {
                if *mine && *theirs {
                    (self.edges.len() == other.edges.len()).then(all)
                } else {
                    // One of them has no edges after those of the result and the error.
                    Some(all())
                }
            }
            (
                Label::Enum {
                    variants: mine,
                    open: mine_open,
                },
                Label::Enum {
                    variants: theirs,
                    open: theirs_open,
                },
            ) => self.shared_variants(other, (mine, *mine_open), (theirs, *theirs_open)),
            (Label::Struct(mine), Label::Struct(theirs)) => {
                let agree = || {
                    agree(
                        mine.iter().copied().enumerate(),
                        theirs.iter().copied().enumerate(),
                    )
                };
                (mine.len() == theirs.len() && (mine == theirs || agree())).then(all)
            }
            (mine, theirs) => (mine == theirs && self.edges.len() == other.edges.len()).then(all),
        }
    }

    fn shared_variants(
        &self,
        other: &Vertex<'_>,
        (mine, mine_open): (&[(u32, &str)], bool),
        (theirs, theirs_open): (&[(u32, &str)], bool),
    ) -> Option<Vec<(usize, usize)>> {
        let theirs_by_index: BTreeMap<u32, usize> = theirs
            .iter()
            .enumerate()
            .map(|(place, (index, _))| (*index, place))
            .collect();
        let agree = || {
            let mine = mine.iter().map(|(index, name)| (*index as usize, *name));
            let theirs = theirs.iter().map(|(index, name)| (*index as usize, *name));
            agree(mine, theirs)
        };
        if mine != theirs && !agree() {
            return None;
        }
        let mut pairs = Vec::new();
        for (place, (index, _)) in mine.iter().enumerate() {
            match theirs_by_index.get(index) {
                Some(&there) => pairs.push((self.edges[place], other.edges[there])),
                None if theirs_open => {}
                None => return None,
            }
        }
        (mine_open || pairs.len() == theirs.len()).then_some(pairs)
    }
}

/// Of values that say themselves what they are.
const ANY: u8 = 17;

/// The label of a type without types inside. The numbers are hashed: they never change, and new ones are added.
fn leaf_label(leaf: &Type) -> Label<'static> {
    Label::Scalar(match leaf {
        Type::Bool => 1,
        Type::I8 => 2,
        Type::I16 => 3,
        Type::I32 => 4,
        Type::I64 => 5,
        Type::I128 => 6,
        Type::U8 => 7,
        Type::U16 => 8,
        Type::U32 => 9,
        Type::U64 => 10,
        Type::U128 => 11,
        Type::F32 => 12,
        Type::F64 => 13,
        Type::Char => 14,
        Type::Str => 15,
        Type::Any => ANY,
        Type::Unit | Type::UnitStruct { .. } | Type::Tuple(_) | Type::TupleStruct { .. } => 16,
        _ => return Label::Opaque,
    })
}

impl Label<'_> {
    fn write(&self, hash: &mut Fnv) {
        match self {
            Self::Opaque => hash.bytes(&[0]),
            Self::Scalar(number) => hash.bytes(&[*number]),
            Self::Option => hash.bytes(&[32]),
            Self::Seq => hash.bytes(&[33]),
            Self::Map => hash.bytes(&[34]),
            Self::Tuple => hash.bytes(&[35]),
            Self::Struct(fields) => {
                hash.bytes(&[36]);
                hash.length(fields.len());
                for name in fields {
                    hash.text(name);
                }
            }
            Self::Enum { variants, open } => {
                hash.bytes(&[37, u8::from(*open)]);
                hash.length(variants.len());
                for (index, name) in variants {
                    hash.bytes(&index.to_le_bytes());
                    hash.text(name);
                }
            }
            Self::Signature {
                known_arguments,
                error,
            } => {
                hash.bytes(&[38, u8::from(*known_arguments), u8::from(*error)]);
            }
        }
    }
}
