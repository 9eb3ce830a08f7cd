//! What calls made inside a callback inherit from the call that it answers.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::time::Instant;
use tracing::Span;

use crate::context::CallContext;
use crate::proto::{RunId, TraceContext};

/// The surroundings of the code that runs now.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    /// Calls made here end no later than this.
    pub(crate) deadline: Option<Instant>,
    /// The trace that calls made here belong to.
    pub(crate) trace: Option<TraceContext>,
    /// The code runs where blocking holds nobody up.
    pub(crate) may_block: bool,
    /// The call that the code answers.
    pub(crate) context: Option<CallContext>,
    /// The run that the code is of, and the node whose run it is.
    pub(crate) run: Option<(u128, RunId)>,
    /// What log lines of the code carry.
    pub(crate) span: Span,
}

impl Default for Scope {
    fn default() -> Self {
        Self {
            deadline: None,
            trace: None,
            may_block: false,
            context: None,
            run: None,
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
        let before = std::mem::take(&mut self.0);
        let _ = CURRENT.try_with(|current| current.replace(before));
    }
}

impl Scope {
    /// The scope of the running code; empty outside of callbacks, and where a thread ends.
    pub(crate) fn current() -> Self {
        CURRENT
            .try_with(|current| current.borrow().clone())
            .unwrap_or_default()
    }

    /// The name of the callback that the code is of.
    pub(crate) fn callback(&self) -> Option<&str> {
        self.context.as_ref().map(CallContext::callback)
    }

    /// Runs `work` in this scope.
    pub(crate) fn enter<T>(self, work: impl FnOnce() -> T) -> T {
        let span = self.span.clone();
        let _restore = Restore(
            CURRENT
                .try_with(|current| current.replace(self))
                .unwrap_or_default(),
        );
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

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Sender, channel};

    use super::*;
    use crate::proto::encode;

    /// Does what a call does with the thread's values when its thread ends.
    struct AtTheEnd(Sender<bool>);

    impl Drop for AtTheEnd {
        fn drop(&mut self) {
            let is_encoded = encode(&7_u8).is_ok();
            let is_outside = Scope::current().enter(|| Scope::current().context.is_none());
            let _ = self.0.send(is_encoded && is_outside);
        }
    }

    thread_local! {
        static AT_THE_END: RefCell<Option<AtTheEnd>> = const { RefCell::new(None) };
    }

    #[test]
    fn p16_calls_need_nothing_of_a_thread_that_ends() {
        let (ended, ends) = channel();
        let thread = std::thread::spawn(move || {
            AT_THE_END.set(Some(AtTheEnd(ended)));
            // What is kept for the thread is made after that, and gone before.
            Scope::current().enter(|| encode(&7_u8).is_ok())
        });
        assert!(thread.join().unwrap());
        assert!(ends.recv().unwrap());
    }
}
