//! Waiting until somebody offers the callback.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::WaitForCancellationFutureOwned;

use super::pause::{Pause, longer_each_time, pause};
use crate::error::CallError;
use crate::node::{Asked, Backoff, Node};
use crate::proto::{Absence, Failed, Moment, Query};

/// How long a call waits for somebody who offers its callback, and what it waits for now.
pub(super) struct Patience {
    /// What was said of this call.
    until: Option<Moment>,
    waiting: Option<Box<Waiting>>,
    backoff: Option<Backoff>,
    /// How long it has waited, if it has.
    waited: Option<Duration>,
}

struct Waiting {
    since: Instant,
    _asked: Arc<Asked>,
    answered: Pin<Box<WaitForCancellationFutureOwned>>,
    /// It is not made again before.
    pause: Option<Pause>,
    over: Pause,
    /// What the call ends with when its time is over.
    otherwise: Failed,
}

impl Patience {
    /// Waits for so long from now; as long as the node finds right if nothing was said.
    pub(super) fn new(node: &Node, said: Option<Duration>) -> Self {
        let until = said.map(|said| {
            let at = Instant::now().checked_add(said);
            at.map_or(Moment::new(Duration::MAX), |at| node.moment(at))
        });
        Self {
            until,
            waiting: None,
            backoff: None,
            waited: None,
        }
    }

    /// Nobody offers the callback. Whether the call waits for somebody who does.
    pub(super) fn begin(
        &mut self,
        node: &Arc<Node>,
        (callback, process, having): (&str, Option<&str>, &[(String, String)]),
        absence: &Absence,
        deadline: Option<Moment>,
    ) -> bool {
        let until = self.until.unwrap_or_else(|| node.others_return_until());
        let now = node.moment(Instant::now());
        let name = callback;
        let question = Query::WaitFunction {
            name,
            process,
            having: Vec::new(),
        };
        if until <= now || question.impossible().is_some() {
            return false;
        }
        let (until, otherwise) = match deadline {
            Some(deadline) if deadline < until => (deadline, Failed::timeout(false)),
            _ => (until, Failed::NoProvider(absence.clone())),
        };
        let asked = node.ask_for(callback, process, having);
        let pauses = self.backoff.as_mut();
        self.waiting = Some(Box::new(Waiting {
            since: Instant::now(),
            answered: Box::pin(asked.answered()),
            _asked: asked,
            pause: pauses.map(|backoff| pause(node, backoff.pause())),
            over: pause(
                node,
                node.instant(until).saturating_duration_since(Instant::now()),
            ),
            otherwise,
        }));
        // Somebody may offer the callback who cannot be called.
        self.backoff.get_or_insert_with(longer_each_time);
        true
    }

    /// Ready when it does not wait, or no longer: with what the call ends with if nobody has come.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Failed>> {
        let Some(waiting) = &mut self.waiting else {
            return Poll::Ready(Ok(()));
        };
        let paused = waiting.pause.as_mut().map(|pause| Pin::new(pause).poll(cx));
        let is_there = waiting.answered.as_mut().poll(cx).is_ready();
        let outcome = match Pin::new(&mut waiting.over).poll(cx) {
            // The node stops.
            Poll::Ready(Err(failed)) => Err(failed),
            _ if is_there && !paused.is_some_and(|paused| paused.is_pending()) => Ok(()),
            Poll::Ready(Ok(())) => Err(waiting.otherwise.clone()),
            Poll::Pending => return Poll::Pending,
        };
        let waited = self.waited.unwrap_or_default() + waiting.since.elapsed();
        self.waited = Some(waited);
        self.waiting = None;
        Poll::Ready(outcome)
    }

    /// The error of a call that ended, which says how long it had waited by then.
    pub(super) fn told<E>(&self, mut error: CallError<E>) -> CallError<E> {
        if let Some(waited) = self.waited {
            error = error.having_waited(waited);
        }
        error
    }
}
