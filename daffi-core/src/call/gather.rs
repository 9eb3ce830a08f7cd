//! The streams of a broadcast, merged.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Buf;
use futures_util::Stream;

use super::broadcast::{Broadcast, unexpected};
use super::future::{Call, Running};
use super::replies::Reply;
use super::streaming::{DecodeItem, NOTHING, Streaming, is_due};
use crate::error::{CallError, RemoteError};
use crate::node::session::{Item, Next};
use crate::proto::{Batch, Failed, Failure, Outcome, Window};

/// The items of the streams that the callbacks of a broadcast return, with the names of their processes, as they arrive.
///
/// Those of one process come in order. A process whose stream ends early gives its error, once, after its items; one that
/// ends as it should gives nothing more. Ends when all have ended.
///
/// Dropping it ends every stream at its callback.
#[must_use = "the streams are ended when this is dropped"]
pub struct BroadcastItems<T, E = RemoteError> {
    call: Call<Streaming<T>, E>,
    running: Running,
    decode: DecodeItem<T>,
    window: Window,
    processes: Vec<Process>,
    /// What has come and was not taken, in that order.
    arrived: VecDeque<(usize, Arrived)>,
    /// How many have not ended.
    open: usize,
}

struct Process {
    name: String,
    /// What was taken of it and not granted again.
    taken: Window,
    ended: bool,
}

enum Arrived {
    Batch(Batch),
    Failed(Failure),
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
    /// # Errors
    ///
    /// As awaiting a broadcast. What goes wrong at one of the processes is told with its name.
    pub async fn items(self) -> Result<BroadcastItems<T, E>, CallError<E>> {
        let (call, mut running) = self.begun().await?;
        let next = poll_fn(|cx| call.poll_next(&mut running, cx)).await;
        let Next::Item(Item::Roster(names)) = next else {
            return Err(call.failure(match next {
                Next::End(outcome) => outcome,
                Next::Item(_) => Err(unexpected().into()),
            }));
        };
        let window = call.stream_window();
        let processes: Vec<_> = names
            .into_iter()
            .map(|name| Process {
                name,
                taken: NOTHING,
                ended: false,
            })
            .collect();
        for index in 0..processes.len() {
            running.grant_to(index, window);
        }
        Ok(BroadcastItems {
            decode: call.item_decoder(&running),
            open: processes.len(),
            call,
            running,
            window,
            processes,
            arrived: VecDeque::new(),
        })
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
        loop {
            if let Some(next) = self.take() {
                return Poll::Ready(Some(next));
            }
            if self.open == 0 {
                return Poll::Ready(None);
            }
            match ready!(self.call.poll_next(&mut self.running, cx)) {
                Next::Item(Item::Batch(index, batch)) => {
                    self.arrived.push_back((index as usize, Arrived::Batch(batch)));
                }
                Next::Item(Item::Part(index, outcome)) => self.end(index as usize, outcome),
                Next::Item(_) => {}
                Next::End(outcome) => {
                    let failure = outcome.err().unwrap_or_else(|| unexpected().into());
                    (0..self.processes.len()).for_each(|index| self.end(index, Err(failure.clone())));
                }
            }
        }
    }

    fn end(&mut self, index: usize, outcome: Outcome) {
        let Some(process) = self.processes.get_mut(index).filter(|process| !process.ended) else {
            return;
        };
        process.ended = true;
        self.open -= 1;
        if let Err(failure) = outcome {
            self.arrived.push_back((index, Arrived::Failed(failure)));
        }
    }

    /// Takes the first of what has arrived.
    fn take(&mut self) -> Option<(String, Reply<T, E>)> {
        loop {
            let (index, arrived) = self.arrived.front_mut()?;
            let index = *index;
            let Some(process) = self.processes.get_mut(index) else {
                self.arrived.pop_front();
                continue;
            };
            let name = process.name.clone();
            let batch = match arrived {
                Arrived::Batch(batch) if batch.items == 0 => {
                    self.arrived.pop_front();
                    continue;
                }
                Arrived::Batch(batch) => batch,
                Arrived::Failed(_) => {
                    let (_, failed) = self.arrived.pop_front()?;
                    let Arrived::Failed(failure) = failed else {
                        continue;
                    };
                    return Some((name, Err(self.call.failure(Err(failure)))));
                }
            };
            return Some(match (self.decode)(&batch.bytes, self.call.guarded()) {
                Ok((item, used)) => {
                    batch.bytes.advance(used);
                    batch.items -= 1;
                    if let Some(taken) = is_due(&mut process.taken, used, self.window) {
                        self.running.grant_to(index, taken);
                    }
                    (name, Ok(item))
                }
                Err(error) => {
                    // What follows of it cannot be told apart.
                    self.arrived.retain(|(other, _)| *other != index);
                    if !std::mem::replace(&mut process.ended, true) {
                        self.open -= 1;
                    }
                    let message = format!("an item of a stream: {error}");
                    (
                        name,
                        Err(self.call.failure(Err(Failed::Decode { message }.into()))),
                    )
                }
            });
        }
    }
}

impl<T, E> Stream for BroadcastItems<T, E> {
    type Item = (String, Reply<T, E>);

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll(cx)
    }
}

impl<T, E> Unpin for BroadcastItems<T, E> {}
