//! Who offers what.

use std::collections::{BTreeMap, HashMap};

use daffi_core::proto::{self, CallbackEntry, CallbackId, Offered};

use super::LinkId;

/// A process that offers a callback.
#[derive(Debug)]
pub(super) struct Provider {
    pub(super) link: LinkId,
    pub(super) offered: Offered,
    /// How many calls it was given and has not answered.
    pub(super) running: u32,
    /// When it was last given a call, as the count of all calls.
    pub(super) last: u64,
    /// A number for the process, the same whenever it comes: of its name.
    pub(super) identity: u64,
    /// How much it takes to keep it, about.
    pub(super) bytes: usize,
}

/// Callbacks by name, and by link.
#[derive(Debug, Default)]
pub(super) struct Directory {
    functions: HashMap<Box<str>, Vec<Provider>>,
    /// The names of a link's callbacks. Those of a link that is not shown yet are kept in `hidden`.
    names: HashMap<(LinkId, CallbackId), Box<str>>,
    hidden: HashMap<LinkId, BTreeMap<u32, Provider>>,
    by_link: HashMap<LinkId, Vec<CallbackId>>,
    /// How many calls were handed to providers.
    begun: u64,
}

impl Directory {
    /// A process offers a callback; it can be called once the process is [shown](Self::show).
    pub(super) fn add(&mut self, link: LinkId, process_name: &str, offered: Offered, bytes: usize) {
        // One that is announced again goes on as it is.
        if self
            .names
            .get(&(link, offered.callback))
            .is_some_and(|name| **name == *offered.name)
        {
            return;
        }
        let identity = proto::stable_hash(process_name.as_bytes());
        let number = offered.callback.0;
        let provider = Provider {
            link,
            offered,
            running: 0,
            last: 0,
            identity,
            bytes,
        };
        self.hidden.entry(link).or_default().insert(number, provider);
    }

    /// What a process has offered that cannot be called yet.
    pub(super) fn hidden(&self, link: LinkId) -> impl Iterator<Item = &Offered> {
        let hidden = self.hidden.get(&link).into_iter().flat_map(BTreeMap::values);
        hidden.map(|provider| &provider.offered)
    }

    /// Makes what a process has offered callable.
    pub(super) fn show(&mut self, link: LinkId) {
        for provider in self.hidden.remove(&link).unwrap_or_default().into_values() {
            let (callback, name) = (
                provider.offered.callback,
                Box::<str>::from(provider.offered.name.as_str()),
            );
            // A number is used once; whoever uses it again replaces what it meant.
            self.remove(link, callback);
            self.names.insert((link, callback), name.clone());
            self.by_link.entry(link).or_default().push(callback);
            self.functions.entry(name).or_default().push(provider);
        }
    }

    /// A process offers a callback no more; its name, if it could be called.
    pub(super) fn remove(&mut self, link: LinkId, callback: CallbackId) -> Option<Box<str>> {
        if let Some(hidden) = self.hidden.get_mut(&link) {
            hidden.remove(&callback.0);
        }
        let name = self.names.remove(&(link, callback))?;
        if let Some(callbacks) = self.by_link.get_mut(&link) {
            callbacks.retain(|other| *other != callback);
        }
        if let Some(providers) = self.functions.get_mut(&name) {
            providers.retain(|provider| (provider.link, provider.offered.callback) != (link, callback));
            if providers.is_empty() {
                self.functions.remove(&name);
            }
        }
        Some(name)
    }

    pub(super) fn remove_link(&mut self, link: LinkId) {
        self.hidden.remove(&link);
        for callback in self.by_link.remove(&link).unwrap_or_default() {
            self.remove(link, callback);
        }
    }

    /// Those who offer `name`.
    pub(super) fn providers(&self, name: &str) -> &[Provider] {
        self.functions.get(name).map_or(&[], Vec::as_slice)
    }

    /// The names of the callbacks that a process offers.
    pub(super) fn names_of(&self, link: LinkId) -> Vec<Box<str>> {
        let callbacks = self.by_link.get(&link).into_iter().flatten();
        callbacks
            .filter_map(|callback| self.names.get(&(link, *callback)).cloned())
            .collect()
    }

    /// Whether a process offers a callback under this number.
    pub(super) fn has(&self, link: LinkId, callback: CallbackId) -> bool {
        let hidden = self.hidden.get(&link);
        self.names.contains_key(&(link, callback))
            || hidden.is_some_and(|hidden| hidden.contains_key(&callback.0))
    }

    /// Whether a process offers a name under another number.
    pub(super) fn has_other(&self, link: LinkId, name: &str, callback: CallbackId) -> bool {
        let shown = self
            .providers(name)
            .iter()
            .filter(|provider| provider.link == link);
        let mut all = shown.map(|provider| &provider.offered).chain(self.hidden(link));
        all.any(|offered| offered.name == name && offered.callback != callback)
    }

    /// How much a process offers, about, in bytes.
    pub(super) fn bytes_of(&self, link: LinkId) -> usize {
        let hidden = self.hidden.get(&link).into_iter().flat_map(BTreeMap::values);
        let hidden: usize = hidden.map(|provider| provider.bytes).sum();
        let shown = self.by_link.get(&link).into_iter().flatten();
        let shown = shown.filter_map(|callback| {
            let providers = self.functions.get(self.names.get(&(link, *callback))?)?;
            find_in(providers, link, *callback).map(|provider| provider.bytes)
        });
        hidden + shown.sum::<usize>()
    }

    /// How many callbacks a process offers, hidden ones too.
    pub(super) fn count_of(&self, link: LinkId) -> usize {
        let hidden = self.hidden.get(&link).map_or(0, BTreeMap::len);
        self.by_link
            .get(&link)
            .map_or(hidden, |shown| shown.len() + hidden)
    }

    /// A call was handed to a provider.
    pub(super) fn begin(&mut self, name: &str, link: LinkId, callback: CallbackId) {
        if let Some(provider) = find(self.functions.get_mut(name), link, callback) {
            self.begun += 1;
            provider.running += 1;
            provider.last = self.begun;
        }
    }

    /// A provider has answered a call.
    pub(super) fn end(&mut self, link: LinkId, callback: CallbackId) {
        let Some(name) = self.names.get(&(link, callback)) else {
            return;
        };
        if let Some(provider) = find(self.functions.get_mut(name), link, callback) {
            provider.running = provider.running.saturating_sub(1);
        }
    }

    /// Whether nobody has offered anything that is not taken back.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.functions.is_empty()
            && self.names.is_empty()
            && self.hidden.is_empty()
            && self.by_link.is_empty()
    }

    /// All callbacks, by name.
    pub(super) fn callbacks(&self, process_name: impl Fn(LinkId) -> String) -> Vec<CallbackEntry> {
        let mut callbacks: Vec<_> = self
            .functions
            .values()
            .filter_map(|providers| {
                let mut names: Vec<_> = providers
                    .iter()
                    .map(|provider| process_name(provider.link))
                    .collect();
                names.sort();
                Some(CallbackEntry::new(&providers.first()?.offered, names))
            })
            .collect();
        callbacks.sort_by(|a, b| a.name.cmp(&b.name));
        callbacks
    }
}

fn find(providers: Option<&mut Vec<Provider>>, link: LinkId, callback: CallbackId) -> Option<&mut Provider> {
    providers?
        .iter_mut()
        .find(|provider| (provider.link, provider.offered.callback) == (link, callback))
}

fn find_in(providers: &[Provider], link: LinkId, callback: CallbackId) -> Option<&Provider> {
    providers
        .iter()
        .find(|provider| (provider.link, provider.offered.callback) == (link, callback))
}
