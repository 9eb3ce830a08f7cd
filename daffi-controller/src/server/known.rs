//! Whom a controller knows, where that changes while it runs.

use std::sync::Arc;

use daffi_core::auth::Identities;
use daffi_core::proto::Who;
use tokio::task::yield_now;
use tracing::info;

use super::hub::{Hub, State};
use super::queues::Queue;
use crate::router::{Denial, DenialKind};

/// So many processes are looked at at a time.
const LOOKED_AT: usize = 256;

/// Whether somebody is known no longer who was let in by those who were known `then`.
pub(super) fn is_forgotten(
    who: &Who<Arc<str>>,
    then: Option<&Arc<Identities>>,
    now: Option<&Arc<Identities>>,
) -> bool {
    match (then, now) {
        (Some(then), Some(now)) if !Arc::ptr_eq(then, now) => then.missing_from(now).contains(who),
        _ => false,
    }
}

impl Hub {
    /// From now on it knows those. Who was let in by what is not among it any more is cut off.
    pub(super) async fn know(&self, identities: Arc<Identities>) {
        let (forgotten, peers) = {
            let mut state = self.state();
            let State {
                queues,
                identities: known,
                ..
            } = &mut *state;
            let before = known.replace(Arc::clone(&identities));
            let missing = before.map_or_else(Vec::new, |before| before.missing_from(&identities));
            let peers: Vec<_> = queues.all().map(Queue::peer).collect();
            (missing, peers)
        };
        for some in peers.chunks(LOOKED_AT) {
            let denials = {
                let state = self.state();
                let identity = |peer| Some((peer, state.router.identity(peer)?));
                let some = some.iter().copied().filter_map(identity);
                some.filter(|(_, who)| forgotten.contains(who))
                    .map(|(peer, who)| Denial {
                        peer,
                        reason: format!("{who} is not among those who are known any more"),
                        kind: DenialKind::CutOff,
                    })
                    .collect()
            };
            self.tell(denials);
            yield_now().await;
        }
        info!("who is known is as the file says now");
    }
}
