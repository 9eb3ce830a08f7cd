//! The client as what its trait asks for, where its methods can say that a call has failed.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{FnArg, Pat, Type, parse_quote};

use super::method::{self, Method};
use super::parameters;
use crate::attributes;
use crate::fetcher::answer::Comes;
use crate::fetcher::expand;
use crate::fetcher::model::{Fetcher, Returned};
use crate::item::{Function, Member, Trait};
use crate::signature::{self, Access};
use crate::types;

/// The implementation of the trait by the client, if each of its methods gives one result, or an outcome of each of many: where one does the latter there is none,
/// and the condition is there to say so.
///
/// Whether that can say that a call has failed is not known here. So it is what the implementation asks for, and where that does not hold there is none. The compiler
/// refuses such a condition on types without parameters, but not one that is for any lifetime.
pub(super) fn implementation(trait_: &Trait, client: &Ident, methods: &[Method<'_>]) -> Option<TokenStream> {
    if trait_.unsafety.is_some()
        || !trait_.members.iter().all(|member| is_given(member, methods))
        || !methods.iter().all(|method| gives_one_result(&method.fetcher))
    {
        return None;
    }
    let Trait {
        ident,
        generics,
        bounds,
        ..
    } = trait_;
    let carried = attributes::carried(&trait_.attributes);
    let (bounded, these, _) = generics.split_for_impl();
    let mut conditions: Vec<TokenStream> = parameters::conditions(generics).collect();
    if let Some((_, bounds)) = bounds {
        conditions.push(if parameters::mentions(bounds, "for") {
            quote!(Self: #bounds)
        } else {
            quote!(for<'__daffi> Self: #bounds)
        });
    }
    for Method { fetcher, .. } in methods {
        let result = signature::result_type(&fetcher.function.signature);
        let condition = if fetcher.returned == Returned::Broadcast {
            quote!(::daffi::__private::check::OutcomeOfMany)
        } else {
            can_fail(fetcher)
        };
        conditions.push(quote!(for<'__daffi> #result: #condition));
    }
    let methods = methods.iter().map(implemented);
    Some(quote! {
        #(#carried)*
        impl #bounded #ident #these for #client #these where #(#conditions,)* {
            #(#methods)*
        }
    })
}

/// Whether the trait has the member in every build, and the client has it, or need not have it.
fn is_given(member: &Member, methods: &[Method<'_>]) -> bool {
    let Member::Function(function) = member else {
        return false;
    };
    let Function {
        attributes,
        signature,
        body,
        ..
    } = function;
    let is_called = methods
        .iter()
        .any(|method| method.fetcher.function.signature.ident == signature.ident);
    attributes::conditions(attributes).is_empty() && (is_called || body.group().is_some())
}

/// Whether it gives one result, and takes nothing that the trait asks less of than a client does.
fn gives_one_result(fetcher: &Fetcher<'_>) -> bool {
    let streams = || {
        signature::parameters(&fetcher.function.signature)
            .any(|parameter| matches!(types::bare(&parameter.ty), Type::ImplTrait(_)))
    };
    fetcher.answer.comes == Comes::Value && fetcher.returned != Returned::Scheduled && !streams()
}

/// That the result can say what is wrong with the call.
fn can_fail(fetcher: &Fetcher<'_>) -> TokenStream {
    let value = &fetcher.answer.value;
    let error = expand::error_type(&fetcher.answer);
    quote!(::daffi::__private::check::CanFail<#value, #error>)
}

/// The method of the trait: the client's own, awaited.
fn implemented(method: &Method<'_>) -> TokenStream {
    let Method { fetcher, future } = method;
    let Function {
        attributes,
        signature,
        ..
    } = fetcher.function;
    let carried = attributes::allowed(attributes);
    let mut signature = signature.clone();
    for input in &mut signature.inputs {
        match input {
            FnArg::Receiver(receiver) => {
                let exclusive = matches!(signature::access(receiver), Some(Access::Exclusive));
                method::receive_by(receiver, exclusive.then(|| parse_quote!(mut)));
            }
            FnArg::Typed(parameter) => {
                if let Pat::Ident(pattern) = &mut *parameter.pat {
                    pattern.mutability = None;
                }
            }
        }
    }
    let ident = &signature.ident;
    let arguments = signature::parameters(&fetcher.function.signature).map(|parameter| &parameter.pat);
    let arguments: Vec<_> = arguments.collect();
    let call = quote!(Self::#ident(self, #(#arguments),*));
    if let Some(future) = future {
        signature.asyncness = None;
        signature.output = parse_quote!(-> #future);
    }
    let body = if fetcher.returned == Returned::Broadcast {
        let of_many = quote!(::daffi::__private::check::OutcomeOfMany::of_many());
        let of_many = future.map_or(of_many.clone(), |_| quote!(async move { #of_many }));
        quote!(let _ = (self, #(#arguments),*); #of_many)
    } else if future.is_some() {
        // The arguments are no part of the future, which may have to be `Send` where they are not.
        quote! {
            let __daffi_call = #call;
            async move { ::daffi::__private::check::CanFail::of(__daffi_call.await) }
        }
    } else if signature.asyncness.is_some() {
        quote!(::daffi::__private::check::CanFail::of(#call.await))
    } else {
        quote!(::daffi::__private::check::CanFail::of(#call.wait()))
    };
    quote! {
        #(#carried)*
        #signature { #body }
    }
}
