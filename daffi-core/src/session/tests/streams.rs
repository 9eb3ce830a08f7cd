//! Streams of calls, at both of their ends: credit, order, and that each ends with its call.

use super::wire::Sent;
use super::*;
use crate::proto::{Absence, Described};
use crate::signature::{ErrorType, Returns, Signature, Type};

const MUCH: Window = Window {
    items: 100,
    bytes: 100,
};

const fn window(items: u32, bytes: u32) -> Window {
    Window { items, bytes }
}

const fn argument(index: u32) -> StreamId {
    StreamId::Argument(index)
}

fn batch(items: u32, text: &'static str) -> Batch {
    Batch::new(items, bytes(text))
}

fn sent_items(number: u32, stream: StreamId, items: u32, text: &'static str) -> Sent {
    let payload = bytes(text);
    Sent::Items {
        number,
        stream,
        items,
        payload,
    }
}

const fn sent_credit(number: u32, stream: StreamId, Window { items, bytes }: Window) -> Sent {
    Sent::Credit {
        number,
        stream,
        items,
        bytes,
    }
}

fn overloaded() -> Failed {
    Failed::Overloaded { may_have_run: true }
}

fn cancelled() -> Failed {
    Failed::Cancelled { may_have_run: true }
}

/// Nobody reads it any more.
const ENDED: Option<Option<(u64, i64)>> = Some(None);

impl Fixture {
    /// Sends a call with `streams` streams as arguments, that "caller" waits for.
    fn feed(&mut self, streams: u32, deadline: Option<u32>) -> CallId {
        let request = Request {
            streams,
            ..Self::request(deadline)
        };
        let payload = bytes("arguments");
        let call = self.submit(&Message::Call(request, &payload), "caller").unwrap();
        self.wire.sent();
        call
    }

    fn granted(&mut self, call: CallId, stream: StreamId, Window { items, bytes }: Window) {
        let credit = Header::Credit {
            call,
            stream,
            items,
            bytes,
        };
        self.receive(credit, Bytes::new()).unwrap();
    }

    fn items(&mut self, call: CallId, stream: StreamId, items: u32, text: &'static str) -> Result<(), Fault> {
        self.receive(
            Header::Items {
                call,
                stream,
                items,
                explained: false,
            },
            bytes(text),
        )
    }

    fn closed(&mut self, call: CallId, index: u32, end: Result<(), Failed>) {
        let status = end.map_or_else(Status::Failed, |()| Status::Value);
        let stream = argument(index);
        self.receive(Header::Close { call, stream, status }, Bytes::new())
            .unwrap();
    }

    fn stopped(&mut self, call: CallId, index: u32) {
        let stream = argument(index);
        self.receive(Header::Stop { call, stream }, Bytes::new()).unwrap();
    }

    /// What may be sent, as items and bytes.
    fn may_send(&mut self, end: End, index: u32) -> Option<Option<(u64, i64)>> {
        let credit = self.session.credit(end, index, &mut Some("sender"))?;
        Some(credit.map(|credit| (credit.items, credit.bytes)))
    }

    fn send(&mut self, end: End, index: u32, items: u32, text: &'static str) -> Result<(), Unsent> {
        self.session.send(end, index, &batch(items, text), &mut self.wire)
    }

    fn close(&mut self, call: CallId, index: u32, end: Result<(), Failed>) {
        self.session
            .close_argument(End::Call(call), index, end, &mut self.wire, &mut self.events);
    }

    fn accept(&mut self, run: RunId, index: u32, window: Window) {
        self.session.accept(run, index, window, &mut self.wire);
    }

    fn take(&mut self, run: RunId, index: u32) -> Option<Taken> {
        self.session.take(run, index, &mut Some("reader"))
    }

    fn stop(&mut self, run: RunId, index: u32) {
        self.session.stop(run, index, &mut self.wire, &mut self.events);
    }

    fn grant(&mut self, call: CallId, index: u32, window: Window) {
        self.session.grant(call, index, window, &mut self.wire).unwrap();
    }

    fn open(&mut self, run: RunId) {
        self.session.open(run, &Bytes::new(), &mut self.wire);
    }

    fn part_failed(&mut self, call: CallId, index: u32, failed: Failed) {
        let status = Status::Failed(failed);
        self.receive(Header::Part { call, index, status }, Bytes::new())
            .unwrap();
    }

    fn next_of(&mut self, call: CallId) -> Option<Next> {
        self.session.poll_next(call, &mut Some("caller"))
    }

    /// A run that reads its argument stream 0, with this window.
    fn reading(&mut self, number: u32, window: Window) -> RunId {
        let run = self.running(number);
        self.accept(run, 0, window);
        assert_eq!(self.wire.sent(), [sent_credit(number, argument(0), window)]);
        run
    }

    /// The events that are not wakes are dropped.
    fn woken_of_all(&mut self) -> Vec<&'static str> {
        let wake = |event| match event {
            Event::Wake(waiter) => Some(waiter),
            _ => None,
        };
        let mut woken: Vec<_> = self.events.drain(..).filter_map(wake).collect();
        woken.sort_unstable();
        woken
    }

    fn assert_no_streams(&self) {
        assert_eq!(self.session.streams.len(), 0, "{:?}", self.session.streams);
    }
}

fn taken(items: u32, text: &'static str) -> Option<Taken> {
    Some(Taken::Batch(batch(items, text)))
}

const fn over(end: Result<(), Failed>) -> Option<Taken> {
    Some(Taken::End(end))
}

// ---------------------------------------------------------------------- credit

/// stream.credit
#[test]
fn p6_nothing_is_sent_that_was_not_granted() {
    let mut f = Fixture::new();
    let end = End::Call(f.feed(1, None));
    assert_eq!(f.may_send(end, 0), None);
    assert_eq!(f.send(end, 0, 1, "a"), Err(Unsent::Closed));
    assert_eq!((f.wire.sent(), f.woken()), (vec![], vec![]));
}

#[test]
fn who_waits_for_credit_is_woken_once_it_is_granted() {
    let mut f = Fixture::new();
    let call = f.feed(1, None);
    let end = End::Call(call);
    assert_eq!(f.may_send(end, 0), None);
    f.granted(call, argument(0), window(3, 10));
    assert_eq!(f.woken(), ["sender"]);
    assert_eq!(f.may_send(end, 0), Some(Some((3, 10))));
    f.granted(call, argument(0), window(1, 1));
    assert_eq!(f.woken(), [""; 0], "nobody waits");
    assert_eq!(f.may_send(end, 0), Some(Some((4, 11))));
    assert!(!f.session.has_ended(end, 0, &mut Some("waits for an item")));
    f.granted(call, argument(0), window(1, 1));
    assert_eq!(f.woken(), ["waits for an item"]);
}

#[test]
fn what_is_sent_is_taken_off_the_credit() {
    let mut f = Fixture::new();
    let call = f.feed(1, None);
    let end = End::Call(call);
    f.granted(call, argument(0), window(3, 10));
    f.send(end, 0, 2, "four").unwrap();
    assert_eq!(f.may_send(end, 0), Some(Some((1, 6))));
    f.send(end, 0, 1, "5").unwrap();
    assert_eq!(f.may_send(end, 0), None, "there are bytes, and no items");
    f.granted(call, argument(0), window(0, 10));
    assert_eq!((f.woken(), f.may_send(end, 0)), (vec!["sender"], None));
    f.granted(call, argument(0), window(2, 0));
    assert_eq!(f.may_send(end, 0), Some(Some((2, 15))));
    assert_eq!(
        f.wire.sent(),
        [
            sent_items(0, argument(0), 2, "four"),
            sent_items(0, argument(0), 1, "5")
        ]
    );
}

#[test]
fn the_last_item_may_be_over_the_bytes_and_is_taken_off_later() {
    let mut f = Fixture::new();
    let call = f.feed(1, None);
    let end = End::Call(call);
    f.granted(call, argument(0), window(5, 1));
    f.send(end, 0, 1, "eight at").unwrap();
    f.granted(call, argument(0), window(0, 7));
    assert_eq!(f.may_send(end, 0), None, "7 were owed");
    f.granted(call, argument(0), window(0, 1));
    assert_eq!(f.may_send(end, 0), Some(Some((4, 1))));
}

#[test]
fn more_items_than_granted_are_not_sent_nor_are_none() {
    for items in [0, 3] {
        let mut f = Fixture::new();
        let call = f.feed(1, None);
        f.granted(call, argument(0), window(2, 10));
        assert_eq!(f.send(End::Call(call), 0, items, ""), Err(Unsent::Closed));
        assert_eq!(f.wire.sent(), []);
    }
}

#[test]
fn each_stream_has_its_own_credit() {
    let mut f = Fixture::new();
    let (one, two) = (f.feed(2, None), f.feed(1, None));
    f.granted(one, argument(1), window(1, 1));
    f.granted(two, argument(0), window(2, 2));
    assert_eq!(f.may_send(End::Call(one), 0), None);
    assert_eq!(f.may_send(End::Call(one), 1), Some(Some((1, 1))));
    assert_eq!(f.may_send(End::Call(two), 0), Some(Some((2, 2))));
}

#[test]
fn credit_does_not_overflow() {
    let mut f = Fixture::new();
    let call = f.feed(1, None);
    for _ in 0..3 {
        f.granted(call, argument(0), window(u32::MAX, u32::MAX));
    }
    let all = u64::from(u32::MAX) * 3;
    let found = f.may_send(End::Call(call), 0);
    assert_eq!(found, Some(Some((all, i64::try_from(all).unwrap()))));
}

#[test]
fn items_over_the_frame_limit_are_not_sent() {
    let mut f = Fixture::new();
    let call = f.feed(1, None);
    f.granted(call, argument(0), window(10, 10_000));
    f.wire.limit = 20;
    let found = f.send(End::Call(call), 0, 1, "more than twenty bytes");
    let size = 22;
    assert_eq!(found, Err(Unsent::TooLarge { size, limit: 20 }));
    assert_eq!(f.wire.sent(), []);
}

// ---------------------------------------------------------------------- arguments, at their caller

#[test]
fn an_argument_is_closed_once_and_says_why() {
    let failure = Failed::Encode {
        message: "no".to_owned(),
    };
    for (end, status) in [
        (Ok(()), Ok(Bytes::new())),
        (Err(failure.clone()), failed(failure)),
    ] {
        let mut f = Fixture::new();
        let call = f.feed(2, None);
        f.granted(call, argument(1), MUCH);
        f.close(call, 1, end.clone());
        let close = Sent::Close {
            number: number(call),
            stream: argument(1),
            end: status,
        };
        assert_eq!(f.wire.sent(), [close]);
        f.close(call, 1, end);
        assert_eq!(f.send(End::Call(call), 1, 1, "late"), Err(Unsent::Closed));
        f.granted(call, argument(1), MUCH);
        f.stopped(call, 1);
        assert_eq!(f.may_send(End::Call(call), 1), ENDED);
        assert_eq!((f.wire.sent(), f.woken()), (vec![], vec![]));
        assert_eq!(f.may_send(End::Call(call), 0), None, "the other goes on");
    }
}

#[test]
fn a_sender_that_is_told_to_stop_is_woken_and_the_call_goes_on() {
    let mut f = Fixture::new();
    let call = f.feed(2, None);
    let end = End::Call(call);
    assert_eq!(f.may_send(end, 0), None);
    f.stopped(call, 0);
    assert_eq!(f.woken(), ["sender"]);
    assert_eq!(f.may_send(end, 0), ENDED);
    assert!(f.session.has_ended(end, 0, &mut None));
    f.stopped(call, 0);
    f.close(call, 0, Ok(()));
    assert_eq!((f.wire.sent(), f.woken()), (vec![], vec![]));
    f.granted(call, argument(1), MUCH);
    f.send(end, 1, 1, "more").unwrap();
    f.reply(call, &Ok(bytes("value"))).unwrap();
    assert_eq!(f.poll(call), Some(Ok(bytes("value"))));
    f.assert_no_streams();
}

#[test]
fn streams_that_do_not_exist_are_nothing() {
    let mut f = Fixture::new();
    let call = f.feed(1, None);
    for (call, index) in [(call, 1), (call, u32::MAX), (id(5), 0), (id(u32::MAX), 0)] {
        f.granted(call, argument(index), MUCH);
        f.stopped(call, index);
        f.closed(call, index, Ok(()));
        f.items(call, argument(index), 1, "a").unwrap();
        f.granted(call, StreamId::Result(index), MUCH);
        f.close(call, index, Ok(()));
        assert_eq!(f.may_send(End::Call(call), index), ENDED);
        assert_eq!(f.send(End::Call(call), index, 1, "a"), Err(Unsent::Closed));
    }
    assert_eq!((f.wire.sent(), f.woken()), (vec![], vec![]));
    assert_eq!(f.session.streams.len(), 1);
}

// ---------------------------------------------------------------------- arguments, at their callback

#[test]
fn p5_an_argument_is_read_in_its_order_to_its_end() {
    let mut f = Fixture::new();
    let run = f.reading(4, MUCH);
    assert_eq!(f.take(run, 0), None);
    f.items(id(4), argument(0), 2, "ab").unwrap();
    assert_eq!(f.woken(), ["reader"]);
    f.items(id(4), argument(0), 1, "c").unwrap();
    f.closed(id(4), 0, Ok(()));
    assert_eq!(f.woken(), [""; 0], "it has not looked yet");
    assert_eq!(f.take(run, 0), taken(3, "abc"), "what waits is put together");
    assert_eq!(f.take(run, 0), over(Ok(())));
    assert_eq!(f.take(run, 0), over(Ok(())), "and stays so");
}

#[test]
fn the_end_wakes_the_reader() {
    for end in [Ok(()), Err(overloaded())] {
        let mut f = Fixture::new();
        let run = f.reading(0, MUCH);
        assert_eq!(f.take(run, 0), None);
        f.closed(id(0), 0, end.clone());
        assert_eq!((f.woken(), f.take(run, 0)), (vec!["reader"], over(end)));
    }
}

#[test]
fn a_failure_comes_after_the_items_before_it() {
    let mut f = Fixture::new();
    let run = f.reading(0, MUCH);
    f.items(id(0), argument(0), 1, "a").unwrap();
    f.closed(id(0), 0, Err(overloaded()));
    // Nothing comes after it.
    f.items(id(0), argument(0), 1, "b").unwrap();
    f.closed(id(0), 0, Ok(()));
    assert_eq!(f.take(run, 0), taken(1, "a"));
    assert_eq!(f.take(run, 0), over(Err(overloaded())));
    assert_eq!(f.wire.sent(), []);
}

#[test]
fn the_arguments_of_runs_are_kept_apart() {
    let mut f = Fixture::new();
    let (one, two) = (f.reading(1, MUCH), f.reading(2, MUCH));
    f.accept(one, 7, MUCH);
    f.items(id(1), argument(7), 1, "seven").unwrap();
    f.items(id(2), argument(0), 1, "two").unwrap();
    assert_eq!((f.take(one, 0), f.take(two, 0)), (None, taken(1, "two")));
    assert_eq!(f.take(one, 7), taken(1, "seven"));
}

/// stream.credit
#[test]
fn p6_a_caller_over_its_credit_is_stopped_and_its_call_goes_on() {
    // Too many items, one after the last, and one over the bytes of all before.
    for (granted, within, beyond) in [
        (window(2, 100), 1, 2),
        (window(1, 100), 1, 1),
        (window(9, 3), 1, 1),
    ] {
        let mut f = Fixture::new();
        let run = f.reading(3, granted);
        f.items(id(3), argument(0), within, "abc").unwrap();
        assert_eq!(f.wire.sent(), []);
        f.take(run, 0);
        assert_eq!(f.take(run, 0), None);
        f.items(id(3), argument(0), beyond, "d").unwrap();
        let stop = Sent::Stop {
            number: 3,
            stream: argument(0),
        };
        assert_eq!(
            (f.wire.sent(), f.woken()),
            (vec![stop], vec!["reader"]),
            "{granted:?}"
        );
        f.items(id(3), argument(0), 1, "e").unwrap();
        f.closed(id(3), 0, Ok(()));
        assert_eq!(f.take(run, 0), over(Err(overloaded())));
        f.stop(run, 0);
        assert_eq!(f.wire.sent(), [], "it was told");
        assert!(f.session.is_wanted(run));
        f.finish(run, &Ok(bytes("value")));
        f.assert_no_streams();
    }
}

#[test]
fn p6_what_came_within_the_credit_is_read_before_the_overload() {
    let mut f = Fixture::new();
    let run = f.reading(0, window(1, 1));
    f.items(id(0), argument(0), 1, "large").unwrap();
    f.items(id(0), argument(0), 1, "more").unwrap();
    assert_eq!(f.take(run, 0), taken(1, "large"));
    assert_eq!(f.take(run, 0), over(Err(overloaded())));
}

#[test]
fn a_reader_that_grants_more_is_sent_more() {
    let mut f = Fixture::new();
    let run = f.reading(0, window(1, 2));
    f.items(id(0), argument(0), 1, "abc").unwrap();
    f.accept(run, 0, window(1, 2));
    assert_eq!(f.wire.sent(), [sent_credit(0, argument(0), window(1, 2))]);
    f.items(id(0), argument(0), 1, "d").unwrap();
    assert_eq!(f.wire.sent(), [], "one byte was left");
    assert_eq!(f.take(run, 0), taken(2, "abcd"));
}

#[test]
fn a_stream_that_nobody_reads_any_more_is_stopped_once() {
    let mut f = Fixture::new();
    let run = f.reading(6, MUCH);
    f.items(id(6), argument(0), 1, "unread").unwrap();
    f.stop(run, 0);
    let stop = Sent::Stop {
        number: 6,
        stream: argument(0),
    };
    assert_eq!(f.wire.sent(), [stop]);
    f.assert_no_streams();
    f.stop(run, 0);
    f.items(id(6), argument(0), 1, "late").unwrap();
    f.closed(id(6), 0, Ok(()));
    assert_eq!(f.take(run, 0), over(Err(cancelled())));
    assert_eq!((f.wire.sent(), f.woken()), (vec![], vec![]));
    f.assert_no_streams();
}

/// Its sender may have panicked before anything was granted.
#[test]
fn a_stream_that_ends_before_it_is_read_has_ended_when_it_is() {
    let mut f = Fixture::new();
    let run = f.running(6);
    let panicked = Failed::panicked("boom".to_owned());
    f.closed(id(6), 1, Err(panicked.clone()));
    f.accept(run, 1, MUCH);
    assert_eq!(f.take(run, 1), over(Err(panicked)));
    assert_eq!(f.wire.sent(), [], "nothing is granted to it");
    // There are no more than a callback may have.
    f.closed(id(6), 16, Ok(()));
    f.finish(run, &Ok(Bytes::new()));
    f.assert_no_streams();
}

#[test]
fn a_stream_that_has_ended_or_was_never_read_is_not_stopped() {
    let mut f = Fixture::new();
    let run = f.reading(6, MUCH);
    f.closed(id(6), 0, Ok(()));
    f.stop(run, 0);
    f.stop(run, 1);
    assert_eq!(f.wire.sent(), []);
    f.assert_no_streams();
}

#[test]
fn p6_items_of_an_argument_that_nobody_reads_are_not_kept() {
    let mut f = Fixture::new();
    let run = f.running(0);
    f.items(id(0), argument(0), 1, "unread").unwrap();
    f.assert_no_streams();
    assert_eq!(f.take(run, 0), over(Err(cancelled())));
    f.accept(run, 0, MUCH);
    assert_eq!(f.take(run, 0), None);
}

// ---------------------------------------------------------------------- results, at their callback

#[test]
fn a_result_is_opened_then_sent_as_it_is_granted() {
    let mut f = Fixture::new();
    let run = f.running(5);
    let end = End::Run(run);
    assert_eq!(f.may_send(end, 0), ENDED, "it has returned no stream");
    f.open(run);
    assert_eq!(f.wire.sent(), [Sent::Opened { number: 5 }]);
    assert_eq!(f.may_send(end, 0), None);
    f.granted(id(5), StreamId::Result(0), window(2, 9));
    assert_eq!(
        (f.woken(), f.may_send(end, 0)),
        (vec!["sender"], Some(Some((2, 9))))
    );
    f.send(end, 0, 2, "ab").unwrap();
    f.finish(run, &Ok(Bytes::new()));
    let reply = Sent::Reply {
        number: 5,
        outcome: Ok(Bytes::new()),
    };
    assert_eq!(
        f.wire.sent(),
        [sent_items(5, StreamId::Result(0), 2, "ab"), reply]
    );
    f.assert_empty();
    f.assert_no_streams();
}

#[test]
fn credit_may_come_before_the_callback_has_returned_its_stream() {
    let mut f = Fixture::new();
    let run = f.running(5);
    f.granted(id(5), StreamId::Result(0), window(1, 2));
    f.granted(id(5), StreamId::Result(0), window(1, 2));
    f.open(run);
    assert_eq!(f.may_send(End::Run(run), 0), Some(Some((2, 4))));
    // Or it never returns one.
    let other = f.running(6);
    f.granted(id(6), StreamId::Result(0), window(1, 1));
    f.finish(other, &Ok(bytes("value")));
    f.finish(run, &Ok(Bytes::new()));
    f.assert_no_streams();
}

// ---------------------------------------------------------------------- results, at their caller

#[test]
fn p5_items_wait_with_the_other_answers_and_end_with_the_reply() {
    let mut f = Fixture::new();
    let call = f.feed(0, None);
    for index in [0, 3] {
        f.grant(call, index, MUCH);
        assert_eq!(
            f.wire.sent(),
            [sent_credit(number(call), StreamId::Result(index), MUCH)]
        );
    }
    f.receive(Header::Opened { call, index: 0 }, Bytes::new())
        .unwrap();
    assert_eq!(f.woken(), ["caller"]);
    f.items(call, StreamId::Result(0), 2, "ab").unwrap();
    f.items(call, StreamId::Result(3), 1, "c").unwrap();
    f.reply(call, &failed(cancelled())).unwrap();
    for item in [
        Item::Opened(0, Bytes::new()),
        Item::Batch(0, batch(2, "ab")),
        Item::Batch(3, batch(1, "c")),
    ] {
        assert_eq!(f.next_of(call), Some(Next::Item(item)));
    }
    assert_eq!(f.next_of(call), Some(Next::End(failed(cancelled()))));
    f.assert_empty();
}

#[test]
fn who_waits_for_items_is_woken() {
    let mut f = Fixture::new();
    let call = f.feed(0, None);
    f.grant(call, 0, MUCH);
    f.items(call, StreamId::Result(0), 1, "a").unwrap();
    assert_eq!(f.woken(), ["caller"]);
    assert_eq!(f.next_of(call), Some(Next::Item(Item::Batch(0, batch(1, "a")))));
    assert_eq!(f.next_of(call), None);
    f.reply(call, &Ok(Bytes::new())).unwrap();
    assert_eq!(f.woken(), ["caller"]);
}

#[test]
fn p6_a_callback_over_its_credit_ends_its_call() {
    for (granted, items) in [(None, 1), (None, 0), (Some(window(1, 100)), 2)] {
        let mut f = Fixture::new();
        let call = f.feed(1, Some(10));
        assert_eq!(f.may_send(End::Call(call), 0), None);
        if let Some(granted) = granted {
            f.grant(call, 0, granted);
            f.wire.sent();
        }
        f.items(call, StreamId::Result(0), items, "ab").unwrap();
        assert_eq!(f.wire.sent(), [cancel(call)]);
        assert_eq!(f.woken_of_all(), ["caller", "sender"], "its arguments end, too");
        f.assert_no_streams();
        // Whatever comes until the reply changes nothing, and no time limit does.
        f.items(call, StreamId::Result(0), 1, "late").unwrap();
        f.wait_until(10);
        f.grant(call, 0, MUCH);
        assert_eq!((f.wire.sent(), f.woken()), (vec![], vec![]));
        assert_eq!(f.next_of(call), Some(Next::End(failed(overloaded()))));
        f.reply(call, &failed(cancelled())).unwrap();
        f.assert_empty();
    }
}

#[test]
fn the_last_item_of_a_result_may_be_over_the_bytes() {
    let mut f = Fixture::new();
    let call = f.feed(0, None);
    f.grant(call, 0, window(5, 1));
    f.items(call, StreamId::Result(0), 1, "eight at").unwrap();
    f.grant(call, 0, window(0, 8));
    f.items(call, StreamId::Result(0), 1, "z").unwrap();
    assert!(f.wire.sent().iter().all(|sent| *sent != cancel(call)));
    f.items(call, StreamId::Result(0), 1, "z").unwrap();
    assert_eq!(f.wire.sent(), [cancel(call)]);
}

#[test]
fn a_callback_may_send_each_item_of_its_window_by_itself() {
    let mut f = Fixture::new();
    let call = f.feed(0, None);
    f.grant(call, 0, Window::DEFAULT);
    f.wire.sent();
    f.receive(Header::Opened { call, index: 0 }, Bytes::new())
        .unwrap();
    for _ in 0..Window::DEFAULT.items {
        f.items(call, StreamId::Result(0), 1, "i").unwrap();
    }
    assert_eq!(f.wire.sent(), [], "it has kept to its credit");
    f.reply(call, &Ok(Bytes::new())).unwrap();
    assert_eq!(f.next_of(call), Some(Next::Item(Item::Opened(0, Bytes::new()))));
    let items = Window::DEFAULT.items;
    let bytes = vec![b'i'; items as usize].into();
    let batch = Batch::new(items, bytes);
    assert_eq!(f.next_of(call), Some(Next::Item(Item::Batch(0, batch))));
    assert!(matches!(f.next_of(call), Some(Next::End(Ok(_)))));
}

#[test]
fn nothing_is_granted_to_a_call_that_has_ended() {
    let mut f = Fixture::new();
    let (answered, dropped, late) = (f.feed(0, None), f.feed(0, None), f.feed(0, Some(5)));
    f.reply(answered, &Ok(Bytes::new())).unwrap();
    f.abandon(dropped);
    f.wait_until(5);
    f.wire.sent();
    for call in [answered, dropped, late, id(7)] {
        f.grant(call, 0, MUCH);
    }
    assert_eq!(f.wire.sent(), []);
}

// ---------------------------------------------------------------------- ends

/// A call whose argument streams 0 and 1 wait for credit, with a deadline at 10.
fn waiting_call() -> (Fixture, CallId) {
    let mut f = Fixture::new();
    let call = f.feed(3, Some(10));
    for (index, waiter) in [(0, "first"), (1, "second")] {
        assert_eq!(f.session.credit(End::Call(call), index, &mut Some(waiter)), None);
    }
    (f, call)
}

#[test]
fn p4_the_end_of_a_call_ends_its_argument_streams_and_wakes_their_senders() {
    type Ending = fn(&mut Fixture, CallId);
    let endings: [Ending; 4] = [
        |f, call| f.reply(call, &Ok(Bytes::new())).unwrap(),
        |f, _| f.wait_until(10),
        |f, _| f.session.disconnected(&mut f.events),
        |f, _| f.session.close(&mut f.wire, &mut f.events),
    ];
    for (number, ending) in endings.iter().enumerate() {
        let (mut f, call) = waiting_call();
        ending(&mut f, call);
        assert_eq!(f.woken_of_all(), ["caller", "first", "second"], "ending {number}");
        f.assert_no_streams();
        assert_eq!(f.may_send(End::Call(call), 0), ENDED);
        assert_eq!(f.send(End::Call(call), 0, 1, "late"), Err(Unsent::Closed));
        f.wire.sent();
        f.close(call, 0, Ok(()));
        f.granted(call, argument(0), MUCH);
        f.stopped(call, 1);
        assert_eq!((f.wire.sent(), f.woken()), (vec![], vec![]), "ending {number}");
        f.assert_no_streams();
    }
}

/// What cannot be sent yet loses nothing with a connection that was not its own.
#[test]
fn the_streams_of_a_call_that_is_yet_to_be_sent_outlive_a_lost_connection() {
    let mut f = Fixture::new();
    f.wire.full = true;
    let call = f.feed(1, None);
    assert_eq!(f.may_send(End::Call(call), 0), None);
    f.session.disconnected(&mut f.events);
    assert_eq!((f.woken(), f.may_send(End::Call(call), 0)), (vec![], None));
    f.wire.full = false;
    f.connect();
    f.granted(call, argument(0), MUCH);
    assert_eq!(f.woken(), ["sender"]);
    f.send(End::Call(call), 0, 1, "item").unwrap();
}

#[test]
fn p4_a_call_that_is_dropped_sends_no_more() {
    let (mut f, call) = waiting_call();
    f.granted(call, argument(2), MUCH);
    f.abandon(call);
    assert_eq!(f.wire.sent(), [cancel(call)]);
    f.assert_no_streams();
    assert_eq!(f.send(End::Call(call), 2, 1, "late"), Err(Unsent::Closed));
    f.close(call, 2, Ok(()));
    f.granted(call, argument(0), MUCH);
    f.items(call, StreamId::Result(0), 1, "late").unwrap();
    f.receive(Header::Opened { call, index: 0 }, Bytes::new())
        .unwrap();
    assert_eq!(f.wire.sent(), []);
    f.reply(call, &failed(cancelled())).unwrap();
    f.assert_empty();
}

/// A run under number 4 with a deadline at 10, which reads an argument and waits, and waits for credit.
fn waiting_run() -> (Fixture, RunId) {
    waiting_run_of(Terms::default())
}

fn waiting_run_of(terms: Terms) -> (Fixture, RunId) {
    let mut f = Fixture::new();
    let callback = f.session.offer("callback", terms);
    f.run(4, callback, Some(10));
    let run = f.started();
    f.open(run);
    f.accept(run, 1, MUCH);
    f.wire.sent();
    assert_eq!(f.may_send(End::Run(run), 0), None);
    assert_eq!(f.take(run, 1), None);
    (f, run)
}

#[test]
fn p4_the_end_of_a_run_ends_its_streams_and_wakes_who_waits() {
    type Ending = fn(&mut Fixture);
    let call = id(4);
    let endings: [Ending; 4] = [
        |f| {
            f.receive(Header::Cancel { call: id(4) }, Bytes::new()).unwrap();
        },
        |f| f.wait_until(10),
        |f| f.session.disconnected(&mut f.events),
        |f| f.session.close(&mut f.wire, &mut f.events),
    ];
    for (number, ending) in endings.iter().enumerate() {
        let (mut f, run) = waiting_run();
        ending(&mut f);
        assert_eq!(f.woken_of_all(), ["reader", "sender"], "ending {number}");
        f.assert_no_streams();
        f.wire.sent();
        assert_ended(&mut f, run);
        f.finish(run, &Ok(Bytes::new()));
        f.assert_empty();
        f.granted(call, StreamId::Result(0), MUCH);
        f.assert_no_streams();
    }
}

#[test]
fn p4_a_callback_that_cannot_be_stopped_has_no_streams_once_nobody_waits_for_it() {
    type Ending = fn(&mut Fixture);
    let endings: [Ending; 2] = [
        |f| {
            f.receive(Header::Cancel { call: id(4) }, Bytes::new()).unwrap();
        },
        |f| f.wait_until(10),
    ];
    for ending in endings {
        let blocking = true;
        let (mut f, run) = waiting_run_of(Terms {
            blocking,
            ..Terms::default()
        });
        ending(&mut f);
        assert_eq!(
            (f.wire.sent(), f.woken_of_all()),
            (vec![], vec!["reader", "sender"])
        );
        f.assert_no_streams();
        // It goes on as if it had heard of nothing, and waits for nothing.
        assert_ended(&mut f, run);
        f.finish(run, &Ok(Bytes::new()));
        assert_eq!(f.wire.sent().len(), 1);
        f.assert_empty();
    }
}

#[test]
fn p4_a_callback_that_has_ended_has_no_streams() {
    let (mut f, run) = waiting_run();
    f.finish(run, &Ok(Bytes::new()));
    assert_eq!(f.woken_of_all(), ["reader", "sender"]);
    f.wire.sent();
    f.assert_empty();
    assert_ended(&mut f, run);
}

/// Nothing can be done with the streams of a run that has ended, and what still comes of them is ignored.
fn assert_ended(f: &mut Fixture, run: RunId) {
    assert_eq!(f.may_send(End::Run(run), 0), ENDED);
    assert!(f.session.has_ended(End::Run(run), 0, &mut None));
    assert_eq!(f.send(End::Run(run), 0, 1, "late"), Err(Unsent::Closed));
    assert_eq!(f.take(run, 1), over(Err(cancelled())));
    f.accept(run, 1, MUCH);
    f.open(run);
    f.stop(run, 1);
    f.items(id(4), argument(1), 1, "late").unwrap();
    f.closed(id(4), 1, Ok(()));
    f.granted(id(4), StreamId::Result(0), MUCH);
    assert_eq!((f.wire.sent(), f.woken()), (vec![], vec![]));
    f.assert_no_streams();
}

#[test]
fn a_number_that_is_used_again_has_no_streams_of_the_run_before() {
    let mut f = Fixture::new();
    let before = f.reading(4, MUCH);
    f.open(before);
    f.granted(id(4), StreamId::Result(0), MUCH);
    f.items(id(4), argument(0), 1, "before").unwrap();
    f.finish(before, &Ok(Bytes::new()));
    f.wire.sent();
    let run = f.reading(4, MUCH);
    assert_eq!(f.take(run, 0), None);
    f.open(run);
    assert_eq!(f.may_send(End::Run(run), 0), None);
    f.wire.sent();
    // Nor does what is left of the run before disturb it.
    f.stop(before, 0);
    f.accept(before, 0, MUCH);
    f.finish(before, &Ok(Bytes::new()));
    assert_eq!(f.send(End::Run(before), 0, 1, "late"), Err(Unsent::Closed));
    assert_eq!(f.wire.sent(), []);
    assert_eq!(f.session.streams.len(), 2);
}

#[test]
fn a_number_that_is_used_again_has_no_credit_of_the_call_before() {
    let mut f = Fixture::new();
    let before = f.feed(1, None);
    f.granted(before, argument(0), MUCH);
    f.grant(before, 0, MUCH);
    f.reply(before, &Ok(Bytes::new())).unwrap();
    assert!(f.poll(before).is_some());
    let call = f.feed(1, None);
    assert_eq!(call.slot, before.slot);
    f.wire.sent();
    assert_eq!(f.may_send(End::Call(call), 0), None);
    f.items(call, StreamId::Result(0), 1, "not granted").unwrap();
    assert_eq!(f.wire.sent(), [cancel(call)]);
}

// ---------------------------------------------------------------------- faults

#[test]
fn frames_of_streams_from_the_wrong_end_are_faults() {
    let (call, stream) = (id(0), StreamId::Result(0));
    let status = Status::Value;
    for header in [
        Header::Close { call, stream, status },
        Header::Stop { call, stream },
    ] {
        let mut f = Fixture::new();
        f.feed(1, None);
        f.running(0);
        let found = f.receive(header, Bytes::new());
        assert!(matches!(found, Err(Fault::Unexpected(_))), "{found:?}");
        assert_eq!((f.wire.sent(), f.woken()), (vec![], vec![]));
    }
}

#[test]
fn p1_items_of_a_call_that_is_not_out_are_a_fault() {
    let mut f = Fixture::new();
    let answered = f.feed(0, None);
    f.reply(answered, &Ok(Bytes::new())).unwrap();
    for call in [answered, id(6)] {
        let found = f.items(call, StreamId::Result(0), 1, "a");
        assert!(matches!(found, Err(Fault::Unexpected(_))), "{found:?}");
        let found = f.receive(Header::Opened { call, index: 0 }, Bytes::new());
        assert!(matches!(found, Err(Fault::Unexpected(_))), "{found:?}");
    }
    assert_eq!(f.next_of(answered), Some(Next::End(Ok(Bytes::new()))));
}

/// One process of a broadcast may be over its bytes, and another has its own.
#[test]
fn p6_each_stream_of_a_broadcast_has_a_credit_of_its_own() {
    let mut f = Fixture::new();
    let call = f.call(None, "caller");
    let result = StreamId::Result;
    for index in 0..2 {
        f.grant(call, index, window(10, 5));
    }
    f.wire.sent();
    f.items(call, result(0), 1, "more than five bytes").unwrap();
    f.items(call, result(1), 2, "five!").unwrap();
    assert_eq!(f.wire.sent(), []);
    f.items(call, result(1), 1, "over").unwrap();
    assert_eq!(f.wire.sent(), [Sent::Cancel { number: number(call) }]);
}

#[test]
fn p6_a_process_that_was_granted_nothing_sends_nothing() {
    let mut f = Fixture::new();
    let call = f.call(None, "caller");
    f.grant(call, 0, MUCH);
    f.wire.sent();
    f.items(call, StreamId::Result(1), 1, "a").unwrap();
    assert_eq!(f.wire.sent(), [Sent::Cancel { number: number(call) }]);
}

// ---------------------------------------------------------------------- to many

const fn argument_of(part: u32) -> StreamId {
    StreamId::ArgumentOf { part, index: 0 }
}

impl Fixture {
    /// A call to many that sends a stream, of which it is known that two are asked.
    fn spread(&mut self) -> CallId {
        let request = Request {
            streams: 1,
            mode: Mode::Broadcast,
            ..Self::request(None)
        };
        let call = self
            .submit(&Message::Call(request, &Bytes::new()), "caller")
            .unwrap();
        assert_eq!(
            self.may_send(End::Call(call), 0),
            Some(None),
            "nobody has it by itself"
        );
        assert_eq!(
            self.may_send(End::Part(call, 0), 0),
            Some(None),
            "nobody is asked yet"
        );
        let names = crate::proto::encode(&vec!["ann", "bob"]).unwrap();
        self.receive(Header::Roster { call }, names).unwrap();
        self.wire.sent();
        call
    }
}

#[test]
fn p8_each_of_those_who_are_asked_grants_for_itself() {
    let mut f = Fixture::new();
    let call = f.spread();
    let [ann, bob] = [0, 1].map(|part| End::Part(call, part));
    assert_eq!((f.may_send(ann, 0), f.may_send(bob, 0)), (None, None));
    f.granted(call, argument_of(1), window(2, 100));
    assert_eq!(
        (f.may_send(ann, 0), f.may_send(bob, 0)),
        (None, Some(Some((2, 100))))
    );
    assert_eq!(f.send(ann, 0, 1, "a"), Err(Unsent::Closed));
    f.send(bob, 0, 2, "ab").unwrap();
    assert_eq!(f.wire.sent(), [sent_items(number(call), argument_of(1), 2, "ab")]);
    assert_eq!(f.may_send(bob, 0), None);
    // There are no others, and nobody else has a stream of this number.
    f.granted(call, argument_of(2), window(2, 100));
    assert_eq!(f.may_send(End::Part(call, 2), 0), Some(None));
    assert_eq!(f.may_send(End::Part(call, 1), 1), Some(None));
}

#[test]
fn p8_a_part_that_ends_ends_its_stream_and_no_other() {
    let mut f = Fixture::new();
    let call = f.spread();
    let [ann, bob] = [0, 1].map(|part| End::Part(call, part));
    assert_eq!((f.may_send(ann, 0), f.may_send(bob, 0)), (None, None));
    let (index, status) = (0, Status::Value);
    f.receive(Header::Part { call, index, status }, Bytes::new())
        .unwrap();
    assert_eq!((f.may_send(ann, 0), f.may_send(bob, 0)), (Some(None), None));
    let stream = argument_of(1);
    f.receive(Header::Stop { call, stream }, Bytes::new()).unwrap();
    assert_eq!(f.may_send(bob, 0), Some(None));
}

/// Whoever sends the streams must not read them for the others meanwhile.
#[test]
fn one_whose_signature_has_another_number_has_granted_nothing_until_its_caller_knows() {
    let mut f = Fixture::new();
    let call = f.spread();
    let ends = [0, 1].map(|part| Some(End::Part(call, part)));
    let look = |f: &mut Fixture| {
        let mut waiters = [Some("a"), Some("b")];
        let credits = f.session.credits(&ends, 0, &mut waiters);
        let ended = f.session.have_ended(&ends, 0, &mut waiters);
        let granted: Vec<_> = credits
            .iter()
            .map(|credit| credit.map(|credit| credit.is_some()))
            .collect();
        (granted, ended)
    };
    f.granted(call, argument_of(1), window(2, 100));
    let nothing_from_ann = (vec![None, Some(true)], vec![false, false]);
    assert_eq!(look(&mut f), nothing_from_ann);
    let returns = Returns {
        ok: Type::I64,
        error: ErrorType::None,
    };
    let mismatch = Failed::SignatureMismatch {
        offered: Box::new(Described::new(&Signature::new([], returns))),
        others: Vec::new(),
    };
    f.part_failed(call, 0, mismatch.clone());
    assert_eq!(look(&mut f), nothing_from_ann);
    let outcome = Err(mismatch.clone().into());
    f.next_of(call);
    assert_eq!(f.next_of(call), Some(Next::Item(Item::Part(0, outcome))));
    assert_eq!(look(&mut f), (vec![Some(false), Some(true)], vec![true, false]));

    // The same where the call itself has its outcome by then; what ends otherwise has ended at once.
    f.part_failed(call, 1, Failed::timeout(true));
    let status = Status::Value;
    f.receive(Header::Reply { call, status }, Bytes::new()).unwrap();
    assert_eq!(look(&mut f).1, [true, true]);
    let again = f.feed(1, None);
    f.receive(
        Header::Reply {
            call: again,
            status: Status::Failed(mismatch),
        },
        Bytes::new(),
    )
    .unwrap();
    let ends = [Some(End::Call(again)), None];
    let credits = |f: &mut Fixture, ends: &[Option<End>]| {
        let mut waiters = [Some("a"), Some("b")];
        f.session.credits(ends, 0, &mut waiters)
    };
    assert_eq!(credits(&mut f, &ends), [None, None]);

    // One that is called again may be once more, whatever that has ended with: until its caller knows.
    let lost = f.feed(1, None);
    f.session.disconnected(&mut f.events);
    f.connect();
    let absent = f.feed(1, None);
    let nobody = failed(Failed::NoProvider(Absence::nobody()));
    f.reply(absent, &nobody).unwrap();
    for call in [lost, absent] {
        let ends = [Some(End::Call(call)), None];
        assert_eq!(credits(&mut f, &ends), [None, None]);
        let mut waiters = [Some("a"), Some("b")];
        assert_eq!(f.session.have_ended(&ends, 0, &mut waiters), [false, false]);
        assert!(matches!(f.next_of(call), Some(Next::End(Err(_)))));
        assert_eq!(credits(&mut f, &ends), [Some(None), None]);
    }

    // One that has given something is not: it is sent no more, and what it gave is there until it is taken.
    let [returned, streams, breaks] = [(); 3].map(|()| f.feed(1, None));
    f.reply(returned, &Ok(bytes("x"))).unwrap();
    for (call, status) in [
        (streams, Status::Value),
        (breaks, Status::Failed(Failed::timeout(true))),
    ] {
        f.receive(Header::Opened { call, index: 0 }, Bytes::new())
            .unwrap();
        f.receive(Header::Reply { call, status }, Bytes::new()).unwrap();
    }
    for call in [returned, streams, breaks] {
        let ends = [Some(End::Call(call)), None];
        assert_eq!(credits(&mut f, &ends), [Some(None), None]);
    }
    assert_eq!(f.next_of(breaks), Some(Next::Item(Item::Opened(0, Bytes::new()))));
    assert_eq!(
        credits(&mut f, &[Some(End::Call(breaks)), None]),
        [Some(None), None]
    );
}

#[test]
fn p4_a_part_that_nobody_wants_is_cancelled_and_sent_no_more() {
    let mut f = Fixture::new();
    let call = f.spread();
    let [ann, bob] = [0, 1].map(|part| End::Part(call, part));
    assert_eq!((f.may_send(ann, 0), f.may_send(bob, 0)), (None, None));
    f.session.abandon_part(call, 1, &mut f.wire, &mut f.events);
    let (number, index) = (number(call), 1);
    assert_eq!(f.wire.sent(), [Sent::CancelPart { number, index }]);
    assert_eq!((f.may_send(ann, 0), f.may_send(bob, 0)), (None, Some(None)));
    // What comes of it all the same harms nobody.
    f.granted(call, argument_of(1), window(2, 100));
    let status = Status::Value;
    f.receive(Header::Part { call, index, status }, Bytes::new())
        .unwrap();
    f.session.abandon(call, &mut f.wire, &mut f.events);
    f.wire.sent();
    f.session.abandon_part(call, 0, &mut f.wire, &mut f.events);
    assert_eq!(f.wire.sent(), [], "it is cancelled already");
}

#[test]
fn the_end_of_a_call_to_many_ends_its_streams_to_all() {
    for is_abandoned in [false, true] {
        let mut f = Fixture::new();
        let call = f.spread();
        f.granted(call, argument_of(0), window(2, 100));
        if is_abandoned {
            f.session.abandon(call, &mut f.wire, &mut f.events);
        } else {
            let status = Status::Value;
            f.receive(Header::Reply { call, status }, Bytes::new()).unwrap();
        }
        for part in [0, 1] {
            assert_eq!(f.may_send(End::Part(call, part), 0), Some(None));
        }
        assert_eq!(f.session.streams.len(), 0);
    }
}

#[test]
fn nobody_sends_a_process_what_is_for_one_of_many() {
    let mut f = Fixture::new();
    f.reading(3, window(2, 100));
    assert!(f.items(id(3), argument_of(0), 1, "a").is_err());
}

// ---------------------------------------------------------------------- items in parts

#[test]
fn a_large_item_is_sent_in_parts_and_counts_once() {
    let mut f = Fixture::new();
    f.wire.part = 4;
    let call = f.feed(1, None);
    f.granted(call, argument(0), window(3, 100));
    let end = End::Call(call);
    f.send(end, 0, 1, "four and more").unwrap();
    f.send(end, 0, 2, "two small ones").unwrap();
    let parts = [
        (0, "four"),
        (0, " and"),
        (0, " mor"),
        (1, "e"),
        (2, "two small ones"),
    ];
    let parts = parts.map(|(items, text)| sent_items(number(call), argument(0), items, text));
    assert_eq!(f.wire.sent(), parts);
    assert_eq!(f.may_send(end, 0), None, "three items were granted");
}

#[test]
fn p6_an_item_in_parts_may_be_over_the_bytes_as_one_in_one_piece() {
    let mut f = Fixture::new();
    let run = f.reading(0, window(2, 3));
    for (items, text) in [(0, "ab"), (0, "cd"), (1, "e")] {
        f.items(id(0), argument(0), items, text).unwrap();
        assert_eq!(f.take(run, 0), taken(items, text));
    }
    assert_eq!(f.wire.sent(), []);
    // Five bytes of three are used up.
    f.items(id(0), argument(0), 0, "f").unwrap();
    assert_eq!(f.take(run, 0), over(Err(overloaded())));
}

#[test]
fn p6_parts_that_are_none_end_the_stream() {
    let long = "x".repeat(ITEM_BYTES).leak();
    for parts in [
        // Nothing, for ever.
        &[(0, "")][..],
        // More than an item may have.
        &[(0, "a"), (0, long)],
        &[(0, "a"), (1, long)],
        // The end of one item, and others.
        &[(0, "a"), (2, "bc")],
    ] {
        for is_result in [false, true] {
            let mut f = Fixture::new();
            let (number, stream) = if is_result {
                let call = f.call(None, "caller");
                f.grant(call, 0, window(100, 10_000));
                (call, StreamId::Result(0))
            } else {
                f.reading(3, window(100, 10_000));
                (id(3), argument(0))
            };
            f.wire.sent();
            for (items, text) in parts {
                assert_eq!(f.wire.sent(), []);
                f.items(number, stream, *items, text).unwrap();
            }
            let refused = match f.wire.sent()[..] {
                [Sent::Cancel { .. }] => is_result,
                [Sent::Stop { .. }] => !is_result,
                _ => false,
            };
            assert!(refused, "{parts:?}");
        }
    }
}

/// Each takes memory of its own, however short it is.
#[test]
fn p6_parts_of_next_to_nothing_end_the_stream() {
    let mut f = Fixture::new();
    let call = f.call(None, "caller");
    f.grant(call, 0, window(100, 10_000));
    f.wire.sent();
    for _ in 0..64 {
        f.items(call, StreamId::Result(0), 0, "x").unwrap();
    }
    assert_eq!(f.wire.sent(), []);
    f.items(call, StreamId::Result(0), 0, "x").unwrap();
    assert_eq!(f.wire.sent(), [Sent::Cancel { number: number(call) }]);
}

// ---------------------------------------------------------------------- beside other calls

/// What goes on for long does not make another call one of many, which would wait to be written together.
#[test]
fn calls_that_flow_are_not_counted_among_the_single_ones() {
    let mut f = Fixture::new();
    let count = |f: &Fixture| (f.session.single_calls(), f.session.single_runs());
    let call = f.call(None, "caller");
    assert_eq!(count(&f), (1, 0));
    let feeding = f.feed(1, None);
    let streamed = f.call(None, "caller");
    assert_eq!(count(&f), (2, 0));
    f.receive(
        Header::Opened {
            call: streamed,
            index: 0,
        },
        Bytes::new(),
    )
    .unwrap();
    assert_eq!(count(&f), (1, 0));
    f.reply(feeding, &Ok(Bytes::new())).unwrap();
    f.reply(streamed, &Ok(Bytes::new())).unwrap();
    f.reply(call, &Ok(Bytes::new())).unwrap();
    for ended in [call, feeding, streamed] {
        while let Some(Next::Item(_)) = f.next_of(ended) {}
    }
    assert_eq!(count(&f), (0, 0));

    f.events.clear();
    let run = f.running(1);
    assert_eq!(count(&f), (0, 1));
    f.open(run);
    f.open(run);
    assert_eq!(count(&f), (0, 0));
    f.finish(run, &Ok(Bytes::new()));
    assert_eq!(count(&f), (0, 0));

    let lost = f.feed(1, None);
    f.session.disconnected(&mut f.events);
    assert_eq!(count(&f), (0, 0));
    while let Some(Next::Item(_)) = f.next_of(lost) {}
    assert_eq!(f.session.calls_outstanding(), 0);
}
