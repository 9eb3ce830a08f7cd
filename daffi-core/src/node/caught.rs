//! Panics of callbacks.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tracing::warn;

use crate::panics::{self, Panic};
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
    panics::caught(work).unwrap_or_else(|Panic { message }| {
        warn!(panic = message, "a callback panicked; its caller is told");
        Err(Failed::Panicked { message }.into())
    })
}
