//! P14: calls beyond a callback's concurrency wait at the controller.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use daffi::{CallContext, CallError, RegisterError, Streaming, TimeLimit, callback, fetcher};
use futures_util::future::join_all;
use futures_util::stream::{self, Stream};
use tokio::sync::{Notify, Semaphore};

use super::net::{Net, Transport, over_each};

/// Works on two at a time, each as long as it takes to be let go.
#[derive(Clone)]
struct Mill {
    begun: Arc<Notify>,
    gate: Arc<Semaphore>,
    running: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

impl Mill {
    fn new(open: bool) -> Self {
        Self {
            begun: Arc::default(),
            gate: Arc::new(Semaphore::new(if open { Semaphore::MAX_PERMITS } else { 0 })),
            running: Arc::default(),
            most: Arc::default(),
        }
    }
}

#[callback(prefix = "mill.")]
impl Mill {
    #[callback(concurrency = 2)]
    pub async fn grind(&self, sack: u32) -> u32 {
        let running = self.running.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(running, Ordering::SeqCst);
        self.begun.notify_one();
        self.gate.acquire().await.unwrap().forget();
        self.running.fetch_sub(1, Ordering::SeqCst);
        sack
    }

    #[callback(concurrency = 1)]
    pub async fn sift(&self, mut sacks: Streaming<u32>) -> u32 {
        self.begun.notify_one();
        self.gate.acquire().await.unwrap().forget();
        let mut all = 0;
        while let Some(sack) = sacks.next().await {
            all += sack.unwrap();
        }
        all
    }

    /// Holds its thread until it is let go, whatever time it has.
    #[callback(concurrency = 1, timeout = "20ms")]
    pub fn press(&self, sack: u32) -> u32 {
        let running = self.running.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(running, Ordering::SeqCst);
        self.begun.notify_one();
        while self.gate.available_permits() == 0 {
            std::thread::yield_now();
        }
        self.running.fetch_sub(1, Ordering::SeqCst);
        sack
    }

    /// Gives what it ground, item by item.
    #[callback(concurrency = 1)]
    pub async fn pour(&self, sacks: u32) -> impl Stream<Item = u32> + use<> {
        self.begun.notify_one();
        stream::iter(0..sacks)
    }

    /// As `grind`, one at a time for each process that asks.
    #[callback(concurrency_per_caller = 1)]
    pub async fn polish(&self, sack: u32) -> u32 {
        self.grind(sack).await
    }

    #[callback(concurrency = 1)]
    pub async fn who(&self, ctx: &CallContext) -> String {
        self.begun.notify_one();
        self.gate.acquire().await.unwrap().forget();
        ctx.process_name().to_owned()
    }
}

struct Mills;

#[fetcher(prefix = "mill.")]
impl Mills {
    async fn grind(&self, sack: u32) -> u32;
    async fn sift(&self, sacks: impl Stream<Item = u32>) -> u32;
    async fn press(&self, sack: u32) -> u32;
    async fn pour(&self, sacks: u32) -> impl Stream<Item = u32>;
    async fn polish(&self, sack: u32) -> u32;
    async fn who(&self) -> String;
}

#[tokio::test]
async fn p14_a_farm_of_workers_does_all_that_is_asked_of_it() {
    over_each(async |transport| {
        let mill = Mill::new(true);
        let net = Net::start(transport, |builder| builder.service(mill.clone())).await;
        let g = net.caller().await;
        let ground = join_all((0..400).map(|sack| Mills.grind(sack).on(&g).into_future())).await;
        let ground: Vec<_> = ground.into_iter().map(Result::unwrap).collect();
        assert_eq!(ground, (0..400).collect::<Vec<_>>());
        assert!(mill.most.load(Ordering::SeqCst) <= 2);
        net.stop([g]).await;
    })
    .await;
}

#[tokio::test]
async fn p14_streams_of_calls_that_wait_arrive() {
    over_each(async |transport| {
        let mill = Mill::new(true);
        let net = Net::start(transport, |builder| builder.service(mill)).await;
        let g = net.caller().await;
        let sifted =
            join_all((0..20).map(|most| Mills.sift(stream::iter(0..most)).on(&g).into_future())).await;
        let sifted: Vec<_> = sifted.into_iter().map(Result::unwrap).collect();
        assert_eq!(
            sifted,
            (0..20u32).map(|most| (0..most).sum()).collect::<Vec<u32>>()
        );
        net.stop([g]).await;
    })
    .await;
}

#[tokio::test]
async fn p14_calls_that_wait_and_are_answered_with_streams_give_their_items() {
    over_each(async |transport| {
        let mill = Mill::new(true);
        let net = Net::start(transport, |builder| builder.service(mill.clone())).await;
        let other = net
            .join()
            .process_name("other")
            .service(mill)
            .start()
            .await
            .unwrap();
        let g = net.caller().await;
        let poured = join_all((0..10).map(async |sacks| {
            let mut items = Mills.pour(sacks).on(&g).await.unwrap();
            let mut count = 0;
            while let Some(item) = items.next().await {
                assert_eq!(item.unwrap(), count);
                count += 1;
            }
            count
        }))
        .await;
        assert_eq!(poured, (0..10).collect::<Vec<u32>>());
        // One of many is busy with a stream that is not read on.
        let mut held = Mills.pour(1_000_000).to("other").on(&g).await.unwrap();
        assert_eq!(held.next().await, Some(Ok(0)));
        let all = Mills.pour(3).broadcast().on(&g).items();
        let all = tokio::spawn(async move {
            let mut all = all.await.unwrap();
            let mut counts = std::collections::BTreeMap::new();
            while let Some((process, _)) = all.next().await {
                *counts.entry(process).or_insert(0) += 1;
            }
            counts
        });
        while held.next().await.is_some() {}
        let counts: Vec<_> = all.await.unwrap().into_iter().collect();
        assert_eq!(counts, [("other".to_owned(), 3), ("service".to_owned(), 3)]);
        net.stop([g, other]).await;
    })
    .await;
}

#[tokio::test]
async fn p14_a_callback_that_is_over_its_time_and_goes_on_keeps_its_place() {
    over_each(async |transport| {
        let mill = Mill::new(false);
        let net = Net::start(transport, |builder| builder.service(mill.clone())).await;
        let g = net.caller().await;
        let late = Mills.press(0).on(&g).await;
        assert!(
            matches!(
                late,
                Err(CallError::Timeout {
                    limit: TimeLimit::Callback(_),
                    ..
                })
            ),
            "{late:?}"
        );
        let waiting: Vec<_> = (1..6).map(|sack| Mills.press(sack).on(&g).bg()).collect();
        // What was sent before an answered question has arrived.
        g.callbacks().await.unwrap();
        assert_eq!(mill.running.load(Ordering::SeqCst), 1);
        mill.gate.add_permits(1);
        for job in waiting {
            // However slow the machine is.
            let outcome = job.await;
            assert!(
                matches!(outcome, Ok(_) | Err(CallError::Timeout { .. })),
                "{outcome:?}"
            );
        }
        assert_eq!(mill.most.load(Ordering::SeqCst), 1);
        net.stop([g]).await;
    })
    .await;
}

#[tokio::test]
async fn p14_a_call_that_is_cancelled_keeps_its_place_until_it_has_stopped() {
    over_each(async |transport| {
        let mill = Mill::new(true);
        let net = Net::start(transport, |builder| builder.service(mill)).await;
        let g = net.caller().await;
        for round in 0..20 {
            let dropped: Vec<_> = (0..3).map(|sack| Mills.grind(sack).on(&g).bg()).collect();
            let kept: Vec<_> = (0..10).map(|sack| Mills.grind(sack).on(&g).bg()).collect();
            for job in dropped {
                job.cancel();
            }
            for (sack, job) in (0..).zip(kept) {
                assert_eq!(job.await, Ok(sack), "in round {round}");
            }
        }
        net.stop([g]).await;
    })
    .await;
}

#[tokio::test]
async fn p14_calls_of_one_process_wait_and_those_of_others_go_on() {
    over_each(async |transport| {
        let mill = Mill::new(false);
        let net = Net::start(transport, |builder| builder.service(mill.clone())).await;
        let (many, few) = (net.caller().await, net.caller_named("few").await);
        let of_many: Vec<_> = (0..3).map(|sack| Mills.polish(sack).on(&many).bg()).collect();
        mill.begun.notified().await;
        let of_few = Mills.polish(9).on(&few).bg();
        mill.begun.notified().await;
        // What was sent before an answered question has arrived.
        let callbacks = many.callbacks().await.unwrap();
        assert_eq!(mill.running.load(Ordering::SeqCst), 2);
        let polish = callbacks.iter().find(|callback| callback.name == "mill.polish");
        let polish = polish.unwrap();
        assert_eq!(
            (polish.concurrency, polish.concurrency_per_caller),
            (None, Some(1))
        );
        mill.gate.add_permits(4);
        assert_eq!(of_few.await, Ok(9));
        for (sack, job) in (0..).zip(of_many) {
            assert_eq!(job.await, Ok(sack));
        }
        assert_eq!(mill.most.load(Ordering::SeqCst), 2);
        net.stop([many, few]).await;
    })
    .await;
}

#[tokio::test]
async fn p14_what_nobody_wants_waits_no_longer() {
    let mill = Mill::new(false);
    let net = Net::start(Transport::Unix, |builder| builder.service(mill.clone())).await;
    let g = net.caller().await;
    let first: Vec<_> = (0..2).map(|sack| Mills.grind(sack).on(&g).bg()).collect();
    for _ in 0..2 {
        mill.begun.notified().await;
    }
    let dropped = Mills.grind(2).on(&g).bg();
    let late = Mills.grind(3).timeout(Duration::from_millis(1)).on(&g).bg();
    let kept = Mills.grind(4).on(&g).bg();
    dropped.cancel();
    assert!(matches!(late.await, Err(CallError::Timeout { .. })));
    // An answered question shows that what was sent before it has arrived.
    g.processes().await.unwrap();
    mill.gate.add_permits(3);
    assert_eq!(kept.await, Ok(4));
    for (sack, job) in (0..).zip(first) {
        assert_eq!(job.await, Ok(sack));
    }
    assert_eq!(mill.running.load(Ordering::SeqCst), 0);
    assert_eq!(mill.gate.available_permits(), 0, "three ran");
    net.stop([g]).await;
}

#[tokio::test]
async fn p14_a_call_is_handed_over_when_a_provider_has_it() {
    let mill = Mill::new(false);
    let net = Net::start(Transport::Tcp, |builder| builder.service(mill.clone())).await;
    let g = net.caller().await;
    let jobs: Vec<_> = (0..2).map(|sack| Mills.grind(sack).on(&g).bg()).collect();
    for _ in 0..2 {
        mill.begun.notified().await;
    }
    let mut handed = std::pin::pin!(Mills.grind(2).on(&g).send());
    assert!(futures_util::poll!(handed.as_mut()).is_pending());
    g.processes().await.unwrap();
    assert!(futures_util::poll!(handed.as_mut()).is_pending(), "nobody has it");
    mill.gate.add_permits(1);
    handed.await.unwrap();
    mill.begun.notified().await;
    mill.gate.add_permits(2);
    for (sack, job) in (0..).zip(jobs) {
        assert_eq!(job.await, Ok(sack));
    }
    net.stop([g]).await;
}

#[tokio::test]
async fn p14_those_who_wait_go_to_whoever_comes_and_hear_when_nobody_is_left() {
    let (slow, quick) = (Mill::new(false), Mill::new(true));
    let net = Net::start(Transport::Unix, |builder| builder).await;
    let join = |name: &str, mill: &Mill| {
        net.join()
            .process_name(name)
            .service(mill.clone())
            .stop_timeout(Duration::ZERO)
            .start()
    };
    let first = join("slow", &slow).await.unwrap();
    let g = net.caller().await;
    let stuck = Mills.who().on(&g).bg();
    slow.begun.notified().await;
    let waiting: Vec<_> = (0..5).map(|_| Mills.who().on(&g).bg()).collect();
    let named = Mills.who().to("slow").on(&g).bg();
    g.processes().await.unwrap();
    let second = join("quick", &quick).await.unwrap();
    for call in waiting {
        assert_eq!(call.await.as_deref(), Ok("quick"));
    }
    first.stop().await;
    assert!(stuck.await.is_err());
    let error = named.await.unwrap_err();
    assert!(
        matches!(error, CallError::NoProvider { .. }) && !error.may_have_run(),
        "{error}"
    );
    net.stop([g, second]).await;
}

#[tokio::test]
async fn p14_a_callback_made_while_running_says_how_many_may_wait() {
    let net = Net::start(Transport::Memory, |builder| builder).await;
    let gate = Arc::new(Semaphore::new(0));
    let begun = Arc::new(Notify::new());
    let made = {
        let (gate, begun) = (Arc::clone(&gate), Arc::clone(&begun));
        move || {
            let (gate, begun) = (Arc::clone(&gate), Arc::clone(&begun));
            async move {
                begun.notify_one();
                gate.acquire().await.unwrap().forget();
            }
        }
    };
    let registered = net.service.register_fn("made.wait", made).concurrency(1).queue(2);
    registered.await.unwrap();
    let g = net.caller().await;
    let mut jobs = vec![g.call::<()>("made.wait", ()).bg()];
    begun.notified().await;
    jobs.extend((0..2).map(|_| g.call::<()>("made.wait", ()).bg()));
    g.processes().await.unwrap();
    let error = g.call::<()>("made.wait", ()).await.unwrap_err();
    assert!(
        matches!(
            error,
            CallError::Overloaded {
                may_have_run: false,
                ..
            }
        ),
        "{error}"
    );
    gate.add_permits(3);
    for job in jobs {
        job.await.unwrap();
    }
    let error = net
        .service
        .register_fn("made.all", || ())
        .queue(2)
        .await
        .unwrap_err();
    assert!(
        matches!(&error, RegisterError::Config(faults) if faults.len() == 1),
        "{error}"
    );
    assert!(error.to_string().contains("concurrency"), "{error}");
    net.stop([g]).await;
}
