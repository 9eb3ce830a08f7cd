//! Where a value is looked at, and why that may stop.

use std::cell::RefCell;
use std::fmt::{self, Display};

use serde::ser::{Serialize, Serializer};

use super::seen::{Agreed, Contradiction, Place, Seen};
use crate::signature::Type;

/// Why nobody looks on.
#[derive(Debug)]
pub(super) enum Stopped {
    /// A value failed to serialize. Whoever sends it will find out why.
    Unserializable,
    At(Contradiction),
}

impl Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unserializable => f.write_str("the value does not serialize"),
            Self::At(contradiction) => contradiction.fmt(f),
        }
    }
}

impl std::error::Error for Stopped {}

impl serde::ser::Error for Stopped {
    fn custom<T: Display>(_: T) -> Self {
        Self::Unserializable
    }
}

impl From<Contradiction> for Stopped {
    fn from(contradiction: Contradiction) -> Self {
        Self::At(contradiction)
    }
}

pub(super) type Sketched<T = ()> = Result<T, Stopped>;

/// The serializer.
#[derive(Clone, Copy)]
pub(super) struct Sketch<'b> {
    pub(super) seen: &'b RefCell<Seen>,
    /// Where it is; nowhere in what nobody looks into.
    pub(super) at: Option<Place>,
}

impl<'b> Sketch<'b> {
    /// What there is to see of something here, if anybody looks.
    pub(super) fn see<T>(
        self,
        look: impl FnOnce(&mut Seen, Place) -> Agreed<Option<T>>,
    ) -> Sketched<Option<T>> {
        match self.at {
            Some(at) => Ok(look(&mut self.seen.borrow_mut(), at)?),
            None => Ok(None),
        }
    }

    pub(super) fn leaf(self, ty: &Type) -> Sketched {
        self.see(|seen, at| seen.leaf(at, ty).map(Some)).map(drop)
    }

    pub(super) const fn to(self, at: Option<Place>) -> Self {
        Self { at, ..self }
    }

    pub(super) fn inside<T: Serialize + ?Sized>(self, at: Option<Place>, value: &T) -> Sketched
    where
        Self: Serializer<Ok = (), Error = Stopped>,
    {
        match at {
            Some(_) => value.serialize(self.to(at)),
            None => Ok(()),
        }
    }

    /// As [`inside`](Self::inside), for an element of many.
    pub(super) fn element<T: Serialize + ?Sized>(
        self,
        number: usize,
        at: Option<Place>,
        value: &T,
    ) -> Sketched
    where
        Self: Serializer<Ok = (), Error = Stopped>,
    {
        self.inside(at, value).map_err(|stopped| match stopped {
            Stopped::At(contradiction) => Stopped::At(contradiction.in_element(number)),
            other => other,
        })
    }
}
