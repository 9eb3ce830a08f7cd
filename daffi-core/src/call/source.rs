//! Whose call it is: what is known of the callback before the call.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use tracing::warn;

use super::encoded::Arguments;
use super::stub::{Stub, Traced};
use crate::described::{ItemsAs, ReadAs, Readings};
use crate::node::{Node, Terms};
use crate::panics::logged;
use crate::proto::{DecodeError, Described};

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

    /// In which terms it is sent: by its own number, or in those that `node` has found to go together with it.
    pub(super) fn terms(&self, node: &Node) -> Terms {
        if let Some(number) = self.exact() {
            return Terms::Number(number);
        }
        let Some(traced) = self.traced() else {
            return Terms::Number(0);
        };
        node.accepted()
            .terms(self.name(), traced.number, || traced.called())
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
        if traced.interface.signature.may_be_confused_with(&offered) {
            logged(|| {
                warn!(
                    callback = stub.name,
                    called = %traced.interface.signature,
                    offered = %offered,
                    "the callback has other names for the arguments, some of which are of one type: see that they are in the \
                     same order, and give them the same names on both sides"
                );
            });
        }
    }

    /// The arguments with their structure in front of them, if it is known, and these of them with names.
    pub(super) fn described(&self, arguments: &Arguments, named: &[usize]) -> Option<Arguments> {
        let described = self.traced()?.described(arguments.0.as_ref().ok()?, named)?;
        Some(Arguments(described))
    }

    /// How the result, or the items of a stream with positions, are read that came in those bytes; and what is behind the structure, if that
    /// is in front.
    pub(super) fn result(&self, bytes: Bytes, described: bool) -> Result<(Bytes, ReadAs), DecodeError> {
        match self.traced() {
            Some(traced) if described => traced.result(&bytes),
            _ => Ok((bytes, self.own())),
        }
    }

    /// How the items of a stream are read, of which those that have positions are read so.
    pub(super) fn items(&self, positions: ReadAs) -> ItemsAs {
        match self.traced() {
            Some(traced) => traced.items(positions),
            None => Readings::own(true).stream(0),
        }
    }

    /// The same of the callback's error.
    pub(super) fn error(&self, bytes: Bytes, described: bool) -> Result<(Bytes, ReadAs), DecodeError> {
        match self.traced() {
            Some(traced) if described => traced.error(&bytes),
            Some(traced) => Ok((bytes, traced.own_error.clone())),
            None => Ok((bytes, ReadAs::Guarded)),
        }
    }

    /// How the result is read where the callback has the same type.
    pub(super) fn own(&self) -> ReadAs {
        self.traced().map_or(ReadAs::Guarded, |traced| traced.own.clone())
    }
}
