//! The configuration file of the program: what its options say, and who may do what.
//!
//! All that is at fault in a file is told at once, each at its line.

mod fault;
mod read;
mod said;
#[cfg(test)]
mod tests;

pub use self::fault::{Fault, Place};
pub use self::said::{Config, Setting};
