//! What a type reads beyond what it is written as: fields that may be missing, names that it takes as well, and whether it
//! takes what it does not know. Found out once all else is known, by reading it again with something left out or added.
//!
//! Nothing that was found out changes by that: it is done with a tree of its own.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::super::Allows;
use super::super::names::{Known, joined};
use super::asked::{Answer, Key, NOBODY, Probe, Question};
use super::cursor::Cursor;
use super::node::{Kind, Node, NodeId, Reader};
use super::refused::Refused;
use super::tree::{Spot, Tree};

/// No more reads than that.
const READS: usize = 2048;

/// What has been found out, by what reads it, so that nothing is asked twice.
type Asked = HashMap<(Reader, &'static str, usize), Option<Allows>>;

/// Asks the types at some positions, which are structs and enums.
pub(super) struct Asking<'a> {
    tree: Tree,
    read: &'a dyn Fn(Cursor<'_>) -> Result<(), Refused>,
    left: usize,
    known: Asked,
}

impl<'a> Asking<'a> {
    pub(super) fn new(mut tree: Tree, read: &'a dyn Fn(Cursor<'_>) -> Result<(), Refused>) -> Self {
        tree.begin_probes();
        Self {
            tree,
            read,
            left: READS,
            known: HashMap::new(),
        }
    }

    /// What the types at these positions allow; `None` where that is nothing beyond their structure.
    pub(super) fn all(mut self, positions: &[Option<NodeId>]) -> Vec<Option<Allows>> {
        positions.iter().map(|id| self.one((*id)?)).collect()
    }

    fn one(&mut self, id: NodeId) -> Option<Allows> {
        let node = self.tree.node(id);
        let names = node.kind.names();
        let key = (node.reader, names.first().copied().unwrap_or(""), names.len());
        let is_content = node.reader.name.is_empty();
        if !is_content && let Some(known) = self.known.get(&key) {
            return known.clone();
        }
        let allows = match node.kind {
            Kind::Struct(..) => self.fields(id, names),
            _ => self.variants(id, names),
        };
        let allows = match allows {
            Some(Allows::Fields {
                optional,
                strict: false,
            }) if optional.is_empty() => None,
            Some(Allows::Variants { others: false }) => None,
            Some(allows) => Some(allows),
            None => Some(Allows::Unknown),
        };
        if !is_content {
            self.known.insert(key, allows.clone());
        }
        allows
    }

    fn variants(&mut self, id: NodeId, names: &'static [&'static str]) -> Option<Allows> {
        let told = self.tree.told_names(id, names)?;
        // Some go by their numbers, and know no names.
        if let (Some([first, ..]), Some(content)) = (
            told.first().map(Vec::as_slice),
            self.tree.node(id).children.first(),
        ) {
            let mark = self.tree.node(*content).mark.clone()?;
            if self.ask(id, Question::Variant(first))? != Answer::Field(mark) {
                return None;
            }
        }
        let others = self.ask(id, Question::Variant(NOBODY))? != Answer::No;
        Some(Allows::Variants { others })
    }

    fn fields(&mut self, id: NodeId, names: &'static [&'static str]) -> Option<Allows> {
        let names = self.field_names(id, names)?;
        let mut optional = vec![true; names.len()];
        let mut given: Vec<(&'static str, usize)> = Vec::new();
        let mut strict = false;
        for _ in 0..=names.len() + 1 {
            let question = Question::Fields {
                given: given.clone(),
                nobody: !strict,
            };
            match self.ask(id, question)? {
                Answer::Yes => break,
                Answer::Wrong(name) if name == NOBODY && !strict => strict = true,
                Answer::Wrong(name) => {
                    let place = names.iter().position(|names| names.contains(&name))?;
                    if !std::mem::take(&mut optional[place]) {
                        return None;
                    }
                    if !self.tree.can_yield(self.tree.node(id).children[place]) {
                        // No value of it can be given, so none of those behind it is said to be missing.
                        optional[place..].fill(false);
                        break;
                    }
                    given.push((names[place][0], place));
                }
                Answer::No | Answer::Field(_) => return None,
            }
        }
        if !optional.contains(&true) {
            optional.clear();
        }
        Some(Allows::Fields { optional, strict })
    }

    /// Finds out what the fields of structs go by that have more names than fields; what comes back is that of each.
    pub(super) fn called(mut self) -> Vec<(NodeId, Vec<String>)> {
        let structs = self.tree.structs_with_other_names();
        let mut known: HashMap<_, Vec<String>> = HashMap::new();
        let mut called = Vec::new();
        for id in structs {
            let node = self.tree.node(id);
            let names = node.kind.names();
            let key = (node.reader, names.first().copied(), names.len());
            let is_content = node.reader.name.is_empty();
            let texts = match known.get(&key).filter(|_| !is_content) {
                Some(texts) => texts.clone(),
                None => self.texts(id, names).unwrap_or_default(),
            };
            known.insert(key, texts.clone());
            called.push((id, texts));
        }
        called
    }

    /// What stands in the structure for the names of a struct's fields.
    fn texts(&mut self, id: NodeId, names: &'static [&'static str]) -> Option<Vec<String>> {
        let fields = self.field_names(id, names)?;
        let mut texts = Vec::new();
        for (place, names) in fields.iter().enumerate() {
            let written = match &**names {
                [only] => Some(*only),
                _ => self.written(id, place, &fields),
            };
            texts.push(match written {
                Some(written) => {
                    let others = names.iter().copied().filter(|name| *name != written);
                    joined(std::iter::once(written).chain(others), Known::First)
                }
                None => joined(names.iter().copied(), Known::All),
            });
        }
        Some(texts)
    }

    /// Which of a field's names is written: serde's derive says so when the field comes twice, or not at all.
    fn written(&mut self, id: NodeId, place: usize, fields: &[Vec<&'static str>]) -> Option<&'static str> {
        let names = &fields[place];
        let mine = |answer: Answer| match answer {
            Answer::Wrong(name) if names.contains(&name) => Some(name),
            _ => None,
        };
        let twice = self.ask(id, Question::Twice(names[0], place)).and_then(mine);
        if twice.is_some() {
            return twice;
        }
        let can_yield = |place: usize| self.tree.can_yield(self.tree.node(id).children[place]);
        let others = (0..fields.len()).filter(|other| *other != place && can_yield(*other));
        let given = others.map(|other| (fields[other][0], other)).collect();
        let without = Question::Fields { given, nobody: false };
        self.ask(id, without).and_then(mine)
    }

    /// What each field goes by.
    fn field_names(&mut self, id: NodeId, names: &'static [&'static str]) -> Option<Vec<Vec<&'static str>>> {
        let count = self.tree.node(id).children.len();
        if count == names.len() {
            return Some(names.iter().map(|name| vec![*name]).collect());
        }
        let mut marks = Vec::new();
        for number in 0..count {
            let Answer::Field(mark) = self.ask(id, Question::Key(Key::Number(number)))? else {
                return None;
            };
            marks.push(mark);
        }
        let mut found = vec![Vec::new(); count];
        for name in names {
            let Answer::Field(mark) = self.ask(id, Question::Key(Key::Name(name)))? else {
                return None;
            };
            found[marks.iter().position(|other| *other == mark)?].push(*name);
        }
        found.iter().all(|names| !names.is_empty()).then_some(found)
    }

    /// Has the type at a position read once; `None` if it was not reached, or there was enough of it.
    fn ask(&mut self, id: NodeId, question: Question) -> Option<Answer> {
        self.left = self.left.checked_sub(1)?;
        let mut path = vec![id];
        while let Some(above) = self.tree.node(path[path.len() - 1]).parent {
            path.push(above);
        }
        self.tree.begin_run();
        self.tree.probe = Some(Probe {
            path,
            question,
            answer: None,
        });
        let (tree, read) = (&mut self.tree, self.read);
        let position = tree.root();
        let asked = catch_unwind(AssertUnwindSafe(|| read(Cursor::new(tree, position))));
        if asked.is_err() || self.tree.is_too_large() {
            self.left = 0;
            return None;
        }
        self.tree.probe.take()?.answer
    }
}

impl Tree {
    /// The structs that have more names than fields.
    pub(super) fn structs_with_other_names(&self) -> Vec<NodeId> {
        let is_one = |node: &Node| node.aliased && matches!(node.kind, Kind::Struct(..));
        let all = self.nodes.iter().enumerate();
        all.filter(|(_, node)| is_one(node))
            .map(|(place, _)| NodeId(place))
            .collect()
    }

    /// What is asked at a spot.
    pub(super) fn question(&self, spot: Spot) -> Option<Question> {
        let probe = self.probe.as_ref()?;
        let asked = !spot.constructing() && probe.answer.is_none() && probe.path[0] == spot.node;
        asked.then(|| probe.question.clone())
    }

    pub(super) fn answer(&mut self, answer: Answer) {
        if let Some(probe) = &mut self.probe {
            probe.answer = Some(answer);
        }
    }

    /// The one of a node's children that leads to the one that is asked.
    pub(super) fn way(&self, children: &[NodeId]) -> Option<NodeId> {
        let probe = self.probe.as_ref()?;
        children.iter().copied().find(|child| probe.path.contains(child))
    }
}
