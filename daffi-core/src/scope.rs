//! What calls made inside a callback inherit from the call that it answers.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::time::Instant;
use tracing::Span;

use crate::proto::TraceContext;

/// The surroundings of the code that runs now.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    /// Calls made here end no later than this.
    pub(crate) deadline: Option<Instant>,
    /// The trace that calls made here belong to.
    pub(crate) trace: Option<TraceContext>,
    /// The code runs where blocking holds nobody up.
    pub(crate) may_block: bool,
    /// What log lines of the code carry.
    pub(crate) span: Span,
}

impl Default for Scope {
    fn default() -> Self {
        Self {
            deadline: None,
            trace: None,
            may_block: false,
            span: Span::none(),
        }
    }
}

thread_local! {
    static CURRENT: RefCell<Scope> = RefCell::default();
}

/// Puts back what was current before.
struct Restore(Scope);

impl Drop for Restore {
    fn drop(&mut self) {
        CURRENT.with(|current| current.replace(std::mem::take(&mut self.0)));
    }
}

impl Scope {
    /// The scope of the running code; empty outside of callbacks.
    pub(crate) fn current() -> Self {
        CURRENT.with(|current| current.borrow().clone())
    }

    /// Runs `work` in this scope.
    pub(crate) fn enter<T>(self, work: impl FnOnce() -> T) -> T {
        let span = self.span.clone();
        let _restore = Restore(CURRENT.with(|current| current.replace(self)));
        span.in_scope(work)
    }
}

/// A future whose polls run in a scope.
#[derive(Debug)]
pub(crate) struct Scoped<F> {
    pub(crate) scope: Scope,
    pub(crate) future: F,
}

impl<F: Future + Unpin> Future for Scoped<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let scope = self.scope.clone();
        let future = Pin::new(&mut self.future);
        scope.enter(|| future.poll(cx))
    }
}
