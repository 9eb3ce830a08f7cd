//! What a schedule calls, and for whom.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use daffi_core::proto::{CallHeader, CallId, Described, Mode, Plan, Who};

/// Keys and values.
type Pairs = Box<[(Box<str>, Box<str>)]>;

/// A call, to be made when it is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    callback: Box<str>,
    signature: u64,
    /// The structure of the arguments and the result, as whoever has left it knows it.
    described: Option<Box<Described>>,
    to: Option<Box<str>>,
    /// Attributes of the process that is to run it, each with its value.
    having: Pairs,
    timeout: Option<Duration>,
    metadata: Pairs,
    key: Option<u64>,
    mode: Mode,
    arguments: Bytes,
}

impl Order {
    /// The call of a header, whose deadline is what each of the calls may take.
    #[must_use]
    pub fn new(header: &CallHeader<'_>, described: Option<Described>, arguments: &Bytes) -> Self {
        Self {
            callback: header.name.into(),
            signature: header.signature,
            described: described.map(Box::new),
            to: header.to.map(Into::into),
            having: kept(&header.having),
            timeout: header.deadline,
            metadata: kept(&header.metadata),
            key: header.key,
            mode: header.mode,
            // What is kept for long keeps nothing else of what was read with it.
            arguments: Bytes::copy_from_slice(arguments),
        }
    }

    /// The callback's remote name.
    #[must_use]
    pub fn callback(&self) -> &str {
        &self.callback
    }

    /// How long each of the calls may take.
    #[must_use]
    pub const fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    /// Whether it asks every process that offers the callback.
    #[must_use]
    pub const fn asks_many(&self) -> bool {
        self.mode.asks_many()
    }

    /// The arguments, encoded.
    #[must_use]
    pub const fn arguments(&self) -> &Bytes {
        &self.arguments
    }

    /// The number of its signature.
    pub(super) const fn signature(&self) -> u64 {
        self.signature
    }

    /// Its structure, if it was said.
    pub(super) fn described(&self) -> Option<&Described> {
        self.described.as_deref()
    }

    /// The header of a call.
    #[must_use]
    pub fn header(&self, call: CallId) -> CallHeader<'_> {
        CallHeader {
            call,
            name: &self.callback,
            signature: self.signature,
            to: self.to.as_deref(),
            having: shown(&self.having),
            deadline: self.timeout,
            trace: None,
            metadata: shown(&self.metadata),
            key: self.key,
            mode: self.mode,
            within: None,
            versions: Vec::new(),
        }
    }

    /// What it calls, and nothing of how.
    pub(super) fn name(&self) -> Self {
        Self::new(
            &CallHeader::new(CallId::first(0), &self.callback),
            None,
            &Bytes::new(),
        )
    }

    /// How many bytes it takes, but for a few.
    pub(super) fn bytes(&self) -> usize {
        let said = self.metadata.iter().chain(&self.having);
        let said: usize = said.map(|(key, value)| key.len() + value.len()).sum();
        let described = self.described.as_ref().map_or(0, |described| described.size());
        described
            + self.callback.len()
            + self.to.as_ref().map_or(0, |to| to.len())
            + said
            + self.arguments.len()
    }
}

fn kept(pairs: &[(&str, &str)]) -> Pairs {
    let pairs = pairs.iter();
    pairs
        .map(|(key, value)| ((*key).into(), (*value).into()))
        .collect()
}

fn shown(pairs: &Pairs) -> Vec<(&str, &str)> {
    pairs.iter().map(|(key, value)| (&**key, &**value)).collect()
}

/// A connection of a process: a number that no other one has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Connection(pub u64);

/// A schedule as it is asked for: a call, and when it is made.
#[derive(Clone, Debug)]
pub struct Draft {
    /// When.
    pub plan: Plan,
    /// The call.
    pub order: Order,
    /// Over which it is asked for.
    pub connection: Connection,
}

impl Draft {
    /// The connection with which it ends, if it ends with one.
    pub(super) fn ends_with(&self) -> Option<Connection> {
        self.plan.while_connected.then_some(self.connection)
    }
}

/// Who made a schedule.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Maker {
    /// The process's name.
    pub process: Arc<str>,
    /// Who it is, as it is proven. Its calls are made in this one's name.
    pub identity: Who<Arc<str>>,
    /// Whether it is the process that runs the controller.
    pub is_own: bool,
}

impl Maker {
    /// Its identity, in words.
    pub(super) fn owner(&self) -> Arc<str> {
        self.identity.to_string().into()
    }
}
