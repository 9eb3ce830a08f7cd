//! What a `Global` offers from its start.

use super::GlobalBuilder;
use crate::registry::ServiceInstance;

impl GlobalBuilder {
    /// Offers the `#[callback]` methods of `service`.
    pub fn service<S: Send + Sync + 'static>(mut self, service: S) -> Self {
        self.services.push(ServiceInstance::new(service));
        self
    }

    /// Offers one `#[callback]` function by its remote name: for a `Global` with
    /// [`auto_callbacks(false)`](Self::auto_callbacks).
    pub fn callback(mut self, name: impl Into<String>) -> Self {
        self.functions.push(name.into());
        self
    }

    /// Whether all `#[callback]` functions and `auto_init` services of the program are offered. Default: yes.
    pub fn auto_callbacks(mut self, auto: bool) -> Self {
        self.auto_callbacks = auto;
        self
    }
}
