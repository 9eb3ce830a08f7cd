//! One call to every process that offers the callback.

use std::fmt;
use std::future::{Future, IntoFuture, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::Stream;

use super::attempt::Attempt;
use super::blocking::{check_may_block, wait_for};
use super::future::Call;
use super::options::NodeChoice;
use super::pause::pause;
use super::replies::{Replies, Reply};
use crate::error::{CallError, RemoteError};
use crate::node::{Item, Next};
use crate::proto::{Failed, Failure, Outcome};

/// A call that goes to every process which offers the callback: what [`Call::broadcast`] returns. Await it for
/// [`Replies`], or its [`stream`](Self::stream) for the outcomes as they come.
///
/// The controller fixes the processes when the call reaches it: all that offer the callback then, without the calling
/// one. Each of them gives one outcome; one that goes away meanwhile gives [`CallError::ProviderLost`], one that does
/// not answer in time [`CallError::Timeout`].
///
/// # Errors
///
/// [`CallError::NoProvider`] when there is no such process. What goes wrong at one of them is its outcome.
///
/// # Cancel safety
///
/// Dropping it, or what it returned, cancels the call wherever it still runs.
#[must_use = "a broadcast does nothing until it is awaited"]
pub struct Broadcast<T, E = RemoteError> {
    call: Call<T, E>,
}

impl<T, E> fmt::Debug for Broadcast<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Broadcast")
            .field("callback", &self.call.callback())
            .finish_non_exhaustive()
    }
}

impl<T, E> Call<T, E> {
    /// Calls every process that offers the callback.
    pub const fn broadcast(self) -> Broadcast<T, E> {
        Broadcast { call: self }
    }
}

impl<T, E> Broadcast<T, E> {
    /// Takes what there is `timeout` after this is first awaited; those who have not answered then give
    /// [`CallError::Timeout`], and are cancelled.
    pub fn timeout(self, timeout: Duration) -> Self {
        Self {
            call: self.call.timeout(timeout),
        }
    }

    /// Sends `key` and `value` along; see [`Call::metadata`].
    pub fn metadata(self, key: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            call: self.call.metadata(key, value),
        }
    }

    /// Makes the call `delay` after it is first awaited; see [`Call::after`].
    pub fn after(self, delay: Duration) -> Self {
        Self {
            call: self.call.after(delay),
        }
    }

    pub(crate) fn on_node(self, node: NodeChoice) -> Self {
        Self {
            call: self.call.on_node(node),
        }
    }

    /// The outcomes as they arrive.
    ///
    /// # Errors
    ///
    /// As awaiting it.
    pub async fn stream(self) -> Result<ReplyStream<T, E>, CallError<E>> {
        if self.call.returns_stream() {
            return Err(CallError::Invalid {
                callback: self.call.callback().to_owned(),
                reason: "each process would return a stream of its own: take the items of all with .items()"
                    .to_owned(),
                may_have_run: false,
            });
        }
        let (call, mut attempt) = self.begun().await?;
        match poll_fn(|cx| call.poll_next(&mut attempt, cx)).await {
            Next::Item(Item::Roster(names)) => {
                let waiting = names.into_iter().map(Some).collect();
                Ok(ReplyStream {
                    call,
                    attempt,
                    waiting,
                    again: Vec::new(),
                    ended: None,
                })
            }
            Next::End(Err(failure)) => Err(call.failure(failure)),
            Next::Item(_) | Next::End(Ok(_)) => Err(call.failure(unexpected().into())),
        }
    }

    /// The call, begun when its time has come.
    pub(super) async fn begun(self) -> Result<(Call<T, E>, Attempt), CallError<E>> {
        let call = self.call;
        if let Some(reason) = call.contradicts_broadcast() {
            return Err(CallError::Invalid {
                callback: call.callback().to_owned(),
                reason,
                may_have_run: false,
            });
        }
        if let Some(delay) = call.delay() {
            let node = call.node()?;
            pause(&node, delay)
                .await
                .map_err(|failed| call.failure(failed.into()))?;
        }
        let attempt = call.begin()?;
        Ok((call, attempt))
    }

    /// Makes the call and blocks this thread until all have answered: for code without async.
    ///
    /// # Errors
    ///
    /// As awaiting it; and [`CallError::Blocking`] where blocking would hold up a runtime.
    pub fn wait(self) -> Result<Replies<T, E>, CallError<E>> {
        check_may_block(|| self.call.callback().to_owned())?;
        let callback = self.call.callback().to_owned();
        wait_for(Box::pin(self.gather())).unwrap_or_else(|stopped| Err(stopped.of(&callback)))
    }

    async fn gather(self) -> Result<Replies<T, E>, CallError<E>> {
        let mut stream = self.stream().await?;
        let mut replies = Vec::with_capacity(stream.waiting.len());
        while let Some(reply) = stream.next().await {
            replies.push(reply);
        }
        Ok(Replies::new(replies))
    }
}

impl<T: Send + 'static, E: Send + 'static> IntoFuture for Broadcast<T, E> {
    type Output = Result<Replies<T, E>, CallError<E>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.gather())
    }
}

/// The outcomes of a broadcast as they arrive, with the names of their processes. Ends when every process that was asked
/// has given one.
///
/// Dropping it cancels the call wherever it still runs.
#[must_use = "outcomes are lost unless they are taken"]
pub struct ReplyStream<T, E = RemoteError> {
    call: Call<T, E>,
    attempt: Attempt,
    /// The names of those whose outcome is to come, by their number.
    waiting: Vec<Option<String>>,
    /// Calls to those whose signature has another number for the same.
    again: Vec<(String, Call<T, E>)>,
    /// What all that are left end with.
    ended: Option<Failed>,
}

impl<T, E> fmt::Debug for ReplyStream<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplyStream")
            .field("waiting", &self.waiting)
            .finish_non_exhaustive()
    }
}

impl<T, E> ReplyStream<T, E> {
    /// The next outcome, with the name of its process; `None` after the last.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn next(&mut self) -> Option<(String, Reply<T, E>)> {
        poll_fn(|cx| self.poll(cx)).await
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<(String, Reply<T, E>)>> {
        for index in 0..self.again.len() {
            if let Poll::Ready(outcome) = Pin::new(&mut self.again[index].1).poll(cx) {
                let (name, _) = self.again.swap_remove(index);
                return Poll::Ready(Some((name, outcome)));
            }
        }
        loop {
            if let Some(failed) = &self.ended {
                let Some(name) = self.waiting.iter_mut().find_map(Option::take) else {
                    return if self.again.is_empty() {
                        Poll::Ready(None)
                    } else {
                        Poll::Pending
                    };
                };
                let failed = failed.clone();
                return Poll::Ready(Some((name, self.call.finish(Err(failed.into())))));
            }
            match ready!(self.call.poll_next(&mut self.attempt, cx)) {
                Next::Item(Item::Part(index, outcome)) => {
                    let Some(name) = self.waiting.get_mut(index as usize).and_then(Option::take) else {
                        continue;
                    };
                    if let Some(mut again) = self.again(&name, &outcome) {
                        // Polled for the first time, so that it wakes this task.
                        if let Poll::Ready(outcome) = Pin::new(&mut again).poll(cx) {
                            return Poll::Ready(Some((name, outcome)));
                        }
                        self.again.push((name, again));
                        continue;
                    }
                    return Poll::Ready(Some((name, self.call.finish(outcome))));
                }
                Next::Item(_) => self.ended = Some(unexpected()),
                // Nobody is left then.
                Next::End(Ok(_)) => self.ended = Some(unexpected()),
                Next::End(Err(Failure::Failed(failed))) => self.ended = Some(failed),
                Next::End(Err(Failure::App { .. })) => self.ended = Some(unexpected()),
            }
        }
    }

    /// The call to one process whose signature has another number and is compatible.
    fn again(&self, name: &str, outcome: &Outcome) -> Option<Call<T, E>> {
        let Err(Failure::Failed(Failed::SignatureMismatch { offered })) = outcome else {
            return None;
        };
        self.attempt
            .accepts(&self.call.source, offered)
            .then(|| self.call.for_process(name, &self.attempt))
    }
}

impl<T, E> Stream for ReplyStream<T, E> {
    type Item = (String, Reply<T, E>);

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll(cx)
    }
}

impl<T, E> Unpin for ReplyStream<T, E> {}

/// What is left when a controller answers what nobody asked.
pub(super) const fn unexpected() -> Failed {
    Failed::Disconnected { may_have_run: true }
}
