//! A trait, and the client that is made for it.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::ext::IdentExt as _;
use syn::parse::Parser as _;
use syn::{LitStr, ReturnType, Type};

use super::expand;
use super::model::{Defaults, Fetcher};
use super::places;
use crate::arguments::{Arguments, Key};
use crate::attributes;
use crate::errors::Errors;
use crate::item::{Function, Member, Trait};
use crate::signature;
use crate::types::{self, Part};

/// The client of a trait: a struct with a method for each of the trait's.
pub(crate) struct Client<'a> {
    trait_: &'a Trait,
    ident: Ident,
    fetchers: Vec<Fetcher<'a>>,
}

impl<'a> Client<'a> {
    /// Checks a trait, with the arguments that its members were given.
    pub(crate) fn of_trait(
        item: &'a Trait,
        given: &[Arguments],
        arguments: &Arguments,
        errors: &mut Errors,
    ) -> Option<Self> {
        let before = errors.count();
        check_header(item, errors);
        let defaults = Defaults::new(arguments, errors);
        let ident = match arguments.text(Key::Client) {
            Some(text) => client_name(text, errors),
            None => Some(format_ident!(
                "{}Client",
                item.ident.unraw(),
                span = item.ident.span()
            )),
        };
        let mut fetchers = Vec::new();
        for (member, given) in item.members.iter().zip(given) {
            match member {
                Member::Function(function) => fetchers.extend(fetcher(function, given, &defaults, errors)),
                Member::Other { kind, tokens } => errors.add(
                    tokens,
                    format!("a client has only methods, and {kind} is none: move it to a trait without `#[fetcher]`"),
                ),
            }
        }
        if fetchers.is_empty() && errors.count() == before {
            errors.add(
                &item.ident,
                "this trait has no method that could be called: give it one that takes `&self`",
            );
        }
        let ident = ident?;
        (errors.count() == before).then_some(Self {
            trait_: item,
            ident,
            fetchers,
        })
    }

    /// The client.
    pub(crate) fn expand(&self) -> TokenStream {
        let Self {
            trait_,
            ident,
            fetchers,
        } = self;
        let visibility = &trait_.visibility;
        let carried = attributes::carried(&trait_.attributes);
        let docs = format!(
            "Calls the methods of [`{}`], wherever they are offered.",
            trait_.ident.unraw()
        );
        let new_docs = "A client whose calls are made by `global`.";
        let methods = fetchers.iter().map(|fetcher| {
            let attributes = &fetcher.function.attributes;
            let mut kept = attributes::of_client_method(attributes);
            if !attributes::are_documented(attributes) {
                let docs = format!("Calls `{}`.", fetcher.name.as_str());
                kept.push(quote!(#[doc = #docs]));
            }
            expand::client_method(fetcher, &kept, visibility)
        });
        quote! {
            #(#carried)*
            #[doc = #docs]
            #[derive(::core::clone::Clone, ::core::fmt::Debug)]
            #visibility struct #ident {
                global: ::daffi::Global,
            }

            #(#carried)*
            #[allow(dead_code)]
            impl #ident {
                #[doc = #new_docs]
                #[must_use]
                #visibility fn new(global: &::daffi::Global) -> Self {
                    Self { global: ::core::clone::Clone::clone(global) }
                }

                #(#methods)*
            }
        }
    }
}

fn client_name(text: &LitStr, errors: &mut Errors) -> Option<Ident> {
    let ident = Ident::parse_any
        .parse_str(&text.value())
        .ok()
        .filter(|ident| *ident != "_");
    if ident.is_none() {
        errors.add(
            text,
            "the name of a type is expected here: `client = \"Shopper\"`",
        );
    }
    ident.map(|ident| Ident::new(&ident.to_string(), text.span()))
}

/// The arguments of the members, whose attributes are taken out.
pub(crate) fn take_all_arguments(item: &mut Trait, errors: &mut Errors) -> Vec<Arguments> {
    let members = item.members.iter_mut();
    members.map(|member| take_arguments(member, errors)).collect()
}

/// Methods that say `-> impl Future<Output = T> + Send` are as those that say `async` and `-> T`: what a client gives is `Send` in any case.
pub(crate) fn take_futures(item: &mut Trait) {
    for member in &mut item.members {
        let Member::Function(Function { signature, .. }) = member else {
            continue;
        };
        let ReturnType::Type(_, ty) = &mut signature.output else {
            continue;
        };
        if signature.asyncness.is_none()
            && let Some(output) = future_output(ty).cloned()
        {
            **ty = output;
        }
    }
}

/// What an `impl Future` gives, if it says that.
fn future_output(ty: &Type) -> Option<&Type> {
    let Type::ImplTrait(bounds) = types::bare(ty) else {
        return None;
    };
    types::assigned(types::bound(bounds, &["Future"])?, "Output")
}

fn take_arguments(member: &mut Member, errors: &mut Errors) -> Arguments {
    let Member::Function(function) = member else {
        return Arguments::default();
    };
    let (_, tokens) = attributes::take_one(&mut function.attributes, "fetcher", errors).unwrap_or_default();
    Arguments::parse(tokens, &places::METHOD, errors)
}

fn check_header(item: &Trait, errors: &mut Errors) {
    if !item.generics.params.is_empty() {
        errors.add(
            &item.generics.params,
            "a trait with a client has no parameters: one name stands for one function in every process",
        );
    }
    if let Some(unsafety) = item.unsafety {
        errors.add(
            unsafety,
            "a trait with a client cannot be `unsafe`: its callers are in other processes",
        );
    }
}

fn fetcher<'a>(
    function: &'a Function,
    arguments: &Arguments,
    defaults: &Defaults<'_>,
    errors: &mut Errors,
) -> Option<Fetcher<'a>> {
    let ident = &function.signature.ident;
    if arguments.span(Key::Local).is_some() {
        if let Some(span) = arguments.other_than(Key::Local) {
            errors.add_at(
                span,
                "this is for methods that the client has, and this one is `local`",
            );
        }
        return None;
    }
    if ident.unraw() == "new" {
        errors.add(
            ident,
            "the client has a function `new` of its own: give the method another name, and `alias = \"new\"`",
        );
    }
    match function.signature.receiver() {
        Some(receiver) if signature::access(receiver).is_some() => {}
        Some(receiver) => {
            errors.add(
                receiver,
                "a client's methods take `&self`: keep this one out of it with `#[fetcher(local)]`",
            );
        }
        None => errors.add(
            ident,
            format!("`{ident}` does not take `&self`: keep it out of the client with `#[fetcher(local)]`"),
        ),
    }
    for ty in signature::types(&function.signature) {
        types::visit_parts(ty, &mut |part| {
            if let Part::SelfType(span) = part {
                errors.add_at(
                    span,
                    "`Self` is another type in the client than in the service: write the type's name",
                );
            }
        });
    }
    // The body of a method in a trait is what runs where nothing else is written, not what computes arguments.
    Fetcher::checked(function, None, arguments, defaults, errors)
}
