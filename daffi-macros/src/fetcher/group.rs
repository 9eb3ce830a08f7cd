//! An `impl` block of fetchers.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};
use syn::Visibility;

use super::expand;
use super::model::{Defaults, Fetcher};
use super::places;
use crate::arguments::{Arguments, Key};
use crate::attributes;
use crate::errors::Errors;
use crate::item::{Block, Function, Member};
use crate::name;

/// The members of a block with its fetchers expanded.
pub(crate) fn members(block: &mut Block, arguments: &Arguments, errors: &mut Errors) -> TokenStream {
    if let Some((path, _)) = &block.trait_ {
        errors.add(
            path,
            "a fetcher's methods return calls, so they cannot be those of a trait: put `#[fetcher]` on the trait itself, \
             which makes a client for it, or on an `impl` block without a trait",
        );
    }
    let before = errors.count();
    let mut defaults = Defaults::new(arguments, errors);
    let mut parameters = block.generics.params.iter();
    defaults.varying = parameters.any(|parameter| !matches!(parameter, syn::GenericParam::Lifetime(_)));
    let mut fetchers = 0;
    let mut members = TokenStream::new();
    for member in &mut block.members {
        let Member::Function(function) = member else {
            member.to_tokens(&mut members);
            continue;
        };
        match method(function, &defaults, errors) {
            Expanded::Fetcher(tokens) => {
                fetchers += 1;
                members.extend(tokens);
            }
            Expanded::Local => function.to_tokens(&mut members),
        }
    }
    if fetchers == 0 && errors.count() == before {
        errors.add(
            &block.self_type,
            "this block declares no fetcher: give it methods without a body, or public ones that compute arguments",
        );
    }
    members
}

enum Expanded {
    Fetcher(TokenStream),
    Local,
}

fn method(function: &mut Function, defaults: &Defaults<'_>, errors: &mut Errors) -> Expanded {
    let before = errors.count();
    let taken = attributes::take_one(&mut function.attributes, "fetcher", errors);
    let (span, tokens) = taken.unwrap_or_default();
    let arguments = Arguments::parse(tokens, &places::METHOD, errors);
    let function: &Function = function;
    let ident = &function.signature.ident;
    if let Some(local) = arguments.span(Key::Local) {
        if let Some(span) = arguments.other_than(Key::Local) {
            errors.add_at(
                span,
                "this is for methods that call, and this one is `local`: keep one of the two",
            );
        }
        if function.body.group().is_none() {
            errors.add_at(
                local,
                format!("`{ident}` is local, so it needs a body: write one, or leave `local` out"),
            );
            let placeholder = expand::placeholder(function, &arguments);
            return Expanded::Fetcher(placeholder);
        }
        return Expanded::Local;
    }
    let is_public = matches!(function.visibility, Visibility::Public(_));
    let has_receiver = function.signature.receiver().is_some();
    // A body without an attribute computes arguments only where a public method of this name would be offered.
    if function.body.group().is_some()
        && span.is_none()
        && !(is_public && has_receiver && !name::is_local(ident))
    {
        return Expanded::Local;
    }
    let fetcher = Fetcher::checked(function, function.body.group(), &arguments, defaults, errors);
    Expanded::Fetcher(match fetcher {
        Some(fetcher) if errors.count() == before => expand::function(&fetcher),
        _ => {
            let placeholder = expand::placeholder(function, &arguments);
            quote!(#placeholder)
        }
    })
}
