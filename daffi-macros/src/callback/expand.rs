//! Callbacks as they register themselves: descriptions and handlers, in the terms of `daffi::__private`.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Type, parse_quote, parse_quote_spanned};

use super::model::{Callback, Parameter, RunsOn, Streamed};
use super::service::{OfferedMethod, Service};
use crate::attributes;
use crate::by_type;
use crate::signature::Access;
use crate::span::at;
use crate::types::{self, StreamForm};

/// The registration of a function.
pub(crate) fn function(callback: &Callback<'_>) -> TokenStream {
    let attributes = attributes::carried(&callback.function.attributes);
    let import = by_type::import();
    let description = description(callback, &callback.ident().to_string());
    let variant = variant(callback.runs_on);
    let handler = function_handler(callback);
    quote! {
        #(#attributes)*
        const _: () = {
            #import
            ::daffi::__private::inventory::submit! {
                ::daffi::__private::FunctionEntry {
                    description: #description,
                    function: ::daffi::__private::Function::#variant(#handler),
                }
            }
        };
    }
}

fn function_handler(callback: &Callback<'_>) -> TokenStream {
    let callee = callback.ident().to_token_stream();
    let body = handler_body(callback, &callee, None);
    match callback.runs_on {
        RunsOn::Async => {
            let span = at(callback.ident().span());
            quote_spanned!(span=> |__daffi_call| ::daffi::__private::by_type::boxed(async move { #body }))
        }
        RunsOn::Inline | RunsOn::Blocking => quote!(|__daffi_call| { #body }),
    }
}

/// The registration of a block.
pub(crate) fn service(service: &Service<'_>) -> TokenStream {
    let block = service.block;
    let self_type = service.self_type();
    let mut attributes = attributes::carried(&block.attributes);
    attributes.extend(
        service
            .methods
            .iter()
            .flat_map(|method| attributes::allowed(&method.callback.function.attributes)),
    );
    let import = by_type::import();
    let mutable = mutable(&service.methods);
    let auto_init = match service.auto_init {
        Some(span) => {
            let auto_init = by_type::auto_init(self_type, span);
            quote!(::core::option::Option::Some(|| #auto_init))
        }
        None => quote!(::core::option::Option::None),
    };
    let methods: Vec<_> = service
        .methods
        .iter()
        .map(|method| method_entry(service, method))
        .collect();
    let bind = by_type::bind(self_type, &quote!(__daffi_instance), &methods);
    quote! {
        #(#attributes)*
        const _: () = {
            #import
            ::daffi::__private::inventory::submit! {
                ::daffi::__private::ServiceEntry {
                    type_id: ::core::any::TypeId::of::<#self_type>,
                    type_name: ::core::any::type_name::<#self_type>,
                    package: ::core::option_env!("CARGO_PKG_NAME"),
                    module: ::core::module_path!(),
                    mutable: #mutable,
                    auto_init: #auto_init,
                    bind: |__daffi_instance| #bind,
                }
            }
        };
    }
}

/// Whether some method that exists in this build takes `&mut self`.
fn mutable(methods: &[OfferedMethod<'_>]) -> TokenStream {
    let exclusive = methods.iter().filter(|method| method.access == Access::Exclusive);
    let conditions: Option<Vec<_>> = exclusive
        .map(|method| attributes::condition(&method.callback.function.attributes))
        .collect();
    match conditions {
        None => quote!(true),
        Some(conditions) if conditions.is_empty() => quote!(false),
        Some(conditions) => quote!(::core::cfg!(any(#(#conditions),*))),
    }
}

fn method_entry(service: &Service<'_>, method: &OfferedMethod<'_>) -> TokenStream {
    let callback = &method.callback;
    let self_type = service.self_type();
    let conditions = attributes::conditions(&callback.function.attributes);
    let description = description(callback, &format!("{}::{}", written(self_type), callback.ident()));
    let variant = variant(callback.runs_on);
    let variant = match method.access {
        Access::Shared => format_ident!("{variant}Ref"),
        Access::Exclusive => format_ident!("{variant}Mut"),
    };
    let handler = method_handler(service, callback);
    quote! {
        #(#conditions)*
        ::daffi::__private::MethodEntry {
            description: #description,
            method: ::daffi::__private::Method::<#self_type>::#variant(#handler),
        }
    }
}

fn method_handler(service: &Service<'_>, callback: &Callback<'_>) -> TokenStream {
    let self_type = service.self_type();
    let ident = callback.ident();
    let callee = match service.trait_path() {
        Some(path) => quote!(<#self_type as #path>::#ident),
        None => quote!(<#self_type>::#ident),
    };
    let body = handler_body(callback, &callee, Some(&format_ident!("__daffi_self")));
    match callback.runs_on {
        RunsOn::Async => {
            let span = at(ident.span());
            let boxed = by_type::boxed(self_type, &quote_spanned!(span=> async move { #body }), span);
            quote!(|__daffi_self, __daffi_call| #boxed)
        }
        RunsOn::Inline | RunsOn::Blocking => quote!(|__daffi_self, __daffi_call| { #body }),
    }
}

fn variant(runs_on: RunsOn) -> Ident {
    match runs_on {
        RunsOn::Inline => format_ident!("Inline"),
        RunsOn::Blocking => format_ident!("Blocking"),
        RunsOn::Async => format_ident!("Async"),
    }
}

/// Decode, call, encode.
fn handler_body(callback: &Callback<'_>, callee: &TokenStream, receiver: Option<&Ident>) -> TokenStream {
    // By the path of the type, since a trait of the user's may have methods of these names for every type.
    let invocation = quote!(::daffi::__private::Invocation);
    let call = match callback.runs_on {
        RunsOn::Async => quote!(&__daffi_call),
        RunsOn::Inline | RunsOn::Blocking => quote!(__daffi_call),
    };
    let context = quote!(#invocation::context(#call));
    let mut decoded = Vec::new();
    let mut taken = Vec::new();
    let mut passed: Vec<_> = receiver.into_iter().map(ToTokens::to_token_stream).collect();
    let mut streams = 0u32;
    for parameter in &callback.parameters {
        match parameter {
            Parameter::Stream { item, .. } => {
                let local = format_ident!("__daffi_stream_{streams}");
                let decode = by_type::decode_item(item);
                taken.push(quote! {
                    let #local = ::daffi::__private::streams::stream_argument::<#item>(#call, #streams, #decode)?;
                });
                passed.push(quote!(#local));
                streams += 1;
            }
            Parameter::Context { lent: true } => passed.push(context.clone()),
            Parameter::Context { lent: false } => passed.push(quote!(::core::clone::Clone::clone(#context))),
            Parameter::Argument {
                decoded: ty,
                lent,
                default,
                ..
            } => {
                let local = format_ident!("__daffi_{}", decoded.len());
                if *default {
                    let span = at(ty.span());
                    let given = Ident::new(&local.to_string(), span);
                    let or_default = quote_spanned!(span=> ::daffi::__private::Defaulted::or_default(#given));
                    taken.push(quote!(let #local = #or_default;));
                }
                let take = by_type::take(ty, &local);
                taken.push(quote!(let #local = #take;));
                passed.push(if *lent { quote!(&#local) } else { quote!(#local) });
                decoded.push(local);
            }
        }
    }
    let dot_await = callback.is_async().then(|| quote!(.await));
    let returned = format_ident!("__daffi_returned");
    let outcome = match &callback.stream {
        None => by_type::outcome(&returned, &call, value_type(&callback.result).span()),
        Some(stream) => stream_outcome(stream, &returned, &call),
    };
    quote! {
        let (#(#decoded,)*) = #invocation::arguments(#call)?;
        #(#taken)*
        let #returned = #callee(#(#passed),*) #dot_await;
        #outcome
    }
}

/// Sends the stream that was returned, unless an error was.
fn stream_outcome(stream: &Streamed, returned: &Ident, call: &TokenStream) -> TokenStream {
    let opened = stream.error.as_ref().map(|error| {
        let outcome = by_type::outcome(returned, call, error.span());
        quote! {
            let #returned = match #returned {
                ::core::result::Result::Ok(__daffi_stream) => __daffi_stream,
                ::core::result::Result::Err(__daffi_error) => {
                    let #returned: ::core::result::Result<(), #error> = ::core::result::Result::Err(__daffi_error);
                    return { #outcome };
                }
            };
        }
    });
    let encode = by_type::encode_item(&stream.item);
    let send = match stream.form {
        StreamForm::Iterator => quote!(::daffi::__private::streams::send_iterator(#call, #returned, #encode)),
        StreamForm::Stream | StreamForm::Streaming => {
            quote!(::daffi::__private::streams::send_stream(#call, #returned, #encode).await)
        }
    };
    quote!(#opened #send)
}

/// The value inside a `Result`, if that is what is written.
fn value_type(result: &Type) -> &Type {
    match types::last_segment(result) {
        Some(segment) if segment.ident == "Result" => {
            types::type_arguments(segment).first().copied().unwrap_or(result)
        }
        _ => result,
    }
}

fn description(callback: &Callback<'_>, item: &str) -> TokenStream {
    let name = callback.name.as_str();
    let docs = attributes::docs(&callback.function.attributes);
    let item = format!("::{item}");
    let line = line(callback.ident());
    let concurrency = option(callback.concurrency);
    let concurrency_per_caller = option(callback.concurrency_per_caller);
    let queue = option(callback.queue);
    let timeout = option(callback.timeout.map(crate::duration::tokens));
    let balance = callback.balance.tokens();
    let parameters = callback
        .parameters
        .iter()
        .filter_map(|parameter| match parameter {
            Parameter::Context { .. } => None,
            Parameter::Argument {
                name, wire, default, ..
            } => {
                let mut ty = by_type::parameter_type(wire);
                if *default {
                    ty = quote!(::daffi::__private::by_type::optional(#ty));
                }
                Some(quote!((#name, #ty)))
            }
            Parameter::Stream { name, item } => {
                let ty = by_type::stream_type(item);
                Some(quote!((#name, #ty)))
            }
        });
    let (value, error) = match &callback.stream {
        None => {
            let result = types::owned_throughout(&callback.result);
            (
                by_type::returned_value_type(&result, callback.untraced),
                by_type::returned_error_type(&result, callback.untraced),
            )
        }
        Some(stream) => {
            let error: Type = match &stream.error {
                Some(error) => {
                    let span = at(error.span());
                    parse_quote_spanned!(span=> ::core::result::Result<(), #error>)
                }
                None => parse_quote!(()),
            };
            (
                by_type::sent_stream_type(&stream.item, callback.untraced),
                by_type::returned_error_type(&error, callback.untraced),
            )
        }
    };
    let signature = quote!(::daffi::__private::by_type::signature([#(#parameters),*], #value, #error));
    let signature = by_type::traced(signature, callback.untraced);
    quote! {
        ::daffi::__private::Declaration {
            name: #name,
            docs: #docs,
            package: ::core::option_env!("CARGO_PKG_NAME"),
            item: ::core::concat!(::core::module_path!(), #item),
            file: ::core::file!(),
            line: #line,
            concurrency: #concurrency,
            concurrency_per_caller: #concurrency_per_caller,
            queue: #queue,
            timeout: #timeout,
            balance: #balance,
            signature: || #signature,
        }
    }
}

/// The line of the function. The compiler's own `line!()` would give that of the attribute, one for a whole block.
fn line(ident: &Ident) -> TokenStream {
    if proc_macro::is_available() {
        let line = proc_macro2::Literal::usize_unsuffixed(ident.span().unwrap().line());
        quote!(#line)
    } else {
        quote!(::core::line!())
    }
}

fn option(value: Option<impl quote::ToTokens>) -> TokenStream {
    match value {
        Some(value) => quote!(::core::option::Option::Some(#value)),
        None => quote!(::core::option::Option::None),
    }
}

/// A type as it is written, for people.
fn written(ty: &Type) -> String {
    ty.to_token_stream().to_string().replace(' ', "")
}
