//! Where the faults of one item are gathered, so that all of them are reported at once.

use std::fmt::Display;

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;

/// The faults found so far.
#[derive(Default)]
pub(crate) struct Errors {
    found: Vec<Fault>,
    left_to_compiler: usize,
}

struct Fault {
    /// What it is said of.
    tokens: Tokens,
    message: String,
}

enum Tokens {
    All(TokenStream),
    At(Span),
}

impl Errors {
    /// A fault that is all of `tokens`.
    pub(crate) fn add(&mut self, tokens: impl ToTokens, message: impl Display) {
        self.push(Tokens::All(tokens.into_token_stream()), message);
    }

    /// A fault at a place.
    pub(crate) fn add_at(&mut self, span: Span, message: impl Display) {
        self.push(Tokens::At(span), message);
    }

    fn push(&mut self, tokens: Tokens, message: impl Display) {
        let message = message.to_string();
        self.found.push(Fault { tokens, message });
    }

    /// A fault of which the compiler will speak when it sees the item, so that nothing is said here.
    pub(crate) fn leave_to_compiler(&mut self) {
        self.left_to_compiler += 1;
    }

    /// How many faults there are, to see later whether there are more.
    pub(crate) fn count(&self) -> usize {
        self.found.len() + self.left_to_compiler
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.count() == 0
    }

    /// Runs `check`, and adds `hint` to the first fault that it finds.
    pub(crate) fn with_hint<T>(&mut self, hint: &str, check: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.found.len();
        let checked = check(self);
        if let Some(first) = self.found.get_mut(before) {
            first.message = format!("{}\n{hint}", first.message);
        }
        checked
    }
}

impl ToTokens for Errors {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        for Fault { tokens: of, message } in &self.found {
            let error = match of {
                Tokens::All(of) => syn::Error::new_spanned(of, message),
                Tokens::At(span) => syn::Error::new(*span, message),
            };
            tokens.extend(error.to_compile_error());
        }
    }
}
