//! Who a process is, as the controller has it proven, whatever the process says.

use serde::{Deserialize, Serialize};

use super::proof::Method;

/// What the identity of a user of the controller's machine begins with; no name that somebody is given does.
pub const USER_PREFIX: &str = "uid:";

/// Who a process is, and how that is known. `N` is how its name is held.
///
/// With every call that it makes it travels to the provider, so it takes no more than it must: nobody is one byte, a user of the
/// machine four.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Who<N> {
    /// Nothing is known of it.
    #[default]
    Nobody,
    /// A process of this user of the controller's machine.
    User(u32),
    /// Whoever has the token of this name.
    Token(N),
    /// Whoever has the key of this name.
    Key(N),
    /// Whoever has a certificate with this name.
    Certificate(N),
}

impl<N> Who<N> {
    /// By what it has proven who it is, in the handshake.
    #[must_use]
    pub const fn method(&self) -> Option<Method> {
        match self {
            Self::Token(_) => Some(Method::Token),
            Self::Key(_) => Some(Method::Key),
            Self::Nobody | Self::User(_) | Self::Certificate(_) => None,
        }
    }

    /// The same, with its name held in another way.
    pub fn map<'a, M>(&'a self, hold: impl FnOnce(&'a N) -> M) -> Who<M> {
        match self {
            Self::Nobody => Who::Nobody,
            Self::User(uid) => Who::User(*uid),
            Self::Token(name) => Who::Token(hold(name)),
            Self::Key(name) => Who::Key(hold(name)),
            Self::Certificate(name) => Who::Certificate(hold(name)),
        }
    }
}

impl<N: AsRef<str>> Who<N> {
    /// The same, with its name borrowed.
    #[must_use]
    pub fn borrowed(&self) -> Who<&str> {
        self.map(AsRef::as_ref)
    }

    /// The name, if it has one that somebody gave it.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Nobody | Self::User(_) => None,
            Self::Token(name) | Self::Key(name) | Self::Certificate(name) => Some(name.as_ref()),
        }
    }
}

impl<N: AsRef<str>> core::fmt::Display for Who<N> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Nobody => f.write_str("nobody"),
            Self::User(uid) => write!(f, "{USER_PREFIX}{uid}"),
            Self::Token(name) => write!(f, "{} (token)", name.as_ref()),
            Self::Key(name) => write!(f, "{} (key)", name.as_ref()),
            Self::Certificate(name) => write!(f, "{} (certificate)", name.as_ref()),
        }
    }
}
