//! Arguments that have a default for callers that do not send them.

use proc_macro2::Span;
use syn::{Attribute, FnArg, PatType, Signature};

use crate::attributes;
use crate::errors::Errors;

/// Where it is said that an argument has a default, if it is.
pub(crate) fn default(parameter: &PatType, errors: &mut Errors) -> Option<Span> {
    let ours = parameter
        .attrs
        .iter()
        .find(|attribute| attributes::is_ours(attribute, "callback"))?;
    match ours.parse_args::<syn::Ident>() {
        Ok(ident) if ident == "default" => Some(ident.span()),
        _ => {
            errors.add(
                ours,
                "of a parameter, `#[callback(default)]` says that it is its `Default` for callers that do not send it, and nothing \
                 else can be said",
            );
            None
        }
    }
}

/// The same without what is said of parameters.
pub(crate) fn bare(signature: &Signature) -> Signature {
    let mut bare = signature.clone();
    for input in &mut bare.inputs {
        if let FnArg::Typed(parameter) = input {
            let is_ours = |attribute: &Attribute| attributes::is_ours(attribute, "callback");
            parameter.attrs.retain(|attribute| !is_ours(attribute));
        }
    }
    bare
}
