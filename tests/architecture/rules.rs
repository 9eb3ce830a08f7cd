//! What a module may know, and where it knows more.

use crate::manifest::Manifest;
use crate::root;
use crate::source::Source;

/// What the pure cores may use of the standard library: nothing that has to do with time but durations, no lock, no
/// thread, no randomness, no operating system.
pub(crate) const CORE_STD: &[&str] = &[
    "any",
    "borrow",
    "cell",
    "cmp",
    "collections",
    "error",
    "fmt",
    "hash::Hash",
    "iter",
    "marker",
    "mem",
    "num",
    "ops",
    "option",
    "result",
    "slice",
    "str",
    "string",
    "sync::Arc",
    "time::Duration",
    "vec",
];

/// What may be named. The default allows everything.
#[derive(Clone, Copy, Default)]
pub(crate) struct Rule<'a> {
    /// Modules of the standard library, if not all.
    pub(crate) std: Option<&'a [&'a str]>,
    /// Beside those of `std`.
    pub(crate) more_std: &'a [&'a str],
    /// Other crates. Checked if `std` is.
    pub(crate) crates: &'a [&'a str],
    /// Modules of the same crate, if not all.
    pub(crate) modules: &'a [&'a str],
    /// Of some crates only these parts.
    pub(crate) parts: &'a [(&'a str, &'a [&'a str])],
    /// Neither `async` nor `await`.
    pub(crate) no_async: bool,
}

impl Rule<'_> {
    /// What `source` names against the rule.
    pub(crate) fn faults(&self, source: &Source) -> Vec<String> {
        let mut faults = Vec::new();
        let mut fault = |what: &str| faults.push(format!("{} names {what}", source.name));
        for path in source.paths() {
            if !self.allows(&path) {
                fault(&path.join("::"));
            }
        }
        if self.no_async {
            for word in ["async", "await"] {
                if source.has_word(word) {
                    fault(word);
                }
            }
        }
        faults
    }

    fn allows(&self, path: &[String]) -> bool {
        let [head, rest @ ..] = path else { return true };
        let parts = self.parts.iter().find(|(name, _)| name == head);
        match head.as_str() {
            "crate" => self.modules.is_empty() || is_below(rest, self.modules),
            "std" | "core" | "alloc" => self
                .std
                .is_none_or(|allowed| is_below(rest, allowed) || is_below(rest, self.more_std)),
            // The whole crate under another name would hide what is used of it.
            _ if parts.is_some_and(|(_, parts)| !is_below(rest, parts)) => false,
            name => self.std.is_none() || !is_crate(name) || self.crates.contains(&name),
        }
    }
}

/// Whether a path is one of `allowed`, or inside of it.
fn is_below(path: &[String], allowed: &[&str]) -> bool {
    allowed.iter().any(|allowed| {
        let allowed: Vec<_> = allowed.split("::").collect();
        path.len() >= allowed.len() && path.iter().zip(&allowed).all(|(mine, theirs)| mine == theirs)
    })
}

/// Whether it is the name of a crate: of one that the workspace depends on, or of one that does what cores must not.
fn is_crate(name: &str) -> bool {
    const TEMPTING: &[&str] = &[
        "rand",
        "fastrand",
        "getrandom",
        "log",
        "parking_lot",
        "chrono",
        "libc",
        "async_std",
    ];
    TEMPTING.contains(&name)
        || Manifest::of(root())
            .keys("workspace.dependencies")
            .iter()
            .any(|key| key.replace('-', "_") == name)
}

/// Anything in the facade that is neither documentation nor a re-export.
pub(crate) fn reexports_only(source: &Source) -> Vec<String> {
    [
        "const",
        "enum",
        "fn",
        "impl",
        "macro_rules",
        "mod",
        "static",
        "trait",
        "type",
        "union",
    ]
    .into_iter()
    .filter(|word| source.has_word(word))
    .map(|word| format!("{} has `{word}`", source.name))
    .collect()
}
