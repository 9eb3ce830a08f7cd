//! A broadcast of a schedule, and how it ends at those that it asks.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use daffi_core::proto::{CallId, TickError, decode_guarded};

use crate::schedule::{End, Order};

/// A broadcast that is made.
#[derive(Debug)]
pub(super) struct Many {
    pub(super) order: Arc<Order>,
    /// The names of those that are asked, encoded.
    pub(super) names: Bytes,
    failed: u32,
    first: Option<(u32, TickError)>,
    /// Those that are called by themselves, as their signature has another number for the same, and under which number.
    pub(super) again: BTreeMap<u32, CallId>,
    /// It has ended, but for those; with this error, if there is one.
    ended: Option<Option<TickError>>,
}

impl Many {
    pub(super) fn new(order: Arc<Order>) -> Self {
        Self {
            order,
            names: Bytes::new(),
            failed: 0,
            first: None,
            again: BTreeMap::new(),
            ended: None,
        }
    }

    /// It failed at one of them.
    pub(super) fn fail(&mut self, part: u32, error: TickError) {
        self.failed += 1;
        self.first.get_or_insert((part, error));
    }

    /// It has ended; at so many it failed, of which nothing else is known.
    pub(super) fn ended(&mut self, error: Option<TickError>, also_failed: u32) {
        self.failed += also_failed;
        self.ended = Some(error);
    }

    pub(super) const fn has_ended(&self) -> bool {
        self.ended.is_some()
    }

    /// Who has a place among those that are asked.
    pub(super) fn name(&self, part: u32) -> Option<String> {
        self.names().get(part as usize).map(|name| (*name).to_owned())
    }

    fn names(&self) -> Vec<&str> {
        decode_guarded(&self.names).unwrap_or_default()
    }

    /// How it ended, if it has and nobody is called by itself any more. Errors are as `seen`.
    pub(super) fn end(&mut self, seen: impl Fn(TickError) -> TickError) -> Option<End> {
        if !self.again.is_empty() {
            return None;
        }
        Some(match (self.ended.take()?, self.first.take()) {
            (Some(error), _) => End::of(Some(seen(error))),
            (None, None) => End::Ok,
            (None, Some((part, error))) => End::Failed(TickError::Parts {
                failed: self.failed,
                of: u32::try_from(self.names().len()).unwrap_or(u32::MAX),
                process: self.name(part).unwrap_or_default(),
                error: Box::new(seen(error)),
            }),
        })
    }
}
