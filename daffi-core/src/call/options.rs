//! What is set for one call.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::source::Source;
use crate::error::{CallError, Oversized};
use crate::node::in_process::{self, NoNode};
use crate::node::{Lagging, Node, Phase};
use crate::proto::{Limits, Mode, Window};
use crate::scope::Home;

/// What was set for this call alone.
#[derive(Debug, Default)]
pub(super) struct Options {
    pub(super) timeout: Option<Duration>,
    pub(super) to: Option<String>,
    /// Attributes that the process has, in ascending order, each once.
    pub(super) having: Vec<(String, String)>,
    /// Those whom a call to many asks, in order and each once; all if they are not named.
    pub(super) processes: Option<Box<[String]>>,
    pub(super) node: NodeChoice,
    pub(super) metadata: Vec<(String, String)>,
    /// How long it waits before it is made.
    pub(super) after: Option<Duration>,
    /// Until when, if that was said as a time.
    pub(super) at: Option<SystemTime>,
    /// How long it waits for somebody who offers the callback.
    pub(super) patience: Option<Duration>,
    /// How often it may be made again.
    pub(super) retries: u32,
    /// It may run more than once.
    pub(super) idempotent: bool,
    /// Calls with the same number go to the same provider.
    pub(super) key: Option<u64>,
    /// What becomes of the outcome.
    pub(super) mode: Mode,
    /// How far ahead of its receiver the callback's stream may be.
    pub(super) window: Window,
    /// How many arguments are streams.
    pub(super) streams: u32,
    /// The callback returns a stream.
    pub(super) streamed: bool,
    /// What becomes of those of many who take its streams slower than others.
    pub(super) lagging: Lagging,
}

/// Which node makes the call.
#[derive(Debug, Default, Clone)]
pub(crate) enum NodeChoice {
    /// The one of the code that makes it, or else the process's default.
    #[default]
    Default,
    /// This one; none if the chosen `Global` has no node.
    Chosen(Option<Arc<Node>>),
}

impl Options {
    /// Whether somebody waits for one outcome, for which the process's own time for calls is meant.
    pub(super) fn waits_for_one(&self) -> bool {
        !self.streamed && self.streams == 0 && !self.mode.hands_over()
    }

    /// What speaks against asking everybody.
    pub(super) fn contradicts_broadcast(&self) -> Option<String> {
        if self.processes.as_ref().is_some_and(|named| named.is_empty()) {
            return Some(
                "to_each(…) was given no names, so nobody would be asked: leave it out to ask every process"
                    .to_owned(),
            );
        }
        if self.lagging != Lagging::Wait && self.streams == 0 {
            return Some(
                "lagging(…) says what becomes of those who take a stream too slowly, and this call sends none: leave it out"
                    .to_owned(),
            );
        }
        let other = match (&self.to, self.key) {
            (Some(_), _) => "to",
            (None, Some(_)) => "key",
            (None, None) if self.mode == Mode::Each => {
                return Some(
                    "a callback that runs for each item of a stream is called at one process: leave broadcast out".to_owned(),
                );
            }
            (None, None) if self.retries > 0 => {
                return Some(
                    "the outcomes of a broadcast come from each process by itself, so it is not made again: leave out \
                     retry(…), and call those again that failed"
                        .to_owned(),
                );
            }
            (None, None) => return None,
        };
        Some(format!(
            "a broadcast asks every process, and {other}(…) picks one: leave one of them out"
        ))
    }

    /// The node that makes the call, where the code is that of `home`.
    pub(super) fn node_for<E>(&self, source: &Source, home: Home) -> Result<Arc<Node>, CallError<E>> {
        let node = match &self.node {
            NodeChoice::Default => in_process::default_node(home),
            NodeChoice::Chosen(None) => Err(NoNode::Stopped(None)),
            NodeChoice::Chosen(Some(node)) if node.phase() == Phase::Stopped => {
                Err(NoNode::Stopped(Some(Arc::clone(node.process_name()))))
            }
            NodeChoice::Chosen(Some(node)) => Ok(Arc::clone(node)),
        };
        node.map_err(|none| match none {
            NoNode::Stopped(stopped) => CallError::not_running(source.name(), stopped.as_deref()),
            NoNode::Several(names) => {
                CallError::ambiguous(source.name(), names.iter().map(ToString::to_string))
            }
        })
    }

    /// How many bytes its keys and values have, which may be too many.
    pub(super) fn check_metadata<E>(&self, source: &Source) -> Result<usize, CallError<E>> {
        let lengths = self.metadata.iter().map(|(key, value)| key.len() + value.len());
        let (size, limit) = (lengths.sum::<usize>(), Limits::METADATA_BYTES);
        if size > limit {
            return Err(CallError::TooLarge {
                callback: source.name().to_owned(),
                size: size as u64,
                limit: limit as u64,
                what: Oversized::Metadata,
                may_have_run: false,
            });
        }
        Ok(size)
    }

    /// Whether it names no `Global`.
    pub(super) const fn is_free(&self) -> bool {
        matches!(self.node, NodeChoice::Default)
    }
}
