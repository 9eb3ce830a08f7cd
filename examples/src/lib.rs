//! What the programs in `src/bin` share.

pub mod address;
pub mod picture;
pub mod shopping;
