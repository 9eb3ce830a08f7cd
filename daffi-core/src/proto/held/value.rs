//! A value that is written under watch.

/// A value, and what looks on while it is written.
pub(in super::super) struct Held<'a, T: ?Sized, W> {
    pub(super) value: &'a T,
    pub(super) watch: W,
}

impl<'a, T: ?Sized, W> Held<'a, T, W> {
    pub(in super::super) const fn new(value: &'a T, watch: W) -> Self {
        Self { value, watch }
    }
}
