//! Whom to ask.

use std::cell::Cell;

use daffi_core::proto::{Absence, Balance, Described, Failed, Limits};

use super::directory::Directory;
use super::fit::Fit;
use super::ids::{FunctionKey, PeerId, ProviderKey};
use super::outlet::Outlet;
use super::peers::Peers;
use super::provider::{Function, Provider, Version};
use daffi_core::mixing::mixed;

/// Among so many providers it is looked for the one that comes closest to an answer.
const LOOKED_AT: usize = 64;

/// So many bytes have the signatures at most that are told of a callback, beside the one that comes closest.
const TOLD_BYTES: usize = 32 * 1024;

/// So far apart are the numbers that are mixed to choose at random.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// Picks providers, with a random state of its own.
#[derive(Debug)]
pub(super) struct Picker {
    state: u64,
}

/// What a call wishes for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wish<'a> {
    /// Whose offers it goes together with.
    pub(super) fit: Fit<'a>,
    pub(super) caller: PeerId,
    /// The one that shall run it.
    pub(super) named: Option<PeerId>,
    /// Calls with the same key go to the same provider.
    pub(super) key: Option<u64>,
    /// How many bytes its arguments take.
    pub(super) size: usize,
    /// How much room the queue to a provider must have.
    pub(super) needed: usize,
    /// Whether one that is away is as good as any other.
    pub(super) also_away: bool,
}

/// Why a provider is out of the question. The later ones say more about what the caller could do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Obstacle {
    /// It is about to come or to go.
    Gone,
    Caller,
    Signature,
    /// It takes nothing more, for another reason than the number of its calls.
    Clogged,
    /// It runs as many calls of the caller as it may of one process. When one of them ends, it has a place for the caller; for
    /// others it may have one now.
    Bounded,
    /// It runs as many calls as it may. When one of them ends, it has a place.
    Busy,
}

/// Why nobody is asked now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unrouted {
    /// All are busy: one that will have a place would run the call.
    Busy {
        /// It may also be that one has a place, and takes nothing for another reason.
        unsure: bool,
        /// One may have a place for others.
        bounded: bool,
    },
    /// What to answer.
    Failed(Failed),
}

impl From<Failed> for Unrouted {
    fn from(failed: Failed) -> Self {
        Self::Failed(failed)
    }
}

/// What is told where those that could be asked take nothing more.
pub(super) const OVERLOADED: Failed = Failed::Overloaded { may_have_run: false };

impl Wish<'_> {
    /// What speaks against a provider.
    pub(super) fn obstacle(&self, provider: &Provider, peers: &Peers, out: &impl Outlet) -> Option<Obstacle> {
        let peer = peers.get(provider.peer);
        let peer = peer.filter(|peer| peer.is_callable() && provider.live);
        match peer {
            None => Some(Obstacle::Gone),
            _ if self.named.is_none() && provider.peer == self.caller => Some(Obstacle::Caller),
            _ if !self.fit.accepts(provider) => Some(Obstacle::Signature),
            _ if provider.is_full() => Some(Obstacle::Busy),
            _ if provider.is_full_for(self.caller) => Some(Obstacle::Bounded),
            Some(peer) if !peer.load.takes(self.caller, self.size) => Some(Obstacle::Clogged),
            _ if out.room(provider.peer) < self.needed => Some(Obstacle::Clogged),
            _ => None,
        }
    }
}

impl Obstacle {
    /// What it means for a call for which `provider` was out of the question, and any other one, too.
    pub(super) fn unrouted(self, provider: &Provider) -> Unrouted {
        Unrouted::Failed(match (self, &provider.signature) {
            (Self::Caller, _) => Failed::NoProvider(Absence::OnlyCaller),
            (Self::Signature, Some(signature)) => Failed::SignatureMismatch {
                offered: Box::new((**signature).clone()),
                others: Vec::new(),
            },
            (Self::Gone | Self::Signature, _) => Failed::NoProvider(Absence::nobody()),
            (Self::Clogged, _) => OVERLOADED,
            (Self::Bounded | Self::Busy, _) => {
                return Unrouted::Busy {
                    unsure: false,
                    bounded: self == Self::Bounded,
                };
            }
        })
    }
}

impl Picker {
    pub(super) fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// Picks one of those who offer a callback: one that is away only if nobody else could be asked, also later.
    pub(super) fn pick_there(
        &mut self,
        function: Option<(FunctionKey, &Function)>,
        (directory, peers): (&Directory, &Peers),
        wish: &Wish<'_>,
        obstacle: impl Fn(&Provider) -> Option<Obstacle>,
    ) -> Result<ProviderKey, Unrouted> {
        // Mostly nobody is away.
        if peers.has_away() && !wish.also_away {
            let is_away = |provider: &Provider| peers.is_away(provider.peer).then_some(Obstacle::Clogged);
            let obstacle = |provider: &Provider| obstacle(provider).or_else(|| is_away(provider));
            let picked = self.pick(function, directory, wish, obstacle);
            if let Ok(_) | Err(Unrouted::Busy { .. }) = picked {
                return picked;
            }
        }
        self.pick(function, directory, wish, obstacle)
    }

    /// Picks one of those who offer a callback.
    pub(super) fn pick(
        &mut self,
        function: Option<(FunctionKey, &Function)>,
        directory: &Directory,
        wish: &Wish<'_>,
        obstacle: impl Fn(&Provider) -> Option<Obstacle>,
    ) -> Result<ProviderKey, Unrouted> {
        if let Some(named) = wish.named {
            let offer = function.and_then(|(key, _)| directory.offer_of(named, key));
            let (key, provider) = offer.ok_or(Failed::NoProvider(Absence::NotOffered))?;
            return match obstacle(provider) {
                None => Ok(key),
                Some(Obstacle::Gone) => Err(Failed::NoProvider(Absence::ProcessUnknown).into()),
                Some(obstacle) => Err(obstacle.unrouted(provider)),
            };
        }
        let Some((key, function)) = function else {
            return Err(Failed::NoProvider(Absence::nobody()).into());
        };
        let bounded = Cell::new(false);
        if wish.fit.among(function) > 0 {
            let get = |key| directory.provider(key);
            let usable = |key: ProviderKey| match get(key).map(&obstacle) {
                Some(None) => true,
                Some(Some(Obstacle::Bounded)) => {
                    bounded.set(true);
                    false
                }
                _ => false,
            };
            let picked = self.choose(function, wish.key, get, usable);
            if let Some(picked) = picked {
                return Ok(picked);
            }
        }
        Err(refusal((key, function), directory, wish, bounded.get(), obstacle))
    }

    /// One of the free ones that is usable.
    fn choose<'a>(
        &mut self,
        function: &Function,
        key: Option<u64>,
        get: impl Fn(ProviderKey) -> Option<&'a Provider>,
        usable: impl Fn(ProviderKey) -> bool,
    ) -> Option<ProviderKey> {
        let free = function.free();
        let first = get(*free.first()?)?;
        if let [only] = free {
            return usable(*only).then_some(*only);
        }
        if let Some(key) = key {
            let weight = |provider: &ProviderKey| get(*provider).map_or(0, |provider| weight(key, provider));
            let usable = free.iter().copied().filter(|provider| usable(*provider));
            return usable.max_by_key(weight);
        }
        match first.balance {
            Balance::RoundRobin => function.turns().find(|provider| usable(*provider)),
            Balance::Random => {
                let start = self.below(free.len());
                let (before, after) = free.split_at(start);
                after
                    .iter()
                    .chain(before)
                    .copied()
                    .find(|provider| usable(*provider))
            }
            _ => self.less_loaded(free, get, usable),
        }
    }

    /// The less loaded of two random ones, if they are usable; otherwise of all.
    fn less_loaded<'a>(
        &mut self,
        free: &[ProviderKey],
        get: impl Fn(ProviderKey) -> Option<&'a Provider>,
        usable: impl Fn(ProviderKey) -> bool,
    ) -> Option<ProviderKey> {
        let better = |a: ProviderKey, b: ProviderKey| match (get(a), get(b)) {
            (Some(first), Some(second)) if is_less_loaded(first, second) => a,
            _ => b,
        };
        let (first, second) = self.two(free.len());
        let (first, second) = (free[first], free[second]);
        match (usable(first), usable(second)) {
            (true, true) => Some(better(first, second)),
            (true, false) => Some(first),
            (false, true) => Some(second),
            (false, false) => free
                .iter()
                .copied()
                .filter(|provider| usable(*provider))
                .reduce(better),
        }
    }

    /// Two different indices below `count`, which is at least 2.
    fn two(&mut self, count: usize) -> (usize, usize) {
        let first = self.below(count);
        let second = (first + 1 + self.below(count - 1)) % count;
        (first, second)
    }

    /// A number below `limit`, by splitmix64: quick, and random enough to spread load.
    fn below(&mut self, limit: usize) -> usize {
        self.state = self.state.wrapping_add(STEP);
        usize::try_from((u128::from(mixed(self.state)) * limit as u128) >> 64).unwrap_or(0)
    }
}

/// Why none of those who offer a callback can be asked, some of which may be `bounded`: what comes closest to an answer.
fn refusal(
    (key, function): (FunctionKey, &Function),
    directory: &Directory,
    wish: &Wish<'_>,
    bounded: bool,
    obstacle: impl Fn(&Provider) -> Option<Obstacle>,
) -> Unrouted {
    let shown = function.shown();
    let providers = shown.iter().filter_map(|key| directory.provider(*key));
    let obstacles = providers.filter_map(|provider| Some((obstacle(provider)?, provider)));
    let mut closest: Option<(Obstacle, &Provider)> = None;
    let mut is_clogged = false;
    for (obstacle, provider) in obstacles.take(LOOKED_AT) {
        is_clogged |= obstacle == Obstacle::Clogged;
        if closest.is_none_or(|(closest, _)| closest <= obstacle) {
            closest = Some((obstacle, provider));
        }
    }
    let own = directory.offer_of(wish.caller, function.base(key));
    let own = own.filter(|(own, _)| function.group.is_none() || shown.contains(own));
    let own_accepts = own.is_some_and(|(_, own)| wish.fit.accepts(own));
    // Of many, it is known how many would take the call if they could, and whether some run as much as they may.
    let others_accept = wish.fit.among(function) > usize::from(own_accepts);
    let unseen = shown.len() > LOOKED_AT && others_accept;
    let some_are_busy = function.free().len() < shown.len();
    match closest {
        None => Unrouted::Failed(Failed::NoProvider(Absence::nobody())),
        Some((Obstacle::Bounded | Obstacle::Busy, _)) => Unrouted::Busy {
            unsure: is_clogged || unseen,
            bounded,
        },
        Some(_) if unseen && (some_are_busy || bounded) => Unrouted::Busy {
            unsure: true,
            bounded,
        },
        Some(_) if unseen => Unrouted::Failed(OVERLOADED),
        Some((obstacle, provider)) => match obstacle.unrouted(provider) {
            Unrouted::Failed(Failed::SignatureMismatch { offered, .. }) => {
                let all = directory.function_of(function.base(key)).unwrap_or(function);
                let others = told(&all.versions, Some(provider.version), Limits::OTHERS);
                Unrouted::Failed(Failed::SignatureMismatch { offered, others })
            }
            unrouted => unrouted,
        },
    }
}

/// What is told of versions of a callback, but for one of them: so many at most, as far as they are not too long.
pub(super) fn told(versions: &[Version], but: Option<u64>, most: usize) -> Vec<Described> {
    let mut room = TOLD_BYTES;
    let mut told = Vec::new();
    for version in versions
        .iter()
        .filter(|version| Some(version.number) != but)
        .take(LOOKED_AT)
    {
        if told.len() == most {
            break;
        }
        if let Some(left) = room.checked_sub(version.signature.size()) {
            room = left;
            told.push(Described::clone(&version.signature));
        }
    }
    told
}

/// Rendezvous hashing: each provider has a weight for the key, and the heaviest usable one gets it. When a provider leaves,
/// no other key moves.
const fn weight(key: u64, provider: &Provider) -> u64 {
    mixed(key ^ mixed(provider.identity))
}

/// Whether the first has no larger part of its capacity in use than the second; by the number of calls where no capacity is
/// known.
fn is_less_loaded(first: &Provider, second: &Provider) -> bool {
    let weight = |provider: &Provider| u64::from(provider.concurrency.unwrap_or(1).max(1));
    // first.running / first.weight <= second.running / second.weight
    u64::from(first.running) * weight(second) <= u64::from(second.running) * weight(first)
}
