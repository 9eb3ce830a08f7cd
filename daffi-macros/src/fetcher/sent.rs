//! What a fetcher sends, and the shapes of it.

use proc_macro2::{Group, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::Type;
use syn::spanned::Spanned as _;

use super::answer::Comes;
use super::body::Shape;
use super::model::{Fetcher, Sent};
use crate::by_type::{self, Kept};
use crate::signature;
use crate::span::at;
use crate::types;

/// The arguments of a call.
pub(super) struct Arguments {
    /// What comes before.
    pub(super) computed: TokenStream,
    /// What is encoded.
    pub(super) lowered: TokenStream,
    pub(super) signature: Parameters,
}

/// The shapes of the arguments.
pub(super) enum Parameters {
    Each(Vec<TokenStream>),
    Tuple(TokenStream),
}

pub(super) fn arguments(fetcher: &Fetcher<'_>) -> Arguments {
    match &fetcher.sent {
        Sent::Parameters(parameters) => {
            let kept = parameters.iter().enumerate().map(|(index, (ident, ty))| {
                if let Some(item) = types::stream(ty).and_then(|stream| stream.item) {
                    let argument = match fetcher.answer.comes {
                        Comes::Count => Argument::Item(item),
                        Comes::Value | Comes::Stream => Argument::Stream(item),
                    };
                    return (signature::text(ident), argument);
                }
                // Where the type is as good as named by the value, naming it again would repeat errors about it.
                let declared = types::lends_inside(ty).then(|| types::owned_throughout(ty));
                let kept = by_type::keep(index, ident, declared.as_ref(), ty.span());
                (signature::text(ident), Argument::Value(kept))
            });
            each(&TokenStream::new(), &kept.collect::<Vec<_>>(), fetcher.untraced)
        }
        Sent::Computed(body, Shape::Elements(elements)) => {
            let kept = elements.iter().enumerate().map(|(index, span)| {
                let computed = format_ident!("__daffi_computed_{index}");
                (computed.clone(), by_type::keep(index, &computed, None, *span))
            });
            let (computed, kept): (Vec<_>, Vec<_>) = kept.unzip();
            // Said of the body itself, so that what leaves it early is held to it, too.
            let elements = elements.iter().map(|_| quote!(_));
            let tuple = compute(body, &quote!(-> (#(#elements,)*)));
            let kept: Vec<_> = kept
                .into_iter()
                .map(|kept| ("_".to_owned(), Argument::Value(kept)))
                .collect();
            each(&quote!(let (#(#computed,)*) = #tuple;), &kept, fetcher.untraced)
        }
        Sent::Computed(body, Shape::Unknown) => {
            let computed = format_ident!("__daffi_computed");
            let tuple = compute(body, &TokenStream::new());
            let kept = by_type::keep(0, &computed, None, body.span());
            let Kept {
                statements, local, ..
            } = &kept;
            Arguments {
                computed: quote! {
                    let #computed = #tuple;
                    #statements
                },
                lowered: quote!(#local),
                signature: Parameters::Tuple(kept.shape(&quote!(#local))),
            }
        }
    }
}

/// An argument that is known by itself.
enum Argument<'a> {
    Value(Kept),
    /// A stream of such items, which is not encoded with the others.
    Stream(&'a Type),
    /// Each item of a stream is an argument.
    Item(&'a Type),
}

/// Arguments that are known one by one, with their names, after what computes them.
fn each(computed: &TokenStream, arguments: &[(String, Argument<'_>)], untraced: bool) -> Arguments {
    let kept = || {
        arguments.iter().filter_map(|(_, argument)| match argument {
            Argument::Value(kept) => Some(kept),
            Argument::Stream(_) | Argument::Item(_) => None,
        })
    };
    let statements = kept().map(|kept| &kept.statements);
    let locals = kept().map(|kept| &kept.local);
    let mut sent = 0usize;
    let shapes = arguments.iter().map(|(name, argument)| {
        let shape = match argument {
            Argument::Value(kept) => {
                let place = syn::Index::from(sent);
                sent += 1;
                kept.shape(&quote!(__daffi_arguments.#place))
            }
            Argument::Stream(item) => by_type::sent_stream_type(item, untraced),
            Argument::Item(item) => by_type::item_type(item, untraced),
        };
        quote!((#name, #shape))
    });
    let shapes: Vec<_> = shapes.collect();
    let (kept, lowered) = if sent == 0 {
        (TokenStream::new(), quote!(()))
    } else {
        (
            quote!(let __daffi_arguments = (#(#locals,)*);),
            quote!(__daffi_arguments),
        )
    };
    Arguments {
        computed: quote!(#computed #(#statements)* #kept),
        lowered,
        signature: Parameters::Each(shapes),
    }
}

/// What the body computes, checked to be a tuple.
fn compute(body: &Group, output: &TokenStream) -> TokenStream {
    let span = at(body.span());
    quote_spanned!(span=> ::daffi::__private::check::arguments(|| #output #body))
}
