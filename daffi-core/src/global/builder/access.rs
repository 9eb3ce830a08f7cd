//! Who may do what, and how much of it, at a controller of this process.

use super::GlobalBuilder;
use crate::access::Access;
use crate::quota::Quotas;

impl GlobalBuilder {
    /// Who may do what at the controller that this process runs, which takes [`init_controller(true)`](Self::init_controller); see
    /// [`Access`]. Processes that join by [`memory`](Self::memory) are this one, which may do everything. Default: everybody who is let in
    /// may do everything.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use daffi::Global;
    ///
    /// use daffi::{Access, Quota, Quotas, Right, Role};
    ///
    /// let access = Access::new()
    ///     .role("customer", Role::new().allow(Right::Call, ["shop.*"]))
    ///     .everyone(["customer"]);
    /// let shop = Global::builder()
    ///     .init_controller(true)
    ///     .port(0)
    ///     .access(access)
    ///     .quotas(Quotas::new().connection(Quota::new().calls(1_000)))
    /// #   .auto_callbacks(false)
    ///     .start()
    ///     .await?;
    /// # shop.stop().await;
    /// # Ok(()) }
    /// ```
    pub fn access(mut self, access: Access) -> Self {
        self.access = Some(access);
        self
    }

    /// How much each connection, and each identity, may have at the controller that this process runs, which takes
    /// [`init_controller(true)`](Self::init_controller); see [`Quotas`]. Roles may say something else for those who have them. Processes that
    /// join by [`memory`](Self::memory) are this one, which has no quota. Default: none for anybody.
    pub fn quotas(mut self, quotas: Quotas) -> Self {
        self.quotas = quotas;
        self
    }
}
