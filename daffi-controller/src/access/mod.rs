//! Who may do what: a plain decision over what whoever runs the controller has said.
//!
//! [`Policy`] is checked once; [`Rights`] are what is left of it for one process, and what the router asks.

mod pattern;
mod policy;
mod rights;
#[cfg(test)]
mod tests;

pub use self::policy::{Fault, Policy};
pub use self::rights::Rights;
