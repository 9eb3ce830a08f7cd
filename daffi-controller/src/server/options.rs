//! How a controller shall run.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use daffi_core::proto::Limits;
use daffi_core::transport::Address;

/// How a controller shall run.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ControllerOptions {
    /// Where it listens.
    pub address: Address,
    /// Its process identifier.
    pub process_name: Arc<str>,
    /// What it allows.
    pub limits: Limits,
    /// How often each side of a connection says something, at least.
    pub heartbeat: Duration,
    /// How many calls of all processes together it routes at the same time. Beyond that, callers with many are told
    /// `Overloaded`. Default: 4,194,304.
    pub calls: usize,
}

impl ControllerOptions {
    /// A controller at `address`, with a random process identifier and the default limits.
    #[must_use]
    pub fn new(address: Address) -> Self {
        Self {
            address,
            process_name: format!("0x{:016x}", random()).into(),
            limits: Limits::default(),
            heartbeat: daffi_core::link::HEARTBEAT,
            calls: 1 << 22,
        }
    }
}

/// A random number.
pub(super) fn random() -> u64 {
    RandomState::new().hash_one(0)
}
