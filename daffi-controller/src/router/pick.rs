//! Whom to ask.

use daffi_core::proto::{Absence, Balance, CallbackId, Failed};

use super::LinkId;
use super::directory::Provider;

/// Picks providers, with a random state of its own.
#[derive(Debug)]
pub(super) struct Picker {
    state: u64,
}

/// What a call wishes for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wish {
    /// The number of the caller's signature; 0 matches any.
    pub(super) signature: u64,
    pub(super) caller: LinkId,
    /// The one that shall run it.
    pub(super) to: Option<LinkId>,
    /// Calls with the same key go to the same provider.
    pub(super) key: Option<u64>,
}

/// The provider that was picked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) provider: LinkId,
    pub(super) callback: CallbackId,
}

/// Why a provider is out of the question. The later ones say more about what the caller could do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Obstacle {
    Caller,
    Other,
    Signature,
    Full,
}

impl Wish {
    /// What speaks against a provider.
    fn obstacle(&self, provider: &Provider, has_room: &impl Fn(LinkId) -> bool) -> Option<Obstacle> {
        match self.to {
            Some(to) if provider.link != to => Some(Obstacle::Other),
            None if provider.link == self.caller => Some(Obstacle::Caller),
            _ if !provider.offered.signature.accepts(self.signature) => Some(Obstacle::Signature),
            _ if provider
                .offered
                .concurrency
                .is_some_and(|limit| provider.running >= limit) =>
            {
                Some(Obstacle::Full)
            }
            _ if !has_room(provider.link) => Some(Obstacle::Full),
            _ => None,
        }
    }
}

impl Obstacle {
    /// What a caller is told for whom `provider` was out of the question.
    pub(super) fn failed(self, provider: &Provider) -> Failed {
        match self {
            Self::Caller => Failed::NoProvider(Absence::OnlyCaller),
            Self::Other => Failed::NoProvider(Absence::NotOffered),
            Self::Signature => Failed::SignatureMismatch {
                offered: Box::new(provider.offered.signature.clone()),
            },
            Self::Full => Failed::Overloaded { may_have_run: false },
        }
    }
}

/// Whether a provider can be asked now.
pub(super) fn check(
    provider: &Provider,
    wish: &Wish,
    has_room: impl Fn(LinkId) -> bool,
) -> Result<Choice, Failed> {
    match wish.obstacle(provider, &has_room) {
        None => Ok(Choice::of(provider)),
        Some(obstacle) => Err(obstacle.failed(provider)),
    }
}

impl Choice {
    fn of(provider: &Provider) -> Self {
        Self {
            provider: provider.link,
            callback: provider.offered.callback,
        }
    }
}

impl Picker {
    pub(super) fn new(seed: u64) -> Self {
        // Zero would stay zero.
        Self { state: seed | 1 }
    }

    /// Picks one of `providers` for a call.
    pub(super) fn pick(
        &mut self,
        providers: &[Provider],
        wish: &Wish,
        has_room: impl Fn(LinkId) -> bool,
    ) -> Result<Choice, Failed> {
        let obstacle = |provider: &Provider| wish.obstacle(provider, &has_room);
        let usable = |index: usize| obstacle(&providers[index]).is_none();
        let picked = match (providers, wish.key) {
            ([], _) => None,
            ([_], _) => usable(0).then_some(0),
            (_, Some(key)) => by_key(providers, key, usable),
            ([first, ..], None) => match first.offered.balance {
                Balance::RoundRobin => in_turn(providers, usable),
                Balance::Random => {
                    let start = self.below(providers.len());
                    first_from(start, providers.len(), usable)
                }
                _ => self.less_loaded(providers, usable),
            },
        };
        if let Some(index) = picked {
            return Ok(Choice::of(&providers[index]));
        }
        let worst = providers
            .iter()
            .filter_map(|provider| Some((obstacle(provider)?, provider)));
        Err(match worst.max_by_key(|(obstacle, _)| *obstacle) {
            None if wish.to.is_some() => Failed::NoProvider(Absence::NotOffered),
            None => Failed::NoProvider(Absence::Nobody),
            Some((obstacle, provider)) => obstacle.failed(provider),
        })
    }

    /// The less loaded of two random ones, if they are usable; otherwise of all.
    fn less_loaded(&mut self, providers: &[Provider], usable: impl Fn(usize) -> bool) -> Option<usize> {
        let (first, second) = self.two(providers.len());
        match (usable(first), usable(second)) {
            (true, true) => Some(less_loaded(providers, first, second)),
            (true, false) => Some(first),
            (false, true) => Some(second),
            (false, false) => {
                let mut rest = (0..providers.len()).filter(|index| usable(*index));
                rest.next()
                    .map(|first| rest.fold(first, |best, next| less_loaded(providers, best, next)))
            }
        }
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
        usize::try_from((u128::from(self.state) * limit as u128) >> 64).unwrap_or(0)
    }
}

/// The one that has waited longest for a call.
fn in_turn(providers: &[Provider], usable: impl Fn(usize) -> bool) -> Option<usize> {
    (0..providers.len())
        .filter(|index| usable(*index))
        .min_by_key(|index| providers[*index].last)
}

/// The first usable one, beginning with `start`.
fn first_from(start: usize, count: usize, usable: impl Fn(usize) -> bool) -> Option<usize> {
    (start..count).chain(0..start).find(|index| usable(*index))
}

/// Rendezvous hashing: each provider has a weight for the key, and the heaviest usable one gets it. When a provider leaves,
/// no other key moves.
fn by_key(providers: &[Provider], key: u64, usable: impl Fn(usize) -> bool) -> Option<usize> {
    let weight = |index: &usize| mixed(key ^ mixed(providers[*index].identity));
    (0..providers.len())
        .filter(|index| usable(*index))
        .max_by_key(weight)
}

/// A number in which every bit of another one counts (the finalizer of splitmix64).
const fn mixed(mut number: u64) -> u64 {
    number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

/// The one with the smaller part of its capacity in use; the number of calls where no capacity is known.
fn less_loaded(providers: &[Provider], a: usize, b: usize) -> usize {
    let weight = |provider: &Provider| u64::from(provider.offered.concurrency.unwrap_or(1).max(1));
    let (left, right) = (&providers[a], &providers[b]);
    // left.running / left.weight <= right.running / right.weight
    if u64::from(left.running) * weight(right) <= u64::from(right.running) * weight(left) {
        a
    } else {
        b
    }
}
