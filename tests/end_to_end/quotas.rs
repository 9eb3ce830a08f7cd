//! How much processes may have and do at a controller, and what they are told when that is over.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use daffi::{
    CallError, ConfigFault, Global, Measure, Quota, QuotaOf, Quotas, Refusal, RegisterError, StartError,
    Streaming, callback, fetcher,
};
use futures_util::future::join_all;
use futures_util::{Stream, stream};
use tokio::sync::Notify;

use crate::net::{Net, Transport};
use crate::traces::Lines;

#[derive(Clone, Default)]
struct Jobs {
    begun: Arc<Notify>,
}

#[callback(prefix = "quotas.")]
impl Jobs {
    pub async fn double(&self, number: u32) -> u32 {
        number * 2
    }

    pub async fn size(&self, bytes: Vec<u8>) -> usize {
        bytes.len()
    }

    pub async fn give(&self, bytes: usize) -> Vec<u8> {
        vec![7; bytes]
    }

    pub async fn never(&self) {
        self.begun.notify_one();
        std::future::pending::<()>().await;
    }

    pub async fn total(&self, mut items: Streaming<Vec<u8>>) -> usize {
        let mut total = 0;
        while let Some(Ok(item)) = items.next().await {
            total += item.len();
        }
        total
    }
}

#[fetcher(prefix = "quotas.")]
trait Work {
    async fn double(&self, number: u32) -> u32;
    async fn size(&self, bytes: Vec<u8>) -> usize;
    async fn give(&self, bytes: usize) -> Vec<u8>;
    async fn never(&self);
    async fn total(&self, items: impl Stream<Item = Vec<u8>>) -> usize;
}

async fn net(transport: Transport, quotas: Quotas, jobs: &Jobs) -> Net {
    Net::start(transport, |builder| builder.quotas(quotas).service(jobs.clone())).await
}

/// Of what, whose, and how much a quota was that a call was over.
#[track_caller]
fn over<T: std::fmt::Debug>(outcome: Result<T, CallError>) -> (Measure, QuotaOf, u64) {
    match outcome {
        Err(CallError::Overloaded {
            quota: Some(exceeded),
            ..
        }) => (exceeded.measure, exceeded.of, exceeded.limit),
        other => panic!("not over a quota: {other:?}"),
    }
}

#[tokio::test]
async fn a_call_over_a_quota_says_which_and_did_not_run() {
    for transport in [Transport::Unix, Transport::Tcp] {
        let jobs = Jobs::default();
        let net = net(transport, Quotas::new().connection(Quota::new().calls(1)), &jobs).await;
        let caller = net.caller().await;
        let client = WorkClient::new(&caller);
        let never = client.never().bg();
        jobs.begun.notified().await;
        let error = client.double(1).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "the call of `quotas.double` is over a quota that the controller keeps: 1 calls at the same time for the connection of this \
             process; it did not run: make fewer, or have whoever runs the controller raise it, by `calls` of `quotas.connection` in its \
             configuration"
        );
        assert!(!error.may_have_run());
        assert_eq!(
            over(Err::<(), _>(error)),
            (Measure::Calls, QuotaOf::Connection, 1)
        );
        // Another has its own, and who runs the controller has none.
        let other = net.caller_named("other").await;
        assert_eq!(WorkClient::new(&other).double(1).await, Ok(2));
        never.cancel();
        net.service.set_quotas(Quotas::new()).await.unwrap();
        let own = WorkClient::new(&caller);
        let _never = own.never().bg();
        assert_eq!(own.double(3).await, Ok(6));
        let missing = caller.set_quotas(Quotas::new()).await.unwrap_err();
        let StartError::Config(faults) = missing else {
            panic!("{missing}");
        };
        assert!(matches!(faults[..], [ConfigFault::Missing("set_quotas", _)]));
        net.stop([caller, other]).await;
    }
}

#[tokio::test]
async fn what_is_sent_at_once_is_bounded_for_its_sender_and_not_for_what_it_is_sent() {
    for transport in [Transport::Unix, Transport::Tcp] {
        let quotas = Quotas::new().connection(Quota::new().frame_bytes(200 * 1024));
        let net = net(transport, quotas, &Jobs::default()).await;
        let caller = net.caller().await;
        let client = WorkClient::new(&caller);
        assert_eq!(client.size(vec![0; 150 * 1024]).await, Ok(150 * 1024));
        let error = client.size(vec![0; 201 * 1024]).await.unwrap_err();
        let CallError::TooLarge {
            limit, may_have_run, ..
        } = error
        else {
            panic!("{error}")
        };
        assert_eq!((limit, may_have_run), (200 * 1024, false));
        assert!(
            error
                .to_string()
                .ends_with("or the `frame-bytes` of the quota of whoever sends it"),
            "{error}"
        );
        // Its connection is still there, and who runs the controller has no quota.
        assert_eq!(client.give(1 << 20).await.map(|bytes| bytes.len()), Ok(1 << 20));
        net.stop([caller]).await;
    }
}

#[tokio::test]
async fn a_call_over_a_rate_is_made_again_when_there_is_room() {
    let jobs = Jobs::default();
    let quotas = Quotas::new().connection(Quota::new().calls_per_second(5));
    let net = net(Transport::Tcp, quotas, &jobs).await;
    let caller = net.caller().await;
    let client = WorkClient::new(&caller);
    let mut refused = 0;
    for number in 0..20 {
        refused += usize::from(client.double(number).await.is_err());
    }
    assert!(refused > 0, "twenty in no time are more than five in a second");
    let exceeded = over(
        join_all((0..20).map(|number| client.double(number)))
            .await
            .pop()
            .unwrap(),
    );
    assert_eq!(exceeded, (Measure::CallsPerSecond, QuotaOf::Connection, 5));
    assert_eq!(client.double(1).retry(3).await, Ok(2));
    net.stop([caller]).await;
}

#[tokio::test]
async fn a_call_that_is_never_let_through_says_how_much_it_brings_and_what_may_be() {
    let jobs = Jobs::default();
    let quotas = Quotas::new().connection(Quota::new().bytes_per_second(5_000));
    let net = net(Transport::Tcp, quotas, &jobs).await;
    let caller = net.caller().await;
    let client = WorkClient::new(&caller);
    let error = client.size(vec![7; 400_000]).retry(3).await.unwrap_err();
    let words = error.to_string();
    assert!(
        words.contains("5000 bytes per second for the connection of this process, so that one call may bring 305000, and this one brings 400"),
        "{words}"
    );
    assert!(
        words.contains("it did not run: bring less at once, in several calls or as a stream, or have whoever runs the controller raise it"),
        "{words}"
    );
    net.service
        .set_quotas(Quotas::new().connection(Quota::new().calls(0)))
        .await
        .unwrap();
    let words = client.double(1).await.unwrap_err().to_string();
    assert!(words.contains("it did not run: have whoever runs"), "{words}");
    net.stop([caller]).await;
}

#[tokio::test]
async fn who_asks_for_much_waits_and_whoever_gives_it_goes_on_for_others() {
    let jobs = Jobs::default();
    let quotas = Quotas::new().connection(Quota::new().bytes_per_second(100_000));
    let net = Net::start(Transport::Tcp, |builder| builder.quotas(quotas)).await;
    let provider = net.join().service(jobs).start().await.unwrap();
    let greedy = net.caller_named("greedy").await;
    let client = WorkClient::new(&greedy);
    assert_eq!(
        client.give(1_000_000).await.map(|given| given.len()),
        Ok(1_000_000)
    );
    let exceeded = over(client.double(1).await);
    assert_eq!(exceeded, (Measure::BytesPerSecond, QuotaOf::Connection, 100_000));
    let other = net.caller_named("other").await;
    let client = WorkClient::new(&other);
    for number in 0..20 {
        assert_eq!(
            client.double(number).timeout(Duration::from_secs(5)).await,
            Ok(2 * number)
        );
    }
    net.stop([provider, greedy, other]).await;
}

#[tokio::test]
async fn an_identity_has_its_quotas_once() {
    let jobs = Jobs::default();
    let quotas = Quotas::new().identity(Quota::new().calls(1).callbacks(1).connections(3));
    // Who comes by a Unix socket is known by its user.
    let net = net(Transport::Unix, quotas, &jobs).await;
    let [one, two] = [net.caller_named("one").await, net.caller_named("two").await];
    let _never = WorkClient::new(&one).never().bg();
    jobs.begun.notified().await;
    let outcome = WorkClient::new(&two).double(1).await;
    assert_eq!(over(outcome), (Measure::Calls, QuotaOf::Identity, 1));
    one.register_fn("quotas.one", |n: u32| async move { n })
        .await
        .unwrap();
    let refused = two
        .register_fn("quotas.two", |n: u32| async move { n })
        .await
        .unwrap_err();
    assert!(matches!(refused, RegisterError::Refused { .. }), "{refused:?}");
    assert!(
        refused
            .to_string()
            .contains("no more than 1 callbacks for all processes of its identity"),
        "{refused}"
    );
    let refused = net.join().service(Jobs::default()).start().await.unwrap_err();
    assert!(
        matches!(refused, StartError::CallbacksRefused { .. }),
        "{refused:?}"
    );
    net.stop([one, two]).await;
}

#[tokio::test]
async fn an_identity_has_as_many_connections_as_it_may_and_a_start_waits_for_one() {
    let jobs = Jobs::default();
    let quotas = Quotas::new().identity(Quota::new().connections(1));
    let net = net(Transport::Unix, quotas, &jobs).await;
    let one = net.caller().await;
    let start = |time| net.join().connect_timeout(Duration::from_millis(time)).start();
    let refused = start(300).await.unwrap_err();
    let StartError::Refused {
        refusal: Refusal::OverQuota { quota, .. },
        ..
    } = &refused
    else {
        panic!("{refused:?}");
    };
    assert_eq!((quota.measure, quota.limit), (Measure::Connections, 1));
    assert!(
        refused.to_string().contains(
            "it lets in no more than 1 connections for all processes of its identity together: stop one of them, or have whoever runs it \
             raise `connections` of `quotas.identity`"
        ),
        "{refused}"
    );
    // As one does that is started again while its former connection is not yet known to be dead.
    let (two, ()) = tokio::join!(start(60_000), one.stop());
    assert_eq!(WorkClient::new(&two.unwrap()).double(1).await, Ok(2));
    net.stop([]).await;
}

#[tokio::test]
async fn who_sends_more_bytes_than_it_may_is_read_later_and_loses_nothing() {
    let jobs = Jobs::default();
    let quotas = Quotas::new().connection(Quota::new().bytes_per_second(1_000_000));
    let net = net(Transport::Tcp, quotas, &jobs).await;
    let (caller, lost) = net.counting_caller().await;
    let client = WorkClient::new(&caller);
    let begun = Instant::now();
    let items = stream::iter((0..200).map(|_| vec![7; 10_000]));
    assert_eq!(client.total(items).await, Ok(2_000_000));
    // A second's may be sent at once, and then what the last read has brought.
    assert!(
        begun.elapsed() > Duration::from_millis(500),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(lost.load(Ordering::Relaxed), 0);
    net.stop([caller]).await;
}

#[tokio::test]
async fn who_waits_is_read_at_once_when_its_quota_is_raised_or_taken_away() {
    for raised in [
        Quotas::new().connection(Quota::new().bytes_per_second(10_000_000)),
        Quotas::new(),
    ] {
        let jobs = Jobs::default();
        let quotas = Quotas::new().connection(Quota::new().bytes_per_second(2_000));
        let net = net(Transport::Tcp, quotas, &jobs).await;
        let caller = net.caller().await;
        let client = WorkClient::new(&caller);
        // A read of it is owed for half a minute or more.
        let items = stream::iter((0..4).map(|_| vec![7; 100_000]));
        let total = client.total(items).bg();
        while let Ok(_) | Err(CallError::Overloaded { .. }) =
            client.double(1).timeout(Duration::from_secs(1)).await
        {}
        let begun = Instant::now();
        net.service.set_quotas(raised).await.unwrap();
        assert_eq!(total.await, Ok(400_000));
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
        net.stop([caller]).await;
    }
}

#[tokio::test]
async fn who_joins_while_its_identity_is_not_read_is_told_so_and_let_in_later() {
    let jobs = Jobs::default();
    let slow = Quotas::new().identity(Quota::new().bytes_per_second(10_000));
    let net = net(Transport::Unix, slow, &jobs).await;
    let caller = net.caller().await;
    let client = WorkClient::new(&caller);
    let items = stream::iter((0..4).map(|_| vec![7; 100_000]));
    let total = client.total(items).bg();
    let refused = loop {
        let start = net.join().connect_timeout(Duration::from_millis(300)).start();
        match start.await {
            Ok(other) => other.stop().await,
            Err(refused) => break refused,
        }
    };
    let StartError::Refused {
        refusal: Refusal::OverQuota { quota, .. },
        ..
    } = &refused
    else {
        panic!("{refused:?}");
    };
    assert_eq!(
        (quota.measure, quota.of, quota.limit),
        (Measure::BytesPerSecond, QuotaOf::Identity, 10_000)
    );
    let words = refused.to_string();
    assert!(
        words.contains("have sent more than it takes of them, and are not read until they have made up for it: 10000 bytes per second"),
        "{words}"
    );
    assert!(
        words.contains("raise `bytes-per-second` of `quotas.identity`"),
        "{words}"
    );
    net.service.set_quotas(Quotas::new()).await.unwrap();
    assert_eq!(total.await, Ok(400_000));
    let other = net.caller_named("other").await;
    assert_eq!(WorkClient::new(&other).double(1).await, Ok(2));
    net.stop([caller, other]).await;
}

#[tokio::test]
async fn who_is_not_read_for_longer_than_silence_may_last_keeps_its_connection() {
    let jobs = Jobs::default();
    let quotas = Quotas::new().connection(Quota::new().bytes_per_second(25_000));
    let net = Net::start(Transport::Tcp, |builder| {
        builder
            .quotas(quotas)
            .heartbeat(Duration::from_secs(1))
            .service(jobs.clone())
    })
    .await;
    let (caller, lost) = net.counting_caller().await;
    let client = WorkClient::new(&caller);
    // Four seconds' more than there are, in one frame; silence may last three.
    assert_eq!(client.size(vec![7; 125_000]).retry(5).await, Ok(125_000));
    let begun = Instant::now();
    assert_eq!(client.double(1).await, Ok(2));
    assert!(
        begun.elapsed() > Duration::from_millis(3500),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(lost.load(Ordering::Relaxed), 0);
    net.stop([caller]).await;
}

#[tokio::test]
async fn who_is_not_read_while_more_is_on_its_way_than_sockets_hold_keeps_its_connection() {
    let jobs = Jobs::default();
    let quotas = Quotas::new().connection(Quota::new().bytes_per_second(500_000));
    let net = Net::start(Transport::Tcp, |builder| {
        builder
            .quotas(quotas)
            .heartbeat(Duration::from_millis(100))
            .resume_grace(Duration::ZERO)
            .service(jobs.clone())
    })
    .await;
    let (caller, lost) = net.counting_caller().await;
    let client = WorkClient::new(&caller);
    // Nothing is taken of it for half a second after each read.
    let much = client.size(vec![7; 15_000_000]).retry(5);
    let unanswered = tokio::time::timeout(Duration::from_secs(3), much).await;
    assert!(unanswered.is_err(), "{unanswered:?}");
    assert_eq!(lost.load(Ordering::Relaxed), 0);
    caller.abort();
    net.stop([]).await;
}

#[tokio::test]
async fn who_goes_on_and_on_is_cut_off_is_told_why_and_comes_back_later() {
    let lines = Lines::of_all_tests();
    // How long it stays away is a matter of luck, each time: no more than 2 seconds, then 4, then 8, and hardly ever next to nothing
    // each time.
    for (transport, times) in [(Transport::Unix, 3), (Transport::Tcp, 1)] {
        let jobs = Jobs::default();
        // The number is nobody else's.
        let most = 23 + times;
        let quotas = Quotas::new().connection(Quota::new().calls_per_second(most));
        let net = net(transport, quotas, &jobs).await;
        let [lost, back] = [Arc::new(Notify::new()), Arc::new(Notify::new())];
        let [gone, here] = [Arc::clone(&lost), Arc::clone(&back)];
        let caller = net
            .join()
            .on_node_disconnect(move |_| gone.notify_one())
            .on_node_connect(move |_| here.notify_one())
            .start()
            .await
            .unwrap();
        back.notified().await;
        let client = WorkClient::new(&caller);
        let bystander = net.caller_named("bystander").await;
        let mut away = Duration::ZERO;
        for _ in 0..times {
            let flood = async {
                loop {
                    join_all((0..1000).map(|number| client.double(number))).await;
                }
            };
            tokio::select! {
                () = lost.notified() => {}
                () = flood => {}
            }
            let begun = Instant::now();
            assert_eq!(WorkClient::new(&bystander).double(1).await, Ok(2));
            back.notified().await;
            away += begun.elapsed();
        }
        if times > 1 {
            assert!(away > Duration::from_millis(250), "{away:?}");
        }
        // Both sides say it, each in its log.
        let text = lines.text();
        let reason = format!("{most} calls per second for the connection of this process");
        for side in ["a connection is cut off,", "the controller ends the connection"] {
            let said = text
                .lines()
                .filter(|line| line.contains(side) && line.contains(&reason));
            assert_eq!(said.count() as u64, times, "{side}: {reason}");
        }
        net.stop([caller, bystander]).await;
    }
}

#[tokio::test]
async fn how_many_connections_there_may_be_is_said_of_an_identity() {
    let quotas = Quotas::new().connection(Quota::new().connections(1));
    let builder = Global::builder().init_controller(true).port(0);
    let error = builder.quotas(quotas).start().await.unwrap_err().to_string();
    let words = "quotas is connections of quotas.connection: how many connections there may be is said of an identity (Quotas::identity)";
    assert!(error.contains(words), "{error}");
    let g = Global::builder()
        .init_controller(true)
        .port(0)
        .start()
        .await
        .unwrap();
    let error = g.set_quotas(quotas).await.unwrap_err().to_string();
    assert!(error.contains(words), "{error}");
    g.stop().await;
}

#[tokio::test]
async fn quotas_take_a_controller() {
    let quotas = Quotas::new().connection(Quota::new().calls(1));
    let error = Global::builder()
        .port(1)
        .quotas(quotas)
        .start()
        .await
        .unwrap_err();
    let StartError::Config(faults) = error else {
        panic!("{error}");
    };
    assert!(
        matches!(faults[..], [ConfigFault::Missing("quotas", _)]),
        "{faults:?}"
    );
}
