//! What the fuzzers feed with bytes: each target is a function that takes any, and panics where a promise is broken.
//!
//! With a nightly compiler, `cargo fuzz` calls them ([README](../../fuzz/README.md)). With any compiler, the tests of this crate call them with
//! what is kept of former runs, with the seeds, and with what comes of changing both.

mod configuration;
mod described_read;
mod described_write;
mod explained;
mod frame;
mod handshake;
mod input;
mod payload;
mod router;
mod session;
mod split;
#[cfg(test)]
mod tests;
mod tls;

/// Something that takes any bytes.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// What it is called, here and with `cargo fuzz`.
    pub name: &'static str,
    /// Takes bytes; panics where a promise is broken.
    pub run: fn(&[u8]),
    /// Bytes that mean something, to begin with.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// All there are.
pub const TARGETS: [Target; 11] = [
    configuration::TARGET,
    described_read::TARGET,
    described_write::TARGET,
    explained::TARGET,
    frame::TARGET,
    handshake::TARGET,
    payload::TARGET,
    router::TARGET,
    session::TARGET,
    split::TARGET,
    tls::TARGET,
];

/// The target of that name.
///
/// # Panics
///
/// When there is none.
#[must_use]
pub fn target(name: &str) -> Target {
    let found = TARGETS.into_iter().find(|target| target.name == name);
    found.expect("there is such a target")
}
