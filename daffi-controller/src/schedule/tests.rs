//! Exact lists of what happens when, and generated sequences against a model.

mod bad;
mod exact;
mod generated;
mod world;
