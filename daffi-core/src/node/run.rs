//! Running callbacks: where they run, how they are stopped, and how their end is reported.

use std::sync::Arc;

use tracing::info_span;

use super::Node;
use super::caught::{Caught, caught};
use super::doings::{Doings, Ended};
use super::door::Write;
use super::each::Each;
use super::first::{Aside, Begun, First, begun};
use super::task::Task;
use crate::context::{CallContext, Chain, ContextParts};
use crate::panics;
use crate::proto::{Failed, Failure, Outcome, RunId};
use crate::registry::{Callback, Flow, FlowHost, Handler, Invocation, OutcomeFuture, Work};
use crate::scope::{Scope, Scoped};
use crate::session::{Start, Times, Transmit as _};

/// A failure of so many bytes fits every frame, and what else is in one takes no more.
const FITS_BYTES: usize = 4096;

impl Node {
    /// A failure inside of a value, with no more words than fit a frame.
    pub(super) fn fitting(&self, failure: Failure) -> Failure {
        // Every frame may have many times as much, and few failures have.
        if failure.long_bytes() < FITS_BYTES {
            return failure;
        }
        let room = self
            .drive(|_, out, _| out.frame_limit())
            .saturating_sub(FITS_BYTES);
        failure.fitting(room).unwrap_or(failure)
    }

    /// Begins a run. Gives the callback if it ran here, to its end or until it had to wait.
    pub(super) fn start(
        self: &Arc<Self>,
        start: Start<Arc<Callback>>,
        ended: &mut Ended,
    ) -> Option<Arc<Callback>> {
        let Start {
            run,
            callback,
            times,
            caller,
            deadline,
            trace,
            metadata,
            ancestors,
            payload,
        } = start;
        let deadline = deadline.map(|at| self.instant(at));
        let context = CallContext::new(ContextParts {
            caller,
            process_name: Arc::clone(self.process_name()),
            callback: Arc::clone(&callback.name),
            deadline,
            trace,
            metadata,
            chain: Chain {
                run: Some((self.instance, run)),
                ancestors,
            },
        });
        let span = info_span!("callback", name = &*callback.name, caller = context.caller(), call = %run);
        if let Some(trace) = trace {
            self.options.traces.extract(&span, trace);
        }
        let scope = Scope {
            deadline,
            trace,
            may_block: false,
            context: Some(context.clone()),
            run: Some((self.instance, run)),
            span,
        };
        if times == Times::Each {
            let each = Each::new(
                Arc::clone(self),
                run,
                Arc::clone(&callback),
                context.clone(),
                scope.clone(),
            );
            let future: OutcomeFuture<'static> = Box::pin(each.run());
            self.spawn(run, context, Scoped { scope, future }, !callback.handler.blocks());
            return None;
        }
        let flow = Flow {
            host: Arc::clone(self) as Arc<dyn FlowHost>,
            run,
        };
        let invocation = Invocation::new(
            payload,
            context.clone(),
            callback.guarded,
            Arc::clone(&callback.forms),
        )
        .flowing(flow);
        match &callback.handler {
            Handler::Inline(call) => {
                ended.push((run, caught(&scope, || scope.clone().enter(|| call(&invocation)))));
                Some(callback)
            }
            Handler::Blocking(call) => {
                let call = Arc::clone(call);
                self.note(
                    run,
                    Task {
                        context,
                        handle: None,
                    },
                );
                self.report(run)
                    .of_blocking(scope, Box::new(move || call(&invocation)));
                None
            }
            Handler::Deferred(call) => {
                let ready = Scoped {
                    future: call(invocation),
                    scope: scope.clone(),
                };
                let report = self.report(run);
                let task = self.tasks.spawn_on(
                    async move {
                        match ready.await {
                            // From here on it cannot be stopped, and has not ended before it says so.
                            Ok(work) => report.of_blocking(scope, work),
                            Err(failure) => report.done(&Err(failure)),
                        }
                    },
                    &self.runtime,
                );
                let handle = Some(task.abort_handle());
                self.note(run, Task { context, handle });
                None
            }
            // It holds up nobody until it has shown to be quick.
            Handler::Async(_) if callback.pace.is_new() || callback.pace.is_slow() => {
                let first = First {
                    callback,
                    invocation,
                    scope: scope.clone(),
                };
                let new = first.callback.pace.is_new();
                let mut aside = self.begin_aside(run, first);
                let future = match new.then(|| aside.soon()).flatten() {
                    Some(Begun::Ended(outcome)) => {
                        ended.push((run, outcome));
                        return None;
                    }
                    Some(Begun::Waits(future)) => future,
                    None => Box::pin(aside.outcome()),
                };
                self.spawn(run, context, Scoped { scope, future }, true);
                None
            }
            Handler::Async(call) => {
                // Most callbacks end at once, and then need no task.
                match begun(&**call, invocation, &scope) {
                    Begun::Ended(outcome) => ended.push((run, outcome)),
                    Begun::Waits(future) => self.spawn(run, context, Scoped { scope, future }, true),
                }
                Some(callback)
            }
        }
    }

    /// Begins a callback that may block, on a thread where that holds up nobody, as soon as there is one.
    pub(super) fn begin_aside(self: &Arc<Self>, run: RunId, first: First) -> Aside {
        let node = Arc::clone(self);
        let is_wanted = move || node.drive(|session, _, _| session.is_wanted(run));
        let (aside, begin) = Aside::new(first, is_wanted);
        // Where there is no thread to be had, what waits for one is begun without.
        let _ = panics::caught(|| self.tasks.spawn_blocking_on(begin, &self.runtime));
        aside
    }

    /// Runs a future to its end, or until it is aborted if it is `abortable`.
    fn spawn(
        self: &Arc<Self>,
        run: RunId,
        context: CallContext,
        future: Scoped<OutcomeFuture<'static>>,
        abortable: bool,
    ) {
        let report = self.report(run);
        let task = self.tasks.spawn_on(
            async move {
                let outcome = Caught(future).await;
                report.done(&outcome);
            },
            &self.runtime,
        );
        let handle = abortable.then(|| task.abort_handle());
        self.note(run, Task { context, handle });
    }

    fn report(self: &Arc<Self>, run: RunId) -> Report {
        Report {
            node: Arc::clone(self),
            run: Some(run),
        }
    }

    /// Remembers how to stop a run; stops it if that was asked for meanwhile.
    fn note(&self, run: RunId, task: Task) {
        let unwanted = self.visit(&mut Doings::default(), |visit| {
            if visit.session().is_wanted(run) {
                visit.tasks().insert(run, task)
            } else {
                Some(task)
            }
        });
        if let Some(task) = unwanted {
            task.stop();
        }
    }

    pub(super) fn abort(&self, run: RunId) {
        let task = self.visit(&mut Doings::default(), |visit| visit.tasks().remove(&run));
        if let Some(task) = task {
            task.stop();
        }
    }
}

/// Reports the end of a run, however it ends: also when its task is dropped.
struct Report {
    node: Arc<Node>,
    run: Option<RunId>,
}

impl Report {
    /// Runs `work` on the blocking pool, and reports how it ended.
    fn of_blocking(self, scope: Scope, work: Work) {
        let scope = Scope {
            may_block: true,
            ..scope
        };
        let node = Arc::clone(&self.node);
        node.tasks.spawn_blocking_on(
            move || {
                // It may have waited for a thread for longer than anybody waited for it.
                if self.is_wanted() {
                    let outcome = caught(&scope, || scope.clone().enter(work));
                    self.done(&outcome);
                }
            },
            &node.runtime,
        );
    }

    fn is_wanted(&self) -> bool {
        self.run
            .is_some_and(|run| self.node.drive(|session, _, _| session.is_wanted(run)))
    }

    fn done(mut self, outcome: &Outcome) {
        self.send(outcome);
    }

    fn send(&mut self, outcome: &Outcome) {
        let Some(run) = self.run.take() else { return };
        // It holds what is the program's.
        let _task = self.node.visit(&mut Doings::default(), |visit| {
            let (session, mut out, events) = visit.parts();
            session.finish(run, outcome, &mut out, events);
            if session.single_runs() == 0 {
                visit.write = Write::Flush;
            }
            visit.tasks().remove(&run)
        });
        self.node.changed.notify_waiters();
    }
}

impl Drop for Report {
    fn drop(&mut self) {
        self.send(&Err(Failed::Cancelled { may_have_run: true }.into()));
    }
}
