//! Waiting without async.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use tokio::task::coop;

use crate::error::CallError;
use crate::node::{For, Waits, in_process};
use crate::scope::Scope;

/// Whether blocking this thread holds up nobody.
pub(crate) fn may_block() -> bool {
    let scope = Scope::current();
    // A callback may be polled where nobody else is, and go on elsewhere.
    scope.may_block
        || tokio::runtime::Handle::try_current().is_err()
        || (scope.context.is_none() && !is_polled())
}

/// Whether tokio polls something on this thread, as opposed to a thread of `spawn_blocking`, or one that has only entered a runtime:
/// what is polled has a budget, which is used up here and given back.
fn is_polled() -> bool {
    /// tokio gives 128.
    const MORE_THAN_A_BUDGET: usize = 1 << 10;
    let mut cx = Context::from_waker(Waker::noop());
    let mut spent = Vec::new();
    let is_polled = (0..MORE_THAN_A_BUDGET).any(|_| match coop::poll_proceed(&mut cx) {
        Poll::Ready(unit) => {
            spent.push(unit);
            false
        }
        Poll::Pending => true,
    });
    // Each gives back what was there before it.
    while spent.pop().is_some() {}
    is_polled
}

/// That this is the process in which its `Global`s were started.
pub(crate) fn not_forked<E>(callback: impl FnOnce() -> String) -> Result<(), CallError<E>> {
    if !in_process::is_forked() {
        return Ok(());
    }
    Err(CallError::Invalid {
        callback: callback(),
        reason: in_process::FORKED.to_owned(),
        may_have_run: false,
    })
}

/// That blocking this thread holds up nobody, and that somebody is there to end it.
pub(crate) fn check_may_block<E>(mut callback: impl FnMut() -> String) -> Result<(), CallError<E>> {
    not_forked(&mut callback)?;
    if may_block() {
        return Ok(());
    }
    Err(CallError::Blocking { callback: callback() })
}

/// The callback that waited is not wanted any more, so that it waits for nothing.
#[derive(Debug)]
pub(crate) struct Stopped {
    /// What it waited for may have had its effect.
    may_have_run: bool,
    /// Its `Global` has stopped.
    global: Option<Arc<str>>,
}

impl Stopped {
    /// The same, where more is known of whether that may have had its effect: it may have been sent before it was waited for.
    pub(crate) const fn knowing(mut self, may_have_run: bool) -> Self {
        self.may_have_run = may_have_run;
        self
    }

    /// What a wait for `callback` ends with.
    pub(crate) fn of<E>(self, callback: &str) -> CallError<E> {
        let error = CallError::cancelled(callback, self.may_have_run);
        match self.global {
            Some(name) => error.of_stopped(&name),
            None => error,
        }
    }
}

/// The callback that this thread is of, if it is one, waits for whoever called it, until this is dropped: nobody else may go on.
#[must_use = "it waits until this is dropped"]
pub(crate) fn waits_for_caller() -> Option<Waits> {
    Waits::begin(For::Caller)
}

/// Drives a future on this thread, as long as somebody waits for the callback that it is in: callbacks that wait for others
/// would otherwise keep their threads when all who called them have left.
pub(crate) fn wait_for<F: Future + Unpin>(future: F) -> Result<F::Output, Stopped> {
    wait_for_what(For::Answer, future)
}

/// As [`wait_for`], for what is not an answer.
pub(crate) fn wait_for_what<F: Future + Unpin>(what: For, mut future: F) -> Result<F::Output, Stopped> {
    // Most items of a stream are there.
    let mut waits = None;
    let mut poll = |cx: &mut Context<'_>| {
        let polled = Pin::new(&mut future).poll(cx);
        if polled.is_pending() {
            waits.get_or_insert_with(|| Waits::begin(what));
        }
        polled
    };
    let Scope { context, run, .. } = Scope::current();
    let Some(context) = context else {
        return Ok(block_on(poll_fn(poll)));
    };
    let stopped = |may_have_run| Stopped {
        may_have_run,
        global: run.and_then(|(node, _)| in_process::stopped(node)),
    };
    if context.is_cancelled() {
        return Err(stopped(false));
    }
    let mut cancelled = pin!(context.cancelled());
    block_on(poll_fn(|cx| {
        if let Poll::Ready(output) = poll(cx) {
            return Poll::Ready(Ok(output));
        }
        let cancelled = cancelled.as_mut().poll(cx);
        cancelled.map(|()| Err(stopped(true)))
    }))
}

/// Drives a future on this thread, which sleeps in between.
pub(crate) fn block_on<F: Future + Unpin>(mut future: F) -> F::Output {
    struct Thread(std::thread::Thread);

    impl Wake for Thread {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    let waker = Waker::from(Arc::new(Thread(std::thread::current())));
    let mut cx = Context::from_waker(&waker);
    loop {
        match Pin::new(&mut future).poll(&mut cx) {
            Poll::Ready(output) => return output,
            Poll::Pending => std::thread::park(),
        }
    }
}
