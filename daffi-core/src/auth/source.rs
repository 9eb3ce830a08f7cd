//! Where a process has its secret from.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use super::text::Text;
use crate::link::handshake::Credential;

/// The environment variable that holds a token.
const VARIABLE: &str = "DAFFI_TOKEN";

/// Where a process has its secret from.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Source {
    /// It was told a token.
    Token(Text),
    /// A token is in a file.
    TokenFile(PathBuf),
    /// A key is in a file.
    KeyFile(PathBuf),
}

impl Source {
    /// The token in the environment, if there is one.
    #[must_use]
    pub fn environment() -> Option<Self> {
        let token = std::env::var_os(VARIABLE).filter(|token| !token.is_empty())?;
        // What is no text is no token either, and is said to be none.
        Some(Self::Token(Text::new(token.into_string().unwrap_or_default())))
    }

    pub(crate) const fn is_token(&self) -> bool {
        matches!(self, Self::Token(_) | Self::TokenFile(_))
    }

    /// The setting that has said so.
    pub(crate) const fn setting(&self) -> &'static str {
        match self {
            Self::Token(_) => "token (or DAFFI_TOKEN)",
            Self::TokenFile(_) => "token_file",
            Self::KeyFile(_) => "key",
        }
    }
}

/// What a process proves with who it is.
#[derive(Clone)]
pub struct Proving(Arc<dyn Credential + Send + Sync>);

impl fmt::Debug for Proving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proving(a {})", self.0.method())
    }
}

impl Proving {
    /// What makes the proofs.
    #[must_use]
    pub fn credential(&self) -> &(dyn Credential + Send + Sync) {
        &*self.0
    }
}

#[cfg(not(feature = "auth"))]
mod load {
    use super::{Proving, Source};

    impl Proving {
        /// Reads the secret.
        ///
        /// # Errors
        ///
        /// Always: it needs the feature `auth`.
        pub fn load(_: &Source) -> Result<Self, String> {
            Err(crate::auth::MISSING.to_owned())
        }
    }
}

#[cfg(feature = "auth")]
mod load {
    use std::sync::Arc;

    use super::{Proving, Source};
    use crate::auth::crypto::{SigningKey, Token};
    use crate::auth::file::{self, Others};
    use crate::auth::make::{KEY, TOKEN, parse};

    impl Source {
        /// The token, if that is what it is.
        pub(in crate::auth) fn token(&self) -> Result<Option<Token>, String> {
            const NONE: &str = "it is no token: that is what `daffi-controller token NAME` prints, `daffi_token_` and 64 digits";
            match self {
                Self::Token(text) => match parse(TOKEN, text.as_str()) {
                    Some(secret) => Ok(Some(Token::new(&secret))),
                    None => Err(NONE.to_owned()),
                },
                Self::TokenFile(path) => match parse(TOKEN, &file::read(path, Others::Nothing)?) {
                    Some(secret) => Ok(Some(Token::new(&secret))),
                    None => Err(format!("in {}: {NONE}", path.display())),
                },
                Self::KeyFile(_) => Ok(None),
            }
        }
    }

    impl Proving {
        /// Reads the secret.
        ///
        /// # Errors
        ///
        /// When it cannot be read, others may read it, too, or it is none: what to do.
        pub fn load(source: &Source) -> Result<Self, String> {
            if let Some(token) = source.token()? {
                return Ok(Self(Arc::new(token)));
            }
            let Source::KeyFile(path) = source else {
                return Err("it holds nothing".to_owned());
            };
            let seed = parse(KEY, &file::read(path, Others::Nothing)?).ok_or_else(|| {
                format!(
                    "{} holds no key: that is what `daffi-controller key NAME FILE` writes",
                    path.display()
                )
            })?;
            Ok(Self(Arc::new(SigningKey::new(seed))))
        }
    }
}
