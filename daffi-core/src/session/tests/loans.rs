//! What the streams of a process hold together: for whom, and until when.

use proptest::prelude::*;

use super::*;

const KIB: usize = 1024;
const WISH: Window = Window {
    items: 100,
    bytes: 64 * 1024,
};

impl Fixture {
    /// With so many bytes for all streams.
    fn bounded(bytes: usize) -> Self {
        let mut fixture = Self::with(Limits {
            calls: 10_000,
            ..Limits::default()
        });
        fixture.session = fixture.session.bounding_streams(bytes as u64);
        fixture.session.item_bytes = bytes;
        fixture
    }

    /// A run of that caller's call.
    fn run_of(&mut self, number: u32, caller: &'static str) -> RunId {
        let callback = self.session.offer("callback", Terms::default());
        let run = Header::Run(run_header(number, callback, caller));
        self.receive(run, Bytes::new()).unwrap();
        self.started()
    }

    /// Reads the argument of such a run; whether there is something left for it.
    fn reads(&mut self, number: u32, caller: &'static str) -> Option<RunId> {
        let run = self.run_of(number, caller);
        let granted = self.session.accept(run, 0, WISH, &mut self.wire);
        (granted != Window::NONE).then_some(run)
    }

    /// Items of an argument come; whether they were allowed.
    fn comes(&mut self, number: u32, items: u32, bytes: usize) -> bool {
        self.comes_as((id(number), StreamId::Argument(0)), items, bytes, false)
    }

    /// The same of any stream, with names or by positions.
    fn comes_as(
        &mut self,
        (call, stream): (CallId, StreamId),
        items: u32,
        bytes: usize,
        explained: bool,
    ) -> bool {
        self.wire.sent();
        let items = Header::Items {
            call,
            stream,
            items,
            explained,
        };
        self.receive(items, vec![1; bytes].into()).unwrap();
        self.wire.sent().is_empty()
    }

    /// A call whose result is a stream with such a window.
    fn streamed(&mut self, window: Window) -> CallId {
        let request = Request {
            window: Some(window),
            ..Self::request(None)
        };
        let message = Message::Call(request, &Bytes::new());
        self.submit(&message, "caller").unwrap()
    }

    fn closes(&mut self, number: u32) {
        let (call, stream, status) = (id(number), StreamId::Argument(0), Status::Value);
        let close = Header::Close { call, stream, status };
        self.receive(close, Bytes::new()).unwrap();
    }

    /// A call to many who each send a stream.
    fn streams_of(&mut self, roster: &[&str]) -> CallId {
        let request = Request {
            mode: Mode::Broadcast,
            ..Self::request(None)
        };
        let message = Message::Call(request, &Bytes::new());
        let call = self.submit(&message, "caller").unwrap();
        let names = crate::proto::encode(roster).unwrap();
        self.receive(Header::Roster { call }, names).unwrap();
        for part in (0..).take(roster.len()) {
            self.session.grant(call, part, WISH, &mut self.wire).unwrap();
        }
        self.wire.sent();
        call
    }

    fn gives(&mut self, call: CallId, part: u32, items: u32, bytes: usize) {
        let stream = StreamId::Result(part);
        let items = Header::Items {
            call,
            stream,
            items,
            explained: false,
        };
        self.receive(items, vec![1; bytes].into()).unwrap();
    }

    fn part_ends(&mut self, call: CallId, index: u32) {
        let status = Status::Value;
        self.receive(Header::Part { call, index, status }, Bytes::new())
            .unwrap();
    }

    fn next_answer(&mut self, call: CallId) -> Option<Next> {
        self.session.poll_next(call, &mut Some("caller"))
    }
}

#[test]
fn p6_windows_that_one_caller_leaves_idle_take_nothing_from_the_next() {
    let mut f = Fixture::bounded(1024 * KIB);
    let one = (0..)
        .take_while(|number| f.reads(*number, "one").is_some())
        .count();
    assert!((50..1000).contains(&one), "{one}");
    // What is left is enough for others, who send more than their windows as they always do.
    for number in 5000..5010 {
        let run = f.reads(number, "two").expect("something is left");
        for _ in 0..3 {
            assert!(f.comes(number, 1, 4 * KIB));
            let Some(Taken::Batch(batch)) = f.session.take(run, 0, &mut Some("reader")) else {
                panic!("nothing has come");
            };
            let bytes = u32::try_from(batch.bytes.len()).unwrap();
            f.session.accept(run, 0, Window { items: 1, bytes }, &mut f.wire);
        }
    }
}

#[test]
fn p6_large_items_that_one_caller_never_ends_take_nothing_from_the_next() {
    let mut f = Fixture::bounded(4096 * KIB);
    let mut begun = 0;
    for number in 0..64 {
        let Some(_) = f.reads(number, "one") else { break };
        begun += u32::from(f.comes(number, 0, 300 * KIB));
    }
    assert!((3..6).contains(&begun), "{begun}");
    f.reads(100, "two").expect("there is a window");
    assert!(
        f.comes(100, 1, 120 * KIB),
        "and room for what is a little over it"
    );
    f.reads(101, "three").expect("there is a window");
    assert!(f.comes(101, 0, 200 * KIB), "and room for another large one");
}

#[test]
fn p6_what_is_called_for_to_answer_a_caller_is_of_its_share() {
    let mut f = Fixture::bounded(1024 * KIB);
    let for_run = |f: &mut Fixture, run: Option<RunId>| {
        let request = Request {
            within: run,
            window: Some(WISH),
            ..Fixture::request(None)
        };
        f.submit(&Message::Call(request, &Bytes::new()), "caller")
    };
    let run = f.run_of(1, "one");
    let calls = (0..2000)
        .take_while(|_| for_run(&mut f, Some(run)).is_ok())
        .count();
    assert!((50..1000).contains(&calls), "{calls}");
    assert!(f.reads(2, "one").is_none(), "it is the same caller");
    assert!(f.reads(3, "two").is_some());
    assert!(for_run(&mut f, None).is_ok(), "that is this process by itself");
}

#[test]
fn p8_one_of_many_who_sends_more_than_may_be_held_ends_its_own_part() {
    let mut f = Fixture::bounded(1024 * KIB);
    let call = f.streams_of(&["ann", "bob"]);
    f.gives(call, 1, 1, 10);
    f.gives(call, 0, 1, 900 * KIB);
    let (number, index) = (number(call), 0);
    assert_eq!(f.wire.sent(), [Sent::CancelPart { number, index }]);
    assert_eq!(f.woken(), ["caller"]);
    // What comes of it until it has ended there is nobody's concern.
    f.gives(call, 0, 1, 5);
    f.part_ends(call, 0);
    f.gives(call, 1, 1, 20);
    f.part_ends(call, 1);
    let unread = Failed::Unread {
        bytes: 1 << 20,
        may_have_run: true,
    };
    let mut bytes = 0;
    let mut ends = Vec::new();
    let status = Status::Value;
    f.receive(Header::Reply { call, status }, Bytes::new()).unwrap();
    loop {
        match f.next_answer(call) {
            Some(Next::Item(Item::Batch(part, batch))) => {
                assert_eq!(part, 1);
                bytes += batch.bytes.len();
            }
            Some(Next::Item(Item::Part(part, outcome))) => ends.push((part, outcome)),
            Some(Next::Item(Item::Roster(_))) => {}
            Some(Next::End(outcome)) => break assert_eq!(outcome, Ok(Bytes::new())),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(bytes, 30);
    assert_eq!(ends, [(0, failed(unread)), (1, Ok(Bytes::new()))]);
    assert_eq!(f.session.lent(), 0);
}

#[test]
fn p6_the_window_of_a_part_is_given_back_when_the_part_ends() {
    let mut f = Fixture::bounded(1024 * KIB);
    let call = f.streams_of(&["ann", "bob"]);
    let window = f.session.lent() / 2;
    f.gives(call, 0, 1, 1000);
    f.part_ends(call, 0);
    assert_eq!(f.session.lent(), window + 1000, "what waits to be looked at");
    // Nothing is lent to it any more.
    f.session.grant(call, 0, WISH, &mut f.wire).unwrap();
    assert_eq!((f.session.lent(), f.wire.sent()), (window + 1000, vec![]));
    for _ in 0..2 {
        f.next_answer(call);
    }
    assert_eq!(f.session.lent(), window);
    // One that nobody wants any more has none, and nothing that waits.
    f.gives(call, 1, 1, 1000);
    f.session.abandon_part(call, 1, &mut f.wire, &mut f.events);
    assert_eq!(f.session.lent(), 0);
    assert_eq!(f.session.calls.held(), 0);
}

#[test]
fn p6_what_has_ended_keeps_no_window_until_it_is_looked_at() {
    let mut f = Fixture::bounded(1024 * KIB);
    let run = f.reads(1, "one").unwrap();
    assert!(f.comes(1, 1, 1000) && f.comes(1, 1, 100_000));
    f.closes(1);
    assert_eq!(f.session.lent(), 101_000);
    f.session.take(run, 0, &mut Some("reader"));
    assert_eq!(f.session.lent(), 100_000);

    // The same of a result, however its call has ended.
    for is_lost in [false, true] {
        let mut f = Fixture::bounded(1024 * KIB);
        let call = f.streamed(WISH);
        f.gives(call, 0, 1, 700);
        assert_eq!(f.session.lent(), u64::from(WISH.bytes));
        if is_lost {
            f.session.disconnected(&mut f.events);
        } else {
            f.reply(call, &Ok(Bytes::new())).unwrap();
        }
        assert_eq!(f.session.lent(), 700);
        assert!(matches!(f.next_answer(call), Some(Next::Item(Item::Batch(..)))));
        assert_eq!(f.session.lent(), 0);
        assert!(matches!(f.next_answer(call), Some(Next::End(_))));
    }
}

/// As long as nobody has looked at it, and whether or not more comes.
#[test]
fn p6_what_is_written_otherwise_takes_its_kibibyte_until_it_is_looked_at() {
    const EACH: u64 = 1 + 1024;
    let flips = |f: &mut Fixture, stream| {
        for number in 0..10 {
            assert!(f.comes_as(stream, 1, 1, number % 2 == 0));
        }
    };
    let mut f = Fixture::bounded(1024 * KIB);
    let run = f.reads(1, "one").unwrap();
    flips(&mut f, (id(1), StreamId::Argument(0)));
    f.closes(1);
    for left in (1..=10).rev() {
        assert_eq!(f.session.lent(), left * EACH);
        f.session.take(run, 0, &mut Some("reader"));
    }
    assert_eq!(f.session.lent(), 0);

    let mut f = Fixture::bounded(1024 * KIB);
    let call = f.streamed(WISH);
    flips(&mut f, (call, StreamId::Result(0)));
    f.reply(call, &Ok(Bytes::new())).unwrap();
    for left in (1..=10).rev() {
        assert_eq!(f.session.lent(), left * EACH);
        f.next_answer(call);
    }
    assert_eq!(f.session.lent(), 0);
}

/// stream.parts: whatever items they are of, and whether or not these were read.
#[test]
fn p6_short_parts_are_few_in_all_of_a_stream() {
    let mut f = Fixture::bounded(1024 * KIB);
    let run = f.reads(1, "one").unwrap();
    let mut comes = |items, bytes| {
        let is_fine = f.comes(1, items, bytes);
        f.session.take(run, 0, &mut Some("reader"));
        is_fine
    };
    for _ in 0..10 {
        assert!(comes(0, 1024) && comes(0, 1024) && comes(1, 1));
    }
    for _ in 0..32 {
        assert!(comes(0, 1023) && comes(0, 1) && comes(1, 1));
    }
    assert!(!comes(0, 1));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// P6: each batch that waits takes memory of its own. Those of one window are few, however short what comes is, and in whatever
    /// parts, with names or by positions.
    #[test]
    fn p6_no_more_batches_wait_than_a_window_pays_for(
        is_result in any::<bool>(),
        shares in [0..4u32, 0..4, 0..4],
        seed in any::<u64>(),
    ) {
        const MOST: Window = Window { items: 1 << 14, bytes: 64 * 1024 };
        let mut f = Fixture::bounded(64 * 1024 * KIB);
        let (call, run) = if is_result {
            (f.streamed(MOST), None)
        } else {
            let run = f.run_of(1, "one");
            prop_assert_eq!(f.session.accept(run, 0, MOST, &mut f.wire), MOST);
            (id(1), Some(run))
        };
        let stream = if is_result { StreamId::Result(0) } else { StreamId::Argument(0) };
        let mut random = seed;
        let mut one_in = |share: u32| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            share > 0 && (random >> 33) % (4_u64.pow(share)) == 0
        };
        let (mut begun, mut explained) = (false, false);
        for _ in 0..20_000 {
            explained ^= one_in(shares[0]);
            let is_part = one_in(shares[1]);
            let bytes = if one_in(shares[2]) { 1024 } else { usize::from(begun || is_part) };
            let items = u32::from(!is_part);
            if !f.comes_as((call, stream), items, bytes, explained) {
                break;
            }
            begun = is_part;
        }
        let mut next = || match run {
            Some(run) => matches!(f.session.take(run, 0, &mut Some("reader")), Some(Taken::Batch(_))),
            None => matches!(f.next_answer(call), Some(Next::Item(_))),
        };
        let batches = (0..20_000).take_while(|_| next()).count();
        prop_assert!(batches <= 400, "{} batches", batches);
    }
}
