//! Callbacks bound to what they run on: a value shared by its methods, or nothing.

use std::any::{Any, TypeId, type_name};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::RwLock;

use super::{
    Description, Function, FunctionEntry, Invocation, Method, MethodEntry, OutcomeFuture, Pace, ServiceEntry,
};
use crate::proto::{CallbackId, Described, Offered, Outcome};
use crate::signature::{Contract, Forms, Signature};

type Sync = Arc<dyn Fn(&Invocation) -> Outcome + Send + std::marker::Sync>;
type Async = Arc<dyn Fn(Invocation) -> OutcomeFuture<'static> + Send + std::marker::Sync>;
type Deferred = Arc<dyn Fn(Invocation) -> WorkFuture + Send + std::marker::Sync>;

/// Something that blocks, and what it ends with.
pub type Work = Box<dyn FnOnce() -> Outcome + Send>;

/// Work to come.
pub type WorkFuture = Pin<Box<dyn Future<Output = Work> + Send>>;

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
    pub signature: Signature,
    /// What its results are held to.
    pub forms: Arc<Forms>,
    /// The callback's remote name, shared with the contexts of its calls.
    pub name: Arc<str>,
    /// Whether its arguments can nest without end, so that decoding them is bounded.
    pub guarded: bool,
    /// How it runs.
    pub handler: Handler,
    /// How long it keeps the thread that begins it.
    pub pace: Pace,
}

impl BoundCallback {
    /// A function.
    #[must_use]
    pub fn function(entry: &FunctionEntry) -> Self {
        let handler = match entry.function {
            Function::Inline(run) => Handler::Inline(Arc::new(run)),
            Function::Blocking(run) => Handler::Blocking(Arc::new(run)),
            Function::Async(run) => Handler::Async(Arc::new(run)),
        };
        Self {
            description: (&entry.description).into(),
            handler,
        }
    }

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
        let Contract { signature, forms } = (self.description.signature)();
        if let Some(place) = signature.first_opaque() {
            tracing::info!(
                callback = &*self.description.name,
                place,
                "this type cannot be looked into, so callers are not checked against it"
            );
        }
        Callback {
            name: Arc::clone(&self.description.name),
            guarded: signature.needs_guard(),
            signature,
            forms: Arc::new(forms),
            description: self.description,
            handler: self.handler,
            pace: Pace::default(),
        }
    }
}

impl Callback {
    /// The callback as it is announced under the number `id`.
    #[must_use]
    pub fn offered(&self, id: CallbackId) -> Offered {
        Offered {
            callback: id,
            name: self.description.name.to_string(),
            docs: self.description.docs.clone().into_owned(),
            signature: Described::new(&self.signature),
            concurrency: self.description.concurrency,
            balance: self.description.balance,
        }
    }
}

/// A value whose methods are callbacks.
///
/// `&self` methods run at the same time; a `&mut self` method runs alone. A type without `&mut self` methods pays for
/// no lock.
#[derive(Clone)]
pub struct ServiceInstance {
    type_id: TypeId,
    type_name: &'static str,
    /// The value itself, or an `RwLock` around it if some method changes it.
    value: Arc<dyn Any + Send + std::marker::Sync>,
}

impl fmt::Debug for ServiceInstance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ServiceInstance").field(&self.type_name).finish()
    }
}

/// The impl blocks of a type.
fn blocks(type_id: TypeId) -> impl Iterator<Item = &'static ServiceEntry> {
    inventory::iter::<ServiceEntry>().filter(move |entry| (entry.type_id)() == type_id)
}

impl ServiceInstance {
    /// Shares `value` among the methods of all its `#[callback] impl` blocks.
    #[must_use]
    pub fn new<T: Send + std::marker::Sync + 'static>(value: T) -> Self {
        let type_id = TypeId::of::<T>();
        let value: Arc<dyn Any + Send + std::marker::Sync> = if blocks(type_id).any(|entry| entry.mutable) {
            Arc::new(RwLock::new(value))
        } else {
            Arc::new(value)
        };
        Self {
            type_id,
            type_name: type_name::<T>(),
            value,
        }
    }

    /// The name of the type.
    #[must_use]
    pub const fn type_name(&self) -> &'static str {
        self.type_name
    }

    /// The type.
    #[must_use]
    pub const fn type_id(&self) -> TypeId {
        self.type_id
    }

    /// The callbacks of all blocks, on this value.
    #[must_use]
    pub fn callbacks(&self) -> Vec<BoundCallback> {
        blocks(self.type_id)
            .flat_map(|entry| (entry.bind)(self))
            .collect()
    }

    /// The methods of one block, on this value. None if the value is of another type.
    #[must_use]
    pub fn bind<T: Send + std::marker::Sync + 'static, const N: usize>(
        &self,
        methods: [MethodEntry<T>; N],
    ) -> Vec<BoundCallback> {
        // A lock that the user made around a `T` looks like ours.
        if self.type_id != TypeId::of::<T>() {
            return Vec::new();
        }
        let bound = |entry: MethodEntry<T>| {
            let handler = match Arc::clone(&self.value).downcast::<RwLock<T>>() {
                Ok(value) => Some(locked(value, &entry.method)),
                Err(value) => value
                    .downcast::<T>()
                    .ok()
                    .and_then(|value| free(value, &entry.method)),
            };
            handler.map(|handler| BoundCallback {
                description: (&entry.description).into(),
                handler,
            })
        };
        methods.into_iter().filter_map(bound).collect()
    }
}

/// A method on a value that no method changes.
fn free<T: Send + std::marker::Sync + 'static>(value: Arc<T>, method: &Method<T>) -> Option<Handler> {
    match *method {
        Method::InlineRef(run) => Some(Handler::Inline(Arc::new(move |call| run(&value, call)))),
        Method::BlockingRef(run) => Some(Handler::Blocking(Arc::new(move |call| run(&value, call)))),
        Method::AsyncRef(run) => Some(Handler::Async(Arc::new(move |call| {
            let value = Arc::clone(&value);
            Box::pin(async move { run(&value, call).await })
        }))),
        // The block that has such a method says so, and then the value is behind a lock.
        Method::InlineMut(_) | Method::BlockingMut(_) | Method::AsyncMut(_) => None,
    }
}

/// A method on a value that some method changes. The lock is taken first, without blocking a thread.
fn locked<T: Send + std::marker::Sync + 'static>(lock: Arc<RwLock<T>>, method: &Method<T>) -> Handler {
    match *method {
        Method::InlineRef(run) => Handler::Async(Arc::new(move |call| {
            let lock = Arc::clone(&lock);
            Box::pin(async move { run(&*lock.read().await, &call) })
        })),
        Method::InlineMut(run) => Handler::Async(Arc::new(move |call| {
            let lock = Arc::clone(&lock);
            Box::pin(async move { run(&mut *lock.write().await, &call) })
        })),
        Method::BlockingRef(run) => Handler::Deferred(Arc::new(move |call| {
            let lock = Arc::clone(&lock);
            Box::pin(async move {
                let guard = lock.read_owned().await;
                Box::new(move || run(&guard, &call)) as Work
            })
        })),
        Method::BlockingMut(run) => Handler::Deferred(Arc::new(move |call| {
            let lock = Arc::clone(&lock);
            Box::pin(async move {
                let mut guard = lock.write_owned().await;
                Box::new(move || run(&mut guard, &call)) as Work
            })
        })),
        Method::AsyncRef(run) => Handler::Async(Arc::new(move |call| {
            let lock = Arc::clone(&lock);
            Box::pin(async move { run(&*lock.read().await, call).await })
        })),
        Method::AsyncMut(run) => Handler::Async(Arc::new(move |call| {
            let lock = Arc::clone(&lock);
            Box::pin(async move { run(&mut *lock.write().await, call).await })
        })),
    }
}
