//! Bytes that cross the wire in one copy: a `Vec<u8>` or `Bytes` is otherwise a sequence of numbers to serde.
//!
//! On the wire both are the same; see `signature`, for which bytes are a sequence of `u8`.

use std::fmt;
use std::marker::PhantomData;

use bytes::Bytes;
use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};

/// A value that is bytes and nothing else, so that it can be sent as such.
pub trait AsRawBytes {
    /// The bytes.
    fn as_raw_bytes(&self) -> &[u8];
}

/// An owned value that is bytes and nothing else, so that it can be received as such.
pub trait RawBytes: AsRawBytes + Sized {
    /// The value made of bytes that are somebody else's; the one copy.
    fn from_slice(bytes: &[u8]) -> Self;

    /// The value made of bytes that are already its own.
    fn from_vec(bytes: Vec<u8>) -> Self;
}

impl AsRawBytes for [u8] {
    fn as_raw_bytes(&self) -> &[u8] {
        self
    }
}

impl AsRawBytes for Vec<u8> {
    fn as_raw_bytes(&self) -> &[u8] {
        self
    }
}

impl AsRawBytes for Bytes {
    fn as_raw_bytes(&self) -> &[u8] {
        self
    }
}

impl<T: AsRawBytes + ?Sized> AsRawBytes for &T {
    fn as_raw_bytes(&self) -> &[u8] {
        (**self).as_raw_bytes()
    }
}

impl RawBytes for Vec<u8> {
    fn from_slice(bytes: &[u8]) -> Self {
        bytes.to_vec()
    }

    fn from_vec(bytes: Vec<u8>) -> Self {
        bytes
    }
}

impl RawBytes for Bytes {
    fn from_slice(bytes: &[u8]) -> Self {
        Bytes::copy_from_slice(bytes)
    }

    fn from_vec(bytes: Vec<u8>) -> Self {
        bytes.into()
    }
}

/// `T` as one run of bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Raw<T>(
    /// The bytes.
    pub T,
);

impl<T: AsRawBytes> Serialize for Raw<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0.as_raw_bytes())
    }
}

impl<'de, T: RawBytes> Deserialize<'de> for Raw<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Not `deserialize_byte_buf`: a decoder that lends the payload's bytes spares `Bytes` the detour over a `Vec`.
        deserializer.deserialize_bytes(RawVisitor(PhantomData)).map(Self)
    }
}

struct RawVisitor<T>(PhantomData<T>);

impl<'de, T: RawBytes> Visitor<'de> for RawVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bytes")
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<T, E> {
        Ok(T::from_slice(bytes))
    }

    fn visit_byte_buf<E>(self, bytes: Vec<u8>) -> Result<T, E> {
        Ok(T::from_vec(bytes))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut numbers: A) -> Result<T, A::Error> {
        let mut bytes = Vec::new();
        while let Some(number) = numbers.next_element()? {
            bytes.push(number);
        }
        Ok(T::from_vec(bytes))
    }
}

#[cfg(test)]
mod tests {
    use serde::de::value::{BorrowedBytesDeserializer, Error, SeqDeserializer};

    use super::*;

    #[test]
    fn bytes_are_lent_by_the_decoder_and_copied_once() {
        let decoder = BorrowedBytesDeserializer::<Error>::new(b"abc");
        assert_eq!(Raw::<Vec<u8>>::deserialize(decoder).unwrap().0, b"abc");
        let decoder = BorrowedBytesDeserializer::<Error>::new(b"abc");
        assert_eq!(Raw::<Bytes>::deserialize(decoder).unwrap().0, b"abc".as_slice());
    }

    #[test]
    fn a_sequence_of_numbers_is_accepted() {
        let decoder = SeqDeserializer::<_, Error>::new([1u8, 2, 3].into_iter());
        assert_eq!(Raw::<Vec<u8>>::deserialize(decoder).unwrap().0, [1, 2, 3]);
    }

    #[test]
    #[allow(clippy::needless_borrow, reason = "the reference is what is tried")]
    fn references_are_sent_like_what_they_refer_to() {
        let bytes = Bytes::from_static(b"abc");
        assert_eq!((&bytes).as_raw_bytes(), b"abc");
        assert_eq!((&bytes[..]).as_raw_bytes(), b"abc");
    }
}
