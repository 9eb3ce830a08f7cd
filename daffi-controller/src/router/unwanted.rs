//! Broadcasts that nobody wants any more: their parts are given up, some at a time.

use super::ids::{BroadcastId, Caller, Part, Routed};
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
            match self.broadcasts.routed(part) {
                Some(Routed::Queued(id)) => self.cancel_parked(id, out),
                _ => {
                    if let Some(run) = self.part_at(part)
                        && let Some(outstanding) = self.calls.get_mut(run)
                    {
                        outstanding.cancel(run, out);
                    }
                }
            }
        }
        Progress::Done
    }

    /// The caller of a broadcast has left: nobody wants what is left, nor is told of it.
    pub(super) fn leave_parts(
        &mut self,
        of: BroadcastId,
        index: &mut u32,
        turn: &mut Turn,
        out: &mut impl Outlet,
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
            match self.broadcasts.routed(part) {
                Some(Routed::Queued(id)) => drop(self.unpark(id)),
                _ => {
                    if let Some(run) = self.part_at(part)
                        && let Some(outstanding) = self.calls.get_mut(run)
                    {
                        outstanding.caller = Caller::Nobody;
                        outstanding.cancel(run, out);
                    }
                }
            }
        }
        self.broadcasts.forget(of);
        Progress::Done
    }
}
