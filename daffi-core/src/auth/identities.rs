//! Whom a controller knows.

use std::fmt;

/// Whom a controller knows: the names of those who may join, and how each is recognised.
///
/// It is a text file. Each line is a name, `token` or `key`, and what `daffi-controller token` or `daffi-controller key` prints for it;
/// empty lines and those that begin with `#` say nothing.
///
/// ```text
/// shopper token 5bd1…:90aa…
/// worker  key   c21f…
/// ```
///
/// The secrets are not in it: whoever reads it cannot join. What stands after the colon of a token is what the controller shows itself by, to those
/// who join through a loopback port; so it is best readable by the controller alone.
#[derive(Clone, Default)]
pub struct Identities {
    #[cfg(feature = "auth")]
    known: known::Known,
}

impl fmt::Debug for Identities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identities").finish_non_exhaustive()
    }
}

#[cfg(not(feature = "auth"))]
mod known {
    use std::path::Path;
    use std::sync::Arc;

    use super::Identities;
    use crate::auth::{MISSING, Source};
    use crate::link::handshake::{Member, Roll};
    use crate::proto::{Method, Who};

    impl Identities {
        /// Reads a file of identities.
        ///
        /// # Errors
        ///
        /// Always: it needs the feature `auth`.
        pub fn load(_: &Path) -> Result<Self, String> {
            Err(MISSING.to_owned())
        }

        /// Whether nobody is known.
        #[must_use]
        pub fn is_empty(&self) -> bool {
            true
        }

        /// Who is known here by something by which `other` does not know them.
        #[must_use]
        pub fn missing_from(&self, _: &Self) -> Vec<Who<Arc<str>>> {
            Vec::new()
        }

        /// Whether somebody who has proven that it is this one could do so now.
        #[must_use]
        pub fn knows(&self, _: &Who<Arc<str>>) -> bool {
            false
        }

        /// Whoever has a token.
        ///
        /// # Errors
        ///
        /// Always: it needs the feature `auth`.
        pub fn shared(_: &Source) -> Result<Self, String> {
            Err(MISSING.to_owned())
        }

        /// These, and those others that are not among them.
        #[must_use]
        pub fn and(self, _: &Self) -> Self {
            self
        }
    }

    impl Roll for Identities {
        fn takes(&self, _: Method) -> bool {
            false
        }

        fn find(&self, _: Method, _: &[u8; 32]) -> Option<Arc<dyn Member + Send + Sync>> {
            None
        }
    }
}

#[cfg(feature = "auth")]
mod known {
    use std::collections::HashMap;
    use std::path::Path;
    use std::sync::Arc;

    use super::Identities;
    use crate::auth::crypto::{ControllerKey, has_signed};
    use crate::auth::file::{self, Others};
    use crate::auth::name;
    use crate::auth::source::Source;
    use crate::auth::{hex, make};
    use crate::link::handshake::{Member, Roll};
    use crate::proto::{Method, Proof, Who};

    /// The name of whoever has the token that a process with a controller was given for itself.
    const SHARED: &str = "shared-token";

    /// By what each shows.
    pub(super) type Known = HashMap<(Method, [u8; 32]), Arc<Entry>>;

    /// Somebody.
    pub(super) struct Entry {
        name: Arc<str>,
        public: [u8; 32],
        controller: Option<ControllerKey>,
    }

    impl Identities {
        /// Reads a file of identities.
        ///
        /// # Errors
        ///
        /// When it cannot be read, others may change it, or a line is no identity: which, and why.
        pub fn load(path: &Path) -> Result<Self, String> {
            let text = file::read(path, Others::Read)?;
            Self::parse(&text).map_err(|error| format!("{}, {error}", path.display()))
        }

        pub(in crate::auth) fn parse(text: &str) -> Result<Self, String> {
            let mut identities = Self::default();
            for (number, line) in (1..).zip(text.lines()) {
                let line = line.trim();
                if !(line.is_empty() || line.starts_with('#')) {
                    identities
                        .add(line)
                        .map_err(|error| format!("line {number}: {error}"))?;
                }
            }
            Ok(identities)
        }

        fn add(&mut self, line: &str) -> Result<(), String> {
            let words: Vec<_> = line.split_whitespace().collect();
            let [name, method, value] = words[..] else {
                return Err(format!(
                    "it has {} words, and an identity is a name, `token` or `key`, and what belongs to it",
                    words.len()
                ));
            };
            name::check(name)?;
            let digits = |text: &str| hex::decode(text);
            let (method, public, controller) = match (method, value.split_once(':')) {
                ("token", Some((public, controller))) => (Method::Token, digits(public), digits(controller)),
                ("key", None) => (Method::Key, digits(value), None),
                ("token" | "key", _) => (Method::Key, None, None),
                // What stands there instead may be a secret.
                _ => return Err("its second word is neither `token` nor `key`".to_owned()),
            };
            let is_whole = public.is_some() && controller.is_some() == (method == Method::Token);
            let Some(public) = public.filter(|_| is_whole) else {
                return Err(format!(
                    "what stands behind `{name}` is not what `daffi-controller token` or `daffi-controller key` prints"
                ));
            };
            let known = self.known.insert(
                (method, *public),
                Arc::new(Entry {
                    name: name.into(),
                    public: *public,
                    controller: controller.map(ControllerKey),
                }),
            );
            match known {
                Some(known) => Err(format!("`{name}` has the same {method} as `{}`", known.name)),
                None => Ok(()),
            }
        }

        /// Whether nobody is known.
        #[must_use]
        pub fn is_empty(&self) -> bool {
            self.known.is_empty()
        }

        /// Who is known here by something by which `other` does not know them.
        #[must_use]
        pub fn missing_from(&self, other: &Self) -> Vec<Who<Arc<str>>> {
            let is_missing = |(shown, entry): &(&(Method, [u8; 32]), &Arc<Entry>)| {
                other
                    .known
                    .get(*shown)
                    .is_none_or(|known| known.name != entry.name)
            };
            let missing = self.known.iter().filter(is_missing);
            missing
                .map(|((method, _), entry)| match method {
                    Method::Token => Who::Token(Arc::clone(&entry.name)),
                    Method::Key => Who::Key(Arc::clone(&entry.name)),
                })
                .collect()
        }

        /// Whether somebody who has proven that it is this one could do so now.
        #[must_use]
        pub fn knows(&self, who: &Who<Arc<str>>) -> bool {
            let (method, name) = match who {
                Who::Token(name) => (Method::Token, name),
                Who::Key(name) => (Method::Key, name),
                _ => return true,
            };
            let mut known = self.known.iter();
            known.any(|((known, _), entry)| *known == method && entry.name == *name)
        }

        /// Whoever has the token that this process has, too. A key is not shared.
        ///
        /// # Errors
        ///
        /// When it cannot be read.
        pub fn shared(source: &Source) -> Result<Self, String> {
            let mut identities = Self::default();
            if let Some(token) = source.token()? {
                identities.add(&make::token_line(SHARED, &token))?;
            }
            Ok(identities)
        }

        /// These, and those others that are not among them.
        #[must_use]
        pub fn and(mut self, others: &Self) -> Self {
            for (shown, entry) in &others.known {
                self.known.entry(*shown).or_insert_with(|| Arc::clone(entry));
            }
            self
        }
    }

    impl Roll for Identities {
        fn takes(&self, method: Method) -> bool {
            self.known.keys().any(|(other, _)| *other == method)
        }

        fn find(&self, method: Method, public: &[u8; 32]) -> Option<Arc<dyn Member + Send + Sync>> {
            let entry = self.known.get(&(method, *public))?;
            Some(Arc::clone(entry) as Arc<dyn Member + Send + Sync>)
        }
    }

    impl Member for Entry {
        fn name(&self) -> Arc<str> {
            Arc::clone(&self.name)
        }

        fn prove(&self, transcript: &[u8]) -> Option<[u8; 32]> {
            Some(self.controller.as_ref()?.prove(transcript))
        }

        fn has_made(&self, transcript: &[u8], proof: &Proof) -> bool {
            has_signed(&self.public, transcript, proof)
        }
    }
}
