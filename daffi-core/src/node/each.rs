//! A run that calls its callback once for each item of a stream.

mod count;

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt as _;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout};

use self::count::{Count, telling};
use super::Node;
use super::caught::{Caught, caught, returned};
use super::first::First;
use super::pool::Given;
use super::received::{Reader, Received};
use super::report::Report;
use super::turn::StreamTurn;
use crate::context::CallContext;
use crate::described::{Misfit, Readings};
use crate::proto::{
    DecodeError, Failed, Failure, Outcome, RunId, Taken, Tally, TimeLimit, Window, decode_arguments,
};
use crate::registry::{Answers, Callback, FlowHost, Handler, Invocation, OutcomeFuture, Work};
use crate::scope::{Scope, Scoped};

/// How many items a thread of the blocking pool is given at a time.
const BATCH: usize = 256;

/// Such a run.
pub(super) struct Each {
    node: Arc<Node>,
    report: Arc<Report>,
    run: RunId,
    callback: Arc<Callback>,
    context: CallContext,
    scope: Scope,
    /// How each call's arguments are read, and how it is answered.
    terms: (Readings, Answers),
    /// How they are read where they say themselves what they are, once some did.
    explained: Option<Result<Readings, Misfit>>,
    items: Received<Item>,
    /// What was taken of them and not done.
    left: VecDeque<Arguments>,
    count: Arc<Count>,
    turn: StreamTurn,
}

/// The arguments of a call, and whether they say themselves what they are.
type Item = (Bytes, bool);

/// The arguments of a call, and how they are read.
type Arguments = (Bytes, Readings);

impl Each {
    pub(super) fn new(
        report: Arc<Report>,
        callback: Arc<Callback>,
        context: CallContext,
        scope: Scope,
        terms: (Readings, Answers),
    ) -> Self {
        Self {
            node: Arc::clone(report.node()),
            run: report.run(),
            report,
            callback,
            context,
            scope,
            terms,
            explained: None,
            items: Received::new(Reader::Told(Arc::new(item)), Window::DEFAULT),
            left: VecDeque::new(),
            count: Arc::default(),
            turn: StreamTurn::NEW,
        }
    }

    /// Takes items until there are no more, or one of them fails.
    pub(super) async fn run(mut self) -> Outcome {
        let (node, count) = (Arc::clone(&self.node), Arc::clone(&self.count));
        let (run, taken) = (self.run, self.take_all());
        let stopped = telling(taken, &count, |done| node.tell_done(run, done)).await;
        let stopped = stopped.err();
        self.tally(stopped)
    }

    async fn take_all(&mut self) -> Result<(), Failure> {
        let granted = FlowHost::accept(&*self.node, self.run, 0, self.items.window());
        self.items.set_window(granted);
        let handler = self.callback.handler.clone();
        while let Some(arguments) = self.next().await? {
            self.turn.begun();
            let bytes = arguments.0.len();
            let (called, waited) = noted(self.call(&handler, arguments)).await;
            called?;
            if waited {
                self.turn.pause();
            }
            self.turn.add(bytes);
            poll_fn(|cx| self.turn.poll_next(cx)).await;
        }
        Ok(())
    }

    /// Calls the callback; one that runs on a thread, also for those items that have come with this one.
    async fn call(&mut self, handler: &Handler, arguments: Arguments) -> Result<(), Failure> {
        let (invocation, scope) = self.begin(arguments);
        match handler {
            Handler::Inline(call) => {
                returned(caught(&scope, || scope.clone().enter(|| call(&invocation))))?;
                self.count.add();
                Ok(())
            }
            Handler::Async(call) => {
                let future: OutcomeFuture<'static> = if self.callback.pace.begins_aside() {
                    let first = First {
                        report: Arc::clone(&self.report),
                        callback: Arc::clone(&self.callback),
                        invocation,
                        scope: scope.clone(),
                    };
                    Box::pin(self.node.begin_aside(first).outcome())
                } else {
                    call(invocation)
                };
                returned(self.in_time(Caught(Scoped::new(scope, future))).await)?;
                self.count.add();
                Ok(())
            }
            Handler::Blocking(call) => {
                let (first, then) = (Arc::clone(call), Arc::clone(call));
                let first: Work = Box::new(move || first(&invocation));
                self.on_a_thread(scope, first, move |invocation| Some(then(&invocation)))
                    .await
            }
            Handler::Deferred(call) => {
                // Not on the thread: those who have what is waited for here may themselves wait for a thread.
                let ready = call(invocation);
                let first = self.node.before_a_thread(self.run, &self.context, ready).await?;
                let call = Arc::clone(call);
                self.on_a_thread(scope, first, move |invocation| {
                    call(invocation).now_or_never().map(|work| work?())
                })
                .await
            }
        }
    }

    /// The arguments of the next call.
    async fn next(&mut self) -> Result<Option<Arguments>, Failed> {
        if let Some(arguments) = self.left.pop_front() {
            return Ok(Some(arguments));
        }
        while self.items.is_empty() {
            self.turn.pause();
            match poll_fn(|cx| self.node.poll_taken(self.run, 0, cx)).await {
                Taken::Batch(batch) => self.items.put(batch),
                Taken::End(end) => return end.map(|()| None),
            }
        }
        self.take().map(Some)
    }

    fn take(&mut self) -> Result<Arguments, Failed> {
        let ((arguments, explained), _, due) = self.items.take().map_err(|error| unreadable(&error))?;
        if let Some(taken) = due {
            let granted = FlowHost::accept(&*self.node, self.run, 0, taken);
            self.items.granted(taken, granted);
        }
        let (readings, _) = &self.terms;
        let readings = if explained {
            let Callback { interface, own, .. } = &*self.callback;
            let found = self
                .explained
                .get_or_insert_with(|| readings.explained(interface, own));
            found.clone().map_err(|misfit| unreadable(&misfit.into()))?
        } else {
            readings.clone()
        };
        Ok((arguments, readings))
    }

    /// A call, and what surrounds it. The callback's own time begins now.
    fn begin(&self, (arguments, readings): Arguments) -> (Invocation, Scope) {
        let own = self.callback.description.timeout;
        let until = own.and_then(|own| Instant::now().checked_add(own));
        let context = until.map_or_else(|| self.context.clone(), |until| self.context.until(until));
        let scope = Scope {
            deadline: context.ends(),
            may_block: self.callback.handler.blocks(),
            context: Some(context.clone()),
            ..self.scope.clone()
        };
        let answers = self.terms.1.clone();
        (Invocation::new(arguments, context, readings, answers), scope)
    }

    /// What a future ends with, or that the callback's own time is over.
    async fn in_time(&self, future: Caught) -> Outcome {
        let Some(own) = self.callback.description.timeout else {
            return future.await;
        };
        timeout(own, future).await.unwrap_or_else(|_| {
            self.context.cancel();
            Err(too_late(own))
        })
    }

    /// Has a thread of the blocking pool do the `first` call, and `then` those whose items have come with its one, until
    /// there is one that would have to wait.
    async fn on_a_thread(
        &mut self,
        scope: Scope,
        first: Work,
        then: impl Fn(Invocation) -> Option<Outcome> + Send + 'static,
    ) -> Result<(), Failure> {
        let own = self.callback.description.timeout;
        // Of those with a time of their own each is watched.
        while own.is_none() && self.left.len() < BATCH && !self.items.is_empty() {
            let arguments = self.take()?;
            self.left.push_back(arguments);
        }
        let mut left = std::mem::take(&mut self.left);
        let (context, answers) = (self.context.clone(), self.terms.1.clone());
        let count = Arc::clone(&self.count);
        let work = move || {
            let mut outcome = returned(caught(&scope, || scope.clone().enter(first))).map(Some);
            while let Ok(Some(_)) = outcome {
                count.add();
                outcome = match left.front() {
                    None => Ok(None),
                    Some(_) if context.is_cancelled() => Err(stopped()),
                    Some((arguments, readings)) => {
                        let (arguments, readings) = (arguments.clone(), readings.clone());
                        let invocation =
                            Invocation::new(arguments, context.clone(), readings, answers.clone());
                        let then = || then(invocation).map(returned).transpose();
                        caught(&scope, || scope.clone().enter(then))
                    }
                };
                if let Ok(Some(_)) = outcome {
                    left.pop_front();
                }
            }
            (left, outcome.map(drop))
        };
        let (give, mut thread) = oneshot::channel();
        self.node.on_a_thread(self.run, &self.context, move |given| {
            let _ = give.send(match given {
                Given::Thread => work(),
                Given::None(none) => (VecDeque::new(), Err(none.into())),
            });
        });
        let _at_work = self.count.at_work();
        let ended = match own {
            None => thread.await,
            Some(own) => match timeout(own, &mut thread).await {
                Ok(ended) => ended,
                Err(_) => {
                    // It can only be told. Its caller hears of it now; its place is not another's before it has ended.
                    self.node.tell_early(self.run, &self.tally(Some(too_late(own))));
                    self.context.cancel();
                    self.node.leave_threads(self.run);
                    let _ = thread.await;
                    return Err(too_late(own));
                }
            },
        };
        let (left, outcome) = ended.map_err(|_| stopped())?;
        self.left.extend(left);
        outcome
    }

    fn tally(&self, stopped: Option<Failure>) -> Outcome {
        let tally = Tally {
            done: self.count.done.load(Ordering::Acquire),
            stopped: stopped.map(|failure| self.node.fitting(failure)),
        };
        tally.encode().map_err(|error| {
            let message = error.to_string();
            Failed::Encode { message }.into()
        })
    }
}

/// What a future gives, and whether it had to be waited for.
async fn noted<F: Future>(future: F) -> (F::Output, bool) {
    let mut future = pin!(future);
    let mut waited = false;
    let output = poll_fn(|cx| {
        let polled = future.as_mut().poll(cx);
        waited |= polled.is_pending();
        polled
    })
    .await;
    (output, waited)
}

/// One that is still encoded, and how many bytes it took.
fn item(bytes: &[u8], explained: bool) -> Result<(Item, usize), DecodeError> {
    let (arguments, used) = decode_arguments(bytes)?;
    Ok(((arguments, explained), used))
}

fn unreadable(error: &DecodeError) -> Failed {
    Failed::Decode {
        message: format!("an item of the stream: {error}"),
    }
}

fn stopped() -> Failure {
    Failed::Cancelled { may_have_run: true }.into()
}

fn too_late(own: Duration) -> Failure {
    let limit = TimeLimit::Callback(own);
    let may_have_run = true;
    Failed::Timeout { limit, may_have_run }.into()
}
