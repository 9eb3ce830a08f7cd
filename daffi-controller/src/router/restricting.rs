//! Rights that change while a process is there: what it does already, and may do no longer, ends.

use std::sync::Arc;

use bytes::Bytes;
use daffi_core::Right;
use daffi_core::proto::{CallId, Failed, Status};

use super::ids::{BroadcastId, Caller, PeerId, ProviderKey, Routed, Sent};
use super::outlet::Outlet;
use super::permission::{Denial, DenialKind, Needs};
use super::questions::Awaited;
use super::state::Router;
use super::work::{Progress, Step, Task, Turn, Work};
use crate::access::Rights;

/// Looks through what a process does.
#[derive(Debug)]
struct Restricting {
    peer: PeerId,
    offered: std::vec::IntoIter<ProviderKey>,
    sent: std::vec::IntoIter<CallId>,
    /// A broadcast that is being ended, with the place on its roster.
    broadcast: Option<(BroadcastId, u32)>,
}

impl Step for Restricting {
    fn go_on(&mut self, router: &mut Router, turn: &mut Turn, mut out: &mut dyn Outlet) -> Progress {
        router.restrict_some(self, turn, &mut out)
    }
}

impl Router {
    /// From now on a process may do this, or everything if there is nothing said. [`review`](Self::review) follows.
    pub fn permit(&mut self, peer: PeerId, rights: Option<Arc<Rights>>) {
        self.peers.permit(peer, rights);
    }

    /// Ends what a process has asked for and may no longer: calls, also those that run (those that it has handed over are not its own
    /// any more), broadcasts, questions, and being told what happens. If it offers what it may not, it is [told](Router::take_denials) to
    /// be cut off.
    pub fn review(&mut self, peer: PeerId, turn: &mut Turn, out: &mut impl Outlet) -> Option<Work> {
        // All of their numbers at once, as nothing else says how far one has come in a table that changes: half a millisecond for the 262,144 that
        // there may be.
        let sent = &self.peers.get(peer)?.sent;
        let restricting: Task = Box::new(Restricting {
            peer,
            offered: self.directory.all_of(peer).into_iter(),
            sent: sent.keys().copied().collect::<Vec<_>>().into_iter(),
            broadcast: None,
        });
        self.begin(Some(restricting), turn, out)
    }

    fn restrict_some(
        &mut self,
        restricting: &mut Restricting,
        turn: &mut Turn,
        out: &mut impl Outlet,
    ) -> Progress {
        let peer = restricting.peer;
        for key in restricting.offered.by_ref() {
            // Meanwhile its place may be another's.
            let provider = self.directory.provider(key);
            let own = provider.filter(|provider| provider.peer == peer && !provider.withdrawn);
            let name = own.map(|provider| Arc::clone(&provider.name));
            if let Some(name) = name
                && let Some(reason) = self.denied(peer, Needs::PROVIDE, &name, turn)
            {
                self.denials.push(Denial {
                    peer,
                    reason,
                    kind: DenialKind::CutOff,
                });
                return Progress::Done;
            }
            if !turn.spend() {
                return Progress::More;
            }
        }
        loop {
            if let Some((of, index)) = &mut restricting.broadcast {
                if let Progress::More = self.deny_parts((*of, index), peer, turn, out) {
                    return Progress::More;
                }
                restricting.broadcast = None;
            }
            let Some(call) = restricting.sent.next() else {
                return Progress::Done;
            };
            let sent = self
                .peers
                .get(peer)
                .and_then(|peer| peer.sent.get(&call).copied());
            match sent {
                // It has ended meanwhile, or whoever is at it looks by itself.
                None | Some(Sent::Errand) => {}
                Some(Sent::Routed(routed)) => self.deny_routed(peer, routed, Needs::CALL, turn, out),
                Some(Sent::Broadcast(of)) => restricting.broadcast = Some((of, 0)),
                Some(Sent::Gathering) => self.check_gathering(peer, call, turn, out),
                Some(Sent::Question) => {
                    let awaited = self.watchers.questions.awaited(peer, call).cloned();
                    let checked = match &awaited {
                        Some(Awaited::Function { name, .. }) => self.check_known(peer, name, turn),
                        Some(Awaited::Process(name)) => self.check_right(peer, Right::Observe, name, turn),
                        None => Ok(()),
                    };
                    if let Err(failed) = checked {
                        self.watchers.forget_question(peer, call);
                        self.refuse(peer, call, failed, out);
                    }
                }
                Some(Sent::Presence) => {
                    if let Err(failed) = self.check_right(peer, Right::Observe, "*", turn) {
                        self.watchers.forget_subscriber(peer, call);
                        self.refuse(peer, call, failed, out);
                    }
                }
            }
            if !turn.spend() {
                return Progress::More;
            }
        }
    }

    /// Ends the parts of a broadcast that a process may not make any more.
    fn deny_parts(
        &mut self,
        (of, index): (BroadcastId, &mut u32),
        peer: PeerId,
        turn: &mut Turn,
        out: &mut impl Outlet,
    ) -> Progress {
        self.give_up_parts((of, index), turn, |router, part, turn| {
            let needs = Needs::CALL.and(Needs::BROADCAST);
            router.deny_routed(peer, part, needs, turn, out);
        })
    }

    /// Ends a call that a process may not make any more.
    fn deny_routed(
        &mut self,
        peer: PeerId,
        routed: Routed,
        needs: Needs,
        turn: &mut Turn,
        out: &mut impl Outlet,
    ) {
        let (name, streams): (Arc<str>, bool) = match routed {
            Routed::Run(run) => {
                // One whose result is on its way has run.
                let call = self.calls.get(run).filter(|call| !call.has_ended);
                let called = call.and_then(|call| Some((self.directory.provider(call.via)?, call.streams)));
                let Some((provider, streams)) = called else { return };
                (Arc::clone(&provider.name), streams)
            }
            Routed::Queued(id) => {
                let Some(parked) = self.lines.get(id) else { return };
                let header = parked.made.header();
                (header.name.into(), self.streams(&header))
            }
        };
        let needs = if streams { needs.and(Needs::STREAM) } else { needs };
        let Some(reason) = self.denied(peer, needs, &name, turn) else {
            return;
        };
        let denied = |may_have_run| Failed::Denied { reason, may_have_run };
        match routed {
            Routed::Queued(id) => self.refuse_parked(id, denied(false), out),
            Routed::Run(run) => {
                let Some(outstanding) = self.calls.get_mut(run) else {
                    return;
                };
                // Its place is free when the provider has answered.
                outstanding.cancel(run, out);
                let ended = *outstanding;
                outstanding.caller = Caller::Nobody;
                self.end(&ended, Status::Failed(denied(true)), &Bytes::new(), out);
            }
        }
    }
}
