//! For whom a controller stands by.

use std::time::Duration;

use daffi_core::auth::Proving;
use daffi_core::transport::{Address, Security};

/// For whom a controller stands by.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StandbyOf {
    /// Where the other one listens.
    pub address: Address,
    /// What protects the connection to it. Default: nothing.
    pub security: Security,
    /// With what it is proven there who this is, if that is asked for. Without, it is only seen that the other one answers, a little later each
    /// time.
    pub proving: Option<Proving>,
    /// How long calls may take to end when the other one is there again. Default: 10 seconds.
    pub drain: Duration,
}

impl StandbyOf {
    /// The controller at an address.
    #[must_use]
    pub fn new(address: Address) -> Self {
        Self {
            address,
            security: Security::none(),
            proving: None,
            drain: Duration::from_secs(10),
        }
    }
}
