//! Streams and futures in boxes, as they are written.

use syn::{Type, TypeParamBound};

use crate::types::{self, StreamForm};

/// What is in a box.
pub(crate) enum Boxed {
    /// A stream or an iterator.
    Stream(StreamForm),
    Future,
}

impl Boxed {
    /// What is in it, if this is one that is called so: `BoxStream`, `Pin<Box<dyn Future>>` and their kin.
    pub(crate) fn of(ty: &Type) -> Option<Self> {
        let segment = types::last_segment(ty)?;
        let inside = || types::type_arguments(segment).first().copied();
        match segment.ident.to_string().as_str() {
            "BoxStream" | "LocalBoxStream" => Some(Self::Stream(StreamForm::Stream)),
            "BoxFuture" | "LocalBoxFuture" => Some(Self::Future),
            "Pin" => Self::of(inside()?),
            "Box" => match types::bare(inside()?) {
                Type::TraitObject(object) => object.bounds.iter().find_map(Self::behind),
                _ => None,
            },
            _ => None,
        }
    }

    /// What of it a trait object says.
    fn behind(bound: &TypeParamBound) -> Option<Self> {
        let TypeParamBound::Trait(bound) = bound else {
            return None;
        };
        match bound.path.segments.last()?.ident.to_string().as_str() {
            "Stream" => Some(Self::Stream(StreamForm::Stream)),
            "Iterator" => Some(Self::Stream(StreamForm::Iterator)),
            "Future" => Some(Self::Future),
            _ => None,
        }
    }
}
