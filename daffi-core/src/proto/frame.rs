//! One frame: header and payload, as bytes.

use bytes::Bytes;

use super::{DecodeError, EncodeError, Header, VERSION, codec, quick};

/// How many bytes the length in front of a frame takes: big endian, counting what follows it.
pub const LENGTH_BYTES: usize = 4;

/// Most headers take no more.
const HEAD_BYTES: usize = 64;

/// How frames are written to a peer: what the two have agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Framing {
    /// The version of the protocol that both speak. What it does not know is not sent.
    pub version: u16,
    /// The largest frame in bytes.
    pub limit: usize,
}

impl Framing {
    /// Of this release's own version.
    #[must_use]
    pub const fn newest(limit: usize) -> Self {
        Self {
            version: VERSION,
            limit,
        }
    }

    /// Appends a header's bytes to `out`. All headers of all connections are encoded here, so a version that writes one
    /// differently does that here.
    fn encode(self, header: &Header<'_>, out: &mut Vec<u8>) -> Result<(), FrameError> {
        if self.version < VERSION && header.since() > self.version {
            return Err(FrameError::NotSpoken {
                version: self.version,
            });
        }
        if quick::encode(header, out) {
            Ok(())
        } else {
            Ok(codec::encode_into(header, out)?)
        }
    }

    /// The length of a frame of so many bytes, with which so many are to come.
    fn check(self, bytes: usize, to_come: usize) -> Result<u32, FrameError> {
        let (size, limit) = (bytes.saturating_add(to_come), self.limit);
        match u32::try_from(bytes) {
            Ok(length) if size <= limit => Ok(length),
            _ => Err(FrameError::TooLarge { size, limit }),
        }
    }
}

/// How many bytes of a frame's payload follow it.
fn to_come(header: &Header<'_>) -> usize {
    match header {
        Header::Large { bytes, .. } => usize::try_from(*bytes).unwrap_or(usize::MAX),
        _ => 0,
    }
}

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

    /// How many bytes it counts, of which this is the header.
    #[must_use]
    pub fn counts(&self, header: &Header<'_>) -> u64 {
        if header.is_numbered() {
            (LENGTH_BYTES + self.len()) as u64
        } else {
            0
        }
    }

    /// A frame whose payload is a piece of its own.
    ///
    /// # Errors
    ///
    /// When the peer's version does not know the frame, or it is over the limit with what is to come of its payload, or its
    /// header cannot be encoded.
    pub fn split(header: &Header<'_>, payload: Bytes, framing: Framing) -> Result<Self, FrameError> {
        let mut head = Vec::with_capacity(HEAD_BYTES);
        framing.encode(header, &mut head)?;
        framing.check(head.len() + payload.len(), to_come(header))?;
        Ok(Self {
            head: head.into(),
            payload: Some(payload),
        })
    }

    /// A frame as it came from a socket, undecoded.
    #[cfg(test)]
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.head
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
        match quick::decode(&self.head) {
            Some((header, used)) => Ok((header, self.after(used)?)),
            None => self.decode_any(),
        }
    }

    fn decode_any(&self) -> Result<(Header<'_>, Bytes), DecodeError> {
        let (header, used) = codec::decode_prefix(&self.head)?;
        Ok((header, self.after(used)?))
    }

    /// The payload, after a header of so many bytes.
    fn after(&self, header_bytes: usize) -> Result<Bytes, DecodeError> {
        match &self.payload {
            None => Ok(self.head.slice(header_bytes..)),
            Some(payload) if header_bytes == self.head.len() => Ok(payload.clone()),
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
    /// The version that the two sides speak has no such frame.
    #[error("version {version} of the protocol, which the other side speaks, has no such frame")]
    NotSpoken {
        /// The version.
        version: u16,
    },
}

/// Appends length and header of a frame to `out`; the payload, of `payload_bytes`, is to follow them.
///
/// # Errors
///
/// When the peer's version does not know the frame, or it is over the limit, or its header cannot be encoded. `out` is then as
/// it was.
pub fn append(
    out: &mut Vec<u8>,
    header: &Header<'_>,
    payload_bytes: usize,
    framing: Framing,
) -> Result<(), FrameError> {
    let start = out.len();
    out.extend_from_slice(&[0; LENGTH_BYTES]);
    let encoded = framing.encode(header, out);
    let appended = encoded.and_then(|()| {
        let bytes = (out.len() - start - LENGTH_BYTES).saturating_add(payload_bytes);
        framing.check(bytes, to_come(header))
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
