//! Processes that leave, by a goodbye or because their connection is lost.
//!
//! At once they are given nothing more; the rest takes as long as there is much of it. Their name is free when all have been told
//! of it, so that nobody hears that one has left who has just come.

use std::sync::Arc;

use bytes::Bytes;
use daffi_core::proto::{CallId, Failed, Parting, Status};

use super::ids::{BroadcastId, Caller, PeerId, Routed, Sent};
use super::outlet::Outlet;
use super::peers::Stage;
use super::state::Router;
use super::telling::News;
use super::work::{Progress, Step, Task, Turn, Work};
use daffi_core::mixing::Table;

/// A process that is to be on the roster no more.
#[derive(Debug)]
struct Parted {
    peer: PeerId,
    name: Arc<str>,
    /// Whether it was there for others, and how it goes.
    was_present: bool,
    reason: Parting,
}

/// What is left of a process whose connection is lost.
#[derive(Debug)]
struct Clearing {
    peer: PeerId,
    /// What it had sent, and of that a broadcast that is being given up, with the place on its roster.
    sent: std::collections::hash_map::IntoIter<CallId, Sent>,
    broadcast: Option<(BroadcastId, u32)>,
    parted: Option<Parted>,
}

impl Step for Parted {
    fn go_on(&mut self, router: &mut Router, turn: &mut Turn, _out: &mut dyn Outlet) -> Progress {
        router.part(self, turn)
    }
}

/// All are told that a process is on the roster no more.
#[derive(Debug)]
struct Told(PeerId);

impl Step for Told {
    fn go_on(&mut self, router: &mut Router, turn: &mut Turn, _out: &mut dyn Outlet) -> Progress {
        router.peers.parted(self.0, turn.now());
        Progress::Done
    }
}

impl Step for Clearing {
    fn go_on(&mut self, router: &mut Router, turn: &mut Turn, mut out: &mut dyn Outlet) -> Progress {
        router.clear(self, turn, &mut out)
    }
}

impl Router {
    /// A process is about to leave: it gets no more calls.
    pub(super) fn leave(&mut self, from: PeerId) -> Option<Task> {
        // It says so once.
        let joined = self.peers.live(from)?.stage != Stage::Leaving;
        let stage = joined.then(|| self.peers.part(from, Stage::Leaving))??;
        Some(Box::new(Parted {
            peer: from,
            name: self.name_of(from),
            was_present: stage == Stage::Present,
            reason: Parting::Stopped,
        }))
    }

    /// A process's connection has ended. Its calls are cancelled (P4); those it was running end for their callers (P3).
    pub fn disconnect(&mut self, peer: PeerId, turn: &mut Turn, out: &mut impl Outlet) -> Option<Work> {
        let stage = self.peers.part(peer, Stage::Gone)?;
        let lost = self.peers.get_mut(peer)?;
        lost.gathering = None;
        let empty = Table::with_hasher(*lost.sent.hasher());
        let clearing = Clearing {
            peer,
            sent: std::mem::replace(&mut lost.sent, empty).into_iter(),
            broadcast: None,
            parted: Some(Parted {
                peer,
                name: Arc::clone(&lost.name),
                was_present: stage == Stage::Present,
                reason: Parting::Lost,
            }),
        };
        self.begin(Some(Box::new(clearing)), turn, out)
    }

    /// The connection of a process is lost and it may come back, or it is back. All are told who asked for that, and while it is away, it is
    /// given no calls that others can run.
    pub fn set_away(
        &mut self,
        peer: PeerId,
        is_away: bool,
        turn: &mut Turn,
        out: &mut impl Outlet,
    ) -> Option<Work> {
        let changed = self.peers.set_away(peer, is_away)?;
        let told = changed.stage == Stage::Present;
        let name = Arc::clone(&changed.name);
        let news = if is_away { News::Away } else { News::Back };
        let task = if told {
            self.happened(peer, name, news)
        } else {
            None
        };
        self.begin(task, turn, out)
    }

    /// Takes back what a process offers, and has others told that it is gone.
    fn part(&mut self, parted: &mut Parted, turn: &mut Turn) -> Progress {
        while let Some(key) = self.directory.any_of(parted.peer) {
            if !turn.spend() {
                return Progress::More;
            }
            self.take_away(key, |directory| directory.remove(key));
            self.count_callbacks(parted.peer);
        }
        let rerouting = self.rerouting();
        let told = if parted.was_present {
            self.happened(parted.peer, Arc::clone(&parted.name), News::Left(parted.reason))
        } else {
            None
        };
        let end: Task = Box::new(Told(parted.peer));
        Progress::Then(rerouting.into_iter().chain(told).chain([end]).collect())
    }

    fn clear(&mut self, clearing: &mut Clearing, turn: &mut Turn, out: &mut impl Outlet) -> Progress {
        let peer = clearing.peer;
        while let Some(lost) = self.peers.get(peer)
            && let Some(run) = lost.runs.first()
        {
            if !turn.spend() {
                return Progress::More;
            }
            let process = lost.name.to_string();
            if let Some(call) = self.take_off(run, peer) {
                let failed = Failed::ProviderLost { process };
                self.end(&call, Status::Failed(failed), &Bytes::new(), out);
            }
        }
        loop {
            if let Some((of, index)) = &mut clearing.broadcast {
                if let Progress::More = self.leave_parts(*of, index, turn, out) {
                    return Progress::More;
                }
                clearing.broadcast = None;
            }
            let Some((call, sent)) = clearing.sent.next() else {
                break;
            };
            match sent {
                Sent::Routed(Routed::Queued(id)) => drop(self.unpark(id)),
                Sent::Routed(Routed::Run(routed)) => {
                    let outstanding = self.calls.get_mut(routed);
                    let own =
                        outstanding.filter(|outstanding| outstanding.caller == Caller::Call(peer, call));
                    if let Some(outstanding) = own {
                        outstanding.caller = Caller::Nobody;
                        outstanding.cancel(routed, out);
                    }
                }
                Sent::Broadcast(of) => clearing.broadcast = Some((of, 0)),
                Sent::Gathering | Sent::Errand => {}
                Sent::Question => self.watchers.forget_question(peer, call),
                Sent::Presence => self.watchers.forget_subscriber(peer, call),
            }
            if !turn.spend() {
                return Progress::More;
            }
        }
        Progress::Then(
            clearing
                .parted
                .take()
                .map(|parted| Box::new(parted) as Task)
                .into_iter()
                .collect(),
        )
    }
}
