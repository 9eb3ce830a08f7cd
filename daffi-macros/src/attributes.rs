//! The attributes beside ours: which of them generated code takes over, and what the documentation says.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned as _;
use syn::{Attribute, Expr, ExprLit, Lit, Meta, Token};

use crate::errors::Errors;

/// Whether this is our attribute `name`, by itself or by its path.
pub(crate) fn is_ours(attribute: &Attribute, name: &str) -> bool {
    let segments: Vec<_> = attribute
        .path()
        .segments
        .iter()
        .map(|segment| segment.ident.to_string())
        .collect();
    segments == [name] || segments == ["daffi", name]
}

/// Takes our attributes out of those of a method.
pub(crate) fn take_ours(attributes: &mut Vec<Attribute>, name: &str) -> Vec<Attribute> {
    attributes
        .extract_if(.., |attribute| is_ours(attribute, name))
        .collect()
}

/// The documentation as an expression for a string: the lines as they are written, without the space before them.
pub(crate) fn docs(attributes: &[Attribute]) -> TokenStream {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(meta) if meta.path.is_ident("doc") => Some(&meta.value),
        _ => None,
    });
    let mut text = Some(String::new());
    let mut parts = Vec::new();
    for (index, line) in lines.enumerate() {
        let newline = if index == 0 { "" } else { "\n" };
        if let Expr::Lit(ExprLit {
            lit: Lit::Str(line), ..
        }) = line
        {
            let line = line.value();
            let line = format!("{newline}{}", line.strip_prefix(' ').unwrap_or(&line));
            text.iter_mut().for_each(|text| text.push_str(&line));
            parts.push(line.to_token_stream());
        } else {
            // Such as `#[doc = include_str!("…")]`, which only the compiler can read.
            text = None;
            parts.push(quote!(#newline, #line));
        }
    }
    match text {
        Some(text) => text.to_token_stream(),
        None => quote!(::core::concat!(#(#parts),*)),
    }
}

/// The attributes of an item that what is generated beside it needs too: it exists where the item does, and what the
/// item may do, it may. What is deprecated has been reported where the item names it.
pub(crate) fn carried(attributes: &[Attribute]) -> Vec<TokenStream> {
    let mut carried = conditions(attributes);
    carried.extend(allowed(attributes));
    carried.push(quote!(#[allow(deprecated)]));
    carried
}

/// The `#[cfg]`s.
pub(crate) fn conditions(attributes: &[Attribute]) -> Vec<TokenStream> {
    predicates(attributes)
        .map(|predicate| quote!(#[cfg(#predicate)]))
        .collect()
}

/// The `#[cfg]`s as one predicate, if there are any.
pub(crate) fn condition(attributes: &[Attribute]) -> Option<TokenStream> {
    let predicates: Vec<_> = predicates(attributes).collect();
    (!predicates.is_empty()).then(|| quote!(all(#(#predicates),*)))
}

/// The lints that the item allows.
pub(crate) fn allowed(attributes: &[Attribute]) -> impl Iterator<Item = TokenStream> {
    attributes.iter().filter_map(|attribute| match &attribute.meta {
        // What is expected of the item need not happen in what is generated.
        Meta::List(list) if list.path.is_ident("allow") || list.path.is_ident("expect") => {
            let lints = &list.tokens;
            Some(quote!(#[allow(#lints)]))
        }
        _ => None,
    })
}

/// The attributes that a client's method has from the trait's.
pub(crate) fn of_client_method(attributes: &[Attribute]) -> Vec<TokenStream> {
    let mut kept = conditions(attributes);
    kept.extend(allowed(attributes));
    kept.extend(
        attributes
            .iter()
            .filter(|attribute| {
                ["doc", "deprecated"]
                    .iter()
                    .any(|name| attribute.path().is_ident(name))
            })
            .map(ToTokens::to_token_stream),
    );
    kept
}

/// Whether there is any documentation.
pub(crate) fn are_documented(attributes: &[Attribute]) -> bool {
    attributes
        .iter()
        .any(|attribute| attribute.path().is_ident("doc"))
}

fn predicates(attributes: &[Attribute]) -> impl Iterator<Item = TokenStream> {
    attributes.iter().flat_map(|attribute| match &attribute.meta {
        Meta::List(list) if list.path.is_ident("cfg") => vec![list.tokens.clone()],
        Meta::List(list) if list.path.is_ident("cfg_attr") => nested_predicates(list),
        _ => Vec::new(),
    })
}

/// Of `cfg_attr(condition, cfg(predicate))`: the predicate counts where the condition holds.
fn nested_predicates(list: &syn::MetaList) -> Vec<TokenStream> {
    let Ok(parts) = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated) else {
        return Vec::new();
    };
    let mut parts = parts.iter();
    let condition = parts.next();
    parts
        .filter_map(|part| match part {
            Meta::List(list) if list.path.is_ident("cfg") => {
                let predicate = &list.tokens;
                Some(quote!(any(not(#condition), #predicate)))
            }
            _ => None,
        })
        .collect()
}

/// Takes further attributes of ours out of those of an item that has one already.
pub(crate) fn take_further(attributes: &mut Vec<Attribute>, name: &str, errors: &mut Errors) {
    for again in take_ours(attributes, name) {
        errors.add(
            again,
            format!("`#[{name}]` stands here twice: put all arguments into the first"),
        );
    }
    let other = if name == "callback" { "fetcher" } else { "callback" };
    for other in take_ours(attributes, other) {
        errors.add(
            other,
            "what one process offers is called from another: `#[callback]` and `#[fetcher]` stand on items of their own",
        );
    }
}

/// Takes our attribute out of those of a method: where it is, and its arguments. Without one there are none.
pub(crate) fn take_one(
    attributes: &mut Vec<Attribute>,
    name: &str,
    errors: &mut Errors,
) -> Option<(Option<Span>, TokenStream)> {
    let mut ours = take_ours(attributes, name).into_iter();
    let Some(first) = ours.next() else {
        return Some((None, TokenStream::new()));
    };
    for again in ours {
        errors.add(
            again,
            format!("`#[{name}]` stands here twice: put all arguments into the first"),
        );
    }
    let span = first.path().span();
    match first.meta {
        Meta::Path(_) => Some((Some(span), TokenStream::new())),
        Meta::List(list) => Some((Some(span), list.tokens)),
        Meta::NameValue(meta) => {
            errors.add(
                meta,
                format!("arguments stand in parentheses: `#[{name}(alias = \"name\")]`"),
            );
            None
        }
    }
}
