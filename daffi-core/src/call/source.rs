//! Whose call it is: what is known of the callback before the call.

use std::sync::Arc;

use super::stub::{Stub, Traced};

/// Whose call it is.
#[derive(Clone, Debug)]
pub(super) enum Source {
    Stub(&'static Stub),
    /// A stub whose signature is another at each call.
    Varying(&'static Stub, Arc<Traced>),
    Named(Arc<Named>),
}

/// A call by name.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) name: String,
    pub(super) traced: Traced,
}

impl Source {
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Stub(stub) | Self::Varying(stub, _) => stub.name,
            Self::Named(named) => &named.name,
        }
    }

    /// Present from the moment the call exists.
    pub(super) fn traced(&self) -> Option<&Traced> {
        match self {
            Self::Stub(stub) => stub.traced(),
            Self::Varying(_, traced) => Some(traced),
            Self::Named(named) => Some(&named.traced),
        }
    }

    /// Whether what is received can nest without end.
    pub(super) fn guarded(&self) -> bool {
        self.traced().is_none_or(|traced| traced.guarded)
    }
}
