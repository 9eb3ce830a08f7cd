//! The methods of a client by which all its calls are told something.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::Visibility;
use syn::ext::IdentExt as _;

use crate::item::Member;

/// What a setting is called, as the method of `Call` is, what it takes, and its documentation after the first sentence.
struct Setting {
    name: &'static str,
    parameters: TokenStream,
    arguments: TokenStream,
    but: &'static str,
}

fn all() -> [Setting; 8] {
    let duration = || quote!(::core::time::Duration);
    let text = || quote!(impl ::core::convert::Into<::std::string::String>);
    let (timeout, wait, process, key, value) = (duration(), duration(), text(), text(), text());
    let setting = |name, parameters, arguments, but| Setting {
        name,
        parameters,
        arguments,
        but,
    };
    let again = ", except for broadcasts, which are not made again";
    [
        setting("timeout", quote!(timeout: #timeout), quote!(timeout), ""),
        setting("to", quote!(process_name: #process), quote!(process_name), ""),
        setting(
            "to_where",
            quote!(key: #key, value: #value),
            quote!(key, value),
            "",
        ),
        setting(
            "key",
            quote!(key: impl ::core::convert::AsRef<[::core::primitive::u8]>),
            quote!(key),
            "",
        ),
        setting("wait_for_provider", quote!(wait: #wait), quote!(wait), ""),
        setting(
            "retry",
            quote!(retries: ::core::primitive::u32),
            quote!(retries),
            again,
        ),
        setting("idempotent", quote!(), quote!(), again),
        setting(
            "metadata",
            quote!(key: #key, value: #value),
            quote!(key, value),
            "",
        ),
    ]
}

/// Those whose names no method of the trait has.
pub(super) fn methods(members: &[Member], visibility: &Visibility) -> TokenStream {
    let is_taken = |name: &str| {
        members.iter().any(
            |member| matches!(member, Member::Function(function) if function.signature.ident.unraw() == name),
        )
    };
    all()
        .iter()
        .filter(|setting| !is_taken(setting.name))
        .map(|setting| {
            let Setting {
                name,
                parameters,
                arguments,
                but,
            } = setting;
            let ident = format_ident!("{name}");
            let and = match *name {
                "to_where" => "A call may name more, all of which must hold.",
                _ => "A call may say otherwise.",
            };
            let docs = format!("As `Call::{name}`, for all calls of this client{but}. {and}");
            quote! {
                #[doc = #docs]
                #[must_use]
                #visibility fn #ident(mut self, #parameters) -> Self {
                    self.client = self.client.#ident(#arguments);
                    self
                }
            }
        })
        .collect()
}
