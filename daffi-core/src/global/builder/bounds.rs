//! What a process takes at most.

use super::GlobalBuilder;

impl GlobalBuilder {
    /// The largest arguments or result with what goes before them, in bytes, from 64 KiB to 1 GiB; they take 16 KiB less. The
    /// controller's setting holds for all that passes through it; a node that says less sends no more. Default: 16 MiB. What has
    /// more than 128 KiB travels in pieces, between which other calls pass, but for the same caller's to the same provider.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use daffi::Global;
    ///
    /// use daffi::CallError;
    ///
    /// let shop = Global::builder().init_controller(true).in_memory().max_frame(1 << 20);   // 1 MiB
    /// # let shop = shop.auto_callbacks(false);
    /// let shop = shop.start().await?;
    /// # shop.register_fn("store", |bytes: Vec<u8>| async move { bytes.len() }).await?;
    /// # let g = Global::builder().memory(&shop).auto_callbacks(false).start().await?;
    /// let error = g.call::<usize>("store", (vec![0_u8; 2 << 20],)).await.unwrap_err();
    /// assert!(matches!(error, CallError::TooLarge { .. }), "a stream carries what is larger");
    /// # Ok(()) }
    /// ```
    pub fn max_frame(mut self, bytes: usize) -> Self {
        self.limits.frame_bytes = bytes;
        self
    }

    /// On how many threads of its runtime callbacks may block at a time, 1 or more: those that are not `async`, for as long as they run,
    /// and as long as a stream is read that they return as an iterator. Calls beyond that wait for a thread. Default: 448, of the 512 that a
    /// runtime of tokio has unless its `max_blocking_threads` says otherwise; the others are for what the program blocks there itself.
    ///
    /// A callback that waits for another one ([`wait`](crate::Call::wait)) keeps its thread. Where each thread is kept by one that waits,
    /// directly or through other processes, for a callback of this `Global` that needs one, nobody would ever go on: one of those is then
    /// answered [`CallError::Overloaded`](crate::CallError::Overloaded), and did not run. Write `async` for the one that waits, so that it
    /// needs no thread, or raise this, where it happens. It is known of calls that the callback waits for itself; not of those that it makes in the background
    /// ([`bg`](crate::Call::bg)) or through [another `Global`](crate::Call::on), nor of what waits for a stream that comes from or goes to another process or an asynchronous callback.
    ///
    /// Where the runtime has fewer threads than that, the same is found out, after a second in which none came.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use daffi::Global;
    ///
    /// // A process with little memory, whose callbacks that are not `async` compute.
    /// let worker = Global::builder().blocking_threads(4).max_unread(16 << 20);
    /// # let worker = worker.init_controller(true).in_memory().auto_callbacks(false);
    /// let worker = worker.start().await?;
    /// # drop(worker);
    /// # Ok(()) }
    /// ```
    pub fn blocking_threads(mut self, threads: usize) -> Self {
        self.blocking_threads = threads;
        self
    }

    /// How many bytes the streams may hold in all that come to this `Global` and are not read, 64 KiB or more: those that its callbacks
    /// take, and those that it has called for. Default: 256 MiB.
    ///
    /// Each takes its [window](crate::Streaming::window) of it from its beginning until its sender has ended it, and from then on what was
    /// not read. Where more than half is taken, a new stream gets the less the less there is left, 1 KiB at least, and more when others
    /// have ended; one for which not even that is left ends with [`CallError::Overloaded`](crate::CallError::Overloaded). So does one
    /// whose item is larger than its window by more than what is left for that. In a broadcast it is the part of that process alone.
    ///
    /// Windows take three quarters, what is over them a half, and both together no more than there is. An eighth is for items that are over
    /// by 64 KiB or less. Whoever calls has four fifths of any of these where nobody else takes streams, and of what others leave otherwise, so
    /// that something is left for the next. When many have taken what they can, that is a sixteenth for callers that have nothing yet: of each, one
    /// stream with a window of 1 KiB and an item that is over it by 64 KiB or less. With the default these are 256 callers with such items, and
    /// thousands with small ones; the one after them finds nothing. What a callback calls for to answer is counted as its caller's, and
    /// what the program calls for by itself as one caller's. With the default, one caller may have 39 streams with whole windows and some 3,400 in
    /// all, and 76 MiB of items that have not come to their end.
    pub fn max_unread(mut self, bytes: u64) -> Self {
        self.stream_bytes = bytes;
        self
    }
}
