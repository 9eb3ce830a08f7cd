//! The choices by type that generated code leaves to `daffi::__private::by_type`, written at the user's types.
//!
//! The number of references is the number of cases that the choice has there.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::Type;
use syn::spanned::Spanned as _;

use crate::span::at;

/// The import that the choices need.
pub(crate) fn import() -> TokenStream {
    quote!(
        use ::daffi::__private::by_type::choices::*;
    )
}

fn choice(cases: usize, kind: &str, types: &[&Type], method: &str) -> TokenStream {
    choice_at(at(types[0].span()), cases, kind, types, method)
}

fn choice_at(span: Span, cases: usize, kind: &str, types: &[&Type], method: &str) -> TokenStream {
    let references = (0..cases).map(|_| quote_spanned!(span=> &));
    let kind = Ident::new(kind, span);
    let method = Ident::new(method, span);
    quote_spanned!(span=> (#(#references)* ::daffi::__private::by_type::#kind::<#(#types),*>::new()).#method)
}

/// The shape of a callback's parameter.
pub(crate) fn parameter_type(ty: &Type) -> TokenStream {
    let choice = choice(3, "Parameter", &[ty], "__daffi_type");
    quote!(#choice())
}

/// A callback's parameter, from what was decoded.
pub(crate) fn take(ty: &Type, decoded: &Ident) -> TokenStream {
    let choice = choice(3, "Parameter", &[ty], "__daffi_take");
    quote!(#choice(#decoded))
}

/// The shape of a value that is received.
fn received_type(ty: &Type) -> TokenStream {
    let choice = choice(4, "Traced", &[ty], "__daffi_type");
    quote!(#choice())
}

/// The shape of an item of a stream that is sent; nothing is known of it if it is to be `untraced`.
pub(crate) fn item_type(ty: &Type, untraced: bool) -> TokenStream {
    if untraced {
        return unknown();
    }
    let choice = choice(5, "Item", &[ty], "__daffi_type");
    quote!(#choice())
}

fn unknown() -> TokenStream {
    quote!(::daffi::__private::Findings::nothing())
}

/// A contract, made without looking into any type if it is to be `untraced`.
pub(crate) fn traced(contract: TokenStream, untraced: bool) -> TokenStream {
    if untraced {
        quote!(::daffi::__private::by_type::untraced(|| #contract))
    } else {
        contract
    }
}

/// The shape of a stream that is received.
pub(crate) fn stream_type(item: &Type) -> TokenStream {
    streamed(&received_type(item))
}

/// The shape of a stream that is sent.
pub(crate) fn sent_stream_type(item: &Type, untraced: bool) -> TokenStream {
    streamed(&item_type(item, untraced))
}

fn streamed(item: &TokenStream) -> TokenStream {
    quote!(::daffi::__private::streams::stream_type(#item))
}

/// How the items of an argument stream are decoded.
pub(crate) fn decode_item(item: &Type) -> TokenStream {
    let choice = choice(3, "Parameter", &[item], "__daffi_decode_item");
    quote!(#choice())
}

/// How the items of a stream are encoded.
pub(crate) fn encode_item(item: &Type) -> TokenStream {
    encode(
        item,
        |lowered, span| quote_spanned!(span=> ::daffi::__private::encode_item(&#lowered, __daffi_form, __daffi_items)),
    )
}

/// How the items of a stream are encoded that are arguments of a call each.
pub(crate) fn encode_call(item: &Type) -> TokenStream {
    encode(
        item,
        |lowered, span| quote_spanned!(span=> ::daffi::__private::encode_arguments(&(#lowered,), __daffi_form, __daffi_items)),
    )
}

fn encode(item: &Type, encoded: impl FnOnce(TokenStream, Span) -> TokenStream) -> TokenStream {
    let span = at(item.span());
    let item = crate::types::with_inferred_lifetimes(item);
    let lowered = quote_spanned! {span=>
        (&&&::daffi::__private::by_type::argument(&__daffi_item)).__daffi_lower(__daffi_item)
    };
    let encoded = encoded(lowered, span);
    quote_spanned!(span=> |__daffi_item: #item, __daffi_form, __daffi_items| #encoded)
}

/// The shape of the value that a callback returns.
pub(crate) fn returned_value_type(ty: &Type, untraced: bool) -> TokenStream {
    if untraced {
        return unknown();
    }
    let choice = choice(8, "Returned", &[ty], "__daffi_value_type");
    quote!(#choice())
}

/// How the error that a callback returns is sent.
pub(crate) fn returned_error_type(ty: &Type, untraced: bool) -> TokenStream {
    let (cases, kind) = if untraced {
        (4, "Unchecked")
    } else {
        (5, "Returned")
    };
    let choice = choice(cases, kind, &[ty], "__daffi_error_type");
    quote!(#choice())
}

/// The outcome of a `call` to a callback, from what it returned.
pub(crate) fn outcome(returned: &Ident, call: &TokenStream, span: Span) -> TokenStream {
    let span = at(span);
    let kind = format_ident!("__daffi_kind", span = span);
    let forms = quote!(::daffi::__private::Invocation::answers(#call));
    quote_spanned! {span=>
        let #kind = ::daffi::__private::by_type::returned(&#returned);
        (&&&&&&#kind).__daffi_outcome(
            &#returned,
            (&&&&&&&&#kind).__daffi_described(&#returned),
            (&&&&#kind).__daffi_typed(&#returned, #forms),
            #forms,
        )
    }
}

/// What is kept of a fetcher's argument: what to encode, and what it is a kind of. The statements show faults at `span`.
pub(crate) struct Kept {
    pub(crate) statements: TokenStream,
    pub(crate) local: Ident,
    pub(crate) kind: Ident,
}

/// Keeps the argument of this index. Its kind is that of the value unless `declared` says otherwise.
pub(crate) fn keep(index: usize, value: &Ident, declared: Option<&Type>, span: Span) -> Kept {
    let span = at(span);
    let local = format_ident!("__daffi_{index}");
    let kind = format_ident!("__daffi_kind_{index}");
    let made = match declared {
        Some(ty) => quote_spanned!(span=> ::daffi::__private::by_type::Traced::<#ty>::new()),
        None => quote_spanned!(span=> ::daffi::__private::by_type::traced_like(&#value)),
    };
    let statements = quote_spanned! {span=>
        let #kind = #made;
        let #local = (&&&::daffi::__private::by_type::argument(&#value)).__daffi_lower(#value);
    };
    Kept {
        statements,
        local,
        kind,
    }
}

impl Kept {
    /// Its shape, of which a value tells where its type does not.
    pub(crate) fn shape(&self, value: &TokenStream) -> TokenStream {
        let kind = &self.kind;
        quote!((&&&&#kind).__daffi_sent_type(&#value))
    }
}

/// The shape of the value that a fetcher returns, by itself or in a `Result`.
pub(crate) fn fetched_type(ty: &Type, in_result: bool) -> TokenStream {
    let (cases, kind) = if in_result {
        (3, "FetchedInside")
    } else {
        (4, "Fetched")
    };
    let choice = choice(cases, kind, &[ty], "__daffi_type");
    quote!(#choice())
}

/// How the error that a fetcher returns is received.
pub(crate) fn fetched_error_type(ty: &Type) -> TokenStream {
    let choice = choice(3, "FetchedError", &[ty], "__daffi_error_type");
    quote!(#choice())
}

/// How the error that a fetcher returns is shown.
pub(crate) fn shown(ty: &Type) -> TokenStream {
    let choice = choice(3, "FetchedError", &[ty], "__daffi_shown");
    quote!(#choice())
}

/// The call of a fetcher, without its arguments.
pub(crate) fn call(value: &Type, error: &Type) -> TokenStream {
    choice(3, "Answer", &[value, error], "__daffi_call")
}

/// As [`call`], for a stream of such values.
pub(crate) fn call_stream(item: &Type, error: &Type) -> TokenStream {
    choice(3, "Answer", &[item, error], "__daffi_call_stream")
}

/// The call of a fetcher whose callback runs once for each item of a stream.
pub(crate) fn call_each(value: &Type, error: &Type) -> TokenStream {
    choice(3, "Answer", &[value, error], "__daffi_call_each")
}

/// What makes a fetcher's call in the background, without that call.
pub(crate) fn background(value: &Type, error: &Type) -> TokenStream {
    choice(2, "Answer", &[value, error], "__daffi_background")
}

/// The future of a method; that it cannot be sent to another thread is shown at `span`.
pub(crate) fn boxed(state: &Type, future: &TokenStream, span: Span) -> TokenStream {
    let choice = choice_at(span, 2, "State", &[state], "__daffi_boxed");
    quote_spanned!(span=> #choice(#future))
}

/// The callbacks of a service.
pub(crate) fn bind(state: &Type, instance: &TokenStream, methods: &[TokenStream]) -> TokenStream {
    let choice = choice(2, "State", &[state], "__daffi_bind");
    let span = at(state.span());
    let methods = quote_spanned!(span=> [#(#methods),*]);
    quote!(#choice(#instance, #methods))
}

/// A service that is built by itself; what is missing for it is shown at `span`.
pub(crate) fn auto_init(state: &Type, span: Span) -> TokenStream {
    let choice = choice_at(at(span), 3, "State", &[state], "__daffi_auto_init");
    quote!(#choice())
}
