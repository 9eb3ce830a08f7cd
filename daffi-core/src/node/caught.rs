//! Panics of callbacks.

use std::any::Any;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use tracing::warn;

use crate::proto::{Failed, Failure, Outcome};
use crate::registry::OutcomeFuture;
use crate::scope::Scoped;

/// A future whose panic is its outcome.
pub(super) struct Caught(pub(super) Scoped<OutcomeFuture<'static>>);

impl Future for Caught {
    type Output = Outcome;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Outcome> {
        let polled = caught(|| Ok(Pin::new(&mut self.0).poll(cx)));
        polled.unwrap_or_else(|failure| Poll::Ready(Err(failure)))
    }
}

/// Runs a callback; a panic is its outcome.
pub(super) fn caught<T>(work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(panicked(panic.as_ref()).into()))
}

fn panicked(panic: &(dyn Any + Send)) -> Failed {
    let message = panic
        .downcast_ref::<&str>()
        .map(|message| (*message).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a value that is no text".to_owned());
    warn!(message, "a callback panicked; its caller is told");
    Failed::Panicked { message }
}
