//! Broadcasts that nobody wants any more: their parts are given up, some at a time.

use daffi_core::proto::CallId;

use super::ids::{BroadcastId, Caller, Part, PeerId, Routed, Sent};
use super::outlet::Outlet;
use super::state::Router;
use super::work::{Progress, Step, Task, Turn};

/// A broadcast that its caller takes back: parts, up to a place on the roster.
#[derive(Debug)]
struct Cancelling {
    of: BroadcastId,
    index: u32,
}

impl Step for Cancelling {
    fn go_on(&mut self, router: &mut Router, turn: &mut Turn, mut out: &mut dyn Outlet) -> Progress {
        router.cancel_parts(self.of, &mut self.index, turn, &mut out)
    }
}

impl Router {
    /// The caller does not want what is left. The parts still come.
    pub(super) fn cancel_broadcast(&mut self, of: BroadcastId) -> Option<Task> {
        let broadcast = self.broadcasts.get_mut(of)?;
        if std::mem::replace(&mut broadcast.cancelled, true) {
            // All of them have been told.
            return None;
        }
        Some(Box::new(Cancelling { of, index: 0 }))
    }

    fn cancel_parts(
        &mut self,
        of: BroadcastId,
        index: &mut u32,
        turn: &mut Turn,
        out: &mut impl Outlet,
    ) -> Progress {
        self.give_up_parts((of, index), turn, |router, part, _| router.take_back(part, out))
    }

    /// The caller of a broadcast does not want one part, which still comes.
    pub(super) fn cancel_part(&mut self, from: PeerId, call: CallId, index: u32, out: &mut impl Outlet) {
        let sent = self.peers.get(from).and_then(|peer| peer.sent.get(&call));
        if let Some(Sent::Broadcast(of)) = sent.copied()
            && let Some(part) = self.left(Part { of, index })
        {
            self.take_back(part, out);
        }
    }

    /// Nobody wants the answer to a part that has not ended. It still comes.
    fn take_back(&mut self, part: Routed, out: &mut impl Outlet) {
        match part {
            Routed::Queued(id) => self.cancel_parked(id, out),
            Routed::Run(run) => {
                if let Some(outstanding) = self.calls.get_mut(run) {
                    outstanding.cancel(run, out);
                }
            }
        }
    }

    /// How far a part is, unless it has ended.
    fn left(&self, part: Part) -> Option<Routed> {
        match self.broadcasts.routed(part) {
            Some(Routed::Queued(id)) => Some(Routed::Queued(id)),
            _ => self.part_at(part).map(Routed::Run),
        }
    }

    /// The caller of a broadcast has left: nobody wants what is left, nor is told of it.
    pub(super) fn leave_parts(
        &mut self,
        of: BroadcastId,
        index: &mut u32,
        turn: &mut Turn,
        out: &mut impl Outlet,
    ) -> Progress {
        let progress = self.give_up_parts((of, index), turn, |router, part, _| match part {
            Routed::Queued(id) => drop(router.unpark(id)),
            Routed::Run(run) => {
                if let Some(outstanding) = router.calls.get_mut(run) {
                    outstanding.caller = Caller::Nobody;
                    outstanding.cancel(run, out);
                }
            }
        });
        if matches!(progress, Progress::Done) {
            self.broadcasts.forget(of);
        }
        progress
    }

    /// Gives up the parts that are left, from a place on the roster.
    pub(super) fn give_up_parts(
        &mut self,
        (of, index): (BroadcastId, &mut u32),
        turn: &mut Turn,
        mut give_up: impl FnMut(&mut Self, Routed, &mut Turn),
    ) -> Progress {
        while self
            .broadcasts
            .get(of)
            .is_some_and(|of| (*index as usize) < of.routed.len())
        {
            if !turn.spend() {
                return Progress::More;
            }
            let part = Part { of, index: *index };
            *index += 1;
            if let Some(left) = self.left(part) {
                give_up(self, left, turn);
            }
        }
        Progress::Done
    }
}
