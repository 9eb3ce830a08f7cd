//! `#[callback]`.

use proc_macro2::TokenStream;
use quote::quote;

use crate::arguments::Arguments;
use crate::attributes;
use crate::defaults;
use crate::errors::Errors;
use crate::item::{Block, Function, Item};

mod expand;
mod model;
pub(crate) mod places;
mod service;

/// Where the attribute can stand.
const USAGE: &str = "`#[callback]` stands on a function with a body, or on an `impl` block, whose public methods it \
                     offers to other processes";

/// Expands the attribute.
pub(crate) fn attribute(arguments: TokenStream, tokens: &TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    match Item::read(tokens.clone()) {
        Ok(Item::Function(function)) => on_function(arguments, function, tokens, errors),
        Ok(Item::Impl(block)) => on_block(arguments, block),
        Ok(Item::Trait(item)) => {
            errors.add(
                item.trait_token,
                format!(
                    "{USAGE}\na trait has nothing to run: put `#[fetcher]` on it, which makes a client, and \
                     `#[callback]` on its implementations"
                ),
            );
            quote!(#tokens #errors)
        }
        Ok(Item::Other(other)) => {
            errors.add_at(other.span, format!("{USAGE}\n{} cannot be called", other.kind));
            quote!(#tokens #errors)
        }
        Err(error) => {
            let error = error.into_compile_error();
            quote!(#tokens #error)
        }
    }
}

fn on_function(
    arguments: TokenStream,
    mut function: Function,
    tokens: &TokenStream,
    mut errors: Errors,
) -> TokenStream {
    let arguments = Arguments::parse(arguments, &places::FUNCTION, &mut errors);
    attributes::take_further(&mut function.attributes, "callback", &mut errors);
    let function = &function;
    let callback = model::Callback::of_function(function, &arguments, &mut errors);
    match callback {
        Some(callback) if errors.is_empty() => {
            let registration = expand::function(&callback);
            if callback.has_defaults() {
                // Without what is said of its parameters.
                quote!(#function #registration)
            } else {
                quote!(#tokens #registration)
            }
        }
        _ => {
            let item = match function.body.group() {
                Some(_) => quote!(#function),
                // Without a body the compiler would have something to say, too.
                None => with_body(function),
            };
            quote!(#item #errors)
        }
    }
}

fn with_body(function: &Function) -> TokenStream {
    let Function {
        attributes,
        visibility,
        signature,
        ..
    } = function;
    let signature = defaults::bare(signature);
    quote! {
        #[allow(unused_variables)]
        #(#attributes)*
        #visibility #signature { ::core::unreachable!() }
    }
}

fn on_block(arguments: TokenStream, mut block: Block) -> TokenStream {
    let mut errors = Errors::default();
    let arguments = Arguments::parse(arguments, &places::BLOCK, &mut errors);
    attributes::take_further(&mut block.attributes, "callback", &mut errors);
    let service = service::Service::of_block(&mut block, &arguments, &mut errors);
    let registration = service
        .filter(|_| errors.is_empty())
        .map(|service| expand::service(&service));
    let members = &block.members;
    let item = block.with_members(&quote!(#(#members)*));
    quote!(#item #registration #errors)
}
