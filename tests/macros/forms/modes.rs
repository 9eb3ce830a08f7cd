//! Fetchers that make their calls in other ways: in the background, at every process, again. And how their providers share
//! the calls.

use std::collections::BTreeMap;
use std::env;
use std::marker::PhantomData;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use daffi::{
    AsyncResult, Balance, Broadcast, Call, CallContext, CallError, Global, StartError, callback, fetcher,
};
use serde::de::DeserializeOwned;
use tokio::sync::Notify;

use super::Pair;

/// What a worker's calls tell its test.
#[derive(Default)]
struct Told {
    runs: AtomicUsize,
    begun: Notify,
}

/// Works for good if it is diligent, and for ever if not.
#[derive(Default)]
struct Worker {
    told: Arc<Told>,
    diligent: bool,
}

#[callback(prefix = "modes.")]
impl Worker {
    pub async fn work(&self, by: u32, ctx: &CallContext) -> Result<String, u32> {
        self.told.runs.fetch_add(1, Ordering::Relaxed);
        self.told.begun.notify_one();
        if !self.diligent {
            std::future::pending::<()>().await;
        }
        if by == 0 {
            return Err(by);
        }
        Ok(format!("{by} by {}", ctx.process_name()))
    }

    #[callback(balance = "round_robin")]
    pub fn in_turn(&self, ctx: &CallContext) -> String {
        ctx.process_name().to_owned()
    }

    #[callback(balance = "random")]
    pub async fn at_random(&self) {}

    #[callback(balance = "less_loaded")]
    pub async fn by_load(&self) {}
}

#[callback(alias = "modes.function", balance = "round_robin", inline)]
fn function() -> u8 {
    5
}

/// Would share the calls of `modes.function` otherwise.
struct Dissenter;

#[callback(prefix = "modes.")]
impl Dissenter {
    pub fn function(&self) -> u8 {
        6
    }
}

/// Such an alias is understood.
type Result<T, E = u32> = std::result::Result<T, E>;

#[fetcher(alias = "modes.function", bg)]
async fn begun() -> u8;

#[fetcher(alias = "modes.function", bg)]
fn begun_with_nothing() -> u8 {}

#[fetcher(alias = "modes.function", broadcast)]
async fn everywhere() -> u8;

#[fetcher(alias = "modes.function", idempotent)]
async fn harmless() -> u8;

#[fetcher(alias = "modes.function", retry = 100, idempotent)]
async fn persistent() -> u8;

/// All that a trait's client can do.
#[fetcher(prefix = "modes.", client = "WorkClient", timeout = "1m")]
trait Work {
    #[fetcher(alias = "work")]
    async fn work_once(&self, by: u32) -> Result<String, u32>;

    #[fetcher(alias = "work", idempotent)]
    async fn work_harmlessly(&self, by: u32) -> Result<String, u32>;

    #[fetcher(alias = "work", retry = 50, idempotent)]
    async fn work_persistently(&self, by: u32) -> Result<String, u32>;

    #[fetcher(alias = "work", bg)]
    async fn begin_work(&mut self, by: u32) -> Result<String>;

    #[fetcher(alias = "work", bg, timeout = "10ms")]
    async fn begin_short_work(&self, by: u32) -> Result<String, u32>;

    #[fetcher(alias = "work", bg, to = "worker 1")]
    async fn begin_work_there(&self, by: u32) -> Result<String, u32>;

    #[fetcher(alias = "work", bg, retry = 50, idempotent)]
    async fn begin_persistent_work(&self, by: u32) -> Result<String, u32>;

    #[fetcher(alias = "work", broadcast)]
    async fn work_everywhere(&self, by: u32) -> Result<String>;

    #[fetcher(alias = "work", broadcast, timeout = "10ms")]
    async fn work_everywhere_for_a_moment(&self, by: u32) -> Result<String, u32>;
}

/// A group with state, which bodies use.
struct Group {
    by: u32,
}

#[fetcher(prefix = "modes.")]
impl Group {
    pub async fn in_turn(&self) -> String;

    #[fetcher(alias = "work", broadcast)]
    pub fn work_everywhere(&self, more: u32) -> Result<String, u32> {
        (self.by + more,)
    }

    #[fetcher(alias = "function", bg)]
    async fn begun(&self) -> u8;
}

/// A group of fetchers whose result is its parameter.
struct Typed<T>(PhantomData<T>);

#[fetcher(prefix = "modes.")]
impl<T: DeserializeOwned + Send + 'static> Typed<T> {
    #[fetcher(alias = "function", bg)]
    async fn begun() -> T;
}

/// A caller with workers that join its controller.
struct Team {
    pair: Pair,
    workers: Vec<Global>,
}

impl Team {
    async fn start() -> Self {
        Self {
            pair: Pair::start().await,
            workers: Vec::new(),
        }
    }

    async fn hire(&mut self, diligent: bool) -> Arc<Told> {
        let told = Arc::<Told>::default();
        let worker = Worker {
            told: Arc::clone(&told),
            diligent,
        };
        let builder = Global::builder()
            .process_name(format!("worker {}", self.workers.len()))
            .memory(&self.pair.service);
        let builder = builder.auto_callbacks(false).stop_timeout(Duration::ZERO);
        self.workers.push(builder.service(worker).start().await.unwrap());
        told
    }

    fn client(&self) -> WorkClient {
        WorkClient::new(&self.pair.caller)
    }

    async fn stop(self) {
        for worker in self.workers {
            worker.stop().await;
        }
        self.pair.stop().await;
    }
}

#[tokio::test]
async fn a_call_in_the_background_is_on_its_way_when_the_fetcher_returns() {
    let mut team = Team::start().await;
    let told = team.hire(true).await;
    let job: AsyncResult<String, u32> = team.client().begin_work(1);
    told.begun.notified().await;
    assert_eq!(job.await, Ok("1 by worker 0".to_owned()));
    let failed = team.client().begin_work(0).await;
    assert_eq!(failed, Err(CallError::App(0)));
    // Nobody waits for it, and it runs.
    drop(team.client().begin_work(1));
    told.begun.notified().await;
    team.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_call_in_the_background_has_what_the_attribute_sets() {
    let mut team = Team::start().await;
    team.hire(false).await;
    let error = team.client().begin_short_work(1).await.unwrap_err();
    assert!(matches!(error, CallError::Timeout { .. }), "{error}");
    team.hire(true).await;
    for by in 1..9 {
        let done = team.client().begin_work_there(by).await;
        assert_eq!(done, Ok(format!("{by} by worker 1")));
    }
    team.stop().await;
}

#[tokio::test]
async fn a_broadcast_asks_every_process() {
    let mut team = Team::start().await;
    for _ in 0..2 {
        team.hire(true).await;
    }
    let expected = |by: u32| {
        ["worker 0", "worker 1"].map(|name| {
            (
                name.to_owned(),
                Ok::<_, CallError<u32>>(format!("{by} by {name}")),
            )
        })
    };
    let replies = team.client().work_everywhere(1).await.unwrap();
    assert_eq!(replies.into_map(), BTreeMap::from(expected(1)));
    let refused = team.client().work_everywhere(0).await.unwrap();
    assert_eq!(refused["worker 1"], Err(CallError::App(0)));

    let broadcast: Broadcast<String, u32> = Group { by: 1 }.work_everywhere(1);
    let replies = broadcast.on(&team.pair.caller).await.unwrap();
    assert_eq!(replies.into_map(), BTreeMap::from(expected(2)));
    let replies = everywhere().on(&team.pair.caller).await.unwrap();
    assert_eq!(replies.values().collect::<Vec<_>>(), [&5]);
    team.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_broadcast_ends_when_the_attribute_says() {
    let mut team = Team::start().await;
    for diligent in [true, false] {
        team.hire(diligent).await;
    }
    let begun = tokio::time::Instant::now();
    let replies = team.client().work_everywhere_for_a_moment(1).await.unwrap();
    assert_eq!(begun.elapsed().as_millis(), 10);
    assert_eq!(replies["worker 0"], Ok("1 by worker 0".to_owned()));
    assert!(
        matches!(replies["worker 1"], Err(CallError::Timeout { .. })),
        "{replies:?}"
    );
    team.stop().await;
}

/// Makes a call whose first provider goes away while it runs, when there is a second.
async fn with_a_loss<F: Future<Output = Result<String, CallError<u32>>> + Send + 'static>(
    call: impl FnOnce(WorkClient) -> F,
) -> (Result<String, CallError<u32>>, usize) {
    let mut team = Team::start().await;
    let first = team.hire(false).await;
    let outcome = tokio::spawn(call(team.client()));
    first.begun.notified().await;
    let second = team.hire(true).await;
    team.workers[0].stop().await;
    let outcome = outcome.await.unwrap();
    team.stop().await;
    (outcome, second.runs.load(Ordering::Relaxed))
}

#[tokio::test]
async fn a_call_that_is_idempotent_is_made_again_as_often_as_the_attribute_says() {
    let done = (Ok("1 by worker 1".to_owned()), 1);
    assert_eq!(with_a_loss(|client| client.work_persistently(1)).await, done);
    assert_eq!(with_a_loss(|client| client.begin_persistent_work(1)).await, done);
    // The attribute says that it may run twice, and the call how often it is made again.
    let harmlessly = with_a_loss(|client| client.work_harmlessly(1).retry(50));
    assert_eq!(harmlessly.await, done);

    let (outcome, runs) = with_a_loss(|client| client.work_harmlessly(1)).await;
    assert!(outcome.unwrap_err().may_have_run());
    assert_eq!(runs, 0, "nothing says how often");
    let (outcome, runs) = with_a_loss(|client| client.work_once(1).retry(50)).await;
    assert!(outcome.unwrap_err().may_have_run());
    assert_eq!(runs, 0, "nothing says that it may run twice");
}

#[tokio::test]
async fn a_call_that_may_be_made_again_is_a_call_like_others() {
    let pair = Pair::start().await;
    let calls: [Call<u8>; 2] = [harmless(), persistent()];
    for call in calls {
        assert_eq!(call.on(&pair.caller).await, Ok(5));
    }
    pair.stop().await;
}

#[tokio::test]
async fn calls_are_shared_as_the_attribute_says() {
    let mut team = Team::start().await;
    for _ in 0..3 {
        team.hire(true).await;
    }
    let mut runs = BTreeMap::<_, u32>::new();
    for _ in 0..9 {
        let name = Group { by: 0 }.in_turn().on(&team.pair.caller).await.unwrap();
        *runs.entry(name).or_default() += 1;
    }
    assert_eq!(runs.into_values().collect::<Vec<_>>(), [3; 3]);

    let callbacks = team.pair.caller.callbacks().await.unwrap();
    for (name, expected) in [
        ("modes.function", Balance::RoundRobin),
        ("modes.in_turn", Balance::RoundRobin),
        ("modes.at_random", Balance::Random),
        ("modes.by_load", Balance::LessLoaded),
        ("modes.work", Balance::LessLoaded),
    ] {
        let callback = callbacks.iter().find(|callback| callback.name == name);
        assert_eq!(callback.unwrap().balance, expected, "{name}");
    }
    team.stop().await;
}

#[tokio::test]
async fn all_providers_share_their_calls_in_one_way() {
    let pair = Pair::start().await;
    let builder = Global::builder().process_name("dissenter").memory(&pair.service);
    let dissenter = builder.auto_callbacks(false).service(Dissenter);
    let Err(StartError::CallbacksRefused { reason, .. }) = dissenter.start().await else {
        panic!("it should have been refused");
    };
    for piece in [
        "\"service\"",
        "\"round_robin\"",
        "\"dissenter\"",
        "\"less_loaded\"",
    ] {
        assert!(reason.contains(piece), "{reason}");
    }
    pair.stop().await;
}

/// Set where a test runs by itself.
const ALONE: &str = "DAFFI_TEST_ALONE";

// A fetcher in the background cannot be told its `Global`, and there are many here: this runs again in a process where
// the caller is the marked one.
#[test]
fn free_fetchers_in_the_background_use_the_default_global() {
    if env::var_os(ALONE).is_some() {
        return use_the_default_global();
    }
    let name = "forms::modes::free_fetchers_in_the_background_use_the_default_global";
    let output = Command::new(env::current_exe().unwrap())
        .args([name, "--exact"])
        .env(ALONE, "yes")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

fn use_the_default_global() {
    let error = begun().wait().unwrap_err();
    assert!(matches!(error, CallError::NotStarted { .. }), "{error}");

    let folder = tempfile::tempdir().unwrap();
    let builder = Global::builder()
        .process_name("caller")
        .init_controller(true)
        .default(true);
    let caller = builder
        .auto_callbacks(false)
        .unix_sock_path(folder.path())
        .start_blocking()
        .unwrap();
    let builder = Global::builder().process_name("service").memory(&caller);
    let service = builder.start_blocking().unwrap();
    assert_eq!(begun().wait(), Ok(5));
    assert_eq!(begun_with_nothing().wait(), Ok(5));
    assert_eq!(Group { by: 0 }.begun().wait(), Ok(5));
    assert_eq!(Typed::<u8>::begun().wait(), Ok(5));
    service.stop_blocking();
    caller.stop_blocking();
}
