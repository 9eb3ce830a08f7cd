//! How traces cross processes: between the spans of `tracing` and the W3C contexts of calls.

use std::fmt;
use std::sync::Arc;

use tracing::Span;

use crate::panics;
use crate::proto::TraceContext;

type Inject = Arc<dyn Fn(&Span) -> Option<TraceContext> + Send + Sync>;
type Extract = Arc<dyn Fn(&Span, TraceContext) + Send + Sync>;

/// What a program that exports traces has told: `tracing` itself does not know W3C contexts.
#[derive(Clone, Default)]
pub(crate) struct Traces {
    pub(crate) inject: Option<Inject>,
    pub(crate) extract: Option<Extract>,
}

impl Traces {
    /// The context of the running code's span.
    pub(crate) fn current(&self) -> Option<TraceContext> {
        let inject = self.inject.as_ref()?;
        caught(|| inject(&Span::current())).flatten()
    }

    /// Makes the span of a callback a part of the trace that its call came with.
    pub(crate) fn extract(&self, span: &Span, context: TraceContext) {
        if let Some(extract) = &self.extract {
            caught(|| extract(span, context));
        }
    }
}

/// What a hook of the program gives; nothing if it panics.
fn caught<T>(hook: impl FnOnce() -> T) -> Option<T> {
    let given = panics::caught(hook);
    if given.is_err() {
        panics::logged(|| {
            tracing::warn!(
                "a hook that exchanges traces (inject_trace, extract_trace) panicked; the call goes on without"
            );
        });
    }
    given.ok()
}

impl fmt::Debug for Traces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Traces").finish_non_exhaustive()
    }
}
