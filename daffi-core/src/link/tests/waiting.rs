//! A peer that is missed, on a connection that ends with its process and not before.

use super::*;

const GRACE: Duration = Duration::from_millis(2500);

/// Ticks a link that waits whenever it wants to be, each time with what was heard by then; when it says something else than that it is there.
fn waits(until: u64, heard: impl Fn(Moment) -> u64) -> Vec<(u64, Tick)> {
    let mut link = Link::new(at(0), SECOND, SECOND).waiting(GRACE);
    let mut told = Vec::new();
    while link.next_tick() <= at(until) {
        let now = link.next_tick();
        let tick = link.tick(now, traffic(0, 0, heard(now)));
        if !matches!(tick, Tick::Heartbeat { .. } | Tick::Idle) {
            let ms = now.since_origin().as_millis();
            told.push((ms.try_into().unwrap(), tick));
        }
        if matches!(tick, Tick::Lost { .. }) {
            break;
        }
    }
    told
}

/// link.heartbeat.waits
#[test]
fn p3_a_peer_that_is_missed_is_waited_for_and_then_lost() {
    let missed = Tick::Missed { silence: SECOND * 3 };
    let silence = SECOND * 3 + GRACE;
    assert_eq!(
        waits(100, |_| 0),
        [(3000, missed), (5500, Tick::Lost { silence })]
    );
}

/// link.heartbeat.waits
#[test]
fn p12_a_peer_that_is_heard_again_was_not_lost() {
    let missed = Tick::Missed { silence: SECOND * 3 };
    let again = |now: Moment| u64::from(now >= ms(5000));
    let silence = SECOND * 3 + GRACE;
    let expected = [
        (3000, missed),
        (5000, Tick::Back),
        // And from then on as if nothing had been.
        (8000, missed),
        (10_500, Tick::Lost { silence }),
    ];
    assert_eq!(waits(100, again), expected);
}

/// link.heartbeat.waits
#[test]
fn p3_a_peer_that_is_missed_is_told_all_the_same_that_this_end_is_there() {
    let mut link = Link::new(at(0), SECOND, SECOND).waiting(GRACE);
    let mut words = Vec::new();
    while link.next_tick() <= ms(5400) {
        let now = link.next_tick();
        if matches!(link.tick(now, traffic(0, 0, 0)), Tick::Heartbeat { .. }) {
            words.push(now);
        }
    }
    assert_eq!(words, [1, 2, 3, 4, 5].map(at));
}

#[test]
fn a_driver_that_slept_does_not_blame_a_peer_that_it_misses() {
    let mut link = Link::new(at(0), SECOND, SECOND).waiting(GRACE);
    for second in 1..=3 {
        link.tick(at(second), traffic(0, 0, 0));
    }
    assert_eq!(link.tick(at(3), traffic(0, 0, 0)), heartbeat(0));
    assert_eq!(link.tick(at(3600), traffic(0, 0, 0)), heartbeat(0));
    assert_eq!(link.tick(at(3600), traffic(0, 0, 1)), Tick::Idle);
    assert_eq!(link.tick(at(3601), traffic(0, 0, 1)), Tick::Back);
}

proptest! {
    /// Whatever is heard when: it is missed after three silent intervals, it is back when it is heard, and it is lost after the grace, and not otherwise.
    #[test]
    fn p12_it_is_missed_back_and_lost_as_a_model_says(gaps in prop::collection::vec(1..9000u64, 1..20)) {
        let mut times = vec![0];
        for gap in gaps {
            times.push(times.last().unwrap() + gap);
        }
        let heard = |now: Moment| {
            let now = u64::try_from(now.since_origin().as_millis()).unwrap();
            times.iter().filter(|time| **time > 0 && **time <= now).count() as u64
        };
        let told = waits(200, heard);
        // The model: at each second, and when it would be lost, how long it is since something new was noticed.
        let (mut expected, mut noticed, mut seen, mut misses) = (Vec::new(), 0, 0, false);
        let mut next = 1000;
        while next <= 200_000 {
            let count = heard(ms(next));
            if count != seen {
                (seen, noticed) = (count, next);
            }
            let silence = Duration::from_millis(next - noticed);
            if silence >= SECOND * 3 + GRACE {
                expected.push((next, Tick::Lost { silence }));
                break;
            }
            if (silence >= SECOND * 3) != misses {
                misses = !misses;
                expected.push((next, if misses { Tick::Missed { silence } } else { Tick::Back }));
            }
            next = if misses { (next + 1000).min(noticed + 5500) } else { next + 1000 };
        }
        prop_assert_eq!(told, expected);
    }
}
