//! How much may be refused to a process before it is cut off.

use daffi_core::Quota;
use daffi_core::proto::{Measure, Moment};

use super::account::Account;
use crate::access::Bucket;

/// So many times what is allowed in a second may be refused in a second.
const PATIENCE: u64 = 10;

/// And the whole of what is allowed in so many seconds may be refused at once.
const PATIENT: u64 = 60;

/// What is allowed in a second, for this: where nothing is said, and at least.
const CALLS: u64 = 1000;
const FEWEST_CALLS: u64 = 100;
const FEWEST_BYTES: u64 = 1024 * 1024;

/// What is refused takes of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    calls: Bucket,
    bytes: Option<Bucket>,
}

impl Patience {
    /// All of it, for a connection that may do as much as `account` says, of an identity that may as much as that.
    pub(super) fn new(account: &Account, identity: &Quota, now: Moment) -> Self {
        let holding =
            |rate: u64| Bucket::holding(rate.saturating_mul(PATIENCE), rate.saturating_mul(PATIENT), now);
        let least = |own: Option<u64>, measure| [own, identity.of(measure)].into_iter().flatten().min();
        let calls = least(account.calls_per_second(), Measure::CallsPerSecond).unwrap_or(CALLS);
        let bytes = least(account.bytes_per_second(), Measure::BytesPerSecond);
        Self {
            calls: holding(calls.max(FEWEST_CALLS)),
            bytes: bytes.map(|bytes| holding(bytes.max(FEWEST_BYTES))),
        }
    }

    /// From now on there is as much of it as of another one. What is spent stays spent.
    pub(super) fn change(&mut self, to: &Self, now: Moment) {
        self.calls.change(&to.calls, now);
        match (&mut self.bytes, to.bytes) {
            (Some(old), Some(new)) => old.change(&new, now),
            (old, new) => *old = new,
        }
    }

    /// No more is left of it than of another one.
    pub(super) fn lower(&mut self, to: &Self, now: Moment) {
        self.calls.lower(to.calls, now);
        if let (Some(bytes), Some(to)) = (&mut self.bytes, to.bytes) {
            bytes.lower(to, now);
        }
    }

    /// What is left of several that have ended: no more than of each, and where bytes were not bounded for all of them, than of the others.
    pub(super) fn lower_all(&mut self, to: &Self, now: Moment) {
        self.lower(to, now);
        self.bytes = self.bytes.or(to.bytes);
    }

    /// A call of so many bytes was refused. Whether that is too much.
    pub(super) fn spend(&mut self, bytes: u64, now: Moment) -> bool {
        self.calls.charge(1, now);
        let calls = self.calls.owes(now);
        let bytes = self.bytes.as_mut().and_then(|bucket| {
            bucket.charge(bytes, now);
            bucket.owes(now)
        });
        calls.is_some() || bytes.is_some()
    }
}
