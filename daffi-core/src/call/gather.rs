//! The streams of a broadcast, merged.

use std::collections::VecDeque;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::Stream;

use super::asked::{Asked, unexpected};
use super::attempt::Attempt;
use super::broadcast::Broadcast;
use super::future::Call;
use super::replies::Reply;
use super::spread::Receivers;
use super::streaming::{Broken, Streaming, undecodable};
use crate::error::{CallError, RemoteError};
use crate::node::{Item, Next, Received, StreamTurn};
use crate::proto::{Batch, DecodeError, Failure, Outcome};

/// The items of the streams that the callbacks of a broadcast return, with the names of their processes, as they arrive.
///
/// Those of one process come in order. A process whose stream ends early gives its error, once, after its items; one that
/// ends as it should gives nothing more. Ends when all have ended.
///
/// Dropping it ends every stream at its callback.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
/// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
/// # struct Numbers;
/// # #[daffi::callback]
/// # impl Numbers {
/// #     pub fn numbers(&self, end: u64) -> impl Iterator<Item = u64> + use<> {
/// #         0..end
/// #     }
/// # }
/// # shop.register(Numbers).await?;
/// # #[daffi::fetcher]
/// # fn numbers(end: u64) -> impl daffi::Stream<Item = u64>;
/// # let numbers = |end| numbers(end).on(&g);
/// let mut items = numbers(4).broadcast().items().await?;
/// let mut sum = 0;
/// while let Some((process_name, item)) = items.next().await {
///     match item {
///         Ok(number) => sum += number,
///         Err(error) => println!("{process_name} ended early: {error}"),   // the others go on
///     }
/// }
/// assert_eq!(sum, 6);
/// # Ok(()) }
/// ```
#[must_use = "the streams are ended when this is dropped"]
pub struct BroadcastItems<T, E = RemoteError> {
    call: Call<Streaming<T>, E>,
    attempt: Attempt,
    receivers: Receivers,
    processes: Vec<Process<T>>,
    /// What has come and was not looked at, in that order.
    arrived: VecDeque<(usize, Arrived)>,
    /// Whose items are being taken.
    current: usize,
    turn: StreamTurn,
    /// How many have not ended.
    open: usize,
    /// Those whose signature has another number for the same, by their place.
    again: Vec<(usize, Again<T, E>)>,
    /// Whether those go first this time.
    again_first: bool,
}

/// A call to one process, made again in its terms.
enum Again<T, E> {
    Calling(Box<Call<Streaming<T>, E>>),
    Taking(Box<Streaming<T>>),
}

struct Process<T> {
    name: String,
    received: Received<T>,
    ended: bool,
}

enum Arrived {
    Batch(Batch),
    Failed(Failure),
    Unreadable(DecodeError),
    Lagged,
}

impl<T, E> fmt::Debug for BroadcastItems<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BroadcastItems")
            .field("open", &self.open)
            .finish_non_exhaustive()
    }
}

impl<T, E> Broadcast<Streaming<T>, E> {
    /// The items of the streams that the callbacks return, merged as they arrive.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
    /// # struct Numbers;
    /// # #[daffi::callback]
    /// # impl Numbers {
    /// #     pub fn numbers(&self, end: u64) -> impl Iterator<Item = u64> + use<> {
    /// #         0..end
    /// #     }
    /// # }
    /// # shop.register(Numbers).await?;
    /// # #[daffi::fetcher]
    /// # fn numbers(end: u64) -> impl daffi::Stream<Item = u64>;
    /// # let numbers = |end| numbers(end).on(&g);
    /// let mut items = numbers(4).broadcast().items().await?;
    /// assert_eq!(items.next().await, Some(("shop".to_owned(), Ok(0))));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// As awaiting a broadcast. What goes wrong at one of the processes is told with its name.
    pub async fn items(self) -> Result<BroadcastItems<T, E>, CallError<E>> {
        let Asked {
            call,
            attempt,
            names,
            receivers,
        } = self.asking_for_items().await?;
        let processes: Vec<_> = names
            .into_iter()
            .map(|name| Process {
                name,
                received: call.received(&attempt),
                ended: false,
            })
            .collect();
        let mut items = BroadcastItems {
            open: processes.len(),
            call,
            attempt,
            receivers,
            processes,
            arrived: VecDeque::new(),
            current: 0,
            turn: StreamTurn::NEW,
            again: Vec::new(),
            again_first: false,
        };
        (0..items.processes.len()).for_each(|index| items.begin(index));
        Ok(items)
    }
}

impl<T, E> BroadcastItems<T, E> {
    /// The next item, or the error of a process, with its name; `None` after the end of all.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn next(&mut self) -> Option<(String, Reply<T, E>)> {
        poll_fn(|cx| self.poll(cx)).await
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<(String, Reply<T, E>)>> {
        ready!(self.turn.poll_next(cx));
        // All have their turns.
        self.again_first = !self.again_first;
        if self.again_first
            && let Poll::Ready(next) = self.poll_again(cx)
        {
            return Poll::Ready(Some(next));
        }
        loop {
            if let Poll::Ready(Some(next)) = self.poll_all(cx) {
                return Poll::Ready(Some(next));
            }
            // What was made again just now is looked at for the first time, so that it wakes this task.
            if let Poll::Ready(next) = self.poll_again(cx) {
                return Poll::Ready(Some(next));
            }
            if self.open == 0 && self.again.is_empty() {
                return Poll::Ready(None);
            }
            // And so are the streams that go to it.
            if self.receivers.calls_again() {
                self.feed(cx);
            }
            if self.arrived.is_empty() {
                return Poll::Pending;
            }
        }
    }

    /// Sends the streams of the call, as far as that is possible now.
    fn feed(&mut self, cx: &mut Context<'_>) {
        if !self.call.feeds.is_empty() {
            self.attempt
                .feed_all(&mut self.receivers, &mut self.call.feeds, cx);
            while let Some(index) = self.receivers.lagged() {
                self.drop_slow(index);
            }
        }
    }

    /// The next of those that were called again.
    fn poll_again(&mut self, cx: &mut Context<'_>) -> Poll<(String, Reply<T, E>)> {
        let mut place = 0;
        while let Some((index, again)) = self.again.get_mut(place) {
            let index = *index;
            let name = &self.processes[index].name;
            let next = match again {
                Again::Calling(call) => {
                    let opened = Pin::new(&mut **call).poll(cx);
                    match opened {
                        Poll::Ready(Ok(items)) => {
                            self.receivers.called_again(index, items.sent());
                            *again = Again::Taking(Box::new(items));
                            continue;
                        }
                        Poll::Ready(Err(error)) => Some(Err(error)),
                        Poll::Pending => {
                            self.receivers.called_again(index, call.sent());
                            place += 1;
                            continue;
                        }
                    }
                }
                Again::Taking(items) => match items.poll_item(cx) {
                    Poll::Ready(Some(Ok(item))) => {
                        let name = name.clone();
                        // The next one is looked at before this one is again.
                        self.again.rotate_left(place + 1);
                        return Poll::Ready((name, Ok(item)));
                    }
                    Poll::Ready(Some(Err(Broken::Ended(failure)))) => {
                        Some(Err(self.call.failure_of(items.described, name, failure)))
                    }
                    Poll::Ready(Some(Err(Broken::Item(error)))) => {
                        Some(Err(undecodable(self.call.callback(), &error)))
                    }
                    Poll::Ready(None) => None,
                    Poll::Pending => {
                        place += 1;
                        continue;
                    }
                },
            };
            let name = name.clone();
            self.again.swap_remove(place);
            self.receivers.settled(index);
            if let Some(error) = next {
                return Poll::Ready((name, error));
            }
        }
        Poll::Pending
    }

    /// The next of those that the call went to; `None` if all have ended.
    fn poll_all(&mut self, cx: &mut Context<'_>) -> Poll<Option<(String, Reply<T, E>)>> {
        // However much there is to be taken: they may wait for what is sent.
        self.feed(cx);
        loop {
            if let Some(next) = self.take() {
                return Poll::Ready(Some(next));
            }
            if self.open == 0 {
                return Poll::Ready(None);
            }
            let Poll::Ready(next) = self.call.poll_next(&mut self.attempt, cx) else {
                self.turn.pause();
                return Poll::Pending;
            };
            match next {
                Next::Item(Item::Batch(index, batch)) => {
                    let index = index as usize;
                    if self.processes.get(index).is_some_and(|process| !process.ended) {
                        self.arrived.push_back((index, Arrived::Batch(batch)));
                    }
                }
                Next::Item(Item::Opened(index, front)) => self.opened(index as usize, front),
                Next::Item(Item::Part(index, outcome)) => self.end(index as usize, outcome),
                Next::Item(_) => {}
                Next::End(outcome) => {
                    let failure = outcome.err().unwrap_or_else(|| unexpected().into());
                    (0..self.processes.len()).for_each(|index| self.end(index, Err(failure.clone())));
                }
            }
        }
    }

    /// The callback of one has returned a stream.
    fn opened(&mut self, index: usize, front: Bytes) {
        let described = self.call.described;
        let Some(process) = self.processes.get_mut(index).filter(|_| described) else {
            return;
        };
        match self.call.source.result(front, described) {
            Ok((_, reading)) => process.received.set_reading(reading),
            Err(error) => {
                self.attempt.leave(&mut self.receivers, index);
                self.end(index, Ok(Bytes::new()));
                self.arrived.push_back((index, Arrived::Unreadable(error)));
            }
        }
    }

    /// Lets the callback of one send its stream.
    fn begin(&mut self, index: usize) {
        let received = &mut self.processes[index].received;
        match self.attempt.grant_to(index, received.window()) {
            Ok(granted) => received.set_window(granted),
            // There is nothing left for what it would send.
            Err(failed) => {
                self.attempt.leave(&mut self.receivers, index);
                self.end(index, Err(failed.into()));
            }
        }
    }

    /// One was too slow for what is sent, and its stream ends after what has come of it.
    fn drop_slow(&mut self, index: usize) {
        if let Some(place) = self.again.iter().position(|(other, _)| *other == index) {
            self.again.swap_remove(place);
            self.arrived.push_back((index, Arrived::Lagged));
            return;
        }
        if let Some(process) = self.processes.get_mut(index).filter(|process| !process.ended) {
            process.ended = true;
            self.open -= 1;
            self.arrived.push_back((index, Arrived::Lagged));
        }
    }

    fn end(&mut self, index: usize, outcome: Outcome) {
        let Some(process) = self.processes.get_mut(index).filter(|process| !process.ended) else {
            return;
        };
        process.ended = true;
        self.open -= 1;
        if let Some(again) = self.call.again(&process.name, &self.attempt, &outcome) {
            self.receivers.called_again(index, None);
            self.again.push((index, Again::Calling(Box::new(again))));
            return;
        }
        if let Err(failure) = outcome {
            self.arrived.push_back((index, Arrived::Failed(failure)));
        }
    }

    /// Takes the first of what has arrived.
    fn take(&mut self) -> Option<(String, Reply<T, E>)> {
        while self
            .processes
            .get(self.current)
            .is_none_or(|process| process.received.is_empty())
        {
            let (index, arrived) = self.arrived.pop_front()?;
            let process = self.processes.get_mut(index)?;
            match arrived {
                Arrived::Batch(batch) => process.received.put(batch),
                Arrived::Failed(failure) => {
                    let error = self.call.failure_at(&process.name, failure);
                    let error = self.attempt.limited(error);
                    return Some((process.name.clone(), Err(error)));
                }
                Arrived::Unreadable(error) => {
                    let error = undecodable(self.call.callback(), &error);
                    return Some((process.name.clone(), Err(error)));
                }
                Arrived::Lagged => {
                    let error = CallError::lagged(self.call.callback(), &*process.name);
                    return Some((process.name.clone(), Err(error)));
                }
            }
            self.current = index;
        }
        let index = self.current;
        let process = self.processes.get_mut(index)?;
        let name = process.name.clone();
        let item = match process.received.take() {
            Ok((item, used, due)) => {
                self.turn.add(used);
                if let Some(taken) = due {
                    let granted = self.attempt.grant_to(index, taken);
                    process.received.granted(taken, granted.unwrap_or(taken));
                }
                Ok(item)
            }
            Err(error) => {
                self.arrived.retain(|(other, _)| *other != index);
                self.attempt.leave(&mut self.receivers, index);
                self.end(index, Ok(Bytes::new()));
                Err(undecodable(self.call.callback(), &error))
            }
        };
        Some((name, item))
    }
}

impl<T, E> Stream for BroadcastItems<T, E> {
    type Item = (String, Reply<T, E>);

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll(cx)
    }
}

impl<T, E> Unpin for BroadcastItems<T, E> {}
