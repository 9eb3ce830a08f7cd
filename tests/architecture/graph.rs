//! Which file names which, within one crate.
//!
//! What a module passes on with `pub use` is looked up where it is defined: who names it knows that file, and passing it on is
//! no knowledge by itself. Methods are called without being named, so that one type's `impl` in several files is not seen.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::Source;

/// The files of a crate, by module, and what each names.
pub(crate) struct Graph {
    edges: BTreeMap<String, BTreeSet<String>>,
}

impl Graph {
    pub(crate) fn new(sources: &[Source]) -> Self {
        let files = Files {
            by_module: sources.iter().map(|source| (source.module(), source)).collect(),
        };
        let edges = sources.iter().map(|source| {
            let named = source
                .named()
                .into_iter()
                .filter(|named| !named.passed_on || named.path.last().is_some_and(|name| source.uses(name)))
                .filter_map(|named| files.home_of(&source.module(), named.path))
                .filter(|home| *home != source.name)
                .collect();
            (source.name.clone(), named)
        });
        Self {
            edges: edges.collect(),
        }
    }

    /// Files that name each other, directly or through others.
    pub(crate) fn circles(&self) -> Vec<Vec<&str>> {
        let mut circles: Vec<Vec<&str>> = Vec::new();
        for file in self.edges.keys() {
            if circles.iter().flatten().any(|seen| seen == file) {
                continue;
            }
            let circle: Vec<_> = self
                .reached(file)
                .into_iter()
                .filter(|other| self.reached(other).contains(file.as_str()))
                .collect();
            if !circle.is_empty() {
                circles.push(circle);
            }
        }
        circles
    }

    /// What a file names, and what is named there.
    fn reached<'a>(&'a self, file: &str) -> BTreeSet<&'a str> {
        let mut reached = BTreeSet::new();
        let mut left = vec![file];
        while let Some(file) = left.pop() {
            for other in self.edges.get(file).into_iter().flatten() {
                if reached.insert(other.as_str()) {
                    left.push(other);
                }
            }
        }
        reached
    }
}

struct Files<'a> {
    by_module: BTreeMap<Vec<String>, &'a Source>,
}

impl Files<'_> {
    /// The file that defines what a path names in `module`.
    fn home_of(&self, module: &[String], path: Vec<String>) -> Option<String> {
        let mut path = path;
        if path.first().is_none_or(|first| first != "crate") {
            let inner: Vec<_> = module.iter().chain(path.first()).cloned().collect();
            self.by_module.get(&inner)?;
            path = module.iter().cloned().chain(path).collect();
        }
        // Each step goes on where a name is passed on to; a name that goes round is nobody's.
        for _ in 0..16 {
            let length = (1..=path.len())
                .rev()
                .find(|length| self.by_module.contains_key(&path[..*length]))?;
            let file = self.by_module[&path[..length]];
            let Some(name) = path.get(length) else {
                return Some(file.name.clone());
            };
            let passed = file
                .named()
                .into_iter()
                .find(|named| named.passed_on && named.path.last() == Some(name) && named.path.len() > 1);
            match passed {
                Some(named) => {
                    let absolute = if named.path[0] == "crate" {
                        named.path
                    } else {
                        path[..length].iter().cloned().chain(named.path).collect()
                    };
                    if absolute == path[..=length] {
                        return Some(file.name.clone());
                    }
                    let rest = path.split_off(length + 1);
                    path = absolute.into_iter().chain(rest).collect();
                }
                None => return Some(file.name.clone()),
            }
        }
        None
    }
}
