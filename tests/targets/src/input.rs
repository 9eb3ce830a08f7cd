//! Bytes as a row of things to do.

use bytes::Bytes;
use daffi_core::proto::{Framing, Header, LENGTH_BYTES, append};

/// What is left of an input.
#[derive(Debug)]
pub(crate) struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The next byte.
    pub(crate) fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    /// The next bytes with their length in front, as far as there are so many.
    pub(crate) fn block(&mut self) -> Option<&'a [u8]> {
        let (length, rest) = self.0.split_first_chunk::<2>()?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (block, rest) = rest.split_at(length.min(rest.len()));
        self.0 = rest;
        Some(block)
    }

    pub(crate) const fn rest(self) -> &'a [u8] {
        self.0
    }
}

/// Writes bytes with their length in front.
pub(crate) fn write_block(input: &mut Vec<u8>, block: &[u8]) {
    let length = u16::try_from(block.len()).expect("a seed is short");
    input.extend(length.to_be_bytes());
    input.extend(block);
}

/// A frame as it comes from a socket, without its length.
pub(crate) fn body(header: &Header<'_>, payload: &Bytes) -> Vec<u8> {
    let mut bytes = Vec::new();
    append(&mut bytes, header, payload.len(), Framing::newest(1 << 20)).expect("a seed is a frame");
    bytes.extend_from_slice(payload);
    bytes.split_off(LENGTH_BYTES)
}
