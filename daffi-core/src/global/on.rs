//! Calls through a `Global` that is said.

use super::Global;
use crate::call::{Broadcast, Call, NodeChoice, PeriodCall};

impl<T, E> Call<T, E> {
    /// Makes the call through `global`, instead of the one that [would make it](Global#which-one-makes-a-call).
    ///
    /// One that has stopped makes no call, and is named by the error, [`CallError::NotStarted`](crate::CallError::NotStarted).
    ///
    /// In a callback of another `Global` than this, the call ends by that callback's deadline, and is cancelled with it, as any other. But its controller
    /// does not know that the callback waits for it: where it comes back to what the callback holds (a place of its `concurrency`, the
    /// object that it changes, a thread), it waits instead of being told so. Give such a call a [`timeout`](Self::timeout).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
    /// # shop.register_fn("price", |item: String| async move { item.len() as u64 }).await?;
    /// #[daffi::fetcher]
    /// async fn price(item: &str) -> u64;
    ///
    /// assert_eq!(price("lamp").on(&g).await?, 4);
    /// assert_eq!(price("lamp").broadcast().on(&g).await?["shop"], Ok(4));
    /// # Ok(()) }
    /// ```
    pub fn on(self, global: &Global) -> Self {
        self.on_node(chosen(global))
    }
}

impl<T, E> Broadcast<T, E> {
    /// Makes the call through `global`; see [`Call::on`].
    pub fn on(self, global: &Global) -> Self {
        self.on_node(chosen(global))
    }
}

impl PeriodCall {
    /// Makes the schedule through `global`, at its controller; see [`Call::on`].
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
    /// # shop.register_fn("refresh", || async {}).await?;
    /// #[daffi::fetcher(every = "5s")]
    /// async fn refresh();
    ///
    /// let task = refresh().on(&g).await?;
    /// assert_eq!(task.describe().await?.info.period, "every 5s");
    /// # Ok(()) }
    /// ```
    pub fn on(self, global: &Global) -> Self {
        self.on_node(chosen(global))
    }
}

fn chosen(global: &Global) -> NodeChoice {
    NodeChoice::Chosen(global.inner.node.clone())
}
