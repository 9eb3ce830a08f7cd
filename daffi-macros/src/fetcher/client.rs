//! A trait, and the client that is made for it.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::ext::IdentExt as _;
use syn::parse::Parser as _;
use syn::spanned::Spanned as _;
use syn::{LitStr, ReturnType, Token, Type};

use super::model::{Defaults, Fetcher};
use super::places;
use crate::arguments::{Arguments, Key};
use crate::attributes;
use crate::errors::Errors;
use crate::item::{Function, Member, Trait};
use crate::signature;
use crate::types::{self, Part};

use method::Method;

mod in_trait;
mod method;
mod parameters;
mod settings;

/// The client of a trait: a struct with a method for each of the trait's.
pub(crate) struct Client<'a> {
    trait_: &'a Trait,
    ident: Ident,
    methods: Vec<Method<'a>>,
}

impl<'a> Client<'a> {
    /// Checks a trait, with the arguments that its members were given.
    pub(crate) fn of_trait(
        item: &'a Trait,
        given: &[Arguments],
        futures: &'a [Option<Type>],
        arguments: &Arguments,
        errors: &mut Errors,
    ) -> Option<Self> {
        let before = errors.count();
        check_header(item, errors);
        let mut defaults = Defaults::new(arguments, errors);
        defaults.varying = !item.generics.params.is_empty();
        let ident = match arguments.text(Key::Client) {
            Some(text) => client_name(text, errors),
            None => Some(format_ident!(
                "{}Client",
                item.ident.unraw(),
                span = item.ident.span()
            )),
        };
        let mut methods = Vec::new();
        for ((member, given), future) in item.members.iter().zip(given).zip(futures) {
            match member {
                Member::Function(function) => {
                    let fetcher = fetcher(function, given, &defaults, errors);
                    let future = future.as_ref();
                    methods.extend(fetcher.map(|fetcher| Method { fetcher, future }));
                }
                Member::Other { kind, tokens } => errors.add(
                    tokens,
                    format!("a client has only methods, and {kind} is none: move it to a trait without `#[fetcher]`"),
                ),
            }
        }
        if methods.is_empty() && errors.count() == before {
            errors.add(
                &item.ident,
                "this trait has no method that could be called: give it one that takes `&self`",
            );
        }
        let ident = ident?;
        (errors.count() == before).then_some(Self {
            trait_: item,
            ident,
            methods,
        })
    }

    /// The client.
    pub(crate) fn expand(&self) -> TokenStream {
        let Self {
            trait_,
            ident,
            methods,
        } = self;
        let visibility = &trait_.visibility;
        let carried = attributes::carried(&trait_.attributes);
        let unbounded = parameters::without_bounds(&trait_.generics);
        let (any, these, _) = unbounded.split_for_impl();
        let (bounded, ..) = trait_.generics.split_for_impl();
        let conditions = parameters::conditions_without_self(&trait_.generics);
        let types: Vec<_> = trait_.generics.type_params().map(|kind| &kind.ident).collect();
        let (of, stands_for) = if types.is_empty() {
            (None, None)
        } else {
            (
                Some(
                    quote!(of: ::core::marker::PhantomData<fn() -> (#(::core::marker::PhantomData<#types>,)*)>,),
                ),
                Some(quote!(of: ::core::marker::PhantomData,)),
            )
        };
        let name = ident.unraw().to_string();
        let docs = format!(
            "Calls the methods of [`{}`], wherever they are offered.",
            trait_.ident.unraw()
        );
        let new_docs = "A client whose calls are made by `global`.";
        let settings = settings::methods(&trait_.members, visibility);
        let in_trait = in_trait::implementation(trait_, ident, methods);
        let methods = methods.iter().map(|Method { fetcher, .. }| {
            let attributes = &fetcher.function.attributes;
            let mut kept = attributes::of_client_method(attributes);
            if !attributes::are_documented(attributes) {
                let docs = format!("Calls `{}`.", fetcher.name.as_str());
                kept.push(quote!(#[doc = #docs]));
            }
            method::method(fetcher, &kept, visibility)
        });
        quote! {
            #(#carried)*
            #[doc = #docs]
            #visibility struct #ident #unbounded {
                client: ::daffi::__private::Client,
                #of
            }

            #(#carried)*
            impl #any ::core::clone::Clone for #ident #these {
                fn clone(&self) -> Self {
                    Self { client: ::core::clone::Clone::clone(&self.client), #stands_for }
                }
            }

            #(#carried)*
            impl #any ::core::fmt::Debug for #ident #these {
                fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    self.client.fmt_as(#name, f)
                }
            }

            #(#carried)*
            #[allow(dead_code)]
            impl #bounded #ident #these #conditions {
                #[doc = #new_docs]
                #[must_use]
                #visibility fn new(global: &::daffi::Global) -> Self {
                    Self { client: ::daffi::__private::Client::new(global), #stands_for }
                }

                #settings

                #(#methods)*
            }

            #in_trait
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

/// Methods that say `-> impl Future<Output = T> + Send` are as those that say `async` and `-> T`: what a client gives is `Send` in any case. Answers what
/// they say.
pub(crate) fn take_futures(item: &mut Trait) -> Vec<Option<Type>> {
    item.members.iter_mut().map(take_future).collect()
}

fn take_future(member: &mut Member) -> Option<Type> {
    let Member::Function(Function { signature, .. }) = member else {
        return None;
    };
    let ReturnType::Type(_, ty) = &mut signature.output else {
        return None;
    };
    if signature.asyncness.is_some() {
        return None;
    }
    let output = future_output(ty)?.clone();
    signature.asyncness = Some(Token![async](ty.span()));
    Some(std::mem::replace(&mut **ty, output))
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
    for lifetime in item.generics.lifetimes() {
        errors.add(
            lifetime,
            "a trait with a client has no lifetimes as parameters, because what is lent to a method is sent to another process: leave them out, a method may borrow its arguments without",
        );
    }
    if let Some(unsafety) = item.unsafety {
        errors.add(
            unsafety,
            "a trait with a client cannot be `unsafe`, as its callers are in other processes: leave `unsafe` out",
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
                "this is for methods that the client has, and this one is `local`: keep one of the two",
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
