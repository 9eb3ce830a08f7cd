//! Whose call it is: what is known of the callback before the call.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tracing::warn;

use super::stub::{Stub, Traced};
use crate::node::Node;
use crate::panics::logged;
use crate::proto::Described;

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
    /// The number to send, and no other: the call is made by a callback's own signature.
    pub(super) exact: Option<u64>,
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

    /// The number to send, if no other stands for it.
    pub(super) fn exact(&self) -> Option<u64> {
        match self {
            Self::Named(named) => named.exact,
            Self::Stub(_) | Self::Varying(..) => None,
        }
    }

    /// The number to send: that of its signature, or one that `node` has found to go together with it.
    pub(super) fn number(&self, node: &Node) -> u64 {
        let accepted = |traced: &Traced| node.accepted().number(self.name(), traced.number);
        self.exact().unwrap_or_else(|| self.traced().map_or(0, accepted))
    }

    /// The number to send to have the names of the parameters compared, unless they have been.
    pub(super) fn named(&self) -> Option<u64> {
        match self {
            Self::Stub(stub) | Self::Varying(stub, _) if !stub.compared.load(Ordering::Relaxed) => {
                self.traced()?.named()
            }
            _ => None,
        }
    }

    /// The names of the parameters have been compared with a provider's. If they differ, whose signature is `offered`, its
    /// words go to the log once: two arguments of one type may have changed places, which nothing else shows.
    pub(super) fn compared(&self, offered: Option<&Described>) {
        let (Self::Stub(stub) | Self::Varying(stub, _)) = self else {
            return;
        };
        if stub.compared.swap(true, Ordering::Relaxed) {
            return;
        }
        let (Some(traced), Some(Ok(offered))) = (self.traced(), offered.map(Described::decode)) else {
            return;
        };
        if traced.signature.may_be_confused_with(&offered) {
            logged(|| {
                warn!(
                    callback = stub.name,
                    called = %traced.signature,
                    offered = %offered,
                    "the callback has other names for the arguments, some of which are of one type: see that they are in the \
                     same order, and give them the same names on both sides"
                );
            });
        }
    }

    /// Whether what is received can nest without end.
    pub(super) fn guarded(&self) -> bool {
        self.traced().is_none_or(|traced| traced.guarded)
    }
}
