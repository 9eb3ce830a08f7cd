//! All outcomes of a broadcast.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::asked::Asking;
use super::background::{Carry, GivenUp};
use super::future::Call;
use super::replies::{Replies, Reply};
use super::reply_stream::ReplyStream;
use crate::error::CallError;

/// Makes a call to many and waits until each of them has an outcome.
pub(super) struct Collecting<T, E>(Stage<T, E>);

enum Stage<T, E> {
    Asking(Box<Asking<T, E>>),
    Taking(Box<ReplyStream<T, E>>, Vec<(String, Reply<T, E>)>),
    Done,
}

impl<T, E> Collecting<T, E> {
    pub(super) fn new(call: Call<T, E>) -> Self {
        Self(Stage::Asking(Box::new(Asking::of_values(call))))
    }

    /// The remote name of the callback, until it is known who is asked.
    pub(super) fn callback(&self) -> &str {
        match &self.0 {
            Stage::Asking(asking) => asking.callback(),
            Stage::Taking(..) | Stage::Done => "",
        }
    }
}

impl<T, E> Collecting<T, E> {
    /// Whether the callback may have run somewhere, if this ends here.
    pub(super) fn may_have_run(&self) -> bool {
        match &self.0 {
            Stage::Asking(asking) => asking.may_have_run(),
            // They have been asked.
            Stage::Taking(..) | Stage::Done => true,
        }
    }
}

impl<T, E> Future for Collecting<T, E> {
    type Output = Result<Replies<T, E>, CallError<E>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            match &mut self.0 {
                Stage::Asking(asking) => match ready!(Pin::new(asking).poll(cx)) {
                    Ok(asked) => {
                        let replies = Vec::with_capacity(asked.names.len());
                        self.0 = Stage::Taking(Box::new(ReplyStream::new(asked)), replies);
                    }
                    Err(error) => {
                        self.0 = Stage::Done;
                        return Poll::Ready(Err(error));
                    }
                },
                Stage::Taking(stream, replies) => match ready!(stream.poll(cx)) {
                    Some(reply) => replies.push(reply),
                    None => {
                        let replies = Replies::new(std::mem::take(replies));
                        self.0 = Stage::Done;
                        return Poll::Ready(Ok(replies));
                    }
                },
                Stage::Done => panic!("a `Broadcast` was polled after it was ready"),
            }
        }
    }
}

impl<T, E> Carry for Collecting<T, E> {
    fn given_up(&self) -> GivenUp {
        GivenUp {
            may_have_run: self.may_have_run(),
            done: 0,
        }
    }

    /// Of each that was asked there would be something to wait for.
    fn cancel(&mut self) -> bool {
        false
    }
}

impl<T, E> Unpin for Collecting<T, E> {}
