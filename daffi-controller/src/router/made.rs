//! A call's header, kept while the call waits or goes to many.

use std::time::Duration;

use daffi_core::proto::{CallHeader, CallId, Mode, TraceContext};

use super::fit::Fit;
use super::having::Having;

/// What a call that waits takes beside its arguments, about, in bytes.
const KEPT: usize = 512;

/// And for each version that it names, as it waits in a line for each.
const KEPT_FOR_VERSION: usize = 256;

/// What of a call's header is needed when the frame that brought it is gone.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) number: CallId,
    pub(super) name: Box<str>,
    signature: u64,
    having: Option<Box<Having>>,
    pub(super) deadline: Option<Duration>,
    trace: Option<TraceContext>,
    metadata: Vec<(Box<str>, Box<str>)>,
    pub(super) key: Option<u64>,
    mode: Mode,
    within: Option<CallId>,
    versions: Box<[u64]>,
}

impl Made {
    pub(super) fn new(header: &CallHeader<'_>) -> Self {
        Self {
            number: header.call,
            name: header.name.into(),
            signature: header.signature,
            having: (!header.having.is_empty()).then(|| Box::new(Having::new(&header.having))),
            deadline: header.deadline,
            trace: header.trace,
            metadata: header
                .metadata
                .iter()
                .map(|(key, value)| ((*key).into(), (*value).into()))
                .collect(),
            key: header.key,
            mode: header.mode,
            within: header.within,
            versions: header.versions.as_slice().into(),
        }
    }

    /// Who may run it.
    pub(super) fn fit(&self) -> Fit<'_> {
        Fit::new(self.signature, &self.versions)
    }

    /// Whether nobody learns of the outcome.
    pub(super) const fn is_handed_over(&self) -> bool {
        self.mode.hands_over()
    }

    /// What it takes while it waits, about, in bytes, beside what it brings to its provider.
    pub(super) fn kept(&self) -> usize {
        KEPT + KEPT_FOR_VERSION * self.versions.len()
            + self.having.as_ref().map_or(0, |having| having.bytes())
    }

    /// The attributes that it wants of the process that runs it.
    pub(super) fn having(&self) -> Vec<(&str, &str)> {
        self.having
            .as_ref()
            .map_or_else(Vec::new, |having| having.pairs())
    }

    /// The header again, but for the process that it names.
    pub(super) fn header(&self) -> CallHeader<'_> {
        CallHeader {
            call: self.number,
            name: &self.name,
            signature: self.signature,
            to: None,
            having: self.having(),
            deadline: self.deadline,
            trace: self.trace,
            metadata: self
                .metadata
                .iter()
                .map(|(key, value)| (&**key, &**value))
                .collect(),
            key: self.key,
            mode: self.mode,
            within: self.within,
            versions: self.versions.to_vec(),
        }
    }
}
