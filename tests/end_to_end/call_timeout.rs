//! How long calls last that say nothing of it.

use std::future::pending;
use std::time::Duration;

use daffi::{CallContext, CallError, ConfigFault, Global, StartError, Stream, Streaming, callback, fetcher};
use futures_util::stream;
use tokio::sync::{Notify, Semaphore, mpsc};

use crate::net::{Net, Transport};

/// Long enough for no test to wait for it, and short enough for one that does.
const LONG: Duration = Duration::from_secs(600);
const SHORT: Duration = Duration::from_millis(20);

/// Lets streams go on.
static ITEMS: Semaphore = Semaphore::const_new(0);
/// Lets what was handed over end.
static FINISH: Notify = Notify::const_new();

/// Calls that never end, and those that may.
struct Slow {
    /// What each call was told of its end.
    told: mpsc::UnboundedSender<Option<Duration>>,
    /// Is told of what was handed over and has ended.
    finished: mpsc::UnboundedSender<()>,
}

#[callback(prefix = "slow.")]
impl Slow {
    pub async fn never(&self, ctx: &CallContext) -> u8 {
        let _ = self.told.send(ctx.remaining());
        pending().await
    }

    pub async fn items(&self) -> impl Stream<Item = u8> {
        Box::pin(stream::unfold(0, |item| async move {
            ITEMS.acquire().await.ok()?.forget();
            Some((item, item + 1))
        }))
    }

    pub async fn sum(&self, mut numbers: Streaming<u64>) -> u64 {
        let mut sum = 0;
        while let Some(Ok(number)) = numbers.next().await {
            sum += number;
        }
        sum
    }

    pub async fn finish(&self) {
        FINISH.notified().await;
        let _ = self.finished.send(());
    }
}

struct Slowly;

#[fetcher(prefix = "slow.")]
impl Slowly {
    async fn never(&self) -> u8;
    #[fetcher(alias = "never", timeout = "10m")]
    async fn never_for_long(&self) -> u8;
    async fn items(&self) -> impl Stream<Item = u8>;
    async fn sum(&self, numbers: impl Stream<Item = u64>) -> u64;
    async fn finish(&self);
}

/// What the service says.
struct Said {
    calls: mpsc::UnboundedReceiver<Option<Duration>>,
    finished: mpsc::UnboundedReceiver<()>,
}

async fn net() -> (Net, Global, Said) {
    let (told, calls) = mpsc::unbounded_channel();
    let (finished, ends) = mpsc::unbounded_channel();
    let slow = Slow { told, finished };
    let net = Net::start(Transport::Memory, |builder| builder.service(slow)).await;
    let g = net.join().call_timeout(SHORT).start().await.unwrap();
    let said = Said {
        calls,
        finished: ends,
    };
    (net, g, said)
}

#[tokio::test]
async fn a_call_that_sets_no_timeout_has_that_of_its_process() {
    let (net, g, mut said) = net().await;
    let timed_out = |error: CallError| assert!(matches!(error, CallError::Timeout { .. }), "{error}");
    timed_out(Slowly.never().on(&g).await.unwrap_err());
    assert!(
        said.calls.recv().await.unwrap().unwrap() <= SHORT,
        "its provider knows"
    );
    timed_out(g.call::<u8>("slow.never", ()).await.unwrap_err());
    timed_out(Slowly.never().on(&g).bg().await.unwrap_err());
    timed_out(Slowly.never().after(SHORT).on(&g).await.unwrap_err());
    let replies = Slowly.never().on(&g).broadcast().await.unwrap();
    assert_eq!(replies.len(), 1);
    for (_, reply) in replies {
        timed_out(reply.unwrap_err());
    }
    // Of its process, not of all.
    let other = net.caller().await;
    let patient = Slowly.never().on(&other).bg();
    timed_out(Slowly.never().on(&g).await.unwrap_err());
    timed_out(Slowly.never().on(&g).await.unwrap_err());
    assert!(!patient.is_ready());
    net.stop([g, other]).await;
}

#[tokio::test]
async fn a_timeout_of_its_own_is_longer_or_shorter() {
    let (net, g, mut said) = net().await;
    let long = [
        Slowly.never_for_long().on(&g).bg(),
        Slowly.never().timeout(LONG).on(&g).bg(),
        Slowly.never().timeout(Duration::MAX).on(&g).bg(),
    ];
    for _ in 0..2 {
        let remaining = said.calls.recv().await.unwrap().unwrap();
        assert!(remaining > LONG / 2, "{remaining:?}");
    }
    assert_eq!(said.calls.recv().await.unwrap(), None);
    // What would have ended with the others has ended when these have.
    for _ in 0..2 {
        Slowly.never().on(&g).await.unwrap_err();
    }
    for job in long {
        assert!(!job.is_ready());
        job.cancel();
    }

    let patient = net.join().call_timeout(LONG).start().await.unwrap();
    let error = Slowly.never().timeout(SHORT).on(&patient).await.unwrap_err();
    assert!(matches!(error, CallError::Timeout { .. }), "{error}");
    net.stop([g, patient]).await;
}

#[tokio::test]
async fn what_has_not_one_outcome_lasts() {
    let (net, g, mut said) = net().await;
    let mut items = Slowly.items().on(&g).await.unwrap();
    let (number, numbers) = mpsc::channel(1);
    let numbers = stream::unfold(numbers, |mut numbers| async {
        numbers.recv().await.map(|number| (number, numbers))
    });
    let sum = Slowly.sum(Box::pin(numbers)).on(&g).bg();
    Slowly.finish().on(&g).send().await.unwrap();

    for _ in 0..2 {
        Slowly.never().on(&g).await.unwrap_err();
    }
    ITEMS.add_permits(1);
    assert_eq!(items.next().await.unwrap(), Ok(0));
    number.send(3).await.unwrap();
    drop(number);
    assert_eq!(sum.await, Ok(3));
    FINISH.notify_one();
    said.finished.recv().await.unwrap();
    drop(items);
    net.stop([g]).await;
}

#[tokio::test]
async fn none_at_all_is_no_time_for_a_call() {
    let error = Global::builder()
        .call_timeout(Duration::ZERO)
        .start()
        .await
        .unwrap_err();
    let StartError::Config(faults) = &error else {
        panic!("{error}")
    };
    assert!(
        matches!(
            &faults[..],
            [ConfigFault::Value {
                setting: "call_timeout",
                ..
            }]
        ),
        "{error}"
    );
}
