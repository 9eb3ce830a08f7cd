//! `#[fetcher]`.

use proc_macro2::TokenStream;
use quote::quote;

use crate::arguments::Arguments;
use crate::attributes;
use crate::errors::Errors;
use crate::item::{Block, Function, Item, Trait};

mod answer;
mod body;
mod client;
mod expand;
mod group;
mod having;
mod model;
mod period;
pub(crate) mod places;
mod sent;

/// Where the attribute can stand.
const USAGE: &str = "`#[fetcher]` stands on a function that has no body, or one that computes the arguments, on an \
                     `impl` block of such functions, or on a trait, for which it makes a client";

/// Expands the attribute.
pub(crate) fn attribute(arguments: TokenStream, tokens: &TokenStream) -> TokenStream {
    match Item::read(tokens.clone()) {
        Ok(Item::Function(function)) => on_function(arguments, function),
        Ok(Item::Impl(block)) => on_block(arguments, block),
        Ok(Item::Trait(item)) => on_trait(arguments, item),
        Ok(Item::Other(other)) => {
            let mut errors = Errors::default();
            errors.add_at(other.span, format!("{USAGE}\n{} calls nothing", other.kind));
            quote!(#tokens #errors)
        }
        Err(error) => {
            let error = error.into_compile_error();
            quote!(#tokens #error)
        }
    }
}

fn on_function(arguments: TokenStream, mut function: Function) -> TokenStream {
    let mut errors = Errors::default();
    let arguments = Arguments::parse(arguments, &places::FUNCTION, &mut errors);
    attributes::take_further(&mut function.attributes, "fetcher", &mut errors);
    let function = &function;
    let defaults = model::Defaults::default();
    match model::Fetcher::of_function(function, &arguments, &defaults, &mut errors) {
        Some(fetcher) if errors.is_empty() => expand::function(&fetcher),
        _ => {
            let item = expand::placeholder(function, &arguments);
            quote!(#item #errors)
        }
    }
}

fn on_block(arguments: TokenStream, mut block: Block) -> TokenStream {
    let mut errors = Errors::default();
    let arguments = Arguments::parse(arguments, &places::BLOCK, &mut errors);
    attributes::take_further(&mut block.attributes, "fetcher", &mut errors);
    let members = group::members(&mut block, &arguments, &mut errors);
    let item = block.with_members(&members);
    quote!(#item #errors)
}

fn on_trait(arguments: TokenStream, mut item: Trait) -> TokenStream {
    let mut errors = Errors::default();
    let arguments = Arguments::parse(arguments, &places::TRAIT, &mut errors);
    attributes::take_further(&mut item.attributes, "fetcher", &mut errors);
    let given = client::take_all_arguments(&mut item, &mut errors);
    let members = &item.members;
    let declared = quote!(#(#members)*);
    let futures = client::take_futures(&mut item);
    let client = client::Client::of_trait(&item, &given, &futures, &arguments, &mut errors);
    let client = client.filter(|_| errors.is_empty()).map(|client| client.expand());
    let item = item.with_members(&declared);
    quote! {
        // What a caller could not ask of the future, such as `Send`, the client gives it.
        #[allow(async_fn_in_trait, dead_code)]
        #item
        #client
        #errors
    }
}
