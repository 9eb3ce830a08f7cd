//! What stands in front of values that explain themselves: the structure of who wrote them.

use bytes::{BufMut, Bytes, BytesMut};
use serde::Deserialize;

use super::misfit::Misfit;
use super::reading::{ReadAs, Readings};
use crate::proto::{self, Limits};
use crate::signature::flat::types;
use crate::signature::{ErrorType, Interface, Readable, Type};

/// The structure of values, as it stands in front of them. Equal ones are equal bytes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Front(Bytes);

/// What a callback answers with: the structure of its results, and that of its errors.
#[derive(Clone, Debug)]
pub struct Fronts {
    /// In front of a result, and of the items of a stream.
    pub ok: Front,
    /// In front of an error.
    pub error: Front,
}

impl Front {
    /// That of a value which says itself what it is.
    #[must_use]
    pub fn explained() -> Self {
        Self::new(&[&Type::Any])
    }

    /// That of some values.
    fn new(types: &[&Type]) -> Self {
        let front = proto::encode(types);
        Self(front.expect("names and numbers can be encoded"))
    }

    /// That of the arguments of a call; `None` if they are not known.
    #[must_use]
    pub fn of_arguments(interface: &Interface) -> Option<Self> {
        let parameters = interface.signature.parameters.as_ref()?.iter();
        let types: Vec<_> = parameters.map(|parameter| &parameter.ty).collect();
        Some(Self::new(&types))
    }

    /// The same with a value, or arguments, behind it.
    #[must_use]
    pub fn before(&self, value: &[u8]) -> Bytes {
        let mut bytes = BytesMut::with_capacity(4 + self.0.len() + value.len());
        bytes.put_u32_le(u32::try_from(self.0.len()).unwrap_or(u32::MAX));
        bytes.extend_from_slice(&self.0);
        bytes.extend_from_slice(value);
        bytes.freeze()
    }

    /// What stands in front of `bytes`, and what comes behind it.
    ///
    /// # Errors
    ///
    /// When there is none, or it is too long.
    pub fn split(bytes: &Bytes) -> Result<(Self, Bytes), Misfit> {
        let none = || Misfit::new("the structure of what was sent is missing");
        let length: [u8; 4] = *bytes.first_chunk().ok_or_else(none)?;
        let length = usize::try_from(u32::from_le_bytes(length)).map_err(|_| none())?;
        let end = 4_usize.saturating_add(length);
        if length > Limits::SIGNATURE_BYTES || end > bytes.len() {
            return Err(none());
        }
        Ok((Self(bytes.slice(4..end)), bytes.slice(end..)))
    }

    /// The same in memory of its own.
    #[must_use]
    pub fn kept(&self) -> Self {
        Self(Bytes::copy_from_slice(&self.0))
    }

    /// How many bytes it has.
    #[must_use]
    pub fn size(&self) -> usize {
        self.0.len()
    }

    fn types(&self) -> Result<Vec<Type>, Misfit> {
        #[derive(Deserialize)]
        struct Types(#[serde(deserialize_with = "types")] Vec<Type>);

        let Types(types) = proto::decode_guarded(&self.0)
            .map_err(|error| Misfit::new(format_args!("the structure of what was sent is none: {error}")))?;
        Ok(types)
    }

    /// How arguments are read behind it by a callback with that interface, which reads those of its own structure as is `own`.
    ///
    /// # Errors
    ///
    /// When it is no structure of arguments, or the callback cannot read them.
    pub fn arguments(&self, interface: &Interface, own: &Readings) -> Result<Readings, Misfit> {
        Readings::new(self.types()?, interface, own)
    }

    /// How a value is read behind it by a reader of that structure, which reads those of its own as is `own`; a stream's
    /// items, if it is one.
    ///
    /// # Errors
    ///
    /// When it is no structure of one value, or the reader cannot read it.
    pub fn value(&self, read: &Readable, own: ReadAs) -> Result<ReadAs, Misfit> {
        match <[Type; 1]>::try_from(self.types()?) {
            Ok([written]) => ReadAs::of(&written, read, own),
            Err(_) => Err(Misfit::new(
                "the structure of what was sent is not that of one value",
            )),
        }
    }
}

impl Fronts {
    /// What a callback answers with.
    #[must_use]
    pub fn of(interface: &Interface) -> Self {
        let returns = &interface.signature.returns;
        Self {
            ok: Front::new(&[&returns.ok]),
            error: match &returns.error {
                ErrorType::Typed(error) => Front::new(&[error]),
                ErrorType::None | ErrorType::Remote => Front::new(&[]),
            },
        }
    }
}
