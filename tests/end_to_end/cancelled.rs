//! Whatever ends the interest in a call: its callback is told, wherever it is.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use daffi::{Call, CallContext, Global, GlobalBuilder, callback, fetcher};
use futures_util::FutureExt;
use tokio::sync::Notify;
use tokio::time::timeout;

use daffi_faults::Cutter;

/// Nothing takes so long that does not hang.
const HANGS: Duration = Duration::from_secs(60);

#[derive(Clone, Default)]
struct Held {
    begun: Arc<Notify>,
    ended: Arc<Notify>,
}

/// Tells that it is dropped.
struct Told(Arc<Notify>);

impl Drop for Told {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

#[callback(prefix = "cancelled.")]
impl Held {
    pub async fn awaits(&self) {
        let _told = Told(Arc::clone(&self.ended));
        self.begun.notify_one();
        pending::<()>().await;
    }

    pub fn looks(&self, ctx: &CallContext) {
        self.begun.notify_one();
        while !ctx.is_cancelled() {
            std::thread::yield_now();
        }
        self.ended.notify_one();
    }
}

struct Client;

#[fetcher(prefix = "cancelled.")]
impl Client {
    async fn awaits(&self);
    async fn looks(&self);
}

/// What ends a call before its callback has.
#[derive(Clone, Copy, Debug)]
enum End {
    Dropped,
    Deadline,
    CallerStops,
    CallerDies,
    Lost,
}

async fn check(end: End, call: fn() -> Call<()>) {
    let controller = Global::builder().process_name("controller").init_controller(true);
    let controller = controller.auto_callbacks(false).host("127.0.0.1").port(0);
    let controller = controller.resume_grace(Duration::from_millis(100));
    let controller = controller.start().await.unwrap();
    let port = controller.address().port().unwrap();
    let cutter = Cutter::to(port, 1).await;
    let joining = |name: &str, port: u16| -> GlobalBuilder {
        let builder = Global::builder().process_name(name).auto_callbacks(false);
        builder.host("127.0.0.1").port(port)
    };
    let held = Held::default();
    let provider = joining("provider", port).service(held.clone());
    let provider = provider.start().await.unwrap();
    let caller = joining("caller", cutter.port()).start().await.unwrap();
    let mut call = call().on(&caller);
    if let End::Deadline = end {
        call = call.timeout(Duration::from_millis(200));
    }
    let mut call = Box::pin(call);
    assert!((&mut call).now_or_never().is_none());
    timeout(HANGS, held.begun.notified())
        .await
        .expect("it never begins");
    match end {
        End::Dropped => drop(call),
        End::Deadline => assert!(call.await.is_err()),
        End::CallerStops => caller.stop().await,
        End::CallerDies => caller.abort(),
        End::Lost => {
            cutter.close(true);
            cutter.cut();
        }
    }
    let ended = timeout(HANGS, held.ended.notified()).await;
    ended.unwrap_or_else(|_| panic!("it is never told: {end:?}"));
    caller.abort();
    provider.stop().await;
    controller.stop().await;
}

const ENDS: [End; 5] = [
    End::Dropped,
    End::Deadline,
    End::CallerStops,
    End::CallerDies,
    End::Lost,
];

/// link.resume.grace
#[tokio::test]
async fn p4_an_async_callback_is_dropped_whatever_ends_its_call() {
    for end in ENDS {
        check(end, || Client.awaits()).await;
    }
}

/// link.resume.grace
#[tokio::test]
async fn p4_a_blocking_callback_sees_that_its_call_has_ended_whatever_has() {
    for end in ENDS {
        check(end, || Client.looks()).await;
    }
}
