//! What a process may do, where whoever runs the controller has said so.
//!
//! The rights are asked once for each callback and process, not for each call: what they said is kept as long as somebody
//! offers the callback.

use std::sync::Arc;

use daffi_core::Right;

use super::directory::Directory;
use super::ids::{FunctionKey, PeerId};
use crate::access::Rights;
use daffi_core::mixing::{Mixing, Table};

/// So many callbacks are remembered for each process. For more, the rights are asked again.
const REMEMBERED: usize = 1024;

/// So many refusals of a process are told to whoever runs the controller.
const TOLD: u32 = 64;

/// Some of the rights.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Needs(u8);

impl Needs {
    pub(super) const CALL: Self = Self::of(Right::Call);
    pub(super) const BROADCAST: Self = Self::of(Right::Broadcast);
    pub(super) const PROVIDE: Self = Self::of(Right::Provide);
    pub(super) const STREAM: Self = Self::of(Right::Stream);

    const fn of(right: Right) -> Self {
        Self(1 << right as u8)
    }

    pub(super) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Those of them that a process has for a name.
    fn of_name(rights: &Rights, name: &str) -> Self {
        let allowed = Right::ALL.into_iter().filter(|right| rights.allow(*right, name));
        allowed.fold(Self::default(), |needs, right| needs.and(Self::of(right)))
    }

    /// The first that is not among others.
    pub(super) fn missing_in(self, others: Self) -> Option<Right> {
        let missing = Self(self.0 & !others.0);
        let is_missing = |right: &Right| Self::of(*right).0 & missing.0 != 0;
        Right::ALL.into_iter().find(is_missing)
    }
}

/// What a process may do.
#[derive(Debug)]
pub(super) struct Permission {
    pub(super) rights: Arc<Rights>,
    /// What the rights said of a callback, with its name: another callback may have the place meanwhile.
    known: Table<FunctionKey, (Arc<str>, Needs)>,
    /// How many refusals were told.
    told: u32,
}

/// Something that a process was not allowed, for whoever runs the controller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denial {
    /// The process.
    pub peer: PeerId,
    /// What was refused, and why.
    pub reason: String,
    /// What it is.
    pub kind: DenialKind,
}

/// What was denied, and what follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DenialKind {
    /// It lacks a right.
    Right,
    /// The same, and it is the last that is told of the process.
    LastRight,
    /// It has a quota, which has no room.
    OverQuota,
    /// What it does already it may do no longer: its connection is to be closed.
    CutOff,
}

impl Permission {
    pub(super) fn new(rights: Arc<Rights>, mixing: Mixing) -> Self {
        Self {
            rights,
            known: Table::with_hasher(mixing),
            told: 0,
        }
    }

    /// What the process has for a callback; and whether the rights were asked.
    pub(super) fn of(&mut self, name: &str, directory: &Directory) -> (Needs, bool) {
        let Some((key, function)) = directory.function(name) else {
            return (Needs::of_name(&self.rights, name), true);
        };
        if let Some((known, needs)) = self.known.get(&key)
            && Arc::ptr_eq(known, &function.name)
        {
            return (*needs, false);
        }
        let needs = Needs::of_name(&self.rights, name);
        if self.known.len() >= REMEMBERED {
            self.known.clear();
        }
        self.known.insert(key, (Arc::clone(&function.name), needs));
        (needs, true)
    }

    /// A refusal, as it is told; nothing once there were too many.
    pub(super) fn denial(&mut self, peer: PeerId, reason: &str) -> Option<Denial> {
        self.told = self.told.saturating_add(1);
        (self.told <= TOLD).then(|| Denial {
            peer,
            reason: reason.to_owned(),
            kind: if self.told == TOLD {
                DenialKind::LastRight
            } else {
                DenialKind::Right
            },
        })
    }
}
