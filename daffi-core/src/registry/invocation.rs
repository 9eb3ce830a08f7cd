//! One call to a callback as its handler sees it, and what the handler answers.

use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;
use serde::Deserialize;

use super::{Answers, Flow};
use crate::context::CallContext;
use crate::described::{ItemsAs, Readings};
use crate::proto::{Failed, Failure, Outcome};

/// One call to a callback.
#[derive(Debug)]
pub struct Invocation {
    payload: Bytes,
    context: CallContext,
    readings: Readings,
    answers: Answers,
    flow: Option<Flow>,
}

impl Invocation {
    /// A call with its encoded arguments, and how they are read. It is answered so.
    pub(crate) const fn new(
        payload: Bytes,
        context: CallContext,
        readings: Readings,
        answers: Answers,
    ) -> Self {
        Self {
            payload,
            context,
            readings,
            answers,
            flow: None,
        }
    }

    /// The same call, with its streams.
    #[must_use]
    pub(crate) fn flowing(mut self, flow: Flow) -> Self {
        self.flow = Some(flow);
        self
    }

    /// How one of its argument streams is read.
    pub(crate) fn stream(&self, index: u32) -> ItemsAs {
        self.readings.stream(usize::try_from(index).unwrap_or(usize::MAX))
    }

    /// How many bytes its arguments are.
    pub(crate) const fn size(&self) -> usize {
        self.payload.len()
    }

    /// The streams of the call.
    pub(crate) const fn flow(&self) -> Option<&Flow> {
        self.flow.as_ref()
    }

    /// The arguments, as a tuple. May borrow from the payload.
    ///
    /// # Errors
    ///
    /// What to answer when the payload is not such a tuple.
    pub fn arguments<'de, A: Deserialize<'de>>(&'de self) -> Result<A, Failure> {
        let arguments = &self.readings.arguments;
        arguments.decode_arguments(&self.payload).map_err(|error| {
            Failure::Failed(Failed::Decode {
                message: error.to_string(),
            })
        })
    }

    /// How it is answered.
    #[must_use]
    pub const fn answers(&self) -> &Answers {
        &self.answers
    }

    /// What is known about the call.
    #[must_use]
    pub const fn context(&self) -> &CallContext {
        &self.context
    }
}

/// An outcome to come.
pub type OutcomeFuture<'a> = Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;
