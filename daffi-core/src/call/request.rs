//! A call as it is sent.

use bytes::Bytes;

use super::encoded::Arguments;
use super::options::Options;
use super::source::Source;
use crate::node::{Message, Request};
use crate::proto::Moment;
use crate::scope::Scope;

/// The call, by the number of a signature or by versions; `lasting` if it is to be kept where nobody is there.
pub(super) fn message<'a>(
    source: &'a Source,
    options: &'a Options,
    arguments: &'a Arguments,
    (signature, versions, lasting): (u64, &'a [u64], bool),
    deadline: Option<Moment>,
    scope: &Scope,
) -> Message<'a> {
    let request = Request {
        name: source.name(),
        signature,
        to: options.to.as_deref(),
        having: &options.having,
        processes: options.processes.as_deref().unwrap_or_default(),
        deadline,
        trace: scope.trace,
        metadata: &options.metadata,
        streams: options.streams,
        key: options.key,
        mode: options.mode,
        within: scope.run.map(|(_, run)| run),
        lasting,
        versions,
        window: (options.streamed && !options.mode.asks_many()).then_some(options.window),
    };
    // `begin` has seen that there are arguments.
    static NONE: Bytes = Bytes::new();
    Message::Call(request, arguments.0.as_ref().unwrap_or(&NONE))
}
