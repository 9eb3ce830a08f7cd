//! Which places of providers are taken: by calls that have begun and not ended.

use daffi_core::proto::Balance;

use super::directory::Directory;
use super::ids::ProviderKey;

impl Directory {
    /// A call was handed to a provider.
    pub(super) fn begin(&mut self, key: ProviderKey) {
        self.begun += 1;
        let begun = self.begun;
        let Some(provider) = self.providers.get_mut(key.0 as usize) else {
            return;
        };
        provider.running += 1;
        let before = std::mem::replace(&mut provider.last, begun);
        if provider.balance == Balance::RoundRobin && provider.free.is_some() {
            let function = &mut self.functions[provider.function.0 as usize];
            function.turns.remove(&(before, key));
            function.turns.insert((begun, key));
        }
        if provider.is_full() {
            self.settle(key);
        }
    }

    /// A provider has answered a call.
    pub(super) fn end(&mut self, key: ProviderKey) {
        let Some(provider) = self.providers.get_mut(key.0 as usize) else {
            return;
        };
        provider.running = provider.running.saturating_sub(1);
        if provider.withdrawn {
            if provider.running == 0 {
                self.providers.remove(key.0 as usize);
            }
        } else if provider.shown.is_some() && provider.free.is_none() {
            self.settle(key);
        }
    }
}
