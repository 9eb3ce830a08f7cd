//! How a callback is offered, ready to be called by: what the controller has told of it, kept for the next call.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

use super::super::question::ask_until;
use super::super::source::{Named, Source};
use super::super::stub::Traced;
use crate::described::{Arguments, Front, Json, Layout, ReadAs};
use crate::error::{CallError, JsonError};
use crate::node::Node;
use crate::proto::{CallbackOffers, Described, Moment, OfferedBy, OfferedVersion, Query, RemoteError, Typed};
use crate::signature::{ErrorType, Type};

/// So many bytes of signatures are kept; when they are more, all are forgotten and asked for anew.
const KEPT_BYTES: usize = 4 * 1024 * 1024;

/// What is known of callbacks. A callback may be offered otherwise meanwhile: then the controller refuses what is sent by what was
/// known, without running it.
#[derive(Debug, Default)]
pub(crate) struct Descriptions(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    known: HashMap<Box<str>, Known>,
    bytes: usize,
}

/// Each way in which a callback is offered; the one that most offer is the first.
pub(super) type Known = Arc<[Arc<Version>]>;

/// What came of a call, and how it is read.
pub(super) type Came = (Bytes, ReadAs);

/// A way in which a callback is offered.
#[derive(Debug)]
pub(super) struct Version {
    named: Arc<Named>,
    /// Nothing is known of them if there is none.
    pub(super) arguments: Option<Arguments>,
    /// What it returns, or the items of it.
    ok: Arc<Layout>,
    pub(super) returns_stream: bool,
    error: Option<Arc<Layout>>,
    /// Nobody, if who it is was not told.
    pub(super) providers: Vec<OfferedBy>,
}

impl Descriptions {
    /// What is known of a callback, or else what the controller says of it, until then; and whether it has said it now.
    pub(super) async fn of(
        &self,
        node: &Arc<Node>,
        name: &str,
        until: Option<Moment>,
        anew: bool,
    ) -> Result<(Known, bool), CallError> {
        if let Some(known) = self.kept().known.get(name).filter(|_| !anew) {
            return Ok((Arc::clone(known), false));
        }
        let offers: CallbackOffers = ask_until(node, name, Query::Describe(name), until).await?;
        let bytes = offers.versions.iter().map(|version| version.signature.size());
        let bytes = bytes.sum::<usize>() + name.len();
        let mut versions = offers.versions;
        versions.sort_by_key(|version| std::cmp::Reverse(version.count));
        let known: Known = versions
            .into_iter()
            .map(|version| Arc::new(Version::new(name, version)))
            .collect();
        let mut kept = self.kept();
        if kept.bytes + bytes > KEPT_BYTES {
            *kept = Kept::default();
        }
        kept.bytes += bytes;
        kept.known.insert(name.into(), Arc::clone(&known));
        Ok((known, true))
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Version {
    fn new(name: &str, offered: OfferedVersion) -> Self {
        // What nobody can read matches nothing, so that it is told of whoever offers it.
        let signature = offered
            .signature
            .decode()
            .unwrap_or_else(|_| crate::signature::Signature::unknown());
        let error = match &signature.returns.error {
            ErrorType::Typed(error) => Some(Arc::new(Layout::new(error))),
            ErrorType::None | ErrorType::Remote => None,
        };
        let ok = &signature.returns.ok;
        // Numbers are computed from what came, not believed.
        let (number, names) = (signature.number(), signature.names_number());
        let exact = match names {
            0 => number,
            names => Described::named(number, names),
        };
        Self {
            arguments: signature.parameters.as_deref().map(Arguments::new),
            ok: Arc::new(Layout::new(ok.item().unwrap_or(ok))),
            returns_stream: ok.item().is_some(),
            error,
            providers: offered.providers,
            named: Arc::new(Named {
                name: name.to_owned(),
                traced: Traced::new(name, signature.into()),
                exact: Some(exact),
            }),
        }
    }

    /// Whose call one is that is made by it.
    pub(super) fn source(&self) -> Source {
        Source::Named(Arc::clone(&self.named))
    }

    /// Whether somebody offers it who is called that, and has these attributes; or may, where nobody is named.
    pub(super) fn may_be_of(&self, to: Option<&str>, having: &[(String, String)]) -> bool {
        let has = |provider: &OfferedBy| {
            to.is_none_or(|to| provider.name == to)
                && provider
                    .attributes
                    .have(having.iter().map(|(key, value)| (key.as_str(), value.as_str())))
        };
        self.providers.is_empty() || self.providers.iter().any(has)
    }

    /// How what it returns, or an item of that, is read.
    pub(super) const fn ok(&self) -> &Arc<Layout> {
        &self.ok
    }

    /// What it returned.
    pub(super) fn value(&self, (bytes, reading): &Came) -> Result<Json, CallError<JsonError>> {
        let layout = match reading {
            ReadAs::By(layout) => layout,
            ReadAs::Own | ReadAs::Guarded => &self.ok,
        };
        Json::new(layout, bytes)
            .map_err(|misfit| CallError::decode(&*self.named.name, format!("the result: {misfit}"), true))
    }

    /// Its own error, as it came.
    pub(super) fn error(&self, error: CallError<Own>) -> CallError<JsonError> {
        error.map_app(|Own(words, typed)| {
            let value = match (typed, &self.error) {
                (Typed::Encoded(bytes), Some(layout)) => Json::new(layout, &bytes).ok(),
                (Typed::Explained(bytes), _) => Front::split(&bytes)
                    .and_then(|(_, value)| Json::new(&Arc::new(Layout::new(&Type::Any)), &value))
                    .ok(),
                _ => None,
            };
            JsonError::new(words, value)
        })
    }
}

/// A callback's own error, as it came.
#[derive(Debug)]
pub(super) struct Own(pub(super) RemoteError, pub(super) Typed);
