//! Checks what processes may do, before anything is done for them.

use daffi_core::Right;
use daffi_core::proto::{CallHeader, Failed, Mode};

use super::ids::PeerId;
use super::permission::{Denial, Needs};
use super::state::Router;
use super::work::Turn;

/// So many refusals are kept until they are taken.
const UNTAKEN: usize = 256;

impl Router {
    /// Checks that a process has the rights that a call takes.
    pub(super) fn check_call(
        &mut self,
        from: PeerId,
        header: &CallHeader<'_>,
        turn: &mut Turn,
    ) -> Result<(), Failed> {
        if !self.peers.has_restricted() {
            return Ok(());
        }
        self.check_needs(from, header, self.streams(header), turn)
    }

    pub(super) fn check_needs(
        &mut self,
        from: PeerId,
        header: &CallHeader<'_>,
        streams: bool,
        turn: &mut Turn,
    ) -> Result<(), Failed> {
        let mut needs = Needs::CALL;
        if header.mode.asks_many() {
            needs = needs.and(Needs::BROADCAST);
        }
        if streams {
            needs = needs.and(Needs::STREAM);
        }
        self.check_rights(from, needs, header.name, turn)
    }

    /// Whether streams are part of a call.
    pub(super) fn streams(&self, header: &CallHeader<'_>) -> bool {
        let function = || Some(self.directory.function(header.name)?.1);
        header.mode == Mode::Each || function().is_some_and(|function| function.streaming > 0)
    }

    /// Checks that a process has rights for a callback.
    pub(super) fn check_rights(
        &mut self,
        peer: PeerId,
        needs: Needs,
        name: &str,
        turn: &mut Turn,
    ) -> Result<(), Failed> {
        match self.denied(peer, needs, name, turn) {
            None => Ok(()),
            Some(reason) => Err(denied(reason)),
        }
    }

    /// Why a process has not all of some rights for a callback; whoever runs the controller is told.
    pub(super) fn denied(
        &mut self,
        peer: PeerId,
        needs: Needs,
        name: &str,
        turn: &mut Turn,
    ) -> Option<String> {
        let reason = self.missing(peer, needs, name, turn)?;
        self.keep_denial(peer, &reason);
        Some(reason)
    }

    /// Checks that a process may know whether a callback is there: whoever may call it learns as much by doing so.
    pub(super) fn check_known(&mut self, peer: PeerId, name: &str, turn: &mut Turn) -> Result<(), Failed> {
        match self.missing(peer, Needs::CALL, name, turn) {
            None => Ok(()),
            Some(_) => self.check_right(peer, Right::Observe, name, turn),
        }
    }

    /// Whether a process may know of all that is there.
    pub(super) fn may_observe_all(&mut self, peer: PeerId, turn: &mut Turn) -> bool {
        let permission = self.peers.permission_mut(peer);
        permission.is_none_or(|permission| {
            turn.spend_patterns(permission.rights.size());
            permission.rights.allow_all(Right::Observe)
        })
    }

    /// Why a process has not all of some rights for a callback.
    fn missing(&mut self, peer: PeerId, needs: Needs, name: &str, turn: &mut Turn) -> Option<String> {
        let permission = self.peers.permission_mut(peer)?;
        let (has, asked) = permission.of(name, &self.directory);
        if asked {
            turn.spend_patterns(permission.rights.size());
        }
        let missing = needs.missing_in(has)?;
        Some(permission.rights.refusal(missing, name))
    }

    /// Checks that a process has a right for a name that is no callback's.
    pub(super) fn check_right(
        &mut self,
        peer: PeerId,
        right: Right,
        name: &str,
        turn: &mut Turn,
    ) -> Result<(), Failed> {
        let Some(permission) = self.peers.permission_mut(peer) else {
            return Ok(());
        };
        turn.spend_patterns(permission.rights.size());
        let is_allowed = match name {
            "*" => permission.rights.allow_all(right),
            name => permission.rights.allow(right, name),
        };
        if is_allowed {
            return Ok(());
        }
        let reason = permission.rights.refusal(right, name);
        self.keep_denial(peer, &reason);
        Err(denied(reason))
    }

    /// Something is denied: keeps that for whoever runs the controller.
    fn keep_denial(&mut self, peer: PeerId, reason: &str) {
        let permission = self.peers.permission_mut(peer);
        let denial = permission.and_then(|permission| permission.denial(peer, reason));
        if let Some(denial) = denial {
            self.keep_for_log(denial);
        }
    }

    /// Keeps something for whoever runs the controller.
    pub(super) fn keep_for_log(&mut self, denial: Denial) {
        if self.denials.len() < UNTAKEN {
            self.denials.push(denial);
        }
    }

    /// What was denied since the last look.
    #[must_use]
    pub fn take_denials(&mut self) -> Vec<Denial> {
        std::mem::take(&mut self.denials)
    }
}

/// What is answered to whoever asks for what it may not.
const fn denied(reason: String) -> Failed {
    Failed::Denied {
        reason,
        may_have_run: false,
    }
}
