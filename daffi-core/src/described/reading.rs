//! How values are read: by positions, or by the structure of who wrote them.

use std::sync::Arc;

use serde::Deserialize;

use super::agreement::{arguments, item};
use super::compatible::Verdict;
use super::layout::Layout;
#[cfg(feature = "runtime")]
use super::layout::Place;
use super::misfit::Misfit;
use super::{decode, decode_arguments, decode_next};
use crate::proto::{self, DecodeError};
use crate::signature::{Interface, Readable, Type};

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

/// How the items of a stream are read.
#[derive(Clone, Debug)]
pub struct ItemsAs {
    /// Those that have positions.
    pub(crate) positions: ReadAs,
    /// Those that say themselves what they are, which any may, whatever the others do; or why they cannot be read.
    explained: Result<ReadAs, Misfit>,
}

/// How the arguments of a call are read.
#[derive(Clone, Debug)]
pub struct Readings {
    /// Those that are no streams, as a tuple.
    pub arguments: ReadAs,
    /// The items of each that is a stream, in order; nothing if there are none.
    streams: Option<Arc<[ItemsAs]>>,
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

impl ItemsAs {
    /// Those that have positions are read so, and the others as a type, or a stream of it, is read as.
    pub(crate) fn new(positions: ReadAs, read: &Readable) -> Self {
        let written = match read.ty.item() {
            Some(_) => Type::Any.streamed(),
            None => Type::Any,
        };
        Self {
            explained: ReadAs::of(&written, read, positions.clone()),
            positions,
        }
    }

    /// The same, but that those with positions are read so.
    #[must_use]
    pub(crate) fn by(&self, positions: ReadAs) -> Self {
        Self {
            positions,
            explained: self.explained.clone(),
        }
    }

    /// How those are read that say themselves what they are, or the others.
    #[cfg(feature = "runtime")]
    pub(crate) fn reading(&self, explained: bool) -> Result<&ReadAs, DecodeError> {
        if !explained {
            return Ok(&self.positions);
        }
        let reading = self.explained.as_ref();
        reading.map_err(|misfit| misfit.clone().into())
    }
}

impl Readings {
    /// Those of a callback whose arguments have positions.
    #[must_use]
    pub const fn own(guarded: bool) -> Self {
        Self {
            arguments: ReadAs::own(guarded),
            streams: None,
        }
    }

    /// Those of a callback's own.
    #[must_use]
    pub fn of_callback(interface: &Interface) -> Self {
        let guarded = interface.signature.needs_guard();
        let parameters = interface.parameters().unwrap_or_default();
        let (streams, values): (Vec<_>, Vec<_>) = parameters
            .into_iter()
            .map(|(_, readable, _)| readable)
            .partition(|readable| readable.ty.item().is_some());
        let streams = streams
            .iter()
            .map(|read| ItemsAs::new(ReadAs::of_type(&read.ty, guarded), read));
        let explains = values.iter().any(|read| read.ty.explains());
        let values = || Type::Tuple(values.iter().map(|read| read.ty.clone()).collect());
        Self {
            arguments: if explains {
                ReadAs::of_type(&values(), guarded)
            } else {
                ReadAs::own(guarded)
            },
            streams: some(streams.collect()),
        }
    }

    /// How one of the arguments is read that are streams.
    #[must_use]
    pub fn stream(&self, index: usize) -> ItemsAs {
        let known = self.streams.as_ref().and_then(|streams| streams.get(index));
        // Where none is known, all are the callback's own.
        known.cloned().unwrap_or_else(|| ItemsAs {
            positions: self.arguments.clone(),
            explained: Err(not_known()),
        })
    }

    /// How arguments are read of which each says itself what it is, though others are not sent so.
    ///
    /// # Errors
    ///
    /// When the callback cannot read them.
    #[cfg(feature = "runtime")]
    pub(crate) fn explained(&self, interface: &Interface, own: &Self) -> Result<Self, Misfit> {
        let parameters = interface.signature.parameters.as_ref().ok_or_else(not_known)?;
        let sent = match &self.arguments {
            ReadAs::By(layout) => match layout.place(layout.root()) {
                Place::Tuple(arguments) => arguments.len(),
                _ => 0,
            },
            ReadAs::Own | ReadAs::Guarded => parameters.len(),
        };
        Self::new(vec![Type::Any; sent], interface, own)
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
                let own = own.stream(streams.len());
                streams.push(own.by(ReadAs::of(&written, &read, own.positions.clone())?));
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
            streams: some(streams),
        })
    }
}

fn some(streams: Vec<ItemsAs>) -> Option<Arc<[ItemsAs]>> {
    (!streams.is_empty()).then(|| streams.into())
}

fn not_known() -> Misfit {
    Misfit::new("the structure of what was sent does not say all")
}

impl From<Misfit> for DecodeError {
    fn from(misfit: Misfit) -> Self {
        Self::new(misfit.to_string())
    }
}
