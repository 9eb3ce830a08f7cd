//! A queue that is written to one socket after the other.

use std::task::Context;

use super::*;
use crate::link::CannotGoOn;

const KEPT: usize = 256 * 1024;

/// The limits of a session that may hold much.
const MUCH: Limits = Limits {
    queue_bytes: KEPT,
    ..LIMITS
};

/// How many bytes of whole frames with these numbers were received.
fn counted(frames: &[(u32, Bytes)]) -> u64 {
    let bytes = frames
        .iter()
        .map(|(number, payload)| on_the_wire(*number, payload).len());
    bytes.sum::<usize>() as u64
}

/// Has `outbox` go on with a new connection whose other end has so many bytes; gives that end.
async fn go_on(outbox: &Arc<Outbox>, received: u64) -> Connection {
    let (here, there) = pair(Kind::Tcp, MUCH).await;
    outbox
        .go_on(here.outbox.into_write_end().unwrap(), received, None)
        .unwrap();
    there
}

async fn session() -> (Arc<Outbox>, Connection) {
    let (here, there) = pair(Kind::Tcp, MUCH).await;
    here.outbox.keep(KEPT);
    spawn_writer(&here.outbox);
    (here.outbox, there)
}

/// link.resume.exact, link.journal.keep
#[tokio::test]
async fn p12_what_was_sent_while_connections_are_lost_arrives_once_and_in_order() {
    let (outbox, mut there) = session().await;
    let (mut next, mut received) = (0, Vec::new());
    for round in 0..20 {
        for number in next..next + 10 {
            let len = if number % 4 == 0 { 5000 } else { 30 };
            outbox.send(&header(number), &payload(len)).unwrap();
            if number % 3 == 0 {
                outbox.flush();
            }
        }
        next += 10;
        outbox.flush();
        // Some of it arrives, and of that some is acknowledged.
        received.extend(within(receive(&mut there.inlet, 1 + round % 10)).await);
        outbox
            .acknowledged(counted(&received[..received.len() / 2]))
            .unwrap();
        if round % 2 == 0 {
            outbox.sever();
            assert!(outbox.is_away());
            outbox.send(&header(next), &payload(30)).unwrap();
            next += 1;
            outbox.flush();
        }
        // Otherwise the former is still there.
        there = go_on(&outbox, counted(&received)).await;
        assert!(!outbox.is_away());
    }
    let left = next as usize - received.len();
    received.extend(within(receive(&mut there.inlet, left)).await);
    assert!(received.iter().map(|(number, _)| *number).eq(0..next));
    assert!(
        received
            .iter()
            .all(|(_, received)| *received == payload(received.len()))
    );
    outbox.acknowledged(counted(&received)).unwrap();
    assert_eq!((outbox.sent(), outbox.room()), (counted(&received), KEPT));
}

/// Several write at a time, and more than a socket takes. link.resume.exact
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p12_whoever_is_writing_when_a_connection_is_lost_loses_nothing() {
    const EACH: u32 = 200;
    let (outbox, mut there) = session().await;
    let writers = (0..3_u32).map(|writer| {
        let outbox = Arc::clone(&outbox);
        tokio::spawn(async move {
            for number in 0..EACH {
                std::future::poll_fn(|cx| outbox.poll_room(cx)).await;
                let len = if number % 5 == 0 { 60_000 } else { 50 };
                outbox
                    .send(&header(writer * EACH + number), &payload(len))
                    .unwrap();
                outbox.flush();
            }
        })
    });
    let writers: Vec<_> = writers.collect();
    let mut received = Vec::new();
    while received.len() < 3 * EACH as usize {
        received.extend(within(receive(&mut there.inlet, 1)).await);
        // What was written may be in the middle of a frame, and somebody in the middle of writing it.
        outbox.sever();
        there = go_on(&outbox, counted(&received)).await;
    }
    for writer in writers {
        writer.await.unwrap();
    }
    for writer in 0..3 {
        let of = received.iter().map(|(number, _)| *number);
        let of = of.filter(|number| number / EACH == writer);
        assert!(of.eq(writer * EACH..(writer + 1) * EACH));
    }
    assert!(received.iter().all(|(_, bytes)| *bytes == payload(bytes.len())));
    assert_eq!(outbox.sent(), counted(&received));
}

/// link.journal.bound
#[tokio::test]
async fn p6_what_is_not_acknowledged_takes_room_as_what_is_queued_does() {
    let (outbox, mut there) = session().await;
    outbox.send(&header(1), &payload(50_000)).unwrap();
    outbox.flush();
    let received = within(receive(&mut there.inlet, 1)).await;
    assert_eq!(outbox.room(), KEPT - usize::try_from(counted(&received)).unwrap());
    outbox.sever();
    assert_eq!(outbox.room(), KEPT - usize::try_from(counted(&received)).unwrap());
    let _there = go_on(&outbox, counted(&received)).await;
    assert_eq!(outbox.room(), KEPT);
}

/// A payload keeps all that was read with it. link.journal.bound
#[tokio::test]
async fn p6_what_is_kept_of_whoever_reads_holds_little_more_than_it_is() {
    const READ: usize = 8 * 1024;
    const LIMITS: Limits = Limits {
        queue_bytes: 8 << 20,
        ..MUCH
    };
    let (here, mut there) = pair(Kind::Tcp, LIMITS).await;
    here.outbox.keep(LIMITS.queue_bytes);
    spawn_writer(&here.outbox);
    let mut reads = Vec::new();
    while here.outbox.room() > READ {
        let read = Bytes::from(vec![7; READ]);
        here.outbox.send(&header(1), &read.slice(..4096)).unwrap();
        here.outbox.flush();
        // It reads all, and acknowledges nothing.
        within(receive(&mut there.inlet, 1)).await;
        reads.push(read);
    }
    assert!(reads.len() > 1000);
    let held = reads.into_iter().filter(|read| !read.is_unique()).count();
    assert!(held < 100, "{held} reads");
}

/// Much may wait behind little that is kept. link.journal.bound
#[tokio::test]
async fn p12_whatever_is_large_waits_for_acknowledgements_and_the_session_can_go_on() {
    const LIMITS: Limits = Limits {
        queue_bytes: 16 * 1024,
        frame_bytes: 4 << 20,
        ..MUCH
    };
    let (here, mut there) = pair(Kind::Tcp, LIMITS).await;
    here.outbox.keep(LIMITS.queue_bytes);
    spawn_writer(&here.outbox);
    here.outbox.send(&header(1), &payload(2 << 20)).unwrap();
    here.outbox.send(&header(2), &payload(10)).unwrap();
    here.outbox.flush();
    let (mut received, mut bytes) = (0, 0);
    while !(received > 2 << 20 && here.outbox.sent() == received) {
        // It is read from, though much waits: what it acknowledges may be among that.
        within(std::future::poll_fn(|cx| here.outbox.poll_written(cx))).await;
        let frame = within(there.inlet.read_one()).await.unwrap().unwrap();
        received += (LENGTH_BYTES + frame.len()) as u64;
        bytes += frame.decode().unwrap().1.len();
        here.outbox.acknowledged(received).unwrap();
    }
    assert_eq!(bytes, (2 << 20) + 10);
    assert!(here.outbox.keeps() && !here.outbox.has_given_up());
}

/// link.journal.bound
#[tokio::test]
async fn p6_whoever_acknowledges_nothing_is_kept_a_bound_and_still_sent_what_there_is() {
    const MOST: usize = 3 * KEPT;
    let (outbox, mut there) = session().await;
    let pool = Pool::new(usize::MAX / 8);
    outbox.share(&pool);
    let (mut sent, mut received) = (0, 0);
    while sent < 10 * u32::try_from(MOST / 100).unwrap() {
        for _ in 0..50 {
            outbox.send(&header(sent), &payload(100)).unwrap();
            sent += 1;
        }
        outbox.flush();
        assert!(pool.queued() < MOST, "{}", pool.queued());
        // It reads all that comes, once that is not what is kept for it.
        if outbox.has_given_up() || received < KEPT / 200 {
            received += within(receive(&mut there.inlet, 1)).await.len();
        }
    }
    assert!(outbox.has_given_up() && !outbox.keeps());
    let left = sent as usize - received;
    within(receive(&mut there.inlet, left)).await;
    outbox.sever();
    assert!(outbox.is_closed());
}

#[tokio::test]
async fn whoever_waits_for_room_waits_for_a_connection_and_is_told_of_either() {
    let (outbox, _there) = session().await;
    outbox.sever();
    let (woken, waker) = waiter();
    assert!(outbox.poll_room(&mut Context::from_waker(&waker)).is_pending());
    let _there = go_on(&outbox, 0).await;
    assert_eq!(woken.count(), 1);
    assert!(outbox.poll_room(&mut Context::from_waker(&waker)).is_ready());
}

/// link.resume.count
#[tokio::test]
async fn a_queue_goes_on_from_nowhere_else_than_where_its_peer_can_be() {
    let (outbox, mut there) = session().await;
    outbox.send(&header(1), &payload(10)).unwrap();
    outbox.flush();
    let received = counted(&within(receive(&mut there.inlet, 1)).await);
    outbox.acknowledged(received).unwrap();
    assert!(outbox.acknowledged(received + 1).is_err());
    for wrong in [received - 1, received + 1] {
        let (here, _) = pair(Kind::Tcp, MUCH).await;
        let end = here.outbox.into_write_end().unwrap();
        let error = outbox.go_on(end, wrong, None).unwrap_err();
        assert!(matches!(error, CannotGoOn::Impossible { .. }), "{error}");
        assert_eq!(outbox.check_go_on(wrong), Err(error));
    }
    assert_eq!(outbox.check_go_on(received), Ok(()));
}

#[tokio::test]
async fn a_connection_that_nobody_goes_on_with_ends_when_it_is_lost() {
    for &kind in WIRED {
        let (here, _there) = pair(kind, LIMITS).await;
        here.outbox.sever();
        assert!(here.outbox.is_closed() && !here.outbox.keeps(), "over {kind:?}");
    }
}

/// A heartbeat that is lost in the middle takes no room.
#[tokio::test]
async fn p6_nothing_is_left_of_what_was_written_to_a_connection_that_broke() {
    for _ in 0..20 {
        let (outbox, there) = session().await;
        drop(there);
        while !outbox.is_away() {
            outbox
                .send(&Header::Heartbeat { received: 7 }, &Bytes::new())
                .unwrap();
            outbox.flush();
        }
        assert_eq!(outbox.room(), KEPT);
    }
}

/// What has no number is of its connection.
#[tokio::test]
async fn heartbeats_are_not_sent_again_and_go_before_what_is_queued() {
    let (outbox, mut there) = session().await;
    outbox.send(&header(1), &payload(10)).unwrap();
    outbox
        .send(&Header::Heartbeat { received: 7 }, &Bytes::new())
        .unwrap();
    outbox.flush();
    let first = within(there.inlet.read_one()).await.unwrap().unwrap();
    assert_eq!(first.decode().unwrap().0, Header::Heartbeat { received: 7 });
    outbox.sever();
    outbox
        .send(&Header::Heartbeat { received: 8 }, &Bytes::new())
        .unwrap();
    let mut there = go_on(&outbox, 0).await;
    outbox.send(&header(2), &payload(10)).unwrap();
    outbox.flush();
    let received = within(receive(&mut there.inlet, 2)).await;
    assert!(received.iter().map(|(number, _)| *number).eq([1, 2]));
}
