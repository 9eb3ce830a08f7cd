//! Schedules that are made through a `Global` that is said, that become others, and of which is asked when that has stopped.

use std::time::{Duration, SystemTime};

use daffi::{CallError, Global, Period, fetcher};

use crate::net::{Net, Transport};
use crate::schedules::{Bell, RingClient, every, seconds, with_bell};

#[fetcher(alias = "bell.ring", every = "5s")]
async fn ring_often() -> u64;

#[fetcher(alias = "bell.ring")]
async fn ring() -> u64;

#[tokio::test(start_paused = true)]
async fn the_schedule_of_a_fetcher_is_made_through_the_global_that_is_said() {
    with_bell(async |net, bell| {
        let (one, other) = (net.join().process_name("one"), net.join().process_name("other"));
        let (one, other) = (one.start().await.unwrap(), other.start().await.unwrap());
        let ambiguous = ring_often().await.unwrap_err();
        assert!(matches!(ambiguous, CallError::Ambiguous { .. }), "{ambiguous}");
        let task = ring_often().on(&other).await.unwrap();
        seconds(6).await;
        assert_eq!(bell.rung(), 1);
        assert_eq!(task.describe().await.unwrap().info.process, "other");
        one.stop().await;
        other.stop().await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn it_becomes_a_broadcast_and_a_call_again() {
    with_bell(async |net, bell| {
        let second = Bell::default();
        let provider = net.join().process_name("second").service(second.clone());
        let (provider, maker) = (
            provider.start().await.unwrap(),
            net.join().process_name("maker").start().await.unwrap(),
        );
        let rung = || (bell.rung(), second.rung());
        let task = RingClient::new(&maker).ring().period(every(5)).await.unwrap();
        // No other process of this one is named: it is asked of the controller that has it.
        let updated = task
            .update(ring().broadcast().period(every(10).limit(3)))
            .await
            .unwrap();
        assert_eq!(updated.id(), task.id());
        seconds(31).await;
        assert_eq!(rung(), (3, 3));
        let ended = task.update(ring().period(every(5))).await.unwrap_err();
        assert!(ended.to_string().contains("has ended: make a new one"), "{ended}");

        let task = ring().broadcast().on(&maker).period(every(5)).await.unwrap();
        task.update(ring_often()).await.unwrap();
        seconds(11).await;
        let (here, there) = rung();
        assert_eq!(here + there, 6 + 2);
        let info = task.describe().await.unwrap().info;
        assert_eq!((info.period.as_str(), info.counts.ok), ("every 5s", 2));
        provider.stop().await;
        maker.stop().await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_global_that_has_stopped_says_so_and_another_one_asks() {
    with_bell(async |net, bell| {
        let maker = net.join().process_name("maker").start().await.unwrap();
        let task = RingClient::new(&maker).ring().period(every(5)).await.unwrap();
        let mut ticks = task.ticks();
        maker.stop().await;
        let words = [
            task.describe().await.unwrap_err(),
            task.cancel().await.unwrap_err(),
            task.update(ring().period(every(1))).await.unwrap_err(),
            ticks.next().await.unwrap().unwrap_err(),
        ]
        .map(|error| error.to_string());
        for words in &words {
            assert!(
                words.contains("because the Global \"maker\" of this process has stopped"),
                "{words}"
            );
        }
        // It goes on all the same.
        seconds(6).await;
        assert_eq!(bell.rung(), 1);
        let listed = net.service.scheduled_tasks().await.unwrap();
        let same = net.service.scheduled_task(&listed[0]).unwrap();
        assert_eq!(same.id(), task.id());
        assert_eq!(same.describe().await.unwrap().info.counts.ok, 1);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_global_that_stops_meanwhile_says_so() {
    let net = Net::start(Transport::Tcp, |builder| builder.auto_callbacks(false)).await;
    let maker = net.join().process_name("maker").start().await.unwrap();
    let task = RingClient::new(&maker).ring().period(every(5)).await.unwrap();
    let mut ticks = task.ticks();
    let waiting = async { ticks.next().await.unwrap().unwrap_err() };
    let (error, ()) = tokio::join!(waiting, maker.stop());
    assert!(
        error
            .to_string()
            .contains("the Global \"maker\" of this process stopped"),
        "{error}"
    );
    net.stop([]).await;
}

#[tokio::test]
async fn an_instant_in_the_past_is_refused_also_where_the_call_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let bell = Bell::default();
    let builder = Global::builder()
        .init_controller(true)
        .in_memory()
        .data_dir(folder.path());
    let g = builder
        .auto_callbacks(false)
        .service(bell.clone())
        .start()
        .await
        .unwrap();
    let past = SystemTime::now() - Duration::from_secs(60);
    let call = || RingClient::new(&g).ring();
    let refused = [
        call().at(past).durable().send(),
        call().period(Period::at([past]).durable()),
    ];
    for refused in refused {
        let error = refused.await.unwrap_err();
        assert!(
            matches!(error, CallError::Invalid { .. })
                && error.to_string().contains("an instant in the past, 60"),
            "{error}"
        );
    }
    assert_eq!(g.scheduled_tasks().await.unwrap(), []);
    // What is to be made now says so.
    let mut ticks = call()
        .after(Duration::ZERO)
        .durable()
        .send()
        .await
        .unwrap()
        .ticks();
    assert!(ticks.next().await.is_none_or(|tick| tick.is_ok()));
    // Kept by nobody, it is made at once.
    call().to(g.process_name()).at(past).await.unwrap();
    g.stop().await;
}
