//! One frame: header and payload, as bytes.

use bytes::{BufMut, Bytes};

use super::{DecodeError, EncodeError, Header, codec, quick};

/// How many bytes the length in front of a frame takes: big endian, counting what follows it.
pub const LENGTH_BYTES: usize = 4;

/// A frame that was received, not yet looked into.
///
/// A socket delivers header and payload in one piece, memory in two; both decode the same, and neither copies the
/// payload.
#[derive(Clone, Debug)]
pub struct Frame {
    head: Bytes,
    payload: Option<Bytes>,
}

impl Frame {
    /// A frame as it came from a socket: header and payload in one piece, without the length.
    #[must_use]
    pub const fn joined(body: Bytes) -> Self {
        Self {
            head: body,
            payload: None,
        }
    }

    /// A frame whose payload is a piece of its own.
    ///
    /// # Errors
    ///
    /// When the header cannot be encoded.
    pub fn split(header: &Header<'_>, payload: Bytes) -> Result<Self, EncodeError> {
        Ok(Self {
            head: codec::encode(header)?,
            payload: Some(payload),
        })
    }

    /// How many bytes the frame has, without the length in front.
    #[must_use]
    pub fn len(&self) -> usize {
        self.head.len() + self.payload.as_ref().map_or(0, Bytes::len)
    }

    /// Whether the frame has no bytes; such a frame does not decode.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The header, and the payload as the same bytes that were received.
    ///
    /// # Errors
    ///
    /// When the frame does not start with a header.
    pub fn decode(&self) -> Result<(Header<'_>, Bytes), DecodeError> {
        let (header, used) = match quick::decode(&self.head) {
            Some(plain) => plain,
            None => codec::decode_prefix(&self.head)?,
        };
        match &self.payload {
            None => Ok((header, self.head.slice(used..))),
            Some(payload) if used == self.head.len() => Ok((header, payload.clone())),
            Some(_) => Err(DecodeError::new("bytes are left over after the header")),
        }
    }
}

/// A frame could not be queued.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// The header could not be encoded.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// The frame is larger than the limit.
    #[error("a frame of {size} bytes is over the limit of {limit}")]
    TooLarge {
        /// Its size in bytes.
        size: usize,
        /// The limit in bytes.
        limit: usize,
    },
}

/// Appends length and header of a frame to `out`; the payload, of `payload_bytes`, is to follow them.
///
/// # Errors
///
/// When the header cannot be encoded or the frame is over `limit` bytes. `out` is then as it was.
pub fn append(
    out: &mut Vec<u8>,
    header: &Header<'_>,
    payload_bytes: usize,
    limit: usize,
) -> Result<(), FrameError> {
    let start = out.len();
    out.put_u32(0);
    let encoded = if quick::encode(header, out) {
        Ok(())
    } else {
        codec::encode_into(header, out)
    };
    let appended = encoded.map_err(FrameError::from).and_then(|()| {
        let size = out.len() - start - LENGTH_BYTES + payload_bytes;
        match u32::try_from(size) {
            Ok(length) if size <= limit => Ok(length),
            _ => Err(FrameError::TooLarge { size, limit }),
        }
    });
    match appended {
        Ok(length) => {
            out[start..start + LENGTH_BYTES].copy_from_slice(&length.to_be_bytes());
            Ok(())
        }
        Err(error) => {
            out.truncate(start);
            Err(error)
        }
    }
}
