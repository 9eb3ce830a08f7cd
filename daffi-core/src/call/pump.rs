//! Sending a stream: many items in a frame where they are there, one at once where they are not.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use futures_util::Stream;

use crate::node::{End, Node, Rounds, StreamTurn, give_way};
use crate::panics::logged;
use crate::proto::{Batch, CallId, Credit, EncodeError, Failed, Items};
use crate::registry::{Flow, tell_named};
use crate::signature::{Form, Forms};

#[cfg(test)]
mod tests;

/// A frame of items is sent when it has so many bytes.
const BATCH_BYTES: usize = 64 * 1024;

/// Or at the end of a turn, or when its items take long, if the first of them has waited for so long.
const HELD: Duration = Duration::from_millis(1);

/// Where a stream goes.
pub(crate) trait Port {
    /// What may be sent; `None` if nobody reads it any more.
    fn poll_credit(&self, cx: &mut Context<'_>) -> Poll<Option<Credit>>;

    /// Ready when nobody reads it any more.
    fn poll_ended(&self, cx: &mut Context<'_>) -> Poll<()>;

    /// Sends items. Nothing is said if nobody reads them any more.
    fn send(&self, batch: &Batch, full: bool) -> Result<(), Option<Failed>>;
}

impl Port for Flow {
    fn poll_credit(&self, cx: &mut Context<'_>) -> Poll<Option<Credit>> {
        self.host.poll_credit(self.run, cx)
    }

    fn poll_ended(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.host.poll_ended(self.run, cx)
    }

    fn send(&self, batch: &Batch, full: bool) -> Result<(), Option<Failed>> {
        self.host.send(self.run, batch, full)
    }
}

/// The way of an argument stream.
struct Argument<'a> {
    node: &'a Node,
    sent: CallId,
    index: u32,
}

impl Port for Argument<'_> {
    fn poll_credit(&self, cx: &mut Context<'_>) -> Poll<Option<Credit>> {
        self.node.poll_argument_credit(self.sent, self.index, cx)
    }

    fn poll_ended(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.node.poll_argument_ended(self.sent, self.index, cx)
    }

    fn send(&self, batch: &Batch, full: bool) -> Result<(), Option<Failed>> {
        self.node.send_argument(self.sent, self.index, batch, full)
    }
}

/// Sends what a stream gives, for as long as it is polled.
pub(crate) struct Pump<S: Stream> {
    stream: Pin<Box<S>>,
    encode: Encode<S::Item>,
    form: Arc<Form>,
    /// To which callback, where nothing around it says that.
    callback: Option<Box<str>>,
    /// Those that are not sent.
    items: Items,
    /// Some were sent.
    sent: bool,
    /// Since when the first item waits for others.
    held: Option<Instant>,
    turn: StreamTurn,
}

/// Appends an item, held to its form, to others.
pub type Encode<T> = fn(T, &Form, &mut Items) -> Result<(), EncodeError>;

impl<S: Stream> Pump<S> {
    pub(crate) fn new(stream: S, encode: Encode<S::Item>, form: Arc<Form>) -> Self {
        Self {
            stream: Box::pin(stream),
            encode,
            form,
            callback: None,
            items: Items::default(),
            sent: false,
            held: None,
            turn: StreamTurn::NEW,
        }
    }

    /// Sends; ready at the end of the stream, when nobody reads it any more, or with what went wrong.
    pub(crate) fn poll(
        &mut self,
        port: &(impl Port + ?Sized),
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Failed>> {
        loop {
            ready!(self.turn.poll_next(cx));
            let credit = match port.poll_credit(cx) {
                Poll::Pending => {
                    self.turn.pause();
                    return Poll::Pending;
                }
                Poll::Ready(None) => return Poll::Ready(Ok(())),
                Poll::Ready(Some(credit)) => credit,
            };
            let filled = ready!(self.fill(credit, cx));
            let full = matches!(filled, Filled::Full);
            self.held = None;
            if let Some(why) = self.items.why_named() {
                let callback = self.callback.as_deref();
                logged(|| tell_named(callback, "an item of a stream", &self.form, &why));
            }
            if self.items.count() > 0 {
                self.sent = true;
                match port.send(&self.items.take(), full) {
                    Ok(()) => {}
                    Err(None) => return Poll::Ready(Ok(())),
                    Err(Some(failed)) => return Poll::Ready(Err(failed)),
                }
            }
            match filled {
                Filled::Full => {}
                Filled::Ended => return Poll::Ready(Ok(())),
                Filled::Failed(failed) => return Poll::Ready(Err(failed)),
                // Whoever waits for the next item hears when nobody wants it any more.
                Filled::Waits => return port.poll_ended(cx).map(Ok),
            }
        }
    }

    /// Takes items for as long as there are some and a frame has room for them; pending when a turn is over before that.
    fn fill(&mut self, credit: Credit, cx: &mut Context<'_>) -> Poll<Filled> {
        let bytes = usize::try_from(credit.bytes).unwrap_or(0).min(BATCH_BYTES);
        let begun = self.turn.begun();
        self.held.get_or_insert(begun);
        let rounds = Rounds::of_this_thread();
        let mut last = false;
        while u64::from(self.items.count()) < credit.items.min(u64::from(u32::MAX))
            && self.items.size() < bytes
        {
            if (last || self.turn.is_late()) && self.has_waited() {
                break;
            }
            if last {
                ready!(self.turn.poll_next(cx));
            }
            // One more item than the turn has: if the stream has turns too, its own ends first, and serves both.
            last = self.turn.is_over();
            let item = match self.stream.as_mut().poll_next(cx) {
                Poll::Ready(Some(item)) => item,
                Poll::Ready(None) => return Poll::Ready(Filled::Ended),
                Poll::Pending if self.turn.ended_since(rounds) && !self.has_waited() => {
                    // Whether that has this task woken, only the stream knows.
                    return give_way(cx);
                }
                Poll::Pending => {
                    self.turn.pause();
                    return Poll::Ready(Filled::Waits);
                }
            };
            let before = self.items.size();
            if let Err(error) = (self.encode)(item, &self.form, &mut self.items) {
                return Poll::Ready(Filled::Failed(Failed::Encode {
                    message: format!("an item of a stream: {error}"),
                }));
            }
            self.turn.add(self.items.size() - before);
            if self.items.are_mixed() {
                // The last one begins a frame of its own, for which there is credit: it was counted with the others.
                break;
            }
        }
        Poll::Ready(Filled::Full)
    }

    fn has_waited(&self) -> bool {
        self.held
            .is_some_and(|since| self.turn.now().saturating_duration_since(since) >= HELD)
    }
}

enum Filled {
    /// A frame, or the credit, or it has waited long enough.
    Full,
    /// As the next item is not there.
    Waits,
    Ended,
    Failed(Failed),
}

/// An argument stream of a call, whatever its items are.
trait Feed: Send {
    fn poll(&mut self, port: &dyn Port, cx: &mut Context<'_>) -> Poll<Result<(), Failed>>;

    /// Whether items were sent.
    fn was_sent(&self) -> bool;

    /// Holds its items to what is known about them. They go to that callback.
    fn hold(&mut self, form: Arc<Form>, callback: &str);
}

impl<S: Stream + Send> Feed for Pump<S> {
    fn poll(&mut self, port: &dyn Port, cx: &mut Context<'_>) -> Poll<Result<(), Failed>> {
        Self::poll(self, port, cx)
    }

    fn was_sent(&self) -> bool {
        self.sent
    }

    fn hold(&mut self, form: Arc<Form>, callback: &str) {
        (self.form, self.callback) = (form, Some(callback.into()));
    }
}

/// The argument streams of a call, in their order. The locks are never taken: they make it `Sync`.
#[derive(Default)]
pub struct Feeds(Vec<Option<Mutex<Box<dyn Feed>>>>);

impl fmt::Debug for Feeds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Feeds").field(&self.0.len()).finish()
    }
}

impl Feeds {
    /// No streams.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds the next argument that is a stream.
    pub fn add<S: Stream + Send + 'static>(&mut self, stream: S, encode: Encode<S::Item>) {
        self.0.push(Some(Mutex::new(Box::new(Pump::new(
            stream,
            encode,
            Arc::default(),
        )))));
    }

    /// Holds the items of each to what is known about them. They go to that callback.
    pub(super) fn hold(&mut self, forms: &Forms, callback: &str) {
        for (feed, form) in self.0.iter_mut().zip(&forms.streams) {
            if let Some(feed) = feed {
                let feed = feed.get_mut().unwrap_or_else(PoisonError::into_inner);
                feed.hold(Arc::clone(form), callback);
            }
        }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are, sent or not.
    pub(super) fn len(&self) -> u32 {
        // A function has at most 16 arguments.
        u32::try_from(self.0.len()).unwrap_or(u32::MAX)
    }

    /// Whether something was sent of any of them, be it its end.
    pub(super) fn were_sent(&mut self) -> bool {
        self.0.iter_mut().any(|feed| match feed {
            Some(feed) => feed.get_mut().unwrap_or_else(PoisonError::into_inner).was_sent(),
            None => true,
        })
    }

    /// Ends those that are left, for whoever sends them has panicked.
    pub(super) fn break_off(&mut self, node: &Node, sent: CallId) {
        for (index, feed) in (0..).zip(&mut self.0) {
            if feed.take().is_some() {
                let message = "in the stream that the caller sends".to_owned();
                node.close_arguments([End::Call(sent)], index, &Err(Failed::panicked(message)));
            }
        }
    }

    /// Sends one of them by way of `port`; ready, once, when it has ended.
    pub(super) fn poll_one(
        &mut self,
        index: u32,
        port: &dyn Port,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Failed>> {
        let Some(feed) = self.0.get_mut(index as usize) else {
            return Poll::Pending;
        };
        let Some(sending) = feed else { return Poll::Pending };
        let sending = sending.get_mut().unwrap_or_else(PoisonError::into_inner);
        let end = ready!(sending.poll(port, cx));
        *feed = None;
        Poll::Ready(end)
    }

    /// Sends them as arguments of a call; ready when all have ended.
    pub(super) fn poll(&mut self, node: &Node, sent: CallId, cx: &mut Context<'_>) -> Poll<()> {
        let mut pending = false;
        for (index, feed) in (0..).zip(&mut self.0) {
            let Some(sending) = feed else { continue };
            let sending = sending.get_mut().unwrap_or_else(PoisonError::into_inner);
            match sending.poll(&Argument { node, sent, index }, cx) {
                // It may be made again, and then they are sent from their beginning.
                Poll::Ready(_) if node.is_answered(sent) => pending = true,
                Poll::Ready(end) => {
                    *feed = None;
                    node.close_arguments([End::Call(sent)], index, &end);
                }
                Poll::Pending => pending = true,
            }
        }
        if pending { Poll::Pending } else { Poll::Ready(()) }
    }
}
