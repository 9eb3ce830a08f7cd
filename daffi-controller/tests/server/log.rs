//! What the controller says in its log, counted and bounded.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use daffi_controller::{Controller, ControllerOptions};
use daffi_core::proto::{CallId, Header, Limits, StreamId};
use daffi_core::transport::{Address, Inlet, Outbox};
use daffi_core::{Quota, Quotas};
use tokio::time::sleep;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use super::join;

/// Counts what the controller says at a level, or what is worse.
pub(super) struct Counted(pub(super) Level, pub(super) Arc<AtomicUsize>);

impl Subscriber for Counted {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= self.0 && metadata.target().starts_with("daffi_controller")
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {
        self.1.fetch_add(1, Ordering::Relaxed);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[tokio::test]
async fn that_processes_come_and_go_is_told_ten_times_a_second() {
    let said = Arc::new(AtomicUsize::new(0));
    let _guard = tracing::subscriber::set_default(Counted(Level::INFO, Arc::clone(&said)));
    let folder = tempfile::tempdir().unwrap();
    let options = ControllerOptions::new(Address::unix_in(folder.path()));
    let controller = Controller::start(options).await.unwrap();
    let before = said.load(Ordering::Relaxed);
    let begun = std::time::Instant::now();
    for number in 0..500 {
        let connection = join(controller.address(), &format!("{number}"), Limits::default()).await;
        connection.outbox.abort();
    }
    // However slow the machine is.
    let seconds = usize::try_from(begun.elapsed().as_secs()).unwrap() + 1;
    let said = said.load(Ordering::Relaxed) - before;
    assert!(
        said >= 10 && said <= 10 * seconds,
        "{said} lines in {seconds} seconds"
    );
    controller.stop().await;
}

#[tokio::test]
async fn that_a_process_has_ended_without_a_word_is_a_warning() {
    let warned = Arc::new(AtomicUsize::new(0));
    let _guard = tracing::subscriber::set_default(Counted(Level::WARN, Arc::clone(&warned)));
    let folder = tempfile::tempdir().unwrap();
    let options = ControllerOptions::new(Address::unix_in(folder.path()));
    let controller = Controller::start(options).await.unwrap();
    for (name, goodbye) in [("well", true), ("ill", false)] {
        let mut connection = join(controller.address(), name, Limits::default()).await;
        if goodbye {
            connection.outbox.send(&Header::Goodbye, &Bytes::new()).unwrap();
            connection.outbox.flush();
        }
        lose(connection.outbox, &mut connection.inlet).await;
    }
    // Those that are there when it stops are no reason.
    let _there = join(controller.address(), "there", Limits::default()).await;
    controller.stop().await;
    assert_eq!(warned.load(Ordering::Relaxed), 1);
}

/// Ends a connection, and waits until the controller has.
async fn lose(outbox: Arc<Outbox>, inlet: &mut Inlet) {
    outbox.close();
    outbox.run().await;
    while let Ok(Some(_)) = inlet.read_one().await {}
}

#[tokio::test(start_paused = true)]
async fn that_a_process_is_not_read_for_long_is_told_once() {
    let warned = Arc::new(AtomicUsize::new(0));
    let _guard = tracing::subscriber::set_default(Counted(Level::WARN, Arc::clone(&warned)));
    let folder = tempfile::tempdir().unwrap();
    let mut options = ControllerOptions::new(Address::unix_in(folder.path()));
    options.quotas = Quotas::new().connection(Quota::new().bytes_per_second(1000));
    let controller = Controller::start(options).await.unwrap();
    let node = join(controller.address(), "node", Limits::default()).await;
    let items = Header::Items {
        call: CallId::first(7),
        stream: StreamId::Argument(0),
        items: 1,
        explained: false,
    };
    // What they make is owed for ten seconds, and again.
    for _ in 0..3 {
        let items = node.outbox.send(&items, &Bytes::from(vec![0; 11_000]));
        items.unwrap();
        node.outbox.flush();
        while warned.load(Ordering::Relaxed) == 0 {
            sleep(Duration::from_millis(10)).await;
        }
        sleep(Duration::from_secs(12)).await;
    }
    assert_eq!(warned.load(Ordering::Relaxed), 1);
    controller.stop().await;
}
