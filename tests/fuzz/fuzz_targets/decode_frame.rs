//! Bytes as a frame.

#![no_main]

use bytes::Bytes;
use daffi_core::proto::{Frame, Framing, LENGTH_BYTES, append};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let frame = Frame::joined(Bytes::copy_from_slice(data));
    let Ok((header, payload)) = frame.decode() else {
        return;
    };
    let mut bytes = Vec::new();
    append(&mut bytes, &header, payload.len(), Framing::newest(usize::MAX >> 1)).expect("what was received can be sent");
    bytes.extend_from_slice(&payload);
    let again = Frame::joined(Bytes::from(bytes).slice(LENGTH_BYTES..));
    assert_eq!(
        again.decode().expect("what was sent can be received"),
        (header, payload)
    );
});
