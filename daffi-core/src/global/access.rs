//! Who may do what, said while the controller runs.

use super::Global;
use crate::access::Access;
use crate::error::{ConfigFault, StartError};

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
}
