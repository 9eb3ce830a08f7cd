//! A schedule, once it is made.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::Stream;

use super::question::{ask, controller_error, read};
use crate::error::CallError;
use crate::node::{Exchange, Item, Message, Next, Node};
use crate::proto::{Query, TaskChange, TaskDescription, TaskId};
use crate::scheduled::{ScheduledTaskDescription, Tick};

/// A schedule that the controller keeps: what [`Call::period`](crate::Call::period) gives. A handle: dropping it changes nothing of the schedule.
///
/// A schedule lives in one controller: one that [stands by](crate::GlobalBuilder::controllers) neither has nor runs it, and knows nothing of it when it is asked.
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
/// let task = refresh().period(Period::every(Duration::from_secs(3600))).await?;
/// println!("schedule {} calls {}", task.id(), task.callback());
/// task.pause().await?;
/// task.trigger().await?;     // once, now
/// task.resume().await?;
/// for next in task.describe().await?.next {
///     println!("{next:?}");
/// }
/// task.cancel().await?;
/// # Ok(()) }
/// ```
///
/// # Errors
///
/// Of all that is asked of it: [`CallError::Invalid`] when the controller does not know it any more, or it has ended; [`CallError::Denied`] when
/// this process may do nothing with it; [`CallError::Disconnected`] without a controller; [`CallError::NotStarted`] when the `Global` that made it has stopped,
/// while the schedule itself goes on: [another one](crate::Global::scheduled_task) may ask.
#[derive(Clone)]
pub struct ScheduledTask {
    node: Arc<Node>,
    callback: Arc<str>,
    id: TaskId,
}

impl fmt::Debug for ScheduledTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScheduledTask")
            .field("id", &self.id)
            .field("callback", &self.callback)
            .finish_non_exhaustive()
    }
}

impl ScheduledTask {
    pub(super) fn made(node: Arc<Node>, callback: &str, id: &Bytes) -> Result<Self, CallError> {
        let id = read(id, callback)?;
        Ok(Self::of(node, callback, id))
    }

    pub(crate) fn of(node: Arc<Node>, callback: &str, id: TaskId) -> Self {
        let callback = callback.into();
        Self { node, callback, id }
    }

    /// The node that asks for it.
    pub(super) const fn node(&self) -> &Arc<Node> {
        &self.node
    }

    /// Its number, by which other processes find it.
    #[must_use]
    pub const fn id(&self) -> TaskId {
        self.id
    }

    /// The remote name of the callback that it calls.
    #[must_use]
    pub fn callback(&self) -> &str {
        &self.callback
    }

    /// Makes no more calls. One that runs goes on, and its outcome is told. It can be [described](Self::describe) for a while.
    ///
    /// # Errors
    ///
    /// As said [above](Self).
    pub async fn cancel(&self) -> Result<(), CallError> {
        self.change(TaskChange::Cancel).await
    }

    /// Makes no calls until it is [resumed](Self::resume): ticks are left out, and it is said that they were. A call that runs goes on; ticks that
    /// wait for it are left out, too.
    ///
    /// # Errors
    ///
    /// As said [above](Self).
    pub async fn pause(&self) -> Result<(), CallError> {
        self.change(TaskChange::Pause).await
    }

    /// Makes calls again, from the next tick on.
    ///
    /// # Errors
    ///
    /// As said [above](Self).
    pub async fn resume(&self) -> Result<(), CallError> {
        self.change(TaskChange::Resume).await
    }

    /// Makes a call now, beside those that are planned; also while it is paused. While another one runs, it is dealt with as any tick
    /// ([`Period::overlap`](crate::Period::overlap)).
    ///
    /// # Errors
    ///
    /// As said [above](Self).
    pub async fn trigger(&self) -> Result<(), CallError> {
        self.change(TaskChange::Trigger).await
    }

    /// All that is known of it: when its next ticks are, and how the last ones ended.
    ///
    /// # Errors
    ///
    /// When it has ended long ago, and else as said [above](Self).
    pub async fn describe(&self) -> Result<ScheduledTaskDescription, CallError> {
        let described: TaskDescription = ask(&self.node, &self.callback, Query::Task(self.id)).await?;
        Ok(ScheduledTaskDescription::told(described))
    }

    /// How each of its ticks ends from now on, until the schedule has ended. Whoever does not keep up is told so, and gets no more.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
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
    /// let task = refresh().period(Period::every(Duration::from_secs(5)).limit(2)).await?;
    /// let mut ticks = task.ticks();
    /// while let Some(tick) = ticks.next().await {
    ///     println!("{}", tick?.outcome);
    /// }
    /// // Both are over, and so is the schedule.
    /// # Ok(()) }
    /// ```
    #[must_use = "nothing is asked until it is polled"]
    pub fn ticks(&self) -> Ticks {
        Ticks {
            exchange: Exchange::new(Arc::clone(&self.node)),
            callback: Arc::clone(&self.callback),
            id: self.id,
            ticks: VecDeque::new(),
            ended: false,
        }
    }

    async fn change(&self, change: TaskChange) -> Result<(), CallError> {
        ask(&self.node, &self.callback, Query::ChangeTask(self.id, change)).await
    }
}

/// How the ticks of a schedule end: what [`ScheduledTask::ticks`] returns. A stream of [`Tick`]s; its first poll begins it.
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
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
/// use daffi::TickOutcome;
///
/// let task = refresh().period(Period::every(Duration::from_secs(5))).await?;
/// let mut ticks = task.ticks();
/// let tick = ticks.next().await.expect("it goes on")?;
/// assert!(matches!(tick.outcome, TickOutcome::Ok { .. }));
/// # Ok(()) }
/// ```
#[must_use = "nothing is asked until it is polled"]
pub struct Ticks {
    exchange: Exchange,
    callback: Arc<str>,
    id: TaskId,
    ticks: VecDeque<Tick>,
    ended: bool,
}

impl fmt::Debug for Ticks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticks")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl Ticks {
    /// The next, once a tick has ended; `None` when the schedule has.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn next(&mut self) -> Option<Result<Tick, CallError>> {
        std::future::poll_fn(|cx| self.poll(cx)).await
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Tick, CallError>>> {
        loop {
            if let Some(tick) = self.ticks.pop_front() {
                return Poll::Ready(Some(Ok(tick)));
            }
            if self.ended {
                return Poll::Ready(None);
            }
            let id = self.id;
            match ready!(
                self.exchange
                    .poll_next(cx, || Message::Ask(Query::Ticks(id), None))
            ) {
                Next::Item(Item::Ticked(ticks)) => {
                    let ticks = ticks.into_iter().map(|tick| Tick::told(tick, &self.callback));
                    self.ticks.extend(ticks);
                }
                Next::Item(_) => {}
                Next::End(outcome) => {
                    self.ended = true;
                    if let Err(failure) = outcome {
                        return Poll::Ready(Some(Err(controller_error(
                            self.exchange.node(),
                            failure,
                            &self.callback,
                        ))));
                    }
                }
            }
        }
    }
}

impl Stream for Ticks {
    type Item = Result<Tick, CallError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll(cx)
    }
}
