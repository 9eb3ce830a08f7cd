//! What overtakes what on the way out.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::super::batch::WriteBatch;
use super::super::lanes::Lanes;
use super::*;
use crate::proto::{CallHeader, CallId, LENGTH_BYTES, Large, Mode, PieceOf, Status, StreamId};

const LIMIT: Framing = Framing::newest(1 << 20);

/// More than is written in one piece.
const MUCH: usize = 128 * 1024;

/// Goes in three pieces.
const LARGE: usize = 2 * MUCH + 1000;

fn call(number: u32) -> Header<'static> {
    Header::Call(CallHeader::new(id(number), "add"))
}

/// A call by its number, in which the place has the last byte.
const fn id(number: u32) -> CallId {
    CallId {
        slot: number & 0xff,
        generation: number >> 8,
    }
}

const fn number(call: CallId) -> u32 {
    call.slot | call.generation << 8
}

fn to_many(number: u32) -> Header<'static> {
    let Header::Call(one) = call(number) else {
        unreachable!("it is one")
    };
    let mode = Mode::Broadcast;
    Header::Call(CallHeader { mode, ..one })
}

/// What goes before the pieces of a large frame, and their header.
fn in_pieces(header: &Header<'static>) -> (Header<'static>, Header<'static>) {
    let frame = header.large().unwrap();
    let (bytes, piece) = (LARGE as u64, frame.piece());
    (Header::Large { bytes, frame }, piece)
}

fn reply(number: u32) -> Header<'static> {
    let (call, status) = (id(number), Status::Value);
    Header::Reply { call, status }
}

fn items(number: u32, stream: StreamId) -> Header<'static> {
    let call = id(number);
    Header::Items {
        call,
        stream,
        items: 1,
        explained: false,
    }
}

fn credit(number: u32, stream: StreamId) -> Header<'static> {
    let call = id(number);
    Header::Credit {
        call,
        stream,
        items: 1,
        bytes: 1,
    }
}

const RESULT: StreamId = StreamId::Result(0);
const ARGUMENT: StreamId = StreamId::Argument(0);

/// The frames of a batch, with the first byte of their payloads.
fn frames(mut batch: WriteBatch) -> Vec<(Header<'static>, Option<u8>)> {
    let mut bytes = Vec::new();
    let written = batch.write(
        |slices| {
            slices.iter().for_each(|slice| bytes.extend_from_slice(slice));
            Ok(slices.iter().map(|slice| slice.len()).sum())
        },
        |_| {},
    );
    assert!(written.unwrap());
    let mut bytes = Bytes::from(bytes);
    let mut frames = Vec::new();
    while !bytes.is_empty() {
        let length: [u8; LENGTH_BYTES] = bytes.split_to(LENGTH_BYTES)[..].try_into().unwrap();
        let frame = Frame::joined(bytes.split_to(u32::from_be_bytes(length) as usize));
        let (header, payload) = frame.decode().unwrap();
        let header = match header {
            Header::Call(found) => call(number(found.call)),
            Header::Large { bytes, frame } => match frame {
                Large::Call(found) => {
                    assert_eq!(bytes, LARGE as u64);
                    let mode = found.mode;
                    let Header::Call(found) = call(number(found.call)) else {
                        unreachable!("it is one")
                    };
                    let frame = Large::Call(CallHeader { mode, ..found });
                    Header::Large { bytes, frame }
                }
                Large::Reply { call, .. } => in_pieces(&reply(number(call))).0,
                other => panic!("{other:?}"),
            },
            Header::Piece { call, of } => Header::Piece { call, of },
            Header::Reply { call, .. } => reply(number(call)),
            Header::Items { call, stream, .. } => items(number(call), stream),
            Header::Credit { call, stream, .. } => credit(number(call), stream),
            Header::Heartbeat { received } => Header::Heartbeat { received },
            Header::Opened { call, index } => Header::Opened { call, index },
            other => panic!("{other:?}"),
        };
        frames.push((header, payload.first().copied()));
    }
    frames
}

fn pop(lanes: &mut Lanes) -> Vec<Header<'static>> {
    let batch = lanes.pop(&mut WriteBatch::default());
    frames(batch.unwrap_or_default())
        .into_iter()
        .map(|(header, _)| header)
        .collect()
}

fn push(lanes: &mut Lanes, headers: impl IntoIterator<Item = Header<'static>>) {
    for header in headers {
        let size = match header {
            Header::Items { .. } => MUCH,
            _ => 1,
        };
        lanes.push(&header, &payload(size), LIMIT).unwrap();
    }
}

#[test]
fn p7_what_is_no_item_does_not_wait_for_items() {
    let mut lanes = Lanes::default();
    let many = |count| (0..count).map(|_| items(1, RESULT));
    push(&mut lanes, many(3));
    assert_eq!(pop(&mut lanes), [items(1, RESULT)]);
    // Others have come meanwhile: they wait for the piece that is being written, and no more.
    let urgent = [
        reply(2),
        call(1),
        Header::Heartbeat { received: 3 },
        credit(1, ARGUMENT),
    ];
    push(&mut lanes, urgent.clone());
    assert_eq!(pop(&mut lanes), urgent);
    assert_eq!(pop(&mut lanes), [items(1, RESULT)]);
    assert_eq!(pop(&mut lanes), [items(1, RESULT)]);
    assert!(lanes.is_empty());
}

#[test]
fn items_have_their_turn_however_much_else_there_is() {
    let mut lanes = Lanes::default();
    push(&mut lanes, (0..3).map(|_| items(1, RESULT)));
    for turn in 0..6 {
        push(&mut lanes, [reply(2)]);
        let expected = if turn % 2 == 0 { reply(2) } else { items(1, RESULT) };
        let popped = pop(&mut lanes);
        assert_eq!(popped.first(), Some(&expected), "turn {turn}");
    }
    assert_eq!(pop(&mut lanes), [reply(2)]);
    assert!(lanes.is_empty());
}

/// Each piece is a write of its own.
#[test]
fn items_are_written_together_until_they_are_much() {
    let mut lanes = Lanes::default();
    for _ in 0..4 {
        lanes
            .push(&items(1, RESULT), &payload(MUCH * 2 / 5), LIMIT)
            .unwrap();
    }
    assert_eq!([pop(&mut lanes).len(), pop(&mut lanes).len()], [3, 1]);
    assert!(lanes.is_empty());
}

#[test]
fn p5_the_end_of_a_stream_comes_after_its_items() {
    let mut lanes = Lanes::default();
    push(
        &mut lanes,
        [items(1, RESULT), items(2, RESULT), reply(1), reply(3)],
    );
    assert_eq!(pop(&mut lanes), [reply(3)]);
    assert_eq!(pop(&mut lanes), [items(1, RESULT)]);
    assert_eq!(pop(&mut lanes), [items(2, RESULT)]);
    assert_eq!(pop(&mut lanes), [reply(1)]);
    // Its items are out: it waits for nothing any more.
    push(&mut lanes, [items(2, RESULT), reply(1)]);
    assert_eq!(pop(&mut lanes), [reply(1)]);
}

/// What a stream begins with comes before its items, also where the fast lane has just had its turn.
#[test]
fn p5_items_come_after_what_was_sent_before_them() {
    let opened = Header::Opened {
        call: id(1),
        index: 0,
    };
    for before in [&[][..], &[items(2, RESULT)]] {
        let mut lanes = Lanes::default();
        push(&mut lanes, [reply(3)]);
        push(&mut lanes, before.iter().cloned());
        assert_eq!(pop(&mut lanes), [reply(3)]);
        push(&mut lanes, [opened.clone(), items(1, RESULT)]);
        let mut popped: Vec<_> = pop(&mut lanes);
        while !lanes.is_empty() {
            popped.extend(pop(&mut lanes));
        }
        assert_eq!(popped, [before, &[opened.clone(), items(1, RESULT)]].concat());
    }
}

/// A place is used again while items of its last call are still to be written: the new call has another number, and waits for
/// nothing.
#[test]
fn p5_calls_stay_in_order_when_a_place_is_used_again() {
    let again = 1 | 1 << 8;
    let mut lanes = Lanes::default();
    push(
        &mut lanes,
        [
            items(1, ARGUMENT),
            items(1, ARGUMENT),
            call(again),
            credit(again, RESULT),
            items(again, ARGUMENT),
            call(2),
        ],
    );
    assert_eq!(pop(&mut lanes), [call(again), credit(again, RESULT), call(2)]);
    assert_eq!(pop(&mut lanes), [items(1, ARGUMENT)]);
    assert_eq!(pop(&mut lanes), [items(1, ARGUMENT)]);
    assert_eq!(pop(&mut lanes), [items(again, ARGUMENT)]);
    assert!(lanes.is_empty());
}

fn push_large(lanes: &mut Lanes, header: &Header<'static>) {
    let pushed = lanes.push(header, &payload(LARGE), LIMIT).unwrap();
    assert!(pushed > LARGE);
}

#[test]
fn p7_others_pass_between_the_pieces_of_a_large_payload() {
    for large in [call(1), reply(1)] {
        let mut lanes = Lanes::default();
        push_large(&mut lanes, &large);
        let (begin, piece) = in_pieces(&large);
        assert_eq!(pop(&mut lanes), [begin]);
        for _ in 0..3 {
            assert_eq!(pop(&mut lanes), std::slice::from_ref(&piece));
            let others = [
                call(2),
                reply(2),
                Header::Heartbeat { received: 3 },
                credit(1, RESULT),
            ];
            push(&mut lanes, others.clone());
            assert_eq!(pop(&mut lanes), others);
        }
        assert!(lanes.is_empty());
    }
}

/// What is over the limit is refused as a whole, and what is not goes as a whole.
#[test]
fn a_large_payload_is_refused_before_its_first_piece() {
    let mut lanes = Lanes::default();
    let header = reply(1);
    let (begin, _) = in_pieces(&header);
    let mut head = Vec::new();
    crate::proto::append(&mut head, &begin, 0, LIMIT).unwrap();
    let size = head.len() - LENGTH_BYTES + LARGE;
    let refused = lanes.push(&header, &payload(LARGE), Framing::newest(size - 1));
    assert!(matches!(refused, Err(FrameError::TooLarge { size: found, .. }) if found == size));
    assert!(lanes.is_empty());
    lanes
        .push(&header, &payload(LARGE), Framing::newest(size))
        .unwrap();
    let mut popped = Vec::new();
    while !lanes.is_empty() {
        popped.extend(pop(&mut lanes));
    }
    assert_eq!(popped.len(), 4);
}

/// Whatever limit a payload fits that goes in pieces, each of them fits it.
#[test]
fn a_piece_fits_where_its_payload_does() {
    for more in [1, 2, 100] {
        let mut lanes = Lanes::default();
        let size = MUCH + 1024 + more;
        for limit in size..size + 40 {
            let pushed = lanes.push(&reply(u32::MAX), &payload(size), Framing::newest(limit));
            assert!(
                matches!(pushed, Ok(_) | Err(FrameError::TooLarge { .. })),
                "{limit}: {pushed:?}"
            );
            while let Some(batch) = lanes.pop(&mut WriteBatch::default()) {
                assert!(pushed.is_ok(), "{limit}");
                drop(batch);
            }
        }
    }
}

/// Whom a call to many asks is known when all of it has come: calls that come later are not to be asked before.
#[test]
fn p5_calls_wait_for_a_large_one_to_many() {
    let mut lanes = Lanes::default();
    let many = to_many(1);
    let (begin, piece) = in_pieces(&many);
    push_large(&mut lanes, &many);
    push(&mut lanes, [call(2), credit(2, RESULT), reply(3)]);
    assert_eq!(pop(&mut lanes), [begin, reply(3)]);
    for _ in 0..2 {
        assert_eq!(pop(&mut lanes), std::slice::from_ref(&piece));
    }
    // The last piece is short, and they share a write.
    assert_eq!(pop(&mut lanes), [piece, call(2), credit(2, RESULT)]);
    push(&mut lanes, [call(4)]);
    assert_eq!(pop(&mut lanes), [call(4)]);
    assert!(lanes.is_empty());
}

/// A call that had to wait is not overtaken by another one, when what it waited for is out already.
#[test]
fn p5_calls_wait_for_those_that_wait() {
    let mut lanes = Lanes::default();
    push_large(&mut lanes, &to_many(1));
    push(&mut lanes, [items(5, ARGUMENT), call(2)]);
    // What begins, and its three pieces.
    for _ in 0..4 {
        assert!(!pop(&mut lanes).contains(&call(2)));
    }
    push(&mut lanes, [call(3), reply(7)]);
    assert_eq!(pop(&mut lanes), [reply(7)]);
    let mut left = Vec::new();
    while !lanes.is_empty() {
        left.extend(pop(&mut lanes));
    }
    assert_eq!(
        left.iter()
            .filter(|header| **header == call(2) || **header == call(3))
            .cloned()
            .collect::<Vec<_>>(),
        [call(2), call(3)]
    );
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Call,
    ToMany,
    Reply,
    Credit(StreamId),
    Heartbeat,
    Items(StreamId),
}

impl Kind {
    fn of(self, number: u32) -> Header<'static> {
        match self {
            Self::Call => call(number),
            Self::ToMany => to_many(number),
            Self::Reply => reply(number),
            Self::Credit(stream) => credit(number, stream),
            Self::Heartbeat => Header::Heartbeat { received: 0 },
            Self::Items(stream) => items(number, stream),
        }
    }
}

/// A frame of a call at one of three places.
fn any_frame() -> impl Strategy<Value = (u32, Kind)> {
    let stream = prop_oneof![Just(RESULT), Just(ARGUMENT)];
    (0..6, 0..3u32, stream).prop_map(|(kind, place, stream)| {
        let kind = match kind {
            5 => Kind::ToMany,
            0 => Kind::Call,
            1 => Kind::Reply,
            2 => Kind::Credit(stream),
            3 => Kind::Heartbeat,
            _ => Kind::Items(stream),
        };
        (place, kind)
    })
}

proptest! {
    #[test]
    fn p5_each_call_has_its_frames_in_order(
        pushed in prop::collection::vec((any_frame(), 0..4_usize, 0..4_u8), 0..100),
        to_many in any::<bool>(),
    ) {
        let mut lanes = Lanes::default();
        let (mut sent, mut written) = (Vec::new(), Vec::new());
        let mut spare = WriteBatch::default();
        // How often each place has been used.
        let mut generations = [0; 3];
        for (number, ((place, kind), size, pops)) in (0..).zip(pushed) {
            let kind = if kind == Kind::ToMany && !to_many { Kind::Call } else { kind };
            let is_call = matches!(kind, Kind::Call | Kind::ToMany);
            let generation: &mut u32 = &mut generations[place as usize];
            *generation += u32::from(is_call);
            let header = kind.of(place | *generation << 8);
            let size = [1, 5_000, MUCH, LARGE][size];
            let payload = Bytes::from(vec![number; size]);
            lanes.push(&header, &payload, LIMIT).unwrap();
            if size == LARGE && header.large().is_some() {
                let (begin, piece) = in_pieces(&header);
                sent.push((begin, None));
                sent.extend((0..3).map(|_| (piece.clone(), Some(number))));
            } else if matches!(header, Header::Call(_)) {
                // A call's header says nothing of how many it asks when it is read back.
                sent.push((call(place | *generation << 8), Some(number)));
            } else {
                sent.push((header, Some(number)));
            }
            for _ in 2..pops {
                written.extend(lanes.pop(&mut spare).into_iter().flat_map(frames));
            }
        }
        while let Some(batch) = lanes.pop(&mut spare) {
            written.extend(frames(batch));
        }
        prop_assert!(lanes.is_empty());
        let of = |found: &[(Header<'static>, Option<u8>)], wanted: &dyn Fn(&Header<'_>) -> bool| {
            let found = found.iter().filter(|(header, _)| wanted(header));
            found.cloned().collect::<Vec<_>>()
        };
        let is_call = |header: &Header<'_>| {
            matches!(header, Header::Call(_) | Header::Large { frame: Large::Call(_), .. })
        };
        let is_credit = |header: &Header<'_>| matches!(header, Header::Credit { .. });
        let place = |frame: &(Header<'static>, Option<u8>)| written.iter().position(|found| found == frame);
        let parties: BTreeSet<_> = sent.iter().filter_map(|(header, _)| Some(format!("{:?}", header.party()?))).collect();
        for party in parties {
            let is_of = |header: &Header<'_>| header.party().is_some_and(|of| format!("{of:?}") == party);
            {
                let ordered = |header: &Header<'_>| is_of(header) && !is_credit(header);
                prop_assert_eq!(of(&written, &ordered), of(&sent, &ordered));
                // Credit may come before what was sent before it, but not before its call.
                let mut begun = None;
                for frame in sent.iter().filter(|(header, _)| is_of(header)) {
                    if is_call(&frame.0) {
                        begun = Some(frame);
                    } else if is_credit(&frame.0) && let Some(begun) = begun {
                        prop_assert!(place(begun) < place(frame));
                    }
                }
            }
        }
        prop_assert_eq!(of(&written, &is_call), of(&sent, &is_call));
        // Nobody calls between the pieces of a call to many.
        let mut left = 0;
        for (header, _) in &written {
            match header {
                Header::Large { frame, .. } if frame.asks_many() => left = 3,
                Header::Piece { call, of: PieceOf::Arguments } if left > 0 => {
                    let gathers = written.iter().any(|(found, _)| matches!(found, Header::Large { frame: Large::Call(many), .. } if many.call == *call && many.mode.asks_many()));
                    left -= usize::from(gathers);
                }
                header => prop_assert!(left == 0 || !is_call(header), "{header:?}"),
            }
        }
        // An answer says that the calls before it have come, but for those behind one to many.
        let mut begun = None;
        for frame in sent.iter().filter(|_| !to_many) {
            if is_call(&frame.0) {
                begun = Some(frame);
            } else if matches!(frame.0, Header::Reply { .. }) && let Some(begun) = begun {
                prop_assert!(place(begun) < place(frame));
            }
        }
        prop_assert_eq!(written.len(), sent.len());
    }
}

#[test]
fn p2_what_is_left_says_which_calls_nobody_can_have_run() {
    let unsent = |lanes: &Lanes| -> BTreeSet<u32> { lanes.unsent().map(number).collect() };
    let mut lanes = Lanes::default();
    let nothing = Bytes::new();
    for header in [call(1), reply(9), call(2)] {
        lanes.push(&header, &nothing, LIMIT).unwrap();
    }
    lanes.push(&call(3), &Bytes::from(vec![0; LARGE]), LIMIT).unwrap();
    // It waits behind it.
    lanes
        .push(&to_many(4), &Bytes::from(vec![0; LARGE]), LIMIT)
        .unwrap();
    lanes.push(&call(5), &nothing, LIMIT).unwrap();
    assert_eq!(unsent(&lanes), BTreeSet::from([1, 2, 3, 4, 5]));
    let mut left = Vec::new();
    while lanes.pop(&mut WriteBatch::default()).is_some() {
        left.push(unsent(&lanes));
    }
    assert_eq!(left[0], BTreeSet::from([3, 4, 5]), "the fast lane is first");
    assert!(left.windows(2).all(|two| two[1].is_subset(&two[0])), "{left:?}");
    assert!(left.contains(&BTreeSet::from([4, 5])), "{left:?}");
    assert_eq!(left.last(), Some(&BTreeSet::new()));
}
