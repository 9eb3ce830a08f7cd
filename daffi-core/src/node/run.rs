//! Running callbacks: where they run, how they are stopped, and how their end is reported.

use std::sync::Arc;

use tracing::{info_span, warn};

use super::Node;
use super::caught::{Caught, caught};
use super::doings::{Doings, Ended};
use super::each::Each;
use super::first::{Aside, Begun, First, begun};
use super::report::Report;
use super::task::Task;
use crate::context::{CallContext, Chain, ContextParts};
use crate::error::CallError;
use crate::panics;
use crate::proto::{Failure, RemoteError, RunId, stable_hash};
use crate::registry::{Callback, Flow, FlowHost, For, Handler, Invocation, OutcomeFuture};
use crate::scope::{Home, Scope, Scoped};
use crate::seldom::Unsaid;
use crate::session::{Start, Times, Transmit as _};
use crate::simulation;

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
            is_first,
            caller,
            identity,
            deadline,
            trace,
            metadata,
            ancestors,
            described,
            payload,
        } = start;
        let by = || match &identity {
            Some(known) => For::Known(stable_hash(known.name().as_bytes())),
            None => For::Stranger(stable_hash(caller.as_bytes())),
        };
        let (payload, readings, answers) = match callback.called(payload, described, (&self.effort, by)) {
            Ok(called) => called,
            Err(failed) => {
                // Of a call that was handed over, nobody else hears of it.
                if let Some(Unsaid(unsaid)) = self.unread.may_say() {
                    let (callback, caller) = (&*callback.name, &*caller);
                    let error = CallError::<RemoteError>::from_failed(failed.clone(), callback, None, None);
                    warn!(callback, caller, %error, unsaid, "a call whose types differ was refused");
                }
                ended.push((run, Err(failed.into())));
                return Some(callback);
            }
        };
        let deadline = deadline.map(|at| self.instant(at));
        let context = CallContext::new(ContextParts {
            caller,
            identity,
            process_name: Arc::clone(self.process_name()),
            callback: Arc::clone(&callback.name),
            place: callback.description.line(),
            deadline,
            trace,
            metadata,
            chain: Chain {
                run: Some((self.key, run)),
                ancestors,
            },
            owner: self.owner(),
        });
        let span = info_span!("callback", name = &*callback.name, caller = context.caller(), call = %run);
        if let Some(trace) = trace {
            self.options.traces.extract(&span, trace);
        }
        let scope = Scope {
            home: Home::Of(self.key),
            deadline,
            trace,
            may_block: false,
            context: Some(context.clone()),
            run: Some((self.key, run)),
            span,
        };
        if times == Times::Each {
            let report = Report::of(self, run);
            let each = Each::new(
                Arc::clone(&report),
                Arc::clone(&callback),
                context.clone(),
                scope.clone(),
                (readings, answers),
            );
            let future: OutcomeFuture<'static> = Box::pin(each.run());
            self.spawn(
                report,
                context,
                Scoped::new(scope, future),
                !callback.handler.blocks(),
            );
            return None;
        }
        let flow = Flow {
            host: Arc::clone(self) as Arc<dyn FlowHost>,
            run,
        };
        let invocation = Invocation::new(payload, context.clone(), readings, answers).flowing(flow);
        match &callback.handler {
            Handler::Inline(call) => {
                ended.push((run, caught(&scope, || scope.clone().enter(|| call(&invocation)))));
                Some(callback)
            }
            Handler::Blocking(call) => {
                let call = Arc::clone(call);
                let work = Box::new(move || call(&invocation));
                Report::of(self, run).of_blocking(&context, scope, work);
                self.note(
                    run,
                    Task {
                        context,
                        handle: None,
                    },
                );
                None
            }
            Handler::Deferred(call) => {
                let ready = Scoped::new(scope.clone(), call(invocation));
                let report = Report::of(self, run);
                let its = context.clone();
                let task = self.tasks.spawn_on(
                    async move {
                        let node = Arc::clone(report.node());
                        match node.before_a_thread(run, &its, ready).await {
                            // From here on it cannot be stopped, and has not ended before it says so.
                            Ok(work) => report.of_blocking(&its, scope, work),
                            Err(failure) => report.done(&Err(failure)),
                        }
                    },
                    &self.runtime,
                );
                let handle = Some(task.abort_handle());
                self.note(run, Task { context, handle });
                None
            }
            Handler::Async(_) if (is_first || callback.pace.begins_aside()) && !simulation::is_on() => {
                let report = Report::of(self, run);
                let aside = self.begin_aside(First {
                    report: Arc::clone(&report),
                    callback,
                    invocation,
                    scope: scope.clone(),
                });
                let future: OutcomeFuture<'static> = Box::pin(aside.outcome());
                self.spawn(report, context, Scoped::new(scope, future), true);
                None
            }
            Handler::Async(call) => {
                // Most callbacks end at once, and then need no task.
                match begun(&**call, invocation, &scope) {
                    Begun::Ended(outcome) => ended.push((run, outcome)),
                    Begun::Waits(future) => {
                        self.spawn(Report::of(self, run), context, Scoped::new(scope, future), true);
                    }
                }
                Some(callback)
            }
        }
    }

    /// Begins a callback that may block, on a thread where that holds up nobody, as soon as there is one.
    pub(super) fn begin_aside(&self, first: First) -> Aside {
        let (aside, begin) = Aside::new(first, self.pool.are_taken());
        // Where there is no thread to be had, what waits for one is begun without.
        let _ = panics::caught(|| self.tasks.spawn_blocking_on(begin, &self.runtime));
        aside
    }

    /// Runs a future to its end, or until it is aborted if it is `abortable`.
    fn spawn(
        self: &Arc<Self>,
        report: Arc<Report>,
        context: CallContext,
        future: Scoped<OutcomeFuture<'static>>,
        abortable: bool,
    ) {
        let run = report.run();
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

    /// Remembers how to stop a run; stops it if that was asked for meanwhile.
    fn note(self: &Arc<Self>, run: RunId, task: Task) {
        let unwanted = self.visit(&mut Doings::default(), |visit| {
            if visit.session().is_wanted(run) {
                visit.tasks().insert(run, task)
            } else {
                Some(task)
            }
        });
        if let Some(task) = unwanted {
            self.stop_task(run, task);
        }
    }

    pub(super) fn abort(self: &Arc<Self>, run: RunId) {
        let task = self.visit(&mut Doings::default(), |visit| visit.tasks().remove(&run));
        if let Some(task) = task {
            self.stop_task(run, task);
        }
    }

    fn stop_task(self: &Arc<Self>, run: RunId, task: Task) {
        task.stop();
        self.leave_threads(run);
    }
}
