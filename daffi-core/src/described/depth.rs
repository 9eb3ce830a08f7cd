//! How many values may be inside of each other.

use super::misfit::Misfit;
use crate::proto::Limits;

/// One level further in.
#[inline]
pub(super) fn deeper(level: usize) -> Result<usize, Misfit> {
    if level >= Limits::DEPTH {
        return Err(Misfit::new(format_args!(
            "nested deeper than {} levels",
            Limits::DEPTH
        )));
    }
    Ok(level + 1)
}
