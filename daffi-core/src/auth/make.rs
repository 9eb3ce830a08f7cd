//! New secrets, and how they are written.

use std::io;
use std::path::Path;

use zeroize::Zeroizing;

use super::crypto::{SigningKey, Token, random};
use super::text::Text;
use super::{file, hex, name};

/// What a token and a key begin with, so that what scans texts for secrets finds them.
pub(super) const TOKEN: &str = "daffi_token_";
pub(super) const KEY: &str = "daffi_key_";

/// A new secret.
#[derive(Debug)]
pub struct Made {
    /// The secret, if it is in no file. It is nowhere else.
    pub secret: Option<Text>,
    /// The line for the file of identities, by which a controller knows it.
    pub line: String,
}

impl Made {
    /// The secret, to be shown once.
    #[must_use]
    pub fn shown(&self) -> Option<&str> {
        self.secret.as_ref().map(Text::as_str)
    }
}

/// Makes a token for whoever shall be known by `name`.
///
/// # Errors
///
/// When the name cannot be one, or the system gives no random numbers.
pub fn token(name: &str) -> io::Result<Made> {
    check_name(name)?;
    let secret = random()?;
    let line = token_line(name, &Token::new(&secret));
    let secret = Some(Text::new(written(TOKEN, &secret)));
    Ok(Made { secret, line })
}

/// Makes a key for whoever shall be known by `name`, in a new file that is readable by its owner alone.
///
/// # Errors
///
/// When the name cannot be one, the file is there already or cannot be written, or the system gives no random numbers.
pub fn key(name: &str, path: &Path) -> io::Result<Made> {
    check_name(name)?;
    let seed = random()?;
    let text = Zeroizing::new(written(KEY, &seed) + "\n");
    file::write(path, &text)?;
    let public = hex::encode(&SigningKey::new(seed).public());
    let line = format!("{name} key {}", *public);
    Ok(Made { secret: None, line })
}

/// How a controller keeps a token.
pub(super) fn token_line(name: &str, token: &Token) -> String {
    let (public, controller) = (token.node.public(), &token.controller.0);
    format!(
        "{name} token {}:{}",
        *hex::encode(&public),
        *hex::encode(controller)
    )
}

fn check_name(name: &str) -> io::Result<()> {
    name::check(name).map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))
}

fn written(kind: &str, secret: &[u8; 32]) -> String {
    let mut text = String::with_capacity(kind.len() + 65);
    text.push_str(kind);
    text.push_str(&hex::encode(secret));
    text
}

/// A secret of a kind, as it is written.
pub(super) fn parse(kind: &str, text: &str) -> Option<Zeroizing<[u8; 32]>> {
    hex::decode(text.trim().strip_prefix(kind)?)
}
