//! core.
pub mod signature;
