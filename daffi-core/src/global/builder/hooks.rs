//! What of the program's is called on the way of a [`Global`].

use std::sync::Arc;

use super::{Global, GlobalBuilder};
use crate::error::StartError;
use crate::proto::TraceContext;

impl GlobalBuilder {
    /// How a call learns the W3C context of the [`tracing`] span that it is made in, which then travels with it. `None`
    /// from it leaves the context of the callback that makes the call, if one does.
    ///
    /// [`tracing`] does not know W3C contexts; whatever exports the spans does. With the crate `tracing-opentelemetry`,
    /// for instance, it is `span.context().span().span_context()`, whose identifiers and flags are those of
    /// [`TraceContext`].
    ///
    /// ```
    /// use daffi::{Global, TraceContext};
    ///
    /// let builder = Global::builder().inject_trace(|span| {
    ///     // Ask whatever exports spans; here every call belongs to one trace.
    ///     let id = span.id()?.into_u64();
    ///     Some(TraceContext { trace_id: [7; 16], span_id: id.to_be_bytes(), flags: 1 })
    /// });
    /// ```
    pub fn inject_trace(
        mut self,
        inject: impl Fn(&tracing::Span) -> Option<TraceContext> + Send + Sync + 'static,
    ) -> Self {
        self.traces.inject = Some(Arc::new(inject));
        self
    }

    /// How the span of a callback becomes part of the trace that its call came with: is told the span, before it is
    /// entered, and the W3C context.
    ///
    /// With the crate `tracing-opentelemetry`, that is `span.set_parent(…)` with the remote context. The span is named
    /// `callback` and has the fields `name`, `caller` and `call`.
    ///
    /// ```
    /// use daffi::{Global, TraceContext};
    ///
    /// let builder = Global::builder().extract_trace(|span, trace: TraceContext| {
    ///     // Whatever exports spans makes it the parent; here it is shown.
    ///     println!("{:?} belongs to {:02x?}", span.metadata().map(|it| it.name()), trace.trace_id);
    /// });
    /// # let _ = builder;
    /// ```
    pub fn extract_trace(
        mut self,
        extract: impl Fn(&tracing::Span, TraceContext) + Send + Sync + 'static,
    ) -> Self {
        self.traces.extract = Some(Arc::new(extract));
        self
    }

    /// Is called once, when this `Global` exists and before its node connects.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use daffi::Global;
    ///
    /// let shop = Global::builder()
    ///     .on_init(|g| println!("{} begins", g.process_name()))
    ///     .on_node_connect(|g| println!("at {}", g.address()))
    ///     .on_node_disconnect(|g| match g.last_disconnect() {
    ///         Some(lost) => println!("{lost}"),
    ///         None => println!("it has stopped"),
    ///     });
    /// # let shop = shop.init_controller(true).in_memory().auto_callbacks(false);
    /// let shop = shop.start().await?;
    /// # shop.stop().await;
    /// # Ok(()) }
    /// ```
    pub fn on_init(mut self, hook: impl Fn(&Global) + Send + Sync + 'static) -> Self {
        self.on_init.push(Box::new(hook));
        self
    }

    /// Is called whenever the node has connected and its callbacks can be called. Must not block.
    pub fn on_node_connect(mut self, hook: impl Fn(&Global) + Send + Sync + 'static) -> Self {
        self.on_node_connect.push(Box::new(hook));
        self
    }

    /// Is called whenever the node has lost its connection, and when it stops. Must not block. Why it was lost,
    /// [`last_disconnect`](Global::last_disconnect) says.
    pub fn on_node_disconnect(mut self, hook: impl Fn(&Global) + Send + Sync + 'static) -> Self {
        self.on_node_disconnect.push(Box::new(hook));
        self
    }

    /// Is called when the controller does not let this process in again that had lost its connection, and nothing that the process does
    /// changes that: another process has taken its name meanwhile, say, or it has lost its rights. Is told why, as [`start`](Self::start) would say it; once for each
    /// time that the process is away. Must not block. It is also told that the process does not trust who it finds, or has no TLS with it.
    ///
    /// The process goes on asking to be let in, and comes back with the state that it has when the name is free, unless it
    /// [gives up](Self::give_up_when_refused). That a controller stops, or that a quota has no room, passes, and is not told. Where the controller is not trusted, the
    /// process never gives up: it may be another's, in the way for a while.
    pub fn on_refused(mut self, hook: impl Fn(&Global, &StartError) + Send + Sync + 'static) -> Self {
        self.on_refused.push(Box::new(hook));
        self
    }

    /// Whether this `Global` ends when the controller does not let it in again ([`on_refused`](Self::on_refused)), rather than to ask for ever: its calls
    /// end with [`CallError::Cancelled`](crate::CallError::Cancelled), what it runs is stopped, and [`join`](Global::join) returns the reason.
    /// Default: no.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use daffi::Global;
    ///
    /// use daffi::{Ended, Refusal, StartError};
    ///
    /// # let controller = Global::builder().init_controller(true).init_node(false).in_memory().start().await?;
    /// let leader = || Global::builder().memory(&controller).auto_callbacks(false).process_name("leader").replace(true);
    /// let first = leader()
    ///     .give_up_when_refused(true)
    ///     .on_refused(|g, reason| println!("{}: {reason}", g.process_name()))
    ///     .start()
    ///     .await?;
    /// let second = leader().start().await?;
    ///
    /// let Ended::Refused(reason) = first.join().await else { panic!("nobody has stopped it") };
    /// assert!(matches!(&*reason, StartError::Refused { refusal: Refusal::Replaced { .. }, .. }));
    /// # second.stop().await;
    /// # Ok(()) }
    /// ```
    pub fn give_up_when_refused(mut self, gives_up: bool) -> Self {
        self.gives_up = gives_up;
        self
    }
}
