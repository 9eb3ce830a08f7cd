//! Whether what was written by one structure is read by another type, known before a value is there.

use super::comparison::Comparison;
use super::layout::Layout;
use super::misfit::Misfit;
use crate::signature::{Readable, Type};

/// Whether values that are written by one structure are read by a type of another one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// They have the same positions as far as is known, so that neither structure is needed.
    Same,
    /// They are read by the writer's structure. A value of a variant that the reader does not know is refused where it comes.
    Compatible,
    /// They are not read. The message has the place at fault, and what change would have been compatible.
    Incompatible(Misfit),
}

impl Verdict {
    /// Why they are not read, if they are not.
    #[must_use]
    pub fn misfit(self) -> Option<Misfit> {
        match self {
            Self::Incompatible(misfit) => Some(misfit),
            Self::Same | Self::Compatible => None,
        }
    }

    /// Whether values are read, be it by the writer's structure.
    #[must_use]
    pub const fn is_compatible(&self) -> bool {
        matches!(self, Self::Same | Self::Compatible)
    }
}

/// Whether what is written by `writer`'s structure can be read by the type that `reader` is of.
///
/// ```
/// use daffi_core::described::{Verdict, compatible};
/// use daffi_core::signature::reading;
///
/// assert_eq!(compatible(&reading::<u32>(), &reading::<u64>()), Verdict::Compatible);
/// let Verdict::Incompatible(misfit) = compatible(&reading::<Vec<u64>>(), &reading::<Vec<u32>>()) else {
///     panic!("a number may not become narrower")
/// };
/// assert_eq!(misfit.to_string(), "`[]`: u64 is written, and u32 is expected; a number may only become wider");
/// ```
#[must_use]
pub fn compatible(writer: &Readable, reader: &Readable) -> Verdict {
    is_read(&writer.ty, reader)
}

/// As [`compatible`]: of whoever writes, only the structure counts.
pub(super) fn is_read(written: &Type, reader: &Readable) -> Verdict {
    let (written, read) = match (written.item(), reader.ty.item()) {
        (Some(items), Some(_)) => (Layout::new(items), Layout::of_items(reader)),
        (Some(_), None) | (None, Some(_)) => {
            let misfit = Misfit::new("one is a stream, and the other is none; add another callback for it");
            return Verdict::Incompatible(misfit);
        }
        (None, None) => (Layout::new(written), Layout::of(reader)),
    };
    match Comparison::new(&written, &read).all() {
        Ok(false) => Verdict::Same,
        Ok(true) => Verdict::Compatible,
        Err(misfit) => Verdict::Incompatible(misfit),
    }
}
