//! What one process may do.

use std::sync::Arc;

use daffi_core::Right;

use super::pattern::Pattern;

/// What a process may do. Whoever has the same identity shares them.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Rights {
    /// Whose they are, if it is known who it is.
    pub(super) identity: Option<Arc<str>>,
    /// The roles that they come from.
    pub(super) roles: Vec<Arc<str>>,
    /// By the place of the right in [`Right::ALL`].
    pub(super) rules: [Rules; Right::ALL.len()],
}

/// What is said of a right.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Rules {
    pub(super) allowed: Vec<Pattern>,
    pub(super) denied: Vec<Pattern>,
}

impl Rules {
    fn allow(&self, name: &str) -> bool {
        let is_one_of = |patterns: &[Pattern]| patterns.iter().any(|pattern| pattern.matches(name));
        is_one_of(&self.allowed) && !is_one_of(&self.denied)
    }

    fn allow_all(&self) -> bool {
        self.allowed.iter().any(Pattern::is_all) && self.denied.is_empty()
    }
}

impl Rights {
    fn rules(&self, right: Right) -> &Rules {
        let place = Right::ALL.iter().position(|other| *other == right);
        &self.rules[place.unwrap_or_default()]
    }

    /// Whether a right is theirs for a name.
    #[must_use]
    pub fn allow(&self, right: Right, name: &str) -> bool {
        self.rules(right).allow(name)
    }

    /// Whether a right is theirs for every name.
    #[must_use]
    pub fn allow_all(&self, right: Right) -> bool {
        self.rules(right).allow_all()
    }

    /// Whether they let one know what is scheduled of a callback.
    #[must_use]
    pub fn know_schedules_of(&self, callback: &str) -> bool {
        [Right::Schedule, Right::Observe, Right::Admin]
            .into_iter()
            .any(|right| self.allow(right, callback))
    }

    /// How many patterns there are: what a question to them costs.
    #[must_use]
    pub fn size(&self) -> usize {
        let rules = self.rules.iter();
        rules.map(|rules| rules.allowed.len() + rules.denied.len()).sum()
    }

    /// Why a right is not theirs, and what to do about it.
    #[must_use]
    pub fn refusal(&self, right: Right, name: &str) -> String {
        let who = who(self.identity.as_deref());
        let denied = self
            .rules(right)
            .denied
            .iter()
            .find(|pattern| pattern.matches(name));
        let why = match (denied, &*self.roles) {
            (Some(pattern), _) => format!("a role of it denies that for \"{}\"", pattern.as_str()),
            (None, []) => "it has no role".to_owned(),
            (None, [role]) => format!("its role `{role}` does not give it"),
            (None, roles) => format!("none of its roles gives it ({})", roles.join(", ")),
        };
        let name = match name {
            "*" => "every name".to_owned(),
            name => format!("`{name}`"),
        };
        format!(
            "it takes the right `{right}` for {name}, which {who} does not have: {why}; whoever runs the controller can grant \
             it, in its configuration"
        )
    }
}

/// Whom a refusal is about.
pub(super) fn who(identity: Option<&str>) -> String {
    identity.map_or_else(
        || "a process that has not said who it is".to_owned(),
        |identity| format!("`{identity}`"),
    )
}
