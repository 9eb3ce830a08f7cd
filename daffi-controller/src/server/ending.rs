//! How a connection ends: what is left is written, and what comes is read, for a while.

use std::time::Duration;

use daffi_core::transport::{Inlet, Outbox};
use tokio::time::timeout;

/// How long what is left may take to be written or read, once it ends.
const CLOSING: Duration = Duration::from_secs(1);

/// Closes a connection, once what is left is written.
pub(super) async fn close(outbox: &Outbox) {
    outbox.close();
    if timeout(CLOSING, outbox.run()).await.is_err() {
        outbox.abort();
    }
}

/// Reads what comes, and does nothing with it, until there is no more, or for as long as that may take.
pub(super) async fn drained(inlet: &mut Inlet) {
    let mut frames = Vec::new();
    let all = async {
        while let Ok(true) = inlet.read(&mut frames).await {
            frames.clear();
        }
    };
    let _ = timeout(CLOSING, all).await;
}
