//! What goes from the thread of an iterator to the task that sends it.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Wake;
use std::thread;
use std::time::Duration;

use tokio::time::Sleep;

use super::*;
use crate::context::{CallContext, Chain, ContextParts};
use crate::described::Readings;
use crate::proto::{EncodeError, RunId, Taken, Window, encode_item};
use crate::registry::{Answers, FlowHost};
use crate::signature::{Form, Forms};

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A node that takes what it has given credit for.
#[derive(Default)]
struct Host {
    state: Mutex<Hosted>,
}

#[derive(Default)]
struct Hosted {
    credit: Credit,
    /// Nobody reads any more.
    ended: bool,
    refusal: Option<Option<Failed>>,
    opened: usize,
    sent: Vec<Batch>,
    task: Option<Task>,
}

impl Host {
    fn with(items: u64, bytes: i64) -> Arc<Self> {
        let host = Self::default();
        let explained = false;
        host.state().credit = Credit {
            items,
            bytes,
            explained,
        };
        Arc::new(host)
    }

    /// As much as anybody wants.
    fn open() -> Arc<Self> {
        Self::with(u64::MAX, i64::MAX)
    }

    fn state(&self) -> MutexGuard<'_, Hosted> {
        self.state.lock().unwrap()
    }

    fn flow(self: &Arc<Self>) -> Flow {
        let host = Arc::clone(self) as Arc<dyn FlowHost>;
        let run = RunId { stamp: 1, index: 0 };
        Flow { host, run }
    }

    fn grant(&self, items: u32, bytes: u32) {
        self.state().credit.grant(items, bytes);
    }

    fn sent(&self) -> Vec<(u32, Bytes)> {
        let sent = std::mem::take(&mut self.state().sent).into_iter();
        sent.map(|batch| (batch.items, batch.bytes)).collect()
    }

    /// The task that was spawned, once it is.
    fn task(&self) -> Task {
        loop {
            if let Some(task) = self.state().task.take() {
                return task;
            }
            thread::yield_now();
        }
    }
}

impl FlowHost for Host {
    fn open(&self, _run: RunId, _front: &Bytes) {
        self.state().opened += 1;
    }

    fn poll_credit(&self, _run: RunId, _cx: &mut Context<'_>) -> Poll<Option<Credit>> {
        let state = self.state();
        if state.ended {
            Poll::Ready(None)
        } else if state.credit.allows() {
            Poll::Ready(Some(state.credit))
        } else {
            Poll::Pending
        }
    }

    fn poll_ended(&self, _run: RunId, _cx: &mut Context<'_>) -> Poll<()> {
        if self.state().ended {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }

    fn send(&self, _run: RunId, batch: &Batch, _full: bool) -> Result<(), Option<Failed>> {
        let mut state = self.state();
        if let Some(refusal) = state.refusal.take() {
            return Err(refusal);
        }
        let allowed = state
            .credit
            .spend(batch.items, batch.bytes.len(), batch.explained);
        assert!(allowed, "{batch:?} was not granted");
        state.sent.push(batch.clone());
        Ok(())
    }

    fn spawn(&self, task: Task) {
        self.state().task = Some(task);
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<Sleep>> {
        Box::pin(tokio::time::sleep(duration))
    }

    fn accept(&self, _run: RunId, _index: u32, _window: Window) -> Window {
        panic!("there are no arguments")
    }

    fn poll_taken(&self, _run: RunId, _index: u32, _cx: &mut Context<'_>) -> Poll<Taken> {
        panic!("there are no arguments")
    }

    fn stop(&self, _run: RunId, _index: u32) {
        panic!("there are no arguments")
    }
}

/// Whether it was woken since the last look.
#[derive(Default)]
struct Woken(AtomicBool);

impl Woken {
    fn look(&self) -> bool {
        self.0.swap(false, Ordering::Relaxed)
    }
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn poll(chunks: &Chunks, host: &Arc<Host>) -> Poll<Result<(), Failed>> {
    chunks.poll_send(&host.flow(), &mut Context::from_waker(Waker::noop()))
}

fn push(chunks: &Chunks, text: &str) -> bool {
    let mut item = Items::default();
    item.add(text.as_bytes());
    let pushed = chunks.push(&mut item);
    assert!(
        !pushed || item.size() == 0,
        "the next item is not added to this one"
    );
    pushed
}

fn bytes(text: &'static str) -> Bytes {
    Bytes::from_static(text.as_bytes())
}

const END: Poll<Result<(), Failed>> = Poll::Ready(Ok(()));

fn too_large() -> Failed {
    Failed::TooLarge {
        size: 2,
        limit: 1,
        may_have_run: true,
    }
}

// ---------------------------------------------------------------------- the sender

#[test]
fn what_is_there_is_sent_together_and_in_order() {
    let (chunks, host) = (Chunks::default(), Host::open());
    assert_eq!(poll(&chunks, &host), Poll::Pending);
    for text in ["a", "", "bc"] {
        assert!(push(&chunks, text));
    }
    assert_eq!(poll(&chunks, &host), Poll::Pending);
    assert_eq!(host.sent(), [(3, bytes("abc"))]);
    assert!(push(&chunks, "d"));
    chunks.finish();
    assert_eq!(poll(&chunks, &host), END, "only then");
    assert_eq!(host.sent(), [(1, bytes("d"))]);
}

#[test]
fn p6_no_more_items_are_sent_than_granted() {
    let (chunks, host) = (Chunks::default(), Host::with(2, 100));
    for text in ["a", "b", "c", "d", "e"] {
        assert!(push(&chunks, text));
    }
    chunks.finish();
    assert_eq!(poll(&chunks, &host), Poll::Pending);
    assert_eq!(host.sent(), [(2, bytes("ab"))]);
    host.grant(1, 0);
    assert_eq!(poll(&chunks, &host), Poll::Pending);
    assert_eq!(host.sent(), [(1, bytes("c"))]);
    host.grant(3, 0);
    assert_eq!(poll(&chunks, &host), END);
    assert_eq!(host.sent(), [(2, bytes("de"))]);
}

#[test]
fn p6_the_last_item_alone_may_be_over_the_bytes() {
    // As many items of four bytes as there are to be sent.
    for (granted, items) in [(1, 1), (3, 1), (4, 1), (5, 2), (8, 2), (9, 3), (100, 5)] {
        let (chunks, host) = (Chunks::default(), Host::with(100, granted));
        for _ in 0..5 {
            assert!(push(&chunks, "four"));
        }
        assert_eq!(poll(&chunks, &host), Poll::Pending);
        let sent = host.sent();
        assert!(
            matches!(&*sent, [(found, _)] if *found == items),
            "{granted}: {sent:?}"
        );
    }
}

#[test]
fn who_waits_for_items_is_woken_by_the_next_and_by_the_end() {
    let (chunks, host, woken) = (Chunks::default(), Host::open(), Arc::new(Woken::default()));
    let waker = Waker::from(Arc::clone(&woken));
    let wait = || chunks.poll_send(&host.flow(), &mut Context::from_waker(&waker));
    assert_eq!((wait(), woken.look()), (Poll::Pending, false));
    push(&chunks, "a");
    assert!(woken.look());
    push(&chunks, "b");
    assert!(!woken.look(), "it has not looked yet");
    assert_eq!(wait(), Poll::Pending);
    chunks.finish();
    assert!(woken.look());
    assert_eq!(wait(), END);
}

#[test]
fn p4_nothing_is_sent_that_nobody_reads() {
    let (chunks, host) = (Chunks::default(), Host::open());
    assert_eq!(poll(&chunks, &host), Poll::Pending);
    host.state().ended = true;
    push(&chunks, "unread");
    assert_eq!((poll(&chunks, &host), host.sent()), (END, vec![]));
}

#[test]
fn items_that_are_refused_end_the_stream() {
    for (refusal, end) in [(None, Ok(())), (Some(too_large()), Err(too_large()))] {
        let (chunks, host) = (Chunks::default(), Host::open());
        host.state().refusal = Some(refusal);
        push(&chunks, "refused");
        assert_eq!(poll(&chunks, &host), Poll::Ready(end));
    }
}

// ---------------------------------------------------------------------- the thread

#[test]
fn p6_a_thread_that_is_too_far_ahead_waits_until_nobody_reads() {
    let chunks = Chunks::default();
    let item = "i".repeat(1024);
    let pushed = thread::scope(|scope| {
        let pushing = scope.spawn(|| (0..).take_while(|_| push(&chunks, &item)).count());
        while chunks.state().size < CHUNK_BYTES {
            thread::yield_now();
        }
        chunks.end(Ok(()));
        pushing.join().unwrap()
    });
    assert_eq!(pushed, CHUNK_BYTES / 1024);
    assert!(!push(&chunks, "late"));
}

/// Also if there is nothing in them.
#[test]
fn p6_a_thread_waits_however_short_the_items_are() {
    let chunks = Chunks::default();
    let pushed = thread::scope(|scope| {
        let pushing = scope.spawn(|| (0..2 * CHUNK_BYTES).take_while(|_| push(&chunks, "")).count());
        while chunks.state().size < CHUNK_BYTES && !pushing.is_finished() {
            thread::yield_now();
        }
        chunks.end(Ok(()));
        pushing.join().unwrap()
    });
    assert_eq!(pushed, CHUNK_BYTES);
}

/// Others of another kind that stand behind them are not touched: there may be thousands of such runs.
#[test]
fn p15_to_take_items_costs_nothing_for_those_behind_them() {
    let mut state = State::default();
    for number in 0..1000 {
        let form = crate::signature::Form::unknown();
        let mut item = Items::default();
        let named = Left {
            number,
            is_left_out: number % 2 == 0,
        };
        encode_item(&named, &form, &mut item).unwrap();
        state.add(&mut item);
    }
    let places = |state: &State| {
        state
            .runs
            .iter()
            .map(|run| run.bytes.as_ptr())
            .collect::<Vec<_>>()
    };
    let mut before = places(&state);
    assert_eq!(before.len(), 1000);
    let credit = Credit {
        items: 7,
        bytes: 7000,
        explained: false,
    };
    while let Some(batch) = state.take(credit) {
        assert_eq!(batch.items, 1);
        before.remove(0);
        assert_eq!(places(&state), before);
    }
    assert_eq!(state.size, 0);
}

/// Something of which a field is left out, or not.
struct Left {
    number: u32,
    is_left_out: bool,
}

impl serde::Serialize for Left {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut fields = serializer.serialize_struct("Left", 2 - usize::from(self.is_left_out))?;
        fields.serialize_field("number", &self.number)?;
        match self.is_left_out {
            true => fields.skip_field("other")?,
            false => fields.serialize_field("other", &1_u8)?,
        }
        fields.end()
    }
}

#[test]
fn p5_a_thread_and_a_sender_lose_nothing_between_them() {
    let (chunks, host) = (Chunks::default(), Host::open());
    let expected: Vec<_> = (0..1000u32).collect();
    thread::scope(|scope| {
        scope.spawn(|| {
            for number in &expected {
                let mut bytes = vec![0; 1020];
                bytes.extend(number.to_be_bytes());
                let mut item = Items::default();
                item.add(&bytes);
                assert!(chunks.push(&mut item));
            }
            chunks.finish();
            assert_eq!(chunks.ended(), Ok(()));
        });
        while poll(&chunks, &host).is_pending() {
            thread::yield_now();
        }
        chunks.end(Ok(()));
    });
    let sent = host.sent();
    let all: Vec<u8> = sent.iter().flat_map(|(_, bytes)| bytes.iter().copied()).collect();
    let found = all
        .chunks(1024)
        .map(|item| u32::from_be_bytes(*item.last_chunk().unwrap()));
    assert!(found.eq(expected), "they are not all there, or not in order");
    assert_eq!(sent.iter().map(|(items, _)| items).sum::<u32>(), 1000);
    assert!(sent.iter().all(|(_, bytes)| bytes.len() <= CHUNK_BYTES));
}

// ---------------------------------------------------------------------- both

fn invocation(host: &Arc<Host>) -> Invocation {
    let parts = ContextParts {
        caller: "caller".into(),
        identity: None,
        process_name: "provider".into(),
        callback: "callback".into(),
        place: crate::context::Place {
            file: file!(),
            line: line!(),
        },
        deadline: None,
        trace: None,
        metadata: Box::default(),
        chain: Chain::default(),
        owner: None,
    };
    Invocation::new(
        Bytes::new(),
        CallContext::new(parts),
        Readings::own(false),
        Answers::new(Arc::new(Forms::unknown()), None),
    )
    .flowing(host.flow())
}

/// Small numbers as they are; larger ones cannot be encoded.
fn encode(item: u8, form: &Form, items: &mut Items) -> Result<(), EncodeError> {
    if item > 100 {
        return encode_item(&(item, Unencodable), form, items);
    }
    items.add(&[item]);
    Ok(())
}

struct Unencodable;

impl serde::Serialize for Unencodable {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("too large a number"))
    }
}

/// Sends an iterator on a thread of its own, while this one polls what sends, until it is ready.
fn send(host: &Arc<Host>, iterator: impl Iterator<Item = u8> + Send) -> Outcome {
    thread::scope(|scope| {
        let sending = scope.spawn(|| send_iterator(&invocation(host), iterator, encode));
        let mut task = host.task();
        while task
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
            .is_pending()
        {
            thread::yield_now();
        }
        sending.join().unwrap()
    })
}

#[test]
fn an_iterator_is_sent_to_its_end() {
    let host = Host::open();
    assert_eq!(send(&host, 0..100), Ok(Bytes::new()));
    let sent: Vec<u8> = host.sent().iter().flat_map(|(_, bytes)| bytes.to_vec()).collect();
    assert!(sent.into_iter().eq(0..100));
    assert_eq!(host.state().opened, 1);
}

#[test]
fn items_that_positions_cannot_carry_are_sent_apart_from_those_that_have_positions() {
    let chunks = Chunks::default();
    let host = Host::with(3, 1000);
    let mut item = Items::default();
    let mut push = |second: u8, named: bool| {
        #[derive(serde::Serialize, serde::Deserialize)]
        struct Short {
            #[serde(default, skip_serializing_if = "Option::is_none")]
            first: Option<u8>,
            second: u8,
        }
        let first = (!named).then_some(second);
        let form = crate::signature::findings::<Short>().form;
        encode_item(&Short { first, second }, &form, &mut item).unwrap();
        assert!(chunks.push(&mut item));
    };
    push(1, false);
    push(2, false);
    push(3, true);
    push(4, false);
    chunks.finish();
    let cx = &mut Context::from_waker(Waker::noop());
    let sent = || {
        let sent = std::mem::take(&mut host.state().sent).into_iter();
        sent.map(|batch| (batch.items, batch.explained))
            .collect::<Vec<_>>()
    };
    assert!(chunks.poll_send(&host.flow(), cx).is_pending());
    assert_eq!(sent(), [(2, false), (1, true)]);
    host.grant(5, 3000);
    assert_eq!(chunks.poll_send(&host.flow(), cx), Poll::Ready(Ok(())));
    assert_eq!(sent(), [(1, false)]);
}

#[test]
fn an_item_that_cannot_be_encoded_ends_the_stream_after_those_before_it() {
    let host = Host::open();
    let outcome = send(&host, [1, 2, 101, 3].into_iter());
    let Err(crate::proto::Failure::Failed(Failed::Encode { message })) = outcome else {
        panic!("{outcome:?}")
    };
    assert!(message.contains("too large a number"), "{message}");
    let sent: Vec<u8> = host.sent().iter().flat_map(|(_, bytes)| bytes.to_vec()).collect();
    assert_eq!(sent, [1, 2]);
}

#[test]
fn p4_an_iterator_without_an_end_stops_when_nobody_reads() {
    let host = Host::with(10, 10);
    host.state().ended = true;
    assert_eq!(send(&host, std::iter::repeat(1)), Ok(Bytes::new()));
    let host = Host::open();
    host.state().refusal = Some(Some(too_large()));
    assert_eq!(send(&host, std::iter::repeat(1)), Err(too_large().into()));
}

#[test]
fn p4_an_iterator_stops_when_what_sends_is_dropped() {
    let host = Host::with(0, 0);
    let outcome = thread::scope(|scope| {
        let sending = scope.spawn(|| send_iterator(&invocation(&host), std::iter::repeat(1), encode));
        drop(host.task());
        sending.join().unwrap()
    });
    assert_eq!(outcome, Err(Failed::Cancelled { may_have_run: true }.into()));
}

#[test]
fn p4_what_sends_ends_when_the_iterator_panics() {
    // Whether it waits for items or for credit.
    for host in [Host::open(), Host::with(0, 0)] {
        let breaks = (0..10).inspect(|number| assert!(*number < 5, "it breaks at five"));
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(Arc::clone(&woken));
        let mut cx = Context::from_waker(&waker);
        let polled = |number| {
            // Before it has broken, the other one is waited for.
            if number == 4 {
                let mut task = host.task();
                assert!(task.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
                host.state().task = Some(task);
                woken.look();
            }
        };
        let sending = || {
            send_iterator(
                &invocation(&host),
                breaks.inspect(|number| polled(*number)),
                encode,
            )
        };
        assert!(catch_unwind(AssertUnwindSafe(sending)).is_err());
        assert!(woken.look());
        assert!(host.task().as_mut().poll(&mut cx).is_ready());
    }
}
