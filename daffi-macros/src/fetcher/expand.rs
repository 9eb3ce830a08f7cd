//! Fetchers as functions that make calls, in the terms of `daffi::__private`.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{FnArg, Pat, Path, PathArguments, Signature, Type, parse_quote, parse_quote_spanned};

use super::answer::{Answer, Comes};
use super::having::Attribute;
use super::model::{Fetcher, Returned, Sent};
use super::sent::{Arguments, Parameters, arguments};
use crate::arguments::{self, Key};
use crate::by_type;
use crate::defaults;
use crate::item::Function;
use crate::signature;
use crate::span::at;
use crate::types;

/// A free function, or a method of a group.
pub(crate) fn function(fetcher: &Fetcher<'_>) -> TokenStream {
    let Function {
        attributes,
        visibility,
        signature,
        ..
    } = fetcher.function;
    let computed = matches!(fetcher.sent, Sent::Computed(..));
    let header = header(signature, &fetcher.answer, fetcher.returned, computed);
    let call = call(fetcher, None);
    quote! {
        #(#attributes)*
        #visibility #header { #call }
    }
}

/// The statements that make the call, which `client`, if it is there, takes to make it one of its own.
pub(super) fn call(fetcher: &Fetcher<'_>, client: Option<&TokenStream>) -> TokenStream {
    let import = by_type::import();
    let stub = stub(fetcher);
    let Answer { value, comes, .. } = &fetcher.answer;
    let error = error_type(&fetcher.answer);
    let Arguments {
        computed,
        lowered,
        signature,
    } = arguments(fetcher);
    let signature = by_type::traced(signature_of(&signature, &fetcher.answer), fetcher.untraced);
    let call = match comes {
        Comes::Value => by_type::call(value, &error),
        Comes::Stream => by_type::call_stream(value, &error),
        Comes::Count => by_type::call_each(value, &error),
    };
    // All that there is to send for each item is in the stream.
    let lowered = (*comes != Comes::Count).then(|| quote!(, &#lowered));
    let mut call = quote!(#call(&__DAFFI_STUB, || #signature #lowered));
    if let Some(feeds) = feeds(fetcher) {
        call = quote!(::daffi::__private::streams::feeding(#call, #feeds));
    }
    if let Some(client) = client {
        call = quote!(#client(#call));
    }
    let made = match fetcher.returned {
        Returned::Call => call,
        Returned::Background => background(&fetcher.answer, &call),
        Returned::Broadcast => {
            let lagging = fetcher.lagging.map(|lagging| {
                let lagging = lagging.tokens();
                quote!(.lagging(#lagging))
            });
            quote!(#call.broadcast() #lagging)
        }
        Returned::Scheduled => {
            let (period, to_all) = fetcher.period.as_ref().expect("it was checked");
            let to_all = to_all.then(|| quote!(.broadcast()));
            let period = period.tokens();
            quote!(#call #to_all.period(#period))
        }
    };
    let named = named_stream(fetcher);
    let shown = shown(fetcher);
    quote! {
        #import
        #named
        #shown
        static __DAFFI_STUB: ::daffi::__private::Stub = #stub;
        #computed
        #made
    }
}

/// The registration of how the error is shown, where its type can be named outside of the fetcher.
fn shown(fetcher: &Fetcher<'_>) -> Option<TokenStream> {
    let error = fetcher.answer.error.as_ref()?;
    let mut depends = fetcher.varying;
    types::visit_parts(error, &mut |_| depends = true);
    let shown = by_type::shown(error);
    (!depends).then(|| {
        quote! {
            ::daffi::__private::inventory::submit! {
                ::daffi::__private::ShownEntry(|| #shown)
            }
        }
    })
}

/// A mention of the trait by which the result is a stream, for which nothing is generated: it is imported for that. What it is a stream of may
/// depend on parameters of the block, which an item inside of a function knows nothing of.
fn named_stream(fetcher: &Fetcher<'_>) -> Option<TokenStream> {
    let result = signature::result_type(&fetcher.function.signature);
    let stream = match types::last_segment(&result) {
        Some(segment) if segment.ident == "Result" => types::type_arguments(segment).first().copied()?,
        _ => &result,
    };
    let path = stream_trait(stream)?;
    Some(quote! {
        #[allow(dead_code)]
        fn __daffi_stream(_: impl #path) {}
    })
}

/// The trait by which this is a stream, without what it is a stream of, if a trait is what it says.
fn stream_trait(ty: &Type) -> Option<Path> {
    let Type::ImplTrait(bounds) = types::bare(ty) else {
        return None;
    };
    let mut path = bounds.bounds.iter().find_map(|bound| match bound {
        syn::TypeParamBound::Trait(bound) => {
            let last = bound.path.segments.last()?;
            types::STREAMS
                .iter()
                .any(|name| last.ident == name)
                .then(|| bound.path.clone())
        }
        _ => None,
    })?;
    path.segments.last_mut()?.arguments = PathArguments::None;
    Some(path)
}

/// The arguments that are streams, if some are.
fn feeds(fetcher: &Fetcher<'_>) -> Option<TokenStream> {
    let Sent::Parameters(parameters) = &fetcher.sent else {
        return None;
    };
    let feeds: Vec<_> = parameters
        .iter()
        .filter_map(|(ident, ty)| {
            let item = types::stream(ty)?.item?;
            let encode = match fetcher.answer.comes {
                Comes::Count => by_type::encode_call(item),
                Comes::Value | Comes::Stream => by_type::encode_item(item),
            };
            Some(quote!(__daffi_feeds.add(#ident, #encode);))
        })
        .collect();
    (!feeds.is_empty()).then(|| {
        quote!({
            let mut __daffi_feeds = ::daffi::__private::Feeds::new();
            #(#feeds)*
            __daffi_feeds
        })
    })
}

/// The function that stands in for one with faults, so that its callers get no errors of their own.
pub(crate) fn placeholder(function: &Function, given: &arguments::Arguments) -> TokenStream {
    let Function {
        attributes,
        visibility,
        signature,
        ..
    } = function;
    let mut answer = Answer::new(&signature::result_type(signature));
    if !types::is_named(&answer.value) {
        answer = Answer {
            value: types::unit(signature.ident.span()),
            error: None,
            comes: Comes::Value,
        };
    }
    if given.span(Key::Each).is_some() {
        answer = answer.counted();
    }
    let header = header(signature, &answer, Returned::of(given), true);
    quote! {
        #(#attributes)*
        #[allow(unused_variables, unused_mut)]
        #visibility #header { ::core::unreachable!() }
    }
}

/// The signature, with a call in place of the result.
pub(super) fn header(
    signature: &Signature,
    answer: &Answer,
    returned: Returned,
    has_body: bool,
) -> TokenStream {
    let mut signature = defaults::bare(signature);
    signature.asyncness = None;
    let Answer { value, error, .. } = answer;
    let error = error.iter();
    let span = at(value.span());
    let value = answer.received();
    signature.output = match returned {
        Returned::Call => parse_quote_spanned!(span=> -> ::daffi::Call<#value #(, #error)*>),
        Returned::Background => parse_quote_spanned!(span=> -> ::daffi::AsyncResult<#value #(, #error)*>),
        Returned::Broadcast => parse_quote_spanned!(span=> -> ::daffi::Broadcast<#value #(, #error)*>),
        Returned::Scheduled => parse_quote_spanned!(span=> -> ::daffi::PeriodCall),
    };
    for input in &mut signature.inputs {
        // A stream is sent from wherever the call is.
        if let FnArg::Typed(parameter) = input
            && let Type::ImplTrait(bounds) = &mut *parameter.ty
        {
            bounds.bounds.push(parse_quote!(::core::marker::Send));
            bounds.bounds.push(parse_quote!('static));
        }
    }
    if !has_body {
        for input in &mut signature.inputs {
            // Without a body nothing changes it.
            if let FnArg::Typed(parameter) = input
                && let Pat::Ident(pattern) = &mut *parameter.pat
            {
                pattern.mutability = None;
            }
        }
    }
    signature.into_token_stream()
}

fn stub(fetcher: &Fetcher<'_>) -> TokenStream {
    let name = fetcher.name.as_str();
    let timeout = fetcher.timeout.map(|timeout| {
        let timeout = crate::duration::tokens(timeout);
        quote!(.timeout(#timeout))
    });
    let to = fetcher.to.as_ref().map(|to| quote!(.to(#to)));
    let having = (!fetcher.having.is_empty()).then(|| {
        let pairs = fetcher
            .having
            .iter()
            .map(|Attribute { key, value }| quote!((#key, #value)));
        quote!(.having(&[#(#pairs),*]))
    });
    let wait = fetcher.wait.map(|wait| {
        let wait = crate::duration::tokens(wait);
        quote!(.wait(#wait))
    });
    let retry = fetcher.retry.map(|retry| quote!(.retry(#retry)));
    let idempotent = fetcher.idempotent.then(|| quote!(.idempotent()));
    let each = (fetcher.answer.comes == Comes::Count).then(|| quote!(.each()));
    let varying = fetcher.varying.then(|| quote!(.varying()));
    quote!(::daffi::__private::Stub::new(#name) #timeout #to #having #wait #retry #idempotent #each #varying)
}

/// The call in the background; that its outcome cannot come from there is shown at its type.
fn background(answer: &Answer, call: &TokenStream) -> TokenStream {
    let check = |ty: &Type| {
        let span = at(ty.span());
        quote_spanned!(span=> ::daffi::__private::check::background::<#ty>();)
    };
    let value = check(&answer.received());
    let error = answer.error.as_ref().map(check);
    let background = by_type::background(&answer.received(), &error_type(answer));
    quote!(#value #error #background(#call))
}

/// The type of the callback's own error.
pub(super) fn error_type(answer: &Answer) -> Type {
    answer
        .error
        .clone()
        .unwrap_or_else(|| parse_quote!(::daffi::__private::RemoteError))
}

fn signature_of(parameters: &Parameters, answer: &Answer) -> TokenStream {
    let value = match answer.comes {
        Comes::Stream => by_type::stream_type(&answer.value),
        Comes::Value | Comes::Count => by_type::fetched_type(&answer.value, answer.error.is_some()),
    };
    let error = match &answer.error {
        Some(error) => by_type::fetched_error_type(error),
        None => quote!(::daffi::__private::ErrorType::None),
    };
    match parameters {
        Parameters::Each(each) => {
            quote!(::daffi::__private::by_type::signature([#(#each),*], #value, #error))
        }
        Parameters::Tuple(shape) => {
            quote!(::daffi::__private::by_type::signature_of_tuple(#shape, #value, #error))
        }
    }
}
