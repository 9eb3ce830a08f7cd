//! What calls inherit from where they are made: the call that a callback answers, and whose callback it is.

use std::cell::RefCell;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::time::Instant;
use tracing::Span;

use crate::context::{CallContext, NodeKey};
use crate::proto::{RunId, TraceContext};

/// Whose code runs: whoever makes the calls of it that name nobody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Home {
    /// Nobody's in particular.
    #[default]
    Outside,
    /// That of a node.
    Of(NodeKey),
    /// That of a `Global` which has no node.
    Nowhere,
}

impl Home {
    /// Whose code runs here.
    pub(crate) fn current() -> Self {
        CURRENT
            .try_with(|current| current.borrow().home)
            .unwrap_or_default()
    }

    /// Runs `work` as code of this one, in the scope that is current otherwise.
    pub(crate) fn enter<T>(self, work: impl FnOnce() -> T) -> T {
        let replace = |home| CURRENT.try_with(|current| mem::replace(&mut current.borrow_mut().home, home));
        let before = replace(self).unwrap_or_default();
        let _restore = Restored(|| {
            let _ = replace(before);
        });
        work()
    }
}

/// Does something at the end, also of a panic.
struct Restored<F: FnMut()>(F);

impl<F: FnMut()> Drop for Restored<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// The surroundings of the code that runs now.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    /// Whose code it is.
    pub(crate) home: Home,
    /// Calls made here end no later than this.
    pub(crate) deadline: Option<Instant>,
    /// The trace that calls made here belong to.
    pub(crate) trace: Option<TraceContext>,
    /// The code runs where blocking holds nobody up.
    pub(crate) may_block: bool,
    /// The call that the code answers.
    pub(crate) context: Option<CallContext>,
    /// The run that the code is of, and the node whose run it is.
    pub(crate) run: Option<(NodeKey, RunId)>,
    /// What log lines of the code carry.
    pub(crate) span: Span,
}

impl Default for Scope {
    fn default() -> Self {
        Self {
            home: Home::Outside,
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

    /// What is left of it for what is done after the call: whose code it is.
    pub(crate) fn afterwards(&self) -> Self {
        Self {
            home: self.home,
            span: self.span.clone(),
            ..Self::default()
        }
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

impl CallContext {
    /// The context of the callback that runs here, for code that is not given one: a method of a trait that has a client as well, which has
    /// no parameter for it, or a function that a callback calls.
    ///
    /// `None` outside of callbacks, and in what a callback starts and leaves to others: tasks and threads of its own.
    ///
    /// ```
    /// use daffi::CallContext;
    ///
    /// fn note(what: &str) -> String {
    ///     match CallContext::current() {
    ///         Some(ctx) => format!("{what}, for {}", ctx.caller()),
    ///         None => what.to_owned(),
    ///     }
    /// }
    ///
    /// assert_eq!(note("the till was opened"), "the till was opened");
    /// ```
    #[must_use]
    pub fn current() -> Option<Self> {
        Scope::current().context
    }
}

/// A future whose polls run in a scope. Where it is dropped before its end, what it holds is dropped as code of the same, but without
/// the deadline and the run, which are over then.
#[derive(Debug)]
pub(crate) struct Scoped<F> {
    scope: Scope,
    /// There until it is dropped.
    future: Option<F>,
}

impl<F> Scoped<F> {
    pub(crate) const fn new(scope: Scope, future: F) -> Self {
        Self {
            scope,
            future: Some(future),
        }
    }

    pub(crate) const fn scope(&self) -> &Scope {
        &self.scope
    }
}

impl<F: Future + Unpin> Future for Scoped<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let scope = self.scope.clone();
        let future = self.future.as_mut().expect("it is there until this is dropped");
        scope.enter(|| Pin::new(future).poll(cx))
    }
}

impl<F> Drop for Scoped<F> {
    fn drop(&mut self) {
        if let Some(future) = self.future.take() {
            self.scope.afterwards().enter(|| drop(future));
        }
    }
}

/// As [`Scoped`], where nothing else is known but whose code it is: the rest is as it is where it is polled.
#[derive(Debug)]
pub(crate) struct AtHome<F> {
    home: Home,
    future: Option<F>,
}

impl<F> AtHome<F> {
    pub(crate) const fn new(home: Home, future: F) -> Self {
        Self {
            home,
            future: Some(future),
        }
    }
}

impl<F: Future + Unpin> Future for AtHome<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let home = self.home;
        let future = self.future.as_mut().expect("it is there until this is dropped");
        home.enter(|| Pin::new(future).poll(cx))
    }
}

impl<F> Drop for AtHome<F> {
    fn drop(&mut self) {
        if let Some(future) = self.future.take() {
            self.home.enter(|| drop(future));
        }
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
