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
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start_blocking()?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start_blocking()?;
    /// let names: Vec<_> = g.processes_blocking()?.into_iter().map(|process| process.name).collect();
    /// assert!(names.contains(&"shop".to_owned()));
    /// # Ok(()) }
    /// ```
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
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start_blocking()?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start_blocking()?;
    /// # shop.register_fn("refresh", || ()).wait()?;
    /// # let hourly = daffi::Period::every(std::time::Duration::from_secs(3600));
    /// # g.call::<()>("refresh", ()).period(hourly).wait()?;
    /// for task in g.scheduled_tasks_blocking()? {
    ///     println!("{} calls {} {}", task.id, task.callback, task.period);
    ///     g.cancel_scheduled_task_blocking(task.id)?;
    /// }
    /// # Ok(()) }
    /// ```
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
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start_blocking()?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start_blocking()?;
    /// use daffi::Presence;
    ///
    /// // Each that is there, and then what happens: it does not end by itself.
    /// for event in g.presence_blocking()? {
    ///     if matches!(event?, Presence::Joined { process, .. } if process == "shop") {
    ///         break;
    ///     }
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
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start_blocking()?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start_blocking()?;
    /// use daffi::callback;
    ///
    /// struct Prices;
    ///
    /// #[callback]
    /// impl Prices {
    ///     pub fn price(&self, item: &str) -> u64 {
    ///         item.len() as u64
    ///     }
    /// }
    ///
    /// shop.register_blocking(Prices)?;
    /// assert_eq!(g.callbacks_blocking()?[0].name, "price");
    /// println!("{}", g.describe_blocking("price")?);
    /// shop.unregister_blocking("price")?;
    /// # Ok(()) }
    /// ```
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
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start_blocking()?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start_blocking()?;
    /// shop.register_fn("double", |n: i64| n * 2).wait()?;
    /// assert_eq!(g.call::<i64>("double", (21i64,)).wait()?, 42);
    /// # Ok(()) }
    /// ```
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
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start_blocking()?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start_blocking()?;
    /// # shop.register_fn("refresh", || ()).wait()?;
    /// use std::time::Duration;
    ///
    /// use daffi::Period;
    ///
    /// let task = g.call::<()>("refresh", ()).period(Period::every(Duration::from_secs(3600))).wait()?;
    /// task.pause_blocking()?;
    /// task.trigger_blocking()?;   // once, now
    /// task.resume_blocking()?;
    /// println!("{:?}", task.describe_blocking()?.next);
    /// assert_eq!(g.scheduled_tasks_blocking()?.len(), 1);
    /// task.cancel_blocking()?;    // or, with its number alone, g.cancel_scheduled_task_blocking(task.id())?
    /// # Ok(()) }
    /// ```
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
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start_blocking()?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start_blocking()?;
    /// # shop.register_fn("refresh", || ()).wait()?;
    /// use std::time::Duration;
    ///
    /// use daffi::Period;
    ///
    /// let often = Period::every(Duration::from_millis(20)).limit(2);
    /// let task = g.call::<()>("refresh", ()).period(often).wait()?;
    /// for tick in task.ticks_blocking() {
    ///     println!("{}", tick?.outcome);
    /// }
    /// // Both are over, and so is the schedule.
    /// # Ok(()) }
    /// ```
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
