//! The calls that are made for schedules.

use std::sync::Arc;

use daffi_core::proto::{CallHeader, CallId, Failed, Mode, Moment, TaskId, TickError};
use tracing::debug;

use super::super::hub::{EndOfTurn, Hub, State};
use super::super::standing::{Standing, rights};
use super::books::Books;
use super::callers::Callers;
use crate::router::{Fault, PeerId, Work};
use crate::schedule::{End, Maker, Other, Run};

impl Hub {
    /// Makes a call.
    pub(super) async fn start(&self, run: Run) {
        let left = {
            let (mut books, now) = self.scheduling.open();
            let Books {
                schedules,
                acts,
                callers,
                ..
            } = &mut *books;
            let Some((order, maker)) = schedules.order(run.task) else {
                return;
            };
            let (order, maker) = (Arc::clone(order), maker.clone());
            let mut state = self.state();
            match enter(callers, &mut state, &maker, self.now()) {
                Err(reason) => {
                    drop(state);
                    let denied = Failed::Denied {
                        reason,
                        may_have_run: false,
                    };
                    schedules.ended(run, End::Failed(TickError::Failed(denied)), now, acts);
                    self.scheduling.wake.notify_one();
                    return;
                }
                Ok(peer) => {
                    let Some(call) = callers.call(peer, run, &order) else {
                        return;
                    };
                    let State { router, queues, .. } = &mut *state;
                    let mut turn = self.router_turn();
                    let mut header = order.header(call);
                    let mut arguments = order.arguments().clone();
                    if let Some(terms) = schedules.terms(run.task) {
                        header = terms.header(header);
                        arguments = terms.arguments(&order);
                    }
                    let routed = router.call_inside(peer, header, &arguments, &mut turn, queues);
                    if routed.is_err() {
                        // It goes on as one that nobody had room for, and its maker as a caller that comes anew.
                        callers.take_back(peer, call);
                        let overloaded = Failed::Overloaded { may_have_run: false };
                        schedules.ended(run, End::Failed(TickError::Failed(overloaded)), now, acts);
                        self.scheduling.wake.notify_one();
                    }
                    (routed, self.end_of_turn(&mut state))
                }
            }
        };
        self.finish_turn(left).await;
    }

    /// Calls one of those whom a broadcast asks by itself, as what it offers has another signature for the same.
    pub(super) async fn start_part(&self, part: (Run, u32), terms: Other) {
        let left = {
            let (mut books, now) = self.scheduling.open();
            let Books {
                schedules,
                acts,
                callers,
                ..
            } = &mut *books;
            let Some(made) = callers.call_part(part) else {
                let cancelled = Failed::Cancelled { may_have_run: false };
                callers.part_not_made(part, cancelled, schedules, now, acts);
                self.scheduling.wake.notify_one();
                return;
            };
            let (peer, call) = made.place;
            let arguments = terms.arguments(&made.order);
            let header = CallHeader {
                to: Some(&made.process),
                deadline: made.timeout,
                mode: Mode::Answered,
                ..terms.header(made.order.header(call))
            };
            let mut state = self.state();
            let State { router, queues, .. } = &mut *state;
            let mut turn = self.router_turn();
            let routed = router.call_inside(peer, header, &arguments, &mut turn, queues);
            if routed.is_err() {
                let overloaded = Failed::Overloaded { may_have_run: false };
                callers.part_not_made(part, overloaded, schedules, now, acts);
                self.scheduling.wake.notify_one();
            }
            (routed, self.end_of_turn(&mut state))
        };
        self.finish_turn(left).await;
    }

    /// Asks for somebody who offers what a schedule calls.
    pub(super) async fn wait_for_provider(&self, task: TaskId) {
        let left = {
            let (mut books, _) = self.scheduling.open();
            let Books {
                schedules, callers, ..
            } = &mut *books;
            if !schedules.is_absent(task) {
                return;
            }
            let Some((order, maker)) = schedules.order(task) else {
                return;
            };
            let mut state = self.state();
            // Whoever may not call it any more is told when its time is over.
            let Ok(peer) = enter(callers, &mut state, maker, self.now()) else {
                return;
            };
            let Some(call) = callers.wait(peer, task) else {
                return;
            };
            let State { router, queues, .. } = &mut *state;
            let mut turn = self.router_turn();
            let routed = router.await_inside(peer, call, &order.header(call), &mut turn, queues);
            if routed.is_err() {
                callers.take_back(peer, call);
            }
            (routed, self.end_of_turn(&mut state))
        };
        self.finish_turn(left).await;
    }

    /// Cancels what was asked for under a number.
    pub(super) async fn cancel(&self, (peer, call): (PeerId, CallId)) {
        let left = {
            let mut state = self.state();
            let State { router, queues, .. } = &mut *state;
            let routed = router.cancel_inside(peer, call, &mut self.router_turn(), queues);
            (routed, self.end_of_turn(&mut state))
        };
        self.finish_turn(left).await;
    }

    async fn finish_turn(&self, (routed, told): (Result<Option<Work>, Fault>, EndOfTurn)) {
        let left = routed.unwrap_or_else(|fault| {
            debug!(%fault, "a call of a schedule was not taken");
            None
        });
        self.tell(told.denials);
        self.finish(left, told.outboxes).await;
    }
}

/// The caller for a maker of schedules, with the rights that it has now.
fn enter(callers: &mut Callers, state: &mut State, maker: &Maker, now: Moment) -> Result<PeerId, String> {
    let State {
        router,
        queues,
        policy,
        quotas,
        identities,
        ..
    } = state;
    if let Some(identities) = identities
        && !identities.knows(&maker.identity)
    {
        return Err(format!(
            "{} is not among those who are known any more",
            maker.identity
        ));
    }
    let standing = Standing::new(maker.is_own, &maker.identity);
    let rights = rights(policy.as_ref(), &standing, &maker.process)?;
    if let Some(peer) = callers.of_maker(maker) {
        router.permit(peer, rights);
        return Ok(peer);
    }
    let peer = router.enter_inside(&maker.process, maker.identity.clone(), rights);
    let quotas = standing.quotas(policy.as_ref(), quotas);
    if quotas.is_some() {
        router.allow(peer, quotas.as_ref(), now);
    }
    queues.inside.insert(peer, standing);
    callers.enter(peer, maker);
    Ok(peer)
}
