//! Counts all again that is counted as it changes: both must agree, after whatever has happened.

use std::collections::BTreeMap;

use super::account::Tally;
use super::ids::{PeerId, ProviderKey};
use super::serving::lines_of;
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
        self.check_callers();
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

    /// Checks what providers know of their callers.
    fn check_callers(&self) {
        for (key, provider) in self.directory.providers.iter() {
            let Some(per_caller) = &provider.per_caller else {
                continue;
            };
            let key = ProviderKey(u32::try_from(key).unwrap());
            let runs = self.calls.all().filter(|call| call.via == key && !call.has_ended);
            let mut running = BTreeMap::<PeerId, u32>::new();
            runs.for_each(|call| *running.entry(call.by).or_default() += 1);
            per_caller.check(&running);
            let Some((peer, lines)) = lines_of(&self.directory, key) else {
                continue;
            };
            let passed = per_caller.passed(self.lines.inserted());
            for next in self.lines.next_of(&lines, Some(peer), 0, usize::MAX) {
                let caller = self.lines.get(next.call).unwrap().by;
                let is_passed = next.turn < passed.until && Some(caller) != passed.freed;
                assert!(
                    !is_passed || provider.is_full_for(caller),
                    "{caller:?} was passed over and has a place"
                );
            }
        }
    }
}
