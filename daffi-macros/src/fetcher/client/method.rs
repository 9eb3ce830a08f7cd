//! The methods of a client.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{FnArg, Receiver, ReceiverKind, Token, Type, Visibility, parse_quote};

use crate::fetcher::expand;
use crate::fetcher::model::{Fetcher, Returned};

/// A method of the trait that the client has.
pub(super) struct Method<'a> {
    pub(super) fetcher: Fetcher<'a>,
    /// The future that the trait says it returns, if it says so itself.
    pub(super) future: Option<&'a Type>,
}

/// A method of a client, whose calls are made by what it has as `client`. It changes nothing of the client, whatever the trait's
/// method does with the service.
pub(super) fn method(
    fetcher: &Fetcher<'_>,
    attributes: &[TokenStream],
    visibility: &Visibility,
) -> TokenStream {
    let mut signature = fetcher.function.signature.clone();
    if let Some(FnArg::Receiver(receiver)) = signature.inputs.first_mut() {
        receive_by(receiver, None);
    }
    let header = expand::header(&signature, &fetcher.answer, fetcher.returned, false);
    let client = match fetcher.returned {
        Returned::Scheduled if fetcher.period.as_ref().is_some_and(|(_, to_all)| *to_all) => {
            quote!(self.client.call_to_many)
        }
        Returned::Call | Returned::Background | Returned::Scheduled => quote!(self.client.call),
        Returned::Broadcast => quote!(self.client.call_to_many),
    };
    let call = expand::call(fetcher, Some(&client));
    quote! {
        #(#attributes)*
        #visibility #header { #call }
    }
}

/// Has a method take `&self`, or `&mut self`, by a `self` of the same hygiene as the one in a generated body.
pub(super) fn receive_by(receiver: &mut Receiver, mutability: Option<Token![mut]>) {
    let lifetime = match &receiver.kind {
        ReceiverKind::Reference(_, lifetime, _) => lifetime.clone(),
        _ => None,
    };
    *receiver = parse_quote!(& #lifetime #mutability self);
}
