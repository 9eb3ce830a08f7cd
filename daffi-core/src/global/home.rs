//! Whose code runs: what makes calls go through a `Global` that they do not name.

use std::future::Future;
use std::sync::{Arc, Weak};

use super::{Global, Inner};
use crate::context::CallContext;
use crate::scope::{AtHome, Home};

impl Global {
    /// Runs `future` so that free fetchers in it use this `Global`, as they do in a callback of it.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
    /// # shop.register_fn("get_items", || async { vec!["orange".to_owned()] }).await?;
    /// #[daffi::fetcher]
    /// async fn get_items() -> Vec<String>;
    ///
    /// // Two run in this process, so a call has to be told which of them makes it.
    /// let items = g.scope(async { get_items().await }).await?;
    /// assert_eq!(items, ["orange"]);
    /// # Ok(()) }
    /// ```
    ///
    /// It holds for what the future does itself, whatever [`default`](crate::GlobalBuilder::default) says: not for tasks that it spawns,
    /// nor for threads. A scope or a callback inside it is nearer, and a call that [names](crate::Call::on) a `Global` uses that. It holds, too,
    /// where the future is dropped before its end. The future has a handle of this `Global`, so that one which
    /// [stops with its last handle](crate::GlobalBuilder::stop_on_drop) goes on.
    ///
    /// # Cancel safety
    ///
    /// As that of `future`.
    pub fn scope<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        let this = self.clone();
        // Boxed, so that it can be dropped inside of the scope.
        let scoped = AtHome::new(self.home(), Box::pin(future));
        async move {
            let output = scoped.await;
            drop(this);
            output
        }
    }

    /// As [`scope`](Self::scope), for code without async: runs `work` so that free fetchers in it use this `Global`.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().init_controller(true).in_memory().auto_callbacks(false).start_blocking()?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start_blocking()?;
    /// # shop.register_fn("get_items", || vec!["orange".to_owned()]).wait()?;
    /// # #[daffi::fetcher]
    /// # async fn get_items() -> Vec<String>;
    /// let items = g.scope_blocking(|| get_items().wait())?;
    /// assert_eq!(items, ["orange"]);
    /// # Ok(()) }
    /// ```
    pub fn scope_blocking<T>(&self, work: impl FnOnce() -> T) -> T {
        self.home().enter(work)
    }

    /// Whose code runs in a scope of this.
    pub(super) fn home(&self) -> Home {
        let node = self.inner.node.as_ref();
        node.map_or(Home::Nowhere, |node| Home::Of(node.key()))
    }

    /// A handle, which counts if another one is kept.
    pub(super) fn of(inner: Arc<Inner>) -> Self {
        let kept = inner.kept.get().and_then(Weak::upgrade);
        Self { inner, _kept: kept }
    }
}

impl CallContext {
    /// The `Global` that runs the callback: for calls by name, for [`processes`](Global::processes) and the like, and to hand on to
    /// tasks that the callback spawns. Free fetchers in the callback use it without being told.
    ///
    /// ```
    /// use daffi::{CallContext, CallError};
    ///
    /// async fn how_many(ctx: &CallContext) -> Result<usize, CallError> {
    ///     Ok(ctx.global().processes().await?.len())
    /// }
    /// ```
    ///
    /// It is a handle like any other, so one that [stops with its last handle](crate::GlobalBuilder::stop_on_drop) goes on while it is kept.
    ///
    /// # Panics
    ///
    /// If the context was kept after its call, and the `Global` is gone: it has stopped, and nobody has a handle. Whoever keeps a context
    /// keeps a handle instead, or beside it.
    #[must_use]
    pub fn global(&self) -> Global {
        let owner = self.owner().and_then(|owner| owner.downcast().ok());
        Global::of(owner.expect("the `Global` of a call that has ended is gone"))
    }
}
