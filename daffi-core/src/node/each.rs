//! A run that calls its callback once for each item of a stream.

use std::future::{Future, poll_fn};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::{Either, select};
use tokio::runtime::Handle;
use tokio::task::coop::consume_budget;
use tokio::time::timeout;

use super::handle::Node;
use super::received::Received;
use super::run::{caught, panicked};
use crate::context::CallContext;
use crate::proto::{Failed, Failure, Outcome, RunId, Taken, Tally, Window, decode_arguments};
use crate::registry::{Callback, FlowHost, Handler, Invocation, Work, WorkFuture};
use crate::scope::{Scope, Scoped};

/// How many items a thread of the blocking pool is given at a time.
const BATCH: usize = 256;

/// Such a run.
pub(super) struct Each {
    node: Arc<Node>,
    run: RunId,
    callback: Arc<Callback>,
    context: CallContext,
    scope: Scope,
    items: Received<Bytes>,
    /// For so many the callback has returned without an error.
    done: u64,
}

impl Each {
    pub(super) fn new(
        node: Arc<Node>,
        run: RunId,
        callback: Arc<Callback>,
        context: CallContext,
        scope: Scope,
    ) -> Self {
        Self {
            node,
            run,
            callback,
            context,
            scope,
            items: Received::new(|bytes, _| decode_arguments(bytes), false, Window::DEFAULT),
            done: 0,
        }
    }

    /// Takes items until there are no more, or one of them fails.
    pub(super) async fn run(mut self) -> Outcome {
        let stopped = self.take_all().await.err();
        let tally = Tally {
            done: self.done,
            stopped,
        };
        tally.encode().map_err(|error| {
            let message = error.to_string();
            Failed::Encode { message }.into()
        })
    }

    async fn take_all(&mut self) -> Result<(), Failure> {
        FlowHost::accept(&*self.node, self.run, 0, self.items.window());
        let handler = self.callback.handler.clone();
        while let Some(arguments) = self.next().await? {
            match &handler {
                Handler::Inline(call) => {
                    let (invocation, scope) = self.begin(arguments);
                    self.ended(caught(|| scope.enter(|| call(&invocation))))?;
                }
                Handler::Async(call) => {
                    let (invocation, scope) = self.begin(arguments);
                    let future = call(invocation);
                    let outcome = self.in_time(Scoped { scope, future }).await;
                    self.ended(outcome)?;
                }
                Handler::Blocking(call) => {
                    let call = Arc::clone(call);
                    self.on_a_thread(arguments, move |invocation| call(&invocation))
                        .await?;
                }
                Handler::Deferred(call) => {
                    let (call, runtime) = (Arc::clone(call), self.node.runtime.clone());
                    let work = move |invocation: Invocation| {
                        let context = invocation.context().clone();
                        wait_for_work(call(invocation), &context, &runtime)?()
                    };
                    self.on_a_thread(arguments, work).await?;
                }
            }
            // Callbacks that never wait must not keep others from their turn.
            consume_budget().await;
        }
        Ok(())
    }

    /// The arguments of the next call.
    async fn next(&mut self) -> Result<Option<Bytes>, Failed> {
        while self.items.is_empty() {
            match poll_fn(|cx| self.node.poll_taken(self.run, 0, cx)).await {
                Taken::Batch(batch) => self.items.put(batch),
                Taken::End(end) => return end.map(|()| None),
            }
        }
        self.take().map(Some)
    }

    fn take(&mut self) -> Result<Bytes, Failed> {
        let (arguments, _, due) = self.items.take().map_err(|error| Failed::Decode {
            message: format!("an item of the stream: {error}"),
        })?;
        if let Some(window) = due {
            FlowHost::accept(&*self.node, self.run, 0, window);
        }
        Ok(arguments)
    }

    /// A call, and what surrounds it. The callback's own time begins now.
    fn begin(&self, arguments: Bytes) -> (Invocation, Scope) {
        let own = self.callback.description.timeout;
        let until = own.and_then(|own| Instant::now().checked_add(own));
        let context = until.map_or_else(|| self.context.clone(), |until| self.context.until(until));
        let scope = Scope {
            deadline: context.deadline(),
            ..self.scope.clone()
        };
        (Invocation::new(arguments, context, self.callback.guarded), scope)
    }

    fn ended(&mut self, outcome: Outcome) -> Result<(), Failure> {
        outcome?;
        self.done += 1;
        Ok(())
    }

    /// What a future ends with, or that the callback's own time is over.
    async fn in_time(&self, future: impl Future<Output = Outcome>) -> Outcome {
        let ended = async {
            let ended = AssertUnwindSafe(future).catch_unwind().await;
            ended.unwrap_or_else(|panic| Err(panicked(panic.as_ref()).into()))
        };
        match self.callback.description.timeout {
            None => ended.await,
            Some(own) => timeout(own, ended).await.unwrap_or_else(|_| Err(too_late())),
        }
    }

    /// Has a thread of the blocking pool call `call` for an item and those that have come with it.
    async fn on_a_thread(
        &mut self,
        first: Bytes,
        call: impl Fn(Invocation) -> Outcome + Send + 'static,
    ) -> Result<(), Failure> {
        let own = self.callback.description.timeout;
        let mut calls = vec![self.begin(first)];
        // Of those with a time of their own each is watched.
        while own.is_none() && calls.len() < BATCH && !self.items.is_empty() {
            let arguments = self.take()?;
            calls.push(self.begin(arguments));
        }
        let context = self.context.clone();
        let work = move || {
            let mut done = 0;
            for (invocation, scope) in calls {
                if context.is_cancelled() {
                    return (done, Err(stopped()));
                }
                let scope = Scope {
                    may_block: true,
                    ..scope
                };
                if let Err(failure) = caught(|| scope.enter(|| call(invocation))) {
                    return (done, Err(failure));
                }
                done += 1;
            }
            (done, Ok(()))
        };
        let mut thread = self.node.tasks.spawn_blocking_on(work, &self.node.runtime);
        let ended = match own {
            None => thread.await,
            Some(own) => match timeout(own, &mut thread).await {
                Ok(ended) => ended,
                Err(_) => {
                    // It can only be told, and is waited for: its place is not another's before.
                    self.context.cancel();
                    let _ = thread.await;
                    return Err(too_late());
                }
            },
        };
        let (done, outcome) = ended.map_err(|_| stopped())?;
        self.done += done;
        outcome
    }
}

/// Waits, on a thread that may block, for what the callback needs.
fn wait_for_work(ready: WorkFuture, context: &CallContext, runtime: &Handle) -> Result<Work, Failure> {
    match runtime.block_on(select(ready, Box::pin(context.cancelled()))) {
        Either::Left((work, _)) => Ok(work),
        Either::Right(_) => Err(stopped()),
    }
}

fn stopped() -> Failure {
    Failed::Cancelled { may_have_run: true }.into()
}

fn too_late() -> Failure {
    Failed::Timeout { may_have_run: true }.into()
}
