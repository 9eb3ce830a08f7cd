//! A call to many at one of them: made again by itself, and what is received of it.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::answer::Take;
use super::attempt::Attempt;
use super::future::{Call, State};
use super::options::{NodeChoice, Options};
use super::pump::Feeds;
use super::streaming::{Opening, Streaming};
use crate::described::ReadAs;
use crate::node::{Exchange, Reader, Received};
use crate::proto::{DecodeError, Failed, Failure, Mode, Outcome};

impl<T, E> Call<T, E> {
    /// The same call, at one process, in the terms of its last answer.
    fn for_process(&self, name: &str, attempt: &Attempt) -> Self {
        let node = Arc::clone(attempt.exchange.node());
        let options = Options {
            // Without a deadline it is to have none, whatever the process's calls have otherwise.
            timeout: Some(attempt.deadline.map_or(Duration::MAX, |deadline| {
                node.instant(deadline).saturating_duration_since(Instant::now())
            })),
            to: Some(name.to_owned()),
            node: NodeChoice::Chosen(Some(node)),
            metadata: self.options.metadata.clone(),
            window: self.options.window,
            streamed: self.options.streamed,
            // Whoever sends them to the others sends them to this one, too.
            streams: self.options.streams,
            mode: match self.options.mode {
                Mode::HandedToAll => Mode::HandedOver,
                _ => Mode::Answered,
            },
            ..Options::default()
        };
        Self {
            source: self.source.clone(),
            arguments: self.arguments.clone(),
            decoders: self.decoders.clone(),
            options,
            feeds: Feeds::new(),
            described: false,
            // Whoever looks at it may be elsewhere by now.
            state: State::Beside(attempt.scope().clone()),
        }
    }

    /// The call to one process whose signature has another number and is compatible, after that outcome of a call to many.
    pub(super) fn again(&self, name: &str, attempt: &Attempt, outcome: &Outcome) -> Option<Self> {
        let Err(Failure::Failed(Failed::SignatureMismatch { offered, .. })) = outcome else {
            return None;
        };
        attempt
            .accepts(&self.source, offered)
            .then(|| self.for_process(name, attempt))
    }
}

impl<T, E> Call<Streaming<T>, E> {
    /// Where the items of one of the streams go that the callbacks of a broadcast return.
    pub(super) fn received(&self, attempt: &Attempt) -> Received<T> {
        let (reading, window) = (self.source.items(self.source.own()), self.options.window);
        match self.decoders.take {
            Take::Stream(open) => open(Opening {
                exchange: Exchange::new(Arc::clone(attempt.exchange.node())),
                allowed: None,
                callback: String::new(),
                reading,
                described: false,
                window,
                feeds: Feeds::new(),
            })
            .into_received(),
            // Whoever calls for a stream expects one.
            Take::Value(_) | Take::Tally(_) => {
                let none = |_: &[u8], _: &ReadAs| Err(DecodeError::new("there is no stream"));
                Received::new(Reader::Typed(none, reading), window)
            }
        }
    }
}
