//! Who may do what, and how much of it, said while the controller runs.

use super::Global;
use super::no_quota::no_quota;
use crate::access::Access;
use crate::error::{ConfigFault, StartError};
use crate::quota::Quotas;

impl Global {
    /// From now on this is who may do what at the controller that this process runs; everybody may do everything if it is `None`. Calls,
    /// streams, broadcasts and questions that are no longer allowed end with [`CallError::Denied`](crate::CallError::Denied), which says whether
    /// they may have run. Who offers, or is named, what it may no longer is cut off, and told why when it comes back.
    ///
    /// ```no_run
    /// # use daffi_core as daffi;
    /// use daffi::{Access, Global, Right, Role};
    ///
    /// # async fn example(g: Global) -> Result<(), daffi::StartError> {
    /// let access = Access::new()
    ///     .role("customer", Role::new().allow(Right::Call, ["shop.*"]))
    ///     .everyone(["customer"]);
    /// g.set_access(access).await?;
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
        let Some(controller) = &self.inner.controller else {
            let missing = ConfigFault::Missing("set_access", "a Global with init_controller(true)");
            return Err(StartError::Config(vec![missing]));
        };
        controller.set_access(access.into()).await
    }

    /// From now on this is how much each connection, and each identity, may have at the controller that this process runs; roles may say something
    /// else for those who have them. What runs goes on, also where it is more than that; nothing is added to it.
    ///
    /// ```no_run
    /// # use daffi_core as daffi;
    /// use daffi::{Global, Quota, Quotas};
    ///
    /// # async fn example(g: Global) -> Result<(), daffi::StartError> {
    /// g.set_quotas(Quotas::new().connection(Quota::new().calls(100))).await?;
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
        let Some(controller) = &self.inner.controller else {
            let missing = ConfigFault::Missing("set_quotas", "a Global with init_controller(true)");
            return Err(StartError::Config(vec![missing]));
        };
        if let Some(fault) = no_quota(&quotas) {
            return Err(StartError::Config(vec![fault]));
        }
        controller.set_quotas(quotas).await;
        Ok(())
    }
}
