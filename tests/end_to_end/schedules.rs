//! Calls that the controller makes by itself. Under tokio's paused clock hours pass at once.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use daffi::{
    Access, CallContext, CallError, Global, Missed, Overlap, Period, Quota, Quotas, Right, Role,
    ScheduledTask, Skipped, TaskState, Tick, TickOutcome, callback, fetcher,
};
use daffi_faults::Cutter;
use tokio::time::sleep;

use crate::net::{Net, Transport};

const SECOND: Duration = Duration::from_secs(1);

/// What a test's callbacks have seen.
#[derive(Clone, Default)]
pub(crate) struct Bell {
    rung: Arc<AtomicU64>,
    notes: Arc<Mutex<Vec<u64>>>,
}

impl Bell {
    pub(crate) fn rung(&self) -> u64 {
        self.rung.load(Ordering::Relaxed)
    }
}

#[callback(prefix = "bell.")]
impl Bell {
    pub async fn ring(&self) -> u64 {
        self.rung.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub async fn caller(&self, ctx: &CallContext) -> Result<(), String> {
        Err(format!("{} with {:?}", ctx.caller(), ctx.metadata("tune")))
    }

    pub async fn note(&self, number: u64) {
        self.notes.lock().unwrap().push(number);
    }

    pub async fn count(&self, notes: Vec<String>) -> u64 {
        self.rung.fetch_add(1, Ordering::Relaxed);
        notes.len() as u64
    }

    #[callback(concurrency = 1)]
    pub async fn alone(&self, seconds: u64) -> u64 {
        self.slow(seconds).await
    }

    pub async fn slow(&self, seconds: u64) -> u64 {
        self.rung.fetch_add(1, Ordering::Relaxed);
        sleep(Duration::from_secs(seconds)).await;
        seconds
    }
}

#[fetcher(prefix = "bell.")]
pub(crate) trait Ring {
    async fn ring(&self) -> u64;
    async fn tell(&self, what: String);
    async fn caller(&self) -> Result<(), String>;
    async fn alone(&self, seconds: u64) -> u64;
    async fn slow(&self, seconds: u64) -> u64;
    async fn note(&self, number: u64);
}

/// A net whose clock is paused, with a bell beside its controller, over each transport.
pub(crate) async fn with_bell(during: impl AsyncFn(&Net, &Bell)) {
    for transport in [Transport::Memory, Transport::Unix, Transport::Tcp, Transport::Tls] {
        let bell = Bell::default();
        let net = Net::start(transport, |builder| {
            builder.auto_callbacks(false).service(bell.clone())
        })
        .await;
        during(&net, &bell).await;
        net.stop([]).await;
    }
}

pub(crate) async fn seconds(seconds: u64) {
    sleep(Duration::from_secs(seconds)).await;
}

pub(crate) fn every(seconds: u64) -> Period {
    Period::every(Duration::from_secs(seconds))
}

async fn outcomes(task: &ScheduledTask) -> Vec<TickOutcome> {
    let described = task.describe().await.unwrap();
    described.last.into_iter().map(|tick| tick.outcome).collect()
}

#[tokio::test(start_paused = true)]
async fn p10_it_is_called_every_so_often_also_when_its_maker_has_left() {
    with_bell(async |net, bell| {
        let maker = net.join().process_name("maker").start().await.unwrap();
        let task = RingClient::new(&maker).ring().period(every(5)).await.unwrap();
        seconds(16).await;
        assert_eq!(bell.rung(), 3);
        let described = task.describe().await.unwrap();
        assert_eq!((described.info.counts.ok, described.next.len()), (3, 10));
        assert_eq!(described.info.period, "every 5s");
        maker.stop().await;
        seconds(10).await;
        assert_eq!(bell.rung(), 5);
        // Whoever may can end it.
        let other = net.join().start().await.unwrap();
        let listed = other.scheduled_tasks().await.unwrap();
        assert_eq!(listed.len(), 1);
        assert_eq!(
            (&*listed[0].process, &*listed[0].callback),
            ("maker", "bell.ring")
        );
        assert_eq!(listed[0].id, task.id());
        other.cancel_scheduled_task(listed[0].id).await.unwrap();
        seconds(60).await;
        assert_eq!(bell.rung(), 5);
        let ended = other.cancel_scheduled_task(task.id()).await.unwrap_err();
        assert!(ended.to_string().contains("has ended"), "{ended}");
        other.stop().await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn it_is_called_in_the_name_of_its_maker_with_what_that_said() {
    with_bell(async |net, _| {
        let maker = net.join().process_name("maker").start().await.unwrap();
        let call = RingClient::new(&maker).caller().metadata("tune", "waltz");
        let task = call.period(every(5).pause_on_failure()).await.unwrap();
        seconds(11).await;
        let described = task.describe().await.unwrap();
        assert_eq!(described.info.state, TaskState::Paused { by_failure: true });
        let TickOutcome::Failed {
            error, may_have_run, ..
        } = &described.last[0].outcome
        else {
            panic!("{described:?}");
        };
        assert_eq!((&**error, *may_have_run), ("maker with Some(\"waltz\")", true));
        assert_eq!(described.last[1].outcome, TickOutcome::Skipped(Skipped::Paused));
        maker.stop().await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn each_tick_is_told() {
    with_bell(async |net, bell| {
        let maker = net.join().start().await.unwrap();
        let call = RingClient::new(&maker).slow(12).timeout(20 * SECOND);
        let task = call
            .period(every(5).overlap(Overlap::Skip).limit(2))
            .await
            .unwrap();
        let mut ticks = task.ticks();
        let mut told: Vec<Tick> = Vec::new();
        while let Some(tick) = ticks.next().await {
            told.push(tick.unwrap());
        }
        let words: Vec<_> = told.iter().map(|tick| tick.outcome.to_string()).collect();
        let skipped = "skipped: the call of an earlier tick had not ended";
        assert_eq!(words.len(), 4, "{words:?}");
        assert!(words[2].starts_with("it ran, and was done after 12"), "{words:?}");
        assert_eq!([&*words[0], &*words[1]], [skipped; 2]);
        assert_eq!(bell.rung(), 2);
        assert_eq!(task.describe().await.unwrap().info.state, TaskState::Ended);
        // Of one that has ended there is nothing to be told.
        assert_eq!(task.ticks().next().await, None);
        maker.stop().await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_runs_is_cancelled_for_the_next() {
    with_bell(async |net, bell| {
        let maker = net.join().start().await.unwrap();
        let call = RingClient::new(&maker).slow(3600);
        let task = call.period(every(5).overlap(Overlap::CancelOther)).await.unwrap();
        seconds(21).await;
        assert_eq!(bell.rung(), 4);
        let outcomes = outcomes(&task).await;
        assert_eq!(outcomes.len(), 3);
        for outcome in outcomes {
            assert!(outcome.to_string().contains("cancelled"), "{outcome}");
        }
        task.cancel().await.unwrap();
        maker.stop().await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_tick_waits_for_somebody_who_offers_the_callback() {
    for transport in [Transport::Memory, Transport::Tcp] {
        let net = Net::start(transport, |builder| builder.auto_callbacks(false)).await;
        let maker = net.join().process_name("maker").start().await.unwrap();
        let task = RingClient::new(&maker).ring().period(every(100)).await.unwrap();
        seconds(130).await;
        let bell = Bell::default();
        let provider = net.join().service(bell.clone()).start().await.unwrap();
        seconds(1).await;
        assert_eq!(bell.rung(), 1);
        provider.stop().await;
        // For a minute, and no longer.
        seconds(140).await;
        let outcomes = outcomes(&task).await;
        assert!(matches!(outcomes[0], TickOutcome::Ok { .. }), "{outcomes:?}");
        assert_eq!(outcomes[1], TickOutcome::Missed(Missed::NoProvider));
        maker.stop().await;
        net.stop([]).await;
    }
}

#[tokio::test(start_paused = true)]
async fn it_is_called_at_instants_and_when_it_is_triggered() {
    with_bell(async |net, bell| {
        let maker = net.join().start().await.unwrap();
        let now = SystemTime::now();
        let period = Period::at([now + Duration::from_secs(3600), now + Duration::from_secs(7200)]);
        let task = RingClient::new(&maker).ring().period(period).await.unwrap();
        seconds(3000).await;
        assert_eq!(bell.rung(), 0);
        task.pause().await.unwrap();
        task.trigger().await.unwrap();
        seconds(1).await;
        assert_eq!(bell.rung(), 1);
        task.resume().await.unwrap();
        seconds(3600).await;
        assert_eq!(bell.rung(), 2);
        let updated = task
            .update(RingClient::new(&maker).ring().period(every(60)))
            .await
            .unwrap();
        assert_eq!(updated.id(), task.id());
        seconds(121).await;
        assert_eq!(bell.rung(), 4);
        task.cancel().await.unwrap();
        maker.stop().await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn there_is_one_of_a_name() {
    with_bell(async |net, bell| {
        let make = async || {
            let maker = net.join().process_name("maker").start().await.unwrap();
            let task = RingClient::new(&maker)
                .ring()
                .period(every(10).named("bell"))
                .await
                .unwrap();
            maker.stop().await;
            task.id()
        };
        assert_eq!(make().await, make().await);
        seconds(21).await;
        assert_eq!(bell.rung(), 2);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn it_ends_with_its_maker_if_that_says_so() {
    with_bell(async |net, bell| {
        let maker = net.join().start().await.unwrap();
        let task = RingClient::new(&maker)
            .ring()
            .period(every(5).while_connected())
            .await
            .unwrap();
        seconds(6).await;
        assert_eq!(bell.rung(), 1);
        drop(task);
        maker.stop().await;
        seconds(30).await;
        assert_eq!(bell.rung(), 1);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn every_process_is_called() {
    with_bell(async |net, bell| {
        let other = Bell::default();
        let provider = net
            .join()
            .process_name("other")
            .service(other.clone())
            .start()
            .await
            .unwrap();
        let maker = net.join().start().await.unwrap();
        let task = RingClient::new(&maker)
            .ring()
            .broadcast()
            .period(every(5))
            .await
            .unwrap();
        seconds(11).await;
        assert_eq!((bell.rung(), other.rung()), (2, 2));
        let failing = RingClient::new(&maker)
            .caller()
            .broadcast()
            .period(every(5))
            .await
            .unwrap();
        seconds(6).await;
        let words = outcomes(&failing).await[0].to_string();
        assert!(
            words.starts_with("it failed: at 2 of 2 processes; at the first of them, "),
            "{words}"
        );
        task.cancel().await.unwrap();
        failing.cancel().await.unwrap();
        provider.stop().await;
        maker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_scheduled_says_what_to_write() {
    let net = Net::start(Transport::Memory, |builder| builder.auto_callbacks(false)).await;
    let g = net.join().start().await.unwrap();
    let ring = || RingClient::new(&g).ring();
    let past = SystemTime::now() - SECOND;
    let many = (1..=1001).map(|after| SystemTime::now() + after * SECOND);
    let rows = [
        (
            ring().period(Period::every(Duration::ZERO)),
            "at least a millisecond",
        ),
        (ring().period(Period::at([past])), "in the past"),
        (
            ring().period(Period::at(many)),
            "1001 instants, and a schedule has at most 1000",
        ),
        (ring().period(Period::at([])), "name one at least"),
        (
            ring().retry(3).period(every(5)),
            "made once for each tick: leave it out",
        ),
        (ring().after(SECOND).period(every(5)), "Period::starting"),
        (
            ring().at(SystemTime::now() + SECOND).period(every(5)),
            "at(…) says one time where a period says when",
        ),
        (
            ring().period(Period::cron("0 3 30 2 *", "UTC")),
            "none of its months has such a day",
        ),
        (
            ring().period(every(5).ending(SystemTime::now() + SECOND)),
            "no tick between its start and its end",
        ),
        (
            ring().to("x").broadcast().period(every(5)),
            "leave one of them out",
        ),
        (
            ring().period(Period::cron("0 25 * * *", "UTC")),
            "its second field, the hour, is 0 to 23",
        ),
        (
            ring().period(Period::cron("0 3 * * *", "Europe/Kiyv")),
            "the time zone \"Europe/Kiyv\", which the controller does not know",
        ),
        (
            ring().period(every(5).durable()),
            "this controller keeps nothing over a restart: start it with --data-dir",
        ),
        (
            ring().period(Period::cron("0 3 * * *", "UTC").phase(SECOND)),
            "phase(…) moves the ticks of an interval",
        ),
        (
            ring().after(SECOND).durable().send(),
            "keeps nothing over a restart",
        ),
        (
            ring().period(every(5).durable().while_connected()),
            "no connection outlives the controller",
        ),
        (ring().period(every(5).named("")), "1 to 255"),
        (
            ring().period(every(5).named("n".repeat(256))),
            "a name of 256 bytes: leave it out, or give one of 1 to 255",
        ),
        (
            ring().period(Period::cron("0,".repeat(200) + "0 * * * *", "UTC")),
            "a line of cron of 409 bytes, and it has at most 255",
        ),
        (
            ring().period(Period::cron("0 3 * * *", "z".repeat(256))),
            "a time zone with a name of 256 bytes: name one as the IANA has it",
        ),
        (ring().period(every(5).jitter(6 * SECOND)), "at most as long"),
        (
            ring().metadata("a", "x".repeat(10_000)).period(every(5)),
            "the metadata of a call of `bell.ring` takes 10001 bytes, over the limit of 8192",
        ),
        (
            RingClient::new(&g).tell("x".repeat(300_000)).period(every(5)),
            "have the callback read what is long where it is",
        ),
    ];
    for (call, words) in rows {
        let error = call.await.unwrap_err();
        assert!(
            error.to_string().contains(words),
            "{error} does not say {words:?}"
        );
    }
    let unknown = net.service.scheduled_tasks().await.unwrap();
    assert_eq!(unknown, []);
    let task = ring().period(every(5)).await.unwrap();
    // What could not be made changes nothing of what is there either.
    let never = every(5).ending(SystemTime::now() + SECOND);
    let error = task.update(ring().period(never)).await.unwrap_err().to_string();
    assert!(error.contains("no tick between its start and its end"), "{error}");
    assert_eq!(task.describe().await.unwrap().info.state, TaskState::Active);
    let unknown = g
        .cancel_scheduled_task(daffi::TaskId(7))
        .await
        .unwrap_err()
        .to_string();
    assert!(
        unknown.contains("there is no schedule 0x0000000000000007"),
        "{unknown}"
    );
    net.stop([g.clone()]).await;
}

#[tokio::test(start_paused = true)]
async fn p10_it_is_called_when_a_line_of_cron_says() {
    with_bell(async |net, bell| {
        let g = net.join().start().await.unwrap();
        let ring = RingClient::new(&g);
        let task = ring
            .ring()
            .period(Period::cron("*/10 * * * *", "Europe/Kyiv"))
            .await
            .unwrap();
        seconds(3600).await;
        assert_eq!(bell.rung(), 6);
        let described = task.describe().await.unwrap();
        assert_eq!(described.info.period, "cron */10 * * * * Europe/Kyiv");
        let apart = |two: &[SystemTime]| two[1].duration_since(two[0]).unwrap();
        assert!(described.next.windows(2).all(|two| apart(two) == 600 * SECOND));
        g.stop().await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn its_time_is_over_while_it_waits_for_a_place() {
    with_bell(async |net, bell| {
        let g = net.join().process_name("maker").start().await.unwrap();
        let alone = || RingClient::new(&g).alone(3600);
        let held = alone().bg();
        seconds(1).await;
        assert_eq!(bell.rung(), 1);
        let task = alone().timeout(5 * SECOND).period(every(10)).await.unwrap();
        seconds(56).await;
        let words: Vec<_> = outcomes(&task).await.iter().map(ToString::to_string).collect();
        assert_eq!(words.len(), 5, "{words:?}");
        assert!(
            words
                .iter()
                .all(|words| words.contains("before the deadline") && words.contains("did not run")),
            "{words:?}"
        );
        assert_eq!(bell.rung(), 1);
        held.cancel();
        g.stop().await;
    })
    .await;
}

/// A maker that is over its quota at each tick hears so at each, and its schedules can be ended.
#[tokio::test(start_paused = true)]
async fn p7_ticks_beyond_a_quota_have_their_outcome() {
    let bell = Bell::default();
    let quotas = Quotas::new().identity(Quota::new().calls_per_second(1));
    let net = Net::start(Transport::Unix, |builder| {
        let builder = builder.auto_callbacks(false).service(bell.clone());
        builder.quotas(quotas)
    })
    .await;
    let g = net.join().process_name("maker").start().await.unwrap();
    let often = || Period::every(Duration::from_millis(1)).overlap(Overlap::AllowAll);
    let mut tasks = Vec::new();
    for _ in 0..3 {
        // It has to wait for its own quota as well.
        let task = loop {
            match RingClient::new(&g).ring().period(often()).await {
                Ok(task) => break task,
                Err(_) => seconds(2).await,
            }
        };
        tasks.push(task);
    }
    seconds(30).await;
    for task in tasks {
        let info = loop {
            let listed = net.service.scheduled_tasks().await.unwrap();
            let info = listed.into_iter().find(|info| info.id == task.id()).unwrap();
            if info.running == 0 {
                break info;
            }
            sleep(Duration::from_micros(100)).await;
        };
        assert!(info.counts.failed > 1000, "{info:?}");
        net.service.cancel_scheduled_task(task.id()).await.unwrap();
    }
    let left = net.service.scheduled_tasks().await.unwrap();
    assert!(left.iter().all(|info| info.running == 0), "{left:?}");
    net.stop([g]).await;
}

#[fetcher(prefix = "bell.")]
trait Scheduled {
    #[fetcher(alias = "ring", every = "1.5s")]
    async fn ring_often(&self) -> u64;
    #[fetcher(alias = "ring", every = "1m", broadcast)]
    async fn ring_everywhere(&self) -> u64;
    #[fetcher(alias = "ring", cron = "*/10 * * * *", tz = "Europe/Kyiv", timeout = "5s")]
    async fn ring_by_the_clock(&self) -> u64;
}

#[tokio::test(start_paused = true)]
async fn a_fetcher_says_when_it_is_called() {
    with_bell(async |net, bell| {
        let g = net.join().start().await.unwrap();
        let bells = ScheduledClient::new(&g);
        let often = bells.ring_often().await.unwrap();
        seconds(16).await;
        assert_eq!(bell.rung(), 10);
        often.cancel().await.unwrap();
        bells.ring_everywhere().await.unwrap();
        bells.ring_by_the_clock().await.unwrap();
        let periods: Vec<_> = g
            .scheduled_tasks()
            .await
            .unwrap()
            .into_iter()
            .map(|task| task.period)
            .collect();
        assert!(periods.contains(&"every 60s".to_owned()), "{periods:?}");
        assert!(
            periods.contains(&"cron */10 * * * * Europe/Kyiv".to_owned()),
            "{periods:?}"
        );
        seconds(61).await;
        assert!(bell.rung() > 10);
        g.stop().await;
    })
    .await;
}

#[test]
fn it_is_scheduled_by_code_without_async() {
    let g = Global::builder()
        .init_controller(true)
        .in_memory()
        .auto_callbacks(false)
        .start_blocking()
        .unwrap();
    let task = RingClient::new(&g).ring().period(every(3600)).wait().unwrap();
    assert_eq!(g.scheduled_tasks_blocking().unwrap().len(), 1);
    assert_eq!(task.describe_blocking().unwrap().info.id, task.id());
    task.cancel_blocking().unwrap();
    g.stop_blocking();
}

fn only(rights: &[Right]) -> Access {
    let role = rights
        .iter()
        .fold(Role::new(), |role, right| role.allow(*right, ["bell.*"]));
    Access::new().role("ringer", role).everyone(["ringer"])
}

#[tokio::test(start_paused = true)]
async fn p11_who_may_not_schedule_cannot() {
    let bell = Bell::default();
    let net = Net::start(Transport::Unix, |builder| {
        builder
            .auto_callbacks(false)
            .service(bell.clone())
            .access(only(&[Right::Call]))
    })
    .await;
    let g = net.join().process_name("maker").start().await.unwrap();
    let ring = || RingClient::new(&g).ring();
    let denied = ring().period(every(5)).await.unwrap_err();
    assert!(matches!(denied, CallError::Denied { .. }), "{denied}");
    assert!(denied.to_string().contains("schedule"), "{denied}");
    net.service
        .set_access(Some(only(&[Right::Call, Right::Schedule])))
        .await
        .unwrap();
    let task = ring().period(every(5)).await.unwrap();
    seconds(6).await;
    assert_eq!(bell.rung(), 1);
    // A right that is taken away ends what it allowed.
    net.service.set_access(Some(only(&[Right::Call]))).await.unwrap();
    seconds(5).await;
    assert_eq!(bell.rung(), 1);
    let words = outcomes(&task).await[1].to_string();
    assert!(words.contains("schedule"), "{words}");
    net.stop([g]).await;
}

/// As an ordinary call does: an empty list has elements of any type.
#[tokio::test(start_paused = true)]
async fn parts_of_types_that_are_not_known_match_any() {
    with_bell(async |net, bell| {
        let g = net.join().start().await.unwrap();
        let any = || g.call::<u64>("bell.count", (Vec::<u8>::new(),));
        assert_eq!(any().await, Ok(0));
        let task = any().period(every(5)).await.unwrap();
        let wrong = g.call::<u64>("bell.count", ("one",)).period(every(5));
        let wrong = wrong.await.unwrap();
        seconds(16).await;
        assert_eq!(bell.rung(), 4);
        let counts = task.describe().await.unwrap().info.counts;
        assert_eq!((counts.ok, counts.failed), (3, 0));
        let last = outcomes(&wrong).await;
        assert_eq!(last.len(), 3);
        for outcome in last {
            let words = outcome.to_string();
            assert!(words.contains("the types of bell.count are not those"), "{words}");
        }
        g.stop().await;
    })
    .await;
}

/// As an ordinary broadcast does: those whose signature has another number for the same are called by themselves.
#[tokio::test(start_paused = true)]
async fn p8_a_broadcast_calls_all_whose_types_are_compatible() {
    with_bell(async |net, bell| {
        let notes = Arc::new(AtomicU64::new(0));
        let counts = |notes: &Arc<AtomicU64>| {
            let notes = Arc::clone(notes);
            move |given: Vec<u64>| {
                notes.fetch_add(1, Ordering::Relaxed);
                async move { given.len() as u64 }
            }
        };
        let numbers = net.join().process_name("numbers").start().await.unwrap();
        numbers.register_fn("bell.count", counts(&notes)).await.unwrap();
        let g = net.join().start().await.unwrap();
        let any = || g.call::<u64>("bell.count", (Vec::<u8>::new(),)).broadcast();
        let replies = any().await.unwrap();
        assert!(replies.iter().all(|(_, reply)| *reply == Ok(0)), "{replies:?}");
        let task = any().period(every(5)).await.unwrap();
        seconds(16).await;
        assert_eq!((bell.rung(), notes.load(Ordering::Relaxed)), (4, 4));
        assert_eq!(task.describe().await.unwrap().info.counts.ok, 3);
        // And one whose types are others.
        let words = net.join().process_name("words").start().await.unwrap();
        let long = |given: String| async move { given.len() as u64 };
        words.register_fn("bell.count", long).await.unwrap();
        seconds(5).await;
        assert_eq!((bell.rung(), notes.load(Ordering::Relaxed)), (5, 5));
        let last = outcomes(&task).await.pop().unwrap().to_string();
        assert!(last.contains("at 1 of 3 processes"), "{last}");
        assert!(
            last.contains("words: the types of bell.count are not those"),
            "{last}"
        );
        words.stop().await;
        // One that is called by itself fails as the others would, and has the same time.
        let fails = |_: Vec<u64>| async { Err::<u64, _>("no".to_owned()) };
        numbers.unregister("bell.count").await.unwrap();
        numbers.register_fn("bell.count", fails).await.unwrap();
        seconds(5).await;
        let last = outcomes(&task).await.pop().unwrap().to_string();
        assert!(
            last.contains("at 1 of 2 processes; at the first of them, numbers: no"),
            "{last}"
        );
        let long = |_: Vec<u64>| async {
            sleep(Duration::from_secs(3600)).await;
            0_u64
        };
        numbers.unregister("bell.count").await.unwrap();
        numbers.register_fn("bell.count", long).await.unwrap();
        task.cancel().await.unwrap();
        let task = any().timeout(2 * SECOND).period(every(5)).await.unwrap();
        seconds(8).await;
        let last = outcomes(&task).await.pop().unwrap().to_string();
        assert!(
            last.contains("at 1 of 2 processes") && last.contains("before the deadline"),
            "{last}"
        );
        assert_eq!(task.describe().await.unwrap().info.running, 0);
        // It ends there as well when a later one takes its place.
        task.cancel().await.unwrap();
        let task = any().period(every(5).overlap(Overlap::CancelOther));
        let task = task.await.unwrap();
        seconds(12).await;
        let last = outcomes(&task).await.pop().unwrap().to_string();
        assert!(
            last.contains("at 1 of 2 processes") && last.contains("cancelled"),
            "{last}"
        );
        g.stop().await;
        numbers.stop().await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn very_many_are_listed_by_pages_and_as_it_is_asked() {
    const MANY: usize = 5000;
    let bell = Bell::default();
    let net = Net::start(Transport::Unix, |builder| {
        builder.auto_callbacks(false).service(bell.clone())
    })
    .await;
    let maker = net.join().process_name("maker").start().await.unwrap();
    let other = net.join().process_name("other").start().await.unwrap();
    let ring = RingClient::new(&maker);
    let many = (0..MANY).map(|number| {
        let name = format!("{number} {}", "x".repeat(200));
        ring.ring().period(every(3600).named(name))
    });
    futures_util::future::try_join_all(many).await.unwrap();
    let slow = RingClient::new(&other).slow(1).period(every(3600)).await.unwrap();
    let all = other.scheduled_tasks().await.unwrap();
    assert_eq!(all.len(), MANY + 1);
    assert!(all.is_sorted_by(|one, next| one.id < next.id));
    let ids = |tasks: Vec<daffi::ScheduledTaskInfo>| tasks.iter().map(|task| task.id).collect::<Vec<_>>();
    let by_other = other.scheduled_tasks().made_by("other").await.unwrap();
    assert_eq!(ids(by_other), [slow.id()]);
    let calling = maker.scheduled_tasks().calling("bell.slow").await.unwrap();
    assert_eq!(ids(calling), [slow.id()]);
    let both = maker.scheduled_tasks().calling("bell.slow").made_by("maker");
    assert_eq!(both.await.unwrap(), []);
    net.stop([maker, other]).await;
}

#[tokio::test(start_paused = true)]
async fn who_takes_a_name_later_has_nothing_of_what_ended_with_the_one_before() {
    with_bell(async |net, bell| {
        let connected = || every(5).while_connected();
        let before = net.join().process_name("shop").start().await.unwrap();
        let first = RingClient::new(&before).ring().period(connected());
        let first = first.await.unwrap().id();
        before.stop().await;
        let after = net.join().process_name("shop").start().await.unwrap();
        let second = RingClient::new(&after).ring().period(connected());
        let second = second.await.unwrap().id();
        seconds(6).await;
        assert_eq!(bell.rung(), 1);
        let listed = after.scheduled_tasks().made_by("shop").await.unwrap();
        let state = |id| listed.iter().find(|task| task.id == id).unwrap().state;
        assert_eq!(
            (state(first), state(second)),
            (TaskState::Ended, TaskState::Active)
        );
        after.stop().await;
        seconds(20).await;
        assert_eq!(bell.rung(), 1);
    })
    .await;
}

#[tokio::test]
async fn it_stays_when_the_connection_of_its_maker_is_lost_and_found_again() {
    let bell = Bell::default();
    let builder = Global::builder().init_controller(true).auto_callbacks(false);
    let controller = builder.host("127.0.0.1").port(0).service(bell.clone());
    let controller = controller.start().await.unwrap();
    let cutter = Cutter::to(controller.address().port().unwrap(), 1).await;
    let builder = Global::builder().auto_callbacks(false).process_name("maker");
    let maker = builder
        .host("127.0.0.1")
        .port(cutter.port())
        .start()
        .await
        .unwrap();
    let period = Period::every(Duration::from_millis(20)).while_connected();
    let task = RingClient::new(&maker).ring().period(period).await.unwrap();
    for _ in 0..3 {
        let cuts = cutter.cuts();
        cutter.cut();
        // Its answer comes over the next connection.
        assert_eq!(task.describe().await.unwrap().info.state, TaskState::Active);
        assert!(cutter.cuts() > cuts);
        let enough = bell.rung() + 2;
        while bell.rung() < enough {
            sleep(Duration::from_millis(5)).await;
        }
    }
    maker.stop().await;
    while controller.scheduled_tasks().await.unwrap()[0].state != TaskState::Ended {
        sleep(Duration::from_millis(5)).await;
    }
    controller.stop().await;
}

/// However it is changed by many at the same time, each tick has one outcome.
#[tokio::test(start_paused = true)]
async fn p10_those_who_change_it_at_the_same_time_lose_no_tick() {
    let bell = Bell::default();
    let net = Net::start(Transport::Unix, |builder| {
        builder.auto_callbacks(false).service(bell.clone())
    })
    .await;
    let g = net.join().start().await.unwrap();
    let ring = RingClient::new(&g);
    for overlap in [
        Overlap::Skip,
        Overlap::BufferOne,
        Overlap::BufferAll,
        Overlap::CancelOther,
        Overlap::AllowAll,
    ] {
        let before = bell.rung();
        let period = || every(1).overlap(overlap);
        let task = ring.slow(2).period(period()).await.unwrap();
        let changing = (0..8).map(|who| {
            let (task, ring) = (task.clone(), &ring);
            async move {
                for step in 0..20_u64 {
                    sleep(Duration::from_millis(97 * (step % 7) + 10 * who)).await;
                    match (step + who) % 5 {
                        0 => task.trigger().await.unwrap(),
                        1 => task.pause().await.unwrap(),
                        2 => drop(task.update(ring.slow(2).period(period())).await.unwrap()),
                        3 => drop(task.describe().await.unwrap()),
                        _ => task.resume().await.unwrap(),
                    }
                }
            }
        });
        futures_util::future::join_all(changing).await;
        task.resume().await.unwrap();
        seconds(10).await;
        let (one, other) = tokio::join!(task.cancel(), task.cancel());
        assert!(one.is_ok() && other.is_err(), "it ends once: {one:?}, {other:?}");
        assert!(task.trigger().await.is_err());
        // What waits for nothing has ended.
        let told = loop {
            let told = task.describe().await.unwrap();
            if told.info.running == 0 {
                break told;
            }
            seconds(1).await;
        };
        let counts = told.info.counts;
        let begun = bell.rung() - before;
        assert_eq!(begun, counts.ok + counts.failed, "{overlap:?}: {counts:?}");
        assert_eq!((counts.missed, counts.unknown), (0, 0), "{overlap:?}: {counts:?}");
        assert_eq!(counts.failed > 0, overlap == Overlap::CancelOther, "{counts:?}");
    }
    net.stop([g]).await;
}

#[tokio::test(start_paused = true)]
async fn p5_what_is_due_at_the_same_time_arrives_in_the_order_in_which_it_was_asked_for() {
    let net = Net::start(Transport::Unix, |builder| builder.auto_callbacks(false)).await;
    let g = net.join().start().await.unwrap();
    let ring = RingClient::new(&g);
    let instant = SystemTime::now() + 5 * SECOND;
    for number in 0..50 {
        let once = ring.note(number).period(Period::at([instant]));
        once.await.unwrap();
    }
    // They wait for somebody, and then for the next time.
    seconds(10).await;
    let bell = Bell::default();
    let provider = net.join().service(bell.clone()).start().await.unwrap();
    seconds(1).await;
    assert!(bell.notes.lock().unwrap().is_sorted());
    assert_eq!(bell.notes.lock().unwrap().len(), 50);
    let instant = SystemTime::now() + 60 * SECOND;
    for number in 50..100 {
        let once = ring.note(number).period(Period::at([instant]));
        once.await.unwrap();
    }
    seconds(90).await;
    assert!(bell.notes.lock().unwrap().iter().copied().eq(0..100));
    net.stop([g, provider]).await;
}
