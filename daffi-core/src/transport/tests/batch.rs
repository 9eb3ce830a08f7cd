//! Laying frames side by side, and writing them however little is taken at a time.

use std::io::{self, IoSlice};

use proptest::prelude::*;

use super::*;
use crate::transport::batch::{WriteBatch, detached};

const LIMIT: Framing = Framing::newest(1 << 20);

/// A batch of frames with such payloads, and what it must write.
fn batch(lens: &[usize]) -> (WriteBatch, Vec<u8>) {
    let mut batch = WriteBatch::default();
    let mut expected = Vec::new();
    for (number, len) in (0..).zip(lens) {
        let payload = payload(*len);
        let before = expected.len();
        expected.extend(on_the_wire(number, &payload));
        assert_eq!(
            batch.push(&header(number), &payload, LIMIT).unwrap(),
            expected.len() - before
        );
    }
    (batch, expected)
}

/// A writer that takes as many bytes as the next of `takes` says, and interrupts or blocks at zero.
fn take<'a>(
    out: &'a mut Vec<u8>,
    takes: &'a mut impl Iterator<Item = usize>,
) -> impl FnMut(&[IoSlice<'_>]) -> io::Result<usize> {
    move |slices| {
        let bytes: Vec<u8> = slices.iter().flat_map(|slice| slice.iter().copied()).collect();
        match takes.next() {
            Some(0) => Err(io::ErrorKind::Interrupted.into()),
            Some(count) => {
                let count = count.min(bytes.len());
                out.extend_from_slice(&bytes[..count]);
                Ok(count)
            }
            None => Err(io::ErrorKind::WouldBlock.into()),
        }
    }
}

#[test]
fn a_batch_is_written_whole_however_little_is_taken_at_a_time() {
    for at_a_time in [1, 2, 3, 7, 64, 4096, usize::MAX] {
        let (mut batch, expected) = batch(&[0, 1, 10, 4096, 3, 5000, 6000, 0, 9]);
        let (mut out, mut progress) = (Vec::new(), 0);
        let done = batch.write(take(&mut out, &mut std::iter::repeat(at_a_time)), |written| {
            progress += written;
        });
        assert!(done.unwrap() && batch.is_empty(), "{at_a_time} at a time");
        assert!(out == expected, "{at_a_time} at a time");
        assert_eq!(progress, expected.len());
    }
}

#[test]
fn more_pieces_than_one_write_takes_are_written_in_order() {
    let (mut batch, expected) = batch(&[4096; 100]);
    let (mut out, mut writes) = (Vec::new(), 0);
    let done = batch.write(
        |slices| {
            writes += 1;
            assert!(slices.iter().all(|slice| !slice.is_empty()));
            slices.iter().for_each(|slice| out.extend_from_slice(slice));
            Ok(slices.iter().map(|slice| slice.len()).sum())
        },
        drop,
    );
    assert!(done.unwrap());
    assert!(out == expected);
    assert_eq!(writes, 200usize.div_ceil(64));
}

#[test]
fn small_frames_are_one_piece() {
    let (mut batch, expected) = batch(&[100; 50]);
    let mut pieces = Vec::new();
    let done = batch.write(
        |slices| {
            pieces.push(slices.len());
            Ok(expected.len())
        },
        drop,
    );
    assert!(done.unwrap());
    assert_eq!(pieces, [1]);
}

#[test]
fn a_large_payload_is_written_from_where_it_is() {
    let large = payload(4096);
    let mut batch = WriteBatch::default();
    batch.push(&header(0), &payload(10), LIMIT).unwrap();
    batch.push(&header(1), &large, LIMIT).unwrap();
    batch.push(&header(2), &payload(10), LIMIT).unwrap();
    let done = batch.write(
        |slices| {
            assert_eq!(slices.len(), 3);
            assert_eq!(slices[1].as_ptr(), large.as_ptr());
            Ok(slices.iter().map(|slice| slice.len()).sum())
        },
        drop,
    );
    assert!(done.unwrap());
}

#[test]
fn a_frame_over_the_limit_leaves_the_batch_as_it_was() {
    let (mut batch, expected) = batch(&[10, 4096]);
    let error = batch
        .push(&header(9), &payload(100), Framing::newest(50))
        .unwrap_err();
    assert!(
        matches!(error, FrameError::TooLarge { size: 104, limit: 50 }),
        "{error:?}"
    );
    let mut out = Vec::new();
    assert!(
        batch
            .write(take(&mut out, &mut std::iter::repeat(usize::MAX)), drop)
            .unwrap()
    );
    assert!(out == expected);
}

#[test]
fn a_socket_that_takes_nothing_is_an_error() {
    let (mut batch, _) = batch(&[10]);
    assert_eq!(
        batch.write(|_| Ok(0), drop).unwrap_err().kind(),
        io::ErrorKind::WriteZero
    );
    let broken = batch.write(|_| Err(io::ErrorKind::BrokenPipe.into()), drop);
    assert_eq!(broken.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
}

#[test]
fn a_written_batch_is_used_again() {
    let (mut batch, _) = batch(&[10, 4096, 10]);
    assert!(
        batch
            .write(|slices| Ok(slices.iter().map(|slice| slice.len()).sum()), drop)
            .unwrap()
    );
    batch.push(&header(7), &payload(20), LIMIT).unwrap();
    let mut out = Vec::new();
    assert!(
        batch
            .write(take(&mut out, &mut std::iter::repeat(5)), drop)
            .unwrap()
    );
    assert_eq!(out, on_the_wire(7, &payload(20)));
}

proptest! {
    #[test]
    fn whatever_is_taken_between_pauses_nothing_is_lost(
        lens in prop::collection::vec(prop_oneof![0..200usize, 4000..5000usize], 0..20),
        takes in prop::collection::vec(prop::collection::vec(0..6000usize, 0..4), 0..20),
    ) {
        let (mut batch, expected) = batch(&lens);
        let mut out = Vec::new();
        for takes in takes {
            let done = batch.write(take(&mut out, &mut takes.into_iter()), drop).unwrap();
            prop_assert_eq!(done, batch.is_empty());
        }
        prop_assert!(batch.write(take(&mut out, &mut std::iter::repeat(usize::MAX)), drop).unwrap());
        prop_assert!(out == expected);
    }
}

#[test]
fn p6_a_payload_that_waits_for_long_keeps_nothing_of_what_came_with_it() {
    let read = Bytes::from(vec![7; 256 * 1024]);
    for (len, queued, is_copied) in [
        (100, usize::MAX, false),
        (4 * 1024, 64 * 4 * 1024, false),
        (4 * 1024, 65 * 4 * 1024, true),
        (100 * 1024, 6 * 1024 * 1024, false),
        (100 * 1024, 7 * 1024 * 1024, true),
        // Most of what came with it is its own.
        (128 * 1024, usize::MAX, false),
    ] {
        let payload = read.slice(..len);
        let copied = detached(&payload, queued);
        assert_eq!(copied.is_some(), is_copied, "{len} behind {queued}");
        if let Some(copied) = copied {
            assert_eq!(copied, payload);
            assert_ne!(copied.as_ptr(), payload.as_ptr());
        }
    }
}

/// A peer that reads all but the last of it does not keep the rest in memory.
#[test]
fn p6_what_is_written_is_given_back_though_some_is_left() {
    let (mut batch, expected) = batch(&[1000; 4000]);
    let before = batch.held_bytes();
    let mut out = Vec::new();
    let mut reads = [expected.len() / 3, expected.len() / 2, 1].into_iter();
    for round in 0.. {
        let mut left = reads.next();
        let done = batch
            .write(
                |slices| match left.take() {
                    None => Err(io::ErrorKind::WouldBlock.into()),
                    Some(most) => {
                        let bytes: Vec<u8> = slices.iter().flat_map(|slice| slice.iter().copied()).collect();
                        let written = bytes.len().min(most);
                        out.extend_from_slice(&bytes[..written]);
                        Ok(written)
                    }
                },
                drop,
            )
            .unwrap();
        assert!(!done);
        if round == 2 {
            break;
        }
    }
    assert!(
        batch.held_bytes() < before / 4,
        "{} of {before} bytes are held for {}",
        batch.held_bytes(),
        expected.len() - out.len()
    );
    let done = batch.write(
        |slices| {
            slices.iter().for_each(|slice| out.extend_from_slice(slice));
            Ok(slices.iter().map(|slice| slice.len()).sum())
        },
        drop,
    );
    assert!(done.unwrap());
    assert!(out == expected, "the bytes are the same");
}

/// To move what is left costs as much as to copy it, so it pays only where much more is won.
#[test]
fn what_is_left_is_moved_only_behind_most_of_much() {
    for (frames, written, is_moved) in [
        (100, 90_000, false),
        (2000, 100_000, false),
        (2000, 300_000, false),
        (2000, 1_200_000, true),
    ] {
        let (mut batch, _) = batch(&vec![1000; frames]);
        let (mut first, mut next) = (None, None);
        let mut round = |batch: &mut WriteBatch, most: usize| {
            let mut left = Some(most);
            let done = batch.write(
                |slices| {
                    next = Some(slices[0].as_ptr().addr());
                    first = first.or(next);
                    left.take().ok_or_else(|| io::ErrorKind::WouldBlock.into())
                },
                drop,
            );
            assert!(!done.unwrap());
            next
        };
        round(&mut batch, written);
        let begins = round(&mut batch, 1);
        let unmoved = first.map(|first| first + written + 1);
        assert_eq!(begins != unmoved, is_moved, "{written} bytes of {frames} frames");
    }
}

#[test]
fn p6_a_buffer_is_kept_for_the_next_batch_unless_it_is_large() {
    for (frames, is_kept) in [(200, true), (2000, false)] {
        let (mut batch, expected) = batch(&vec![1000; frames]);
        let mut out = Vec::new();
        let done = batch.write(take(&mut out, &mut std::iter::repeat(usize::MAX)), drop);
        assert!(done.unwrap());
        assert_eq!(batch.held_bytes() >= expected.len(), is_kept, "{frames} frames");
    }
}
