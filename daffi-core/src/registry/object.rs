//! A value that methods share or change: who has it, and who waits for it in vain.
//!
//! A method that calls another one, which comes back to the same value, would wait for itself where one of the two changes it. The
//! calls that wait for a run are known ([`Chain`]), so that it is told so instead. Where both share the value, the second
//! has it together with the first, also before one that waits to change it: that one waits for the first, which waits for the second.

use std::collections::HashMap;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock};

use crate::context::{CallContext, Chain, NodeKey};
use crate::proto::{Failed, Failure, RunId, Waiting};

type Run = (NodeKey, RunId);

type SharedGuard<T> = Arc<OwnedRwLockReadGuard<T>>;

/// A value that methods share or change.
#[derive(Debug)]
pub(super) struct Object<T> {
    lock: Arc<RwLock<T>>,
    holders: Mutex<HashMap<Run, Holder<T>>>,
}

/// A run that has the value.
#[derive(Debug)]
struct Holder<T> {
    /// What is known of its call.
    context: CallContext,
    /// By what it has it, if it shares it.
    shared: Option<SharedGuard<T>>,
}

/// The value, for a run that shares it with others.
#[derive(Debug)]
pub(super) struct Shared<T> {
    value: SharedGuard<T>,
    _held: Held<T>,
}

/// The value, for the only run that has it.
#[derive(Debug)]
pub(super) struct Alone<T> {
    value: OwnedRwLockWriteGuard<T>,
    _held: Held<T>,
}

/// A run is among those that have the value.
#[derive(Debug)]
struct Held<T> {
    object: Arc<Object<T>>,
    run: Option<Run>,
}

impl<T> Object<T> {
    pub(super) fn new(value: T) -> Self {
        Self {
            lock: Arc::new(RwLock::new(value)),
            holders: Mutex::default(),
        }
    }

    /// The value, to be shared with others: as soon as nobody has it alone.
    pub(super) async fn shared(self: &Arc<Self>, context: &CallContext) -> Result<Shared<T>, Failure> {
        let value = match self.held_by_ancestor(context, false)? {
            Some(value) => value,
            None => Arc::new(Arc::clone(&self.lock).read_owned().await),
        };
        Ok(Shared {
            _held: self.hold(context, Some(Arc::clone(&value))),
            value,
        })
    }

    /// The value, as soon as nobody else has it.
    pub(super) async fn alone(self: &Arc<Self>, context: &CallContext) -> Result<Alone<T>, Failure> {
        self.held_by_ancestor(context, true)?;
        let value = Arc::clone(&self.lock).write_owned().await;
        Ok(Alone {
            _held: self.hold(context, None),
            value,
        })
    }

    fn holders(&self) -> MutexGuard<'_, HashMap<Run, Holder<T>>> {
        self.holders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The value as a call shares it that waits for this one, if one has it; or what this is answered, if that cannot be.
    fn held_by_ancestor(
        &self,
        context: &CallContext,
        alone: bool,
    ) -> Result<Option<SharedGuard<T>>, Failure> {
        let chain = context.chain();
        if chain.ancestors.is_empty() {
            return Ok(None);
        }
        let holders = self.holders();
        let found = runs(chain).find_map(|(place, run)| Some((place, holders.get(&run)?)));
        match found {
            None => Ok(None),
            Some((
                _,
                Holder {
                    shared: Some(value), ..
                },
            )) if !alone => Ok(Some(Arc::clone(value))),
            Some((place, holder)) => Err(holder.in_vain(&chain.ancestors[..place])),
        }
    }

    fn hold(self: &Arc<Self>, context: &CallContext, shared: Option<SharedGuard<T>>) -> Held<T> {
        let run = context.chain().run;
        if let Some(run) = run {
            let context = context.clone();
            self.holders().insert(run, Holder { context, shared });
        }
        Held {
            object: Arc::clone(self),
            run,
        }
    }
}

impl<T> Holder<T> {
    /// What a call is answered that would wait for this one, which waits for it through others.
    fn in_vain(&self, between: &[Waiting]) -> Failure {
        let holder = self.context.callback();
        let how = if self.shared.is_some() { "reads" } else { "changes" };
        let way = match &*through(between) {
            [] => "which it has made itself".to_owned(),
            through => format!("which came back through {}", through.join(", ")),
        };
        let reason = format!(
            "`{holder}` {how} the object that it needs, and waits for this call, {way}, so that each would wait for the other; \
             call it when `{holder}` has ended, or keep what they share in a lock of its own"
        );
        Failed::Invalid { reason }.into()
    }
}

/// The runs of this process that wait for one, with their places among its ancestors.
fn runs(chain: &Chain) -> impl Iterator<Item = (usize, Run)> {
    let node = chain.run.map(|(node, _)| node);
    let ancestors = chain.ancestors.iter().enumerate();
    ancestors.filter_map(move |(place, ancestor)| match ancestor {
        Waiting::Here(run) => Some((place, (node?, *run))),
        Waiting::At(_) => None,
    })
}

/// The names of the processes between two calls, in the order of the calls, each once.
fn through(ancestors: &[Waiting]) -> Vec<String> {
    let mut names = Vec::new();
    for ancestor in ancestors.iter().rev() {
        if let Waiting::At(process) = ancestor {
            let name = format!("{process:?}");
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names
}

impl<T> Drop for Held<T> {
    fn drop(&mut self) {
        let holder = self.run.and_then(|run| self.object.holders().remove(&run));
        // What it had is dropped without the lock.
        drop(holder);
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> Deref for Alone<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for Alone<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}
