//! A call on its way from arguments to outcome.

use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;

use super::answer::{Decoders, Of, Take};
use super::attempt::{Answer, Attempt};
use super::blocking::{check_may_block, not_forked, wait_for};
use super::encoded::Arguments;
use super::options::Options;
use super::pause::{Pause, pause};
use super::pump::Feeds;
use super::source::Source;
use super::streaming::{Opening, undecodable};
use crate::described::ItemsAs;
use crate::error::{CallError, RemoteError};
use crate::node::{Next, Node};
use crate::proto::{CallId, Failure, Mode, Outcome};
use crate::scope::{Home, Scope};

/// A call that is ready to be made: what a fetcher returns.
///
/// Nothing is sent until it is awaited. Awaiting gives `Result<T, CallError<E>>`, exactly once; what was set before
/// (a timeout, a receiver, …) holds for this call alone.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
/// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
/// # shop.register_fn("price", |item: String| async move { item.len() as u64 }).await?;
/// # #[daffi::fetcher]
/// # fn price(item: &str) -> u64;
/// # let price = |item| price(item).on(&g);
/// use std::time::Duration;
///
/// let price: u64 = price("lamp").timeout(Duration::from_secs(1)).to("shop").await?;
/// assert_eq!(price, 4);
/// # Ok(()) }
/// ```
///
/// A call that is made inside a callback ends no later than the call that the callback answers.
///
/// In a process that was forked from the one of the [`Global`](crate::Global), every call ends with [`CallError::Invalid`], however it
/// is made: a forked process has none of the other's threads, and its socket is not its own. It needs a `Global` of its own.
///
/// # Cancel safety
///
/// Dropping it before it is ready cancels the call: the provider stops the callback at its next `.await`. A callback
/// that has ended by then has run, and its result is lost.
#[must_use = "a call does nothing until it is awaited"]
pub struct Call<T, E = RemoteError> {
    pub(super) source: Source,
    pub(super) arguments: Arguments,
    pub(super) decoders: Decoders<T, E>,
    pub(super) options: Options,
    /// Arguments that are streams.
    pub(super) feeds: Feeds,
    /// Whether what answers it has its structure in front.
    pub(super) described: bool,
    pub(super) state: State,
}

/// How far a call is.
pub(super) enum State {
    New,
    /// It belongs to a call that was made before, and is made where that was.
    Beside(Scope),
    /// Waits before it is made, where it was asked for, by the node that is to make it.
    Delayed(Pause, Scope, Arc<Node>),
    Begun(Attempt),
    /// Waits before it is made again.
    Pausing(Box<(Pause, Attempt)>),
    Done,
}

impl<T, E> fmt::Debug for Call<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("callback", &self.source.name())
            .finish_non_exhaustive()
    }
}

impl<T, E> Call<T, E> {
    pub(super) fn new(source: Source, arguments: Arguments, decoders: Decoders<T, E>) -> Self {
        let mut options = Options {
            streamed: matches!(decoders.take, Take::Stream(_)),
            ..Options::default()
        };
        if let Source::Stub(stub) | Source::Varying(stub, _) = &source {
            options.timeout = stub.timeout;
            options.to = stub.to.map(str::to_owned);
            options.having = stub
                .having
                .iter()
                .map(|&(key, value)| (key.to_owned(), value.to_owned()))
                .collect();
            options.patience = stub.patience;
            options.retries = stub.retries;
            options.idempotent = stub.idempotent;
            options.mode = stub.mode;
        }
        Self {
            source,
            arguments,
            decoders,
            options,
            feeds: Feeds::new(),
            described: false,
            state: State::New,
        }
    }

    /// The same call, with arguments that are streams.
    pub(crate) fn feeding(mut self, feeds: Feeds) -> Self {
        self.options.streams = feeds.len();
        self.feeds = feeds;
        if let Some(traced) = self.source.traced() {
            self.feeds.hold(&traced.forms, self.source.name());
        }
        self
    }

    /// The remote name of the callback.
    #[must_use]
    pub fn callback(&self) -> &str {
        self.source.name()
    }

    /// Makes the call and blocks this thread until it has an outcome: for code without async.
    ///
    /// ```
    /// use daffi::{Global, fetcher};
    ///
    /// #[fetcher]
    /// fn price(item: &str) -> u64;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = Global::builder().init_controller(true).in_memory().auto_callbacks(false).start_blocking()?;
    /// # shop.register_fn("price", |item: String| item.len() as u64).wait()?;
    /// let g = Global::builder().memory(&shop).auto_callbacks(false).start_blocking()?;
    /// assert_eq!(price("lamp").on(&g).wait()?, 4);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// As awaiting it; and [`CallError::Blocking`] where blocking would hold up a runtime: where tokio polls something on this
    /// thread, and not on those of its `spawn_blocking`. Callbacks that are not
    /// `async` may wait: until they are cancelled themselves, which ends this with [`CallError::Cancelled`].
    pub fn wait(self) -> Result<T, CallError<E>> {
        check_may_block(|| self.source.name().to_owned())?;
        let mut call = self;
        wait_for(&mut call)
            .unwrap_or_else(|stopped| Err(stopped.knowing(call.may_have_run()).of(call.callback())))
    }

    /// The same call, carried out in another way.
    pub(super) fn in_mode(mut self, mode: Mode) -> Self {
        // For each item of a stream it is carried out in a way of its own, which does not go with another.
        if self.options.mode != Mode::Each {
            self.options.mode = mode;
        }
        self
    }

    /// The same call, to many of these names.
    pub(super) fn among(mut self, mut names: Vec<String>) -> Self {
        names.sort();
        names.dedup();
        self.options.to = None;
        self.options.processes = Some(names.into());
        self
    }

    /// What speaks against asking many.
    pub(super) fn contradicts_broadcast(&self) -> Option<String> {
        self.options.contradicts_broadcast()
    }

    /// The next of the answers of a broadcast.
    pub(super) fn poll_next(&self, attempt: &mut Attempt, cx: &mut Context<'_>) -> Poll<Next> {
        attempt.poll_next(cx, &self.source, &self.options, &self.arguments)
    }

    /// The call's number while it is sent and has no outcome.
    pub(super) fn sent(&self) -> Option<CallId> {
        match &self.state {
            State::Begun(attempt) => attempt.exchange.sent(),
            _ => None,
        }
    }

    /// The node that makes the call, if there is one.
    pub(super) fn node(&self) -> Result<Arc<Node>, CallError<E>> {
        self.options.node_for(&self.source, Home::current())
    }

    /// Begins the call: finds its node, fixes its deadline.
    pub(super) fn begin(&self) -> Result<Attempt, CallError<E>> {
        self.begin_in(Scope::current())
    }

    fn begin_in(&self, scope: Scope) -> Result<Attempt, CallError<E>> {
        self.begin_by(None, scope)
    }

    /// Begins the call, which this node makes, or the one that is found for it.
    fn begin_by(&self, node: Option<Arc<Node>>, scope: Scope) -> Result<Attempt, CallError<E>> {
        Attempt::begin(&self.source, &self.options, &self.arguments, (node, scope))
    }

    pub(super) fn finish(&self, outcome: Outcome) -> Result<T, CallError<E>> {
        self.decoders.finish(self.of(self.options.to.as_deref()), outcome)
    }

    /// The call as its outcomes know it.
    const fn of<'a>(&'a self, to: Option<&'a str>) -> Of<'a> {
        Of {
            source: &self.source,
            to,
            described: self.described,
        }
    }

    /// As [`finish`](Self::finish), of one of the processes that were asked.
    pub(super) fn finish_at(&self, process: &str, outcome: Outcome) -> Result<T, CallError<E>> {
        self.decoders.finish(self.of(Some(process)), outcome)
    }

    /// The error of a call that gave no value.
    pub(super) fn failure(&self, failure: Failure) -> CallError<E> {
        self.decoders
            .failure(self.of(self.options.to.as_deref()), failure)
    }

    /// As [`failure`](Self::failure), of one of the processes that were asked.
    pub(super) fn failure_at(&self, process: &str, failure: Failure) -> CallError<E> {
        self.decoders.failure(self.of(Some(process)), failure)
    }

    /// The same; `described` if the callback's own error has its structure in front.
    pub(super) fn failure_of(&self, described: bool, process: &str, failure: Failure) -> CallError<E> {
        let of = Of {
            described,
            ..self.of(Some(process))
        };
        self.decoders.failure(of, failure)
    }

    /// Whether the callback returns a stream.
    pub(super) const fn returns_stream(&self) -> bool {
        matches!(self.decoders.take, Take::Stream(_))
    }

    /// How the items of a stream are read.
    fn items(&self, front: Bytes, described: bool) -> Result<ItemsAs, CallError<E>> {
        let read = self.source.result(front, described);
        let (_, reading) = read.map_err(|error| undecodable(self.source.name(), &error))?;
        Ok(self.source.items(reading))
    }

    /// The callback has returned a stream.
    fn opened(&mut self, attempt: Attempt, front: Bytes) -> Result<T, CallError<E>> {
        let described = attempt.is_described(&self.options);
        let wish = self.options.window;
        let sent = attempt.exchange.sent();
        let window = sent.map_or(wish, |sent| attempt.exchange.node().window_of(sent, wish));
        match self.decoders.take {
            Take::Stream(open) => Ok(open(Opening {
                reading: self.items(front, described)?,
                described,
                allowed: attempt.allowed,
                exchange: attempt.exchange,
                callback: self.source.name().to_owned(),
                window,
                feeds: mem::take(&mut self.feeds),
            })),
            Take::Value(_) | Take::Tally(_) => Err(CallError::Decode {
                callback: self.source.name().to_owned(),
                message: "the callback returned a stream, which a fetcher takes that returns `impl Stream`"
                    .to_owned(),
                may_have_run: true,
            }),
        }
    }
}

impl<T, E> Future for Call<T, E> {
    type Output = Result<T, CallError<E>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        loop {
            match &mut this.state {
                State::New | State::Beside(_) | State::Delayed(..) => {
                    if let Err(error) = ready!(this.poll_begun(cx)) {
                        return Poll::Ready(Err(error));
                    }
                }
                State::Begun(attempt) => {
                    let Poll::Ready(answer) = attempt.poll(cx, &this.source, &this.options, &this.arguments)
                    else {
                        if !this.feeds.is_empty() {
                            attempt.feed(&mut this.feeds, cx);
                        }
                        return Poll::Pending;
                    };
                    let State::Begun(mut attempt) = mem::replace(&mut this.state, State::Done) else {
                        unreachable!()
                    };
                    let outcome = match answer {
                        Answer::Outcome(outcome) => outcome,
                        Answer::Opened(front) => return Poll::Ready(this.opened(attempt, front)),
                    };
                    match attempt.again(&outcome, this.options.idempotent) {
                        Some(pause) => this.state = State::Pausing(Box::new((pause, attempt))),
                        None => {
                            this.described = attempt.is_described(&this.options);
                            let finished = this.finish(outcome);
                            return Poll::Ready(
                                finished.map_err(|error| attempt.told(this.source.name(), error)),
                            );
                        }
                    }
                }
                State::Pausing(pausing) => {
                    let (pause, attempt) = &mut **pausing;
                    if let Err(failed) = ready!(Pin::new(pause).poll(cx)) {
                        let of = Of {
                            source: &this.source,
                            to: this.options.to.as_deref(),
                            described: false,
                        };
                        let error = this.decoders.failure(of, failed.into());
                        let error = attempt.told(this.source.name(), error);
                        this.state = State::Done;
                        return Poll::Ready(Err(error));
                    }
                    if let State::Pausing(pausing) = mem::replace(&mut this.state, State::Done) {
                        this.state = State::Begun(pausing.1);
                    }
                }
                State::Done => panic!("a `Call` was polled after it was ready"),
            }
        }
    }
}

impl<T, E> Call<T, E> {
    /// Whether the callback may have run, if the call ends here.
    pub(super) fn may_have_run(&self) -> bool {
        match &self.state {
            // It was not sent.
            State::New | State::Beside(_) | State::Delayed(..) => false,
            State::Begun(attempt) => attempt.may_have_run(),
            State::Pausing(pausing) => pausing.1.may_have_run(),
            State::Done => true,
        }
    }

    /// It is given up. `true` if it is to be waited for what is known of it then, which is soon.
    pub(super) fn cancel(&mut self) -> bool {
        match &mut self.state {
            State::Begun(attempt) => attempt.cancel(),
            _ => false,
        }
    }

    /// For how many items of its stream the callback is known to be done.
    pub(super) fn done(&self) -> u64 {
        match &self.state {
            State::Begun(attempt) => attempt.done(),
            State::Pausing(pausing) => pausing.1.done(),
            State::New | State::Beside(_) | State::Delayed(..) | State::Done => 0,
        }
    }

    /// Begins the call when its time has come, unless it has begun.
    pub(super) fn poll_begun(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), CallError<E>>> {
        loop {
            let next = match &mut self.state {
                State::New => self.start(),
                State::Beside(scope) => {
                    let scope = mem::take(scope);
                    self.begin_in(scope).map(State::Begun)
                }
                State::Delayed(pause, scope, node) => {
                    let over = ready!(Pin::new(&mut *pause).poll(cx));
                    let (scope, name, node) = (mem::take(scope), pause.node_name(), Arc::clone(node));
                    over.map_err(|failed| self.failure(failed.into()).of_stopped(&name))
                        .and_then(|()| self.begin_by(Some(node), scope).map(State::Begun))
                }
                _ => return Poll::Ready(Ok(())),
            };
            match next {
                Ok(state) => self.state = state,
                Err(error) => {
                    self.state = State::Done;
                    return Poll::Ready(Err(error));
                }
            }
        }
    }

    /// Begins the call, or the wait before it.
    fn start(&mut self) -> Result<State, CallError<E>> {
        match self.options.after {
            None => self.begin().map(State::Begun),
            Some(delay) => {
                let node = self.node()?;
                not_forked(|| self.source.name().to_owned())?;
                Ok(State::Delayed(pause(&node, delay), Scope::current(), node))
            }
        }
    }
}
