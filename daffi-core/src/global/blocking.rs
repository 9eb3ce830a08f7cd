//! What a `Global` can be asked, and told, in code without async.

use std::future::Future;

use super::{Global, PresenceEvents, Registration};
use crate::call::{BlockingStream, check_may_block, wait_for};
use crate::error::{CallError, RegisterError, RemoteError};
use crate::roster::{CallbackInfo, Presence, ProcessInfo};

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
