//! The configuration file of the program: what its options say, and who may do what.
//!
//! All that is at fault in a file is told at once, each at its line.

mod fault;
mod read;
#[cfg(test)]
mod tests;

use daffi_core::Access;

pub use self::fault::{Fault, Place};

/// What a configuration file says.
#[derive(Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Config {
    /// Options, as on the command line.
    pub settings: Vec<Setting>,
    /// Who may do what, if it says so. Otherwise everybody may do everything.
    pub access: Option<Access>,
}

/// An option and what it is set to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Setting {
    /// Its name, without the dashes.
    pub name: String,
    /// Its values; none for one that is either given or not, and is.
    pub values: Vec<String>,
    /// Where that is said.
    pub place: Place,
}

impl Config {
    /// Reads a file's text, in which these options may be set.
    ///
    /// # Errors
    ///
    /// All that is at fault.
    pub fn read(text: &str, options: &[&str]) -> Result<Self, Vec<Fault>> {
        read::read(text, options)
    }
}
