//! Frames as pieces of memory.

use super::golden::{Golden, all};
use super::*;

#[test]
fn the_payload_is_a_slice_of_what_was_received() {
    let header = Header::Reply {
        call: CallId::first(1),
        status: Status::Value,
    };
    let received = body(&header, &[7; 100]);
    let frame = Frame::joined(received.clone());
    let (_, payload) = frame.decode().unwrap();
    assert!(received.as_ptr_range().contains(&payload.as_ptr()));
    let shared = Bytes::from(vec![7; 100]);
    let frame = Frame::split(&header, shared.clone(), Framing::newest(usize::MAX)).unwrap();
    assert_eq!(frame.decode().unwrap().1.as_ptr(), shared.as_ptr());
}

#[test]
fn a_frame_in_two_pieces_is_the_same_as_in_one() {
    for Golden {
        name,
        header,
        payload,
        ..
    } in all()
    {
        let split = Frame::split(&header, payload.clone(), Framing::newest(usize::MAX)).unwrap();
        let joined = Frame::joined(body(&header, &payload));
        assert_eq!(split.len(), joined.len(), "{name}");
        assert_eq!(split.decode().unwrap(), joined.decode().unwrap(), "{name}");
    }
}

#[test]
fn names_in_a_header_are_borrowed_from_the_frame() {
    let frame = Frame::joined(Bytes::from(unhex(
        "04 07 00 03 61 64 64 00 00 00 00 00 00 00 00 00 00",
    )));
    let Ok((Header::Call(call), _)) = frame.decode() else {
        panic!("it is a call")
    };
    assert_eq!(call.name, "add");
}

#[test]
fn a_frame_without_a_header_does_not_decode() {
    let empty = Frame::joined(Bytes::new());
    assert!(empty.is_empty());
    assert_eq!(
        empty.decode().unwrap_err().to_string(),
        "the bytes end in the middle of the value"
    );
}

#[test]
fn a_header_with_something_behind_it_does_not_decode_in_a_piece_of_its_own() {
    // Only a peer within the process could send that.
    let header = Header::Goodbye;
    let frame = Frame::split(
        &header,
        Bytes::from_static(b"payload"),
        Framing::newest(usize::MAX),
    )
    .unwrap();
    assert_eq!(
        frame.decode().unwrap(),
        (Header::Goodbye, Bytes::from_static(b"payload"))
    );
    assert_eq!(frame.len(), 8);
}

#[test]
fn a_frame_over_the_limit_leaves_nothing_behind() {
    let header = Header::Cancel {
        call: CallId::first(7),
    };
    let mut out = b"before".to_vec();
    match append(&mut out, &header, 9, Framing::newest(10)) {
        Err(error @ FrameError::TooLarge { size: 12, limit: 10 }) => {
            assert_eq!(error.to_string(), "a frame of 12 bytes is over the limit of 10");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(out, b"before");
    append(&mut out, &header, 9, Framing::newest(12)).unwrap();
    assert_eq!(hex(&out[6..]), "00 00 00 0c 07 07 00");
}

#[test]
fn a_frame_that_its_length_cannot_tell_is_over_any_limit() {
    let size = u32::MAX as usize;
    let mut out = Vec::new();
    assert!(matches!(
        append(&mut out, &Header::Goodbye, size, Framing::newest(usize::MAX)),
        Err(FrameError::TooLarge { .. })
    ));
    append(&mut out, &Header::Goodbye, size - 1, Framing::newest(usize::MAX)).unwrap();
    assert_eq!(hex(&out), "ff ff ff ff 0b");
}
