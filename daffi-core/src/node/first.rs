//! The first poll of an asynchronous callback: where it holds up nobody, unless it is known to be quick.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tokio::time::timeout;
use tracing::warn;

use super::caught::{caught, panicked};
use super::report::{Beginning, Report};
use crate::panics;
use crate::proto::{Failed, Outcome};
use crate::registry::{Callback, Handler, Invocation, OutcomeFuture, SLOW, patience};
use crate::scope::Scope;

/// Within so long a thread of the blocking pool begins what it is given, unless all of them are taken: a machine that has much to do
/// starts them late, and what begins elsewhere for that may block those who can do without it least.
const THREAD: Duration = Duration::from_secs(1);

/// What a callback does that is polled for the first time.
pub(super) enum Begun {
    Ended(Outcome),
    /// The next poll tells it by whom it is to be woken.
    Waits(OutcomeFuture<'static>),
}

/// A callback that is about to begin.
pub(super) struct First {
    pub(super) report: Arc<Report>,
    pub(super) callback: Arc<Callback>,
    pub(super) invocation: Invocation,
    pub(super) scope: Scope,
}

impl First {
    /// Begins it, if anybody waits for it. What took long is said when what came of it is given.
    fn begin<T>(self, give: impl FnOnce(Begun) -> T) -> Option<T> {
        let Handler::Async(call) = &self.callback.handler else {
            unreachable!("only these begin so")
        };
        let _beginning = Beginning::of(self.report)?;
        let since = Instant::now();
        let begun = begun(&**call, self.invocation, &self.scope);
        let time = since.elapsed();
        // What a panic took is what the program does with it, which may print a backtrace.
        let has_panicked = matches!(&begun, Begun::Ended(outcome) if panicked(outcome));
        let is_found_out = !has_panicked && self.callback.pace.took(time);
        // Nobody may take it, and then it is dropped here.
        let given = self.scope.afterwards().enter(|| give(begun));
        if is_found_out {
            let _ = panics::caught(|| {
                warn!(
                    callback = &*self.callback.name,
                    ?time,
                    "an asynchronous callback blocked its thread, so it runs beside the other calls of this process: write \
                     `fn` without `async`, or use `spawn_blocking`"
                );
            });
        }
        Some(given)
    }
}

/// A callback that begins on another thread.
pub(super) struct Aside {
    report: Arc<Report>,
    callback: Arc<Callback>,
    /// It is there until it begins. Whoever takes it begins it.
    waiting: Arc<Mutex<Option<First>>>,
    given: oneshot::Receiver<Begun>,
    /// Says that a thread has come to it.
    thread: oneshot::Receiver<()>,
    are_taken: Arc<AtomicBool>,
    /// So long what is to begin after it waits for it, once it has a thread.
    patience: Duration,
}

fn take(waiting: &Mutex<Option<First>>) -> Option<First> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner).take()
}

impl Aside {
    /// A callback, and what begins it on another thread if anybody waits for it then. Whether all threads seem to be taken is kept
    /// in `are_taken`, so that not everybody waits for one as long as the first.
    pub(super) fn new(first: First, are_taken: &Arc<AtomicBool>) -> (Self, impl FnOnce() + Send + 'static) {
        let (give, given) = oneshot::channel();
        let (come, thread) = oneshot::channel();
        let patience = patience(first.invocation.size());
        let (report, callback) = (Arc::clone(&first.report), Arc::clone(&first.callback));
        let waiting = Arc::new(Mutex::new(Some(first)));
        let taken = Arc::clone(&waiting);
        let begin = move || {
            // Before anybody hears of this thread: they would wait for it only so long.
            let first = take(&taken);
            let _ = come.send(());
            if let Some(first) = first {
                first.begin(|begun| drop(give.send(begun)));
            }
        };
        let aside = Self {
            report,
            callback,
            waiting,
            given,
            thread,
            are_taken: Arc::clone(are_taken),
            patience,
        };
        (aside, begin)
    }

    /// Waits for a thread, as long as there is likely to be one, and for what comes of it. If there is none, it begins here. What is
    /// to begin after it waits for that, but for no longer than a callback may hold up others once it has a thread and has read what it
    /// was sent.
    pub(super) async fn outcome(mut self) -> Outcome {
        let has_thread = matches!(
            timeout(self.thread_patience(), &mut self.thread).await,
            Ok(Ok(()))
        );
        self.are_taken.store(!has_thread, Ordering::Relaxed);
        // All threads may wait for this one.
        let here = if has_thread { None } else { take(&self.waiting) };
        let begun = match here {
            Some(first) => first.begin(|begun| begun),
            None => match timeout(self.patience, &mut self.given).await {
                Ok(begun) => begun.ok(),
                Err(_) => {
                    self.callback.pace.is_late();
                    self.report.let_pass();
                    self.given.await.ok()
                }
            },
        };
        match begun {
            Some(Begun::Ended(outcome)) => outcome,
            Some(Begun::Waits(future)) => future.await,
            None => unwanted(),
        }
    }

    /// How long a thread is waited for.
    fn thread_patience(&self) -> Duration {
        if self.are_taken.load(Ordering::Relaxed) {
            SLOW
        } else {
            THREAD
        }
    }
}

/// What nobody waits for any more, or the runtime's end has cut off.
fn unwanted() -> Outcome {
    Err(Failed::Cancelled { may_have_run: true }.into())
}

pub(super) fn begun(
    call: &(dyn Fn(Invocation) -> OutcomeFuture<'static> + Send + Sync),
    invocation: Invocation,
    scope: &Scope,
) -> Begun {
    let begun = caught(scope, || {
        Ok(scope.clone().enter(|| {
            let mut future = call(invocation);
            match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(outcome) => {
                    drop(future);
                    Begun::Ended(outcome)
                }
                Poll::Pending => Begun::Waits(future),
            }
        }))
    });
    begun.unwrap_or_else(|failure| Begun::Ended(Err(failure)))
}
