//! The configuration file of the program: what its options say, who may do what, and how much of it.
//!
//! All that is at fault in a file is told at once, each at its line.

mod amount;
mod fault;
mod quotas;
mod read;
mod said;
#[cfg(test)]
mod tests;

pub use self::amount::{size, time};
pub use self::fault::{Fault, Place};
pub use self::said::{Config, Setting};
