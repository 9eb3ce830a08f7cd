//! What the controller says in its log, counted and bounded.

use std::cell::Cell;
use std::sync::{Arc, Once};
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

thread_local! {
    static COUNTED: Cell<(Option<Level>, usize)> = const { Cell::new((None, 0)) };
}

/// Counts what the controller says on this thread at a level, or what is worse.
pub(super) struct Counted(());

impl Counted {
    pub(super) fn of(level: Level) -> Self {
        // One for all tests: where there is one for each, a line that another test comes to first may be taken for one that nobody hears.
        static FIRST: Once = Once::new();
        FIRST.call_once(|| tracing::subscriber::set_global_default(Counting).unwrap());
        COUNTED.set((Some(level), 0));
        Self(())
    }

    pub(super) fn lines(&self) -> usize {
        COUNTED.get().1
    }
}

struct Counting;

impl Subscriber for Counting {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("daffi_controller")
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let (level, lines) = COUNTED.get();
        if level.is_some_and(|level| *event.metadata().level() <= level) {
            COUNTED.set((level, lines + 1));
        }
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[tokio::test]
async fn that_processes_come_and_go_is_told_ten_times_a_second() {
    let said = Counted::of(Level::INFO);
    let folder = tempfile::tempdir().unwrap();
    let options = ControllerOptions::new(Address::unix_in(folder.path()));
    let controller = Controller::start(options).await.unwrap();
    let before = said.lines();
    let begun = std::time::Instant::now();
    for number in 0..500 {
        let connection = join(controller.address(), &format!("{number}"), Limits::default()).await;
        connection.outbox.abort();
    }
    // However slow the machine is.
    let seconds = usize::try_from(begun.elapsed().as_secs()).unwrap() + 1;
    let said = said.lines() - before;
    assert!(
        said >= 10 && said <= 10 * seconds,
        "{said} lines in {seconds} seconds"
    );
    controller.stop().await;
}

#[tokio::test]
async fn that_a_process_has_ended_without_a_word_is_a_warning() {
    let warned = Counted::of(Level::WARN);
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
    assert_eq!(warned.lines(), 1);
}

/// Ends a connection, and waits until the controller has.
async fn lose(outbox: Arc<Outbox>, inlet: &mut Inlet) {
    outbox.close();
    outbox.run().await;
    while let Ok(Some(_)) = inlet.read_one().await {}
}

#[tokio::test(start_paused = true)]
async fn that_a_process_is_not_read_for_long_is_told_once() {
    let warned = Counted::of(Level::WARN);
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
        while warned.lines() == 0 {
            sleep(Duration::from_millis(10)).await;
        }
        sleep(Duration::from_secs(12)).await;
    }
    assert_eq!(warned.lines(), 1);
    controller.stop().await;
}
