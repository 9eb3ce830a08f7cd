//! What a fetcher's call gives.

use proc_macro2::Ident;
use syn::spanned::Spanned;
use syn::{Type, parse_quote, parse_quote_spanned};

use crate::signature;
use crate::span::at;
use crate::types;

/// What a fetcher is answered.
pub(crate) struct Answer {
    pub(crate) value: Type,
    /// Without one, the callback's error comes as words.
    pub(crate) error: Option<Type>,
    pub(crate) comes: Comes,
}

/// What comes of the values that the callback returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comes {
    /// One.
    Value,
    /// Many, as a stream.
    Stream,
    /// How many there were.
    Count,
}

impl Answer {
    /// The type of what a call gives.
    pub(crate) fn received(&self) -> Type {
        let value = &self.value;
        match self.comes {
            Comes::Value => value.clone(),
            Comes::Stream => {
                let span = at(value.span());
                parse_quote_spanned!(span=> ::daffi::Streaming<#value>)
            }
            Comes::Count => parse_quote!(::core::primitive::u64),
        }
    }

    /// The same, of a callback that runs once for each item of a stream.
    pub(crate) fn counted(self) -> Self {
        Self {
            comes: Comes::Count,
            ..self
        }
    }

    /// What is in a `Result`, if that is what is written.
    pub(crate) fn new(result: &Type) -> Self {
        if let Some(signature::StreamResult { stream, error }) = signature::stream_result(result)
            && let Some(item) = stream.item
        {
            return Self {
                value: item.clone(),
                error: error.cloned(),
                comes: Comes::Stream,
            };
        }
        let arguments = match types::last_segment(result) {
            Some(segment) if segment.ident == "Result" => types::type_arguments(segment),
            _ => Vec::new(),
        };
        match arguments[..] {
            [value, error] => Self {
                value: value.clone(),
                error: Some(error.clone()),
                comes: Comes::Value,
            },
            // `type Result<T> = core::result::Result<T, MyError>`, and its like.
            [_] => {
                let span = at(result.span());
                let of = |item| {
                    let item = Ident::new(item, span);
                    parse_quote_spanned!(span=> <#result as ::daffi::__private::check::AnyResult>::#item)
                };
                Self {
                    value: of("Value"),
                    error: Some(of("Error")),
                    comes: Comes::Value,
                }
            }
            _ => Self {
                value: result.clone(),
                error: None,
                comes: Comes::Value,
            },
        }
    }
}
