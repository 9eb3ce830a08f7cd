//! The end of a run, which is reported once, however it comes.

use std::any::Any;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

use super::Node;
use super::caught::caught;
use super::doings::Doings;
use super::door::Write;
use super::pool::Given;
use crate::context::CallContext;
use crate::proto::{Failed, Outcome, RunId};
use crate::registry::Work;
use crate::scope::Scope;

/// Reports the end of a run: also when all who have this have dropped it, for then nothing of the run goes on.
#[derive(Debug)]
pub(super) struct Report {
    node: Arc<Node>,
    run: RunId,
    /// What the node is a part of is there as long as the run, which may ask for it.
    _owner: Option<Arc<dyn Any + Send + Sync>>,
    is_said: AtomicBool,
}

impl Report {
    pub(super) fn of(node: &Arc<Node>, run: RunId) -> Arc<Self> {
        Arc::new(Self {
            node: Arc::clone(node),
            run,
            _owner: node.owner().as_ref().and_then(Weak::upgrade),
            is_said: AtomicBool::new(false),
        })
    }

    pub(super) const fn node(&self) -> &Arc<Node> {
        &self.node
    }

    pub(super) const fn run(&self) -> RunId {
        self.run
    }

    /// Runs `work` on a thread that it may block, and reports how it ended.
    pub(super) fn of_blocking(self: Arc<Self>, context: &CallContext, scope: Scope, work: Work) {
        let scope = Scope {
            may_block: true,
            ..scope
        };
        let (node, run) = (Arc::clone(&self.node), self.run);
        node.on_a_thread(run, context, move |given| match given {
            // It may have waited for a thread for longer than anybody waited for it.
            Given::Thread if !self.is_wanted() => {}
            Given::Thread => {
                let outcome = caught(&scope, || scope.clone().enter(work));
                self.done(&outcome);
            }
            Given::None(none) => self.done(&Err(none.into())),
        });
    }

    /// What waits until it has begun waits no longer.
    pub(super) fn let_pass(&self) {
        self.node
            .drive(|session, _, events| session.let_pass(self.run, events));
    }

    fn is_wanted(&self) -> bool {
        self.node.drive(|session, _, _| session.is_wanted(self.run))
    }

    /// Whoever claims it says how it has ended. `false` if another one has.
    pub(super) fn claim(&self) -> bool {
        !self.is_said.swap(true, Ordering::AcqRel)
    }

    pub(super) fn done(&self, outcome: &Outcome) {
        if !self.claim() {
            return;
        }
        // It holds what is the program's.
        let _task = self.node.visit(&mut Doings::default(), |visit| {
            let (session, mut out, events) = visit.parts();
            session.finish(self.run, outcome, &mut out, events);
            if session.single_runs() == 0 {
                visit.write = Write::Flush;
            }
            visit.tasks().remove(&self.run)
        });
        self.node.changed.notify_waiters();
    }
}

impl Drop for Report {
    fn drop(&mut self) {
        self.done(&Err(Failed::Cancelled { may_have_run: true }.into()));
    }
}

/// A callback begins, and may block its thread: what waits for that goes on when this is dropped.
pub(super) struct Beginning(Arc<Report>);

impl Beginning {
    /// Unless nobody waits for it any more.
    pub(super) fn of(report: Arc<Report>) -> Option<Self> {
        let is_wanted = report.node.drive(|session, _, _| session.is_wanted(report.run));
        is_wanted.then(|| Self(report))
    }
}

impl Drop for Beginning {
    fn drop(&mut self) {
        let Report { node, run, .. } = &*self.0;
        node.drive(|session, _, events| session.let_pass(*run, events));
    }
}
