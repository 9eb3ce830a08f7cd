//! How the calls of a callback are shared among its providers, as it is written in an attribute.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::LitStr;

use crate::errors::Errors;

/// A way to share calls, by its name in `daffi::Balance`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Balance {
    #[default]
    LessLoaded,
    RoundRobin,
    Random,
}

impl Balance {
    const ALL: [Self; 3] = [Self::LessLoaded, Self::RoundRobin, Self::Random];

    /// How it is written.
    fn name(self) -> &'static str {
        match self {
            Self::LessLoaded => "less_loaded",
            Self::RoundRobin => "round_robin",
            Self::Random => "random",
        }
    }

    /// The way of this name.
    pub(crate) fn parse(text: &LitStr, errors: &mut Errors) -> Option<Self> {
        let name = text.value();
        let known = Self::ALL.into_iter().find(|balance| balance.name() == name);
        if known.is_none() {
            let [first, second, last] = Self::ALL.map(Self::name);
            errors.add(
                text,
                format!(
                    "calls are not shared by `{name}`: `balance` is \"{first}\" (the default), \"{second}\" or \"{last}\""
                ),
            );
        }
        known
    }

    /// It as an expression.
    pub(crate) fn tokens(self) -> TokenStream {
        let variant: Ident = format_ident!("{self:?}");
        quote!(::daffi::__private::Balance::#variant)
    }
}
