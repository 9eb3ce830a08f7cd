//! Calls that the controller keeps, and makes later.

use std::time::{Duration, SystemTime};

use super::future::Call;
use super::period::Period;
use super::schedule::PeriodCall;

/// A call that was told neither a time nor how long it waits is made this much later.
const AT_ONCE: Duration = Duration::from_millis(1);

impl<T, E> Call<T, E> {
    /// Waits until this time, by this machine's clock, before the call is made; where it is over, the call is made at once. As [`after`](Self::after), by
    /// which it replaces that. A deadline begins then. With [`durable`](Self::durable), the controller's clock decides, and a time that is over is an error.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
    /// # shop.register_fn("remind", || async {}).await?;
    /// # #[daffi::fetcher]
    /// # fn remind();
    /// # let remind = || remind().on(&g);
    /// use std::time::{Duration, SystemTime};
    ///
    /// let soon = SystemTime::now() + Duration::from_millis(10);
    /// remind().at(soon).await?;
    /// # Ok(()) }
    /// ```
    pub fn at(mut self, instant: SystemTime) -> Self {
        let delay = instant.duration_since(SystemTime::now()).unwrap_or_default();
        self.options.at = Some(instant);
        self.options.after = Some(delay);
        self
    }

    /// Has the controller keep the call on its disk and make it when its time has come: the time that [`after`](Self::after) or [`at`](Self::at) says. This
    /// process may have left by then, and the controller may have been restarted.
    ///
    /// A time that is over by the controller's clock is refused, [`CallError::Invalid`](crate::CallError::Invalid): say `after(Duration::ZERO)` to have it made
    /// at once.
    ///
    /// It is made once: where the controller was killed while it ran, that is [said](crate::TickOutcome::Unknown), and it is not made again. While nobody
    /// offers the callback, it waits for somebody.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let shop = daffi::Global::builder().init_controller(true).in_memory().data_dir(folder.path()).auto_callbacks(false).start().await?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
    /// # shop.register_fn("remind", || async {}).await?;
    /// # #[daffi::fetcher]
    /// # fn remind();
    /// # let remind = || remind().on(&g);
    /// use std::time::Duration;
    ///
    /// let task = remind().after(Duration::from_secs(3600)).durable().send().await?;
    /// // It is listed among the schedules until then, and can be cancelled as one.
    /// task.cancel().await?;
    /// # shop.stop().await;
    /// # Ok(()) }
    /// ```
    ///
    /// The controller needs a data directory: [`data_dir`](crate::GlobalBuilder::data_dir), or `daffi-controller --data-dir`.
    pub fn durable(self) -> DurableCall {
        DurableCall(self.without_answer())
    }
}

/// A call that the controller is to keep: what [`Call::durable`] returns. [`send`](Self::send) hands it over.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let shop = daffi::Global::builder().init_controller(true).in_memory().data_dir(folder.path()).auto_callbacks(false).start().await?;
/// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
/// # shop.register_fn("remind", || async {}).await?;
/// # #[daffi::fetcher]
/// # fn remind();
/// # let remind = || remind().on(&g);
/// use std::time::Duration;
///
/// let task = remind().after(Duration::from_secs(3600)).durable().send().await?;
/// println!("kept as schedule {}", task.id());
/// # shop.stop().await;
/// # Ok(()) }
/// ```
#[must_use = "nothing is handed over until `send` is called and awaited"]
#[derive(Debug)]
pub struct DurableCall(Call<()>);

impl DurableCall {
    /// Hands the call to the controller: await it for the [`ScheduledTask`](crate::ScheduledTask), which is ready when the call is on the
    /// controller's disk.
    pub fn send(self) -> PeriodCall {
        let Self(mut call) = self;
        let period = match (call.options.at.take(), call.options.after.take()) {
            (Some(instant), _) => Period::at([instant]),
            (None, delay) => Period::every(delay.unwrap_or_default().max(AT_ONCE)).limit(1),
        };
        PeriodCall::new(call, period.durable().catch_up(Duration::MAX))
    }
}
