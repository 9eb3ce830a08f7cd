//! What a callback needs of its node to send and receive streams.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Sleep;

use crate::proto::{Batch, Credit, Failed, RunId, Taken, Window};

/// A node, as its callbacks see it.
pub trait FlowHost: Send + Sync {
    /// Says that the callback has returned a stream, and what stands in front of its items.
    fn open(&self, run: RunId, front: &Bytes);

    /// What may be sent of the stream that it returned; `None` if nobody reads it any more.
    fn poll_credit(&self, run: RunId, cx: &mut Context<'_>) -> Poll<Option<Credit>>;

    /// Ready when nobody reads the stream any more.
    fn poll_ended(&self, run: RunId, cx: &mut Context<'_>) -> Poll<()>;

    /// Sends items of it, at once if `full`, otherwise with what others have to send.
    ///
    /// # Errors
    ///
    /// Why not; nothing if nobody reads it any more.
    fn send(&self, run: RunId, batch: &Batch, full: bool) -> Result<(), Option<Failed>>;

    /// Lets the caller send more of an argument stream: at first so much, then as much as was taken of it. What was granted.
    fn accept(&self, run: RunId, index: u32, window: Window) -> Window;

    /// The next of an argument stream.
    fn poll_taken(&self, run: RunId, index: u32, cx: &mut Context<'_>) -> Poll<Taken>;

    /// Reads no more of an argument stream.
    fn stop(&self, run: RunId, index: u32);

    /// A timer of the node's runtime, which whoever waits need not know of.
    fn sleep(&self, duration: Duration) -> Pin<Box<Sleep>>;

    /// Runs a task on the node's runtime.
    fn spawn(&self, task: Pin<Box<dyn Future<Output = ()> + Send>>);
}

/// The streams of one run of a callback.
#[derive(Clone)]
pub struct Flow {
    pub(crate) host: Arc<dyn FlowHost>,
    pub(crate) run: RunId,
}

impl fmt::Debug for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flow")
            .field("run", &self.run)
            .finish_non_exhaustive()
    }
}
