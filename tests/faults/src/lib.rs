//! What is done to connections of daffi in tests.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cutter;

pub use cutter::{Cutter, Way};
