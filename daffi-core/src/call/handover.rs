//! Calls whose outcome nobody is told.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::answer::{Decoders, Take};
use super::future::{Call, State};
use crate::error::CallError;
use crate::proto::Mode;

impl<T, E> Call<T, E> {
    /// Hands the call over: the future is ready when the controller has given the call to a provider, and nobody learns
    /// of its outcome.
    ///
    /// The callback goes on when this process leaves. A [`timeout`](Self::timeout) bounds how long it may run.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
    /// # shop.register_fn("rebuild", || async {}).await?;
    /// # #[daffi::fetcher]
    /// # fn rebuild();
    /// # let rebuild = || rebuild().on(&g);
    /// use std::time::Duration;
    ///
    /// rebuild().timeout(Duration::from_secs(600)).send().await?;   // a provider has it now, and has ten minutes
    /// # Ok(()) }
    /// ```
    pub fn send(mut self) -> Handover {
        self.options.mode = Mode::HandedOver;
        Handover(self.without_answer())
    }

    /// The same call, of whose outcome nobody learns.
    pub(super) fn without_answer(self) -> Call<()> {
        let Self {
            source,
            arguments,
            options,
            feeds,
            ..
        } = self;
        Call {
            source,
            arguments,
            decoders: Decoders::new(Take::Value(|_, _| Ok(()))),
            options,
            feeds,
            described: false,
            state: State::New,
        }
    }
}

/// A call that is handed over: what [`Call::send`] returns. Await it.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start_blocking()?;
/// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start_blocking()?;
/// # shop.register_fn("rebuild", || ()).wait()?;
/// let handover = g.call::<()>("rebuild", ()).send();   // nothing is sent yet
/// handover.wait()?;                                     // or, in async code, `handover.await?`
/// # Ok(()) }
/// ```
///
/// # Errors
///
/// Why the call was not handed over; where that is not known, `may_have_run` says so. After that nothing is told.
///
/// # Cancel safety
///
/// Dropping it before it is ready may or may not hand the call over.
#[must_use = "nothing is handed over until this is awaited"]
#[derive(Debug)]
pub struct Handover(Call<()>);

impl Handover {
    /// Hands the call over and blocks this thread until that is done: for code without async.
    ///
    /// # Errors
    ///
    /// As awaiting it; and [`CallError::Blocking`] where blocking would hold up a runtime.
    pub fn wait(self) -> Result<(), CallError> {
        self.0.wait()
    }
}

impl Future for Handover {
    type Output = Result<(), CallError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx)
    }
}
