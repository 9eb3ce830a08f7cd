//! `#[fetcher]`.

use proc_macro2::TokenStream;
use quote::quote;

use crate::arguments::{Arguments, Key, Place};
use crate::attributes;
use crate::errors::Errors;
use crate::item::{Block, Function, Item, Trait};

mod client;
mod expand;
mod group;
mod model;

/// Where the attribute can stand.
const USAGE: &str = "`#[fetcher]` stands on a function that has no body, or one that computes the arguments, on an \
                     `impl` block of such functions, or on a trait, for which it makes a client";

pub(crate) const FUNCTION: Place = Place {
    name: "`#[fetcher]` on a function",
    takes: &[
        Key::Alias,
        Key::Timeout,
        Key::To,
        Key::Retry,
        Key::Idempotent,
        Key::Bg,
        Key::Broadcast,
        Key::Each,
    ],
    elsewhere: &[
        (Key::AutoInit, AUTO_INIT),
        (Key::Balance, BALANCE),
        (Key::Client, "a trait"),
        (Key::Concurrency, CONCURRENCY),
        (Key::Inline, INLINE),
        (Key::Local, "a method; a function without `#[fetcher]` is local"),
        (
            Key::Prefix,
            "an `impl` block or a trait; write the whole name as the `alias` here",
        ),
    ],
};

pub(crate) const BLOCK: Place = Place {
    name: "`#[fetcher]` on an `impl` block",
    takes: &[Key::Prefix, Key::Timeout, Key::To],
    elsewhere: &[
        (Key::Alias, "a method: every method has its own name"),
        (Key::AutoInit, AUTO_INIT),
        (Key::Balance, BALANCE),
        (Key::Bg, RETURNS),
        (Key::Broadcast, RETURNS),
        (Key::Client, "a trait; here the type of the block is the client"),
        (Key::Concurrency, CONCURRENCY),
        (Key::Each, EACH),
        (Key::Idempotent, IDEMPOTENT),
        (Key::Inline, INLINE),
        (Key::Local, "a method"),
        (Key::Retry, RETRY),
    ],
};

pub(crate) const TRAIT: Place = Place {
    name: "`#[fetcher]` on a trait",
    takes: &[Key::Client, Key::Prefix, Key::Timeout, Key::To],
    elsewhere: &[
        (Key::Alias, "a method: every method has its own name"),
        (Key::AutoInit, AUTO_INIT),
        (Key::Balance, BALANCE),
        (Key::Bg, RETURNS),
        (Key::Broadcast, RETURNS),
        (Key::Concurrency, CONCURRENCY),
        (Key::Each, EACH),
        (Key::Idempotent, IDEMPOTENT),
        (Key::Inline, INLINE),
        (Key::Local, "a method"),
        (Key::Retry, RETRY),
    ],
};

pub(crate) const METHOD: Place = Place {
    name: "`#[fetcher]` on a method",
    takes: &[
        Key::Alias,
        Key::Timeout,
        Key::To,
        Key::Retry,
        Key::Idempotent,
        Key::Bg,
        Key::Broadcast,
        Key::Each,
        Key::Local,
    ],
    elsewhere: &[
        (Key::AutoInit, AUTO_INIT),
        (Key::Balance, BALANCE),
        (Key::Client, "the trait"),
        (Key::Concurrency, CONCURRENCY),
        (Key::Inline, INLINE),
        (Key::Prefix, "the `impl` block or trait"),
    ],
};

const AUTO_INIT: &str = "`#[callback]` on an `impl` block";
const BALANCE: &str = "`#[callback]`, because all callers share the providers in one way";
const CONCURRENCY: &str = "`#[callback]`, because it is the provider that is to be spared";
const EACH: &str = "a method: it is one that sends a stream";
const INLINE: &str = "`#[callback]`, because it is about where the function runs";
const RETURNS: &str = "a method: every method has its own result";
const IDEMPOTENT: &str = "a method: of every method it is another question whether it may run twice";
const RETRY: &str = "a method, beside `idempotent`";

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
    let arguments = Arguments::parse(arguments, &FUNCTION, &mut errors);
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
    let arguments = Arguments::parse(arguments, &BLOCK, &mut errors);
    attributes::take_further(&mut block.attributes, "fetcher", &mut errors);
    let members = group::members(&mut block, &arguments, &mut errors);
    let item = block.with_members(&members);
    quote!(#item #errors)
}

fn on_trait(arguments: TokenStream, mut item: Trait) -> TokenStream {
    let mut errors = Errors::default();
    let arguments = Arguments::parse(arguments, &TRAIT, &mut errors);
    attributes::take_further(&mut item.attributes, "fetcher", &mut errors);
    let client = client::Client::of_trait(&mut item, &arguments, &mut errors);
    let client = client.filter(|_| errors.is_empty()).map(|client| client.expand());
    let members = &item.members;
    let item = item.with_members(&quote!(#(#members)*));
    quote! {
        // What a caller could not ask of the future, such as `Send`, the client gives it.
        #[allow(async_fn_in_trait, dead_code)]
        #item
        #client
        #errors
    }
}
