//! A callback, a process that offers it, and all that a process offers.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use daffi_core::proto::{Balance, CallbackId, Described};

use super::ids::{FunctionKey, PeerId, ProviderKey};
use super::numbers::Table;

/// A process that offers a callback.
#[derive(Debug)]
pub(super) struct Provider {
    pub(super) peer: PeerId,
    pub(super) callback: CallbackId,
    pub(super) function: FunctionKey,
    /// What it takes and gives; shared with those before it that say the same. Nothing once it is taken back.
    pub(super) signature: Option<Arc<Described>>,
    pub(super) docs: Box<str>,
    pub(super) concurrency: Option<u32>,
    pub(super) balance: Balance,
    /// How many calls it was given and has not answered.
    pub(super) running: u32,
    /// When it was last given a call, as the count of all calls.
    pub(super) last: u64,
    /// A number for the process, the same whenever it comes: of its name.
    pub(super) identity: u64,
    /// How much it takes to keep it, about.
    pub(super) bytes: usize,
    /// Its place among those that are shown, and among those of them that could be given a call.
    pub(super) shown: Option<usize>,
    pub(super) free: Option<usize>,
    /// The offer that brought it counts: it may be given calls.
    pub(super) live: bool,
    /// It is offered no more, and goes when its calls have ended.
    pub(super) withdrawn: bool,
}

impl Provider {
    /// Whether it runs as many calls as it may.
    pub(super) fn is_full(&self) -> bool {
        self.concurrency.is_some_and(|limit| self.running >= limit)
    }

    /// The numbers of signatures that may call it.
    pub(super) fn numbers(&self) -> impl Iterator<Item = u64> + use<> {
        let signature = self.signature.as_ref();
        signature
            .map(|signature| signature.numbers())
            .into_iter()
            .flatten()
    }
}

/// A callback that somebody offers.
#[derive(Debug)]
pub(super) struct Function {
    pub(super) name: Arc<str>,
    /// Those that can be called, in any order.
    pub(super) shown: Vec<ProviderKey>,
    /// Those of them that run less than they may.
    pub(super) free: Vec<ProviderKey>,
    /// The free ones by when they were last given a call, where each has its turn.
    pub(super) turns: BTreeSet<(u64, ProviderKey)>,
    /// How many of the shown ones accept a signature of that number.
    pub(super) accepted: Table<u64, usize>,
    /// How many are not shown.
    pub(super) hidden: usize,
}

impl Function {
    pub(super) fn shown(&self) -> &[ProviderKey] {
        &self.shown
    }

    pub(super) fn free(&self) -> &[ProviderKey] {
        &self.free
    }

    /// The free ones, the one that has waited longest first.
    pub(super) fn turns(&self) -> impl Iterator<Item = ProviderKey> {
        self.turns.iter().map(|(_, provider)| *provider)
    }

    /// How many accept a signature of that number; 0 matches any.
    pub(super) fn accepting(&self, number: u64) -> usize {
        match number {
            0 => self.shown.len(),
            number => self.accepted.get(&number).copied().unwrap_or(0),
        }
    }
}

/// What a process offers.
#[derive(Debug, Default)]
pub(super) struct OfProcess {
    pub(super) by_number: HashMap<CallbackId, ProviderKey>,
    pub(super) by_function: HashMap<FunctionKey, ProviderKey>,
    /// What cannot be called yet.
    pub(super) hidden: BTreeMap<CallbackId, ProviderKey>,
    pub(super) bytes: usize,
}
