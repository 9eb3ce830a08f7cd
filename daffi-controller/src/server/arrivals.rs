//! How many connections come from an address in a second.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use daffi_core::proto::{Exceeded, Measure, Moment, QuotaOf};
use daffi_core::transport::Peer;

use crate::access::Bucket;

/// So many addresses are remembered; those that have come as seldom as they may are forgotten then. Beyond that nobody is turned away
/// for an address that is new.
const REMEMBERED: usize = 16 * 1024;

/// And so often it is looked who can be forgotten.
const LOOKED: Duration = Duration::from_secs(1);

/// What each address has left of this second.
#[derive(Debug, Default)]
pub(super) struct Arrivals(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    left: HashMap<IpAddr, Bucket>,
    looked: Option<Moment>,
}

impl Arrivals {
    /// Whether one more may come from where a peer is, of which so many may in a second.
    ///
    /// # Errors
    ///
    /// The quota that has no room.
    pub(super) fn come(&self, peer: &Peer, rate: Option<u64>, now: Moment) -> Result<(), Exceeded> {
        let (Some(rate), Some(from)) = (rate, network(peer)) else {
            return Ok(());
        };
        let exceeded =
            |room_in| Exceeded::new(Measure::ConnectionsPerSecond, QuotaOf::Address, rate, room_in);
        if rate == 0 {
            return Err(exceeded(None));
        }
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let State { left, looked } = &mut *state;
        if left.len() >= REMEMBERED && !left.contains_key(&from) {
            if looked.is_some_and(|looked| now.since(looked) < LOOKED) {
                return Ok(());
            }
            *looked = Some(now);
            left.retain(|_, bucket| !bucket.is_full(now));
            if left.len() >= REMEMBERED {
                return Ok(());
            }
        }
        let full = Bucket::full(rate, now);
        let bucket = left.entry(from).or_insert(full);
        bucket.change(&full, now);
        bucket.take(1, now).map_err(exceeded)
    }
}

/// Where a peer is: its address, or of IPv6 the 64 bits that are given to one site.
fn network(peer: &Peer) -> Option<IpAddr> {
    let (Peer::Tcp(address) | Peer::Tls(address)) = peer else {
        return None;
    };
    Some(match address.ip().to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        address => address,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(address: &str) -> Peer {
        Peer::Tcp((address.parse::<IpAddr>().unwrap(), 1).into())
    }

    fn at(seconds: u64) -> Moment {
        Moment::new(Duration::from_secs(seconds))
    }

    #[test]
    fn an_address_has_its_second_and_each_has_its_own() {
        let arrivals = Arrivals::default();
        let come = |address: &str, seconds| arrivals.come(&peer(address), Some(2), at(seconds)).is_ok();
        assert_eq!([0; 3].map(|_| come("10.0.0.1", 5)), [true, true, false]);
        assert!(come("10.0.0.2", 5) && come("::ffff:10.0.0.2", 5) && !come("10.0.0.2", 5));
        // The 64 bits of a site are one.
        assert!(come("2001:db8::1", 5) && come("2001:db8::ffff:2", 5) && !come("2001:db8::3", 5));
        assert!(come("2001:db8:0:1::1", 5));
        assert_eq!([0; 3].map(|_| come("10.0.0.1", 6)), [true, true, false]);
    }

    #[test]
    fn what_is_said_of_addresses_counts_where_there_are_some_and_as_it_is_now() {
        let arrivals = Arrivals::default();
        let one = peer("10.0.0.1");
        assert_eq!(arrivals.come(&one, None, at(1)), Ok(()));
        let nothing = arrivals.come(&one, Some(0), at(1)).unwrap_err();
        assert!(!nothing.may_pass());
        for other in [Peer::Memory, Peer::Unix("/run".into())] {
            assert_eq!([0; 9].map(|_| arrivals.come(&other, Some(1), at(1))), [Ok(()); 9]);
        }
        assert_eq!(arrivals.come(&one, Some(1), at(1)), Ok(()));
        let over = arrivals.come(&one, Some(1), at(1)).unwrap_err();
        assert_eq!(over.room_in, Some(Duration::from_secs(1)));
        // It was raised: as much as flows in is there in a second.
        assert_eq!(arrivals.come(&one, Some(10), at(2)), Ok(()));
    }

    #[test]
    fn many_addresses_take_no_more_memory_than_some() {
        let arrivals = Arrivals::default();
        let from = |number: u32, seconds| {
            let address = IpAddr::from(number.to_be_bytes());
            arrivals.come(&Peer::Tls((address, 1).into()), Some(1), at(seconds))
        };
        for number in 0..40_000 {
            assert_eq!(from(number, 1), Ok(()));
        }
        let remembered = || arrivals.0.lock().unwrap().left.len();
        assert_eq!(remembered(), REMEMBERED);
        assert!(from(7, 1).is_err(), "who is remembered is held to it");
        assert_eq!(from(50_000, 3), Ok(()));
        assert_eq!(remembered(), 1, "the others have all of their second again");
    }
}
