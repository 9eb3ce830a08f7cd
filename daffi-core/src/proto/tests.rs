mod changing;
mod codec;
mod complete;
mod damage;
mod frame;
mod frozen;
mod golden;
mod handshake;
mod held;
mod items;
mod limits;
mod looks;
mod names;
mod remote_error;
mod shapes;
mod shortened;
mod single;

use bytes::Bytes;

use super::*;

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<Vec<_>>()
        .join(" ")
}

fn unhex(text: &str) -> Vec<u8> {
    text.split_whitespace()
        .map(|byte| u8::from_str_radix(byte, 16).unwrap())
        .collect()
}

/// A frame as it is on a socket, without the length in front.
fn body(header: &Header<'_>, payload: &[u8]) -> Bytes {
    let mut bytes = Vec::new();
    append(
        &mut bytes,
        header,
        payload.len(),
        Framing::newest(usize::MAX >> 1),
    )
    .unwrap();
    bytes.extend_from_slice(payload);
    Bytes::from(bytes).slice(LENGTH_BYTES..)
}
