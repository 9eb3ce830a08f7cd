//! What the first bytes of a connection say about who is there: with TLS, without, or a stranger.

use crate::proto::{Frame, Header, LENGTH_BYTES, Limits, MAGIC, Refusal};

/// How every record of TLS begins that may come first: its kind, an alert or a handshake, and the major version.
const RECORDS: [[u8; 2]; 2] = [[0x15, 0x03], [0x16, 0x03]];

/// The first bytes of the headers that may come first.
const HELLO: u8 = 0x00;
const REFUSED: u8 = 0x02;

/// Who speaks so.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum First {
    /// Somebody with TLS.
    Tls,
    /// A node, without.
    Hello,
    /// A controller, without, which does not let in.
    Refused(Refusal),
    Stranger,
    /// It is not said yet.
    Unclear,
}

impl First {
    pub(super) fn of(bytes: &[u8]) -> Self {
        match bytes {
            [] | [0x15 | 0x16] => Self::Unclear,
            [kind, version, ..] if RECORDS.contains(&[*kind, *version]) => Self::Tls,
            // The most significant byte of a length that is allowed.
            [0, ..] => Self::of_frame(bytes),
            _ => Self::Stranger,
        }
    }

    fn of_frame(bytes: &[u8]) -> Self {
        let Some((length, body)) = bytes.split_first_chunk::<LENGTH_BYTES>() else {
            return Self::Unclear;
        };
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        if length > Limits::HANDSHAKE_BYTES {
            return Self::Stranger;
        }
        match body {
            [] => Self::Unclear,
            [HELLO, magic @ ..] if magic.starts_with(&MAGIC) => Self::Hello,
            [HELLO, magic @ ..] if MAGIC.starts_with(magic) => Self::Unclear,
            [REFUSED, ..] if body.len() < length => Self::Unclear,
            [REFUSED, ..] => {
                let frame = Frame::joined(body[..length].to_vec().into());
                match frame.decode() {
                    Ok((Header::Refused(refusal), _)) => Self::Refused(refusal),
                    _ => Self::Stranger,
                }
            }
            _ => Self::Stranger,
        }
    }
}

/// A refusal as it goes over the wire without TLS.
pub(super) fn refusal(refusal: &Refusal) -> Vec<u8> {
    use crate::proto::{Framing, OLDEST_VERSION, append};

    let mut bytes = Vec::new();
    let framing = Framing {
        version: OLDEST_VERSION,
        limit: Limits::HANDSHAKE_BYTES,
    };
    append(&mut bytes, &Header::Refused(refusal.clone()), 0, framing)
        .expect("every version has refusals, and they are short");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::{Framing, Hello, append};

    fn hello() -> Vec<u8> {
        let mut bytes = Vec::new();
        let hello = Hello::new("somebody", 7, 8);
        append(&mut bytes, &Header::Hello(hello), 0, Framing::newest(1000)).unwrap();
        bytes
    }

    #[test]
    fn a_greeting_is_known_by_its_first_nine_bytes() {
        let bytes = hello();
        for cut in 0..9 {
            assert_eq!(First::of(&bytes[..cut]), First::Unclear, "{cut}");
        }
        for cut in 9..=bytes.len() {
            assert_eq!(First::of(&bytes[..cut]), First::Hello, "{cut}");
        }
    }

    #[test]
    fn a_refusal_is_known_when_it_is_whole() {
        for said in [Refusal::Tls, Refusal::NoTls, Refusal::Stopping] {
            let bytes = refusal(&said);
            for cut in 0..bytes.len() {
                assert_eq!(First::of(&bytes[..cut]), First::Unclear, "{cut}");
            }
            assert_eq!(First::of(&bytes), First::Refused(said));
        }
    }

    #[test]
    fn tls_is_known_by_two_bytes_and_strangers_by_the_first_that_is_wrong() {
        assert_eq!(First::of(&[0x16]), First::Unclear);
        assert_eq!(First::of(&[0x16, 3]), First::Tls);
        assert_eq!(First::of(&[0x15, 3, 1, 0]), First::Tls);
        for stranger in [
            &b"GET / HTTP/1.1"[..],
            &[0x16, 2],
            &[0x17, 3, 3],
            &[0, 2, 0, 0],
            &[0, 0, 0, 9, 1],
            &[0, 0, 0, 9, 0, b'd', b'a', b'x'],
            &[0, 0, 0, 2, 2, 0xff],
        ] {
            assert_eq!(First::of(stranger), First::Stranger, "{stranger:?}");
        }
    }
}
