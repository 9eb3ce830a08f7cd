//! Who may join and do what, and how much of it, said while the controller runs.

use std::path::PathBuf;
use std::sync::Arc;

use super::Global;
use super::no_quota::no_quota;
use crate::access::Access;
use crate::auth::Identities;
use crate::error::{ConfigFault, StartError};
use crate::host::HostedController;
use crate::quota::Quotas;

impl Global {
    /// From now on this is who may do what at the controller that this process runs; everybody may do everything if it is `None`. Calls,
    /// streams, broadcasts and questions that are no longer allowed end with [`CallError::Denied`](crate::CallError::Denied), which says whether
    /// they may have run. Who offers, or is named, what it may no longer is cut off, and told why when it comes back.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use daffi::{Access, CallError, Global, Right, Role};
    ///
    /// let shop = Global::builder().init_controller(true).port(0);
    /// # let shop = shop.auto_callbacks(false);
    /// let shop = shop.start().await?;
    /// # let port = shop.address().port().expect("it listens at a port");
    /// # let g = Global::builder().port(port).auto_callbacks(false).start().await?;
    /// let access = Access::new()
    ///     .role("customer", Role::new().allow(Right::Call, ["shop.*"]))
    ///     .everyone(["customer"]);
    /// shop.set_access(access).await?;
    ///
    /// let error = g.call::<u64>("bank.balance", ()).await.unwrap_err();
    /// assert!(matches!(error, CallError::Denied { .. }), "{error}");
    /// shop.set_access(None).await?;   // everybody may do everything
    /// # g.stop().await;
    /// # shop.stop().await;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`StartError::Config`] when it cannot be meant, or this process runs no controller; nothing has changed then.
    ///
    /// # Cancel safety
    ///
    /// Where it is dropped, those who come new have the new rights, and perhaps only some of those who are there.
    pub async fn set_access(&self, access: impl Into<Option<Access>>) -> Result<(), StartError> {
        let controller = self.own_controller("set_access")?;
        controller.set_access(access.into()).await
    }

    /// From now on this is how much each connection, and each identity, may have at the controller that this process runs; roles may say something
    /// else for those who have them. What runs goes on, also where it is more than that; nothing is added to it.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use daffi::{Global, Quota, Quotas};
    ///
    /// let shop = Global::builder().init_controller(true).port(0);
    /// # let shop = shop.auto_callbacks(false);
    /// let shop = shop.start().await?;
    /// shop.set_quotas(Quotas::new().connection(Quota::new().calls(100))).await?;
    /// # shop.stop().await;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`StartError::Config`] when this process runs no controller.
    ///
    /// # Cancel safety
    ///
    /// Where it is dropped, those who come new have the new quotas, and perhaps only some of those who are there.
    pub async fn set_quotas(&self, quotas: Quotas) -> Result<(), StartError> {
        let controller = self.own_controller("set_quotas")?;
        if let Some(fault) = no_quota(&quotas) {
            return Err(StartError::Config(vec![fault]));
        }
        controller.set_quotas(quotas).await;
        Ok(())
    }

    /// From now on these are whom the controller knows that this process runs, as a file says them ([`known`](crate::GlobalBuilder::known)), beside
    /// those who have the token of this process: whoever joins through TCP must be one of them. Who was let in by a token or a key that is
    /// among them no more is cut off; whoever else is there goes on. So read the same file again when it has changed.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use daffi::Global;
    ///
    /// # let folder = tempfile::tempdir()?;
    /// # let file = |name: &str| folder.path().join(name);
    /// # let made = daffi_core::auth::token("shopper")?;
    /// # let token = made.shown().expect("it is a token").to_owned();
    /// # std::fs::write(file("known"), format!("{}\n", made.line))?;
    /// # let shop = Global::builder().init_controller(true).port(0).known(file("known")).auto_callbacks(false).start().await?;
    /// // When the file has changed:
    /// shop.set_known(file("known")).await?;
    /// # shop.stop().await;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`StartError::Config`] when the file cannot be used or names nobody, or this process runs no controller; nothing has changed then.
    ///
    /// # Cancel safety
    ///
    /// Where it is dropped, nobody new is let in by what is gone, and perhaps only some of those who are there are cut off.
    pub async fn set_known(&self, path: impl Into<PathBuf>) -> Result<(), StartError> {
        let controller = self.own_controller("set_known")?;
        let path = path.into();
        let unusable = |reason| {
            let setting = "set_known";
            StartError::Config(vec![ConfigFault::Unusable { setting, reason }])
        };
        let known = Identities::load(&path).map_err(unusable)?;
        if known.is_empty() {
            // One that is written just now may be empty.
            let reason = format!("{} names nobody, so nothing has changed", path.display());
            return Err(unusable(reason));
        }
        controller.set_identities(known.and(&self.inner.shared)).await;
        Ok(())
    }

    /// The controller that this process runs, which a method needs.
    fn own_controller(&self, method: &'static str) -> Result<&Arc<dyn HostedController>, StartError> {
        self.inner.controller.as_ref().ok_or_else(|| {
            let missing = ConfigFault::Missing(method, "a Global with init_controller(true)");
            StartError::Config(vec![missing])
        })
    }
}
