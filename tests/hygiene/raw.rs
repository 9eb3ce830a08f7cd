//! Keywords as names.

use daffi::{callback, fetcher};
use serde::{Deserialize, Serialize};

/// A type called like a keyword.
#[allow(non_camel_case_types, reason = "keywords are written like this")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct r#struct {
    /// A field called like a keyword.
    pub r#type: u8,
}

mod offered {
    use super::*;

    #[callback]
    fn r#match(r#type: r#struct, r#in: &r#struct) -> bool {
        [r#type].contains(r#in)
    }
}

/// Compares.
#[fetcher]
pub async fn r#match(r#type: r#struct, r#in: &r#struct) -> bool;

/// Compares with a body.
#[fetcher(alias = "match")]
pub fn r#loop(r#type: r#struct) -> bool {
    (r#type.clone(), r#type)
}

/// Compares in the background.
#[fetcher(alias = "match", bg, to = "service")]
pub async fn r#async(r#type: r#struct, r#in: &r#struct) -> bool;

/// Compares everywhere.
#[fetcher(alias = "match", broadcast)]
pub async fn r#while(r#type: r#struct, r#in: &r#struct) -> bool;

/// A trait called like a keyword.
#[allow(non_camel_case_types, reason = "keywords are written like this")]
#[fetcher]
pub trait r#trait {
    /// Does nothing much.
    async fn r#move(&self, r#ref: &str) -> String;
}

/// A service called like a keyword.
#[allow(non_camel_case_types, reason = "keywords are written like this")]
#[derive(Debug, Default)]
pub struct r#impl;

#[callback(auto_init)]
impl r#trait for r#impl {
    async fn r#move(&self, r#ref: &str) -> String {
        std::future::ready(r#ref.to_owned()).await
    }
}

/// A group called like a keyword.
#[allow(non_camel_case_types, reason = "keywords are written like this")]
#[derive(Debug)]
pub struct r#enum;

#[fetcher]
impl r#enum {
    /// Does nothing much.
    pub async fn r#move(&self, r#ref: &str) -> String;
}
