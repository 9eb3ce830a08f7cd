//! Fetchers as functions that make calls, in the terms of `daffi::__private`.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens as _, format_ident, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{FnArg, Pat, Signature, Type, Visibility};

use super::model::{Answer, Fetcher, Sent, Shape};
use crate::by_type;
use crate::item::Function;
use crate::signature;
use crate::types;

/// A free function, or a method of a group.
pub(crate) fn function(fetcher: &Fetcher<'_>) -> TokenStream {
    let Function {
        attributes,
        visibility,
        ..
    } = fetcher.function;
    method(
        fetcher,
        &attributes
            .iter()
            .map(|attribute| attribute.to_token_stream())
            .collect::<Vec<_>>(),
        visibility,
        None,
    )
}

/// A function with these attributes, whose calls are made by the `Global` that `on` is.
pub(crate) fn method(
    fetcher: &Fetcher<'_>,
    attributes: &[TokenStream],
    visibility: &Visibility,
    on: Option<&TokenStream>,
) -> TokenStream {
    let import = by_type::import();
    let stub = stub(fetcher);
    let call = by_type::call(&fetcher.answer.value, &error_type(&fetcher.answer));
    let Arguments {
        computed,
        lowered,
        signature,
    } = arguments(fetcher);
    let signature = signature_of(&signature, &fetcher.answer);
    let on = on.map(|on| quote!(.on(#on)));
    let header = header(
        &fetcher.function.signature,
        &fetcher.answer,
        matches!(fetcher.sent, Sent::Computed(..)),
    );
    quote! {
        #(#attributes)*
        #visibility #header {
            #import
            static __DAFFI_STUB: ::daffi::__private::Stub = #stub;
            #computed
            #call(&__DAFFI_STUB, || #signature, &#lowered) #on
        }
    }
}

/// The function that stands in for one with faults, so that its callers get no errors of their own.
pub(crate) fn placeholder(function: &Function) -> TokenStream {
    let Function {
        attributes,
        visibility,
        signature,
        ..
    } = function;
    let mut answer = Answer::new(&signature::result_type(signature));
    if !types::is_sized_and_named(&answer.value) {
        answer = Answer {
            value: types::unit(signature.ident.span()),
            error: None,
        };
    }
    let header = header(signature, &answer, true);
    quote! {
        #(#attributes)*
        #[allow(unused_variables, unused_mut)]
        #visibility #header { ::core::unreachable!() }
    }
}

/// The signature, with a call in place of the result.
fn header(signature: &Signature, answer: &Answer, has_body: bool) -> TokenStream {
    let mut signature = signature.clone();
    signature.asyncness = None;
    let Answer { value, error } = answer;
    let error = error.iter();
    signature.output = syn::parse_quote!(-> ::daffi::Call<#value #(, #error)*>);
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
    quote!(::daffi::__private::Stub::new(#name) #timeout #to)
}

fn error_type(answer: &Answer) -> Type {
    answer
        .error
        .clone()
        .unwrap_or_else(|| syn::parse_quote!(::daffi::__private::RemoteError))
}

/// The arguments of a call.
struct Arguments {
    /// What comes before.
    computed: TokenStream,
    /// What is encoded.
    lowered: TokenStream,
    signature: Parameters,
}

/// The shapes of the arguments.
enum Parameters {
    Each(Vec<TokenStream>),
    Tuple(TokenStream),
}

fn arguments(fetcher: &Fetcher<'_>) -> Arguments {
    match &fetcher.sent {
        Sent::Parameters(parameters) => {
            let lowered = parameters.iter().map(|(ident, ty)| by_type::lower(ty, ident));
            let each = parameters.iter().map(|(ident, ty)| {
                let name = signature::text(ident);
                let shape = match types::referent(ty) {
                    Some(referent) => by_type::traced(&types::owned(referent)),
                    None => by_type::traced(ty),
                };
                quote!((#name, #shape))
            });
            Arguments {
                computed: TokenStream::new(),
                lowered: quote!((#(#lowered,)*)),
                signature: Parameters::Each(each.collect()),
            }
        }
        Sent::Computed(body, Shape::Elements(count)) => {
            let locals: Vec<Ident> = (0..*count)
                .map(|index| format_ident!("__daffi_{index}"))
                .collect();
            let kinds: Vec<Ident> = (0..*count)
                .map(|index| format_ident!("__daffi_kind_{index}"))
                .collect();
            let span = by_type::at(body.span());
            Arguments {
                computed: quote_spanned! {span=>
                    let (#(#locals,)*) = ::daffi::__private::check::arguments(|| #body);
                    #(
                        let #kinds = ::daffi::__private::by_type::traced_like(&#locals);
                        let #locals = (&&&::daffi::__private::by_type::argument(&#locals)).__daffi_lower(#locals);
                    )*
                },
                lowered: quote!((#(#locals,)*)),
                signature: Parameters::Each(
                    kinds
                        .iter()
                        .map(|kind| quote!(("_", (&&&#kind).__daffi_type())))
                        .collect(),
                ),
            }
        }
        Sent::Computed(body, Shape::Unknown) => {
            let span = by_type::at(body.span());
            Arguments {
                computed: quote_spanned! {span=>
                    let __daffi_arguments = ::daffi::__private::check::arguments(|| #body);
                },
                lowered: quote!(__daffi_arguments),
                signature: Parameters::Tuple(quote!(
                    (&&&::daffi::__private::by_type::traced_like(&__daffi_arguments)).__daffi_type()
                )),
            }
        }
    }
}

fn signature_of(parameters: &Parameters, answer: &Answer) -> TokenStream {
    let value = by_type::fetched_type(&answer.value);
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
