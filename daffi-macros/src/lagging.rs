//! What becomes of those of many who take a stream too slowly, as it is written in an attribute.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::LitStr;

use crate::errors::Errors;

/// What becomes of them, by its name in `daffi::Lagging`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lagging {
    Wait,
    DropSlow,
}

impl Lagging {
    /// What is written so.
    pub(crate) fn parse(text: &LitStr, errors: &mut Errors) -> Option<Self> {
        match text.value().as_str() {
            "wait" => Some(Self::Wait),
            "drop_slow" => Some(Self::DropSlow),
            other => {
                errors.add(
                    text,
                    format!(
                        "`lagging` cannot be `{other}`: it is \"wait\" (the default: the slowest sets the pace) or \"drop_slow\" (who is \
                         too far behind loses its part)"
                    ),
                );
                None
            }
        }
    }

    /// It as an expression.
    pub(crate) fn tokens(self) -> TokenStream {
        let variant: Ident = format_ident!("{self:?}");
        quote!(::daffi::__private::Lagging::#variant)
    }
}
