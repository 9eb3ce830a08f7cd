//! `#[callback]`.

use proc_macro2::TokenStream;
use quote::quote;

use crate::arguments::{Arguments, Key, Place};
use crate::attributes;
use crate::errors::Errors;
use crate::item::{Block, Function, Item};

mod expand;
mod model;
mod service;

/// Where the attribute can stand.
const USAGE: &str = "`#[callback]` stands on a function with a body, or on an `impl` block, whose public methods it \
                     offers to other processes";

pub(crate) const FUNCTION: Place = Place {
    name: "`#[callback]` on a function",
    takes: &[
        Key::Alias,
        Key::Concurrency,
        Key::Timeout,
        Key::Balance,
        Key::Inline,
    ],
    elsewhere: &[
        (Key::AutoInit, "the `impl` block of a service"),
        (Key::Bg, BG),
        (Key::Broadcast, BROADCAST),
        (Key::Each, EACH),
        (Key::Client, "`#[fetcher]` on a trait"),
        (Key::Idempotent, RETRY),
        (
            Key::Local,
            "a method of a service; a function without `#[callback]` is local",
        ),
        (Key::Prefix, "the `impl` block of a service"),
        (Key::Retry, RETRY),
        (Key::To, TO),
    ],
};

pub(crate) const BLOCK: Place = Place {
    name: "`#[callback]` on an `impl` block",
    takes: &[Key::Prefix, Key::AutoInit],
    elsewhere: &[
        (Key::Alias, "a method: every method has its own name"),
        (
            Key::Balance,
            "a method: every method shares its calls in its own way",
        ),
        (Key::Bg, BG),
        (Key::Broadcast, BROADCAST),
        (Key::Each, EACH),
        (Key::Client, "`#[fetcher]` on a trait"),
        (Key::Concurrency, "a method: every method has its own limit"),
        (Key::Idempotent, RETRY),
        (Key::Inline, "a method"),
        (Key::Local, "a method"),
        (Key::Retry, RETRY),
        (Key::Timeout, "a method: every method has its own limit"),
        (Key::To, TO),
    ],
};

pub(crate) const METHOD: Place = Place {
    name: "`#[callback]` on a method",
    takes: &[
        Key::Alias,
        Key::Concurrency,
        Key::Timeout,
        Key::Balance,
        Key::Inline,
        Key::Local,
    ],
    elsewhere: &[
        (Key::AutoInit, "the `impl` block"),
        (Key::Bg, BG),
        (Key::Broadcast, BROADCAST),
        (Key::Each, EACH),
        (Key::Client, "`#[fetcher]` on a trait"),
        (Key::Idempotent, RETRY),
        (Key::Prefix, "the `impl` block"),
        (Key::Retry, RETRY),
        (Key::To, TO),
    ],
};

const BG: &str = "`#[fetcher]`: it is the caller who does not wait";
const EACH: &str = "`#[fetcher]`, because the caller has the stream for whose items the callback runs";
const BROADCAST: &str = "`#[fetcher]`: it is the caller who asks everybody";
const RETRY: &str = "`#[fetcher]`: it is the caller who makes calls again";
const TO: &str = "`#[fetcher]`: it is the caller who chooses";

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
    let arguments = Arguments::parse(arguments, &FUNCTION, &mut errors);
    attributes::take_further(&mut function.attributes, "callback", &mut errors);
    let function = &function;
    let callback = model::Callback::of_function(function, &arguments, &mut errors);
    match callback {
        Some(callback) if errors.is_empty() => {
            let registration = expand::function(&callback);
            quote!(#tokens #registration)
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
    quote! {
        #[allow(unused_variables)]
        #(#attributes)*
        #visibility #signature { ::core::unreachable!() }
    }
}

fn on_block(arguments: TokenStream, mut block: Block) -> TokenStream {
    let mut errors = Errors::default();
    let arguments = Arguments::parse(arguments, &BLOCK, &mut errors);
    attributes::take_further(&mut block.attributes, "callback", &mut errors);
    let service = service::Service::of_block(&mut block, &arguments, &mut errors);
    let registration = service
        .filter(|_| errors.is_empty())
        .map(|service| expand::service(&service));
    let members = &block.members;
    let item = block.with_members(&quote!(#(#members)*));
    quote!(#item #registration #errors)
}
