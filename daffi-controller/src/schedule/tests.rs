//! Exact lists of what happens when, and generated sequences against a model.

mod bad;
#[cfg(feature = "cron")]
mod cron;
mod exact;
mod found;
mod generated;
mod many;
mod restart;
mod world;
