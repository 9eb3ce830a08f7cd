use proptest::prelude::*;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn at(seconds: u64) -> Moment {
    Moment::new(SECOND * u32::try_from(seconds).unwrap())
}

fn traffic(sent: u64, received: u64, heartbeats: u64) -> Traffic {
    Traffic { sent, received, heartbeats }
}

#[test]
fn an_idle_link_sends_a_heartbeat_every_interval() {
    let mut link = Link::new(at(0), SECOND);
    assert_eq!(link.tick(at(1), traffic(0, 0, 1)), Tick::Heartbeat { received: 0 });
    assert_eq!(link.tick(at(2), traffic(0, 0, 2)), Tick::Heartbeat { received: 0 });
}

#[test]
fn a_tick_before_its_time_does_nothing() {
    let mut link = Link::new(at(5), SECOND);
    assert_eq!(link.tick(at(5), traffic(0, 0, 0)), Tick::Idle);
    assert_eq!(link.next_tick(), at(6));
}

#[test]
fn any_frame_counts_as_a_heartbeat() {
    let mut link = Link::new(at(0), SECOND);
    assert_eq!(link.tick(at(1), traffic(3, 0, 1)), Tick::Idle, "three frames went out");
    for second in 2..20 {
        let tick = link.tick(at(second), traffic(3, second, 1));
        assert_eq!(tick, Tick::Heartbeat { received: second }, "frames came in, so the peer is alive");
    }
}

#[test]
fn what_was_received_is_acknowledged_even_when_frames_go_out() {
    let mut link = Link::new(at(0), SECOND);
    assert_eq!(link.tick(at(1), traffic(3, 7, 0)), Tick::Heartbeat { received: 7 });
}

#[test]
fn three_missed_heartbeats_lose_the_link() {
    let mut link = Link::new(at(0), SECOND);
    assert_eq!(link.tick(at(1), traffic(0, 0, 0)), Tick::Heartbeat { received: 0 });
    assert_eq!(link.tick(at(2), traffic(0, 0, 0)), Tick::Heartbeat { received: 0 });
    assert_eq!(link.tick(at(3), traffic(0, 0, 0)), Tick::Lost { silence: SECOND * 3 });
}

#[test]
fn a_driver_that_slept_does_not_blame_its_peer() {
    let mut link = Link::new(at(0), SECOND);
    assert_eq!(link.tick(at(3600), traffic(0, 0, 0)), Tick::Heartbeat { received: 0 });
}

#[test]
fn an_acknowledgement_of_unsent_frames_is_a_fault() {
    let mut link = Link::new(at(0), SECOND);
    assert_eq!(link.on_heartbeat(5, 5), Ok(()));
    assert_eq!(link.on_heartbeat(3, 9), Ok(()));
    assert_eq!(link.acknowledged(), 5);
    assert_eq!(link.on_heartbeat(10, 9), Err(BadAcknowledgement { acknowledged: 10, sent: 9 }));
}

/// Two links that tick at their own times over a channel that may be cut: neither loses the other while frames flow,
/// and both notice within four intervals once they do not.
#[derive(Clone, Copy, Debug)]
struct Step {
    wait_ms: u64,
    sends: bool,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec((0..400u64, any::<bool>()).prop_map(|(wait_ms, sends)| Step { wait_ms, sends }), 0..200)
}

proptest! {
    #[test]
    fn a_link_lives_while_its_peer_speaks_and_dies_soon_after(steps in steps()) {
        let ms = |ms: u64| Moment::new(Duration::from_millis(ms));
        let mut now = 0;
        let mut a = Link::new(ms(0), SECOND);
        let mut b = Link::new(ms(0), SECOND);
        let (mut at_a, mut at_b) = (Traffic::default(), Traffic::default());
        for step in steps {
            now += step.wait_ms;
            if step.sends {
                at_a.sent += 1;
                at_b.received += 1;
            }
            match a.tick(ms(now), at_a) {
                Tick::Heartbeat { received } => {
                    at_b.heartbeats += 1;
                    prop_assert_eq!(received, at_a.received);
                    prop_assert!(b.on_heartbeat(received, at_b.sent).is_ok());
                }
                Tick::Idle => {}
                Tick::Lost { .. } => prop_assert!(false, "a lost b while b spoke"),
            }
            match b.tick(ms(now), at_b) {
                Tick::Heartbeat { received } => {
                    at_a.heartbeats += 1;
                    prop_assert!(a.on_heartbeat(received, at_a.sent).is_ok());
                }
                Tick::Idle => {}
                Tick::Lost { .. } => prop_assert!(false, "b lost a while a spoke"),
            }
        }
        // a freezes.
        let frozen = now;
        loop {
            now += 50;
            if let Tick::Lost { .. } = b.tick(ms(now), at_b) {
                break;
            }
            prop_assert!(now - frozen <= 4_100, "b did not notice");
        }
        prop_assert!(now - frozen >= 1_900, "b gave up after {} ms", now - frozen);
    }
}
