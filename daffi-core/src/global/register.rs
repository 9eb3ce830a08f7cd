//! Callbacks that come and go while a `Global` runs.

use super::Global;
use crate::call::controller_error;
use crate::error::{CallError, RegisterError};
use crate::node::Node;
use crate::proto::{Failed, Failure};
use crate::registry::{BoundCallback, Catalog, ServiceInstance};

impl Global {
    /// What a task of a node that stops ends with.
    pub(super) fn ended(&self, what: &str) -> RegisterError {
        RegisterError::Call(CallError::not_running(what, Some(self.process_name())))
    }

    /// Offers the methods of `service` from now on. When this returns, they can be called.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
    /// use daffi::callback;
    ///
    /// struct Prices;
    ///
    /// #[callback]
    /// impl Prices {
    ///     pub async fn price(&self, item: &str) -> u64 {
    ///         item.len() as u64
    ///     }
    /// }
    ///
    /// shop.register(Prices).await?;
    /// assert_eq!(g.call::<u64>("price", ("lamp",)).await?, 4);
    /// shop.unregister("price").await?;
    /// assert!(g.callbacks().await?.is_empty());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// When this `Global` offers a callback of one of the names already, or the controller cannot be told. Nothing is
    /// offered then.
    ///
    /// # Cancel safety
    ///
    /// It goes on when this is dropped after it was first polled.
    pub async fn register<S: Send + Sync + 'static>(&self, service: S) -> Result<(), RegisterError> {
        let node = self.node("register").map_err(RegisterError::Call)?;
        let (this, instance) = (self.clone(), ServiceInstance::new(service));
        // In a task: half of it is worse than all of it.
        let task = node.spawn_task(async move {
            this.offer("register", |catalog| catalog.add_service(&instance))
                .await
        });
        task.await.unwrap_or_else(|_| Err(self.ended("register")))
    }

    /// Offers what `add` adds, or nothing of it.
    pub(super) async fn offer(
        &self,
        what: &str,
        add: impl FnOnce(&mut Catalog),
    ) -> Result<(), RegisterError> {
        let node = self.node(what).map_err(RegisterError::Call)?;
        let _turn = self.inner.registering.lock().await;
        let mut catalog = Catalog::default();
        node.offered_names()
            .into_iter()
            .for_each(|(name, place)| catalog.reserve(name, place));
        add(&mut catalog);
        let (callbacks, faults) = catalog.finish();
        if !faults.is_empty() {
            return Err(RegisterError::Config(faults));
        }
        let offered = node.offer(callbacks.into_iter().map(BoundCallback::traced));
        match node.announce(&offered).await {
            Ok(()) => Ok(()),
            Err(failure) => {
                node.retract(offered.iter().map(|offered| offered.callback));
                Err(not_registered(node, failure, what))
            }
        }
    }

    /// No longer offers the callback `name`. Calls that are running go on; when this returns, none will be added.
    ///
    /// # Errors
    ///
    /// [`RegisterError::Unknown`] when this `Global` does not offer it, or when the controller cannot be told.
    ///
    /// # Cancel safety
    ///
    /// It goes on when this is dropped after it was first polled.
    pub async fn unregister(&self, name: &str) -> Result<(), RegisterError> {
        let node = self.node("unregister").map_err(RegisterError::Call)?;
        let (this, name) = (self.clone(), name.to_owned());
        let task = node.spawn_task(async move { this.unregister_name(&name).await });
        task.await.unwrap_or_else(|_| Err(self.ended("unregister")))
    }

    async fn unregister_name(&self, name: &str) -> Result<(), RegisterError> {
        let node = self.node("unregister").map_err(RegisterError::Call)?;
        let _turn = self.inner.registering.lock().await;
        let callback = node.find(name).ok_or_else(|| RegisterError::Unknown {
            name: name.to_owned(),
        })?;
        let told = node.withdraw(&[callback]).await;
        told.map_err(|failure| not_registered(node, failure, "unregister"))?;
        node.retract([callback]);
        Ok(())
    }
}

/// What the controller answered to a registration.
fn not_registered(node: &Node, failure: Failure, what: &str) -> RegisterError {
    match failure {
        Failure::Failed(Failed::Invalid { reason } | Failed::Denied { reason, .. }) => {
            RegisterError::Refused { reason }
        }
        failure => RegisterError::Call(controller_error(node, failure, what)),
    }
}
