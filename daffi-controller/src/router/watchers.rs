//! Those who want to know: who waits for something to appear, and who is told what happens.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use daffi_core::proto::CallId;

use super::ids::{FIRST, LAST, PeerId};
use super::questions::{Asker, Questions};

/// So many frames may wait for somebody who is still being told what there was when they asked.
pub(super) const BACKLOG: usize = 1024;

/// Who waits, and who is told.
#[derive(Debug, Default)]
pub(super) struct Watchers {
    pub(super) questions: Questions,
    pub(super) subscribers: BTreeMap<Asker, Subscriber>,
    /// How many changes there have been.
    pub(super) changes: u64,
}

#[derive(Debug)]
pub(super) struct Subscriber {
    /// How many changes there had been when it asked: those it knows.
    pub(super) since: u64,
    /// What has happened since, as long as it is told what was there before.
    pub(super) backlog: Option<VecDeque<Bytes>>,
}

impl Watchers {
    /// Somebody who waits does so no more.
    pub(super) fn forget_question(&mut self, peer: PeerId, call: CallId) {
        self.questions.forget(peer, call);
    }

    /// Somebody wants to be told no more.
    pub(super) fn forget_subscriber(&mut self, peer: PeerId, call: CallId) {
        self.subscribers.remove(&(peer, call));
    }

    /// How many questions of a process what happens are open.
    pub(super) fn subscriptions_of(&self, peer: PeerId) -> usize {
        self.subscribers.range((peer, FIRST)..=(peer, LAST)).count()
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.questions.is_empty() && self.subscribers.is_empty()
    }
}
