//! The outcomes of a broadcast as they arrive.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::Stream;

use super::asked::{Asked, unexpected};
use super::attempt::Attempt;
use super::future::Call;
use super::replies::Reply;
use super::spread::Receivers;
use crate::error::{CallError, RemoteError};
use crate::node::{Item, Next};
use crate::proto::{Failed, Failure, Outcome};

/// The outcomes of a broadcast as they arrive, with the names of their processes. Ends when every process that was asked
/// has given one.
///
/// Dropping it cancels the call wherever it still runs.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
/// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
/// # shop.register_fn("get_menu", || async { vec!["pasta".to_owned()] }).await?;
/// # #[daffi::fetcher]
/// # fn get_menu() -> Vec<String>;
/// # let get_menu = || get_menu().on(&g);
/// let mut menus = get_menu().broadcast().stream().await?;
/// if let Some((process_name, Ok(menu))) = menus.next().await {
///     println!("{process_name} was the first: {menu:?}");
/// }
/// drop(menus);   // the others need not go on
/// # Ok(()) }
/// ```
#[must_use = "outcomes are lost unless they are taken"]
pub struct ReplyStream<T, E = RemoteError> {
    call: Call<T, E>,
    attempt: Attempt,
    receivers: Receivers,
    /// The names of those whose outcome is to come, by their number.
    waiting: Vec<Option<String>>,
    /// Calls to those whose signature has another number for the same.
    again: Vec<Again<T, E>>,
    /// What all that are left end with.
    ended: Option<Failed>,
}

/// A call to one process, made again in its terms.
struct Again<T, E> {
    /// Its place on the roster.
    index: usize,
    name: String,
    call: Call<T, E>,
}

impl<T, E> fmt::Debug for ReplyStream<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplyStream")
            .field("waiting", &self.waiting)
            .finish_non_exhaustive()
    }
}

impl<T, E> ReplyStream<T, E> {
    pub(super) fn new(asked: Asked<T, E>) -> Self {
        Self {
            call: asked.call,
            attempt: asked.attempt,
            receivers: asked.receivers,
            waiting: asked.names.into_iter().map(Some).collect(),
            again: Vec::new(),
            ended: None,
        }
    }

    /// The next outcome, with the name of its process; `None` after the last.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn next(&mut self) -> Option<(String, Reply<T, E>)> {
        poll_fn(|cx| self.poll(cx)).await
    }

    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<(String, Reply<T, E>)>> {
        for place in 0..self.again.len() {
            if let Poll::Ready(reply) = self.poll_again(place, cx) {
                return Poll::Ready(Some(reply));
            }
        }
        loop {
            if let Some(failed) = &self.ended {
                let Some(name) = self.waiting.iter_mut().find_map(Option::take) else {
                    return if self.again.is_empty() {
                        Poll::Ready(None)
                    } else {
                        self.poll_fed(cx)
                    };
                };
                let failed = failed.clone();
                let reply = self.reply(&name, Err(failed.into()));
                return Poll::Ready(Some((name, reply)));
            }
            let Poll::Ready(next) = self.call.poll_next(&mut self.attempt, cx) else {
                return self.poll_fed(cx);
            };
            match next {
                Next::Item(Item::Part(index, outcome)) => {
                    let index = index as usize;
                    let Some(name) = self.waiting.get_mut(index).and_then(Option::take) else {
                        continue;
                    };
                    if let Some(call) = self.call.again(&name, &self.attempt, &outcome) {
                        self.again.push(Again { index, name, call });
                        // Polled for the first time, so that it wakes this task.
                        if let Poll::Ready(reply) = self.poll_again(self.again.len() - 1, cx) {
                            return Poll::Ready(Some(reply));
                        }
                        continue;
                    }
                    let reply = self.reply(&name, outcome);
                    return Poll::Ready(Some((name, reply)));
                }
                Next::Item(_) => self.ended = Some(unexpected()),
                // Nobody is left then.
                Next::End(Ok(_)) => self.ended = Some(unexpected()),
                Next::End(Err(Failure::Failed(failed))) => self.ended = Some(failed),
                Next::End(Err(Failure::App { .. } | Failure::Explained(_))) => {
                    self.ended = Some(unexpected());
                }
            }
        }
    }

    /// Goes on with one that is called again.
    fn poll_again(&mut self, place: usize, cx: &mut Context<'_>) -> Poll<(String, Reply<T, E>)> {
        let Again { index, call, .. } = &mut self.again[place];
        let Poll::Ready(outcome) = Pin::new(&mut *call).poll(cx) else {
            self.receivers.called_again(*index, call.sent());
            return Poll::Pending;
        };
        let Again { index, name, .. } = self.again.swap_remove(place);
        self.receivers.settled(index);
        Poll::Ready((name, outcome))
    }

    /// Sends the streams of the call, as far as that is possible now.
    fn poll_fed(&mut self, cx: &mut Context<'_>) -> Poll<Option<(String, Reply<T, E>)>> {
        self.attempt
            .feed_all(&mut self.receivers, &mut self.call.feeds, cx);
        self.poll_lagged()
    }
}

impl<T, E> ReplyStream<T, E> {
    fn reply(&self, name: &str, outcome: Outcome) -> Reply<T, E> {
        let reply = self.call.finish_at(name, outcome);
        reply.map_err(|error| self.attempt.limited(error))
    }

    /// The outcome of one that was too slow. When only such are left, nothing is waited for.
    fn poll_lagged(&mut self) -> Poll<Option<(String, Reply<T, E>)>> {
        while let Some(index) = self.receivers.lagged() {
            let again = self.again.iter().position(|again| again.index == index);
            let again = again.map(|place| self.again.swap_remove(place).name);
            let waiting = self.waiting.get_mut(index).and_then(Option::take);
            if let Some(name) = waiting.or(again) {
                let lagged = CallError::lagged(self.call.callback(), &*name);
                return Poll::Ready(Some((name, Err(lagged))));
            }
        }
        let is_over =
            self.receivers.has_dropped() && self.again.is_empty() && self.waiting.iter().all(Option::is_none);
        if is_over { Poll::Ready(None) } else { Poll::Pending }
    }
}

impl<T, E> Stream for ReplyStream<T, E> {
    type Item = (String, Reply<T, E>);

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll(cx)
    }
}

impl<T, E> Unpin for ReplyStream<T, E> {}
