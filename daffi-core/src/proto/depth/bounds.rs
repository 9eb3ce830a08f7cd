//! What is asked while a value is decoded.

use serde::de::Error;

/// What is asked on the way through a value.
pub(super) trait Bounds: Copy {
    /// The bounds one level further in: inside of an option, newtype, sequence, map, tuple, struct or enum, or of the
    /// tuple or struct that a variant carries.
    fn enter<E: Error>(self) -> Result<Self, E>;

    /// A sequence or map begins, and says how long it is.
    fn announce<E: Error>(self, claimed: Option<usize>) -> Result<(), E>;

    /// An element of a sequence or an entry of a map was read.
    fn count<E: Error>(self) -> Result<(), E>;

    /// For how many elements it makes sense to take memory beforehand.
    fn room(self) -> usize;
}
