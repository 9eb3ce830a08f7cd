//! The schedules of the controller.

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;

use super::Global;
use crate::call::ScheduledTask;
use crate::error::CallError;
use crate::proto::{Query, TaskPage};
use crate::scheduled::{ScheduledTaskInfo, TaskId};

impl Global {
    /// The schedules that the controller keeps, whoever made them, by their numbers: those that this process may know of, which are those of
    /// its own identity, and those of callbacks that it may schedule or observe. Those that have ended are among them for a while, as their
    /// `state` says. Await it; [`made_by`](ScheduledTasks::made_by) and [`calling`](ScheduledTasks::calling) say of which.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
    /// # shop.register_fn("refresh", || async {}).await?;
    /// use std::time::Duration;
    ///
    /// use daffi::Period;
    ///
    /// let task = g.call::<()>("refresh", ()).period(Period::every(Duration::from_secs(3600))).await?;
    ///
    /// for task in g.scheduled_tasks().calling("refresh").made_by(g.process_name()).await? {
    ///     println!("{} calls {} {}", task.id, task.callback, task.period);   // 1 calls refresh every 3600s
    /// }
    /// # drop(task);
    /// # Ok(()) }
    /// ```
    pub const fn scheduled_tasks(&self) -> ScheduledTasks<'_> {
        ScheduledTasks {
            global: self,
            process: None,
            callback: None,
        }
    }

    /// A handle for a schedule that is listed, whoever made it.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
    /// # shop.register_fn("refresh", || async {}).await?;
    /// use std::time::Duration;
    ///
    /// use daffi::Period;
    ///
    /// let task = g.call::<()>("refresh", ()).period(Period::every(Duration::from_secs(3600))).await?;
    ///
    /// # drop(task);
    /// for info in shop.scheduled_tasks().await? {
    ///     shop.scheduled_task(&info)?.pause().await?;
    ///     shop.cancel_scheduled_task(info.id).await?;
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// When this `Global` has no node, or has stopped.
    pub fn scheduled_task(&self, info: &ScheduledTaskInfo) -> Result<ScheduledTask, CallError> {
        let node = Arc::clone(self.node("scheduled_task")?);
        Ok(ScheduledTask::of(node, &info.callback, info.id))
    }

    /// Makes no more calls of a schedule, whoever made it; see [`ScheduledTask::cancel`].
    ///
    /// # Errors
    ///
    /// [`CallError::Invalid`] when there is none of that number, or it has ended; [`CallError::Denied`] when this process may not.
    pub async fn cancel_scheduled_task(&self, id: TaskId) -> Result<(), CallError> {
        let node = Arc::clone(self.node("cancel_scheduled_task")?);
        ScheduledTask::of(node, "cancel_scheduled_task", id)
            .cancel()
            .await
    }
}

/// The schedules of a controller: what [`Global::scheduled_tasks`] returns. Await it. What is made or ends while it is put together may be on
/// it or not.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
/// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
/// # shop.register_fn("refresh", || async {}).await?;
/// use std::time::Duration;
///
/// use daffi::Period;
///
/// let task = g.call::<()>("refresh", ()).period(Period::every(Duration::from_secs(3600))).await?;
///
/// # drop(task);
/// let all = g.scheduled_tasks().await?;
/// let own = g.scheduled_tasks().made_by(g.process_name()).await?;
/// let of_one = g.scheduled_tasks().calling("refresh").await?;
/// assert_eq!((all.len(), own.len(), of_one.len()), (1, 1, 1));
/// # Ok(()) }
/// ```
///
/// # Errors
///
/// [`CallError::Disconnected`] if the controller cannot be asked.
#[derive(Clone, Debug)]
#[must_use = "nobody is asked until this is awaited"]
pub struct ScheduledTasks<'a> {
    global: &'a Global,
    process: Option<String>,
    callback: Option<String>,
}

impl<'a> ScheduledTasks<'a> {
    /// Those that a process of this name has made.
    pub fn made_by(mut self, process: impl Into<String>) -> Self {
        self.process = Some(process.into());
        self
    }

    /// Those that call this: a remote name.
    pub fn calling(mut self, callback: impl Into<String>) -> Self {
        self.callback = Some(callback.into());
        self
    }

    async fn ask(self) -> Result<Vec<ScheduledTaskInfo>, CallError> {
        let (mut all, mut from) = (Vec::new(), TaskId(0));
        loop {
            let query = Query::Tasks {
                process: self.process.as_deref(),
                callback: self.callback.as_deref(),
                from,
            };
            let page: TaskPage = self.global.query("scheduled_tasks", query).await?;
            all.extend(page.entries.into_iter().map(ScheduledTaskInfo::told));
            match page.next {
                Some(next) if next > from => from = next,
                _ => return Ok(all),
            }
        }
    }
}

impl<'a> IntoFuture for ScheduledTasks<'a> {
    type Output = Result<Vec<ScheduledTaskInfo>, CallError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.ask())
    }
}
