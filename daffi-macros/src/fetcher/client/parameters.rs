//! What is asked of the parameters of a trait, for its client.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens as _, quote};
use syn::{Generics, Token, Type, TypeParamBound, WherePredicate, parse_quote};

use crate::types;

/// The parameters of a type that asks nothing of them. Their defaults are kept if they are what they are whatever the others are.
pub(super) fn without_bounds(generics: &Generics) -> Generics {
    let unsized_there = may_be_unsized(generics);
    let depends = |default: &TokenStream| {
        mentions(default, "Self")
            || generics
                .type_params()
                .any(|kind| mentions(default, &kind.ident.to_string()))
    };
    let keeps_defaults = !generics
        .type_params()
        .filter_map(|kind| kind.default.as_ref())
        .any(|(_, default)| depends(&default.to_token_stream()));
    let mut unbounded = generics.clone();
    for parameter in unbounded.type_params_mut() {
        let bounds = std::mem::take(&mut parameter.bounds);
        parameter.bounds = bounds.into_iter().filter(is_relaxed).collect();
        if parameter.bounds.is_empty() && unsized_there.contains(&&parameter.ident) {
            parameter.bounds.push(parse_quote!(?::core::marker::Sized));
        }
        parameter.colon_token = (!parameter.bounds.is_empty()).then(|| Token![:](parameter.ident.span()));
        if !keeps_defaults {
            parameter.default = None;
        }
    }
    if !keeps_defaults {
        for parameter in unbounded.const_params_mut() {
            parameter.default = None;
        }
    }
    unbounded.where_clause = None;
    unbounded
}

/// What the trait asks of its parameters.
pub(super) fn conditions_without_self(generics: &Generics) -> TokenStream {
    let conditions = predicates(generics).filter(|predicate| !mentions(&predicate.to_token_stream(), "Self"));
    quote!(where #(#conditions,)*)
}

fn predicates(generics: &Generics) -> impl Iterator<Item = &WherePredicate> {
    generics.where_clause.iter().flat_map(|clause| &clause.predicates)
}

/// What the trait asks of its parameters and of itself, in words that the compiler takes where it does not hold.
pub(super) fn conditions(generics: &Generics) -> impl Iterator<Item = TokenStream> {
    predicates(generics).map(for_any)
}

/// The same condition in words that the compiler takes where it does not hold.
fn for_any(predicate: &WherePredicate) -> TokenStream {
    match predicate {
        WherePredicate::Type(ty)
            if ty.lifetimes.is_none()
                && !mentions(&ty.bounds.to_token_stream(), "for")
                && !ty.bounds.iter().any(is_relaxed) =>
        {
            quote!(for<'__daffi> #ty)
        }
        other => other.to_token_stream(),
    }
}

/// The parameters that a condition lets be without a size.
pub(super) fn may_be_unsized(generics: &Generics) -> Vec<&Ident> {
    predicates(generics)
        .filter_map(|predicate| match predicate {
            WherePredicate::Type(ty) if ty.bounds.iter().any(is_relaxed) => match types::bare(&ty.bounded_ty)
            {
                Type::Path(path) => path.path.get_ident(),
                _ => None,
            },
            _ => None,
        })
        .collect()
}

/// Whether it is `?Sized`.
pub(super) fn is_relaxed(bound: &TypeParamBound) -> bool {
    matches!(bound, TypeParamBound::Trait(bound) if bound.maybe.is_some())
}

/// Whether the word is among the tokens.
pub(super) fn mentions(tokens: &TokenStream, word: &str) -> bool {
    tokens.clone().into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == word,
        TokenTree::Group(group) => mentions(&group.stream(), word),
        _ => false,
    })
}
