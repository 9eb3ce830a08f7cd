//! Who is there and what they offer, as a controller tells those who ask.

use serde::{Deserialize, Serialize};

use super::{Attributes, Balance, Described, Offered, Who};

/// A process on the roster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessEntry {
    /// Its process name.
    pub name: String,
    /// The operating system's number for it, on its own machine.
    pub pid: u32,
    /// How many callbacks it offers.
    pub callbacks: u32,
    /// Who it is, as the controller has it proven.
    pub identity: Who<String>,
    /// What it says of itself.
    pub attributes: Attributes,
}

/// A callback that somebody offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallbackEntry {
    /// Its remote name.
    pub name: String,
    /// What it takes and gives.
    pub signature: Described,
    /// Its doc comment.
    pub docs: String,
    /// How many calls each provider runs at the same time, if that is limited.
    pub concurrency: Option<u32>,
    /// How many of these may be of one calling process, if that is limited.
    pub concurrency_per_caller: Option<u32>,
    /// The process names of those who offer it.
    pub providers: Vec<String>,
    /// How calls are shared among them.
    pub balance: Balance,
}

impl CallbackEntry {
    /// A callback as `offered`, by `providers`.
    #[must_use]
    pub fn new(offered: &Offered, providers: Vec<String>) -> Self {
        Self {
            name: offered.name.clone(),
            signature: offered.signature.clone(),
            docs: offered.docs.clone(),
            concurrency: offered.concurrency,
            concurrency_per_caller: offered.concurrency_per_caller,
            providers,
            balance: offered.balance,
        }
    }
}

/// How a callback is offered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallbackOffers {
    /// Each way once, in any order; [`Limits::VERSIONS`](super::Limits::VERSIONS) at most.
    pub versions: Vec<OfferedVersion>,
    /// How many more offer it in yet other ways.
    pub more: u32,
}

/// A callback as one or several processes offer it, all in the same way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferedVersion {
    /// What it takes and gives.
    pub signature: Described,
    /// Its doc comment.
    pub docs: String,
    /// How many calls each provider runs at the same time, if that is limited.
    pub concurrency: Option<u32>,
    /// How many of these may be of one calling process, if that is limited.
    pub concurrency_per_caller: Option<u32>,
    /// How many more calls may wait for each.
    pub queue: u32,
    /// How calls are shared among them.
    pub balance: Balance,
    /// How many processes offer it so.
    pub count: u32,
    /// Who they are; nobody is named to those who may not know who is there.
    pub providers: Vec<OfferedBy>,
}

/// A process that offers a callback.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferedBy {
    /// Its process name.
    pub name: String,
    /// What it says of itself.
    pub attributes: Attributes,
}

/// Something that happened to a process or a callback.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    /// A process is there, with its callbacks.
    Joined {
        /// Its process name.
        process: String,
        /// Who it is, as the controller has it proven.
        identity: Who<String>,
        /// What it says of itself.
        attributes: Attributes,
    },
    /// A process is there no more, nor are its callbacks.
    Left {
        /// Its process name.
        process: String,
        /// How it went.
        reason: Parting,
    },
    /// A process offers a callback from now on.
    Offered {
        /// The process name.
        process: String,
        /// The callback's remote name.
        callback: String,
    },
    /// A process that stays offers a callback no more.
    Withdrawn {
        /// The process name.
        process: String,
        /// The callback's remote name.
        callback: String,
    },
    /// The connection of a process is lost, and it may come back.
    Away {
        /// Its process name.
        process: String,
    },
    /// A process that was away is there again, as it was.
    Back {
        /// Its process name.
        process: String,
    },
}

/// How a process went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Parting {
    /// It said goodbye.
    Stopped,
    /// Its connection was lost.
    Lost,
}
