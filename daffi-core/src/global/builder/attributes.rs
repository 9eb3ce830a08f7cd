//! What a process says of itself.

use super::GlobalBuilder;

impl GlobalBuilder {
    /// Says of this process that it is `key = value`, as `kind = "resizer"` or `zone = "a"`: others see it by
    /// [`processes`](crate::Global::processes) and [`presence`](crate::Global::presence), and send calls to whoever is it
    /// ([`Call::to_where`](crate::Call::to_where), [`Broadcast::where_`](crate::Broadcast::where_)), so that it need not be in names. A key given twice has its last
    /// value. A process says up to 8, each with a key, and all keys and values together have at most 1,024 bytes;
    /// [`start`](Self::start) refuses more. They stay what they are until the process stops, and do not change who may do what.
    ///
    /// It is what a process says of itself, and nothing proves it: whoever may join can say it as well. Who a process is, is its
    /// [`identity`](crate::ProcessInfo::identity).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use daffi::Global;
    ///
    /// let worker = Global::builder().process_name("worker 7").attribute("kind", "resizer");
    /// # let worker = worker.init_controller(true).in_memory().auto_callbacks(false);
    /// let worker = worker.start().await?;
    ///
    /// // In another process:
    /// # let g = worker.clone();
    /// let processes = g.processes().await?;
    /// let resizers = processes.iter().filter(|process| process.attribute("kind") == Some("resizer"));
    /// assert_eq!(resizers.map(|process| &process.name).collect::<Vec<_>>(), ["worker 7"]);
    /// # Ok(()) }
    /// ```
    pub fn attribute(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.attributes.set(key, value);
        self
    }
}
