//! The link in virtual time: cadence, death, acknowledgement.

mod pace;
mod resume;
mod waiting;

use proptest::prelude::*;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn at(seconds: u64) -> Moment {
    Moment::new(Duration::from_secs(seconds))
}

fn ms(ms: u64) -> Moment {
    Moment::new(Duration::from_millis(ms))
}

fn traffic(sent: u64, received: u64, signs: u64) -> Traffic {
    Traffic {
        sent,
        received,
        signs,
    }
}

/// Ticks a link once a second, each time with the traffic so far.
fn check(traffic: &[Traffic], expected: &[Tick]) {
    let mut link = Link::new(at(0), SECOND, SECOND);
    let ticks: Vec<_> = (1..)
        .zip(traffic)
        .map(|(second, traffic)| link.tick(at(second), *traffic))
        .collect();
    assert_eq!(ticks, expected);
}

fn heartbeat(received: u64) -> Tick {
    Tick::Heartbeat { received }
}

#[test]
fn an_idle_link_sends_a_heartbeat_every_interval() {
    check(
        &[traffic(0, 0, 1), traffic(0, 0, 2), traffic(0, 0, 3)],
        &[heartbeat(0), heartbeat(0), heartbeat(0)],
    );
}

#[test]
fn a_tick_before_its_time_does_nothing() {
    let mut link = Link::new(at(5), SECOND, SECOND);
    assert_eq!(link.tick(ms(5999), traffic(0, 0, 0)), Tick::Idle);
    assert_eq!(link.next_tick(), at(6));
    assert_eq!(link.tick(at(6), traffic(0, 0, 0)), heartbeat(0));
    assert_eq!(link.next_tick(), at(7));
}

#[test]
fn frames_that_go_out_take_the_place_of_a_heartbeat() {
    check(
        &[traffic(3, 0, 1), traffic(4, 0, 2), traffic(4, 0, 3)],
        &[Tick::Idle, Tick::Idle, heartbeat(0)],
    );
}

#[test]
fn any_frame_counts_as_a_sign_of_life() {
    let frames: Vec<_> = (1..20).map(|second| traffic(0, second, 0)).collect();
    check(&frames, &(1..20).map(heartbeat).collect::<Vec<_>>());
    let heartbeats: Vec<_> = (1..20).map(|second| traffic(0, 0, second)).collect();
    check(&heartbeats, &[heartbeat(0); 19]);
}

/// link.heartbeat.silence
#[test]
fn p3_a_frame_that_is_on_its_way_for_long_is_no_silence() {
    // Twelve intervals until it is whole.
    let pieces: Vec<_> = (1..=12).map(|second| traffic(0, 0, second * 1_500_000)).collect();
    check(&pieces, &[heartbeat(0); 12]);
    // Once nothing more of it comes, it is.
    check(
        &[
            traffic(0, 0, 100),
            traffic(0, 0, 100),
            traffic(0, 0, 100),
            traffic(0, 0, 100),
        ],
        &[
            heartbeat(0),
            heartbeat(0),
            heartbeat(0),
            Tick::Lost { silence: SECOND * 3 },
        ],
    );
}

#[test]
fn a_heartbeat_has_no_number_of_its_own() {
    check(
        &[traffic(0, 2, 1), traffic(0, 2, 2), traffic(0, 3, 3)],
        &[heartbeat(2), heartbeat(2), heartbeat(3)],
    );
}

#[test]
fn what_was_received_is_acknowledged_even_when_frames_go_out() {
    check(&[traffic(3, 7, 0)], &[heartbeat(7)]);
}

/// link.heartbeat.silence
#[test]
fn p3_three_silent_intervals_lose_the_link() {
    check(
        &[traffic(0, 0, 0); 3],
        &[heartbeat(0), heartbeat(0), Tick::Lost { silence: SECOND * 3 }],
    );
}

#[test]
fn p3_silence_is_counted_from_the_last_sign() {
    check(
        &[
            traffic(0, 1, 0),
            traffic(0, 1, 0),
            traffic(0, 1, 1),
            traffic(0, 1, 1),
            traffic(0, 1, 1),
            traffic(0, 1, 1),
        ],
        &[
            heartbeat(1),
            heartbeat(1),
            heartbeat(1),
            heartbeat(1),
            heartbeat(1),
            Tick::Lost { silence: SECOND * 3 },
        ],
    );
}

/// link.heartbeat.silence
#[test]
fn p3_what_this_side_sends_does_not_keep_its_peer_alive() {
    check(
        &[traffic(1, 0, 0), traffic(2, 0, 0), traffic(3, 0, 0)],
        &[Tick::Idle, Tick::Idle, Tick::Lost { silence: SECOND * 3 }],
    );
}

#[test]
fn a_driver_that_slept_does_not_blame_its_peer() {
    let mut link = Link::new(at(0), SECOND, SECOND);
    assert_eq!(link.tick(at(3600), traffic(0, 0, 0)), heartbeat(0));
    assert_eq!(link.next_tick(), at(3601));
    // But the time before and after its sleep counts.
    assert_eq!(link.tick(at(3601), traffic(0, 0, 0)), heartbeat(0));
    assert_eq!(
        link.tick(at(3602), traffic(0, 0, 0)),
        Tick::Lost { silence: SECOND * 3 }
    );
}

/// link.heartbeat.asked
#[test]
fn a_node_is_granted_what_it_asks_for_within_bounds() {
    let check = |asked: u64, expected: u64| {
        let asked = Duration::from_millis(asked);
        assert_eq!(granted(2 * SECOND, asked), Duration::from_millis(expected));
    };
    check(2000, 2000);
    check(1000, 1000);
    check(499, 500);
    check(0, 500);
    check(7999, 7999);
    check(9000, 8000);
    assert_eq!(granted(Duration::MAX, Duration::MAX), Duration::MAX);
}

/// link.heartbeat.count
#[test]
fn an_acknowledgement_of_unsent_bytes_is_a_fault() {
    assert_eq!(BadAcknowledgement::check(9, 9), Ok(()));
    let fault = BadAcknowledgement::check(10, 9).unwrap_err();
    assert_eq!(
        fault.to_string(),
        "the peer acknowledged 10 bytes of 9 that were sent"
    );
}

/// Something that happens to two links, `wait_ms` after the step before.
#[derive(Clone, Copy, Debug)]
struct Step {
    wait_ms: u64,
    a_sends: bool,
    b_sends: bool,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (0..400u64, prop::bool::weighted(0.3), prop::bool::weighted(0.3));
    prop::collection::vec(
        step.prop_map(|(wait_ms, a_sends, b_sends)| Step {
            wait_ms,
            a_sends,
            b_sends,
        }),
        0..200,
    )
}

/// One end of a connection whose frames arrive at once.
struct End {
    link: Link,
    traffic: Traffic,
    /// When the other end last said anything, in milliseconds.
    heard_ms: u64,
}

impl End {
    fn new() -> Self {
        Self {
            link: Link::new(ms(0), SECOND, SECOND),
            traffic: Traffic::default(),
            heard_ms: 0,
        }
    }

    fn send(&mut self, now_ms: u64, peer: &mut Self) {
        self.traffic.sent += 1;
        peer.traffic.received += 1;
        peer.heard_ms = now_ms;
    }

    /// Ticks, and lets the peer have the heartbeat; `false` if the peer counts as lost.
    fn tick(&mut self, now_ms: u64, peer: &mut Self) -> Result<bool, TestCaseError> {
        match self.link.tick(ms(now_ms), self.traffic) {
            Tick::Idle => {}
            Tick::Heartbeat { received } => {
                prop_assert_eq!(received, self.traffic.received);
                prop_assert_eq!(received, peer.traffic.sent);
                peer.traffic.signs += 1;
                peer.heard_ms = now_ms;
            }
            Tick::Lost { .. } => return Ok(false),
            Tick::Missed { .. } | Tick::Back => prop_assert!(false, "nobody is waited for"),
        }
        Ok(true)
    }
}

proptest! {
    /// Neither of two links loses the other while both tick, whatever they send, and acknowledgements are right all
    /// the way. Once one of them freezes, the other notices after three intervals of silence, within four.
    #[test]
    fn p3_a_link_lives_while_its_peer_does_and_dies_soon_after(steps in steps()) {
        let mut now = 0;
        let (mut a, mut b) = (End::new(), End::new());
        for step in steps {
            now += step.wait_ms;
            if step.a_sends {
                a.send(now, &mut b);
            }
            if step.b_sends {
                b.send(now, &mut a);
            }
            prop_assert!(a.tick(now, &mut b)?, "a lost b, which lives");
            prop_assert!(b.tick(now, &mut a)?, "b lost a, which lives");
        }
        let frozen = now;
        while b.tick(now, &mut a)? {
            now += 50;
            // The first tick may be 50 ms late; later ones come in time.
            prop_assert!(now - frozen <= 4_050, "b did not notice");
        }
        prop_assert!(now - b.heard_ms >= 3_000, "b gave up after {} ms", now - b.heard_ms);
    }
}
