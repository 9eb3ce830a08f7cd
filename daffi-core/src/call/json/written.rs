//! Arguments that wait until it is known how they are to be written.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use futures_util::{Stream, StreamExt as _};
use serde::Serialize;

use super::super::pump::Feeds;
use crate::described::{Arguments, Elsewhere, Encoded, Layout, Misfit, encode_with};
use crate::proto::{EncodeError, Items, numbers};
use crate::signature::Form;

/// Arguments as somebody wrote them.
pub(super) trait Written: Send + Sync {
    fn encode(&self, arguments: &Arguments, elsewhere: Option<&Elsewhere>) -> Result<Encoded, Misfit>;
}

impl<A: Serialize + Send + Sync> Written for A {
    fn encode(&self, arguments: &Arguments, elsewhere: Option<&Elsewhere>) -> Result<Encoded, Misfit> {
        arguments.encode_with(self, elsewhere)
    }
}

type Begun = Pin<Box<dyn Stream<Item = Result<Vec<u8>, Misfit>> + Send>>;
type Begin<L> = Box<dyn FnOnce(L) -> Begun + Send>;

/// A stream whose items are written by an `L`.
pub(super) struct Later<L>(Mutex<Option<Begin<L>>>);

impl<L> fmt::Debug for Later<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Later")
    }
}

impl<L> Later<L> {
    fn new(begin: impl FnOnce(L) -> Begun + Send + 'static) -> Self {
        Self(Mutex::new(Some(Box::new(begin))))
    }

    fn begin(self, by: L) -> Option<Begun> {
        let begin = self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        begin.map(|begin| begin(by))
    }
}

/// How the items of a stream are written, and where bytes are that are not in them.
pub(super) type By<L> = (L, Option<Elsewhere>);

impl Later<By<Layout>> {
    /// An argument that is a stream.
    pub(super) fn argument<S>(items: S) -> Self
    where
        S: Stream<Item: Serialize> + Send + 'static,
    {
        Self::new(|(layout, elsewhere)| {
            Box::pin(items.map(move |item| encode_with(&layout, &item, elsewhere.as_ref())))
        })
    }
}

impl Later<By<Arguments>> {
    /// All arguments, again and again.
    pub(super) fn each<S>(items: S) -> Self
    where
        S: Stream<Item: Serialize> + Send + 'static,
    {
        Self::new(|(arguments, elsewhere)| {
            Box::pin(items.map(move |written| {
                let mut bytes = Vec::new();
                let item = arguments.encode_with(&written, elsewhere.as_ref())?;
                numbers::bytes(&mut bytes, &item.bytes);
                Ok(bytes)
            }))
        })
    }
}

/// What was wrong with an item of a stream that was sent.
pub(super) type Fault = Arc<OnceLock<Misfit>>;

/// Streams that are sent, each written as it is to be read. One that has an item which does not fit ends there, and it is kept why.
pub(super) fn feeds<L>(streams: impl IntoIterator<Item = (Later<L>, L)>, fault: &Fault) -> Feeds {
    let mut feeds = Feeds::new();
    for (later, by) in streams {
        let fault = Arc::clone(fault);
        let keep = move |item: &Result<Vec<u8>, Misfit>| {
            if let Err(misfit) = item {
                let _ = fault.set(misfit.clone());
            }
        };
        if let Some(items) = later.begin(by) {
            feeds.add(items.inspect(keep), append);
        }
    }
    feeds
}

/// Appends an item that is written already.
fn append(item: Result<Vec<u8>, Misfit>, _: &Form, items: &mut Items) -> Result<(), EncodeError> {
    let item = item.map_err(|misfit| EncodeError::new(misfit.to_string()))?;
    items.add(&item);
    Ok(())
}

/// Arguments that may be written in several ways.
pub(super) type Shared = Arc<dyn Written>;
