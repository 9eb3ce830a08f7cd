//! Arguments that have a default for callers that do not send them.

use proc_macro2::Span;
use syn::{Attribute, FnArg, PatType, Signature, Type};

use crate::attributes;
use crate::errors::Errors;
use crate::types;

/// Where it is said that an argument has a default, if it is.
pub(crate) fn default(parameter: &PatType, errors: &mut Errors) -> Option<Span> {
    let ours = said(parameter)?;
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

/// Arguments are left out from the end, so what stands behind one with a default needs one as well.
pub(crate) fn check_order<'a>(parameters: impl Iterator<Item = &'a PatType>, errors: &mut Errors) {
    let with_default = |parameter: &&PatType| said(parameter).is_some();
    let behind = parameters.skip_while(|parameter| !with_default(parameter));
    for parameter in behind.filter(|parameter| !with_default(parameter)) {
        let ty = types::bare(&parameter.ty);
        if !types::is_context(types::referent(ty).unwrap_or(ty)) && !is_option(ty) {
            errors.add(
                parameter,
                "whoever does not send an argument sends none behind it either: this one needs a default, too",
            );
        }
    }
}

/// As far as its name tells.
fn is_option(ty: &Type) -> bool {
    types::last_segment(ty).is_some_and(|segment| segment.ident == "Option")
}

/// What is said of a parameter.
pub(crate) fn said(parameter: &PatType) -> Option<&Attribute> {
    let mut attributes = parameter.attrs.iter();
    attributes.find(|attribute| attributes::is_ours(attribute, "callback"))
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
