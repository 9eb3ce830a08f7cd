//! Who offers what.
//!
//! Every change and every look takes the same time, however many offer the same or how much a process offers; only to look
//! for a provider among many that cannot be asked takes longer.

use std::collections::BTreeSet;
use std::sync::Arc;

use daffi_core::proto::{Attributes, CallbackId, Described, Offered, stable_hash};
use slab::Slab;

use super::callers::PerCaller;
use super::ids::{FunctionKey, PeerId, ProviderKey};
use super::provider::{Function, OfProcess, Provider, Version};
use daffi_core::mixing::{Mixing, Table};

/// Callbacks by name, and by process.
#[derive(Debug)]
pub(super) struct Directory {
    names: Table<Arc<str>, FunctionKey>,
    pub(super) functions: Slab<Function>,
    pub(super) providers: Slab<Provider>,
    offerings: Table<PeerId, OfProcess>,
    /// How many calls were handed to providers.
    pub(super) begun: u64,
    /// How often a group was asked for.
    pub(super) asked: u64,
    /// How often a version of a callback came or went.
    changes: u64,
    /// How many callbacks are offered in several versions.
    mixed: usize,
    /// Those that were given up, until those are told who wait for them.
    pub(super) given_up: Vec<FunctionKey>,
    pub(super) mixing: Mixing,
}

/// Why a process cannot offer a callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Objection {
    /// It offers the name already, under another number.
    Twice,
    /// It has used the number for another name.
    NumberInUse(ProviderKey),
}

impl Directory {
    pub(super) fn new(mixing: Mixing) -> Self {
        Self {
            names: Table::with_hasher(mixing),
            functions: Slab::new(),
            providers: Slab::new(),
            offerings: Table::with_hasher(mixing),
            begun: 0,
            asked: 0,
            changes: 0,
            mixed: 0,
            given_up: Vec::new(),
            mixing,
        }
    }

    // ------------------------------------------------------------------ to look

    pub(super) fn function(&self, name: &str) -> Option<(FunctionKey, &Function)> {
        let key = *self.names.get(name)?;
        Some((key, self.functions.get(key.0 as usize)?))
    }

    pub(super) fn provider(&self, key: ProviderKey) -> Option<&Provider> {
        #[cfg(test)]
        super::meter::look();
        self.providers.get(key.0 as usize)
    }

    pub(super) fn function_of(&self, key: FunctionKey) -> Option<&Function> {
        self.functions.get(key.0 as usize)
    }

    pub(super) fn version_mut(&mut self, of: FunctionKey, version: u64) -> Option<&mut Version> {
        self.functions.get_mut(of.0 as usize)?.version_mut(version)
    }

    /// Whether any callback is offered in several versions.
    pub(super) const fn is_mixed(&self) -> bool {
        self.mixed > 0
    }

    /// A process's offer of a callback that can be called.
    pub(super) fn offer_of(&self, peer: PeerId, function: FunctionKey) -> Option<(ProviderKey, &Provider)> {
        let key = *self.offerings.get(&peer)?.by_function.get(&function)?;
        let provider = self.provider(key)?;
        provider.shown.map(|_| (key, provider))
    }

    /// How much a process offers, about, in bytes.
    pub(super) fn bytes_of(&self, peer: PeerId) -> usize {
        self.offerings.get(&peer).map_or(0, |offering| offering.bytes)
    }

    /// How many callbacks a process offers, hidden ones too.
    pub(super) fn count_of(&self, peer: PeerId) -> usize {
        self.offerings
            .get(&peer)
            .map_or(0, |offering| offering.by_number.len())
    }

    /// What a process offers under a number.
    pub(super) fn numbered(&self, peer: PeerId, callback: CallbackId) -> Option<ProviderKey> {
        self.offerings.get(&peer)?.by_number.get(&callback).copied()
    }

    /// The first of a process's callbacks that cannot be called yet.
    pub(super) fn first_hidden(&self, peer: PeerId) -> Option<ProviderKey> {
        self.offerings.get(&peer)?.hidden.values().next().copied()
    }

    /// Any callback that a process offers.
    pub(super) fn any_of(&self, peer: PeerId) -> Option<ProviderKey> {
        self.offerings.get(&peer)?.by_number.values().next().copied()
    }

    /// All that a process offers.
    pub(super) fn all_of(&self, peer: PeerId) -> Vec<ProviderKey> {
        let offering = self.offerings.get(&peer);
        offering.map_or_else(Vec::new, |offering| {
            offering.by_number.values().copied().collect()
        })
    }

    /// The callback at a place, if there is one; nothing beyond the last place.
    pub(super) fn function_at(&self, place: usize) -> Option<Option<&Function>> {
        let is_one = |function: &&Function| function.group.is_none();
        (place < self.functions.capacity()).then(|| self.functions.get(place).filter(is_one))
    }

    // ------------------------------------------------------------------ to change

    /// Why a process cannot offer a callback; `Ok(true)` if it does already.
    pub(super) fn check(&self, peer: PeerId, offered: &Offered) -> Result<bool, Objection> {
        let Some(offering) = self.offerings.get(&peer) else {
            return Ok(false);
        };
        let function = self.names.get(&*offered.name);
        let named = function.and_then(|function| offering.by_function.get(function));
        match (offering.by_number.get(&offered.callback), named) {
            (None, None) => Ok(false),
            (Some(numbered), Some(named)) if numbered == named => Ok(true),
            (_, Some(_)) => Err(Objection::Twice),
            (Some(numbered), None) => Err(Objection::NumberInUse(*numbered)),
        }
    }

    /// A process offers a callback, to which there is [no objection](Self::check); it can be called once it is
    /// [shown](Self::show).
    pub(super) fn add(
        &mut self,
        peer: PeerId,
        (process_name, attributes): (&str, Arc<Attributes>),
        (offered, version): (Offered, u64),
        bytes: usize,
    ) -> ProviderKey {
        let (function, name) = self.function_named(&offered.name);
        let signature = self.shared(function, version, offered.signature);
        let mixing = self.mixing;
        let per_caller = offered
            .concurrency_per_caller
            .map(|limit| Box::new(PerCaller::new(limit, mixing)));
        let key = ProviderKey(key(self.providers.insert(Provider {
            peer,
            callback: offered.callback,
            function,
            name,
            version,
            signature: Some(signature),
            docs: offered.docs.into(),
            concurrency: offered.concurrency,
            per_caller,
            queue: offered.queue,
            balance: offered.balance,
            running: 0,
            last: 0,
            identity: stable_hash(process_name.as_bytes()),
            bytes,
            shown: None,
            free: None,
            attributes,
            groups: Vec::new(),
            live: false,
            withdrawn: false,
        })));
        let offering = self.offerings.entry(peer).or_default();
        offering.by_number.insert(offered.callback, key);
        offering.by_function.insert(function, key);
        offering.hidden.insert(offered.callback, key);
        offering.bytes += bytes;
        key
    }

    fn function_named(&mut self, name: &str) -> (FunctionKey, Arc<str>) {
        if let Some((name, known)) = self.names.get_key_value(name) {
            if let Some(function) = self.functions.get_mut(known.0 as usize) {
                function.hidden += 1;
            }
            return (*known, Arc::clone(name));
        }
        let name: Arc<str> = name.into();
        let function = FunctionKey(key(self.functions.insert(Function {
            name: Arc::clone(&name),
            shown: Vec::new(),
            free: Vec::new(),
            turns: BTreeSet::new(),
            accepted: Table::with_hasher(self.mixing),
            versions: Vec::new(),
            changed: 0,
            queues: Vec::new(),
            streaming: 0,
            hidden: 1,
            groups: Table::with_hasher(self.mixing),
            group: None,
        })));
        self.names.insert(Arc::clone(&name), function);
        (function, name)
    }

    /// A signature, in the memory of those providers' that say the same.
    fn shared(&self, function: FunctionKey, version: u64, signature: Described) -> Arc<Described> {
        let function = self.functions.get(function.0 as usize);
        let known = function.and_then(|function| function.version(version));
        let known = known
            .map(|known| &known.signature)
            .filter(|known| ***known == signature);
        known.map_or_else(|| Arc::new(signature), Arc::clone)
    }

    /// One that is shown, offers the same, and shares its calls in another way.
    pub(super) fn differing(&self, key: ProviderKey) -> Option<ProviderKey> {
        let provider = self.provider(key)?;
        // All that are shown say the same.
        let first = *self.functions.get(provider.function.0 as usize)?.shown.first()?;
        (self.provider(first)?.balance != provider.balance).then_some(first)
    }

    /// Makes a callback callable. All that offer it and are shown share its calls in the same way: one that would not stays
    /// hidden, and another is named that differs. How many groups were looked at.
    pub(super) fn show(&mut self, key: ProviderKey) -> Result<usize, ProviderKey> {
        if let Some(other) = self.differing(key) {
            return Err(other);
        }
        let provider = self.providers.get_mut(key.0 as usize);
        let Some(provider) = provider.filter(|provider| provider.shown.is_none()) else {
            return Ok(0);
        };
        let Some(function) = self.functions.get_mut(provider.function.0 as usize) else {
            return Ok(0);
        };
        let (callback, peer) = (provider.callback, provider.peer);
        provider.shown = Some(function.shown.len());
        if function.add(key, provider) {
            self.changes += 1;
            function.changed = self.changes;
            self.mixed += usize::from(function.versions.len() == 2);
        }
        function.hidden -= 1;
        if let Some(offering) = self.offerings.get_mut(&peer) {
            offering.hidden.remove(&callback);
        }
        self.settle(key);
        Ok(self.join_groups(key))
    }

    /// The offer counts that brought a callback, which is shown.
    pub(super) fn enliven(&mut self, key: ProviderKey) {
        if let Some(provider) = self.providers.get_mut(key.0 as usize) {
            provider.live = true;
        }
    }

    /// Undoes [`show`](Self::show).
    pub(super) fn hide(&mut self, key: ProviderKey) {
        let Some(provider) = self.providers.get_mut(key.0 as usize) else {
            return;
        };
        let Some(shown) = provider.shown.take() else {
            return;
        };
        let (of, free) = (provider.function, provider.free.take());
        let (peer, callback) = (provider.peer, provider.callback);
        self.leave_groups(key);
        self.take_out(of, key, (shown, free));
        if let Some(function) = self.functions.get_mut(of.0 as usize) {
            function.hidden += 1;
        }
        if let Some(offering) = self.offerings.get_mut(&peer) {
            offering.hidden.insert(callback, key);
        }
    }

    /// Takes a provider from its places in the lists of a callback or of a group.
    pub(super) fn take_out(
        &mut self,
        of: FunctionKey,
        key: ProviderKey,
        (shown, free): (usize, Option<usize>),
    ) {
        let provider = self.providers.get(key.0 as usize);
        let function = self.functions.get_mut(of.0 as usize);
        let (Some(provider), Some(function)) = (provider, function) else {
            return;
        };
        if function.subtract(key, provider) && function.group.is_none() {
            self.changes += 1;
            function.changed = self.changes;
            self.mixed -= usize::from(function.versions.len() == 1);
        }
        function.shown.swap_remove(shown);
        if let Some(moved) = function.shown.get(shown) {
            self.providers[moved.0 as usize].put_shown(of, shown);
        }
        if let Some(free) = free {
            self.vacate(of, free);
        }
    }

    /// Takes one from those that could be given a call.
    pub(super) fn vacate(&mut self, of: FunctionKey, free: usize) {
        let function = &mut self.functions[of.0 as usize];
        function.free.swap_remove(free);
        if let Some(moved) = function.free.get(free)
            && let Some(place) = self.providers[moved.0 as usize].free_in(of)
        {
            *place = Some(free);
        }
    }

    /// A process offers a callback no more; its name, if it could be called. What it runs goes on.
    pub(super) fn remove(&mut self, key: ProviderKey) -> Option<Arc<str>> {
        let provider = self.provider(key)?;
        let was_shown = provider.shown.is_some();
        let name = Arc::clone(&provider.name);
        self.hide(key);
        let provider = self.providers.get_mut(key.0 as usize)?;
        provider.withdrawn = true;
        provider.signature = None;
        provider.docs = Box::default();
        let (peer, callback, function, bytes) = (
            provider.peer,
            provider.callback,
            provider.function,
            provider.bytes,
        );
        let is_idle = provider.running == 0;
        if let Some(offering) = self.offerings.get_mut(&peer) {
            offering.by_number.remove(&callback);
            offering.by_function.remove(&function);
            offering.hidden.remove(&callback);
            offering.bytes -= bytes;
            if offering.by_number.is_empty() {
                self.offerings.remove(&peer);
            }
        }
        if let Some(offered) = self.functions.get_mut(function.0 as usize) {
            offered.hidden -= 1;
            if offered.hidden == 0 && offered.shown.is_empty() {
                self.functions.remove(function.0 as usize);
                self.names.remove(&name);
            }
        }
        if is_idle {
            self.providers.remove(key.0 as usize);
        }
        was_shown.then_some(name)
    }

    /// Whether nobody has offered anything that is not taken back.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.functions.is_empty()
            && self.names.is_empty()
            && self.providers.is_empty()
            && self.offerings.is_empty()
    }
}

/// A place in a slab, as it is kept.
pub(super) fn key(place: usize) -> u32 {
    // How much there may be fits.
    u32::try_from(place).unwrap_or(u32::MAX)
}
