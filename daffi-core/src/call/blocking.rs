//! Waiting without async.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use crate::error::CallError;
use crate::scope::Scope;

/// Whether blocking this thread holds up nobody.
pub(crate) fn may_block() -> bool {
    tokio::runtime::Handle::try_current().is_err() || Scope::current().may_block
}

/// That blocking this thread holds up nobody.
pub(crate) fn check_may_block<E>(callback: impl FnOnce() -> String) -> Result<(), CallError<E>> {
    if may_block() {
        return Ok(());
    }
    Err(CallError::Blocking { callback: callback() })
}

/// Drives a future on this thread, which sleeps in between.
pub(crate) fn block_on<F: Future + Unpin>(mut future: F) -> F::Output {
    struct Thread(std::thread::Thread);

    impl Wake for Thread {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    let waker = Waker::from(Arc::new(Thread(std::thread::current())));
    let mut cx = Context::from_waker(&waker);
    loop {
        match Pin::new(&mut future).poll(&mut cx) {
            Poll::Ready(output) => return output,
            Poll::Pending => std::thread::park(),
        }
    }
}
