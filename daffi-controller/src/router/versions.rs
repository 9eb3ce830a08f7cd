//! Callers are told which versions there are of what they call, so that their calls go to all that they go together with.

use daffi_core::proto::{CallHeader, Described, Header, Limits, encode};

use super::ids::PeerId;
use super::outlet::Outlet;
use super::pick::told;
use super::provider::Function;
use super::state::Router;
use super::work::Turn;

impl Router {
    /// Tells a caller which versions there are of what it calls, if there are several, or it believes so, and it was told
    /// something else.
    pub(super) fn tell_versions(
        &mut self,
        to: PeerId,
        header: &CallHeader<'_>,
        turn: &mut Turn,
        out: &mut impl Outlet,
    ) {
        if !self.directory.is_mixed() && !header.is_described() {
            return;
        }
        let of_several = |function: &Function| function.versions.len() > 1 || header.is_described();
        let function = self.directory.function(header.name);
        let Some((key, function)) = function.filter(|(_, function)| of_several(function)) else {
            return;
        };
        let Some(peer) = self.peers.get_mut(to).filter(|peer| !peer.is_inside) else {
            return;
        };
        let known = peer.heard.get_or_insert_default();
        if !known.is_news(key, function.changed) || out.room(to) == 0 {
            return;
        }
        let told = told(&function.versions, None, Limits::COMPATIBLE);
        turn.spend_words(told.iter().map(Described::size).sum());
        let name = header.name;
        if let Ok(payload) = encode(&told)
            && out.send(to, &Header::Versions { name }, &payload).is_ok()
        {
            known.told(key, function.changed);
        }
    }
}
