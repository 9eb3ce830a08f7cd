//! Calls that run their callback once for each item of a stream: what such a stream holds, and how far they came.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{DecodeError, EncodeError, Failure, Outcome, Status, decode_guarded, decode_next, encode};

/// The item at the start of `bytes`, still encoded, and how many bytes it took.
///
/// # Errors
///
/// When they do not begin with one.
pub fn decode_arguments(bytes: &[u8]) -> Result<(Bytes, usize), DecodeError> {
    let (arguments, used) = decode_next::<&[u8]>(bytes, false)?;
    Ok((Bytes::copy_from_slice(arguments), used))
}

/// The value that such a call is answered with, whether or not all items were done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    /// For so many items the callback has returned without an error.
    pub done: u64,
    /// What ended it before the end of the stream.
    pub stopped: Option<Failure>,
}

/// A tally as it travels: the status of a reply, and what would be its payload.
#[derive(Debug, Serialize, Deserialize)]
struct Wire<'a> {
    done: u64,
    #[serde(borrow)]
    status: Status<'a>,
    payload: &'a [u8],
}

impl Tally {
    /// The tally as the value of a reply.
    ///
    /// # Errors
    ///
    /// When it cannot be encoded.
    pub fn encode(self) -> Result<Bytes, EncodeError> {
        let outcome: Outcome = self.stopped.map_or_else(|| Ok(Bytes::new()), Err);
        let (status, payload) = Status::of(&outcome);
        encode(&Wire {
            done: self.done,
            status,
            payload,
        })
    }

    /// The tally that is the value of a reply.
    ///
    /// # Errors
    ///
    /// When it is none.
    pub fn decode(value: &[u8]) -> Result<Self, DecodeError> {
        let Wire {
            done,
            status,
            payload,
        } = decode_guarded(value)?;
        Ok(Self {
            done,
            stopped: Failure::from_status(status, Bytes::copy_from_slice(payload)),
        })
    }
}
