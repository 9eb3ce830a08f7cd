//! What a configuration file says.

use daffi_core::{Access, Quotas};

use super::fault::Place;

/// What a configuration file says.
#[derive(Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Config {
    /// Options, as on the command line.
    pub settings: Vec<Setting>,
    /// Who may do what, if it says so. Otherwise everybody may do everything.
    pub access: Option<Access>,
    /// How much each connection, and each identity, may have.
    pub quotas: Quotas,
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
