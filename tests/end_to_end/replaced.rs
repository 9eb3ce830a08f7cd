//! Names that a newer process takes over.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use daffi::{CallError, Ended, Global, GlobalBuilder, Refusal, StartError, Streaming, callback, fetcher};
use daffi_core::auth;
use futures_util::{FutureExt, Stream, stream};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;

use crate::net::{Net, Transport, over_each};

#[derive(Clone, Default)]
struct Worker {
    number: u32,
    begun: Arc<Notify>,
    readers: Arc<AtomicU32>,
}

#[callback(prefix = "replaced.")]
impl Worker {
    pub async fn number(&self) -> u32 {
        self.number
    }

    pub async fn read(&self, mut items: Streaming<u64>) {
        self.readers.fetch_add(1, Ordering::Relaxed);
        while let Some(Ok(_)) = items.next().await {}
    }

    pub async fn never(&self) {
        self.begun.notify_one();
        pending::<()>().await;
    }
}

struct Client;

#[fetcher(prefix = "replaced.")]
impl Client {
    async fn number(&self) -> u32;
    async fn read(&self, items: impl Stream<Item = u64>);
    async fn never(&self);
}

fn worker(net: &Net, number: u32) -> (GlobalBuilder, Worker) {
    let worker = Worker {
        number,
        ..Worker::default()
    };
    let builder = net.join().process_name("worker").service(worker.clone());
    (builder, worker)
}

#[track_caller]
fn is_replaced(error: &StartError) -> bool {
    match error {
        StartError::Refused {
            refusal: Refusal::Replaced { pid, .. },
            ..
        } => *pid == std::process::id(),
        other => panic!("{other}"),
    }
}

/// name.replace
#[tokio::test]
async fn p9_a_newer_process_takes_the_name_over_and_the_older_one_is_told() {
    over_each(|transport| async move {
        let net = Net::start(transport, |builder| builder).await;
        let (told, mut refusals) = mpsc::unbounded_channel();
        let (older, work) = worker(&net, 1);
        let older = older.on_refused(move |_, error| told.send(is_replaced(error)).unwrap());
        let older = older.start().await.unwrap();
        let caller = net.caller().await;
        let mut held = Client.never().on(&caller);
        assert!((&mut held).now_or_never().is_none());
        work.begun.notified().await;

        let newer = worker(&net, 2).0.replace(true).start().await.unwrap();
        let lost = held.await.unwrap_err();
        assert!(
            matches!(&lost, CallError::ProviderLost { process, .. } if process == "worker"),
            "{lost}"
        );
        for _ in 0..10 {
            assert_eq!(Client.number().on(&caller).await.unwrap(), 2);
        }
        assert_eq!(refusals.recv().await, Some(true));
        let last = older.last_disconnect().unwrap();
        assert!(is_replaced(&last.refused.unwrap()));

        // And so on.
        let newest = worker(&net, 3).0.replace(true).start().await.unwrap();
        assert_eq!(Client.number().on(&caller).await.unwrap(), 3);
        for g in [older, newer, newest, caller] {
            g.stop().await;
        }
        net.service.stop().await;
    })
    .await;
}

/// name.replace
#[tokio::test]
async fn p9_an_older_process_that_is_to_give_up_ends() {
    let net = Net::start(Transport::Tcp, |builder| builder).await;
    let older = worker(&net, 1).0.replace(true).give_up_when_refused(true);
    let older = older.start().await.unwrap();
    let newer = worker(&net, 2).0.replace(true).start().await.unwrap();
    let Ended::Refused(error) = older.join().await else {
        panic!("it was not refused")
    };
    assert!(is_replaced(&error));
    newer.stop().await;
    net.service.stop().await;
}

/// name.replace
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p3_whoever_sends_items_to_a_process_that_is_replaced_is_told_its_name() {
    let net = Net::start(Transport::Tcp, |builder| builder).await;
    let caller = net.caller().await;
    let (builder, mut work) = worker(&net, 0);
    let mut older = builder.start().await.unwrap();
    for number in 1..20 {
        let mut reading = JoinSet::new();
        for _ in 0..200 {
            let read = Client.read(stream::iter(0..)).on(&caller);
            reading.spawn(async move { read.await.unwrap_err() });
        }
        while work.readers.load(Ordering::Relaxed) < 200 {
            tokio::task::yield_now().await;
        }
        let builder;
        (builder, work) = worker(&net, number);
        let newer = builder.replace(true).start().await.unwrap();
        while let Some(error) = reading.join_next().await {
            let error = error.unwrap();
            assert!(
                matches!(&error, CallError::ProviderLost { process, .. } if process == "worker"),
                "{error}"
            );
        }
        older.stop().await;
        older = newer;
    }
    for g in [older, caller] {
        g.stop().await;
    }
    net.service.stop().await;
}

#[track_caller]
fn is_taken(started: Result<Global, StartError>) {
    let error = started.expect_err("it has taken the name over");
    assert!(matches!(error, StartError::NameTaken { .. }), "{error}");
}

/// name.identity
#[tokio::test]
async fn p11_nobody_takes_over_the_name_of_another_identity() {
    let folder = tempfile::tempdir().unwrap();
    let tokens = ["one", "other"].map(|name| auth::token(name).unwrap());
    let lines = tokens.iter().map(|token| format!("{}\n", token.line));
    let known = folder.path().join("known");
    std::fs::write(&known, lines.collect::<String>()).unwrap();
    // Who asks for a name is told that its holder lives once something was heard of that.
    let describe = |builder: GlobalBuilder| builder.known(known).heartbeat(Duration::from_millis(20));
    let net = Net::start(Transport::Tcp, describe).await;
    let started = |token: usize, number| {
        let (builder, _) = worker(&net, number);
        let builder = builder.token(tokens[token].shown().unwrap().to_owned());
        builder.replace(true).start()
    };
    let older = started(0, 1).await.unwrap();
    is_taken(started(1, 2).await);
    assert_eq!(Client.number().on(&net.service).await.unwrap(), 1);
    let newer = started(0, 3).await.unwrap();
    assert_eq!(Client.number().on(&net.service).await.unwrap(), 3);
    older.stop().await;
    newer.stop().await;
    net.service.stop().await;
}

/// name.own
#[tokio::test]
async fn p9_nobody_takes_over_the_name_of_the_process_that_runs_the_controller() {
    let describe = |builder: GlobalBuilder| builder.process_name("hub").heartbeat(Duration::from_millis(20));
    let net = Net::start(Transport::Unix, describe).await;
    is_taken(net.join().process_name("hub").replace(true).start().await);
    net.service.processes().await.unwrap();
    net.service.stop().await;
}
