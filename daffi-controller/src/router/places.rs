//! Which places of providers are taken: by calls that have begun and not ended.

use daffi_core::proto::Balance;

use super::callers::Passed;
use super::directory::Directory;
use super::ids::{FunctionKey, PeerId, ProviderKey};

impl Directory {
    /// Puts one that is shown among the free ones, or takes it from them.
    pub(super) fn settle(&mut self, key: ProviderKey) {
        let function = self.providers[key.0 as usize].function;
        self.settle_in(function, key);
        let mut place = 0;
        while let Some(of) = self.providers[key.0 as usize].groups.get(place) {
            let group = of.group;
            self.settle_in(group, key);
            place += 1;
        }
    }

    /// The same, of a callback or a group.
    pub(super) fn settle_in(&mut self, of: FunctionKey, key: ProviderKey) {
        let provider = &mut self.providers[key.0 as usize];
        let (is_full, balance, last) = (provider.is_full(), provider.balance, provider.last);
        let Some(free) = provider.free_in(of) else { return };
        let function = &mut self.functions[of.0 as usize];
        match (*free, is_full) {
            (None, false) => {
                *free = Some(function.free.len());
                function.free.push(key);
                if balance == Balance::RoundRobin {
                    function.turns.insert((last, key));
                }
            }
            (Some(place), true) => {
                *free = None;
                function.turns.remove(&(last, key));
                self.vacate(of, place);
            }
            _ => {}
        }
    }

    /// A call of a process was handed to a provider.
    pub(super) fn begin(&mut self, key: ProviderKey, by: PeerId) {
        self.begun += 1;
        let begun = self.begun;
        let Some(provider) = self.providers.get_mut(key.0 as usize) else {
            return;
        };
        provider.running += 1;
        if let Some(per_caller) = &mut provider.per_caller {
            per_caller.begin(by);
        }
        let before = std::mem::replace(&mut provider.last, begun);
        if provider.balance == Balance::RoundRobin && provider.free.is_some() {
            let groups = provider.groups.iter().map(|place| place.group);
            for of in groups.chain([provider.function]) {
                let function = &mut self.functions[of.0 as usize];
                function.turns.remove(&(before, key));
                function.turns.insert((begun, key));
            }
        }
        if provider.is_full() {
            self.settle(key);
        }
    }

    /// A provider has answered a call of a process.
    pub(super) fn end(&mut self, key: ProviderKey, by: PeerId) {
        let Some(provider) = self.providers.get_mut(key.0 as usize) else {
            return;
        };
        provider.running = provider.running.saturating_sub(1);
        if let Some(per_caller) = &mut provider.per_caller {
            per_caller.end(by);
        }
        if provider.withdrawn {
            if provider.running == 0 {
                self.providers.remove(key.0 as usize);
            }
        } else if provider.shown.is_some() && provider.free.is_none() {
            self.settle(key);
        }
    }

    /// How far those who wait for a provider need not be looked at, if they were put into lines so often by now.
    pub(super) fn passed(&self, key: ProviderKey, inserted: u64) -> Passed {
        let provider = self.providers.get(key.0 as usize);
        let per_caller = provider.and_then(|provider| provider.per_caller.as_ref());
        per_caller.map_or_else(Passed::default, |per_caller| per_caller.passed(inserted))
    }

    pub(super) fn pass(&mut self, key: ProviderKey, passed: Passed) {
        let provider = self.providers.get_mut(key.0 as usize);
        if let Some(per_caller) = provider.and_then(|provider| provider.per_caller.as_mut()) {
            per_caller.pass(passed);
        }
    }
}
