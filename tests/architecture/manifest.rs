//! As much of a `Cargo.toml` as the rules ask for: tables of simple lines.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

pub(crate) struct Manifest {
    /// Table, key and value of every line.
    lines: Vec<(String, String, String)>,
}

/// The folders of the workspace's packages, but for its root.
pub(crate) fn members(root: &Path) -> Vec<String> {
    let members = Manifest::of(root).list("workspace", "members");
    assert!(members.len() > 2, "the members are not where they are looked for");
    members
}

impl Manifest {
    pub(crate) fn of(folder: &Path) -> Self {
        let path = folder.join("Cargo.toml");
        Self::new(&fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
    }

    pub(crate) fn new(text: &str) -> Self {
        let mut table = String::new();
        let mut lines = Vec::new();
        for line in text.lines() {
            let line = line.split(" #").next().unwrap_or_default().trim();
            if line.starts_with('#') {
                continue;
            }
            if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
                table = name.to_owned();
                // A table of a dependency's own says that there is one.
                if let Some((outer, inner)) = name.rsplit_once('.') {
                    lines.push((outer.to_owned(), inner.to_owned(), String::new()));
                }
            } else if let Some((key, value)) = line.split_once('=') {
                lines.push((table.clone(), key.trim().to_owned(), value.trim().to_owned()));
            }
        }
        Self { lines }
    }

    /// The keys of a table, sorted.
    pub(crate) fn keys(&self, table: &str) -> Vec<&str> {
        let lines = self.lines.iter().filter(|(in_table, ..)| in_table == table);
        let keys: BTreeSet<_> = lines
            .filter_map(|(_, key, _)| key.split('.').next())
            .map(|key| key.trim_matches('"'))
            .collect();
        keys.into_iter().collect()
    }

    /// The dependencies in a table that are crates of this workspace.
    pub(crate) fn daffi_crates(&self, table: &str) -> impl Iterator<Item = &str> {
        self.keys(table)
            .into_iter()
            .filter(|name| name.starts_with("daffi"))
    }

    pub(crate) fn value(&self, table: &str, key: &str) -> Option<&str> {
        self.lines
            .iter()
            .find(|(in_table, name, _)| in_table == table && name == key)
            .map(|(.., value)| value.as_str())
    }

    /// A list of strings, on one line.
    pub(crate) fn list(&self, table: &str, key: &str) -> Vec<String> {
        let value = self.value(table, key).unwrap_or_default();
        let quoted = value
            .trim_matches(['[', ']'])
            .split(',')
            .map(|item| item.trim().trim_matches('"'));
        quoted
            .filter(|item| !item.is_empty())
            .map(str::to_owned)
            .collect()
    }
}
