//! The attributes of [daffi](https://docs.rs/daffi): `#[callback]` offers functions to other processes, `#[fetcher]`
//! declares functions that call them. Use them as `daffi::callback` and `daffi::fetcher`, where they are documented.
//!
//! Both go the same way: `item` and `arguments` read what is written, `callback` and `fetcher` check it into
//! models (a model that exists is valid), and expand those. What a program must not do is said here; what its types
//! must be able to do is left to the compiler, by way of `daffi::__private::{by_type, check}`.
//!
//! **Architecture Invariant:** this crate depends on no other crate of daffi. It only names `::daffi` paths, which `renamed` changes where
//! the program knows daffi by another name.

use proc_macro::TokenStream;

mod arguments;
mod attributes;
mod balance;
mod boxed;
mod by_type;
mod callback;
mod defaults;
mod duration;
mod errors;
mod fetcher;
mod item;
mod lagging;
mod name;
mod renamed;
mod signature;
mod span;
#[cfg(test)]
mod tests;
mod types;

/// Offers a function, or the public methods of a type, to other processes: used and documented as
/// [`daffi::callback`](https://docs.rs/daffi/latest/daffi/attr.callback.html).
#[proc_macro_attribute]
pub fn callback(arguments: TokenStream, item: TokenStream) -> TokenStream {
    renamed::expand(arguments.into(), item.into(), callback::attribute).into()
}

/// Declares functions whose calls run in another process: used and documented as
/// [`daffi::fetcher`](https://docs.rs/daffi/latest/daffi/attr.fetcher.html).
#[proc_macro_attribute]
pub fn fetcher(arguments: TokenStream, item: TokenStream) -> TokenStream {
    renamed::expand(arguments.into(), item.into(), fetcher::attribute).into()
}
