//! What a type reads beyond what it is written as: fields that may be missing, names that it takes as well, and whether it
//! takes what it does not know. Found out once all else is known, by reading it again with something left out or added.
//!
//! Nothing that was found out changes by that: it is done with a tree of its own.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::super::Allows;
use super::asked::{Answer, Key, NOBODY, Probe, Question};
use super::cursor::Cursor;
use super::node::{Kind, NodeId, Reader};
use super::refused::Refused;
use super::tree::{Spot, Tree};

/// No more reads than that.
const READS: usize = 2048;

/// What has been found out, by what reads it, so that nothing is asked twice.
type Known = HashMap<(Reader, &'static str, usize), Option<Allows>>;

/// Asks the types at some positions, which are structs and enums.
pub(super) struct Asking<'a> {
    tree: Tree,
    read: &'a dyn Fn(Cursor<'_>) -> Result<(), Refused>,
    left: usize,
    known: Known,
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

    /// What the types at these positions allow; `None` where that is not known.
    pub(super) fn all(mut self, positions: &[NodeId]) -> Vec<Option<Allows>> {
        positions.iter().map(|id| self.one(*id)).collect()
    }

    fn one(&mut self, id: NodeId) -> Option<Allows> {
        let node = self.tree.node(id);
        let names = match node.kind {
            Kind::Struct(_, names) | Kind::Enum(_, names) => names,
            _ => return None,
        };
        let key = (node.reader, names.first().copied().unwrap_or(""), names.len());
        let is_content = node.reader.name.is_empty();
        if !is_content && let Some(known) = self.known.get(&key) {
            return known.clone();
        }
        let allows = match node.kind {
            Kind::Struct(..) => self.fields(id, names),
            _ => self.variants(id, names),
        };
        if !is_content {
            self.known.insert(key, allows.clone());
        }
        allows
    }

    fn variants(&mut self, id: NodeId, names: &'static [&'static str]) -> Option<Allows> {
        let others = self.ask(id, Question::Variant(NOBODY))? != Answer::No;
        let names = if others {
            self.names_by_mark(id, names)?
        } else {
            self.tree.variant_names(id, names)
        };
        Some(Allows::Variants {
            names: owned(names),
            others,
        })
    }

    /// What each variant is called where numbers that none has stand for one as well, so that there seem to be as many variants as
    /// names, aliases included.
    fn names_by_mark(
        &mut self,
        id: NodeId,
        names: &'static [&'static str],
    ) -> Option<Vec<Vec<&'static str>>> {
        let contents = &self.tree.node(id).children;
        let marks: Vec<_> = contents
            .iter()
            .map(|content| self.tree.node(*content).mark.clone())
            .collect();
        let mut found = vec![Vec::new(); marks.len()];
        for name in names {
            let Answer::Field(mark) = self.ask(id, Question::Variant(name))? else {
                return None;
            };
            let alike = marks
                .iter()
                .enumerate()
                .filter(|(_, other)| other.as_deref() == Some(&*mark));
            alike.for_each(|(place, _)| found[place].push(*name));
        }
        found.iter().all(|names| !names.is_empty()).then_some(found)
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
                Answer::Yes => {
                    return Some(Allows::Fields {
                        names: owned(names),
                        optional,
                        strict,
                    });
                }
                Answer::Missing(name) if name == NOBODY && !strict => strict = true,
                Answer::Missing(name) => {
                    let place = names.iter().position(|names| names.contains(&name))?;
                    if !std::mem::take(&mut optional[place]) {
                        return None;
                    }
                    given.push((names[place][0], place));
                }
                Answer::No | Answer::Field(_) => return None,
            }
        }
        None
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

fn owned(names: Vec<Vec<&'static str>>) -> Vec<Vec<String>> {
    let own = |names: Vec<&'static str>| names.into_iter().map(str::to_owned).collect();
    names.into_iter().map(own).collect()
}

impl Tree {
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
