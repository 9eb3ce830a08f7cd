//! Choices by the state of a service: it must be shared between threads.

use super::super::check;
use super::does_not_compile;
use crate::proto::Outcome;
use crate::registry::{BoundCallback, MethodEntry, OutcomeFuture, ServiceInstance};

/// The traits without their names.
pub(super) mod choices {
    pub use super::{
        AutoInitAny as _, AutoInitDefault as _, AutoInitService as _, BindAny as _, BindService as _,
        BoxedAny as _, BoxedService as _,
    };
}

kinds! {
    /// The state.
    State<T>;
}

choice! {
    // A service that is built by itself: `(&&&State::<T>::new()).__daffi_auto_init()`.
    //
    // A state that can be built and not shared gets its message from `__daffi_bind`.
    __daffi_auto_init {
        AutoInitService: [T: Default + Send + Sync + 'static] &&State<T>, () -> ServiceInstance {
            ServiceInstance::new(T::default())
        }
        AutoInitDefault: [T: Default] &State<T>, () -> ServiceInstance { does_not_compile::<T>() }
        AutoInitAny: [T] State<T>, () -> ServiceInstance where<T> [T: check::AutoInit] { does_not_compile::<T>() }
    }
}

// The other choices have parameters of generic types and are written out.

/// The state can be shared.
pub trait BindService<T> {
    /// The callbacks of an instance: `(&&State::<T>::new()).__daffi_bind(instance, methods)`.
    fn __daffi_bind<const N: usize>(
        &self,
        instance: &ServiceInstance,
        methods: [MethodEntry<T>; N],
    ) -> Vec<BoundCallback>;
}

impl<T: Send + Sync + 'static> BindService<T> for &State<T> {
    fn __daffi_bind<const N: usize>(
        &self,
        instance: &ServiceInstance,
        methods: [MethodEntry<T>; N],
    ) -> Vec<BoundCallback> {
        instance.bind(methods)
    }
}

/// The state cannot be shared: the compiler says so.
pub trait BindAny<T> {
    /// The callbacks of an instance.
    fn __daffi_bind<const N: usize>(
        &self,
        instance: &ServiceInstance,
        methods: [MethodEntry<T>; N],
    ) -> Vec<BoundCallback>
    where
        T: check::Service;
}

impl<T> BindAny<T> for State<T> {
    fn __daffi_bind<const N: usize>(&self, _: &ServiceInstance, _: [MethodEntry<T>; N]) -> Vec<BoundCallback>
    where
        T: check::Service,
    {
        does_not_compile::<T>()
    }
}

/// The future of a callback that is a function.
pub fn boxed<'a>(future: impl Future<Output = Outcome> + Send + 'a) -> OutcomeFuture<'a> {
    Box::pin(future)
}

/// The state can be shared, so it is up to the future whether it is `Send`.
pub trait BoxedService {
    /// The future of a method: `(&&State::<T>::new()).__daffi_boxed(future)`.
    fn __daffi_boxed<'a>(&self, future: impl Future<Output = Outcome> + Send + 'a) -> OutcomeFuture<'a>;
}

impl<T: Send + Sync> BoxedService for &State<T> {
    fn __daffi_boxed<'a>(&self, future: impl Future<Output = Outcome> + Send + 'a) -> OutcomeFuture<'a> {
        boxed(future)
    }
}

/// The state cannot be shared, so no future that borrows it is `Send`; `__daffi_bind` gives the message.
pub trait BoxedAny<T> {
    /// The future of a method.
    fn __daffi_boxed<'a>(&self, future: impl Future<Output = Outcome> + 'a) -> OutcomeFuture<'a>;
}

impl<T> BoxedAny<T> for State<T> {
    fn __daffi_boxed<'a>(&self, _: impl Future<Output = Outcome> + 'a) -> OutcomeFuture<'a> {
        does_not_compile::<T>()
    }
}
