//! Being told what happens to processes and callbacks.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_util::Stream;

use super::Global;
use crate::call::controller_error;
use crate::error::CallError;
use crate::node::{Exchange, Item, Message, Next, Node};
use crate::proto::Query;
use crate::roster::Presence;

/// What happens to processes and callbacks, in its order: what [`Global::presence`] returns.
///
/// It begins with what is there: [`Presence::Joined`] for each process and [`Presence::Offered`] for each of its
/// callbacks. Then it tells what happens, as it does, and nothing in between is left out.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
/// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
/// use daffi::Presence;
///
/// let mut events = g.presence().await?;
/// while let Some(event) = events.next().await {
///     match event? {
///         Presence::Joined { process, .. } => {
///             println!("{process} is there");
/// #           break;
///         }
///         Presence::Left { process, reason } => println!("{process} has left: {reason}"),
///         other => println!("{other:?}"),
///     }
/// }
/// # Ok(()) }
/// ```
///
/// # Errors
///
/// One error ends it: [`CallError::Disconnected`] when the connection to the controller is lost, since what happens then
/// is not known, and [`CallError::Overloaded`] when it is not read for so long that 64 MiB or 65,536 events wait. Ask
/// again, and it begins anew with what is there.
#[must_use = "events are told for as long as this is kept"]
pub struct PresenceEvents {
    exchange: Exchange,
    /// Those that have come and were not taken.
    events: VecDeque<Presence>,
    ended: bool,
}

impl fmt::Debug for PresenceEvents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PresenceEvents")
            .field("waiting", &self.events.len())
            .finish_non_exhaustive()
    }
}

impl PresenceEvents {
    /// Asks, and waits until the controller has said what is there.
    pub(super) async fn ask(node: Arc<Node>) -> Result<Self, CallError> {
        let mut events = Self {
            exchange: Exchange::new(node),
            events: VecDeque::new(),
            ended: false,
        };
        match poll_fn(|cx| events.poll_more(cx)).await {
            Some(error) => Err(error),
            None => Ok(events),
        }
    }

    /// The next event; `None` after an error.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn next(&mut self) -> Option<Result<Presence, CallError>> {
        poll_fn(|cx| self.poll(cx)).await
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Presence, CallError>>> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Poll::Ready(Some(Ok(event)));
            }
            if self.ended {
                return Poll::Ready(None);
            }
            if let Some(error) = ready!(self.poll_more(cx)) {
                return Poll::Ready(Some(Err(error)));
            }
        }
    }

    /// Waits for more events, or the error that ends them.
    fn poll_more(&mut self, cx: &mut Context<'_>) -> Poll<Option<CallError>> {
        let next = ready!(
            self.exchange
                .poll_next(cx, || Message::Ask(Query::Presence, None))
        );
        let outcome = match next {
            Next::Item(Item::Happened(events)) => {
                self.events.extend(events.into_iter().map(Presence::told));
                return Poll::Ready(None);
            }
            Next::Item(_) => Ok(()),
            Next::End(outcome) => outcome.map(drop),
        };
        self.ended = true;
        let disconnected = || CallError::disconnected("presence", false);
        Poll::Ready(Some(match outcome {
            Err(failure) => controller_error(self.exchange.node(), failure, "presence"),
            // No controller ends it without a reason.
            Ok(()) => disconnected(),
        }))
    }
}

impl Stream for PresenceEvents {
    type Item = Result<Presence, CallError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll(cx)
    }
}

impl Global {
    /// Tells what happens to processes and callbacks from now on, beginning with what is there.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
    /// let mut events = g.presence().await?;
    /// let first = events.next().await.expect("it goes on")?;
    /// println!("{first:?}");   // Joined { process: … }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`CallError::Disconnected`] if the controller cannot be asked.
    pub async fn presence(&self) -> Result<PresenceEvents, CallError> {
        let node = Arc::clone(self.node("presence")?);
        PresenceEvents::ask(node).await
    }
}
