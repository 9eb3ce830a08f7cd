//! How a `Global` ends.

use std::future::Future;
use std::sync::Arc;

use tokio::time::Instant;
use tracing::{error, info};

use super::Global;
use crate::call::may_block;
use crate::node::{FAR, in_process};
use crate::panics::logged;
use crate::proto::RunId;
use crate::scope::Scope;

impl Global {
    /// Stops gracefully: takes no more calls, finishes those that are running (for 30 seconds unless
    /// [`stop_timeout`](GlobalBuilder::stop_timeout) says otherwise), answers them, and leaves. A controller of this
    /// `Global` stops after its node. Returns at once if it is stopped.
    ///
    /// The calls that this process has made are not waited for: they go on while callbacks run here, and those that have no outcome when
    /// the last of these has ended, or the time is over, end with [`CallError::Cancelled`], also those in the background. Await what is
    /// wanted before stopping.
    ///
    /// A callback of this `Global` may await it: the stop does not wait for that callback. This is ready when all others have
    /// ended, and the callback has a second to answer.
    ///
    /// # Cancel safety
    ///
    /// The stop goes on when this is dropped after it was first polled.
    pub async fn stop(&self) {
        self.stop_for(Scope::current().run).await;
    }

    /// Stops, as it was asked for in a run.
    async fn stop_for(&self, run: Option<(u128, RunId)>) {
        if self.inner.stopped.is_cancelled() {
            return;
        }
        let this = Self {
            inner: Arc::clone(&self.inner),
            _kept: None,
        };
        let node = self.inner.node.as_ref();
        let is_in_callback = node.is_some_and(|node| node.asks_to_stop(run));
        // In a task of the runtime: whoever asked may be dropped, run elsewhere, or be among what is to end.
        let stopping = self.inner.runtime.spawn(async move { this.stop_all().await });
        if is_in_callback {
            tokio::select! {
                () = self.inner.drained.cancelled() => {}
                _ = stopping => {}
            }
        } else {
            let _ = stopping.await;
        }
    }

    async fn stop_all(&self) {
        let _turn = self.inner.stopping.lock().await;
        if self.inner.stopped.is_cancelled() {
            return;
        }
        if let Some(node) = &self.inner.node {
            let deadline = Instant::now() + self.inner.stop_timeout.min(FAR);
            node.stop_gracefully(deadline, &self.inner.drained).await;
            in_process::remove(node);
            info!(process_name = &*self.inner.process_name, "node stopped");
        }
        if let Some(controller) = &self.inner.controller {
            controller.stop().await;
        }
        self.end();
    }

    /// Ends it at once, as if its process had died: nobody is told, nothing is finished. For tests of what others do then.
    ///
    /// To others it is lost ([`LeaveReason::Lost`](crate::LeaveReason::Lost)), and what it ran for them ends with
    /// [`ProviderLost`](CallError::ProviderLost). Its own calls end with [`Cancelled`](CallError::Cancelled), its asynchronous callbacks are dropped at their
    /// next `.await`, and [`join`](Self::join) returns. A callback that is not `async` cannot be stopped from outside, and goes on to its end,
    /// of which nobody hears. A controller of this `Global` ends with it, and cuts off all who have joined. Without effect if it has stopped.
    ///
    /// ```no_run
    /// # async fn example(g: daffi_core::Global, worker: daffi_core::Global) {
    /// let job = g.call::<u64>("count", (1_000_000_000u64,)).bg();
    /// worker.abort();
    /// assert!(job.await.is_err_and(|error| error.may_have_run()));
    /// # }
    /// ```
    pub fn abort(&self) {
        if let Some(node) = &self.inner.node {
            node.die();
        }
        self.end();
    }

    /// Ends everything now.
    pub(super) fn end(&self) {
        if let Some(node) = &self.inner.node {
            node.stop_now();
            in_process::remove(node);
        }
        if let Some(controller) = &self.inner.controller {
            controller.abort();
        }
        self.inner.stopped.cancel();
        if let Some(thread) = &self.inner.thread {
            thread.cancel();
        }
    }

    /// As [`stop`](Self::stop), blocking this thread: for code without async. On a runtime's thread it does not block, and an
    /// error is logged, or written to standard error where nobody takes the log.
    pub fn stop_blocking(&self) {
        let (this, run) = (self.clone(), Scope::current().run);
        self.run_blocking(async move { this.stop_for(run).await });
    }

    pub(super) fn run_blocking(&self, future: impl Future<Output = ()> + Send + 'static) {
        if in_process::is_forked() {
            logged(|| {
                error!(
                    process_name = &*self.inner.process_name,
                    "this process was forked from the one that started the Global, and nothing of that runs here: leave it to \
                     that one"
                );
            });
            return;
        }
        if !may_block() {
            let process_name = &*self.inner.process_name;
            logged(|| error!(process_name, "{HOLDS_UP}"));
            // The program goes on without what it asked for, which it has to be told somewhere.
            if !tracing::dispatcher::has_been_set() {
                #[expect(clippy::print_stderr, reason = "nobody reads the log")]
                {
                    eprintln!("daffi, {process_name}: {HOLDS_UP}");
                }
            }
            self.inner.runtime.spawn(future);
            return;
        }
        let (done, wait) = std::sync::mpsc::channel::<()>();
        self.inner.runtime.spawn(async move {
            future.await;
            drop(done);
        });
        // Ends when the task does, also when its runtime drops it.
        let _ = wait.recv();
    }
}

/// Why it does not block.
const HOLDS_UP: &str = "blocking here would hold up a runtime, perhaps for ever: this goes on in the background; use the method \
                        without `_blocking`, and await it";
