//! Values whose methods are callbacks.

use std::any::{Any, TypeId, type_name};
use std::fmt;
use std::sync::Arc;

use super::callback::{BoundCallback, Handler, Work};
use super::entry::{Method, MethodEntry};
use super::object::Object;

/// One `#[callback] impl` block. A type may have several.
#[derive(Clone, Debug)]
pub struct ServiceEntry {
    /// The type.
    pub type_id: fn() -> TypeId,
    /// The type's name, for people.
    pub type_name: fn() -> &'static str,
    /// The package that the block stands in, where Cargo builds it.
    pub package: Option<&'static str>,
    /// The path of the module that it stands in.
    pub module: &'static str,
    /// Some method takes `&mut self`.
    pub mutable: bool,
    /// Makes the value that is offered by itself.
    pub auto_init: Option<fn() -> ServiceInstance>,
    /// The methods of the block, on a value.
    pub bind: fn(&ServiceInstance) -> Vec<BoundCallback>,
}

inventory::collect!(ServiceEntry);

/// A value whose methods are callbacks.
///
/// `&self` methods run at the same time; a `&mut self` method runs alone. A type without `&mut self` methods pays for
/// no lock.
#[derive(Clone)]
pub struct ServiceInstance {
    type_id: TypeId,
    type_name: &'static str,
    /// The value itself, or an [`Object`] if some method changes it.
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
            Arc::new(Object::new(value))
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
        if self.type_id != TypeId::of::<T>() {
            return Vec::new();
        }
        let bound = |entry: MethodEntry<T>| {
            let handler = match Arc::clone(&self.value).downcast::<Object<T>>() {
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

/// A method on a value that some method changes. The value is had first, without blocking a thread.
fn locked<T: Send + std::marker::Sync + 'static>(object: Arc<Object<T>>, method: &Method<T>) -> Handler {
    match *method {
        Method::InlineRef(run) => Handler::Async(Arc::new(move |call| {
            let object = Arc::clone(&object);
            Box::pin(async move { run(&*object.shared(call.context()).await?, &call) })
        })),
        Method::InlineMut(run) => Handler::Async(Arc::new(move |call| {
            let object = Arc::clone(&object);
            Box::pin(async move { run(&mut *object.alone(call.context()).await?, &call) })
        })),
        Method::BlockingRef(run) => Handler::Deferred(Arc::new(move |call| {
            let object = Arc::clone(&object);
            Box::pin(async move {
                let value = object.shared(call.context()).await?;
                Ok(Box::new(move || run(&value, &call)) as Work)
            })
        })),
        Method::BlockingMut(run) => Handler::Deferred(Arc::new(move |call| {
            let object = Arc::clone(&object);
            Box::pin(async move {
                let mut value = object.alone(call.context()).await?;
                Ok(Box::new(move || run(&mut value, &call)) as Work)
            })
        })),
        Method::AsyncRef(run) => Handler::Async(Arc::new(move |call| {
            let object = Arc::clone(&object);
            Box::pin(async move {
                let value = object.shared(call.context()).await?;
                run(&value, call).await
            })
        })),
        Method::AsyncMut(run) => Handler::Async(Arc::new(move |call| {
            let object = Arc::clone(&object);
            Box::pin(async move {
                let mut value = object.alone(call.context()).await?;
                run(&mut value, call).await
            })
        })),
    }
}
