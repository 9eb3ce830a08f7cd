//! One call to a callback as its handler sees it, and what the handler answers.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::Flow;
use crate::context::CallContext;
use crate::proto::{self, DecodeError, Failed, Failure, Outcome};
use crate::signature::{Form, Forms};

/// One call to a callback.
#[derive(Debug)]
pub struct Invocation {
    payload: Bytes,
    context: CallContext,
    guarded: bool,
    forms: Arc<Forms>,
    flow: Option<Flow>,
}

impl Invocation {
    /// A call with its encoded arguments; `guarded` if their types can nest without end. Its result is held to `forms`.
    pub(crate) const fn new(payload: Bytes, context: CallContext, guarded: bool, forms: Arc<Forms>) -> Self {
        Self {
            payload,
            context,
            guarded,
            forms,
            flow: None,
        }
    }

    /// The same call, with its streams.
    #[must_use]
    pub(crate) fn flowing(mut self, flow: Flow) -> Self {
        self.flow = Some(flow);
        self
    }

    /// Whether what is received can nest without end.
    pub(crate) const fn guarded(&self) -> bool {
        self.guarded
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
        decode(&self.payload, self.guarded).map_err(|error| {
            Failure::Failed(Failed::Decode {
                message: error.to_string(),
            })
        })
    }

    /// What its result is held to.
    #[must_use]
    pub fn forms(&self) -> &Forms {
        &self.forms
    }

    /// What is known about the call.
    #[must_use]
    pub const fn context(&self) -> &CallContext {
        &self.context
    }
}

/// Decodes under guard where the type needs it.
pub(crate) fn decode<'de, T: Deserialize<'de>>(bytes: &'de [u8], guarded: bool) -> Result<T, DecodeError> {
    if guarded {
        proto::decode_guarded(bytes)
    } else {
        proto::decode(bytes)
    }
}

/// An outcome to come.
pub type OutcomeFuture<'a> = Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;

/// Encodes a result, held to its form.
///
/// # Errors
///
/// What to answer when the value cannot be encoded.
pub fn encode_value<T: Serialize + ?Sized>(value: &T, form: &Form) -> Result<Bytes, Failure> {
    proto::encode_held(value, form).map_err(|error| {
        Failure::Failed(Failed::Encode {
            message: error.to_string(),
        })
    })
}
