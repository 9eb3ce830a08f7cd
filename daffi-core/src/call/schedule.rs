//! Calls that the controller makes again and again, as they are asked of it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};

use super::blocking::{check_may_block, wait_for};
use super::broadcast::Broadcast;
use super::future::Call;
use super::options::NodeChoice;
use super::period::Period;
use super::question::told_by;
use super::scheduled::ScheduledTask;
use crate::error::{CallError, Oversized};
use crate::node::{Exchange, Message, Request, Scheduling};
use crate::proto::{self, Described, Limits, Mode, Planned, TaskId};
use crate::scope::Scope;

impl<T, E> Call<T, E> {
    /// Has the controller make the call again and again: await it for the [`ScheduledTask`].
    ///
    /// The controller keeps the arguments, and makes the calls by itself, in the name of this process: to whichever provider is there, this
    /// process's own callback among them. It goes on when this process leaves, unless the period is
    /// [`while_connected`](Period::while_connected). A [`timeout`](Self::timeout), [`to`](Self::to), [`to_where`](Self::to_where), [`key`](Self::key) and
    /// [`metadata`](Self::metadata) hold for each call. What a call gives is not kept; that it gave something is, or its error.
    ///
    /// The schedule lives in the memory of the controller, and ends with it, unless that has a data directory
    /// ([`data_dir`](crate::GlobalBuilder::data_dir), `daffi-controller --data-dir`).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
    /// # shop.register_fn("refresh", || async {}).await?;
    /// # #[daffi::fetcher]
    /// # fn refresh();
    /// # let refresh = || refresh().on(&g);
    /// use std::time::Duration;
    ///
    /// use daffi::Period;
    ///
    /// let task = refresh().period(Period::every(Duration::from_secs(5))).await?;
    /// assert_eq!(task.describe().await?.next.len(), 10);
    /// task.cancel().await?;
    /// # Ok(()) }
    /// ```
    pub fn period(self, period: Period) -> PeriodCall {
        PeriodCall::new(self.without_answer(), period)
    }
}

impl<T, E> Broadcast<T, E> {
    /// Has the controller call every process that offers the callback, again and again; see [`Call::period`]. A tick has failed if one of
    /// them did.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
    /// # shop.register_fn("refresh", || async {}).await?;
    /// # #[daffi::fetcher]
    /// # fn refresh();
    /// # let refresh = || refresh().on(&g);
    /// use std::time::Duration;
    ///
    /// use daffi::Period;
    ///
    /// let task = refresh().broadcast().period(Period::every(Duration::from_secs(5))).await?;
    /// task.cancel().await?;
    /// # Ok(()) }
    /// ```
    pub fn period(self, period: Period) -> PeriodCall {
        let call = self.into_call().without_answer().in_mode(Mode::Broadcast);
        PeriodCall::new(call, period)
    }
}

impl ScheduledTask {
    /// Has it make the call of another schedule, at the times of that, from now on: what would make a new one is awaited to make this one another. It
    /// keeps its number and what is remembered of it, and has the new one's name, if that has one. A call that runs goes on, ticks that wait are left
    /// out.
    ///
    /// It is asked of the controller that has this one, unless [`on`](PeriodCall::on) names a `Global`.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
    /// # shop.register_fn("refresh", || async {}).await?;
    /// # #[daffi::fetcher]
    /// # fn refresh();
    /// # let refresh = || refresh().on(&g);
    /// use std::time::Duration;
    ///
    /// use daffi::Period;
    ///
    /// let task = refresh().period(Period::every(Duration::from_secs(5))).await?;
    /// task.update(refresh().period(Period::every(Duration::from_secs(60)))).await?;
    /// assert_eq!(task.describe().await?.info.period, "every 60s");
    /// task.update(refresh().broadcast().period(Period::every(Duration::from_secs(5)))).await?;
    /// # Ok(()) }
    /// ```
    pub fn update(&self, other: PeriodCall) -> PeriodCall {
        let PeriodCall { mut call, period, .. } = other;
        if call.options.is_free() {
            call = call.on_node(NodeChoice::Chosen(Some(Arc::clone(self.node()))));
        }
        PeriodCall {
            instead_of: Some(self.id()),
            ..PeriodCall::new(call, period)
        }
    }
}

/// A schedule that is being made: what [`Call::period`] returns. Await it.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start_blocking()?;
/// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start_blocking()?;
/// # shop.register_fn("refresh", || ()).wait()?;
/// use std::time::Duration;
///
/// use daffi::Period;
///
/// let making = g.call::<()>("refresh", ()).period(Period::every(Duration::from_secs(5)));
/// let task = making.wait()?;   // or, in async code, `making.await?`
/// task.cancel_blocking()?;
/// # Ok(()) }
/// ```
///
/// # Errors
///
/// Why it was not made: [`CallError::Invalid`] says what cannot be meant, [`CallError::Denied`] what is not allowed, [`CallError::Disconnected`] that there
/// is no controller to keep it.
///
/// # Cancel safety
///
/// Dropping it before it is ready may or may not make the schedule.
#[must_use = "nothing is scheduled until this is awaited"]
#[derive(Debug)]
pub struct PeriodCall {
    call: Call<()>,
    period: Period,
    instead_of: Option<TaskId>,
    sent: Option<Sent>,
}

/// What was sent.
#[derive(Debug)]
struct Sent {
    exchange: Exchange,
    payload: Bytes,
    signature: u64,
}

impl PeriodCall {
    pub(super) const fn new(call: Call<()>, period: Period) -> Self {
        Self {
            call,
            period,
            instead_of: None,
            sent: None,
        }
    }

    pub(crate) fn on_node(self, node: NodeChoice) -> Self {
        Self {
            call: self.call.on_node(node),
            ..self
        }
    }

    /// Makes the schedule and blocks this thread until that is done: for code without async.
    ///
    /// # Errors
    ///
    /// As awaiting it; and [`CallError::Blocking`] where blocking would hold up a runtime.
    pub fn wait(self) -> Result<ScheduledTask, CallError> {
        check_may_block(|| self.call.callback().to_owned())?;
        let callback = self.call.callback().to_owned();
        wait_for(self).unwrap_or_else(|stopped| Err(stopped.of(&callback)))
    }

    /// What is said of the call that makes no sense where the controller makes it.
    fn contradiction(&self) -> Option<&'static str> {
        let options = &self.call.options;
        Some(if options.streams > 0 {
            "a call that sends a stream cannot be made again and again: what was sent is gone. Schedule one that takes values"
        } else if options.streamed {
            "a call that gives a stream cannot be scheduled: nobody would read it. Schedule one that gives a value"
        } else if options.mode == Mode::Each {
            "a callback that runs for each item of a stream cannot be scheduled: the stream can be read but once"
        } else if options.processes.is_some() {
            "to_each(…) cannot be scheduled: use to(…), or a broadcast to all that offer the callback"
        } else if options.mode.asks_many() && (options.to.is_some() || options.key.is_some()) {
            "a broadcast asks every process, and to(…) or key(…) picks one: leave one of them out"
        } else if options.after.is_some() {
            "after(…) or at(…) says one time where a period says when: use Period::starting(…), or Period::at([…])"
        } else if options.retries > 0 {
            "retry(…) says nothing of a scheduled call, which is made once for each tick: leave it out"
        } else if options.patience.is_some() {
            "wait_for_provider(…) says nothing of a scheduled call: Period::catch_up(…) says how long a tick waits for somebody"
        } else {
            return None;
        })
    }

    fn begin(&self) -> Result<Sent, CallError> {
        let callback = || self.call.callback().to_owned();
        let invalid = |reason: String| CallError::Invalid {
            callback: callback(),
            reason,
            may_have_run: false,
        };
        if let Some(reason) = self.contradiction() {
            return Err(invalid(reason.to_owned()));
        }
        if self.period.has_no_phase {
            let reason = "phase(…) moves the ticks of an interval, Period::every(…): instants and lines of cron are where they are";
            return Err(invalid(reason.to_owned()));
        }
        if let Some(fault) = self.period.plan.fault() {
            return Err(invalid(format!("a schedule cannot have {fault}")));
        }
        let arguments = self.call.arguments.0.as_ref();
        let arguments = arguments.map_err(|message| CallError::Encode {
            callback: callback(),
            message: format!("the arguments: {message}"),
            may_have_run: false,
        })?;
        let traced = self.call.source.traced();
        let described = traced.map(|traced| Described::of(&traced.interface));
        let planned: Planned = (self.period.plan.clone(), described);
        let plan = proto::encode(&planned).map_err(|error| CallError::Encode {
            callback: callback(),
            message: format!("the period: {error}"),
            may_have_run: false,
        })?;
        let metadata = self.call.options.check_metadata(&self.call.source)?;
        let size = plan.len() + arguments.len() + metadata;
        if size > Limits::SCHEDULED_BYTES {
            return Err(CallError::TooLarge {
                callback: callback(),
                size: size as u64,
                limit: Limits::SCHEDULED_BYTES as u64,
                what: Oversized::Scheduled,
                may_have_run: false,
            });
        }
        let scope = Scope::current();
        let node = self.call.options.node_for(&self.call.source, scope.home)?;
        let mut payload = BytesMut::with_capacity(plan.len() + arguments.len());
        payload.extend_from_slice(&plan);
        payload.extend_from_slice(arguments);
        Ok(Sent {
            // The controller finds out by what number it is accepted, each time.
            signature: traced.map_or(0, |traced| traced.number),
            exchange: Exchange::new(node),
            payload: payload.freeze(),
        })
    }
}

impl Future for PeriodCall {
    type Output = Result<ScheduledTask, CallError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        if this.sent.is_none() {
            this.sent = Some(this.begin()?);
        }
        let Some(sent) = &mut this.sent else {
            return Poll::Pending;
        };
        let options = &this.call.options;
        let (source, timeout, instead_of) = (&this.call.source, options.timeout, this.instead_of);
        let message = || {
            let request = Request {
                name: source.name(),
                signature: sent.signature,
                to: options.to.as_deref(),
                having: &options.having,
                processes: &[],
                deadline: None,
                trace: None,
                metadata: &options.metadata,
                key: options.key,
                mode: options.mode,
                within: None,
                streams: 0,
                window: None,
                lasting: false,
                versions: &[],
            };
            let scheduling = Scheduling {
                request,
                timeout,
                instead_of,
            };
            Message::Schedule(scheduling, &sent.payload)
        };
        let outcome = ready!(sent.exchange.poll(cx, message));
        let node = Arc::clone(sent.exchange.node());
        let callback = this.call.callback();
        Poll::Ready(match outcome {
            Ok(id) => ScheduledTask::made(node, callback, &id),
            Err(failure) => Err(told_by(&node, this.call.failure(failure))),
        })
    }
}
