//! How values are read: by positions, or by the structure of who wrote them.

use std::sync::Arc;

use serde::Deserialize;

use super::agreement::{arguments, item};
use super::compatible::Verdict;
use super::layout::Layout;
use super::misfit::Misfit;
use super::{decode, decode_arguments, decode_next};
use crate::proto::{self, DecodeError};
use crate::signature::{Interface, Readable, Signature, Type};

/// How values are read.
#[derive(Clone, Debug)]
pub enum ReadAs {
    /// By positions, as the reader's own.
    Own,
    /// The same, by a type whose values can nest without end.
    Guarded,
    /// By the structure of who wrote them.
    By(Arc<Layout>),
}

/// How the arguments of a call are read.
#[derive(Clone, Debug)]
pub struct Readings {
    /// Those that are no streams, as a tuple.
    pub arguments: ReadAs,
    /// The items of each that is a stream, in order.
    pub streams: Vec<ReadAs>,
}

/// Takes one item from the front of the bytes, and says how many it took.
pub type DecodeItem<T> = fn(&[u8], &ReadAs) -> Result<(T, usize), DecodeError>;

impl ReadAs {
    /// As the reader's own, whose values may nest without end.
    #[must_use]
    pub const fn own(guarded: bool) -> Self {
        if guarded { Self::Guarded } else { Self::Own }
    }

    /// As the reader's own of that type, or the items of a stream of it; `guarded` if they can nest without end.
    #[must_use]
    pub fn of_type(ty: &Type, guarded: bool) -> Self {
        let ty = ty.item().unwrap_or(ty);
        if ty.explains() {
            Self::By(Arc::new(Layout::new(ty)))
        } else {
            Self::own(guarded)
        }
    }

    /// How a value, or the items of a stream, are read that were `written` by another structure, if they can be.
    pub(super) fn of(written: &Type, read: &Readable, own: Self) -> Result<Self, Misfit> {
        Ok(match item(written, read)? {
            Verdict::Same => own,
            _ => Self::By(Arc::new(Layout::new(written.item().unwrap_or(written)))),
        })
    }

    /// The value that fills `bytes`.
    ///
    /// # Errors
    ///
    /// When the bytes are no such value, or not all of one.
    pub fn decode<'de, T: Deserialize<'de>>(&self, bytes: &'de [u8]) -> Result<T, DecodeError> {
        match self {
            Self::Own => proto::decode(bytes),
            Self::Guarded => proto::decode_guarded(bytes),
            Self::By(layout) => decode(layout, bytes).map_err(DecodeError::from),
        }
    }

    /// The value at the start of `bytes`, and how many bytes it took.
    ///
    /// # Errors
    ///
    /// When the bytes do not begin with such a value.
    pub fn decode_next<'de, T: Deserialize<'de>>(&self, bytes: &'de [u8]) -> Result<(T, usize), DecodeError> {
        match self {
            Self::Own => proto::decode_next(bytes, false),
            Self::Guarded => proto::decode_next(bytes, true),
            Self::By(layout) => decode_next(layout, bytes).map_err(DecodeError::from),
        }
    }

    /// As [`decode`](Self::decode), a tuple of arguments, of which some may be missing at the end.
    ///
    /// # Errors
    ///
    /// As [`decode`](Self::decode).
    pub fn decode_arguments<'de, A: Deserialize<'de>>(&self, bytes: &'de [u8]) -> Result<A, DecodeError> {
        match self {
            Self::By(layout) => decode_arguments(layout, bytes).map_err(DecodeError::from),
            Self::Own | Self::Guarded => self.decode(bytes),
        }
    }
}

impl Readings {
    /// Those of a callback whose arguments have positions.
    #[must_use]
    pub const fn own(guarded: bool) -> Self {
        Self {
            arguments: ReadAs::own(guarded),
            streams: Vec::new(),
        }
    }

    /// Those of a callback's own.
    #[must_use]
    pub fn of_callback(signature: &Signature) -> Self {
        let guarded = signature.needs_guard();
        let types = || {
            signature
                .parameters
                .iter()
                .flatten()
                .map(|parameter| &parameter.ty)
        };
        if !types().any(Type::explains) {
            return Self::own(guarded);
        }
        let values = types().filter(|ty| ty.item().is_none()).cloned();
        let streams = types().filter(|ty| ty.item().is_some());
        Self {
            arguments: ReadAs::of_type(&Type::Tuple(values.collect()), guarded),
            streams: streams.map(|ty| ReadAs::of_type(ty, guarded)).collect(),
        }
    }

    /// How one of the arguments is read that are streams.
    #[must_use]
    pub fn stream(&self, index: usize) -> ReadAs {
        // Where none is known, all are the callback's own.
        self.streams.get(index).unwrap_or(&self.arguments).clone()
    }

    pub(super) fn new(written: Vec<Type>, interface: &Interface, own: &Self) -> Result<Self, Misfit> {
        let mut streams = Vec::new();
        let differing = match interface.parameters() {
            // Nobody's word is taken for it.
            Some(read) if arguments(written.iter(), &read)? => read,
            _ => return Ok(own.clone()),
        };
        let mut types = Vec::new();
        for (written, (_, read, _)) in written.into_iter().zip(differing) {
            if written.item().is_some() {
                streams.push(ReadAs::of(&written, &read, own.stream(streams.len()))?);
                continue;
            }
            // Of what is the same, the reader may know more.
            let knows_more = written.is_opaque_somewhere() && written.matches(&read.ty);
            let known = if knows_more { read.ty } else { written };
            if known.is_opaque_somewhere() {
                return Err(not_known());
            }
            types.push(known);
        }
        Ok(Self {
            arguments: ReadAs::By(Arc::new(Layout::new(&Type::Tuple(types)))),
            streams,
        })
    }
}

fn not_known() -> Misfit {
    Misfit::new("the structure of what was sent does not say all")
}

impl From<Misfit> for DecodeError {
    fn from(misfit: Misfit) -> Self {
        Self::new(misfit.to_string())
    }
}
