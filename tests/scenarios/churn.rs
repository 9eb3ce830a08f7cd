//! Providers and controllers that are killed in the middle of calls, again and again; and providers that are replaced one by one. How
//! many calls are made says the environment: `DAFFI_CHURN=200000 cargo test --release --test scenarios churn`.
//!
//! Each run of a callback leaves a line in a file of its process, which outlives it. So what callers were told is compared with
//! what was done.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;
use std::{env, fs};

use daffi::{CallError, Global, callback, fetcher};
use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt as _};
use rustix::process::Signal;
use tokio::sync::watch;

use crate::actor::{Actor, Stage, serve};

/// What each provider offers.
pub const OFFERED: [&str; 3] = ["churn.quick", "churn.slow", "churn.blocking"];

/// The first words of the names of the parts.
const PROVIDER: &str = "churned provider ";
const CONTROLLER: &str = "churned controller";

const PROVIDERS: usize = 4;

/// So many calls are made at the same time.
const AT_ONCE: usize = 64;

/// Somebody is killed whenever so many have ended.
const BETWEEN_KILLS: usize = 150;

/// Arguments of so many bytes travel in pieces.
const LARGE: usize = 300 << 10;

/// How many calls are made unless the environment says otherwise.
fn calls() -> usize {
    let said = env::var("DAFFI_CHURN").ok();
    said.map_or(1500, |said| said.parse().unwrap())
}

static FILE: OnceLock<File> = OnceLock::new();

/// The callback has begun, for that call.
fn begun(call: u64) {
    let mut file = FILE.get().unwrap();
    // It is written at once, or not at all.
    file.write_all(format!("{call}\n").as_bytes()).unwrap();
}

fn answer(call: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(call, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(u64::from(*byte))
    })
}

#[callback(alias = "churn.quick")]
async fn quick(call: u64, bytes: &[u8]) -> u64 {
    begun(call);
    answer(call, bytes)
}

/// Takes long enough to be killed.
#[callback(alias = "churn.slow", concurrency = 32)]
async fn slow(call: u64, bytes: &[u8]) -> u64 {
    begun(call);
    tokio::time::sleep(Duration::from_millis(call % 3)).await;
    answer(call, bytes)
}

#[callback(alias = "churn.blocking", concurrency = 8)]
fn blocking(call: u64, bytes: &[u8]) -> u64 {
    begun(call);
    answer(call, bytes)
}

mod called {
    use super::fetcher;

    #[fetcher(alias = "churn.quick")]
    pub(super) async fn quick(call: u64, bytes: &[u8]) -> u64;
    #[fetcher(alias = "churn.slow")]
    pub(super) async fn slow(call: u64, bytes: &[u8]) -> u64;
    #[fetcher(alias = "churn.blocking")]
    pub(super) async fn blocking(call: u64, bytes: &[u8]) -> u64;
}

/// Plays a part, if it is one of these.
pub async fn play(part: &str, folder: &Path) -> bool {
    let at = Global::builder().unix_sock_path(folder).auto_callbacks(false);
    if part == CONTROLLER {
        serve(&at.init_controller(true).init_node(false).start().await.unwrap()).await;
        return true;
    }
    let Some(name) = part.strip_prefix(PROVIDER) else {
        return false;
    };
    let file = folder.join(format!("{name}.begun"));
    let file = OpenOptions::new().create(true).append(true).open(file);
    FILE.set(file.unwrap()).unwrap();
    // One that was killed may hold its name for a moment, and the controller may be away.
    let builder = at.process_name(name).connect_timeout(Duration::from_secs(60));
    let builder = OFFERED.into_iter().fold(builder, daffi::GlobalBuilder::callback);
    serve(&builder.start().await.unwrap()).await;
    true
}

async fn provider(stage: &Stage, number: usize) -> Actor {
    stage.start(&format!("{PROVIDER}{number}")).await
}

/// How a call may be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Once, and again only where it did not run.
    Plain,
    /// Again in any case.
    Idempotent,
}

/// What became of a call.
#[derive(Debug)]
struct Made {
    call: u64,
    kind: Kind,
    outcome: Result<u64, CallError>,
    right: u64,
}

async fn make(g: &Global, call: u64) -> Made {
    let size = if call % 50 == 7 {
        LARGE
    } else {
        (call % 100) as usize
    };
    let bytes = call
        .to_le_bytes()
        .into_iter()
        .cycle()
        .take(size)
        .collect::<Vec<_>>();
    let prepared = match call % 3 {
        0 => called::quick(call, &bytes),
        1 => called::slow(call, &bytes),
        _ => called::blocking(call, &bytes),
    };
    let prepared = prepared.on(g).retry(8);
    let kind = if call.is_multiple_of(5) {
        Kind::Idempotent
    } else {
        Kind::Plain
    };
    let prepared = match kind {
        Kind::Plain => prepared,
        Kind::Idempotent => prepared.idempotent(),
    };
    let outcome = prepared.await;
    let right = answer(call, &bytes);
    Made {
        call,
        kind,
        outcome,
        right,
    }
}

/// How often each call has begun, as the files of the providers say.
fn begun_in(folder: &Path) -> HashMap<u64, u32> {
    let mut begun = HashMap::new();
    for number in 0..PROVIDERS {
        let file = fs::read_to_string(folder.join(format!("{number}.begun"))).unwrap();
        for line in file.lines() {
            *begun.entry(line.parse().unwrap()).or_default() += 1;
        }
    }
    begun
}

async fn caller(stage: &Stage) -> Global {
    let builder = Global::builder()
        .process_name("caller")
        .unix_sock_path(stage.folder());
    builder
        .auto_callbacks(false)
        .reconnect_wait(Duration::from_secs(60))
        .start()
        .await
        .unwrap()
}

/// Kills one after the other and starts it anew, each time when so many more calls have ended; how often.
async fn kill(
    stage: &Stage,
    mut ended: watch::Receiver<usize>,
    controller: &mut Actor,
    providers: &mut [Actor],
    all: usize,
) -> (usize, usize) {
    let (mut killed, mut controllers) = (0, 0);
    // Any sequence in which all come to their turns.
    let mut seed = 12345u32;
    loop {
        let goal = (killed + controllers + 1) * BETWEEN_KILLS;
        if goal >= all {
            return (killed, controllers);
        }
        ended.wait_for(|ended| *ended >= goal).await.unwrap();
        seed = seed.wrapping_mul(1_103_515_245).wrapping_add(12345);
        let which = (seed >> 16) as usize % (PROVIDERS * 3 + 1);
        if which == PROVIDERS * 3 {
            controller.signal(Signal::KILL);
            controller.ended().await;
            *controller = stage.start(CONTROLLER).await;
            controllers += 1;
        } else {
            let number = which % PROVIDERS;
            providers[number].signal(Signal::KILL);
            providers[number].ended().await;
            providers[number] = provider(stage, number).await;
            killed += 1;
        }
    }
}

#[tokio::test]
async fn p2_calls_under_kills_run_no_more_than_once_and_nobody_is_told_what_is_not_true() {
    let all = calls();
    let stage = Stage::new();
    let mut controller = stage.start(CONTROLLER).await;
    let mut providers = join_all((0..PROVIDERS).map(|number| provider(&stage, number))).await;
    let g = caller(&stage).await;
    let (ended, so_many) = watch::channel(0);
    let calling = stream::iter(0..all as u64)
        .map(|call| {
            let (g, ended) = (&g, &ended);
            async move {
                let made = make(g, call).await;
                ended.send_modify(|ended| *ended += 1);
                made
            }
        })
        .buffer_unordered(AT_ONCE)
        .collect::<Vec<_>>();
    let killing = kill(&stage, so_many, &mut controller, &mut providers, all);
    let (made, (killed, controllers)) = tokio::join!(calling, killing);
    g.stop().await;
    for actor in providers.iter().chain([&controller]) {
        actor.signal(Signal::TERM);
        actor.ended().await;
    }

    assert_eq!(made.len(), all);
    let begun = begun_in(stage.folder());
    let (mut answered, mut may, mut not) = (0, 0, 0);
    for made in &made {
        let times = begun.get(&made.call).copied().unwrap_or(0);
        if made.kind == Kind::Plain {
            assert!(times <= 1, "it ran {times} times: {made:?}");
        }
        match &made.outcome {
            Ok(value) => {
                assert_eq!(*value, made.right, "{made:?}");
                assert!(times >= 1, "it is answered and never began: {made:?}");
                answered += 1;
            }
            Err(error) if error.may_have_run() => may += 1,
            Err(_) => {
                assert_eq!(times, 0, "it is said not to have run: {made:?}");
                not += 1;
            }
        }
    }
    println!(
        "{all} calls, {killed} providers and {controllers} controllers killed: {answered} answered, {may} may have run, {not} did not"
    );
    assert!(
        killed > 0 && answered > all / 2,
        "{answered} of {all} were answered"
    );
}

/// One after the other is told to end, and started anew when it has.
#[tokio::test]
async fn no_call_fails_while_providers_are_replaced_one_by_one() {
    let all = calls();
    let stage = Stage::new();
    let controller = stage.start(CONTROLLER).await;
    let mut providers = join_all((0..PROVIDERS).map(|number| provider(&stage, number))).await;
    let g = caller(&stage).await;
    let (ended, mut so_many) = watch::channel(0);
    let calling = stream::iter(0..all as u64)
        .map(|call| {
            let (g, ended) = (&g, &ended);
            async move {
                let bytes = vec![1; usize::try_from(call % 100).unwrap()];
                let made = match call % 3 {
                    0 => called::quick(call, &bytes),
                    1 => called::slow(call, &bytes),
                    _ => called::blocking(call, &bytes),
                };
                assert_eq!(made.on(g).await, Ok(answer(call, &bytes)), "call {call}");
                ended.send_modify(|ended| *ended += 1);
            }
        })
        .buffer_unordered(AT_ONCE)
        .collect::<Vec<_>>();
    let replacing = async {
        let mut replaced = 0;
        while (replaced + 1) * BETWEEN_KILLS < all {
            let goal = (replaced + 1) * BETWEEN_KILLS;
            so_many.wait_for(|ended| *ended >= goal).await.unwrap();
            let number = replaced % PROVIDERS;
            providers[number].signal(Signal::TERM);
            assert_eq!(providers[number].ended().await.code(), Some(0));
            providers[number] = provider(&stage, number).await;
            replaced += 1;
        }
        replaced
    };
    let (made, replaced) = tokio::join!(calling, replacing);
    println!("{} calls, {replaced} providers replaced, none failed", made.len());
    assert!(replaced > 0);
    let begun = begun_in(stage.folder());
    assert!((0..all as u64).all(|call| begun[&call] == 1));
    g.stop().await;
    for actor in providers.iter().chain([&controller]) {
        actor.signal(Signal::TERM);
        assert_eq!(actor.ended().await.code(), Some(0));
    }
}
