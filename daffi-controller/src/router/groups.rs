//! Those of the providers of a callback that have some attributes: a callback within the callback, so that a call for them is given
//! to one, or waits for one, as any other call.
//!
//! A group is made when a call first asks for it, which looks at all who offer the callback; from then on it is kept right when
//! they come and go, and a call finds it at once. It is a part of what is offered, not of what is asked: one that nobody is in is
//! not kept, a provider is in few, and a callback has not many. Where there would be more, the one that was asked for the longest time ago is given
//! up; calls that wait for it then wait for one of its providers, and now and then it is looked whether another one has a place.

use std::collections::BTreeSet;
use std::hash::BuildHasher as _;
use std::sync::Arc;

use daffi_core::proto::Balance;

use super::directory::{Directory, key};
use super::having::{Having, Pairs};
use super::ids::{FunctionKey, ProviderKey};
use super::provider::{Function, Group, InGroup};
use daffi_core::mixing::Table;

/// So many groups one provider is in.
pub(super) const OF_ONE: usize = 16;

/// So many groups those who offer a callback have.
pub(super) const OF_ALL: usize = 1024;

impl Directory {
    /// Those who offer a callback and have these attributes, if there is a group of them.
    pub(super) fn group(&self, name: &str, having: &Pairs<'_>) -> Option<(FunctionKey, &Function)> {
        let (_, function) = self.function(name)?;
        let group = *function.groups.get(&self.number(having))?;
        let found = self.function_of(group)?;
        let is_it = found.group.as_ref().is_some_and(|of| of.having.is(having));
        is_it.then_some((group, found))
    }

    fn number(&self, having: &Pairs<'_>) -> u64 {
        self.mixing.hash_one(having)
    }

    /// A group is asked for.
    pub(super) fn touch(&mut self, group: FunctionKey) {
        self.asked += 1;
        let asked = self.asked;
        let function = self.functions.get_mut(group.0 as usize);
        if let Some(group) = function.and_then(|function| function.group.as_mut()) {
            group.asked = asked;
        }
    }

    /// Makes a group, if anybody is in it. How many providers were looked at.
    pub(super) fn make_group(&mut self, name: &str, having: &Pairs<'_>) -> usize {
        let Some((base, function)) = self.function(name) else {
            return 0;
        };
        let looks = function.shown.len();
        let number = self.number(having);
        if function.groups.contains_key(&number) {
            // There is one, or of all that there could be one of the same number.
            return 0;
        }
        let members = self.members(function, having);
        if members.is_empty() {
            return looks;
        }
        if function.groups.len() >= OF_ALL {
            let oldest = self.oldest(function.groups.values().copied());
            oldest.into_iter().for_each(|group| self.give_up(group));
        }
        let function = self.gathered(base, having, number);
        let group = FunctionKey(key(self.functions.insert(function)));
        if let Some(function) = self.functions.get_mut(base.0 as usize) {
            function.groups.insert(number, group);
        }
        self.touch(group);
        for member in members {
            self.join(group, member);
            self.leave_room(member, group);
        }
        looks
    }

    /// The same for one call, where there is none that is kept: nothing in it changes.
    pub(super) fn assembled(&self, name: &str, having: &Pairs<'_>) -> Option<(FunctionKey, Function)> {
        let (base, function) = self.function(name)?;
        let mut assembled = self.gathered(base, having, self.number(having));
        for member in self.members(function, having) {
            if let Some(provider) = self.provider(member) {
                assembled.add(member, provider);
                if !provider.is_full() {
                    assembled.free.push(member);
                    if provider.balance == Balance::RoundRobin {
                        assembled.turns.insert((provider.last, member));
                    }
                }
            }
        }
        Some((base, assembled))
    }

    fn members(&self, function: &Function, having: &Pairs<'_>) -> Vec<ProviderKey> {
        let shown = function.shown.iter().copied();
        let has = |key: &ProviderKey| self.provider(*key).is_some_and(|provider| provider.has(having));
        shown.filter(has).collect()
    }

    /// A group that nobody is in.
    fn gathered(&self, of: FunctionKey, having: &Pairs<'_>, number: u64) -> Function {
        let name = self.function_of(of).map(|function| Arc::clone(&function.name));
        Function {
            name: name.unwrap_or_default(),
            shown: Vec::new(),
            free: Vec::new(),
            turns: BTreeSet::new(),
            accepted: Table::with_hasher(self.mixing),
            versions: Vec::new(),
            changed: 0,
            queues: Vec::new(),
            streaming: 0,
            hidden: 0,
            groups: Table::with_hasher(self.mixing),
            group: Some(Box::new(Group {
                of,
                having: Arc::new(Having::new(having)),
                number,
                asked: 0,
            })),
        }
    }

    /// The one that was asked for the longest time ago.
    fn oldest(&self, groups: impl Iterator<Item = FunctionKey>) -> Option<FunctionKey> {
        groups.min_by_key(|group| {
            let function = self.function_of(*group);
            function.and_then(|function| Some(function.group.as_ref()?.asked))
        })
    }

    // ------------------------------------------------------------------ who is in them

    /// One that is shown is in the groups of its callback that it has the attributes of. How many were looked at.
    pub(super) fn join_groups(&mut self, member: ProviderKey) -> usize {
        let Some(provider) = self.providers.get(member.0 as usize) else {
            return 0;
        };
        let Some(function) = self.functions.get(provider.function.0 as usize) else {
            return 0;
        };
        if provider.attributes.is_empty() {
            return 0;
        }
        let is_in = |group: &FunctionKey| {
            let of = self.functions.get(group.0 as usize);
            let of = of.and_then(|function| function.group.as_ref());
            of.is_some_and(|of| provider.has(&of.having.pairs()))
        };
        let looks = function.groups.len();
        let joined: Vec<_> = function.groups.values().copied().filter(is_in).collect();
        for group in joined {
            self.join(group, member);
        }
        let none = FunctionKey(u32::MAX);
        self.leave_room(member, none);
        looks
    }

    /// Gives groups up that a provider is in, but for this one, where it is in too many.
    fn leave_room(&mut self, member: ProviderKey, but: FunctionKey) {
        while let Some(provider) = self.providers.get(member.0 as usize)
            && provider.groups.len() > OF_ONE
        {
            let groups = provider.groups.iter().map(|place| place.group);
            let oldest = self.oldest(groups.filter(|group| *group != but));
            match oldest {
                Some(group) => self.give_up(group),
                None => return,
            }
        }
    }

    fn join(&mut self, group: FunctionKey, member: ProviderKey) {
        let provider = self.providers.get_mut(member.0 as usize);
        let function = self.functions.get_mut(group.0 as usize);
        let (Some(provider), Some(function)) = (provider, function) else {
            return;
        };
        provider.groups.push(InGroup {
            group,
            shown: function.shown.len(),
            free: None,
        });
        function.add(member, provider);
        self.settle_in(group, member);
    }

    /// One that is to be shown no more is in no group. One that nobody is left in is gone.
    pub(super) fn leave_groups(&mut self, member: ProviderKey) {
        while let Some(provider) = self.providers.get_mut(member.0 as usize)
            && let Some(place) = provider.groups.pop()
        {
            let InGroup { group, shown, free } = place;
            self.take_out(group, member, (shown, free));
            let function = self.functions.get(group.0 as usize);
            if function.is_some_and(|function| function.shown.is_empty()) {
                self.forget_group(group);
            }
        }
    }

    fn forget_group(&mut self, group: FunctionKey) {
        let Some(function) = self.functions.try_remove(group.0 as usize) else {
            return;
        };
        let Some(of) = function.group else { return };
        if let Some(base) = self.functions.get_mut(of.of.0 as usize) {
            base.groups.remove(&of.number);
            daffi_core::mixing::shrink(&mut base.groups);
        }
    }

    /// A group is kept no longer, whoever is in it.
    fn give_up(&mut self, group: FunctionKey) {
        let Some(function) = self.functions.get(group.0 as usize) else {
            return;
        };
        for member in &function.shown {
            if let Some(provider) = self.providers.get_mut(member.0 as usize) {
                provider.groups.retain(|place| place.group != group);
            }
        }
        self.forget_group(group);
        self.given_up.push(group);
    }
}

#[cfg(test)]
impl Directory {
    /// Groups hold those that they are to, and nobody else, and those that are free of them.
    pub(super) fn check_groups(&self) {
        let mut groups = 0;
        for (of, function) in &self.functions {
            let of = FunctionKey(key(of));
            let Some(group) = &function.group else {
                groups += function.groups.len();
                continue;
            };
            let base = &self.functions[group.of.0 as usize];
            assert_eq!(base.groups.get(&group.number), Some(&of));
            let members = self.members(base, &group.having.pairs());
            let sorted = |keys: &[ProviderKey]| {
                let mut keys = keys.to_vec();
                keys.sort();
                keys
            };
            assert!(!members.is_empty() && sorted(&members) == sorted(&function.shown));
            let mut free = members;
            free.retain(|key| base.free.contains(key));
            assert_eq!(sorted(&free), sorted(&function.free));
            let turns = base.turns.iter().filter(|(_, key)| free.contains(key));
            assert!(turns.eq(&function.turns));
            for (place, member) in function.shown.iter().enumerate() {
                let places = &self.providers[member.0 as usize].groups;
                let own = places.iter().find(|own| own.group == of).unwrap();
                assert_eq!(own.shown, place);
                assert!(own.free.is_none_or(|free| function.free[free] == *member));
                assert!(places.len() <= OF_ONE);
            }
        }
        let in_groups = self
            .functions
            .iter()
            .filter(|(_, function)| function.group.is_some());
        assert_eq!(in_groups.count(), groups);
    }
}
