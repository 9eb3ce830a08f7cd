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

    /// Whether all `#[callback]` functions and `auto_init` services of the program are offered, those of the libraries that it is built of
    /// among them. Default: yes. To have some, see [`callbacks_of`](Self::callbacks_of).
    pub fn auto_callbacks(mut self, auto: bool) -> Self {
        self.auto_callbacks = auto;
        self
    }

    /// Offers the `#[callback]` functions and `auto_init` services of these packages, and of no others, whatever
    /// [`auto_callbacks`](Self::auto_callbacks) says. Said several times, it adds to what was said before.
    ///
    /// A package goes by the name in its `Cargo.toml`; a `-` in it may be written `_`. The program's own is `env!("CARGO_PKG_NAME")`. One of
    /// which the program has no callback is a fault when it starts, since it may have been left out of the program: see `daffi::offer!`.
    ///
    /// ```no_run
    /// # use daffi_core as daffi;
    /// # async fn example() -> Result<(), daffi::StartError> {
    /// use daffi::Global;
    ///
    /// let g = Global::builder().callbacks_of(["shop", "plug"]).start().await?;
    /// # Ok(()) }
    /// ```
    pub fn callbacks_of<N: Into<String>>(mut self, packages: impl IntoIterator<Item = N>) -> Self {
        let packages = packages.into_iter().map(Into::into);
        self.packages.get_or_insert_default().extend(packages);
        self
    }
}
