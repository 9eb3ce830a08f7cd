//! The byte budget of a queue.

use std::future::poll_fn;
use std::task::{Context, Poll};

use super::*;
use crate::transport::pool::Pool;
use crate::transport::room::Room;

#[test]
fn p6_room_is_what_is_left_of_the_budget() {
    let room = Room::new(100);
    assert_eq!((room.left(), room.unwritten()), (100, 0));
    room.take(60);
    assert_eq!((room.left(), room.unwritten()), (40, 60));
    room.take(60);
    assert_eq!((room.left(), room.unwritten()), (0, 120));
    room.give(120);
    assert_eq!((room.left(), room.unwritten()), (100, 0));
}

#[test]
fn p6_who_waits_for_room_is_woken_once_there_is_some() {
    let room = Room::new(100);
    let (woken, waker) = waiter();
    let mut cx = Context::from_waker(&waker);
    room.take(99);
    assert_eq!(room.poll_ready(&mut cx), Poll::Ready(()));
    room.take(31);
    assert_eq!(room.poll_ready(&mut cx), Poll::Pending);
    room.give(30);
    assert_eq!(woken.count(), 0, "the budget is still used up");
    room.give(1);
    assert_eq!(woken.count(), 1);
    assert_eq!(room.poll_ready(&mut cx), Poll::Ready(()));
    room.give(99);
    assert_eq!(woken.count(), 1, "nobody waits any more");
}

#[test]
fn p6_everybody_who_waits_for_room_is_woken() {
    let room = Room::new(100);
    room.take(100);
    let waiters: Vec<_> = (0..3).map(|_| waiter()).collect();
    for (_, waker) in &waiters {
        assert_eq!(room.poll_ready(&mut Context::from_waker(waker)), Poll::Pending);
    }
    room.give(1);
    assert_eq!(
        waiters.iter().map(|(woken, _)| woken.count()).collect::<Vec<_>>(),
        [1, 1, 1]
    );
}

#[test]
fn p6_queues_that_share_a_budget_leave_something_for_each_other() {
    let pool = Pool::new(1000);
    let rooms: Vec<_> = (0..20).map(|_| Room::new(900)).collect();
    rooms.iter().for_each(|room| room.share(&pool));
    let fill = |room: &Room| {
        while room.left() > 0 {
            room.take(1);
        }
        room.unwritten()
    };
    assert_eq!(fill(&rooms[0]), 800, "four fifths");
    assert_eq!(fill(&rooms[1]), 160, "four fifths of the rest");
    let all: usize = rooms[2..].iter().map(fill).sum();
    assert!(all > 0 && pool.queued() < 1000 + rooms.len(), "{}", pool.queued());
    // Even then, an empty queue takes something, and a full one has room again when others have less.
    let last = Room::new(900);
    last.share(&pool);
    assert_eq!(last.left(), 1);
    let (woken, waker) = waiter();
    assert_eq!(
        rooms[1].poll_ready(&mut Context::from_waker(&waker)),
        Poll::Pending
    );
    rooms[0].give(800);
    assert!(rooms[1].left() > 0);
    rooms[1].give(1);
    assert_eq!(woken.count(), 1);
    // What a queue held is free when it ends.
    drop(rooms);
    assert_eq!(pool.queued(), 0);
}

#[test]
fn p6_a_queue_brings_what_it_holds_into_the_budget() {
    let (pool, room) = (Pool::new(1000), Room::new(900));
    room.take(500);
    room.share(&pool);
    assert_eq!(pool.queued(), 500);
    room.give(500);
    assert_eq!(pool.queued(), 0);
}

/// The wake-up must not fall between a waiter's look and its registration.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_wake_up_is_lost_between_threads() {
    const ROUNDS: usize = 60_000;
    let room = Arc::new(Room::new(1));
    let taker = {
        let room = Arc::clone(&room);
        tokio::spawn(async move {
            for _ in 0..ROUNDS {
                poll_fn(|cx| room.poll_ready(cx)).await;
                room.take(1);
            }
        })
    };
    let giver = tokio::task::spawn_blocking(move || {
        for _ in 0..ROUNDS {
            while room.unwritten() == 0 {
                if Arc::strong_count(&room) == 1 {
                    // The taker was given up: it has missed its wake-up.
                    return;
                }
                std::thread::yield_now();
            }
            room.give(1);
        }
    });
    within(async { tokio::try_join!(taker, giver).unwrap() }).await;
}
