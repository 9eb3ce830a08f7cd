//! A process that stops after what it has called.

use std::io::{self, Write};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use daffi::{CallError, Global, Stream, callback, fetcher};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::sync::{Notify, Semaphore};

use crate::net::{Net, Transport, over_each};

/// Does what it is asked for when it is allowed to.
#[derive(Clone)]
struct Gate {
    begun: Arc<Semaphore>,
    open: Arc<Semaphore>,
}

impl Gate {
    fn new() -> Self {
        Self {
            begun: Arc::new(Semaphore::new(0)),
            open: Arc::new(Semaphore::new(0)),
        }
    }

    async fn begun(&self, calls: u32) {
        self.begun.acquire_many(calls).await.unwrap().forget();
    }
}

#[callback(prefix = "gate.")]
impl Gate {
    pub async fn pass(&self, number: u32) -> u32 {
        self.begun.add_permits(1);
        self.open.acquire().await.unwrap().forget();
        number
    }

    pub fn count(&self, to: u32) -> impl Iterator<Item = u32> + use<> {
        self.begun.add_permits(1);
        0..to
    }
}

#[fetcher(alias = "gate.count")]
async fn count(to: u32) -> impl Stream<Item = u32>;

async fn guarded(net: &Net) -> (Gate, Global) {
    let gate = Gate::new();
    let provider = net.join().process_name("gate").service(gate.clone());
    (gate, provider.start().await.unwrap())
}

/// Waits until `process` has left, which is the first thing that a stop does.
async fn has_left(net: &Net, process: &str) {
    while net
        .service
        .processes()
        .await
        .unwrap()
        .iter()
        .any(|other| other.name == process)
    {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn what_was_called_has_its_outcome_before_the_process_has_stopped() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder).await;
        let (gate, provider) = guarded(&net).await;
        let g = net.caller().await;
        let call = |number: u32| g.call::<u32>("gate.pass", (number,));
        let job = call(1).bg();
        // Nobody cares for this one.
        drop(call(2).bg());
        let many = call(3).broadcast().bg();
        gate.begun(3).await;
        let awaited = tokio::spawn(call(4));
        gate.begun(1).await;
        let stopping = tokio::spawn(g.stop().after_own_calls());
        has_left(&net, "caller").await;
        gate.open.add_permits(3);
        assert_eq!(job.await, Ok(1));
        assert_eq!(many.await.unwrap()["gate"], Ok(3));
        assert!(!stopping.is_finished());
        gate.open.add_permits(1);
        stopping.await.unwrap();
        assert_eq!(awaited.await.unwrap(), Ok(4));
        net.stop([g, provider]).await;
    })
    .await;
}

#[tokio::test]
async fn without_being_told_to_a_stop_waits_for_nothing_that_was_called() {
    let net = Net::start(Transport::Tcp, |builder| builder).await;
    let (gate, provider) = guarded(&net).await;
    let g = net.caller().await;
    let job = g.call::<u32>("gate.pass", (1u32,)).bg();
    gate.begun(1).await;
    g.stop().await;
    let error = job.await.unwrap_err();
    assert!(
        matches!(
            error,
            CallError::Cancelled {
                may_have_run: true,
                ..
            }
        ),
        "{error}"
    );
    net.stop([provider]).await;
}

#[tokio::test(start_paused = true)]
async fn calls_that_nobody_polls_any_more_keep_the_outcome_that_came_meanwhile() {
    let net = Net::start(Transport::Memory, |builder| builder).await;
    let (gate, provider) = guarded(&net).await;
    let g = net.caller().await;
    let mut calls: FuturesUnordered<_> = (0..3u32).map(|n| g.call::<u32>("gate.pass", (n,))).collect();
    assert!(futures_util::poll!(calls.next()).is_pending());
    gate.begun(3).await;
    gate.open.add_permits(3);
    let begun = tokio::time::Instant::now();
    g.stop().after_own_calls().await;
    assert_eq!(begun.elapsed().as_secs(), 1, "somebody may look at them");
    let mut passed: Vec<u32> = calls.map(Result::unwrap).collect().await;
    passed.sort_unstable();
    assert_eq!(passed, [0, 1, 2]);
    net.stop([provider]).await;
}

#[tokio::test]
async fn calls_that_wait_for_a_provider_are_waited_for() {
    let net = Net::start(Transport::Memory, |builder| builder).await;
    let g = net.caller().await;
    let call = g.call::<u32>("gate.pass", (7u32,));
    let job = call.wait_for_provider(Duration::from_secs(3600)).bg();
    let stopping = tokio::spawn(g.stop().after_own_calls());
    has_left(&net, "caller").await;
    let (gate, provider) = guarded(&net).await;
    gate.open.add_permits(1);
    stopping.await.unwrap();
    assert_eq!(job.await, Ok(7));
    net.stop([provider]).await;
}

#[tokio::test(start_paused = true)]
async fn calls_that_wait_for_their_time_are_waited_for() {
    let net = Net::start(Transport::Memory, |builder| builder).await;
    let (gate, provider) = guarded(&net).await;
    gate.open.add_permits(1);
    let g = net.caller().await;
    let job = g.call::<u32>("gate.pass", (7u32,));
    let job = job.after(Duration::from_secs(20)).bg();
    g.stop().after_own_calls().await;
    assert_eq!(job.await, Ok(7));
    net.stop([provider]).await;
}

#[tokio::test]
async fn calls_that_wait_to_be_made_again_are_waited_for() {
    let net = Net::start(Transport::Memory, |builder| builder).await;
    let g = net.caller().await;
    // Nobody is there, and it is made again until somebody is.
    let job = g.call::<u32>("gate.pass", (7u32,)).retry(60).bg();
    let stopping = tokio::spawn(g.stop().after_own_calls());
    has_left(&net, "caller").await;
    let (gate, provider) = guarded(&net).await;
    gate.open.add_permits(1);
    stopping.await.unwrap();
    assert_eq!(job.await, Ok(7));
    net.stop([provider]).await;
}

#[tokio::test(start_paused = true)]
async fn calls_whose_failure_was_not_looked_at_are_waited_for() {
    let net = Net::start(Transport::Memory, |builder| builder).await;
    let g = net.caller().await;
    let mut call = pin!(g.call::<u32>("gate.pass", (7u32,)).retry(60));
    assert!(futures_util::poll!(&mut call).is_pending());
    // That nobody is there has come before this, and whoever polls the call makes it again.
    g.processes().await.unwrap();
    let stopping = tokio::spawn(g.stop().after_own_calls());
    has_left(&net, "caller").await;
    let (gate, provider) = guarded(&net).await;
    gate.open.add_permits(1);
    assert_eq!(call.await, Ok(7));
    stopping.await.unwrap();
    net.stop([provider]).await;
}

#[tokio::test]
async fn a_stream_is_waited_for_until_it_ends_or_is_dropped() {
    let net = Net::start(Transport::Tcp, |builder| builder).await;
    let (_gate, provider) = guarded(&net).await;
    for read_all in [true, false] {
        let g = net.caller().await;
        let mut numbers = count(1_000_000).on(&g).await.unwrap();
        assert_eq!(numbers.next().await, Some(Ok(0)));
        let stopping = tokio::spawn(g.stop().after_own_calls());
        has_left(&net, "caller").await;
        assert!(!stopping.is_finished());
        if read_all {
            let read = numbers.filter(|number| std::future::ready(number.is_ok()));
            assert_eq!(read.count().await, 999_999);
        } else {
            drop(numbers);
        }
        stopping.await.unwrap();
    }
    net.stop([provider]).await;
}

#[tokio::test]
async fn questions_to_the_controller_are_not_waited_for() {
    let net = Net::start(Transport::Tcp, |builder| builder).await;
    let g = net.caller().await;
    let mut events = g.presence().await.unwrap();
    let waiting = tokio::spawn(g.wait_process("nobody").into_future());
    while !matches!(events.next().await, Some(Ok(daffi::Presence::Joined { process, .. })) if process == "caller")
    {
    }
    g.stop().after_own_calls().await;
    waiting.await.unwrap().unwrap_err();
    net.stop([]).await;
}

/// A log that can be read.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn what_has_no_outcome_when_the_time_is_over_is_cancelled_and_counted_in_the_log() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer({
            let log = log.clone();
            move || log.clone()
        })
        .finish();
    // All of it runs on this thread.
    let _logging = tracing::subscriber::set_default(subscriber);
    let net = Net::start(Transport::Memory, |builder| builder).await;
    let (gate, provider) = guarded(&net).await;
    let patient = net.join().stop_timeout(Duration::from_secs(3600));
    let g = patient.start().await.unwrap();
    let call = |number: u32| g.call::<u32>("gate.pass", (number,));
    let awaited = tokio::spawn(call(1));
    let running = call(2).bg();
    gate.begun(2).await;
    let delayed = call(3).after(Duration::from_secs(2 * 3600)).bg();
    let longing = g.call::<u32>("gate.none", ());
    let longing = longing.wait_for_provider(Duration::from_secs(2 * 3600)).bg();
    let begun = tokio::time::Instant::now();
    g.stop().after_own_calls().await;
    assert_eq!(begun.elapsed().as_secs(), 3600);
    for (job, ran) in [(running, true), (delayed, false), (longing, false)] {
        let error = job.await.unwrap_err();
        assert!(
            matches!(error, CallError::Cancelled { may_have_run, .. } if may_have_run == ran),
            "{error}"
        );
    }
    awaited.await.unwrap().unwrap_err();
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let line = log.lines().find(|line| line.contains("calls=4"));
    assert!(line.is_some_and(|line| line.contains("WARN")), "{log}");
    net.stop([provider]).await;
}

struct Relay {
    g: Arc<std::sync::OnceLock<Global>>,
    done: Arc<Notify>,
}

#[callback(prefix = "relay.")]
impl Relay {
    pub async fn end(&self) -> &'static str {
        self.g.get().unwrap().stop().after_own_calls().await;
        self.done.notify_one();
        "ended"
    }
}

#[tokio::test]
async fn p16_a_callback_may_stop_its_process_after_what_that_has_called() {
    let net = Net::start(Transport::Tcp, |builder| builder).await;
    let (gate, provider) = guarded(&net).await;
    let (own, done) = (Arc::default(), Arc::<Notify>::default());
    let relay = Relay {
        g: Arc::clone(&own),
        done: Arc::clone(&done),
    };
    let relaying = net.join().process_name("relay").service(relay);
    let g = relaying.start().await.unwrap();
    own.set(g.clone()).unwrap();
    let job = g.call::<u32>("gate.pass", (7u32,)).bg();
    gate.begun(1).await;
    let caller = net.caller().await;
    let ended = tokio::spawn(caller.call::<String>("relay.end", ()));
    has_left(&net, "relay").await;
    assert!(!ended.is_finished());
    gate.open.add_permits(1);
    done.notified().await;
    assert_eq!(job.await, Ok(7));
    assert_eq!(ended.await.unwrap(), Ok("ended".to_owned()));
    net.stop([caller, provider]).await;
}

#[test]
fn without_async_it_blocks_until_what_was_called_has_its_outcome() {
    let folder = tempfile::tempdir().unwrap();
    let gate = Gate::new();
    let provider = Global::builder()
        .init_controller(true)
        .unix_sock_path(folder.path())
        .auto_callbacks(false)
        .service(gate.clone())
        .start_blocking()
        .unwrap();
    let g = Global::builder()
        .unix_sock_path(folder.path())
        .auto_callbacks(false);
    let g = g.start_blocking().unwrap();
    let job = g.call::<u32>("gate.pass", (7u32,)).bg();
    let opening = std::thread::spawn({
        let provider = provider.clone();
        move || {
            // It has left when it stops.
            while provider.processes_blocking().unwrap().len() > 1 {
                std::thread::yield_now();
            }
            gate.open.add_permits(1);
        }
    });
    g.stop().after_own_calls().wait();
    opening.join().unwrap();
    assert_eq!(job.wait(), Ok(7));
    provider.stop_blocking();
}
