//! Counts all again that is counted as it changes: both must agree, after whatever has happened.

use std::collections::BTreeMap;

use super::account::Tally;
use super::ids::PeerId;
use super::state::Router;

impl Router {
    /// What each process has, by what there is.
    fn recounted(&self) -> BTreeMap<PeerId, Tally> {
        let mut tallies = BTreeMap::<PeerId, Tally>::new();
        for call in self.calls.all() {
            let tally = tallies.entry(call.by).or_default();
            tally.calls += 1;
            tally.streams += usize::from(call.streams);
        }
        for parked in self.lines.all() {
            tallies.entry(parked.by).or_default().calls += 1;
        }
        for (peer, _) in self.peers.from(0) {
            tallies.entry(peer).or_default().callbacks = self.directory.count_of(peer);
        }
        tallies
    }

    /// Checks that what is counted of processes and identities is what there is.
    pub(super) fn check_tallies(&self) {
        let recounted = self.recounted();
        let mut metered = 0;
        let mut of_holders = BTreeMap::<usize, (usize, Tally)>::new();
        for (id, peer) in self.peers.from(0) {
            let found = recounted[&id];
            let counted = peer.tally(found.callbacks);
            assert_eq!(counted, found, "{}", peer.name);
            let Some(own) = &peer.metered else { continue };
            metered += 1;
            assert_eq!(own.callbacks(), found.callbacks, "{}", peer.name);
            if let Some(holder) = own.holder() {
                let (connections, tally) = of_holders.entry(holder).or_default();
                *connections += 1;
                tally.calls += found.calls;
                tally.streams += found.streams;
                tally.callbacks += found.callbacks;
            }
        }
        assert_eq!(self.peers.has_metered(), metered > 0);
        for (place, counted) in self.peers.holders().counted() {
            assert_eq!(counted, of_holders.remove(&place).unwrap_or_default());
        }
        assert!(of_holders.is_empty(), "{of_holders:?}");
    }
}
