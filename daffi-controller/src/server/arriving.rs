//! A connection from when it is accepted until it is secured.

use daffi_core::proto::{Measure, QuotaOf, Refusal};
use daffi_core::seldom::Unsaid;
use daffi_core::transport::{Arriving, ConnectError, Peer};
use std::pin::pin;
use std::sync::Arc;
use tokio_util::task::TaskTracker;
use tracing::{debug, warn};

use super::hub::Hub;
use super::strangers::{Stranger, Unknown};

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

    /// Serves a connection. Until it is known who is there, all has one time.
    pub(super) async fn receive(self: Arc<Self>, arriving: Arriving, tasks: TaskTracker) {
        let stranger = self.strangers.come();
        let speaks = {
            let speaking = pin!(arriving.speaks());
            tokio::select! {
                biased;
                speaks = stranger.heard(speaking) => speaks,
                () = self.closing.cancelled() => return,
            }
        };
        match speaks {
            // Those who say nothing hold no memory for it.
            Ok(()) => Box::pin(self.secure(arriving, stranger, tasks)).await,
            Err(unknown) => self.is_not_known(unknown, arriving.peer()),
        }
    }

    async fn secure(self: Arc<Self>, arriving: Arriving, stranger: Stranger, tasks: TaskTracker) {
        let peer = arriving.peer().clone();
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
            Err(unknown @ Unknown::CrowdedOut) => return self.is_not_known(unknown, &peer),
        };
        if let Some(Unsaid(unsaid)) = self.turned_away.may_say() {
            warn!(%peer, reason, unsaid, "a connection is closed that could not be secured");
        }
    }

    /// Tells of a connection that ends as it is not known who is there.
    pub(super) fn is_not_known(&self, why: Unknown, peer: &Peer) {
        let Some(Unsaid(unsaid)) = self.turned_away.may_say() else {
            return;
        };
        match why {
            Unknown::Late => {
                warn!(%peer, unsaid, "a connection is closed that did not say who it is in time");
            }
            Unknown::CrowdedOut => {
                warn!(%peer, unsaid, "a connection is closed that did not say who it is before there was no room for it");
            }
        }
    }
}
