//! How much of each thing somebody may have, put together from what is said for all and in roles.

use std::sync::Arc;

use daffi_core::proto::{Measure, QuotaOf};
use daffi_core::{Quota, Quotas};

/// What one connection may have, and its identity with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed {
    /// Whose connection it is, if that is known.
    pub identity: Option<Arc<str>>,
    /// How much there may be for the connection, and for the identity.
    pub quotas: Quotas,
}

impl Allowed {
    /// What is `said`, for a connection of `identity`; nothing where that is no bound.
    pub(super) fn new(identity: Option<&str>, said: Quotas) -> Option<Self> {
        let said = said.address(Quota::new());
        // Nobody is no identity.
        let quotas = match identity {
            Some(_) => said,
            None => said.identity(Quota::new()),
        };
        quotas.is_any().then(|| Self {
            identity: identity.map(Into::into),
            quotas,
        })
    }

    /// How large a frame may be that it sends, where none is larger than `most`.
    pub fn frame_bytes(&self, most: usize) -> usize {
        let of = |of| self.quotas.of(of).of(Measure::FrameBytes);
        let said = of(QuotaOf::Connection).into_iter().chain(of(QuotaOf::Identity));
        let said = said.min().map(|said| said.max(Quota::LEAST_FRAME_BYTES));
        said.and_then(|said| usize::try_from(said).ok())
            .map_or(most, |said| said.min(most))
    }
}

/// What some roles say, the most generous first.
pub(super) fn most_generous<'a>(said: impl Iterator<Item = &'a Quotas>) -> Quotas {
    said.fold(Quotas::new(), |most, said| merged(&most, said, Ord::max))
}

/// What is said for all, but for what is said `instead`.
pub(super) fn replaced(all: &Quotas, instead: &Quotas) -> Quotas {
    merged(all, instead, |all, instead| instead.or(all))
}

fn merged(one: &Quotas, other: &Quotas, pick: fn(Option<u64>, Option<u64>) -> Option<u64>) -> Quotas {
    let quota = |of| {
        let (one, other): (&Quota, &Quota) = (one.of(of), other.of(of));
        Measure::ALL.into_iter().fold(Quota::new(), |quota, measure| {
            match pick(one.said(measure), other.said(measure)) {
                Some(most) => quota.with(measure, most),
                None => quota,
            }
        })
    };
    Quotas::new()
        .connection(quota(QuotaOf::Connection))
        .identity(quota(QuotaOf::Identity))
}
