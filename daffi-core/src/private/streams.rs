//! What generated code does with streams.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use futures_util::Stream;

use crate::call::{Call, Encode, Feeds, Port, Pump, Streaming, waits_for_caller};
use crate::described::DecodeItem;
use crate::proto::{Batch, Credit, Failed, Items, Outcome};
use crate::registry::{Flow, Invocation, tell_named};
use crate::signature::Findings;

#[cfg(test)]
mod tests;

/// The type of a stream of `item`s.
#[must_use]
pub fn stream_type(item: Findings) -> Findings {
    item.streamed()
}

/// The argument stream with this number, counted from 0.
///
/// # Errors
///
/// When the call has no streams.
pub fn stream_argument<T>(
    call: &Invocation,
    index: u32,
    decode: DecodeItem<T>,
) -> Result<Streaming<T>, Failed> {
    let flow = flow(call)?;
    let callback = call.context().callback().to_owned();
    let reading = call.stream(index);
    Ok(Streaming::argument(flow, index, callback, reading, decode))
}

fn flow(call: &Invocation) -> Result<Flow, Failed> {
    call.flow().cloned().ok_or_else(|| Failed::Decode {
        message: "the call has no streams".to_owned(),
    })
}

/// Sends what a callback has returned; ready when all of it is sent or nobody wants more.
pub async fn send_stream<S: Stream>(call: &Invocation, stream: S, encode: Encode<S::Item>) -> Outcome {
    let flow = flow(call)?;
    flow.host.open(flow.run, &call.answers().front());
    let mut pump = Pump::new(stream, encode, Arc::clone(call.answers().ok()));
    poll_fn(|cx| pump.poll(&flow, cx)).await?;
    Ok(Bytes::new())
}

/// As [`send_stream`], for an iterator, whose thread may block in it.
pub fn send_iterator<I: Iterator>(call: &Invocation, iterator: I, encode: Encode<I::Item>) -> Outcome {
    let flow = flow(call)?;
    flow.host.open(flow.run, &call.answers().front());
    let chunks = Arc::new(Chunks::default());
    let sending = {
        let (flow, chunks) = (flow.clone(), Sending(Arc::clone(&chunks)));
        async move {
            let end = poll_fn(|cx| chunks.0.poll_send(&flow, cx)).await;
            chunks.0.end(end);
        }
    };
    flow.host.spawn(Box::pin(sending));
    let _iterating = Iterating(&chunks);
    let mut chunk = Items::default();
    for item in iterator {
        if let Err(error) = encode(item, call.answers().ok(), &mut chunk) {
            chunks.finish();
            chunks.ended()?;
            return Err(Failed::Encode {
                message: format!("an item of a stream: {error}"),
            }
            .into());
        }
        if let Some(why) = chunk.why_named() {
            tell_named(None, "an item of a stream", call.answers().ok(), &why);
        }
        if !chunks.push(&mut chunk) {
            break;
        }
    }
    chunks.finish();
    chunks.ended()?;
    Ok(Bytes::new())
}

/// So many bytes of items, and so many items, may wait between an iterator and what sends them.
const CHUNK_BYTES: usize = 64 * 1024;

/// Items between the thread of an iterator, which never waits for a task to run, and the task that sends them, which
/// never waits for the iterator.
#[derive(Debug, Default)]
struct Chunks {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    runs: VecDeque<Run>,
    /// What they take: their bytes, and one for each item.
    size: usize,
    /// The iterator has ended.
    finished: bool,
    /// What came of the sending.
    end: Option<Result<(), Failed>>,
    /// What sends, while it waits for items.
    sender: Option<Waker>,
    /// What sends, while it waits for credit. It is not woken by items.
    idle: Option<Waker>,
}

/// Items behind each other that are written alike: what is sent together is.
#[derive(Debug)]
struct Run {
    bytes: Vec<u8>,
    /// Where each item ends.
    ends: Vec<usize>,
    explained: bool,
}

/// Ends the sending when its task does, whatever ends that: the thread of the iterator waits for it.
struct Sending(Arc<Chunks>);

impl Drop for Sending {
    fn drop(&mut self) {
        self.0.end(Err(Failed::Cancelled { may_have_run: true }));
    }
}

/// Ends the sending when the iterator does, also by a panic: nobody else tells the task.
struct Iterating<'a>(&'a Chunks);

impl Drop for Iterating<'_> {
    fn drop(&mut self) {
        self.0.end(Ok(()));
        let (sender, idle) = {
            let mut state = self.0.state();
            (state.sender.take(), state.idle.take())
        };
        sender.into_iter().chain(idle).for_each(Waker::wake);
    }
}

impl Chunks {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds an item; waits while there are many. `false` if nobody wants more.
    fn push(&self, item: &mut Items) -> bool {
        let is_full = |state: &State| state.end.is_none() && state.size >= CHUNK_BYTES;
        let mut state = self.state();
        if is_full(&state) {
            drop(state);
            self.wait_while(is_full);
            state = self.state();
        }
        if state.end.is_some() {
            return false;
        }
        state.add(item);
        let sender = state.sender.take();
        drop(state);
        sender.into_iter().for_each(Waker::wake);
        true
    }

    fn wait_while(&self, is_so: impl Fn(&State) -> bool) {
        let _waits = waits_for_caller();
        let mut state = self.state();
        while is_so(&state) {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn finish(&self) {
        let sender = {
            let mut state = self.state();
            state.finished = true;
            state.sender.take()
        };
        sender.into_iter().for_each(Waker::wake);
    }

    /// Waits until all is sent, or is not.
    fn ended(&self) -> Result<(), Failed> {
        self.wait_while(|state| state.end.is_none());
        self.state().end.clone().unwrap_or(Ok(()))
    }

    /// The first end stands.
    fn end(&self, end: Result<(), Failed>) {
        self.state().end.get_or_insert(end);
        self.changed.notify_all();
    }

    /// Sends what there is, as far as there is credit for it.
    fn poll_send(&self, flow: &Flow, cx: &mut Context<'_>) -> Poll<Result<(), Failed>> {
        loop {
            let credit = match flow.poll_credit(cx) {
                Poll::Pending => {
                    let mut state = self.state();
                    if state.end.is_some() {
                        return Poll::Ready(Ok(()));
                    }
                    state.idle = Some(cx.waker().clone());
                    return Poll::Pending;
                }
                Poll::Ready(None) => return Poll::Ready(Ok(())),
                Poll::Ready(Some(credit)) => credit,
            };
            let batch = {
                let mut state = self.state();
                if state.end.is_some() {
                    return Poll::Ready(Ok(()));
                }
                match state.take(credit) {
                    Some(batch) => batch,
                    None if state.finished => return Poll::Ready(Ok(())),
                    None => {
                        state.sender = Some(cx.waker().clone());
                        drop(state);
                        return flow.poll_ended(cx).map(Ok);
                    }
                }
            };
            self.changed.notify_all();
            match flow.send(&batch, true) {
                Ok(()) => {}
                Err(None) => return Poll::Ready(Ok(())),
                Err(Some(failed)) => return Poll::Ready(Err(failed)),
            }
        }
    }
}

impl State {
    /// Takes an item behind the others.
    fn add(&mut self, item: &mut Items) {
        let explained = item.begin_with_names();
        let mut run = match self.runs.pop_back() {
            Some(run) if run.explained == explained => run,
            others => {
                self.runs.extend(others);
                Run {
                    bytes: Vec::new(),
                    ends: Vec::new(),
                    explained,
                }
            }
        };
        self.size += item.size() + 1;
        item.move_to(&mut run.bytes);
        run.ends.push(run.bytes.len());
        self.runs.push_back(run);
    }

    /// As many of the first items as there is credit for, which are written alike. The last may be over its bytes.
    fn take(&mut self, credit: Credit) -> Option<Batch> {
        let run = self.runs.front_mut()?;
        let allowed = usize::try_from(credit.bytes).unwrap_or(0);
        let items = run.ends.partition_point(|end| *end < allowed) + 1;
        let items = items
            .min(run.ends.len())
            .min(usize::try_from(credit.items).unwrap_or(usize::MAX));
        let end = run.ends.get(items.checked_sub(1)?).copied()?;
        let rest = run.bytes.split_off(end);
        let batch = Batch {
            items: u32::try_from(items).unwrap_or(u32::MAX),
            explained: run.explained,
            bytes: Bytes::from(std::mem::replace(&mut run.bytes, rest)),
        };
        run.ends.drain(..items);
        run.ends.iter_mut().for_each(|other| *other -= end);
        if run.ends.is_empty() {
            self.runs.pop_front();
        }
        self.size -= end + items;
        Some(batch)
    }
}

/// A call whose next arguments are streams.
pub fn feeding<T, E>(call: Call<T, E>, feeds: Feeds) -> Call<T, E> {
    call.feeding(feeds)
}
