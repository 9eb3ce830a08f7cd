//! What a fetcher knows before it is called.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tracing::warn;

use crate::panics::logged;
use crate::proto::{Described, Mode};
use crate::signature::{Contract, Forms, Gap, Notes, Panic, Signature};

/// A fetcher's own data: one static for each.
#[derive(Debug)]
pub struct Stub {
    pub(super) name: &'static str,
    pub(super) timeout: Option<Duration>,
    pub(super) to: Option<&'static str>,
    /// In ascending order, each key once.
    pub(super) having: &'static [(&'static str, &'static str)],
    pub(super) patience: Option<Duration>,
    pub(super) retries: u32,
    pub(super) idempotent: bool,
    pub(super) mode: Mode,
    pub(super) varying: bool,
    pub(super) traced: OnceLock<Traced>,
    /// What is known of it but for the arguments whose structure each value shows; instead of the former.
    pub(super) shown: OnceLock<Shown>,
    /// Whether the names of the parameters have been compared with a provider's.
    pub(super) compared: AtomicBool,
}

/// A signature, what is held to it, and what follows from it, computed once.
#[derive(Debug)]
pub(super) struct Traced {
    pub(super) signature: Signature,
    pub(super) forms: Arc<Forms>,
    pub(super) number: u64,
    /// The number of what the parameters are called.
    names: u64,
    /// Whether the result can nest without end.
    pub(super) guarded: bool,
}

/// What a stub knows where each value shows the structure of some arguments.
#[derive(Debug)]
pub(super) struct Shown {
    signature: Signature,
    forms: Arc<Forms>,
}

impl Shown {
    /// What there is to know without a value.
    pub(super) fn new(callback: &str, contract: Contract) -> Self {
        told(callback, contract.notes);
        Self {
            signature: contract.signature,
            forms: Arc::new(contract.forms),
        }
    }

    /// The same with what a call shows.
    pub(super) fn with(&self, shown: Signature) -> Traced {
        Traced::of(self.signature.shown_by(shown), Arc::clone(&self.forms))
    }
}

impl Traced {
    /// What the fetcher of `callback` agreed to.
    pub(super) fn new(callback: &str, contract: Contract) -> Self {
        told(callback, contract.notes);
        Self::of(contract.signature, Arc::new(contract.forms))
    }

    fn of(signature: Signature, forms: Arc<Forms>) -> Self {
        Self {
            number: signature.number(),
            names: signature.names_number(),
            guarded: signature.needs_guard(),
            signature,
            forms,
        }
    }
}

/// Says what was in the way when the fetcher of `callback` was looked into.
pub(super) fn told(callback: &str, Notes { panics, gaps }: Notes) {
    for Gap { place, ty, cause } in gaps {
        logged(|| warn!(callback, place, ty, "{cause}"));
    }
    for Panic { ty, message } in panics {
        logged(|| {
            warn!(
                callback,
                ty,
                message,
                "this type panicked when a made-up value of it was read, so not all is known about it: let its conversion \
                 return an error, or write #[fetcher(untraced)]"
            );
        });
    }
}

impl Traced {
    /// The number to send instead of that of the signature to have the names of the parameters compared, if there are any.
    pub(super) fn named(&self) -> Option<u64> {
        (self.names != 0).then(|| Described::named(self.number, self.names))
    }
}

impl Stub {
    /// A fetcher of the callback `name`.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            timeout: None,
            to: None,
            having: &[],
            patience: None,
            retries: 0,
            idempotent: false,
            mode: Mode::Answered,
            varying: false,
            traced: OnceLock::new(),
            shown: OnceLock::new(),
            compared: AtomicBool::new(false),
        }
    }

    /// Every call ends after `timeout`, unless it says otherwise.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Every call goes to `process`, unless it says otherwise.
    #[must_use]
    pub const fn to(mut self, process: &'static str) -> Self {
        self.to = Some(process);
        self
    }

    /// Every call goes to a process that says all of this of itself; in ascending order, each key once. See
    /// [`Call::to_where`](crate::Call::to_where).
    #[must_use]
    pub const fn having(mut self, attributes: &'static [(&'static str, &'static str)]) -> Self {
        self.having = attributes;
        self
    }

    /// Every call waits so long for somebody who offers the callback, unless it says otherwise; see
    /// [`Call::wait_for_provider`](crate::Call::wait_for_provider).
    #[must_use]
    pub const fn wait(mut self, wait: Duration) -> Self {
        self.patience = Some(wait);
        self
    }

    /// Every call that fails for a reason which may pass is made again up to so many times; see
    /// [`Call::retry`](crate::Call::retry).
    #[must_use]
    pub const fn retry(mut self, retries: u32) -> Self {
        self.retries = retries;
        self
    }

    /// The callback may run more than once for one call; see [`Call::idempotent`](crate::Call::idempotent).
    #[must_use]
    pub const fn idempotent(mut self) -> Self {
        self.idempotent = true;
        self
    }

    /// Every call runs the callback once for each item of a stream.
    #[must_use]
    pub const fn each(mut self) -> Self {
        self.mode = Mode::Each;
        self
    }

    /// Its types depend on parameters of the block that it stands in: its static is shared by all of them.
    #[must_use]
    pub const fn varying(mut self) -> Self {
        self.varying = true;
        self
    }

    pub(super) fn traced(&self) -> Option<&Traced> {
        self.traced.get()
    }
}
