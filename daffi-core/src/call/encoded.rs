//! Arguments that are encoded.

use bytes::Bytes;

use crate::proto::EncodeError;

/// Encoded arguments, or why there are none.
#[derive(Clone, Debug)]
pub(super) struct Arguments(pub(super) Result<Bytes, String>);

impl From<Result<Bytes, EncodeError>> for Arguments {
    fn from(encoded: Result<Bytes, EncodeError>) -> Self {
        Self(encoded.map_err(|error| error.to_string()))
    }
}
