//! Calls that wait for somebody who offers their callback.

use std::future::IntoFuture;
use std::time::Duration;

use daffi::{CallError, CallErrorKind, Global, Streaming, callback, fetcher};
use futures_util::future::join_all;
use futures_util::stream::{self, Stream};

use super::net::{Net, Transport, over_each};

/// A time that no test ever takes.
const LONG: Duration = Duration::from_secs(600);

struct Baker;

#[callback(prefix = "baker.")]
impl Baker {
    pub async fn bake(&self, loaves: u32) -> u32 {
        loaves
    }

    pub async fn knead(&self, mut loaves: Streaming<u32>) -> Vec<u32> {
        let mut all = Vec::new();
        while let Some(loaf) = loaves.next().await {
            all.push(loaf.unwrap());
        }
        all
    }
}

struct Guest;

#[fetcher(prefix = "baker.")]
impl Guest {
    async fn bake(&self, loaves: u32) -> u32;
    async fn knead(&self, loaves: impl Stream<Item = u32>) -> Vec<u32>;
}

#[fetcher(prefix = "baker.", wait = "10m")]
trait Patient {
    async fn bake(&self, loaves: u32) -> u32;
    #[fetcher(wait = "2ms", alias = "never")]
    async fn never(&self) -> u32;
}

async fn baker(net: &Net, name: &str) -> Global {
    let builder = net.join().process_name(name).service(Baker);
    builder.start().await.unwrap()
}

#[tokio::test]
async fn a_call_waits_for_somebody_to_offer_its_callback() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder).await;
        let g = net.caller().await;
        let loaves = [1, 2, 3];
        let baked = Guest.bake(1).wait_for_provider(LONG).on(&g).bg();
        let patient = PatientClient::new(&g).bake(2).on(&g).bg();
        let kneaded = Guest.knead(stream::iter(loaves)).wait_for_provider(LONG);
        let kneaded = kneaded.on(&g).bg();
        let sent = Guest.bake(4).wait_for_provider(LONG).on(&g).send();
        let everywhere = Guest.bake(5).wait_for_provider(LONG).on(&g).broadcast();
        let (sent, everywhere) = (tokio::spawn(sent), tokio::spawn(everywhere.into_future()));
        // Whoever does not wait is told that nobody is there.
        let error = Guest.bake(3).on(&g).await.unwrap_err();
        assert_eq!(error.kind(), CallErrorKind::NoProvider);
        assert!(!baked.is_ready() && !patient.is_ready() && !kneaded.is_ready());
        let baker = baker(&net, "baker").await;
        assert_eq!(baked.await, Ok(1));
        assert_eq!(patient.await, Ok(2));
        assert_eq!(kneaded.await, Ok(loaves.to_vec()));
        assert_eq!(sent.await.unwrap(), Ok(()));
        assert_eq!(everywhere.await.unwrap().unwrap()["baker"], Ok(5));
        net.stop([g, baker]).await;
    })
    .await;
}

#[tokio::test]
async fn a_call_to_a_process_waits_for_that_one() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder).await;
        let (g, first) = (net.caller().await, baker(&net, "first").await);
        // One is not there, and the other offers something else.
        let to = |name: &str| Guest.bake(1).to(name).wait_for_provider(LONG).on(&g).bg();
        let (second, third) = (to("second"), to("third"));
        let third_baker = net.join().process_name("third").start().await.unwrap();
        for name in ["second", "third"] {
            let error = Guest.bake(1).to(name).on(&g).await.unwrap_err();
            assert_eq!(error.kind(), CallErrorKind::NoProvider);
        }
        assert!(!second.is_ready() && !third.is_ready());
        let second_baker = baker(&net, "second").await;
        assert_eq!(second.await, Ok(1));
        third_baker.register(Baker).await.unwrap();
        assert_eq!(third.await, Ok(1));
        net.stop([g, first, second_baker, third_baker]).await;
    })
    .await;
}

#[tokio::test]
async fn who_waits_in_vain_is_told_that_nobody_is_there() {
    let net = Net::start(Transport::Memory, |builder| builder).await;
    let g = net.caller().await;
    let short = Duration::from_millis(2);
    let waits = || Guest.bake(1).on(&g);
    for (call, kind, is_long) in [
        (waits().wait_for_provider(short), CallErrorKind::NoProvider, true),
        (
            waits().wait_for_provider(Duration::ZERO),
            CallErrorKind::NoProvider,
            false,
        ),
        (
            PatientClient::new(&g).never().on(&g),
            CallErrorKind::NoProvider,
            true,
        ),
        // It is the deadline that ends these.
        (
            waits().wait_for_provider(LONG).timeout(short * 100),
            CallErrorKind::Timeout,
            true,
        ),
        (
            PatientClient::new(&g).bake(1).timeout(short * 100).on(&g),
            CallErrorKind::Timeout,
            true,
        ),
        (
            waits().wait_for_provider(Duration::MAX).timeout(short * 100),
            CallErrorKind::Timeout,
            true,
        ),
        // Nobody can have such a name.
        (
            waits().to("x".repeat(256)).wait_for_provider(LONG),
            CallErrorKind::NoProvider,
            false,
        ),
    ] {
        let error = call.await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(!error.may_have_run(), "{error}");
        let (CallError::NoProvider { waited, .. } | CallError::Timeout { waited, .. }) = &error else {
            panic!("{error}")
        };
        // Long enough to be told, or not at all.
        assert_eq!(*waited >= Some(short), is_long, "{error}");
        let words = "for a process that offers it, in vain";
        assert_eq!(error.to_string().contains(words), is_long, "{error}");
    }
    let broadcast = waits().wait_for_provider(short).broadcast().await;
    let CallError::NoProvider { waited: Some(_), .. } = broadcast.unwrap_err() else {
        panic!("it has waited");
    };
    let waiting = [
        waits().wait_for_provider(LONG).bg(),
        // It waits before it is made.
        waits().after(LONG).bg(),
    ];
    g.stop().await;
    for waiting in waiting {
        let error = waiting.await.unwrap_err();
        assert!(
            matches!(error, CallError::Cancelled { stopped: Some(_), .. }),
            "{error}"
        );
        assert!(!error.may_have_run(), "{error}");
        assert!(
            error.to_string().contains("of this process stopped before"),
            "{error}"
        );
    }
    net.stop([]).await;
}

#[tokio::test]
async fn more_calls_may_wait_than_questions_at_the_controller() {
    // Of a process, 4,096 questions may wait there.
    const CALLS: u32 = 3 * 4096;
    let net = Net::start(Transport::Unix, |builder| builder).await;
    let g = net.caller().await;
    let waiting: Vec<_> = (0..CALLS)
        .map(|loaves| Guest.bake(loaves).wait_for_provider(LONG).on(&g).bg())
        .collect();
    // Calls of one process are answered in their order: all others know by now that nobody is there.
    let error = Guest.bake(0).on(&g).await.unwrap_err();
    assert_eq!(error.kind(), CallErrorKind::NoProvider);
    let baker = baker(&net, "baker").await;
    let baked: Result<Vec<_>, CallError> = join_all(waiting).await.into_iter().collect();
    assert_eq!(baked.unwrap(), (0..CALLS).collect::<Vec<_>>());
    net.stop([g, baker]).await;
}

#[tokio::test]
async fn after_a_restart_of_the_controller_calls_wait_for_those_who_are_not_back() {
    for transport in [Transport::Unix, Transport::Tcp, Transport::Tls] {
        let net = Net::start(transport, |builder| builder).await;
        let (g, first) = (net.caller().await, baker(&net, "baker").await);
        assert_eq!(Guest.bake(1).on(&g).await, Ok(1));
        first.stop().await;
        let net = net.restart().await;
        // It is back, and the baker is not.
        net.service.wait_process("caller").await.unwrap();
        let baked = Guest.bake(2).on(&g).bg();
        let error = Guest.bake(3).wait_for_provider(Duration::ZERO).on(&g).await;
        assert_eq!(error.unwrap_err().kind(), CallErrorKind::NoProvider);
        // Who was never away does not wait.
        let error = Guest.bake(3).on(&net.service).await.unwrap_err();
        assert_eq!(error.kind(), CallErrorKind::NoProvider);
        assert!(!baked.is_ready());
        let second = baker(&net, "baker").await;
        assert_eq!(baked.await, Ok(2));
        net.stop([g, second]).await;
    }
}
