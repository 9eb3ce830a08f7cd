//! Who may do what, and how much of it, at a controller of this process.

use super::GlobalBuilder;
use crate::access::Access;
use crate::quota::Quotas;

impl GlobalBuilder {
    /// Who may do what at the controller that this process runs, which takes [`init_controller(true)`](Self::init_controller); see
    /// [`Access`]. Processes that join by [`memory`](Self::memory) are this one, which may do everything. Default: everybody who is let in
    /// may do everything.
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
