//! The names by which callbacks are known to other processes.

use proc_macro2::{Ident, Span};
use syn::LitStr;
use syn::ext::IdentExt as _;

use crate::errors::Errors;

/// The longest name in bytes; the protocol's limit.
pub(crate) const LIMIT_BYTES: usize = 255;

/// What a function is called by other processes.
pub(crate) struct RemoteName {
    text: String,
}

impl RemoteName {
    /// The name of `ident`: its alias if it has one, after the prefix of its block.
    pub(crate) fn new(
        ident: &Ident,
        alias: Option<&LitStr>,
        prefix: Option<&LitStr>,
        errors: &mut Errors,
    ) -> Option<Self> {
        let (own, span) = match alias {
            Some(alias) => (alias.value(), alias.span()),
            None => (ident.unraw().to_string(), ident.span()),
        };
        if alias.is_none() && is_local(ident) {
            errors.add(
                ident,
                format!(
                    "names that start with `_` are local: no process can offer or call `{own}`\n\
                     give it a name to others with `alias = \"…\"`, or another name"
                ),
            );
            return None;
        }
        if own.is_empty() {
            errors.add_at(
                span,
                "this alias is empty: write a name of 1 to 255 bytes, or leave it out",
            );
            return None;
        }
        let text = prefix.map(LitStr::value).unwrap_or_default() + &own;
        let what = if prefix.is_some() {
            "name with its prefix"
        } else {
            "name"
        };
        is_short(what, &text, span, errors).then_some(Self { text })
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }
}

/// Whether a function of this name is local unless it has an alias.
pub(crate) fn is_local(ident: &Ident) -> bool {
    ident.unraw().to_string().starts_with('_')
}

fn is_short(what: &str, text: &str, span: Span, errors: &mut Errors) -> bool {
    let bytes = text.len();
    let short = bytes <= LIMIT_BYTES;
    if !short {
        errors.add_at(
            span,
            format!("this {what} has {bytes} bytes, and {LIMIT_BYTES} are the limit: write a shorter one"),
        );
    }
    short
}

/// A prefix or process name that is written in an attribute.
pub(crate) fn check_text(what: &str, text: Option<&LitStr>, errors: &mut Errors) {
    let Some(literal) = text else { return };
    let value = literal.value();
    if value.is_empty() {
        errors.add(
            literal,
            format!("this {what} is empty: write one of 1 to 255 bytes, or leave it out"),
        );
    } else {
        is_short(what, &value, literal.span(), errors);
    }
}
