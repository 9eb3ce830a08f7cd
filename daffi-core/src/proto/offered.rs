//! What a process offers, as it announces it.

use serde::{Deserialize, Serialize};

use super::{Balance, CallbackId, Described};

/// A callback as its provider announces it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offered {
    /// The provider's number for it.
    pub callback: CallbackId,
    /// Its remote name.
    pub name: String,
    /// Its doc comment.
    pub docs: String,
    /// What it takes and gives.
    pub signature: Described,
    /// How many calls the provider runs at the same time; no limit if there is none.
    pub concurrency: Option<u32>,
    /// How many of these may be of one calling process; as many as there may be if there is none.
    pub concurrency_per_caller: Option<u32>,
    /// How many more calls may wait at the controller until one of these has ended.
    pub queue: u32,
    /// How its calls are shared with other providers, which must say the same.
    pub balance: Balance,
}
