//! Patterns of names.

use std::sync::Arc;

/// A name in which `*` stands for any characters, also none.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pattern(Arc<str>);

impl Pattern {
    pub(super) fn new(pattern: &str) -> Self {
        Self(pattern.into())
    }

    /// Whether a name is one of those that it stands for. Takes time in proportion to both lengths together, as a rule, and to
    /// their product at worst.
    pub(super) fn matches(&self, name: &str) -> bool {
        let (pattern, name) = (self.0.as_bytes(), name.as_bytes());
        let (mut at, mut place) = (0, 0);
        // The last `*`, and where in the name what it stands for ends.
        let mut star = None;
        while place < name.len() {
            match pattern.get(at) {
                Some(b'*') => {
                    star = Some((at, place));
                    at += 1;
                }
                Some(byte) if *byte == name[place] => {
                    at += 1;
                    place += 1;
                }
                _ => {
                    let Some((of, end)) = star else { return false };
                    star = Some((of, end + 1));
                    at = of + 1;
                    place = end + 1;
                }
            }
        }
        pattern[at..].iter().all(|byte| *byte == b'*')
    }

    /// Whether it stands for every name.
    pub(super) fn is_all(&self) -> bool {
        !self.0.is_empty() && self.0.bytes().all(|byte| byte == b'*')
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}
