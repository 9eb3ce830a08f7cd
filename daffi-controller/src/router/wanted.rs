//! Calls for whoever has some attributes.

use std::cell::Cell;
use std::collections::BTreeSet;

use daffi_core::proto::{Absence, CallHeader, Failed, Lacking, Limits, Told};

use super::fit::Fit;
use super::having::{self, Pairs};
use super::ids::{FunctionKey, PeerId, ProviderKey};
use super::line::{InLines, QueueKey};
use super::outlet::Outlet;
use super::pick::{Unrouted, Wish};
use super::provider::Provider;
use super::state::Router;
use super::work::Turn;

/// Of so many providers it is told what they are, where nobody is what is wanted.
const LOOKED_AT: usize = 64;

/// So many values of an attribute are told.
const TOLD: usize = 8;

impl Router {
    /// The group that a call asks for is made, if it is not there; whether others were given up for it.
    pub(super) fn find_group(&mut self, header: &CallHeader<'_>, turn: &mut Turn) -> bool {
        turn.spend_words(having::bytes(&header.having));
        let (name, wanted) = (header.name, &header.having);
        if let Some((group, _)) = self.directory.group(name, wanted) {
            self.directory.touch(group);
            return false;
        }
        turn.spend_looks(self.directory.make_group(name, wanted));
        self.let_go_of_groups()
    }

    /// What waits for groups that were given up finds out in `rerouting` what that means; whether there are any.
    pub(super) fn let_go_of_groups(&mut self) -> bool {
        let given_up = std::mem::take(&mut self.directory.given_up);
        for group in &given_up {
            self.lines.cast_off_group(*group);
        }
        !given_up.is_empty()
    }

    /// One that has the attributes and can be asked.
    pub(super) fn choose_having(
        &mut self,
        (name, wanted): (&str, &Pairs<'_>),
        wish: &Wish<'_>,
        turn: &mut Turn,
        out: &impl Outlet,
    ) -> Result<ProviderKey, Unrouted> {
        let (peers, directory) = (&self.peers, &self.directory);
        let looks = Cell::new(0);
        let obstacle = |provider: &Provider| {
            looks.set(looks.get() + 1);
            wish.obstacle(provider, peers, out)
        };
        let group = directory.group(name, wanted);
        let picked = if group.is_some() {
            self.picker.pick_there(group, (directory, peers), wish, obstacle)
        } else {
            // It was given up while the call waited, or nobody is in it.
            let all = directory.function(name);
            let assembled = directory.assembled(name, wanted);
            looks.set(all.map_or(0, |(_, function)| function.shown.len()));
            let assembled = assembled.as_ref().map(|(key, function)| (*key, function));
            self.picker
                .pick_there(assembled, (directory, peers), wish, obstacle)
        };
        turn.spend_looks(looks.get());
        match picked {
            Err(Unrouted::Failed(Failed::NoProvider(Absence::Nobody { .. } | Absence::OnlyCaller))) => {
                Err(self.lacking(wish.caller, None, (name, wanted), turn).into())
            }
            picked => picked,
        }
    }

    /// Checks that a process has what a call wants of it that names it.
    pub(super) fn check_named(
        &mut self,
        from: PeerId,
        named: PeerId,
        header: &CallHeader<'_>,
        turn: &mut Turn,
    ) -> Result<(), Failed> {
        if header.having.is_empty() {
            return Ok(());
        }
        let (name, wanted) = (header.name, &header.having);
        turn.spend_words(having::bytes(wanted));
        let function = self.directory.function(name);
        let offer = function.and_then(|(function, _)| self.directory.offer_of(named, function));
        match offer {
            None => Err(Failed::NoProvider(Absence::NotOffered)),
            Some((_, provider)) if provider.has(wanted) => Ok(()),
            Some(_) => Err(self.lacking(from, Some(named), (name, wanted), turn)),
        }
    }

    /// That nobody has what a call wants, or that the process has not that it names; and what there is, if the caller may know who is
    /// there.
    pub(super) fn lacking(
        &mut self,
        from: PeerId,
        named: Option<PeerId>,
        (name, wanted): (&str, &Pairs<'_>),
        turn: &mut Turn,
    ) -> Failed {
        let Some((_, function)) = self.directory.function(name) else {
            return Failed::NoProvider(Absence::nobody());
        };
        let shown = function.shown();
        let providers = shown.iter().take(LOOKED_AT);
        let providers = providers.filter_map(|key| self.directory.provider(*key));
        let there: Vec<_> = providers.filter(|provider| self.is_there(provider)).collect();
        let own = there.iter().any(|provider| provider.peer == from);
        let is_other = |peer| named.map_or(peer != from, |named| named == peer);
        let others = there.iter().filter(|provider| is_other(provider.peer));
        let others: Vec<_> = others.map(|provider| &provider.attributes).collect();
        let unseen = named.is_none() && shown.len() > LOOKED_AT;
        turn.spend_looks(shown.len().min(LOOKED_AT));
        if others.is_empty() && named.is_none() && !unseen {
            return Failed::NoProvider(if own {
                Absence::OnlyCaller
            } else {
                Absence::nobody()
            });
        }
        let there: BTreeSet<_> = wanted
            .iter()
            .flat_map(|(key, _)| others.iter().filter_map(move |said| Some((*key, said.get(key)?))))
            .collect();
        let mut told = if unseen { Told::Some } else { Told::All };
        let (mut room, mut values): (usize, Vec<(String, String)>) = (Limits::ATTRIBUTE_BYTES, Vec::new());
        for (key, value) in there {
            let of_key = values.iter().filter(|(other, _)| other == key).count();
            match room.checked_sub(key.len() + value.len()) {
                Some(left) if of_key < TOLD => {
                    room = left;
                    values.push(owned((key, value)));
                }
                _ => told = Told::Some,
            }
        }
        if !self.may_observe_all(from, turn) {
            values.clear();
            told = Told::Nothing;
        }
        let lacking = Lacking::new(wanted.iter().copied().map(owned).collect(), values, told);
        turn.spend_words(lacking.bytes());
        Failed::NoProvider(Absence::Lacking(Box::new(lacking)))
    }

    /// In which lines a call waits that wants attributes, and how many may: for any that has them; or, where these are no group any more, for the one
    /// of them for which the fewest wait.
    pub(super) fn lines_having(
        &self,
        (name, wanted): (&str, &Pairs<'_>),
        caller: PeerId,
        fit: Fit<'_>,
    ) -> Option<(InLines, u32)> {
        if let Some((group, function)) = self.directory.group(name, wanted) {
            return Some((InLines::any((group, function), fit)?, function.queue()));
        }
        let (_, function) = self.directory.assembled(name, wanted)?;
        let providers = function.shown().iter();
        let providers = providers.filter_map(|key| Some((*key, self.directory.provider(*key)?)));
        let could = |(_, provider): &(ProviderKey, &Provider)| {
            provider.peer != caller && provider.live && fit.accepts(provider)
        };
        let waiting = |key| self.lines.waiting_in(QueueKey::One(key));
        let found = providers.filter(could).min_by_key(|(key, _)| waiting(*key));
        found.map(|(key, provider)| (InLines::one(key), provider.queue))
    }

    /// Whether a callback of the directory is the one that is called, at one that has what is wanted.
    pub(super) fn is_called(&self, provider: &Provider, function: FunctionKey, wanted: &Pairs<'_>) -> bool {
        provider.function == function && provider.has(wanted)
    }
}

fn owned((key, value): (&str, &str)) -> (String, String) {
    (key.to_owned(), value.to_owned())
}
