//! Whom to ask.

use daffi_core::proto::{Absence, CallbackId, Failed};

use super::LinkId;
use super::directory::Provider;

/// Picks the less loaded of two random providers, with a random state of its own.
#[derive(Debug)]
pub(super) struct Picker {
    state: u64,
}

/// The provider that was picked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) provider: LinkId,
    pub(super) callback: CallbackId,
}

/// Why a provider is out of the question. The later ones say more about what the caller could do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Obstacle {
    Caller,
    Other,
    Signature,
    Full,
}

impl Picker {
    pub(super) fn new(seed: u64) -> Self {
        // Zero would stay zero.
        Self { state: seed | 1 }
    }

    /// Picks one of `providers` for a call from `caller` whose signature has the number `signature`.
    pub(super) fn pick(
        &mut self,
        providers: &[Provider],
        signature: u64,
        caller: LinkId,
        to: Option<LinkId>,
        has_room: impl Fn(LinkId) -> bool,
    ) -> Result<Choice, Failed> {
        let obstacle = |provider: &Provider| match to {
            Some(to) if provider.link != to => Some(Obstacle::Other),
            None if provider.link == caller => Some(Obstacle::Caller),
            _ if signature != 0 && !provider.accepts.contains(&signature) => Some(Obstacle::Signature),
            _ if provider.offered.concurrency.is_some_and(|limit| provider.running >= limit) => {
                Some(Obstacle::Full)
            }
            _ if !has_room(provider.link) => Some(Obstacle::Full),
            _ => None,
        };
        let usable = |index: usize| obstacle(&providers[index]).is_none();
        let picked = match providers.len() {
            0 => None,
            1 => usable(0).then_some(0),
            count => {
                let (first, second) = self.two(count);
                match (usable(first), usable(second)) {
                    (true, true) => Some(less_loaded(providers, first, second)),
                    (true, false) => Some(first),
                    (false, true) => Some(second),
                    (false, false) => {
                        let mut rest = (0..count).filter(|index| usable(*index));
                        rest.next().map(|first| rest.fold(first, |best, next| less_loaded(providers, best, next)))
                    }
                }
            }
        };
        if let Some(index) = picked {
            let provider = &providers[index];
            return Ok(Choice { provider: provider.link, callback: provider.offered.callback });
        }
        let worst = providers.iter().filter_map(|provider| Some((obstacle(provider)?, provider)));
        Err(match worst.max_by_key(|(obstacle, _)| *obstacle) {
            None if to.is_some() => Failed::NoProvider(Absence::NotOffered),
            None => Failed::NoProvider(Absence::Nobody),
            Some((Obstacle::Caller, _)) => Failed::NoProvider(Absence::OnlyCaller),
            Some((Obstacle::Other, _)) => Failed::NoProvider(Absence::NotOffered),
            Some((Obstacle::Signature, provider)) => {
                Failed::SignatureMismatch { offered: Box::new(provider.offered.signature.clone()) }
            }
            Some((Obstacle::Full, _)) => Failed::Overloaded { may_have_run: false },
        })
    }

    /// Two different indices below `count`, which is at least 2.
    fn two(&mut self, count: usize) -> (usize, usize) {
        let first = self.below(count);
        let second = (first + 1 + self.below(count - 1)) % count;
        (first, second)
    }

    /// A number below `limit`, by xorshift: quick, and random enough to spread load.
    fn below(&mut self, limit: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        ((u128::from(self.state) * limit as u128) >> 64) as usize
    }
}

/// The one with the smaller part of its capacity in use; the number of calls where no capacity is known.
fn less_loaded(providers: &[Provider], a: usize, b: usize) -> usize {
    let weight = |provider: &Provider| u64::from(provider.offered.concurrency.unwrap_or(1).max(1));
    let (left, right) = (&providers[a], &providers[b]);
    // left.running / left.weight <= right.running / right.weight
    if u64::from(left.running) * weight(right) <= u64::from(right.running) * weight(left) { a } else { b }
}
