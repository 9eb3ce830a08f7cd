//! A call to many until it is known who is asked.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::attempt::Attempt;
use super::future::{Call, State};
use super::spread::Receivers;
use crate::error::CallError;
use crate::node::{Item, Next};
use crate::proto::Failed;

/// A call to many, and who is asked.
pub(super) struct Asked<T, E> {
    pub(super) call: Call<T, E>,
    pub(super) attempt: Attempt,
    /// Their names, in the order of their numbers.
    pub(super) names: Vec<String>,
    /// Those who receive the streams that are sent.
    pub(super) receivers: Receivers,
}

/// Makes a call to many when its time has come, and waits until it is known who is asked.
pub(super) struct Asking<T, E> {
    /// None once it has ended.
    call: Option<Call<T, E>>,
    /// The streams that the callbacks return are taken.
    items: bool,
}

/// A call that was sent, and the names of those who are asked.
type Roster<E> = Result<(Attempt, Vec<String>), CallError<E>>;

impl<T, E> Asking<T, E> {
    /// Of a call whose callbacks return values.
    pub(super) const fn of_values(call: Call<T, E>) -> Self {
        let call = Some(call);
        Self { call, items: false }
    }

    /// Of a call whose callbacks return streams.
    pub(super) const fn of_items(call: Call<T, E>) -> Self {
        let call = Some(call);
        Self { call, items: true }
    }

    pub(super) fn callback(&self) -> &str {
        self.call.as_ref().map_or("", Call::callback)
    }

    /// Whether the callback may have run somewhere, if this ends here.
    pub(super) fn may_have_run(&self) -> bool {
        self.call.as_ref().is_none_or(Call::may_have_run)
    }

    /// What speaks against asking many.
    fn contradiction(&self) -> Option<String> {
        let call = self
            .call
            .as_ref()
            .filter(|call| matches!(call.state, State::New))?;
        if call.returns_stream() && !self.items {
            return Some(
                "each process would return a stream of its own: take the items of all with .items()"
                    .to_owned(),
            );
        }
        call.contradicts_broadcast()
    }

    fn poll_roster(call: &mut Call<T, E>, cx: &mut Context<'_>) -> Poll<Roster<E>> {
        ready!(call.poll_begun(cx))?;
        let State::Begun(mut attempt) = std::mem::replace(&mut call.state, State::Done) else {
            unreachable!("a call that has begun")
        };
        let next = call.poll_next(&mut attempt, cx);
        Poll::Ready(match next {
            Poll::Pending => {
                call.state = State::Begun(attempt);
                return Poll::Pending;
            }
            Poll::Ready(Next::Item(Item::Roster(names))) => {
                call.described = attempt.is_described(&call.options);
                Ok((attempt, names))
            }
            Poll::Ready(Next::End(Err(failure))) => Err(attempt.told(call.callback(), call.failure(failure))),
            Poll::Ready(Next::Item(_) | Next::End(Ok(_))) => Err(call.failure(unexpected().into())),
        })
    }
}

impl<T, E> Future for Asking<T, E> {
    type Output = Result<Asked<T, E>, CallError<E>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(reason) = self.contradiction() {
            return Poll::Ready(Err(CallError::Invalid {
                callback: self.callback().to_owned(),
                reason,
                may_have_run: false,
            }));
        }
        let call = self.call.as_mut().expect("it is not polled after it was ready");
        let roster = ready!(Self::poll_roster(call, cx));
        let call = self.call.take();
        let call = call.expect("it was there");
        Poll::Ready(roster.map(|(attempt, names)| Asked {
            receivers: Receivers::new(
                attempt.exchange.sent(),
                call.feeds.len(),
                names.len(),
                call.options.lagging,
            ),
            call,
            attempt,
            names,
        }))
    }
}

impl<T, E> Unpin for Asking<T, E> {}

/// What is left when a controller answers what nobody asked.
pub(super) const fn unexpected() -> Failed {
    Failed::Disconnected { may_have_run: true }
}
