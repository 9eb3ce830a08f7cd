//! A connection from when it is accepted until it is secured.

use daffi_core::proto::{Measure, QuotaOf, Refusal};
use daffi_core::transport::{Arriving, ConnectError};
use std::sync::Arc;
use tokio::time::{Instant, timeout_at};
use tokio_util::task::TaskTracker;
use tracing::{debug, warn};

use super::greeting::GREETING;
use super::hub::Hub;

impl Hub {
    /// The connection, unless too many come from where it does.
    pub(super) fn let_come(&self, arriving: Arriving) -> Option<Arriving> {
        let rate = self
            .state()
            .quotas
            .of(QuotaOf::Address)
            .of(Measure::ConnectionsPerSecond);
        let Err(exceeded) = self.arrivals.come(arriving.peer(), rate, self.now()) else {
            return Some(arriving);
        };
        let peer = arriving.peer().clone();
        if let Some(unsaid) = self.turned_away.may_say() {
            warn!(%peer, %exceeded, unsaid, "a connection is closed: more come from its address than may (`connections-per-second` of `quotas.address`)");
        }
        arriving.refuse(&Refusal::OverQuota(exceeded));
        None
    }

    /// Secures a connection, then serves it. Both have one time, until it is known who that is.
    pub(super) async fn receive(self: Arc<Self>, arriving: Arriving, tasks: TaskTracker) {
        let peer = arriving.peer().clone();
        let until = Instant::now() + GREETING;
        let secured = tokio::select! {
            biased;
            secured = timeout_at(until, arriving.secure()) => secured,
            () = self.closing.cancelled() => return,
        };
        let reason = match secured {
            Ok(Ok(connection)) => return self.serve(connection, until, tasks).await,
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
