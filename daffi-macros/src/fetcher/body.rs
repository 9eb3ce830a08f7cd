//! What a fetcher's body says: it computes the arguments.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::{Expr, ExprTuple};

use crate::errors::Errors;
use crate::signature::{self, Side};

/// How much of a body's tuple can be told from how it is written.
pub(crate) enum Shape {
    /// It ends with a tuple whose elements stand there.
    Elements(Vec<Span>),
    /// The compiler will know.
    Unknown,
}

/// That the body computes something where a parameter is meant to be used, and does not wait, for which the compiler would blame what is
/// generated around it.
pub(super) fn check_body(body: &Group, is_used: impl FnOnce() -> bool, errors: &mut Errors) {
    if body.stream().is_empty() && is_used() {
        errors.add_at(
            body.span(),
            "the body of a fetcher computes the arguments as a tuple, and this one sends none: write `;` instead of it to \
             send the parameters as they are, or begin their names with `_` if none is to be sent",
        );
    }
    if let Some(wait) = awaits(body.stream()) {
        errors.add_at(
            wait,
            "the body of a fetcher computes the arguments at once and cannot wait: wait before the call, and pass what \
             comes of it",
        );
    }
}

/// Where it says `await`, unless some of it is a future of its own.
fn awaits(tokens: TokenStream) -> Option<Span> {
    let mut found = None;
    for token in tokens {
        match token {
            TokenTree::Ident(ident) if ident == "async" => return None,
            TokenTree::Ident(ident) if ident == "await" => found = found.or(Some(ident.span())),
            TokenTree::Group(group) => found = found.or_else(|| awaits(group.stream())),
            _ => {}
        }
    }
    found
}

pub(super) fn shape(body: &Group, errors: &mut Errors) -> Shape {
    let Some(tuple) = tuple_at_the_end(body) else {
        return Shape::Unknown;
    };
    signature::check_count(Side::Fetcher, tuple.elems.iter(), errors);
    Shape::Elements(tuple.elems.iter().map(Spanned::span).collect())
}

fn tuple_at_the_end(body: &Group) -> Option<ExprTuple> {
    // Only the last expression is read, so that half-typed code before it stays what it is.
    let last = body.stream().into_iter().last()?;
    match bare(syn::parse2(last.into()).ok()?) {
        Expr::Tuple(tuple) if !body_calls(body) => Some(tuple),
        _ => None,
    }
}

/// The expression out of the invisible groups that a macro's `$value:expr` is.
fn bare(expression: Expr) -> Expr {
    match expression {
        Expr::Group(group) => bare(*group.expr),
        other => other,
    }
}

/// Whether the parentheses at the end of a body are a part of something else, such as a call's.
fn body_calls(body: &Group) -> bool {
    let tokens: Vec<_> = body.stream().into_iter().collect();
    let ends_statement = |token: &TokenTree| match token {
        TokenTree::Punct(punct) => punct.as_char() == ';',
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        _ => false,
    };
    tokens.len() > 1 && !ends_statement(&tokens[tokens.len() - 2])
}
