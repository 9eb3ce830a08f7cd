//! What a `Global` can be asked, and told, in code without async.

use std::future::Future;

use super::{Global, PresenceEvents, Registration};
use crate::call::{BlockingStream, ScheduledTask, Ticks, check_may_block, wait_for};
use crate::description::CallbackDescription;
use crate::error::{CallError, RegisterError, RemoteError};
use crate::roster::{CallbackInfo, Presence, ProcessInfo};
use crate::scheduled::{ScheduledTaskDescription, ScheduledTaskInfo, TaskId, Tick};

/// Waits on this thread.
fn wait<T>(what: &str, future: impl Future<Output = Result<T, CallError>>) -> Result<T, CallError> {
    check_may_block::<RemoteError>(|| what.to_owned())?;
    wait_for(Box::pin(future)).unwrap_or_else(|stopped| Err(stopped.of(what)))
}

/// Waits on this thread for something that is offered or not.
fn wait_to_register(
    what: &str,
    future: impl Future<Output = Result<(), RegisterError>>,
) -> Result<(), RegisterError> {
    wait(what, async move { Ok(future.await) }).unwrap_or_else(|error| Err(RegisterError::Call(error)))
}

/// For code without async. Each blocks its thread, and is refused with [`CallError::Blocking`] where that would hold up a runtime.
impl Global {
    /// As [`processes`](Self::processes), blocking this thread.
    ///
    /// # Errors
    ///
    /// As [`processes`](Self::processes); and [`CallError::Blocking`].
    pub fn processes_blocking(&self) -> Result<Vec<ProcessInfo>, CallError> {
        wait("processes", self.processes())
    }

    /// As [`callbacks`](Self::callbacks), blocking this thread.
    ///
    /// # Errors
    ///
    /// As [`callbacks`](Self::callbacks); and [`CallError::Blocking`].
    pub fn callbacks_blocking(&self) -> Result<Vec<CallbackInfo>, CallError> {
        wait("callbacks", self.callbacks())
    }

    /// As [`describe`](Self::describe), blocking this thread.
    ///
    /// # Errors
    ///
    /// As [`describe`](Self::describe); and [`CallError::Blocking`].
    pub fn describe_blocking(&self, name: &str) -> Result<CallbackDescription, CallError> {
        wait("describe", self.describe(name))
    }

    /// As [`scheduled_tasks`](Self::scheduled_tasks), blocking this thread.
    ///
    /// # Errors
    ///
    /// As [`scheduled_tasks`](Self::scheduled_tasks); and [`CallError::Blocking`].
    pub fn scheduled_tasks_blocking(&self) -> Result<Vec<ScheduledTaskInfo>, CallError> {
        wait("scheduled_tasks", self.scheduled_tasks().into_future())
    }

    /// As [`cancel_scheduled_task`](Self::cancel_scheduled_task), blocking this thread.
    ///
    /// # Errors
    ///
    /// As [`cancel_scheduled_task`](Self::cancel_scheduled_task); and [`CallError::Blocking`].
    pub fn cancel_scheduled_task_blocking(&self, id: TaskId) -> Result<(), CallError> {
        wait("cancel_scheduled_task", self.cancel_scheduled_task(id))
    }

    /// As [`presence`](Self::presence), blocking this thread: an iterator over what is there and then happens.
    ///
    /// ```no_run
    /// # use daffi_core as daffi;
    /// # fn example(g: daffi::Global) -> Result<(), daffi::CallError> {
    /// for event in g.presence_blocking()? {
    ///     println!("{:?}", event?);
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`presence`](Self::presence); and [`CallError::Blocking`].
    pub fn presence_blocking(&self) -> Result<BlockingStream<PresenceEvents>, CallError> {
        let events = wait("presence", self.presence())?;
        Ok(BlockingStream::new(events, "presence"))
    }

    /// As [`register`](Self::register), blocking this thread.
    ///
    /// # Errors
    ///
    /// As [`register`](Self::register); and [`CallError::Blocking`].
    pub fn register_blocking<S: Send + Sync + 'static>(&self, service: S) -> Result<(), RegisterError> {
        wait_to_register("register", self.register(service))
    }

    /// As [`unregister`](Self::unregister), blocking this thread.
    ///
    /// # Errors
    ///
    /// As [`unregister`](Self::unregister); and [`CallError::Blocking`].
    pub fn unregister_blocking(&self, name: &str) -> Result<(), RegisterError> {
        wait_to_register("unregister", self.unregister(name))
    }
}

impl Registration {
    /// Offers it, blocking this thread: for code without async.
    ///
    /// # Errors
    ///
    /// As awaiting it; and [`CallError::Blocking`] where blocking would hold up a runtime.
    pub fn wait(self) -> Result<(), RegisterError> {
        wait_to_register("register_fn", self.into_future())
    }
}

impl Iterator for BlockingStream<PresenceEvents> {
    type Item = Result<Presence, CallError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.wait_next().map(Result::flatten)
    }
}

/// For code without async. Each blocks its thread, and is refused with [`CallError::Blocking`] where that would hold up a runtime.
impl ScheduledTask {
    /// As [`cancel`](Self::cancel), blocking this thread.
    ///
    /// # Errors
    ///
    /// As [`cancel`](Self::cancel); and [`CallError::Blocking`].
    pub fn cancel_blocking(&self) -> Result<(), CallError> {
        wait("cancel", self.cancel())
    }

    /// As [`pause`](Self::pause), blocking this thread.
    ///
    /// # Errors
    ///
    /// As [`pause`](Self::pause); and [`CallError::Blocking`].
    pub fn pause_blocking(&self) -> Result<(), CallError> {
        wait("pause", self.pause())
    }

    /// As [`resume`](Self::resume), blocking this thread.
    ///
    /// # Errors
    ///
    /// As [`resume`](Self::resume); and [`CallError::Blocking`].
    pub fn resume_blocking(&self) -> Result<(), CallError> {
        wait("resume", self.resume())
    }

    /// As [`trigger`](Self::trigger), blocking this thread.
    ///
    /// # Errors
    ///
    /// As [`trigger`](Self::trigger); and [`CallError::Blocking`].
    pub fn trigger_blocking(&self) -> Result<(), CallError> {
        wait("trigger", self.trigger())
    }

    /// As [`describe`](Self::describe), blocking this thread.
    ///
    /// # Errors
    ///
    /// As [`describe`](Self::describe); and [`CallError::Blocking`].
    pub fn describe_blocking(&self) -> Result<ScheduledTaskDescription, CallError> {
        wait("describe", self.describe())
    }

    /// As [`ticks`](Self::ticks), blocking this thread: an iterator.
    pub fn ticks_blocking(&self) -> BlockingStream<Ticks> {
        BlockingStream::new(self.ticks(), "ticks")
    }
}

impl Iterator for BlockingStream<Ticks> {
    type Item = Result<Tick, CallError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.wait_next().map(|next| next.and_then(std::convert::identity))
    }
}
