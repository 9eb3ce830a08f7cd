//! The schedules of the controller.

use std::sync::Arc;

use super::Global;
use crate::call::ScheduledTask;
use crate::error::CallError;
use crate::proto::{Query, TaskEntry};
use crate::scheduled::{ScheduledTaskInfo, TaskId};

impl Global {
    /// The schedules that the controller keeps, whoever made them, by their numbers: those that this process may know of, which are those of
    /// its own identity, and those of callbacks that it may schedule or observe. Those that have ended are among them for a while, as their
    /// `state` says.
    ///
    /// ```no_run
    /// # use daffi_core as daffi;
    /// # async fn example(g: daffi::Global) -> Result<(), daffi::CallError> {
    /// for task in g.scheduled_tasks().await? {
    ///     println!("{} calls {} {}", task.id, task.callback, task.period);
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`CallError::Disconnected`] if the controller cannot be asked; [`CallError::TooLarge`] if they do not fit a frame.
    pub async fn scheduled_tasks(&self) -> Result<Vec<ScheduledTaskInfo>, CallError> {
        let query = Query::Tasks {
            process: None,
            callback: None,
        };
        let entries: Vec<TaskEntry> = self.query("scheduled_tasks", query).await?;
        Ok(entries.into_iter().map(ScheduledTaskInfo::told).collect())
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
