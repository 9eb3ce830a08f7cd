//! Callbacks ready to run, whatever they were made from.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;

use super::answers::Answers;
use super::description::Description;
use super::effort::{Effort, For};
use super::fronts::Known;
use super::invocation::{Invocation, OutcomeFuture};
use super::looking::{self, Looking};
use super::pace::Pace;
use crate::described::{Front, Fronts, Readings};
use crate::proto::{CallbackId, Described, Failed, Failure, Limits, Offered, Outcome};
use crate::signature::{Cause, Contract, Forms, Gap, Interface, Notes, Panic};

type Sync = Arc<dyn Fn(&Invocation) -> Outcome + Send + std::marker::Sync>;
type Async = Arc<dyn Fn(Invocation) -> OutcomeFuture<'static> + Send + std::marker::Sync>;
type Deferred = Arc<dyn Fn(Invocation) -> WorkFuture + Send + std::marker::Sync>;

/// Something that blocks, and what it ends with.
pub type Work = Box<dyn FnOnce() -> Outcome + Send>;

/// Work to come, or what is answered without any.
pub type WorkFuture = Pin<Box<dyn Future<Output = Result<Work, Failure>> + Send>>;

/// How a bound callback runs.
#[derive(Clone)]
pub enum Handler {
    /// At once, where the call arrived.
    Inline(Sync),
    /// On the blocking pool.
    Blocking(Sync),
    /// As a future.
    Async(Async),
    /// On the blocking pool, once a future is ready.
    Deferred(Deferred),
}

impl Handler {
    /// Whether the callback takes a thread of the blocking pool, and cannot be stopped there.
    #[must_use]
    pub const fn blocks(&self) -> bool {
        matches!(self, Self::Blocking(_) | Self::Deferred(_))
    }
}

impl fmt::Debug for Handler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Inline(_) => "Inline",
            Self::Blocking(_) => "Blocking",
            Self::Async(_) => "Async",
            Self::Deferred(_) => "Deferred",
        })
    }
}

/// A callback ready to run, not yet traced.
#[derive(Clone, Debug)]
pub struct BoundCallback {
    /// What is known about it.
    pub description: Description,
    /// How it runs.
    pub handler: Handler,
}

/// A callback that a node offers.
#[derive(Debug)]
pub struct Callback {
    /// What is known about it.
    pub description: Description,
    /// What it takes and gives.
    pub interface: Interface,
    /// What its results are held to.
    pub forms: Arc<Forms>,
    /// The callback's remote name, shared with the contexts of its calls.
    pub name: Arc<str>,
    /// How it reads what those send who have the same types.
    pub own: Readings,
    /// What it answers those with who have other types.
    pub fronts: OnceLock<Arc<Fronts>>,
    /// What those are told whom it cannot read.
    pub(crate) described: OnceLock<Box<Described>>,
    /// How it reads what those send.
    pub(crate) readings: Known<Arc<Readings>>,
    /// How it runs.
    pub handler: Handler,
    /// How long it keeps the thread that begins it.
    pub pace: Pace,
}

impl BoundCallback {
    /// The remote name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.description.name
    }

    /// Where it stands, for people.
    #[must_use]
    pub fn place(&self) -> String {
        self.description.place()
    }

    /// Traces its signature and makes it ready to be offered.
    #[must_use]
    pub fn traced(self) -> Callback {
        let Contract {
            interface,
            forms,
            notes: Notes { panics, gaps },
            ..
        } = if self.description.untraced {
            looking::at(Looking::Nothing, self.description.signature)
        } else {
            (self.description.signature)()
        };
        for Panic { ty, message } in panics {
            tracing::warn!(
                callback = &*self.description.name,
                ty,
                message,
                "this type panicked when a made-up value of it was read, so not all is known about it: let its \
                 conversion return an error, or write #[callback(untraced)]"
            );
        }
        tell(&self.description.name, &gaps);
        if let Some(place) = interface.signature.first_opaque().filter(|_| gaps.is_empty()) {
            tracing::info!(
                callback = &*self.description.name,
                place,
                "this type cannot be looked into, so callers are not checked against it"
            );
        }
        Callback {
            name: Arc::clone(&self.description.name),
            own: Readings::of_callback(&interface),
            interface,
            forms: Arc::new(forms),
            fronts: OnceLock::new(),
            described: OnceLock::new(),
            readings: Known::default(),
            description: self.description,
            handler: self.handler,
            pace: Pace::default(),
        }
    }
}

/// Says what was in the way when a callback or its fetcher was looked into. That values say themselves what they are is said once, and
/// is nobody's fault.
pub(crate) fn tell(callback: &str, gaps: &[Gap]) {
    for Gap { place, ty, cause } in gaps.iter().filter(|gap| gap.cause != Cause::Asks) {
        tracing::warn!(callback, place, ty, "{cause}");
    }
    if let Some(Gap { place, ty, cause }) = gaps.iter().find(|gap| gap.cause == Cause::Asks) {
        tracing::info!(callback, place, ty, "{cause}");
    }
}

/// A call's arguments, how they are read, and how it is answered.
type Called = (Bytes, Readings, Answers);

impl Callback {
    /// A call with that payload; `described` if the structure of the arguments is in front of them, which takes some `effort` for somebody.
    ///
    /// # Errors
    ///
    /// What to answer where nothing is in front, or the callback cannot read what is behind it.
    pub(crate) fn called(
        &self,
        payload: Bytes,
        described: bool,
        (effort, by): (&Effort, impl FnOnce() -> For),
    ) -> Result<Called, Failed> {
        if !described {
            return Ok((
                payload,
                self.own.clone(),
                Answers::new(Arc::clone(&self.forms), None),
            ));
        }
        let (front, arguments) = Front::split(&payload).map_err(|misfit| Failed::Decode {
            message: misfit.to_string(),
        })?;
        let readings = match self.readings.kept(&front) {
            Some(known) => known,
            None => {
                let look = || front.arguments(&self.interface, &self.own).map(Arc::new);
                let found = effort
                    .spend(by(), look)
                    .ok_or(Failed::Overloaded { may_have_run: false })?;
                self.readings.keep(&front, found)
            }
        };
        // Whoever asks finds out before that they do not go together, unless something has changed meanwhile.
        let readings = readings.map_err(|_| Failed::SignatureMismatch {
            offered: self
                .described
                .get_or_init(|| Box::new(Described::of(&self.interface)))
                .clone(),
            others: Vec::new(),
        })?;
        let fronts = self.fronts.get_or_init(|| Arc::new(Fronts::of(&self.interface)));
        let answers = Answers::new(Arc::clone(&self.forms), Some(Arc::clone(fronts)));
        Ok((arguments, (*readings).clone(), answers))
    }

    /// The callback as it is announced under the number `id`.
    #[must_use]
    pub fn offered(&self, id: CallbackId) -> Offered {
        Offered {
            callback: id,
            name: self.description.name.to_string(),
            docs: self.description.docs.clone().into_owned(),
            signature: Described::of(&self.interface),
            concurrency: self.description.concurrency,
            concurrency_per_caller: self.description.concurrency_per_caller,
            queue: self.description.queue.unwrap_or(Limits::QUEUE),
            balance: self.description.balance,
        }
    }
}
