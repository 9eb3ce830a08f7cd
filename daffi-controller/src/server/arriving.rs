//! A connection from when it is accepted until it is secured.

use daffi_core::proto::{Measure, QuotaOf, Refusal};
use daffi_core::seldom::Unsaid;
use daffi_core::transport::{Arriving, ConnectError, Peer};
use std::pin::pin;
use std::sync::Arc;
use tokio_util::task::TaskTracker;
use tracing::{debug, warn};

use super::hub::Hub;
use super::strangers::Unknown;

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
        if let Some(Unsaid(unsaid)) = self.turned_away.may_say() {
            warn!(%peer, %exceeded, unsaid, "a connection is closed: more come from its address than may (`connections-per-second` of `quotas.address`)");
        }
        arriving.refuse(&Refusal::OverQuota(exceeded));
        None
    }

    /// Secures a connection, then serves it. Both have one time, until it is known who that is.
    pub(super) async fn receive(self: Arc<Self>, arriving: Arriving, tasks: TaskTracker) {
        let peer = arriving.peer().clone();
        let stranger = self.strangers.come();
        let secured = {
            let securing = pin!(arriving.secure());
            tokio::select! {
                biased;
                secured = stranger.heard(securing) => secured,
                () = self.closing.cancelled() => return,
            }
        };
        let reason = match secured {
            Ok(Ok(connection)) => return self.serve(connection, stranger, tasks).await,
            Ok(Err(ConnectError::Io(error))) => {
                return debug!(%peer, %error, "a connection ended before it was secured");
            }
            Ok(Err(error)) => error.to_string(),
            Err(Unknown::Late) => "the TLS handshake took too long".to_owned(),
            Err(Unknown::CrowdedOut) => return self.crowded_out(&peer),
        };
        if let Some(Unsaid(unsaid)) = self.turned_away.may_say() {
            warn!(%peer, reason, unsaid, "a connection is closed that could not be secured");
        }
    }

    pub(super) fn crowded_out(&self, peer: &Peer) {
        if let Some(Unsaid(unsaid)) = self.turned_away.may_say() {
            warn!(%peer, unsaid, "a connection is closed that did not say who it is before there was no room for it");
        }
    }
}
