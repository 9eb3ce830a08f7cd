//! What arrives: frames, whole and in order, and nothing that is too large.

use super::*;
use crate::transport::inlet::FRAMES;

#[tokio::test]
async fn p5_frames_arrive_whole_and_in_order() {
    let lens = [0, 1, 100, 4095, 4096, 60_000, 0, 7, 5000, 65_000];
    for &kind in KINDS {
        let (here, mut there) = pair(kind, LIMITS).await;
        spawn_writer(&here.outbox);
        let expected: Vec<_> = (0..)
            .zip(lens.iter().cycle().take(50).map(|len| payload(*len)))
            .collect();
        for (number, payload) in &expected {
            here.outbox.send(&header(*number), payload).unwrap();
            here.outbox.kick();
        }
        let received = within(receive(&mut there.inlet, expected.len())).await;
        assert!(received == expected, "over {kind:?}");
    }
}

#[tokio::test]
async fn both_directions_are_one_connection() {
    for &kind in KINDS {
        let (mut here, mut there) = pair(kind, LIMITS).await;
        for (from, to) in [(&here.outbox, &mut there.inlet), (&there.outbox, &mut here.inlet)] {
            from.send(&header(1), &payload(10)).unwrap();
            from.flush();
            assert_eq!(within(receive(to, 1)).await, [(1, payload(10))], "over {kind:?}");
        }
    }
}

/// Gives the reader what has been sent so far; it must not take it for a frame.
async fn starve(inlet: &mut Inlet, frames: &mut Vec<Frame>, whole: usize) {
    for _ in 0..2 {
        tokio::task::yield_now().await;
        // Dropping the future in the middle of a frame loses nothing.
        tokio::select! {
            biased;
            more = inlet.read(frames) => assert!(more.unwrap()),
            () = tokio::task::yield_now() => {}
        }
    }
    assert!(
        frames.len() <= whole,
        "{} frames of {whole} that are whole",
        frames.len()
    );
}

#[tokio::test]
async fn bytes_are_counted_before_their_frame_is_whole() {
    for &kind in KINDS {
        let (here, mut there) = pair(kind, LIMITS).await;
        spawn_writer(&here.outbox);
        let arrived = there.inlet.arrived();
        here.outbox.send(&header(1), &payload(10)).unwrap();
        here.outbox.flush();
        within(receive(&mut there.inlet, 1)).await;
        assert!(arrived.bytes() > 10, "over {kind:?}");
    }
    for &kind in SOCKETS {
        let (mut here, mut raw) = Raw::pair(kind, LIMITS).await;
        let arrived = here.inlet.arrived();
        raw.write(&[0, 0, 1, 0, 7, 7]).await;
        let mut frames = Vec::new();
        within(async {
            while arrived.bytes() < 6 {
                starve(&mut here.inlet, &mut frames, 0).await;
            }
        })
        .await;
        assert!(frames.is_empty());
    }
}

#[tokio::test]
async fn frames_arrive_whole_wherever_their_bytes_are_split() {
    let expected: Vec<_> = [0, 20, 3]
        .into_iter()
        .map(payload)
        .zip(1u32..)
        .map(|(p, n)| (n, p))
        .collect();
    let bytes: Vec<_> = expected
        .iter()
        .flat_map(|(number, payload)| on_the_wire(*number, payload))
        .collect();
    let ends: Vec<_> = expected
        .iter()
        .scan(0, |end, (number, payload)| {
            *end += on_the_wire(*number, payload).len();
            Some(*end)
        })
        .collect();
    for &kind in SOCKETS {
        let (mut here, mut peer) = Raw::pair(kind, LIMITS).await;
        for split in 0..=bytes.len() {
            let mut frames = Vec::new();
            peer.write(&bytes[..split]).await;
            let whole = ends.iter().filter(|end| **end <= split).count();
            starve(&mut here.inlet, &mut frames, whole).await;
            peer.write(&bytes[split..]).await;
            while frames.len() < expected.len() {
                assert!(within(here.inlet.read(&mut frames)).await.unwrap());
            }
            assert_eq!(
                frames.iter().map(read).collect::<Vec<_>>(),
                expected,
                "over {kind:?}, split at {split}"
            );
        }
    }
}

#[tokio::test]
async fn frames_arrive_whole_byte_by_byte() {
    let bytes = on_the_wire(7, &payload(40));
    for &kind in SOCKETS {
        let (mut here, mut peer) = Raw::pair(kind, LIMITS).await;
        let mut frames = Vec::new();
        for (sent, byte) in bytes.iter().enumerate() {
            starve(&mut here.inlet, &mut frames, usize::from(sent == bytes.len())).await;
            peer.write(&[*byte]).await;
        }
        while frames.is_empty() {
            assert!(within(here.inlet.read(&mut frames)).await.unwrap());
        }
        assert_eq!(
            frames.iter().map(read).collect::<Vec<_>>(),
            [(7, payload(40))],
            "over {kind:?}"
        );
    }
}

#[tokio::test]
async fn one_frame_can_be_read_before_the_others() {
    for &kind in KINDS {
        let (here, mut there) = pair(kind, LIMITS).await;
        for number in 0..3 {
            here.outbox.send(&header(number), &payload(10)).unwrap();
        }
        here.outbox.flush();
        let first = within(there.inlet.read_one()).await.unwrap().unwrap();
        assert_eq!(read(&first).0, 0, "over {kind:?}");
        let rest = within(receive(&mut there.inlet, 2)).await;
        assert_eq!(rest, [(1, payload(10)), (2, payload(10))], "over {kind:?}");
    }
}

#[tokio::test]
async fn many_frames_are_read_at_once() {
    for &kind in KINDS {
        let (here, mut there) = pair(kind, LIMITS).await;
        for number in 0..100 {
            here.outbox.send(&header(number), &payload(10)).unwrap();
        }
        here.outbox.flush();
        let mut frames = Vec::new();
        assert!(within(there.inlet.read(&mut frames)).await.unwrap());
        assert_eq!(frames.len(), 100, "over {kind:?}");
    }
}

/// The length alone is enough to refuse a frame: nothing is waited for, and no memory taken for it.
#[tokio::test]
async fn a_frame_over_the_limit_is_refused_by_its_length() {
    let just_over = u32::try_from(LIMITS.frame_bytes).unwrap() + 1;
    let http = u32::from_be_bytes(*b"GET ");
    for announced in [just_over, http, u32::MAX] {
        for &kind in SOCKETS {
            let (mut here, mut peer) = Raw::pair(kind, LIMITS).await;
            peer.write(&announced.to_be_bytes()).await;
            let error = within(here.inlet.read(&mut Vec::new())).await.unwrap_err();
            assert!(
                matches!(error, ReadError::TooLarge { limit } if limit == LIMITS.frame_bytes),
                "{error:?}"
            );
            assert!(
                here.inlet.reserved_bytes() <= 16 * 1024,
                "for {announced} over {kind:?}"
            );
            drop(peer);
        }
    }
}

#[tokio::test]
async fn a_frame_at_the_limit_is_received() {
    for &kind in KINDS {
        let (here, mut there) = pair(kind, LIMITS).await;
        spawn_writer(&here.outbox);
        let head = on_the_wire(1, &Bytes::new()).len() - LENGTH_BYTES;
        let largest = payload(LIMITS.frame_bytes - head);
        here.outbox.send(&header(1), &largest).unwrap();
        here.outbox.kick();
        assert!(
            within(receive(&mut there.inlet, 1)).await == [(1, largest)],
            "over {kind:?}"
        );
        let error = here
            .outbox
            .send(&header(1), &payload(LIMITS.frame_bytes - head + 1))
            .unwrap_err();
        let limit = LIMITS.frame_bytes;
        assert!(
            matches!(error, SendError::Frame(FrameError::TooLarge { size, limit: at }) if at == limit && size == limit + 1),
            "{error:?} over {kind:?}"
        );
    }
}

#[tokio::test]
async fn the_limit_of_the_handshake_is_its_own() {
    for &kind in SOCKETS {
        let (mut here, mut peer) = Raw::pair(kind, LIMITS).await;
        here.inlet.set_frame_limit(50);
        peer.write(&on_the_wire(1, &payload(40))).await;
        peer.write(&on_the_wire(2, &payload(100))).await;
        assert_eq!(
            read(&within(here.inlet.read_one()).await.unwrap().unwrap()),
            (1, payload(40))
        );
        here.inlet.set_frame_limit(200);
        assert_eq!(within(receive(&mut here.inlet, 1)).await, [(2, payload(100))]);
        here.inlet.set_frame_limit(50);
        peer.write(&on_the_wire(2, &payload(100))).await;
        let error = within(here.inlet.read_one()).await.unwrap_err();
        assert!(matches!(error, ReadError::TooLarge { limit: 50 }), "{error:?}");
    }
}

#[tokio::test]
async fn the_end_comes_after_the_last_whole_frame() {
    for &kind in SOCKETS {
        let (mut here, mut peer) = Raw::pair(kind, LIMITS).await;
        peer.write(&on_the_wire(1, &payload(10))).await;
        let cut = on_the_wire(2, &payload(10));
        peer.write(&cut[..cut.len() - 1]).await;
        drop(peer);
        assert_eq!(
            within(receive_all(&mut here.inlet)).await,
            [(1, payload(10))],
            "over {kind:?}"
        );
        assert!(within(here.inlet.read_one()).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn the_payload_is_not_copied_in_memory() {
    let (here, mut there) = Connection::memory(LIMITS);
    let sent = payload(50);
    here.outbox.send(&header(1), &sent).unwrap();
    let received = receive(&mut there.inlet, 1).await;
    assert_eq!(received[0].1.as_ptr(), sent.as_ptr());
}

/// Frames of one read are slices of one buffer.
#[tokio::test]
async fn frames_that_are_read_share_their_buffer() {
    for &kind in SOCKETS {
        let (mut here, mut peer) = Raw::pair(kind, LIMITS).await;
        let bytes = [on_the_wire(1, &payload(30)), on_the_wire(2, &payload(30))].concat();
        peer.write(&bytes).await;
        let mut frames = Vec::new();
        while frames.len() < 2 {
            assert!(within(here.inlet.read(&mut frames)).await.unwrap());
        }
        let [first, second] = [read(&frames[0]).1, read(&frames[1]).1];
        let distance = second.as_ptr() as usize - first.as_ptr() as usize;
        assert_eq!(distance, bytes.len() / 2, "over {kind:?}");
    }
}

#[tokio::test]
async fn tcp_does_not_wait_for_more_to_send() {
    let (here, _there) = tcp_pair().await;
    let here = here.into_std().unwrap();
    let same = here.try_clone().unwrap();
    assert!(!same.nodelay().unwrap());
    let _connection = Connection::tcp(TcpStream::from_std(here).unwrap(), LIMITS).unwrap();
    assert!(same.nodelay().unwrap());
}

#[tokio::test]
async fn a_peer_is_named_for_people() {
    let (tcp, _peer) = pair(Kind::Tcp, LIMITS).await;
    assert!(
        tcp.peer.to_string().starts_with("tcp://127.0.0.1:"),
        "{}",
        tcp.peer
    );
    let (unix, _peer) = pair(Kind::Unix, LIMITS).await;
    assert_eq!(unix.peer.to_string(), "unix://pair");
    let (memory, _peer) = pair(Kind::Memory, LIMITS).await;
    assert_eq!(memory.peer.to_string(), "memory");
}

#[tokio::test]
async fn p6_a_read_brings_a_bounded_number_of_frames() {
    const SENT: u32 = 50_000;
    for &kind in KINDS {
        let (here, mut there) = pair(kind, LIMITS).await;
        spawn_writer(&here.outbox);
        for number in 0..SENT {
            here.outbox.send(&header(number), &Bytes::new()).unwrap();
        }
        here.outbox.kick();
        let (mut read, mut most) = (0, 0);
        while read < SENT as usize {
            let mut frames = Vec::new();
            assert!(within(there.inlet.read(&mut frames)).await.unwrap());
            most = most.max(frames.len());
            read += frames.len();
        }
        assert_eq!(most, FRAMES, "over {kind:?}");
    }
}

/// Long frames have buffers of their own, which are used again: none of them gets bytes of another one.
#[tokio::test]
async fn frames_of_all_lengths_arrive_as_they_were_sent() {
    const LONG: usize = 128 * 1024;
    let limits = Limits {
        frame_bytes: 1 << 20,
        ..LIMITS
    };
    let lengths = [
        10,
        2 * LONG,
        LONG + 1,
        LONG + 1,
        5,
        3 * LONG,
        LONG,
        LONG - 1,
        2 * LONG - 50,
        LONG + 7,
        1,
        LONG + 1,
        2 * LONG - 60,
        300,
        300,
        LONG * 7,
        LONG + 2,
    ];
    let mut sent = Vec::new();
    for (number, length) in (0u8..).zip(lengths) {
        sent.extend_from_slice(&u32::try_from(length).unwrap().to_be_bytes());
        sent.resize(sent.len() + length, number);
    }
    for kind in SOCKETS {
        for step in [sent.len(), 100_000, 4 * LONG] {
            let (mut here, mut peer) = Raw::pair(*kind, limits).await;
            let bytes = sent.clone();
            let writing = tokio::spawn(async move {
                for some in bytes.chunks(step) {
                    peer.write(some).await;
                    tokio::task::yield_now().await;
                }
                peer
            });
            let mut read = Vec::new();
            while read.len() < lengths.len() {
                // What has come is given back, as it is where it is not kept.
                let mut frames = Vec::new();
                assert!(within(here.inlet.read(&mut frames)).await.unwrap());
                for frame in frames {
                    let bytes = frame.bytes();
                    let number = u8::try_from(read.len()).unwrap();
                    assert!(bytes.iter().all(|byte| *byte == number), "{number} of {step}");
                    read.push(bytes.len());
                }
            }
            assert_eq!(read, lengths, "over {kind:?} by {step}");
            drop(writing.await.unwrap());
        }
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn whoever_takes_nothing_of_what_is_sent_is_lost_without_a_heartbeat() {
    for &kind in KINDS
        .iter()
        .filter(|kind| !matches!(kind, Kind::Memory | Kind::Unix))
    {
        let (here, there) = pair(kind, LIMITS).await;
        here.outbox.set_patience(Duration::from_millis(200));
        spawn_writer(&here.outbox);
        // More than the sockets of both ends hold.
        let much = payload(60_000);
        for number in 0..1000 {
            here.outbox.send(&header(number), &much).unwrap();
            here.outbox.kick();
            if number % 50 == 0 {
                tokio::task::yield_now().await;
            }
        }
        within(std::future::poll_fn(|cx| here.outbox.poll_closed(cx))).await;
        drop(there);
    }
}
