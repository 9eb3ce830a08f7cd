//! Who a process is, as a program sees it.

use core::fmt;
use std::sync::Arc;

use crate::proto::{USER_PREFIX, Who};

/// Who a process is, as the controller has it proven: never what the process says of itself, which is its process name.
///
/// Whoever has the same token, key or certificate is the same, under whatever process name.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
/// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
/// shop.register_fn("who", |ctx: daffi::CallContext| async move {
///     // What is proven, and not what the caller calls itself.
///     ctx.identity().map(|identity| (identity.name().to_owned(), identity.uid()))
/// })
/// .await?;
///
/// // Whoever joins in memory or by a Unix socket is the user that the process runs as.
/// let (name, uid) = g.call::<Option<(String, Option<u32>)>>("who", ()).await?.expect("it is proven");
/// assert_eq!(name, format!("uid:{}", uid.expect("it is a user")));
/// # Ok(()) }
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Identity {
    name: Arc<str>,
    who: Who<Arc<str>>,
}

/// How it is known who a process is.
///
/// ```
/// use daffi::{Identity, Proven};
///
/// fn may_pay(identity: &Identity) -> bool {
///     match identity.proven() {
///         Proven::Certificate | Proven::Key => true,
///         // A token may have been copied, and whoever runs as the same user is trusted with less.
///         Proven::Token | Proven::User => false,
///         // There may be more ways one day.
///         _ => false,
///     }
/// }
/// # let _ = may_pay;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Proven {
    /// The operating system of the controller's machine says which user runs it.
    User,
    /// It has a token.
    Token,
    /// It has an Ed25519 key.
    Key,
    /// It has a certificate of an authority that the controller trusts.
    Certificate,
}

impl Identity {
    /// As the controller says; nothing of somebody who is nobody.
    pub(crate) fn told<N: AsRef<str>>(who: &Who<N>) -> Option<Self> {
        let name: Arc<str> = match who {
            Who::Nobody => return None,
            Who::User(uid) => format!("{USER_PREFIX}{uid}").into(),
            Who::Token(name) | Who::Key(name) | Who::Certificate(name) => name.as_ref().into(),
        };
        let who = who.map(|_| Arc::clone(&name));
        Some(Self { name, who })
    }

    /// Whether it is what the controller says.
    pub(crate) fn is(&self, who: Who<&str>) -> bool {
        self.who.borrowed() == who
    }

    /// The name: the one that stands with the token or the key among the identities of the controller, that of the certificate, or
    /// `uid:` and the number of a user.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How it is known.
    ///
    /// ```
    /// use daffi::{CallContext, Proven};
    ///
    /// /// Whether the caller has shown a certificate.
    /// fn is_from_our_company(ctx: &CallContext) -> bool {
    ///     ctx.identity().is_some_and(|identity| identity.proven() == Proven::Certificate)
    /// }
    /// # let _ = is_from_our_company;
    /// ```
    #[must_use]
    pub const fn proven(&self) -> Proven {
        match self.who {
            // There is no identity of somebody who is nobody.
            Who::User(_) | Who::Nobody => Proven::User,
            Who::Token(_) => Proven::Token,
            Who::Key(_) => Proven::Key,
            Who::Certificate(_) => Proven::Certificate,
        }
    }

    /// The number of the user, if that is how it is known.
    #[must_use]
    pub const fn uid(&self) -> Option<u32> {
        match self.who {
            Who::User(uid) => Some(uid),
            _ => None,
        }
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.who, f)
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_is_a_name_and_how_it_is_known() {
        #[track_caller]
        fn check(who: Who<&str>, name: &str, proven: Proven, shown: &str) {
            let identity = Identity::told(&who).unwrap();
            assert_eq!((identity.name(), identity.proven()), (name, proven));
            assert_eq!(identity.to_string(), shown);
            assert_eq!(identity.uid().is_some(), proven == Proven::User);
            assert!(identity.is(who) && !identity.is(Who::Nobody));
        }
        check(Who::User(1000), "uid:1000", Proven::User, "uid:1000");
        check(Who::Token("a"), "a", Proven::Token, "a (token)");
        check(Who::Key("a"), "a", Proven::Key, "a (key)");
        check(Who::Certificate("a"), "a", Proven::Certificate, "a (certificate)");
        assert_eq!(Identity::told(&Who::<&str>::Nobody), None);
        // The name alone does not make it the same: a token may be called as a user is.
        assert_ne!(
            Identity::told(&Who::Token("uid:7")),
            Identity::told(&Who::<&str>::User(7))
        );
    }
}
