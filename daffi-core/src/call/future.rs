//! A call on its way from arguments to outcome.

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker, ready};
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde::de::DeserializeOwned;
use tokio::time::{Sleep, sleep};
use tokio_util::sync::WaitForCancellationFutureOwned;

use super::pump::Feeds;
use super::streaming::{Opening, Streaming};
use super::stub::{Stub, Traced};
use crate::error::{CallError, RemoteError};
use crate::node::session::{Item, Next, Request};
use crate::node::{Backoff, Exchange, Message, Node, Received, SentCall, running};
use crate::proto::{
    self, DecodeError, Described, EncodeError, Failed, Failure, Limits, Mode, Moment, Outcome, Tally, Window,
};
use crate::scope::Scope;

/// The bound of the first pause before a call is made again, and of the longest.
const RETRY_PAUSE: (Duration, Duration) = (Duration::from_millis(20), Duration::from_secs(2));

/// A call that is ready to be made: what a fetcher returns.
///
/// Nothing is sent until it is awaited. Awaiting gives `Result<T, CallError<E>>`, exactly once; what was set before
/// (a timeout, a receiver, …) holds for this call alone.
///
/// ```no_run
/// # async fn example(call: daffi_core::Call<i64>) -> Result<(), daffi_core::CallError> {
/// use std::time::Duration;
///
/// let sum = call.timeout(Duration::from_secs(1)).to("calculator service").await?;
/// # Ok(()) }
/// ```
///
/// A call that is made inside a callback ends no later than the call that the callback answers.
///
/// # Cancel safety
///
/// Dropping it before it is ready cancels the call: the provider stops the callback at its next `.await`. A callback
/// that has ended by then has run, and its result is lost.
#[must_use = "a call does nothing until it is awaited"]
pub struct Call<T, E = RemoteError> {
    source: Source,
    arguments: Arguments,
    decoders: Decoders<T, E>,
    options: Options,
    /// Arguments that are streams.
    feeds: Feeds,
    state: State,
}

/// Whose call it is.
#[derive(Clone, Debug)]
pub(super) enum Source {
    Stub(&'static Stub),
    /// A stub whose signature is another at each call.
    Varying(&'static Stub, Arc<Traced>),
    Named(Arc<Named>),
}

/// A call by name.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) name: String,
    pub(super) traced: Traced,
}

impl Source {
    fn name(&self) -> &str {
        match self {
            Self::Stub(stub) | Self::Varying(stub, _) => stub.name,
            Self::Named(named) => &named.name,
        }
    }

    /// Present from the moment the call exists.
    fn traced(&self) -> Option<&Traced> {
        match self {
            Self::Stub(stub) => stub.traced(),
            Self::Varying(_, traced) => Some(traced),
            Self::Named(named) => Some(&named.traced),
        }
    }
}

/// Encoded arguments, or why there are none.
#[derive(Clone, Debug)]
pub(super) struct Arguments(Result<Bytes, String>);

impl From<Result<Bytes, EncodeError>> for Arguments {
    fn from(encoded: Result<Bytes, EncodeError>) -> Self {
        Self(encoded.map_err(|error| error.to_string()))
    }
}

type DecodeValue<T> = fn(&Bytes, bool) -> Result<T, DecodeError>;

/// How an answer becomes a value.
pub(super) enum Take<T> {
    /// It is encoded in the reply.
    Value(DecodeValue<T>),
    /// It is a stream.
    Stream(fn(Opening) -> T),
    /// The callback runs for each item of a stream, and the answer is how far it came.
    Tally(fn(u64) -> T),
}

impl<T> Clone for Take<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Take<T> {}

/// How an outcome becomes a value or an error.
pub(super) struct Decoders<T, E> {
    take: Take<T>,
    app: fn(RemoteError, Option<Bytes>) -> Result<E, DecodeError>,
}

impl<T, E> Clone for Decoders<T, E> {
    fn clone(&self) -> Self {
        Self {
            take: self.take,
            app: self.app,
        }
    }
}

impl<T, E: DeserializeOwned + 'static> Decoders<T, E> {
    pub(super) const fn new(take: Take<T>) -> Self {
        Self {
            take,
            app: decode_app,
        }
    }
}

/// The callback's own error as an `E`: the error itself, or its words if `E` is [`RemoteError`].
fn decode_app<E: DeserializeOwned + 'static>(
    remote: RemoteError,
    typed: Option<Bytes>,
) -> Result<E, DecodeError> {
    let mut remote = Some(remote);
    if let Some(words) = (&mut remote as &mut dyn Any).downcast_mut::<Option<E>>() {
        return words
            .take()
            .ok_or_else(|| DecodeError::new("the error has no words"));
    }
    match (typed, remote) {
        (Some(bytes), _) => proto::decode_guarded(&bytes),
        (None, Some(words)) => Err(DecodeError::new(format!("it came as text only: {words:?}"))),
        (None, None) => Err(DecodeError::new("it has no words")),
    }
}

/// What was set for this call alone.
#[derive(Debug, Default)]
struct Options {
    timeout: Option<Duration>,
    to: Option<String>,
    node: NodeChoice,
    metadata: Vec<(String, String)>,
    /// How long it waits before it is made.
    after: Option<Duration>,
    /// How often it may be made again.
    retries: u32,
    /// It may run more than once.
    idempotent: bool,
    /// Calls with the same number go to the same provider.
    key: Option<u64>,
    /// What becomes of the outcome.
    mode: Mode,
    /// How far ahead of its receiver the callback's stream may be.
    window: Window,
    /// How many arguments are streams.
    streams: u32,
}

/// Which node makes the call.
#[derive(Debug, Default, Clone)]
pub(crate) enum NodeChoice {
    /// The process's default.
    #[default]
    Default,
    /// This one; none if the chosen `Global` has no node.
    Chosen(Option<Arc<Node>>),
}

enum State {
    New,
    /// Waits before it is made, where it was asked for.
    Delayed(Pause, Scope),
    Running(Running),
    /// Waits before it is made again.
    Pausing(Pause, Running),
    Done,
}

/// A call that was begun.
pub(super) struct Running {
    exchange: Exchange,
    number: u64,
    deadline: Option<Moment>,
    scope: Scope,
    retries: u32,
    backoff: Backoff,
    /// The call that was let send its stream.
    granted: Option<SentCall>,
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
        let mut options = Options::default();
        if let Source::Stub(stub) | Source::Varying(stub, _) = &source {
            options.timeout = stub.timeout;
            options.to = stub.to.map(str::to_owned);
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
            state: State::New,
        }
    }

    /// The same call, with arguments that are streams.
    pub(crate) fn feeding(mut self, feeds: Feeds) -> Self {
        self.options.streams = feeds.len();
        self.feeds = feeds;
        self
    }

    /// The remote name of the callback.
    #[must_use]
    pub fn callback(&self) -> &str {
        self.source.name()
    }

    /// Ends the call with [`CallError::Timeout`] if there is no outcome `timeout` after it is first awaited. The
    /// callback is cancelled then.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.options.timeout = Some(timeout);
        self
    }

    /// Has the process named `process_name` run the callback, and no other. It may be the calling process itself.
    pub fn to(mut self, process_name: impl Into<String>) -> Self {
        self.options.to = Some(process_name.into());
        self
    }

    /// Sends `key` and `value` along; the callback reads them with
    /// [`CallContext::metadata`](crate::CallContext::metadata). A key given twice has its last value.
    ///
    /// All keys and values of a call together have at most 8 KiB; more is [`CallError::TooLarge`].
    pub fn metadata(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        let (key, value) = (key.into(), value.into());
        self.options.metadata.retain(|(present, _)| *present != key);
        self.options.metadata.push((key, value));
        self
    }

    /// Makes the call `delay` after it is first awaited, or after [`bg`](Self::bg). A [`timeout`](Self::timeout) counts
    /// from then on.
    ///
    /// The call waits in this process, and is lost with it.
    pub fn after(mut self, delay: Duration) -> Self {
        self.options.after = Some(delay);
        self
    }

    /// Sends calls with the same `key` to the same provider, whoever makes them.
    ///
    /// When a provider leaves, only its keys move to others; when one comes, it takes its share of all. A provider at its
    /// limit is passed over, so that the key then goes elsewhere. [`to`](Self::to) is stronger.
    pub fn key(mut self, key: impl AsRef<[u8]>) -> Self {
        self.options.key = Some(proto::stable_hash(key.as_ref()));
        self
    }

    /// Makes the call again, up to `retries` times, when it fails for a reason that may pass: no provider, a lost one, one
    /// at its limit or about to stop, no connection. Between two attempts it waits, longer each time and up to 2 s.
    ///
    /// A call that may have run is not made again unless it is [`idempotent`](Self::idempotent). All attempts together end
    /// at the call's deadline, and a process makes few more calls again than one in ten, so that an outage is not made
    /// worse; a call beyond that fails as it would without retries.
    pub const fn retry(mut self, retries: u32) -> Self {
        self.options.retries = retries;
        self
    }

    /// Says that running the callback twice does no harm, so that [`retry`](Self::retry) may also make a call again that
    /// may have run.
    pub const fn idempotent(mut self) -> Self {
        self.options.idempotent = true;
        self
    }

    /// Hands the call over: the future is ready when the controller has given the call to a provider, and nobody learns
    /// of its outcome.
    ///
    /// The callback goes on when this process leaves. A [`timeout`](Self::timeout) bounds how long it may run.
    pub fn send(mut self) -> Handover {
        self.options.mode = Mode::HandedOver;
        let Self {
            source,
            arguments,
            options,
            feeds,
            ..
        } = self;
        Handover(Call {
            source,
            arguments,
            decoders: Decoders::new(Take::Value(|_, _| Ok(()))),
            options,
            feeds,
            state: State::New,
        })
    }

    pub(crate) fn on_node(mut self, node: NodeChoice) -> Self {
        self.options.node = node;
        self
    }

    /// Makes the call and blocks this thread until it has an outcome: for code without async.
    ///
    /// # Errors
    ///
    /// As awaiting it; and [`CallError::Blocking`] where blocking would hold up a runtime. Callbacks that are not
    /// `async` may wait.
    pub fn wait(self) -> Result<T, CallError<E>> {
        check_may_block(|| self.source.name().to_owned())?;
        block_on(self)
    }

    /// What speaks against asking everybody.
    pub(super) fn contradicts_broadcast(&self) -> Option<String> {
        let other = match (&self.options.to, self.options.key) {
            (Some(_), _) => "to",
            (None, Some(_)) => "key",
            (None, None) if !self.feeds.is_empty() => {
                return Some(
                    "a stream can be sent to one process, not to all: call them one by one".to_owned(),
                );
            }
            (None, None) if self.options.retries > 0 => {
                return Some(
                    "the outcomes of a broadcast come from each process by itself, so it is not made again: leave out \
                     retry(…), and call those again that failed"
                        .to_owned(),
                );
            }
            (None, None) => return None,
        };
        Some(format!(
            "a broadcast asks every process, and {other}(…) picks one: leave one of them out"
        ))
    }

    /// How long it waits before it is made.
    pub(super) const fn delay(&self) -> Option<Duration> {
        self.options.after
    }

    /// The next of the answers of a broadcast.
    pub(super) fn poll_next(&self, running: &mut Running, cx: &mut Context<'_>) -> Poll<Next> {
        let Running {
            exchange,
            number,
            deadline,
            scope,
            ..
        } = running;
        let message = || {
            message(
                &self.source,
                &self.options,
                &self.arguments,
                Mode::Broadcast,
                *number,
                *deadline,
                scope,
            )
        };
        exchange.poll_next(cx, message)
    }

    /// The same call, at one process, in the terms of its last answer.
    pub(super) fn for_process(&self, name: &str, running: &Running) -> Self {
        let node = Arc::clone(running.exchange.node());
        let options = Options {
            timeout: running
                .deadline
                .map(|deadline| node.instant(deadline).saturating_duration_since(Instant::now())),
            to: Some(name.to_owned()),
            node: NodeChoice::Chosen(Some(node)),
            metadata: self.options.metadata.clone(),
            ..Options::default()
        };
        Self {
            source: self.source.clone(),
            arguments: self.arguments.clone(),
            decoders: self.decoders.clone(),
            options,
            feeds: Feeds::new(),
            state: State::New,
        }
    }

    /// The node that makes the call, if there is one.
    pub(super) fn chosen_node(&self) -> Option<Arc<Node>> {
        match &self.options.node {
            NodeChoice::Default => running::default_node(),
            NodeChoice::Chosen(node) => node.clone(),
        }
    }

    pub(super) fn node(&self) -> Result<Arc<Node>, CallError<E>> {
        self.chosen_node().ok_or_else(|| CallError::NotStarted {
            callback: self.source.name().to_owned(),
        })
    }

    /// Begins the call: finds its node, fixes its deadline.
    pub(super) fn begin(&self) -> Result<Running, CallError<E>> {
        self.begin_in(Scope::current())
    }

    fn begin_in(&self, mut scope: Scope) -> Result<Running, CallError<E>> {
        let callback = || self.source.name().to_owned();
        if let Err(message) = &self.arguments.0 {
            let message = format!("the arguments: {message}");
            return Err(CallError::Encode {
                callback: callback(),
                message,
                may_have_run: false,
            });
        }
        let size: usize = self
            .options
            .metadata
            .iter()
            .map(|(key, value)| key.len() + value.len())
            .sum();
        if size > Limits::METADATA_BYTES {
            return Err(CallError::TooLarge {
                callback: callback(),
                size: size as u64,
                limit: Limits::METADATA_BYTES as u64,
                may_have_run: false,
            });
        }
        if !self.feeds.is_empty() && self.options.mode == Mode::HandedOver {
            return Err(CallError::Invalid {
                callback: callback(),
                reason:
                    "a call that sends a stream cannot be handed over: its caller stays to send it; use bg()"
                        .to_owned(),
            });
        }
        let node = self.node()?;
        scope.trace = node.traces().current().or(scope.trace);
        let timeout = self
            .options
            .timeout
            .and_then(|timeout| Instant::now().checked_add(timeout));
        let deadline = [timeout, scope.deadline]
            .into_iter()
            .flatten()
            .min()
            .map(|at| node.moment(at));
        let number = self
            .source
            .traced()
            .map_or(0, |traced| node.accepted(self.source.name(), traced.number));
        // A stream cannot be sent twice.
        let retries = if self.feeds.is_empty() {
            self.options.retries
        } else {
            0
        };
        if retries > 0 {
            node.retries().earn();
        }
        let backoff = Backoff::new(RETRY_PAUSE.0, RETRY_PAUSE.1);
        Ok(Running {
            exchange: Exchange::new(node),
            number,
            deadline,
            scope,
            retries,
            backoff,
            granted: None,
        })
    }

    pub(super) fn finish(&self, outcome: Outcome) -> Result<T, CallError<E>> {
        let name = self.source.name();
        let decode_error = |message: String| CallError::Decode {
            callback: name.to_owned(),
            message,
            may_have_run: true,
        };
        match outcome {
            Ok(value) => match self.decoders.take {
                Take::Value(decode) => decode(&value, self.guarded())
                    .map_err(|error| decode_error(format!("the result: {error}"))),
                Take::Stream(_) => Err(decode_error(
                    "the callback returned a value and no stream".to_owned(),
                )),
                Take::Tally(take) => {
                    let Tally { done, stopped } = Tally::decode(&value)
                        .map_err(|error| decode_error(format!("how many items are done: {error}")))?;
                    match stopped {
                        None => Ok(take(done)),
                        Some(failure) => Err(CallError::Stopped {
                            callback: name.to_owned(),
                            done,
                            error: Box::new(self.failure(failure)),
                        }),
                    }
                }
            },
            Err(failure) => Err(self.failure(failure)),
        }
    }

    /// The error of a call that gave no value.
    pub(super) fn failure(&self, failure: Failure) -> CallError<E> {
        match failure {
            Failure::App { remote, typed } => match (self.decoders.app)(remote, typed) {
                Ok(error) => CallError::App(error),
                Err(error) => CallError::Decode {
                    callback: self.source.name().to_owned(),
                    message: format!("the callback's error: {error}"),
                    may_have_run: true,
                },
            },
            Failure::Failed(failed) => self.finish_failed(failed),
        }
    }

    /// Whether the callback returns a stream.
    pub(super) const fn returns_stream(&self) -> bool {
        matches!(self.decoders.take, Take::Stream(_))
    }

    /// Whether what is received can nest without end.
    pub(super) fn guarded(&self) -> bool {
        self.source.traced().is_none_or(|traced| traced.guarded)
    }

    /// The callback has returned a stream.
    fn opened(&mut self, exchange: Exchange) -> Result<T, CallError<E>> {
        match self.decoders.take {
            Take::Stream(open) => Ok(open(Opening {
                exchange,
                callback: self.source.name().to_owned(),
                guarded: self.guarded(),
                window: self.options.window,
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

    fn finish_failed(&self, failed: Failed) -> CallError<E> {
        let called = self.source.traced().map(|traced| &traced.signature);
        CallError::from_failed(failed, self.source.name(), self.options.to.as_deref(), called)
    }
}

impl<T, E> Future for Call<T, E> {
    type Output = Result<T, CallError<E>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        loop {
            match &mut this.state {
                State::New => match this.start() {
                    Ok(state) => this.state = state,
                    Err(error) => {
                        this.state = State::Done;
                        return Poll::Ready(Err(error));
                    }
                },
                State::Delayed(pause, scope) => {
                    let over = ready!(Pin::new(pause).poll(cx));
                    let scope = mem::take(scope);
                    match over
                        .map_err(|failed| this.finish_failed(failed))
                        .and_then(|()| this.begin_in(scope))
                    {
                        Ok(running) => this.state = State::Running(running),
                        Err(error) => {
                            this.state = State::Done;
                            return Poll::Ready(Err(error));
                        }
                    }
                }
                State::Running(running) => {
                    let Poll::Ready(answer) = running.poll(cx, &this.source, &this.options, &this.arguments)
                    else {
                        if let Take::Stream(_) = this.decoders.take {
                            running.grant(this.options.window);
                        }
                        if !this.feeds.is_empty() {
                            running.feed(&mut this.feeds, cx);
                        }
                        return Poll::Pending;
                    };
                    let State::Running(running) = mem::replace(&mut this.state, State::Done) else {
                        unreachable!()
                    };
                    let outcome = match answer {
                        Answer::Outcome(outcome) => outcome,
                        Answer::Opened => return Poll::Ready(this.opened(running.exchange)),
                    };
                    match running.again(&outcome, this.options.idempotent) {
                        Some(pausing) => this.state = pausing,
                        None => return Poll::Ready(this.finish(outcome)),
                    }
                }
                State::Pausing(pause, _) => {
                    if let Err(failed) = ready!(Pin::new(pause).poll(cx)) {
                        this.state = State::Done;
                        return Poll::Ready(Err(this.finish_failed(failed)));
                    }
                    if let State::Pausing(_, running) = mem::replace(&mut this.state, State::Done) {
                        this.state = State::Running(running);
                    }
                }
                State::Done => panic!("a `Call` was polled after it was ready"),
            }
        }
    }
}

impl<T, E> Call<T, E> {
    /// Begins the call, or the wait before it.
    fn start(&mut self) -> Result<State, CallError<E>> {
        match self.options.after {
            None => self.begin().map(State::Running),
            Some(delay) => {
                let node = self.node()?;
                Ok(State::Delayed(pause(&node, delay), Scope::current()))
            }
        }
    }
}

impl Running {
    /// Sends the call and waits for its outcome. Where only the signatures' numbers differ, it is sent once more, in
    /// the provider's terms.
    fn poll(
        &mut self,
        cx: &mut Context<'_>,
        source: &Source,
        options: &Options,
        arguments: &Arguments,
    ) -> Poll<Answer> {
        loop {
            let Self {
                exchange,
                number,
                deadline,
                scope,
                ..
            } = self;
            let message = || {
                message(
                    source,
                    options,
                    arguments,
                    options.mode,
                    *number,
                    *deadline,
                    scope,
                )
            };
            let outcome = match ready!(exchange.poll_next(cx, message)) {
                Next::End(outcome) => outcome,
                Next::Item(Item::Opened(_)) => return Poll::Ready(Answer::Opened),
                // Nothing else was asked for.
                Next::Item(_) => continue,
            };
            let (Err(Failure::Failed(Failed::SignatureMismatch { offered })), Some(traced)) =
                (&outcome, source.traced())
            else {
                return Poll::Ready(Answer::Outcome(outcome));
            };
            // The callback did not run. Parts that could not be traced match anything.
            let node = self.exchange.node();
            let Some(number) = node.accept(source.name(), self.number, &traced.signature, offered) else {
                return Poll::Ready(Answer::Outcome(outcome));
            };
            self.number = number;
        }
    }

    /// Lets the callback send the stream that it will return.
    fn grant(&mut self, window: Window) {
        let sent = self.exchange.sent();
        if sent != self.granted {
            self.granted = sent;
            if let Some(SentCall { call, .. }) = sent {
                self.exchange.node().grant(call, 0, window);
            }
        }
    }

    /// Lets the callback of the process with that place on the roster send more of its stream.
    pub(super) fn grant_to(&self, index: usize, window: Window) {
        if let (Some(sent), Ok(index)) = (self.exchange.sent(), u32::try_from(index)) {
            self.exchange.node().grant(sent.call, index, window);
        }
    }

    /// Sends arguments that are streams.
    fn feed(&self, feeds: &mut Feeds, cx: &mut Context<'_>) {
        if let Some(sent) = self.exchange.sent() {
            let node = self.exchange.node();
            // What the streams wait for may belong to a runtime.
            let _runtime = node.runtime().enter();
            let _ = feeds.poll(node, sent, cx);
        }
    }

    /// Whether a provider's signature is compatible though its number differs.
    pub(super) fn accepts<T, E>(&self, call: &Call<T, E>, offered: &Described) -> bool {
        let traced = call.source.traced();
        traced.is_some_and(|traced| {
            self.exchange
                .node()
                .accept(call.source.name(), self.number, &traced.signature, offered)
                .is_some()
        })
    }

    /// The pause before the call is made again, if its outcome, its deadline and the node's budget allow that.
    fn again(mut self, outcome: &Outcome, idempotent: bool) -> Option<State> {
        let Err(Failure::Failed(failed)) = outcome else {
            return None;
        };
        let allowed = idempotent || !failed.may_have_run();
        if self.retries == 0 || !allowed || !is_worth_retrying(failed) {
            return None;
        }
        let node = Arc::clone(self.exchange.node());
        let delay = self.backoff.pause();
        if self
            .deadline
            .is_some_and(|deadline| node.moment(Instant::now() + delay) >= deadline)
            || !node.retries().spend()
        {
            return None;
        }
        self.retries -= 1;
        Some(State::Pausing(pause(&node, delay), self))
    }
}

/// What a call is answered.
enum Answer {
    Outcome(Outcome),
    /// A stream; the outcome is its end.
    Opened,
}

/// The call as it is sent.
fn message<'a>(
    source: &'a Source,
    options: &'a Options,
    arguments: &'a Arguments,
    mode: Mode,
    signature: u64,
    deadline: Option<Moment>,
    scope: &Scope,
) -> Message<'a> {
    let request = Request {
        name: source.name(),
        signature,
        to: options.to.as_deref(),
        deadline,
        trace: scope.trace,
        metadata: &options.metadata,
        streams: options.streams,
        key: options.key,
        mode,
    };
    // `begin` has seen that there are arguments.
    static NONE: Bytes = Bytes::new();
    Message::Call(request, arguments.0.as_ref().unwrap_or(&NONE))
}

/// A call that is handed over: what [`Call::send`] returns. Await it.
///
/// # Errors
///
/// Why the call was not handed over; where that is not known, `may_have_run` says so. After that nothing is told.
///
/// # Cancel safety
///
/// Dropping it before it is ready may or may not hand the call over.
#[must_use = "nothing is handed over until this is awaited"]
#[derive(Debug)]
pub struct Handover(Call<()>);

impl Handover {
    /// Hands the call over and blocks this thread until that is done: for code without async.
    ///
    /// # Errors
    ///
    /// As awaiting it; and [`CallError::Blocking`] where blocking would hold up a runtime.
    pub fn wait(self) -> Result<(), CallError> {
        self.0.wait()
    }
}

impl Future for Handover {
    type Output = Result<(), CallError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx)
    }
}

/// Whether a call that ended so may do better the next time.
const fn is_worth_retrying(failed: &Failed) -> bool {
    matches!(
        failed,
        Failed::NoProvider(_)
            | Failed::ProviderLost { .. }
            | Failed::Overloaded { .. }
            | Failed::Disconnected { .. }
            | Failed::Cancelled { .. }
    )
}

/// A wait on the node's runtime, whatever the caller runs on; it ends early when the node stops.
pub(super) struct Pause {
    sleep: Pin<Box<Sleep>>,
    stopped: Pin<Box<WaitForCancellationFutureOwned>>,
}

pub(super) fn pause(node: &Node, delay: Duration) -> Pause {
    Pause {
        sleep: sleep_on(node, delay),
        stopped: Box::pin(node.stopped()),
    }
}

impl Future for Pause {
    type Output = Result<(), Failed>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // First: the timers of a runtime that has ended must not be asked.
        if self.stopped.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(Failed::Cancelled { may_have_run: false }));
        }
        self.sleep.as_mut().poll(cx).map(Ok)
    }
}

/// A timer of the node's runtime.
pub(super) fn sleep_on(node: &Node, delay: Duration) -> Pin<Box<Sleep>> {
    let _runtime = node.runtime().enter();
    Box::pin(sleep(delay))
}

/// Whether blocking this thread holds up nobody.
pub(crate) fn may_block() -> bool {
    tokio::runtime::Handle::try_current().is_err() || Scope::current().may_block
}

/// That blocking this thread holds up nobody.
pub(crate) fn check_may_block<E>(callback: impl FnOnce() -> String) -> Result<(), CallError<E>> {
    if may_block() {
        return Ok(());
    }
    Err(CallError::Blocking { callback: callback() })
}

/// Drives a future on this thread, which sleeps in between.
pub(crate) fn block_on<F: Future + Unpin>(mut future: F) -> F::Output {
    struct Thread(std::thread::Thread);

    impl Wake for Thread {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    let waker = Waker::from(Arc::new(Thread(std::thread::current())));
    let mut cx = Context::from_waker(&waker);
    loop {
        match Pin::new(&mut future).poll(&mut cx) {
            Poll::Ready(output) => return output,
            Poll::Pending => std::thread::park(),
        }
    }
}

impl<T, E> Call<Streaming<T>, E> {
    /// Where the items of one of the streams go that the callbacks of a broadcast return.
    pub(super) fn received(&self, running: &Running) -> Received<T> {
        let (guarded, window) = (self.guarded(), self.options.window);
        match self.decoders.take {
            Take::Stream(open) => open(Opening {
                exchange: Exchange::new(Arc::clone(running.exchange.node())),
                callback: String::new(),
                guarded,
                window,
                feeds: Feeds::new(),
            })
            .into_received(),
            // Whoever calls for a stream expects one.
            Take::Value(_) | Take::Tally(_) => Received::new(
                |_, _| Err(DecodeError::new("there is no stream")),
                guarded,
                window,
            ),
        }
    }

    /// Lets the callback be so many items, and so many bytes of items, ahead of what is taken of its stream; at least 1 of
    /// each, and 16,384 items and 2 MiB unless this is said. The last item may be over it.
    pub fn window(mut self, items: u32, bytes: u32) -> Self {
        self.options.window = Window::of_at_least_one(items, bytes);
        self
    }
}
