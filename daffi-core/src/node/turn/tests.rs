//! The turns of streams.

use std::task::Waker;

use super::clock::pass;
use super::*;

const MS: Duration = Duration::from_millis(1);

fn turn() -> StreamTurn {
    StreamTurn::by(clock::now)
}

#[test]
fn a_turn_ends_with_many_items_or_many_bytes() {
    let mut turn = turn();
    (1..ITEMS).for_each(|_| turn.add(1));
    assert!(!turn.is_over());
    turn.add(1);
    assert!(turn.is_over() && !turn.is_late());
    let mut turn = self::turn();
    turn.add(BYTES);
    assert!(turn.is_over() && !turn.is_late());
}

#[test]
fn a_turn_ends_after_a_while() {
    let mut turn = turn();
    turn.begun();
    pass(TIME);
    turn.add(1);
    assert!(turn.is_over() && turn.is_late());
    // What takes longer as it goes on is found out, if later.
    for before in [1, 10, 300, 900] {
        let mut turn = self::turn();
        (0..before).for_each(|_| turn.add(1));
        assert!(!turn.is_over());
        (0..LOOK).for_each(|_| {
            pass(TIME);
            turn.add(1);
        });
        assert!(turn.is_late(), "after {before}");
    }
}

#[test]
fn waiting_is_no_work() {
    let mut turn = turn();
    for _ in 0..100 {
        turn.begun();
        turn.add(1);
        turn.pause();
        pass(TIME);
    }
    assert!(!turn.is_over());
    // After it, the first that takes long is noticed.
    turn.begun();
    pass(TIME);
    turn.add(1);
    assert!(turn.is_late());
}

/// Every stream has a turn in each round; how many items it has in the last.
fn items_of_last_round(streams: &mut [StreamTurn], rounds: u32) -> Vec<u32> {
    let mut items = Vec::new();
    for _ in 0..rounds {
        items.clear();
        for turn in &mut *streams {
            let mut count = 0;
            while turn.poll_next(&mut Context::from_waker(Waker::noop())).is_ready() {
                turn.add(1);
                count += 1;
            }
            items.push(count);
        }
    }
    items
}

#[test]
fn the_streams_of_a_thread_share_the_time() {
    let mut streams = vec![turn(); 8];
    assert_eq!(items_of_last_round(&mut streams[..1], 3), [ITEMS]);
    assert_eq!(items_of_last_round(&mut streams, 3), [ITEMS / 8; 8]);
    assert_eq!(items_of_last_round(&mut streams[3..5], 3), [ITEMS / 2; 2]);
    let mut many = vec![turn(); 1000];
    let least = ITEMS / MOST;
    assert_eq!(items_of_last_round(&mut many, 3), vec![least; 1000]);
}

#[test]
fn one_that_comes_anew_has_its_share_after_its_first_turn() {
    let mut streams = vec![turn(); 4];
    items_of_last_round(&mut streams, 3);
    streams.push(turn());
    items_of_last_round(&mut streams, 1);
    assert_eq!(items_of_last_round(&mut streams, 1)[4], ITEMS.div_ceil(5));
}

#[test]
fn a_turn_that_ended_within_another_serves_both() {
    let (mut inner, mut outer) = (turn(), turn());
    outer.add(BYTES);
    let before = Rounds::of_this_thread();
    assert!(!outer.ended_since(before) && outer.is_over());
    inner.add(BYTES);
    assert!(
        inner
            .poll_next(&mut Context::from_waker(Waker::noop()))
            .is_pending()
    );
    assert!(outer.ended_since(before) && !outer.is_over());
}

/// How much of its time a thread has the processor which offers it as often as it may, and then waits for `away`.
fn share(away: impl Fn(u32) -> Duration) -> f64 {
    let mut offers = Offers::NEW;
    let start = Instant::now();
    let (mut now, mut had) = (start, Duration::ZERO);
    for turn in 0..100_000 {
        let done = Duration::from_micros(25);
        now += done;
        had += done;
        if offers.are_due(now) {
            let back = now + away(turn);
            offers.made(now, back);
            now = back;
        }
    }
    had.as_secs_f64() / now.duration_since(start).as_secs_f64()
}

#[test]
fn the_processor_is_offered_often_to_those_who_give_it_back() {
    let offered = share(|_| Offers::PAUSE);
    assert!((0.4..0.6).contains(&offered), "{offered}");
}

#[test]
fn those_who_keep_it_leave_the_thread_its_share() {
    let kept = share(|_| MS * 3);
    assert!((0.7..0.9).contains(&kept), "{kept}");
    let now_and_then = share(|turn| if turn % 3 == 0 { MS * 3 } else { Duration::ZERO });
    assert!((0.7..0.95).contains(&now_and_then), "{now_and_then}");
}
