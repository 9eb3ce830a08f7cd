//! Who may do what at a controller, as whoever runs one says it.
//!
//! Nothing but what was said: daffi-controller checks it and decides by it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::quota::Quotas;

/// Something that a process may or may not do, for some names.
///
/// ```
/// use daffi::{Right, Role};
///
/// let clerk = Role::new()
///     .allow(Right::Call, ["shop.*"])       // calls `shop.price` and whatever else begins so,
///     .allow(Right::Stream, ["shop.*"])     // also where that takes or returns a stream,
///     .allow(Right::Observe, ["shop.*"]);   // and may ask who offers it; `Right::ALL` are all there are
/// assert_eq!(Right::Observe.as_str(), "observe");   // so a configuration has it
/// assert_eq!(clerk.allowed(Right::Broadcast).count(), 0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Right {
    /// To call callbacks of these names, in whatever way. What follows is needed beside it.
    Call,
    /// To offer callbacks of these names.
    Provide,
    /// To call these at all who offer them.
    Broadcast,
    /// To call these where a stream is one of the arguments or the result, or for each item of a stream.
    Stream,
    /// To have the controller call these at set times.
    Schedule,
    /// To ask for processes and callbacks of these names. Lists of all, and being told of changes, take the name `*`.
    Observe,
    /// To change what belongs to others.
    Admin,
}

impl Right {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Call,
        Self::Provide,
        Self::Broadcast,
        Self::Stream,
        Self::Schedule,
        Self::Observe,
        Self::Admin,
    ];

    /// As it is written in a configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Provide => "provide",
            Self::Broadcast => "broadcast",
            Self::Stream => "stream",
            Self::Schedule => "schedule",
            Self::Observe => "observe",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What those who have a role may do: for each right the names that it is for, as patterns, in which `*` stands for any
/// characters, also none.
///
/// What is not said is not allowed, and what is denied is denied, whatever else is said, in this or another role.
///
/// ```
/// use daffi::{Right, Role};
///
/// let customer = Role::new()
///     .allow(Right::Call, ["shop.*", "price"])
///     .deny(Right::Call, ["shop.admin.*"]);
/// assert_eq!(customer.allowed(Right::Call).collect::<Vec<_>>(), ["price", "shop.*"]);
/// assert_eq!(customer.denied(Right::Call).collect::<Vec<_>>(), ["shop.admin.*"]);
/// assert_eq!(customer.allowed(Right::Provide).next(), None);
///
/// let owner = Role::everything();
/// assert_eq!(owner.allowed(Right::Admin).collect::<Vec<_>>(), ["*"]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Role {
    allowed: BTreeMap<Right, BTreeSet<String>>,
    denied: BTreeMap<Right, BTreeSet<String>>,
    quotas: Quotas,
}

impl Role {
    /// A role that may do nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A role that may do everything.
    #[must_use]
    pub fn everything() -> Self {
        let all = Right::ALL.into_iter();
        all.fold(Self::new(), |role, right| role.allow(right, ["*"]))
    }

    /// May do this, for the names of these patterns.
    #[must_use]
    pub fn allow<P: Into<String>>(mut self, right: Right, patterns: impl IntoIterator<Item = P>) -> Self {
        let patterns = patterns.into_iter().map(Into::into);
        self.allowed.entry(right).or_default().extend(patterns);
        self
    }

    /// May not do this, for the names of these patterns.
    #[must_use]
    pub fn deny<P: Into<String>>(mut self, right: Right, patterns: impl IntoIterator<Item = P>) -> Self {
        let patterns = patterns.into_iter().map(Into::into);
        self.denied.entry(right).or_default().extend(patterns);
        self
    }

    /// Has these quotas, as far as they are said, instead of those that are said for all. Of several roles that say something, the most
    /// generous counts.
    ///
    /// ```
    /// use daffi::{Quota, Quotas, Right, Role};
    ///
    /// let fast = Quotas::new().identity(Quota::new().calls_per_second(Quota::UNLIMITED));
    /// let batch = Role::new().allow(Right::Call, ["jobs.*"]).quotas(fast);
    /// assert_eq!(batch.said_quotas(), &fast);
    /// ```
    #[must_use]
    pub const fn quotas(mut self, quotas: Quotas) -> Self {
        self.quotas = quotas;
        self
    }

    /// The quotas of those who have it, as far as they are said.
    #[must_use]
    pub const fn said_quotas(&self) -> &Quotas {
        &self.quotas
    }

    /// The patterns of what a right is for.
    pub fn allowed(&self, right: Right) -> impl Iterator<Item = &str> {
        patterns(&self.allowed, right)
    }

    /// The patterns of what a right is not for.
    pub fn denied(&self, right: Right) -> impl Iterator<Item = &str> {
        patterns(&self.denied, right)
    }
}

fn patterns(of: &BTreeMap<Right, BTreeSet<String>>, right: Right) -> impl Iterator<Item = &str> {
    of.get(&right).into_iter().flatten().map(String::as_str)
}

/// Who may do what: roles, and who has them.
///
/// Without this, whoever is let in may do everything. With it, everybody may do what the roles allow that they have, and
/// nothing else.
///
/// ```
/// use daffi::{Access, Right, Role};
///
/// let access = Access::new()
///     .role("customer", Role::new().allow(Right::Call, ["shop.*"]))
///     .role("shop", Role::new().allow(Right::Provide, ["shop.*"]))
///     .everyone(["customer"])
///     .identity("till", ["shop"])
///     .names("till", ["till *"]);
///
/// let roles: Vec<_> = access.roles().map(|(name, _)| name).collect();
/// assert_eq!(roles, ["customer", "shop"]);
/// assert_eq!(access.of_everyone().collect::<Vec<_>>(), ["customer"]);
/// assert_eq!(access.identities().count(), 1);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Access {
    roles: BTreeMap<String, Role>,
    everyone: BTreeSet<String>,
    identities: BTreeMap<String, Grants>,
}

/// What is said of an identity.
///
/// ```
/// use daffi::Access;
///
/// let access = Access::new().identity("till", ["customer", "shop"]).names("till", ["till *"]);
/// for (identity, grants) in access.identities() {
///     assert_eq!(identity, "till");
///     assert_eq!(grants.roles().collect::<Vec<_>>(), ["customer", "shop"]);
///     assert_eq!(grants.names().collect::<Vec<_>>(), ["till *"]);
/// }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grants {
    roles: BTreeSet<String>,
    names: BTreeSet<String>,
}

impl Grants {
    /// The roles that it has.
    pub fn roles(&self) -> impl Iterator<Item = &str> {
        self.roles.iter().map(String::as_str)
    }

    /// Patterns of the process names that it may take, which nobody else may. Where there are none, it may take any that is not
    /// kept for somebody else.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }
}

impl Access {
    /// Nobody may do anything.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A role of this name is this. A later one of the same name replaces it.
    #[must_use]
    pub fn role(mut self, name: impl Into<String>, role: Role) -> Self {
        self.roles.insert(name.into(), role);
        self
    }

    /// Everybody has these roles, whoever they are.
    #[must_use]
    pub fn everyone<R: Into<String>>(mut self, roles: impl IntoIterator<Item = R>) -> Self {
        self.everyone.extend(roles.into_iter().map(Into::into));
        self
    }

    /// An identity has these roles, beside those that it has already.
    #[must_use]
    pub fn identity<R: Into<String>>(
        mut self,
        name: impl Into<String>,
        roles: impl IntoIterator<Item = R>,
    ) -> Self {
        let roles = roles.into_iter().map(Into::into);
        self.identities
            .entry(name.into())
            .or_default()
            .roles
            .extend(roles);
        self
    }

    /// Process names that match one of these patterns are an identity's: it may take no others, and nobody else may take
    /// these.
    #[must_use]
    pub fn names<P: Into<String>>(
        mut self,
        identity: impl Into<String>,
        patterns: impl IntoIterator<Item = P>,
    ) -> Self {
        let patterns = patterns.into_iter().map(Into::into);
        self.identities
            .entry(identity.into())
            .or_default()
            .names
            .extend(patterns);
        self
    }

    /// The roles, by name.
    pub fn roles(&self) -> impl Iterator<Item = (&str, &Role)> {
        self.roles.iter().map(|(name, role)| (name.as_str(), role))
    }

    /// The roles that everybody has.
    pub fn of_everyone(&self) -> impl Iterator<Item = &str> {
        self.everyone.iter().map(String::as_str)
    }

    /// What is said of identities, by name.
    pub fn identities(&self) -> impl Iterator<Item = (&str, &Grants)> {
        self.identities
            .iter()
            .map(|(name, grants)| (name.as_str(), grants))
    }
}
