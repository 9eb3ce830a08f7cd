//! What the controller itself is asked, and what it answers.

use std::sync::Arc;

use bytes::Bytes;
use serde::de::DeserializeOwned;

use crate::error::CallError;
use crate::node::{Message, Node};
use crate::proto::{self, Failure, Moment, Query};

/// Asks the controller; errors name `what` is asked.
pub(crate) async fn ask<T: DeserializeOwned>(
    node: &Arc<Node>,
    what: &str,
    query: Query<'_>,
) -> Result<T, CallError> {
    ask_until(node, what, query, None).await
}

/// As [`ask`], until then.
pub(super) async fn ask_until<T: DeserializeOwned>(
    node: &Arc<Node>,
    what: &str,
    query: Query<'_>,
    until: Option<Moment>,
) -> Result<T, CallError> {
    let answer = node.exchange(|| Message::Ask(query.clone(), until)).await;
    read(
        &answer.map_err(|failure| controller_error(node, failure, what))?,
        what,
    )
}

/// What it answered.
pub(super) fn read<T: DeserializeOwned>(answer: &Bytes, what: &str) -> Result<T, CallError> {
    proto::decode_guarded(answer).map_err(|error| CallError::Decode {
        callback: what.to_owned(),
        message: error.to_string(),
        may_have_run: false,
    })
}

/// What ended a question of a node.
pub(crate) fn controller_error(node: &Node, failure: Failure, what: &str) -> CallError {
    let error = match failure {
        Failure::Failed(failed) => CallError::from_failed(failed, what, None, None),
        Failure::App { remote, .. } => CallError::App(remote),
        Failure::Explained(_) => CallError::decode(
            what.to_owned(),
            "a value came instead of an answer".to_owned(),
            true,
        ),
    };
    told_by(node, error)
}

/// The same error, where its node knows why there is no answer: it has stopped, or was refused.
pub(super) fn told_by<E>(node: &Node, error: CallError<E>) -> CallError<E> {
    let error = error.refused(node.last_refusal());
    match error {
        CallError::Cancelled { .. } | CallError::Disconnected { .. } if node.is_closed() => {
            error.of_stopped(node.process_name())
        }
        error => error,
    }
}
