//! Who may do what: a plain decision over what whoever runs the controller has said.
//!
//! [`Policy`] is checked once; [`Rights`] are what is left of it for one process, and what the router asks. [`Allowed`] is how much a process
//! may have, and a [`Bucket`] what it may do in a second.

mod allowed;
mod bucket;
mod pattern;
mod policy;
mod rights;
#[cfg(test)]
mod tests;

pub use self::allowed::Allowed;
pub use self::bucket::Bucket;
pub use self::policy::{Fault, Policy};
pub use self::rights::Rights;
