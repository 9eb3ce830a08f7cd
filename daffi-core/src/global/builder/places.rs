//! Which controllers a process looks for, and whose name it takes there.

use super::GlobalBuilder;

impl GlobalBuilder {
    /// Whether it takes its [name](Self::process_name) over from an older process of the same identity, instead of being refused. Default: no.
    ///
    /// That is cut off at once, as if it had been lost, and nothing that it still sends is believed: its calls are cancelled, and what it ran ends with
    /// [`ProviderLost`](crate::CallError::ProviderLost). It is told by [`on_refused`](Self::on_refused), with
    /// [`Refusal::Replaced`](crate::Refusal::Replaced), and ends if it says [`give_up_when_refused`](Self::give_up_when_refused); otherwise it asks for its
    /// name again, which it gets when the newer process has left. Only a start replaces: who comes back later does not. The process that runs
    /// the controller is not replaced, nor is one of another identity, where a start still ends with
    /// [`StartError::NameTaken`](crate::StartError::NameTaken). Where nobody proves who it is (a TCP port without tokens, keys or certificates of clients), all are
    /// the same nobody: whoever reaches the port may take any name over.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use daffi::Global;
    ///
    /// use daffi::{Ended, Refusal, StartError};
    ///
    /// # let controller = Global::builder().init_controller(true).init_node(false).in_memory().start().await?;
    /// let leader = || Global::builder().memory(&controller).auto_callbacks(false).process_name("leader").replace(true);
    /// let first = leader()
    ///     .give_up_when_refused(true)
    ///     .start()
    ///     .await?;
    /// let second = leader().start().await?;
    ///
    /// let Ended::Refused(reason) = first.join().await else { panic!("nobody has stopped it") };
    /// assert!(matches!(&*reason, StartError::Refused { refusal: Refusal::Replaced { .. }, .. }));
    /// # second.stop().await;
    /// # Ok(()) }
    /// ```
    pub fn replace(mut self, replace: bool) -> Self {
        self.replaces = replace;
        self
    }

    /// Where controllers are, each as `host:port`, the best one first: instead of [`host`](Self::host) and [`port`](Self::port). The first that
    /// lets this process in is joined, at the start and whenever the connection is lost for good.
    ///
    /// Processes that have joined different controllers do not see each other. So the others are best standbys of the first
    /// (`daffi-controller --standby-of HOST:PORT`), which let nobody in while they reach it, and send all back when it is there again.
    /// While a session can [go on](Self::resume_grace) with its own controller, no other one is joined, unless nobody listens at its
    /// address any more.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use daffi::Global;
    ///
    /// # let shop = Global::builder().init_controller(true).port(0).auto_callbacks(false).start().await?;
    /// # let first = format!("localhost:{}", shop.address().port().expect("it listens at a port"));
    /// # let second = first.clone();
    /// // As "a.example:8888" and "b.example:8888": the second is a standby of the first.
    /// let g = Global::builder().controllers([first, second]).auto_callbacks(false).start().await?;
    /// println!("it has joined {}", g.address());
    /// # g.stop().await;
    /// # shop.stop().await;
    /// # Ok(()) }
    /// ```
    pub fn controllers<A: Into<String>>(mut self, addresses: impl IntoIterator<Item = A>) -> Self {
        self.controllers = Some(addresses.into_iter().map(Into::into).collect());
        self
    }
}
