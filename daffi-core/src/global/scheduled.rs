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
    /// ```no_run
    /// # use daffi_core as daffi;
    /// # async fn example(g: daffi::Global) -> Result<(), daffi::CallError> {
    /// for task in g.scheduled_tasks().calling("refresh").await? {
    ///     println!("{} calls {} {}", task.id, task.callback, task.period);
    /// }
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
