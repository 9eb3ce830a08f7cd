//! Waiting until somebody offers the callback.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::WaitForCancellationFutureOwned;

use super::pause::{Pause, longer_each_time, pause, pause_of_sent};
use crate::error::{CallError, Unmet};
use crate::node::{Asked, Backoff, Node};
use crate::proto::{Absence, Failed, Moment, Query};

/// How a call is made again when somebody is there.
enum Until {
    /// By the session, which has it, with the others that wait for the same.
    Sent,
    /// By itself, as soon as it is worth it, and not before the pause is over.
    Answered(Pin<Box<WaitForCancellationFutureOwned>>, Pause),
}

/// How long a call waits for somebody who offers its callback, and what it waits for now.
pub(super) struct Patience {
    /// What was said of this call.
    until: Option<Moment>,
    /// Most calls never wait, and are the smaller for it.
    used: Option<Box<Used>>,
}

/// How long a call waits that has waited for somebody, or does.
struct Used {
    waiting: Option<Waiting>,
    backoff: Backoff,
    /// How long it has waited before, if it has.
    waited: Option<Duration>,
    /// Whom it has waited for until its deadline: the process that was named, and what was missing.
    missed: Option<(Option<String>, Absence)>,
}

struct Waiting {
    since: Instant,
    _asked: Arc<Asked>,
    until: Until,
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
        Self { until, used: None }
    }

    /// Whether the session keeps the call where nobody offers the callback. One that found somebody who could not be called all the same makes itself, later each
    /// time, and holds up no other.
    pub(super) fn is_kept(&self, node: &Node) -> bool {
        self.used.is_none() && self.until(node) > node.moment(Instant::now())
    }

    fn until(&self, node: &Node) -> Moment {
        self.until.unwrap_or_else(|| node.others_return_until())
    }

    /// Nobody offers the callback, and the session keeps the call or it has ended so. Whether it waits for somebody who does.
    pub(super) fn begin(
        &mut self,
        node: &Arc<Node>,
        (callback, process, having): (&str, Option<&str>, &[(String, String)]),
        (absence, is_kept): (&Absence, bool),
        deadline: Option<Moment>,
    ) -> bool {
        let until = self.until(node);
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
        let used = self.used.get_or_insert_with(|| {
            Box::new(Used {
                waiting: None,
                // Somebody may offer the callback who cannot be called.
                backoff: longer_each_time(),
                waited: None,
                missed: None,
            })
        });
        used.missed = Some((process.map(str::to_owned), absence.clone()));
        let left = node.instant(until).saturating_duration_since(Instant::now());
        let (waits, over) = if is_kept {
            (Until::Sent, pause_of_sent(node, left))
        } else {
            let answered = Box::pin(asked.answered());
            let again = pause(node, used.backoff.pause());
            (Until::Answered(answered, again), pause(node, left))
        };
        used.waiting = Some(Waiting {
            since: Instant::now(),
            until: waits,
            _asked: asked,
            over,
            otherwise,
        });
        true
    }

    fn waiting(&mut self) -> Option<&mut Waiting> {
        self.used.as_mut()?.waiting.as_mut()
    }

    /// Ready when the call may be made, as far as it is made by itself; or with what it ends with if nobody has come.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Failed>> {
        let Some(waiting) = self.waiting() else {
            return Poll::Ready(Ok(()));
        };
        let Until::Answered(answered, pause) = &mut waiting.until else {
            return Poll::Ready(Ok(()));
        };
        let is_paused = Pin::new(pause).poll(cx).is_pending();
        let is_there = answered.as_mut().poll(cx).is_ready();
        let outcome = match Pin::new(&mut waiting.over).poll(cx) {
            // The node stops.
            Poll::Ready(Err(failed)) => Err(failed),
            _ if is_there && !is_paused => Ok(()),
            Poll::Ready(Ok(())) => Err(waiting.otherwise.clone()),
            Poll::Pending => return Poll::Pending,
        };
        self.end(outcome.is_ok());
        Poll::Ready(outcome)
    }

    /// With what a call ends that the session keeps, when its time is over.
    pub(super) fn poll_over(&mut self, cx: &mut Context<'_>) -> Poll<Failed> {
        let Some(waiting) = self.waiting() else {
            return Poll::Pending;
        };
        let over = ready!(Pin::new(&mut waiting.over).poll(cx));
        Poll::Ready(over.err().unwrap_or_else(|| waiting.otherwise.clone()))
    }

    /// The call waits no longer, as somebody `is_there`, or in vain.
    pub(super) fn end(&mut self, is_there: bool) {
        let Some(used) = &mut self.used else { return };
        if let Some(waiting) = used.waiting.take() {
            used.waited = Some(used.waited.unwrap_or_default() + waiting.since.elapsed());
        }
        if is_there {
            used.missed = None;
        }
    }

    /// The error of a call that ended, which says how long it had waited by then.
    pub(super) fn told<E>(&self, mut error: CallError<E>) -> CallError<E> {
        if let Some(used) = &self.used
            && let (Some(waited), Some((process, absence))) = (used.waited, &used.missed)
        {
            error = error.having_waited(waited).waiting_for(|| {
                let (process, absence) = (process.clone(), absence.clone());
                Some(Unmet::Provider { process, absence })
            });
        }
        error
    }
}
