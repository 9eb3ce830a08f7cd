//! A connection from when it is accepted until it is secured.

use std::sync::Arc;
use std::time::Duration;

use daffi_core::transport::{Arriving, ConnectError};
use tokio::time::timeout;
use tokio_util::task::TaskTracker;
use tracing::{debug, warn};

use super::hub::Hub;

/// How long a peer may take for that.
const SECURING: Duration = Duration::from_secs(10);

impl Hub {
    /// Secures a connection, then serves it.
    pub(super) async fn receive(self: Arc<Self>, arriving: Arriving, tasks: TaskTracker) {
        let peer = arriving.peer().clone();
        let secured = tokio::select! {
            secured = timeout(SECURING, arriving.secure()) => secured,
            () = self.closing.cancelled() => return,
        };
        let reason = match secured {
            Ok(Ok(connection)) => return self.serve(connection, tasks).await,
            Ok(Err(ConnectError::Io(error))) => {
                return debug!(%peer, %error, "a connection ended before it was secured");
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => "the TLS handshake took too long".to_owned(),
        };
        if let Some(unsaid) = self.turned_away.may_say() {
            warn!(%peer, reason, unsaid, "a connection is closed that could not be secured");
        }
    }
}
