//! Whom a call is given to, of those who offer its callback, as far as the router knows them.

use std::cell::Cell;

use daffi_core::proto::CallHeader;

use super::fit::Fit;
use super::having::Pairs;
use super::ids::{PeerId, ProviderKey};
use super::outlet::Outlet;
use super::pick::{Unrouted, Wish};
use super::provider::Provider;
use super::state::Router;
use super::work::Turn;

impl Router {
    /// Whom to ask.
    pub(super) fn pick(
        &mut self,
        from: PeerId,
        header: &CallHeader<'_>,
        (named, size, also_away): (Option<PeerId>, usize, bool),
        turn: &mut Turn,
        out: &impl Outlet,
    ) -> Result<ProviderKey, Unrouted> {
        let wish = Wish {
            fit: Fit::of(header),
            caller: from,
            named,
            key: header.key,
            size,
            needed: self.needed_room(size),
            also_away,
        };
        let picked = self.choose((header.name, &header.having), &wish, turn, out)?;
        if self.waits_for(from, picked) {
            // Its own calls of before come first (P5).
            return Err(Unrouted::Busy {
                unsure: true,
                bounded: false,
            });
        }
        Ok(picked)
    }

    /// One that is away, for a call that would fail otherwise as those that are there have no place: it may wait for that one.
    pub(super) fn pick_away(
        &mut self,
        from: PeerId,
        header: &CallHeader<'_>,
        (named, size): (Option<PeerId>, usize),
        turn: &mut Turn,
        out: &impl Outlet,
    ) -> Option<ProviderKey> {
        if named.is_some() || !self.peers.has_away() {
            return None;
        }
        self.pick(from, header, (None, size, true), turn, out).ok()
    }

    /// One that can be asked.
    pub(super) fn choose(
        &mut self,
        (name, having): (&str, &Pairs<'_>),
        wish: &Wish<'_>,
        turn: &mut Turn,
        out: &impl Outlet,
    ) -> Result<ProviderKey, Unrouted> {
        if !having.is_empty() && wish.named.is_none() {
            return self.choose_having((name, having), wish, turn, out);
        }
        let (peers, directory) = (&self.peers, &self.directory);
        let function = directory.function(name);
        let looks = Cell::new(0);
        let obstacle = |provider: &Provider| {
            looks.set(looks.get() + 1);
            wish.obstacle(provider, peers, out)
        };
        let picked = self
            .picker
            .pick_there(function, (directory, peers), wish, obstacle);
        turn.spend_looks(looks.get());
        picked
    }
}
