//! What outlives a controller.

use std::path::PathBuf;

use super::GlobalBuilder;

impl GlobalBuilder {
    /// The folder in which the controller of this process keeps [schedules](crate::Call::period), so that they go on after a restart, also of a
    /// machine that lost its power. It is made if it is not there. A schedule is on the disk before whoever makes it is told so, and a
    /// tick before its call is made, so that no call is made twice: of one that was made when the controller ended it is said that it may have
    /// run. Default: none, and schedules end with the controller.
    ///
    /// With the feature `durable` of `daffi`, and [`init_controller(true)`](Self::init_controller).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use daffi::Global;
    ///
    /// # let folder = tempfile::tempdir()?;
    /// # let folder = folder.path().join("shop");
    /// let shop = Global::builder().init_controller(true).data_dir(&folder);   // "/var/lib/shop"
    /// # let shop = shop.in_memory().auto_callbacks(false);
    /// let shop = shop.start().await?;
    /// assert!(folder.is_dir());
    /// # shop.stop().await;
    /// # Ok(()) }
    /// ```
    pub fn data_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.data_dir = Some(folder.into());
        self
    }
}
