//! Where the compiler shows what is wrong.

use proc_macro2::Span;

/// Where the compiler shows an error about generated code: at `span`, and still as generated, so that lints which are
/// for people leave it alone.
pub(crate) fn at(span: Span) -> Span {
    Span::call_site().located_at(span)
}
