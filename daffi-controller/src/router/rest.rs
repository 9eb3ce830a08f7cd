//! What of a call's payload is yet to be passed on.

use daffi_core::proto::ToCome;

use super::ids::PeerId;

/// What is passed on of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Passing {
    /// Nothing, or nothing more.
    Nothing,
    Arguments(Rest),
    Result(Rest),
}

/// What is to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rest {
    pub(super) to_come: ToCome,
    /// Who is to have it.
    pub(super) to: PeerId,
    /// There is room for it.
    pub(super) assured: bool,
}

impl Passing {
    pub(super) const fn rest(self) -> Option<Rest> {
        match self {
            Self::Nothing => None,
            Self::Arguments(rest) | Self::Result(rest) => Some(rest),
        }
    }
}
