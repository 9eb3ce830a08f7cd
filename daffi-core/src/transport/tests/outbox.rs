//! Sending: how frames get out, what holds them back, and how a connection ends.

use std::io;
use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Poll};

use super::*;
use crate::proto::StreamId;

const KIB: usize = 1024;

/// Sends until the peer, which does not read, holds everything up. Gives the number of frames.
fn fill(outbox: &Outbox, payload: &Bytes) -> u32 {
    for sent in 0..10_000 {
        if outbox.room() == 0 {
            return sent;
        }
        outbox.send(&header(sent), payload).unwrap();
        outbox.flush();
    }
    panic!("the queue takes everything");
}

/// How a wait for room stands, and how often it was woken.
fn waits(outbox: &Outbox) -> (Poll<()>, Arc<Woken>) {
    let (woken, waker) = waiter();
    (outbox.poll_room(&mut Context::from_waker(&waker)), woken)
}

fn closed(sent: &Result<(), SendError>) -> bool {
    matches!(sent, Err(SendError::Closed))
}

#[tokio::test]
async fn a_flush_writes_on_the_spot() {
    for &kind in KINDS {
        let (here, mut there) = pair(kind, LIMITS).await;
        here.outbox.send(&header(1), &payload(10)).unwrap();
        here.outbox.send(&header(2), &payload(10)).unwrap();
        here.outbox.flush();
        assert_eq!(
            here.outbox.room() == LIMITS.queue_bytes,
            kind != Kind::Memory,
            "memory is emptied by its reader"
        );
        assert_eq!(
            within(receive(&mut there.inlet, 2)).await.len(),
            2,
            "over {kind:?}"
        );
        assert_eq!(here.outbox.room(), LIMITS.queue_bytes, "over {kind:?}");
    }
}

#[tokio::test]
async fn a_kick_leaves_the_writing_to_the_writer_task() {
    let (here, peer) = Raw::pair(Kind::Unix, LIMITS).await;
    let Raw::Unix(peer) = peer else { panic!("{peer:?}") };
    here.outbox.send(&header(1), &payload(10)).unwrap();
    here.outbox.kick();
    let nothing = peer.try_read(&mut [0; 1]).unwrap_err();
    assert_eq!(nothing.kind(), io::ErrorKind::WouldBlock);
    spawn_writer(&here.outbox);
    let mut peer = Raw::Unix(peer);
    within(peer.skip(on_the_wire(1, &payload(10)).len())).await;
}

#[tokio::test]
async fn only_numbered_frames_are_counted_as_sent() {
    for &kind in KINDS {
        let (here, _there) = pair(kind, LIMITS).await;
        here.outbox.send(&header(1), &payload(10)).unwrap();
        here.outbox
            .send(&Header::Heartbeat { received: 0 }, &Bytes::new())
            .unwrap();
        here.outbox.send(&Header::Goodbye, &Bytes::new()).unwrap();
        assert!(
            here.outbox
                .send(&header(2), &payload(LIMITS.frame_bytes))
                .is_err()
        );
        here.outbox.flush();
        let goodbye = LENGTH_BYTES + 1;
        let sent = on_the_wire(1, &payload(10)).len() + goodbye;
        assert_eq!(here.outbox.sent(), sent as u64, "over {kind:?}");
    }
}

/// What is acknowledged is a count, so frames are counted in the order in which they are written, which need not be that in
/// which they were queued.
#[tokio::test]
async fn frames_are_counted_in_the_order_in_which_they_are_written() {
    let (here, mut there) = pair(Kind::Unix, LIMITS).await;
    let items = Header::Items {
        call: CallId::first(1),
        stream: StreamId::Result(0),
        items: 1,
        explained: false,
    };
    here.outbox.send(&items, &payload(10)).unwrap();
    here.outbox.send(&header(2), &payload(10)).unwrap();
    assert_eq!(here.outbox.sent(), 0, "nobody knows yet which is the first");
    here.outbox.flush();
    let first = within(there.inlet.read_one()).await.unwrap().unwrap();
    assert_eq!(first.decode().unwrap().0, header(2));
    let second = within(there.inlet.read_one()).await.unwrap().unwrap();
    let both = first.len() + second.len() + 2 * LENGTH_BYTES;
    assert_eq!(here.outbox.sent(), both as u64);
}

/// A peer may acknowledge a frame as soon as it has it, so it must be counted by then.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frame_is_counted_before_its_peer_can_have_it() {
    const FRAMES: u64 = 60_000;
    let limits = Limits {
        queue_bytes: usize::MAX / 2,
        ..LIMITS
    };
    for &kind in KINDS {
        let (here, mut there) = pair(kind, limits).await;
        spawn_writer(&here.outbox);
        let outbox = Arc::clone(&here.outbox);
        let sender = tokio::task::spawn_blocking(move || {
            for _ in 0..FRAMES {
                outbox.send(&header(1), &Bytes::new()).unwrap();
                outbox.flush();
            }
        });
        let (mut frames, mut received) = (Vec::new(), 0);
        let bytes = on_the_wire(1, &Bytes::new()).len() as u64;
        while received < FRAMES {
            within(there.inlet.read(&mut frames)).await.unwrap();
            received += frames.drain(..).len() as u64;
            let sent = here.outbox.sent() / bytes;
            assert!(
                sent >= received,
                "{received} frames of {sent} were received over {kind:?}"
            );
        }
        sender.await.unwrap();
    }
}

#[tokio::test]
async fn the_frame_limit_is_only_ever_lowered() {
    for &kind in KINDS {
        let (here, mut there) = pair(kind, LIMITS).await;
        here.outbox.lower_frame_limit(50);
        here.outbox.lower_frame_limit(usize::MAX);
        assert_eq!(here.outbox.frame_limit(), 50);
        let error = here.outbox.send(&header(1), &payload(48)).unwrap_err();
        assert!(
            matches!(
                error,
                SendError::Frame(FrameError::TooLarge { size: 52, limit: 50 })
            ),
            "{error:?}"
        );
        assert_eq!(here.outbox.room(), LIMITS.queue_bytes, "nothing of it is queued");
        here.outbox.send(&header(2), &payload(46)).unwrap();
        here.outbox.flush();
        assert_eq!(
            within(receive(&mut there.inlet, 1)).await,
            [(2, payload(46))],
            "over {kind:?}"
        );
    }
}

#[tokio::test]
async fn p6_a_peer_that_does_not_read_uses_up_the_room() {
    for &kind in KINDS {
        let (here, mut there) = pair(kind, LIMITS).await;
        let sent = fill(&here.outbox, &payload(16 * KIB));
        assert_eq!(here.outbox.room(), 0);
        let (waits, woken) = waits(&here.outbox);
        assert_eq!(waits, Poll::Pending, "over {kind:?}");
        // The small frames that tell of a full queue still pass.
        here.outbox.send(&header(sent), &Bytes::new()).unwrap();

        spawn_writer(&here.outbox);
        let received = within(receive(&mut there.inlet, sent as usize + 1)).await;
        assert!(
            received.iter().map(|(number, _)| *number).eq(0..=sent),
            "over {kind:?}"
        );
        assert_eq!(woken.count(), 1, "over {kind:?}");
        assert_eq!(here.outbox.room(), LIMITS.queue_bytes);
    }
}

#[tokio::test]
async fn closing_delivers_what_is_queued_then_ends() {
    for &kind in KINDS {
        let (mut here, mut there) = pair(
            kind,
            Limits {
                queue_bytes: 1 << 30,
                ..LIMITS
            },
        )
        .await;
        // More than the operating system takes at once.
        for number in 0..200 {
            here.outbox.send(&header(number), &payload(32 * KIB)).unwrap();
        }
        here.outbox.close();
        assert!(here.outbox.is_closed());
        assert!(
            closed(&here.outbox.send(&header(0), &Bytes::new())),
            "over {kind:?}"
        );
        let writer = spawn_writer(&here.outbox);
        let received = within(receive_all(&mut there.inlet)).await;
        assert!(
            received.iter().map(|(number, _)| *number).eq(0..200),
            "over {kind:?}"
        );
        assert!(
            received
                .iter()
                .all(|(_, received)| *received == payload(32 * KIB))
        );
        within(writer).await.unwrap();
        assert!(
            within(receive_all(&mut here.inlet)).await.is_empty(),
            "the way back ends, too"
        );
    }
}

#[tokio::test]
async fn closing_waits_for_a_flush_that_was_held_up() {
    for &kind in WIRED {
        let (here, mut there) = pair(kind, LIMITS).await;
        let sent = fill(&here.outbox, &payload(16 * KIB));
        here.outbox.close();
        let writer = spawn_writer(&here.outbox);
        let received = within(receive_all(&mut there.inlet)).await;
        assert!(
            received.iter().map(|(number, _)| *number).eq(0..sent),
            "over {kind:?}"
        );
        within(writer).await.unwrap();
    }
}

#[tokio::test]
async fn closing_an_idle_connection_ends_it() {
    for &kind in KINDS {
        let (here, mut there) = pair(kind, LIMITS).await;
        let writer = spawn_writer(&here.outbox);
        // The writer has nothing to do and waits.
        tokio::task::yield_now().await;
        here.outbox.close();
        assert!(
            within(receive_all(&mut there.inlet)).await.is_empty(),
            "over {kind:?}"
        );
        within(writer).await.unwrap();
    }
}

#[tokio::test]
async fn aborting_drops_what_is_queued() {
    for &kind in KINDS {
        let (mut here, mut there) = pair(kind, LIMITS).await;
        here.outbox.send(&header(1), &payload(10)).unwrap();
        here.outbox.abort();
        assert!(here.outbox.is_closed());
        assert!(
            closed(&here.outbox.send(&header(2), &Bytes::new())),
            "over {kind:?}"
        );
        here.outbox.flush();
        within(here.outbox.run()).await;
        assert_eq!(within(receive_all(&mut there.inlet)).await, [], "over {kind:?}");
        assert_eq!(within(receive_all(&mut here.inlet)).await, [], "over {kind:?}");
    }
}

#[tokio::test]
async fn aborting_ends_a_writer_that_was_held_up() {
    for &kind in WIRED {
        let (here, _there) = pair(kind, LIMITS).await;
        fill(&here.outbox, &payload(16 * KIB));
        let writer = spawn_writer(&here.outbox);
        tokio::task::yield_now().await;
        here.outbox.abort();
        within(writer).await.unwrap();
    }
}

#[tokio::test]
async fn whoever_waits_for_room_hears_of_the_end() {
    let ends: [fn(&Connection); 3] = [
        |here| here.outbox.close(),
        |here| here.outbox.abort(),
        |here| {
            here.outbox.abort();
            here.outbox.close();
        },
    ];
    for &kind in KINDS {
        for end in ends {
            let (here, _there) = pair(kind, LIMITS).await;
            fill(&here.outbox, &payload(16 * KIB));
            let (first, woken) = waits(&here.outbox);
            assert_eq!((first, woken.count()), (Poll::Pending, 0));
            end(&here);
            assert!(woken.count() >= 1, "over {kind:?}");
            assert_eq!(waits(&here.outbox).0, Poll::Ready(()), "over {kind:?}");
        }
    }
}

#[tokio::test]
async fn a_peer_that_is_gone_closes_the_outbox() {
    for &kind in WIRED {
        let (here, there) = pair(kind, LIMITS).await;
        drop(there);
        let writer = spawn_writer(&here.outbox);
        within(async {
            // TCP takes frames until the peer has answered that it is gone.
            while here.outbox.send(&header(1), &payload(10)).is_ok() {
                here.outbox.flush();
                tokio::task::yield_now().await;
            }
            writer.await.unwrap();
        })
        .await;
        assert!(here.outbox.is_closed(), "over {kind:?}");
    }
}

#[tokio::test]
async fn a_memory_end_that_closes_closes_the_other() {
    let (here, there) = Connection::memory(LIMITS);
    here.outbox.close();
    assert!(closed(&there.outbox.send(&header(1), &Bytes::new())));
}

/// Tasks that send and flush, the writer task, and what the socket does not take at once: all write to one socket.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn p5_frames_of_many_threads_arrive_whole_and_in_the_order_of_each() {
    const SENDERS: u32 = 4;
    const FRAMES: u32 = 400;
    for &kind in KINDS {
        let (here, mut there) = pair(kind, LIMITS).await;
        spawn_writer(&here.outbox);
        for sender in 0..SENDERS {
            let outbox = Arc::clone(&here.outbox);
            tokio::spawn(async move {
                for frame in 0..FRAMES {
                    std::future::poll_fn(|cx| outbox.poll_room(cx)).await;
                    let len = if frame % 3 == 0 { 5000 } else { frame as usize };
                    outbox
                        .send(&header(sender * FRAMES + frame), &payload(len))
                        .unwrap();
                    if frame % 2 == 0 {
                        outbox.flush();
                    } else {
                        outbox.kick();
                    }
                }
                outbox.kick();
            });
        }
        let received = within(receive(&mut there.inlet, (SENDERS * FRAMES) as usize)).await;
        for sender in 0..SENDERS {
            let own = received.iter().filter(|(number, _)| number / FRAMES == sender);
            assert!(
                own.map(|(number, _)| number % FRAMES).eq(0..FRAMES),
                "of {sender} over {kind:?}"
            );
        }
        assert!(
            received
                .iter()
                .all(|(_, received)| *received == payload(received.len())),
            "over {kind:?}"
        );
        let bytes = received
            .iter()
            .map(|(number, payload)| on_the_wire(*number, payload).len());
        assert_eq!(here.outbox.sent(), bytes.sum::<usize>() as u64);
    }
}

/// A version that has greetings and nothing else, of which there is none but in tests.
const GREETINGS: u16 = 0;

#[tokio::test]
async fn what_the_agreed_version_does_not_know_is_not_sent() {
    for &kind in KINDS {
        let (here, mut there) = pair(kind, LIMITS).await;
        here.outbox.agree(GREETINGS);
        let error = here.outbox.send(&header(1), &payload(10)).unwrap_err();
        assert!(
            matches!(
                error,
                SendError::Frame(FrameError::NotSpoken { version: GREETINGS })
            ),
            "over {kind:?}: {error}"
        );
        assert!(!here.outbox.is_closed());
        // Nothing of it is queued or counted, and what both know goes on.
        let hello = Header::Hello(proto::Hello::new("here", 1, 1));
        here.outbox.send(&hello, &Bytes::new()).unwrap();
        here.outbox.flush();
        let frame = within(there.inlet.read_one()).await.unwrap().unwrap();
        assert!(
            matches!(frame.decode().unwrap().0, Header::Hello(_)),
            "over {kind:?}"
        );
        assert_eq!(here.outbox.sent(), 0, "over {kind:?}");
        here.outbox.agree(proto::VERSION);
        here.outbox.send(&header(1), &payload(10)).unwrap();
        here.outbox.flush();
        let received = within(receive(&mut there.inlet, 1)).await;
        assert_eq!(received, [(1, payload(10))], "over {kind:?}");
    }
}

/// Closes the connection as soon as something is written, and has the writer task see that somebody else writes.
struct Closing {
    outbox: Arc<Outbox>,
    writer: Mutex<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl Closing {
    fn poll_writer(&self) -> Poll<()> {
        let mut writer = self.writer.lock().unwrap();
        // It lets those that are ready go first, each time that it is woken.
        let mut poll = || writer.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        (0..4)
            .map(|_| poll())
            .find(Poll::is_ready)
            .unwrap_or(Poll::Pending)
    }
}

impl Wake for Closing {
    fn wake(self: Arc<Self>) {
        self.outbox.close();
        assert!(self.poll_writer().is_pending());
    }
}

#[tokio::test]
async fn a_close_in_the_middle_of_a_write_takes_effect_after_it() {
    let (here, mut there) = pair(Kind::Unix, LIMITS).await;
    let writer = Arc::clone(&here.outbox);
    let closing = Arc::new(Closing {
        outbox: Arc::clone(&here.outbox),
        writer: Mutex::new(Box::pin(async move { writer.run().await })),
    });
    for number in 0..2 {
        here.outbox
            .send(&header(number), &payload(LIMITS.queue_bytes / 2))
            .unwrap();
    }
    let waker = Arc::clone(&closing).into();
    assert!(
        here.outbox
            .poll_room(&mut Context::from_waker(&waker))
            .is_pending()
    );
    here.outbox.flush();
    assert!(here.outbox.is_closed());
    assert!(closing.poll_writer().is_ready());
    assert_eq!(within(receive_all(&mut there.inlet)).await.len(), 2);
}
