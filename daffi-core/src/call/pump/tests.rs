//! What a pump sends, and when: its port and its stream are told what to do.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Wake, Waker};

use bytes::Bytes;
use futures_util::stream;
use serde::ser::Error as _;
use serde::{Serialize, Serializer};

use super::*;
use crate::node::clock::{self, pass};
use crate::node::tests::joined;
use crate::node::{Exchange, Message, Request};
use crate::proto::{CallHeader, Header, Limits, Mode, Status, StreamId, encode_item};

/// Takes what it has given credit for.
struct Fake {
    /// `None` if nobody reads.
    credit: Cell<Option<Credit>>,
    sent: RefCell<Vec<(Batch, bool)>>,
    refusal: RefCell<Option<Option<Failed>>>,
    /// How often somebody waited to hear that nobody reads.
    waits: Cell<usize>,
}

impl Fake {
    fn new(items: u64, bytes: i64) -> Self {
        Self {
            credit: Cell::new(Some(Credit {
                items,
                bytes,
                explained: false,
            })),
            sent: RefCell::default(),
            refusal: RefCell::default(),
            waits: Cell::new(0),
        }
    }

    /// As much as anybody wants.
    fn open() -> Self {
        Self::new(u64::MAX, i64::MAX)
    }

    fn grant(&self, items: u32, bytes: u32) {
        let mut credit = self.credit.get().unwrap();
        credit.grant(items, bytes);
        self.credit.set(Some(credit));
    }

    /// What was sent since the last look, as its items, its bytes, and whether it was full.
    fn sent(&self) -> Vec<(u32, Bytes, bool)> {
        let sent = self.sent.take().into_iter();
        sent.map(|(batch, full)| (batch.items, batch.bytes, full))
            .collect()
    }
}

impl Port for Fake {
    fn poll_credit(&self, _cx: &mut Context<'_>) -> Poll<Option<Credit>> {
        match self.credit.get() {
            Some(credit) if !credit.allows() => Poll::Pending,
            other => Poll::Ready(other),
        }
    }

    fn poll_ended(&self, _cx: &mut Context<'_>) -> Poll<()> {
        self.waits.set(self.waits.get() + 1);
        match self.credit.get() {
            Some(_) => Poll::Pending,
            None => Poll::Ready(()),
        }
    }

    fn send(&self, batch: &Batch, full: bool) -> Result<(), Option<Failed>> {
        if let Some(refusal) = self.refusal.take() {
            return Err(refusal);
        }
        let mut credit = self.credit.get().unwrap();
        assert!(
            credit.spend(batch.items, batch.bytes.len(), batch.explained),
            "{batch:?} was not granted"
        );
        self.credit.set(Some(credit));
        self.sent.borrow_mut().push((batch.clone(), full));
        Ok(())
    }
}

/// Items that are added one by one.
#[derive(Clone, Default)]
struct Source {
    items: Rc<RefCell<VecDeque<Vec<u8>>>>,
    ended: Rc<Cell<bool>>,
}

impl Source {
    fn push(&self, item: &str) {
        self.items.borrow_mut().push_back(item.as_bytes().to_vec());
    }

    fn stream(&self) -> impl Stream<Item = Vec<u8>> + use<> {
        let this = self.clone();
        stream::poll_fn(move |_| match this.items.borrow_mut().pop_front() {
            None if this.ended.get() => Poll::Ready(None),
            None => Poll::Pending,
            item => Poll::Ready(item),
        })
    }
}

/// So many items of so many bytes, which say how often they were asked for.
fn counted(count: usize, size: usize) -> (Rc<Cell<usize>>, impl Stream<Item = Vec<u8>>) {
    let asked = Rc::new(Cell::new(0));
    let counter = Rc::clone(&asked);
    let items = (0..count).map(move |_| {
        counter.set(counter.get() + 1);
        vec![b'i'; size]
    });
    (asked, stream::iter(items))
}

/// The item's bytes as they are.
#[expect(clippy::needless_pass_by_value, reason = "so are items")]
fn raw(item: Vec<u8>, _: &Form, items: &mut Items) -> Result<(), EncodeError> {
    items.add(&item);
    Ok(())
}

/// For which time stands still unless it is told to pass.
fn pump<S: Stream<Item = Vec<u8>>>(stream: S) -> Pump<S> {
    Pump {
        turn: StreamTurn::by(clock::now),
        ..Pump::new(stream, raw, Arc::default())
    }
}

/// Counts how often it is woken.
#[derive(Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// One poll; and whether it asked for another at once, since its turn was over.
fn poll_once<S: Stream>(pump: &mut Pump<S>, port: &Fake) -> (Poll<Result<(), Failed>>, bool) {
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(Arc::clone(&woken));
    let polled = pump.poll(port, &mut Context::from_waker(&waker));
    (polled, woken.0.load(Ordering::Relaxed) > 0)
}

/// Polls until it waits for something.
fn poll<S: Stream>(pump: &mut Pump<S>, port: &Fake) -> Poll<Result<(), Failed>> {
    loop {
        if let (polled, false) = poll_once(pump, port) {
            return polled;
        }
    }
}

const END: Poll<Result<(), Failed>> = Poll::Ready(Ok(()));

fn bytes(text: &'static str) -> Bytes {
    Bytes::from_static(text.as_bytes())
}

// ---------------------------------------------------------------------- frames

#[test]
fn many_small_items_share_a_frame() {
    let (port, (_, stream)) = (Fake::open(), counted(1000, 3));
    assert_eq!(poll(&mut pump(stream), &port), END);
    let sent = port.sent();
    let [(items, bytes, _)] = &*sent else {
        panic!("{} frames", sent.len())
    };
    assert_eq!((*items, bytes.len()), (1000, 3000));
}

#[test]
fn an_item_alone_goes_at_once_and_not_as_if_the_frame_were_full() {
    let (port, source) = (Fake::open(), Source::default());
    let mut pump = pump(source.stream());
    assert_eq!(poll(&mut pump, &port), Poll::Pending);
    assert_eq!(port.sent(), []);
    for text in ["one", "two"] {
        source.push(text);
        assert_eq!(poll(&mut pump, &port), Poll::Pending);
        assert_eq!(port.sent(), [(1, bytes(text), false)]);
    }
    source.push("three");
    source.push("four");
    source.ended.set(true);
    assert_eq!(poll(&mut pump, &port), END);
    assert_eq!(port.sent(), [(2, bytes("threefour"), false)]);
}

#[test]
fn a_frame_is_sent_when_it_has_64_kib() {
    let (port, (_, stream)) = (Fake::open(), counted(200, 1000));
    assert_eq!(poll(&mut pump(stream), &port), END);
    let sent: Vec<_> = port
        .sent()
        .into_iter()
        .map(|(items, _, full)| (items, full))
        .collect();
    assert_eq!(sent, [(66, true), (66, true), (66, true), (2, false)]);
}

#[test]
fn a_large_item_has_a_frame_of_its_own() {
    let (port, (_, stream)) = (Fake::open(), counted(3, 1 << 20));
    assert_eq!(poll(&mut pump(stream), &port), END);
    let sent: Vec<_> = port
        .sent()
        .into_iter()
        .map(|(items, bytes, _)| (items, bytes.len()))
        .collect();
    assert_eq!(sent, [(1, 1 << 20); 3]);
}

#[test]
fn an_endless_stream_lets_others_have_their_turn() {
    let port = Fake::open();
    let mut large = pump(stream::repeat_with(|| vec![0; BATCH_BYTES]));
    let mut small = pump(stream::repeat_with(|| vec![0; 4]));
    let mut frames = Vec::new();
    for _ in 0..100 {
        assert_eq!(poll_once(&mut large, &port), (Poll::Pending, true));
        assert_eq!(port.sent().len(), 1);
        assert_eq!(poll_once(&mut small, &port), (Poll::Pending, true));
        frames.extend(
            port.sent()
                .into_iter()
                .map(|(_, bytes, full)| (bytes.len(), full)),
        );
    }
    // What is not full at the end of a turn is filled in the next.
    assert_eq!(frames, [(BATCH_BYTES, true); 3]);
}

#[test]
fn items_that_take_long_do_not_wait_for_others() {
    let port = Fake::open();
    let mut pump = pump(stream::repeat_with(|| {
        pass(HELD);
        vec![0; 4]
    }));
    for _ in 0..100 {
        assert_eq!(poll_once(&mut pump, &port), (Poll::Pending, true));
        assert_eq!(port.sent(), [(1, Bytes::from_static(&[0; 4]), true)]);
    }
}

#[test]
fn no_item_waits_for_long() {
    let port = Fake::open();
    let mut pump = pump(stream::repeat_with(|| {
        pass(HELD / 10);
        vec![0; 4]
    }));
    let mut polls = 0;
    for frames in 1..100 {
        while port.sent.borrow().len() < frames {
            polls += 1;
            assert_eq!(poll_once(&mut pump, &port), (Poll::Pending, true));
        }
    }
    let sent = port.sent();
    assert!(sent.iter().all(|(items, ..)| *items <= 12), "{sent:?}");
    assert!(polls >= 5 * sent.len(), "{polls} turns");
}

#[test]
fn items_that_come_to_take_long_are_noticed() {
    for (fast, waits) in [(300, false), (1000, false), (300, true)] {
        let port = Fake::open();
        let mut made = 0;
        let mut ready = false;
        let mut pump = pump(stream::poll_fn(move |_| {
            if waits && made < fast {
                ready = !ready;
                if !ready {
                    return Poll::Pending;
                }
            }
            made += 1;
            if made > fast {
                pass(HELD * 2);
            }
            Poll::Ready(Some(vec![0; 4]))
        }));
        for _ in 0..2000 {
            let before = clock::now();
            let (polled, _) = poll_once(&mut pump, &port);
            assert_eq!(polled, Poll::Pending);
            let took = clock::now() - before;
            assert!(took <= HELD * 2 * 64, "{took:?} in one turn");
            let sent = port.sent();
            assert!(sent.len() <= 1, "{sent:?}");
        }
    }
}

#[test]
fn a_stream_may_keep_to_itself_that_it_is_woken() {
    let (port, source) = (Fake::open(), Source::default());
    source.push("last");
    // Its turn ends, but nobody is woken for that, and there is nothing more.
    let (mut inner, mut items) = (StreamTurn::by(clock::now), source.stream());
    let mut swallowed = false;
    let mut pump = pump(stream::poll_fn(move |cx| {
        let polled = Pin::new(&mut items).poll_next(cx);
        if polled.is_pending() && !std::mem::replace(&mut swallowed, true) {
            inner.add(BATCH_BYTES);
            assert!(
                inner
                    .poll_next(&mut Context::from_waker(Waker::noop()))
                    .is_pending()
            );
        }
        polled
    }));
    assert_eq!(poll(&mut pump, &port), Poll::Pending);
    assert_eq!(port.sent(), [(1, bytes("last"), false)]);
    assert_eq!(port.waits.get(), 1);
}

#[test]
fn waiting_for_credit_is_no_work() {
    let (port, (_, stream)) = (Fake::new(0, 0), counted(1000, 1));
    let mut pump = pump(stream);
    for _ in 0..10 {
        port.grant(50, 50);
        assert_eq!(poll_once(&mut pump, &port), (Poll::Pending, false));
        let sent: Vec<_> = port.sent().into_iter().map(|(items, ..)| items).collect();
        assert_eq!(sent, [50]);
        pass(HELD * 2);
    }
}

/// Of items that are there it gives one in so many, and has turns of its own. Each takes a while.
fn one_in(many: usize, each: Duration) -> impl Stream<Item = Vec<u8>> {
    let mut turn = StreamTurn::by(clock::now);
    let mut count = 0;
    stream::poll_fn(move |cx| {
        loop {
            ready!(turn.poll_next(cx));
            pass(each);
            turn.add(4);
            count += 1;
            if count % many == 0 {
                return Poll::Ready(Some(vec![0; 4]));
            }
        }
    })
}

#[test]
fn the_turns_of_a_stream_serve_its_pump() {
    let port = Fake::open();
    let mut pump = pump(one_in(1, Duration::ZERO));
    let mut polls = 0;
    while port.sent.borrow().len() < 10 {
        polls += 1;
        assert_eq!(poll_once(&mut pump, &port), (Poll::Pending, true));
    }
    let sent: Vec<_> = port.sent().into_iter().map(|(_, bytes, _)| bytes.len()).collect();
    assert_eq!(sent, [BATCH_BYTES; 10], "full, though turns end in between");
    let turns = 10 * BATCH_BYTES / 4 / 1024;
    assert!(
        (turns..turns * 5 / 4).contains(&polls),
        "{polls} turns for {turns}"
    );
}

#[test]
fn the_turns_of_a_stream_serve_its_pump_when_the_clock_ends_them() {
    for each in [20, 100, 500, 2000].map(Duration::from_nanos) {
        let port = Fake::open();
        let mut pump = pump(one_in(1, each));
        let begun = clock::now();
        for _ in 0..100 {
            assert_eq!(poll_once(&mut pump, &port), (Poll::Pending, true));
        }
        let turn = (clock::now() - begun) / 100;
        let whole = (each * 1024).min(Duration::from_micros(50));
        assert!(
            turn * 4 > whole * 3 && turn < whole * 3,
            "{turn:?} with {each:?} for each item"
        );
    }
}

#[test]
fn few_items_of_a_busy_stream_do_not_wait_for_long() {
    let port = Fake::open();
    let mut pump = pump(one_in(5000, Duration::ZERO));
    for _ in 0..1000 {
        assert_eq!(poll_once(&mut pump, &port), (Poll::Pending, true));
        pass(HELD / 5);
    }
    let sent: Vec<_> = port.sent().into_iter().map(|(items, ..)| items).collect();
    assert!(
        sent.len() > 90 && sent.iter().all(|items| *items <= 2),
        "{sent:?}"
    );
}

// ---------------------------------------------------------------------- credit

#[test]
fn p6_no_item_is_asked_for_that_may_not_be_sent() {
    let (port, (asked, stream)) = (Fake::new(0, 0), counted(10, 1));
    let mut pump = pump(stream);
    for (items, bytes, sent) in [(0, 0, 0), (3, 100, 3), (0, 100, 3), (2, 0, 5)] {
        port.grant(items, bytes);
        assert_eq!(poll(&mut pump, &port), Poll::Pending);
        assert_eq!(asked.get(), sent, "after {items} items and {bytes} bytes");
    }
    let sent: Vec<_> = port.sent().into_iter().map(|(items, ..)| items).collect();
    assert_eq!(sent, [3, 2]);
}

#[test]
fn p6_the_last_item_alone_may_be_over_the_bytes() {
    let (port, (asked, stream)) = (Fake::new(100, 10), counted(10, 4));
    let mut pump = pump(stream);
    assert_eq!(poll(&mut pump, &port), Poll::Pending);
    assert_eq!(asked.get(), 3, "12 bytes");
    port.grant(0, 2);
    assert_eq!(poll(&mut pump, &port), Poll::Pending);
    assert_eq!(asked.get(), 3, "2 were owed");
    port.grant(0, 1);
    assert_eq!(poll(&mut pump, &port), Poll::Pending);
    assert_eq!(asked.get(), 4);
}

#[test]
fn the_end_is_found_with_the_credit_for_one_more() {
    let (port, (_, stream)) = (Fake::new(2, 100), counted(2, 1));
    let mut pump = pump(stream);
    assert_eq!(poll(&mut pump, &port), Poll::Pending);
    port.grant(1, 0);
    assert_eq!(poll(&mut pump, &port), END);
    assert_eq!(port.sent().len(), 1);
}

// ---------------------------------------------------------------------- ends

#[test]
fn an_empty_stream_sends_nothing() {
    let port = Fake::open();
    assert_eq!(poll(&mut pump(stream::empty()), &port), END);
    assert_eq!(port.sent(), []);
}

/// An item that begins to be encoded and may then fail.
struct Fragile(bool);

impl Serialize for Fragile {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 {
            return Err(S::Error::custom("it broke"));
        }
        serializer.serialize_unit()
    }
}

#[test]
fn an_error_of_encoding_comes_after_the_items_before_it() {
    let port = Fake::open();
    let items = [
        (1u8, Fragile(false)),
        (2, Fragile(false)),
        (3, Fragile(true)),
        (4, Fragile(false)),
    ];
    let mut pump = Pump {
        turn: StreamTurn::by(clock::now),
        ..Pump::new(
            stream::iter(items),
            |item, form, items| encode_item(&item, form, items),
            Arc::default(),
        )
    };
    let found = poll(&mut pump, &port);
    assert!(
        matches!(&found, Poll::Ready(Err(Failed::Encode { message })) if message.contains("it broke")),
        "{found:?}"
    );
    let sent = port.sent();
    assert_eq!(sent, [(2, bytes("\x01\x02"), false)], "nothing of the broken one");
}

/// Writes without its first field where there is nothing in it.
#[derive(Serialize, serde::Deserialize)]
struct Short {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    first: Option<u8>,
    second: u8,
}

#[test]
fn an_item_that_positions_cannot_carry_begins_a_frame_for_which_there_is_credit() {
    let items = || {
        (0..6).map(|second| Short {
            first: (second != 2).then_some(second),
            second,
        })
    };
    let form = Arc::new(crate::signature::findings::<Short>().form);
    let pump = || Pump {
        turn: StreamTurn::by(clock::now),
        ..Pump::new(
            stream::iter(items()),
            |item, form, items| encode_item(&item, form, items),
            Arc::clone(&form),
        )
    };
    let sent = |port: &Fake| {
        let sent = port.sent.take().into_iter();
        sent.map(|(batch, full)| (batch.items, batch.explained, full))
            .collect::<Vec<_>>()
    };
    let port = Fake::open();
    assert_eq!(poll(&mut pump(), &port), END);
    assert_eq!(
        sent(&port),
        [(2, false, true), (1, true, true), (3, false, false)]
    );
    // No more than there is credit for, whether items or bytes.
    for (credit, then) in [((3, 1000), (1, true, true)), ((1000, 7), (1, true, true))] {
        let (port, mut pump) = (Fake::new(credit.0, credit.1), pump());
        assert_eq!(poll(&mut pump, &port), Poll::Pending);
        assert_eq!(sent(&port), [(2, false, true), then]);
        port.grant(1000, 3000);
        assert_eq!(poll(&mut pump, &port), END);
        assert_eq!(sent(&port), [(3, false, false)]);
    }
}

#[test]
fn p4_nobody_is_asked_for_items_that_nobody_reads() {
    let (port, (asked, stream)) = (Fake::open(), counted(10, 1));
    port.credit.set(None);
    assert_eq!(poll(&mut pump(stream), &port), END);
    assert_eq!((asked.get(), port.sent()), (0, vec![]));
}

#[test]
fn p4_who_waits_for_an_item_hears_that_nobody_reads() {
    let (port, source) = (Fake::open(), Source::default());
    let mut pump = pump(source.stream());
    assert_eq!((poll(&mut pump, &port), port.waits.get()), (Poll::Pending, 1));
    port.credit.set(None);
    assert_eq!(poll(&mut pump, &port), END);
}

#[test]
fn items_that_are_refused_end_the_stream() {
    let failed = Failed::TooLarge {
        size: 2,
        limit: 1,
        may_have_run: true,
    };
    for (refusal, end) in [(None, Ok(())), (Some(failed.clone()), Err(failed))] {
        let (port, (_, stream)) = (Fake::open(), counted(10, BATCH_BYTES));
        *port.refusal.borrow_mut() = Some(refusal);
        assert_eq!(poll(&mut pump(stream), &port), Poll::Ready(end));
        assert_eq!(port.sent(), []);
    }
}

/// The outcome of a call may come between a look at the call and one at its streams. If it is made again, they are sent then.
#[tokio::test]
async fn the_streams_of_a_call_that_is_answered_are_kept_for_when_it_is_made_again() {
    let (node, _, mut controller) = joined(Limits::default(), vec![]).await;
    let mut feeds = Feeds::new();
    feeds.add(stream::iter([1u8, 2]), |item, _, items| {
        items.add(&[item]);
        Ok(())
    });
    let mut cx = Context::from_waker(Waker::noop());
    let mut exchange = Exchange::new(Arc::clone(&node));
    let payload = Bytes::new();
    let ask = |exchange: &mut Exchange, cx: &mut Context<'_>| {
        let request = Request {
            versions: &[],
            name: "callback",
            signature: 1,
            to: None,
            processes: &[],
            deadline: None,
            trace: None,
            metadata: &[],
            key: None,
            mode: Mode::Answered,
            within: None,
            streams: 1,
            window: None,
            lasting: false,
            having: &[],
        };
        exchange.poll(cx, || Message::Call(request, &payload))
    };
    assert!(ask(&mut exchange, &mut cx).is_pending());
    let first = exchange.sent().unwrap();
    assert!(feeds.poll(&node, first, &mut cx).is_pending());
    let frame = controller.next().await;
    let Header::Call(CallHeader { call, .. }) = frame.decode().unwrap().0 else {
        panic!("{frame:?}")
    };
    let failed = Failed::Overloaded { may_have_run: false };
    let status = Status::Failed(failed.clone());
    controller.send(&Header::Reply { call, status }, &Bytes::new());
    controller.connection.outbox.flush();
    while !node.is_answered(first) {
        tokio::task::yield_now().await;
    }
    // Nobody has looked at the outcome.
    assert!(feeds.poll(&node, first, &mut cx).is_pending());
    let outcome = ask(&mut exchange, &mut cx);
    assert_eq!(outcome, Poll::Ready(Err(failed.into())));

    assert!(ask(&mut exchange, &mut cx).is_pending());
    let second = exchange.sent().unwrap();
    assert!(feeds.poll(&node, second, &mut cx).is_pending());
    let frame = controller.next().await;
    let Header::Call(CallHeader { call, .. }) = frame.decode().unwrap().0 else {
        panic!("{frame:?}")
    };
    let (stream, items, bytes) = (StreamId::Argument(0), 10, 10);
    let credit = Header::Credit {
        call,
        stream,
        items,
        bytes,
    };
    controller.send(&credit, &Bytes::new());
    controller.connection.outbox.flush();
    while feeds.poll(&node, second, &mut cx).is_pending() {
        tokio::task::yield_now().await;
    }
    let frame = controller.next().await;
    let (header, payload) = frame.decode().unwrap();
    assert!(matches!(header, Header::Items { items: 2, .. }), "{header:?}");
    assert_eq!(payload, [1, 2].as_slice());
}
