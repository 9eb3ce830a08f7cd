//! Payloads that come in pieces: each is passed on as it comes, and every end in the middle is told to both sides.

use std::collections::BTreeMap;

use super::*;

/// More than all that is sent here.
const WIDE: usize = 1 << 20;

fn overloaded(may_have_run: bool) -> Failed {
    Failed::Overloaded { may_have_run }
}

fn cancelled(may_have_run: bool) -> Failed {
    Failed::Cancelled { may_have_run }
}

fn begins(number: u32, callback: u32, bytes: u64) -> Said {
    Said::Large {
        bytes,
        frame: Box::new(Said::Run {
            number,
            callback,
            caller: "caller".to_owned(),
            payload: Bytes::new(),
        }),
    }
}

fn answers(number: u32, bytes: u64) -> Said {
    Said::Large {
        bytes,
        frame: Box::new(empty(number)),
    }
}

const fn part(number: u32, of: PieceOf, payload: Bytes) -> Said {
    Said::Piece { number, of, payload }
}

/// Something that a process does.
type Attempt<T> = fn(&mut Fixture, PeerId, T) -> Result<(), Fault>;

const ARGUMENTS: PieceOf = PieceOf::Arguments;
const RESULT: PieceOf = PieceOf::Result(0);

impl Fixture {
    fn begin(&mut self, from: PeerId, header: CallHeader<'_>, bytes: u64) -> Result<(), Fault> {
        let frame = Large::Call(header);
        self.receive(from, Header::Large { bytes, frame }, &Bytes::new())
    }

    fn piece(&mut self, from: PeerId, number: u32, of: PieceOf, piece: &'static str) -> Result<(), Fault> {
        self.receive(from, Header::Piece { call: id(number), of }, &bytes(piece))
    }

    fn begin_reply(&mut self, from: PeerId, number: u32, bytes: u64) -> Result<(), Fault> {
        let (call, status) = (id(number), Status::Value);
        let frame = Large::Reply { call, status };
        self.receive(from, Header::Large { bytes, frame }, &Bytes::new())
    }

    /// Begins a call, and expects that its beginning is passed on; gives the controller's number.
    fn begun(&mut self, from: PeerId, header: CallHeader<'_>, bytes: u64) -> u32 {
        self.begin(from, header, bytes).unwrap();
        match &*self.said() {
            [(_, Said::Large { frame, .. })] => match **frame {
                Said::Run { number, .. } => number,
                ref other => panic!("not a run: {other:?}"),
            },
            other => panic!("not one run: {other:?}"),
        }
    }

    fn assured(&self, peer: PeerId) -> usize {
        self.router.peers.get(peer).unwrap().assured
    }
}

fn fixture() -> (Fixture, PeerId, PeerId) {
    let mut f = Fixture::new();
    let (provider, caller) = (f.join("provider", &["add"]), f.join("caller", &[]));
    (f, provider, caller)
}

fn is_fault<T: std::fmt::Debug>(found: &Result<T, Fault>) -> bool {
    matches!(found, Err(Fault::Unexpected(_) | Fault::Piece(_)))
}

// ---------------------------------------------------------------------- arguments

#[test]
fn arguments_are_passed_on_as_they_come() {
    let (mut f, provider, caller) = fixture();
    f.begin(caller, call(3, "add"), 9).unwrap();
    let run = match &*f.said() {
        [(to, Said::Large { frame, bytes: 9 })] if *to == provider => match **frame {
            Said::Run { number, .. } => number,
            ref other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    };
    for piece in ["argu", "ments"] {
        f.piece(caller, 3, ARGUMENTS, piece).unwrap();
        assert_eq!(f.said(), [(provider, part(run, ARGUMENTS, bytes(piece)))]);
    }
    f.reply(provider, run);
    assert_eq!(f.said(), [(caller, value(3))]);
    assert_eq!((f.assured(provider), f.assured(caller)), (0, 0));
}

#[test]
fn p7_other_calls_pass_between_the_pieces() {
    let (mut f, provider, caller) = fixture();
    let run = f.begun(caller, call(3, "add"), 9);
    let another = f.join("another", &["sub"]);
    let (to, other) = f.routed(caller, call(4, "sub"));
    assert_eq!(to, another);
    f.reply(another, other);
    assert_eq!(f.said(), [(caller, value(4))]);
    f.piece(caller, 3, ARGUMENTS, "arguments").unwrap();
    assert_eq!(f.said(), [(provider, part(run, ARGUMENTS, bytes("arguments")))]);
}

/// What was declared counts, not what has come.
#[test]
fn p14_a_call_holds_its_place_from_its_beginning() {
    let (mut f, provider, caller) = fixture();
    let limited = Offered {
        concurrency: Some(1),
        queue: 5,
        ..offered(7, "one at a time")
    };
    f.offer(provider, &[limited], true);
    let run = f.begun(caller, call(3, "one at a time"), 9);
    f.call(caller, call(4, "one at a time"));
    assert_eq!(f.said(), []);
    f.piece(caller, 3, ARGUMENTS, "arguments").unwrap();
    f.said();
    f.reply(provider, run);
    let said = f.said();
    assert!(
        matches!(
            &*said,
            [(_, Said::Reply { number: 3, .. }), (_, Said::Run { .. })]
        ),
        "{said:?}"
    );
}

/// large.declared
#[test]
fn p6_what_was_declared_counts_against_what_a_provider_holds() {
    let mut f = Fixture::new();
    let mut hello = Hello::new("provider", 1, 77);
    hello.extensions = Extensions::default()
        .with(Extensions::RUN_BYTES, &1000u64)
        .unwrap();
    let provider = f.router.connect(&hello, Who::Nobody, None).unwrap();
    f.offer(provider, &[offered(0, "add")], true);
    let caller = f.join("caller", &[]);
    f.begun(caller, call(3, "add"), 700);
    f.begin(caller, call(4, "add"), 700).unwrap();
    assert_eq!(f.said(), [(caller, failure(4, full()))]);
    // Its pieces were on their way.
    f.piece(caller, 4, ARGUMENTS, "late").unwrap();
    assert_eq!(f.said(), []);
}

/// large.pieces
#[test]
fn what_does_not_keep_to_what_was_declared_is_a_fault() {
    let faults: [Attempt<PeerId>; 12] = [
        |f, _, caller| f.begin(caller, call(4, "add"), 0),
        |f, _, caller| f.begin(caller, call(4, "add"), LIMITS.frame_bytes as u64 + 1),
        |f, _, caller| f.begin(caller, call(4, "add"), u64::MAX),
        |f, _, caller| f.begin(caller, call(3, "add"), 9),
        |f, _, caller| f.piece(caller, 3, ARGUMENTS, ""),
        |f, _, caller| f.piece(caller, 3, ARGUMENTS, "too many bytes"),
        |f, _, caller| {
            f.piece(caller, 3, ARGUMENTS, "arguments")?;
            f.piece(caller, 3, ARGUMENTS, "a")
        },
        |f, _, caller| f.piece(caller, 3, RESULT, "a"),
        |f, provider, _| f.piece(provider, 0, PieceOf::Result(1), "a"),
        |f, provider, _| f.piece(provider, 0, RESULT, "a"),
        // The arguments have not all come.
        |f, provider, _| f.begin_reply(provider, 0, 9),
        |f, _, caller| {
            let each = CallHeader {
                mode: Mode::Each,
                ..call(4, "add")
            };
            f.begin(caller, each, 9)
        },
    ];
    for (index, fault) in faults.into_iter().enumerate() {
        let (mut f, provider, caller) = fixture();
        assert_eq!(f.begun(caller, call(3, "add"), 9), 0);
        let found = fault(&mut f, provider, caller);
        assert!(is_fault(&found), "{index}: {found:?}");
    }
}

#[test]
fn a_run_and_a_part_in_pieces_come_from_no_node() {
    let (mut f, _, caller) = fixture();
    let run = RunHeader {
        described: false,
        call: id(1),
        callback: CallbackId(0),
        caller: "caller",
        identity: Who::Nobody,
        deadline: None,
        trace: None,
        metadata: Vec::new(),
        ancestors: Vec::new(),
    };
    let part = Large::Part {
        call: id(1),
        index: 0,
        status: Status::Value,
    };
    for frame in [Large::Run(run), part] {
        let found = f.receive(caller, Header::Large { bytes: 9, frame }, &Bytes::new());
        assert!(is_fault(&found), "{found:?}");
    }
}

#[test]
fn p4_a_call_that_is_taken_back_in_the_middle_is_cancelled_at_its_provider() {
    let (mut f, provider, caller) = fixture();
    let run = f.begun(caller, call(3, "add"), 9);
    f.piece(caller, 3, ARGUMENTS, "argu").unwrap();
    f.said();
    f.cancel(caller, 3);
    assert_eq!(f.said(), [(provider, Said::Cancel { number: run })]);
    // Its provider has not begun it, and says so.
    f.try_reply(provider, run, Status::Failed(cancelled(false)), &Bytes::new())
        .unwrap();
    assert_eq!(f.said(), [(caller, failure(3, cancelled(false)))]);
    assert_eq!(f.assured(provider), 0);
    f.piece(caller, 3, ARGUMENTS, "late").unwrap();
    assert_eq!(f.said(), []);
}

#[test]
fn p4_a_caller_that_leaves_in_the_middle_takes_its_call_back() {
    let (mut f, provider, caller) = fixture();
    let run = f.begun(caller, call(3, "add"), 9);
    f.disconnect(caller);
    assert_eq!(f.said(), [(provider, Said::Cancel { number: run })]);
    assert_eq!(f.assured(provider), 9);
    f.reply(provider, run);
    assert_eq!((f.said(), f.assured(provider)), (vec![], 0));
    f.disconnect(provider);
    assert_empty(&f.router);
}

#[test]
fn p3_a_provider_that_is_lost_in_the_middle_is_told_at_once() {
    let (mut f, provider, caller) = fixture();
    f.begun(caller, call(3, "add"), 9);
    f.disconnect(provider);
    let process = "provider".to_owned();
    assert_eq!(f.said(), [(caller, failure(3, Failed::ProviderLost { process }))]);
    f.piece(caller, 3, ARGUMENTS, "late").unwrap();
    assert_eq!(f.said(), []);
}

/// A provider need not read all of what it refuses.
#[test]
fn a_refusal_in_the_middle_is_the_answer() {
    let (mut f, provider, caller) = fixture();
    let run = f.begun(caller, call(3, "add"), 9);
    f.try_reply(provider, run, Status::Failed(full()), &Bytes::new())
        .unwrap();
    assert_eq!(f.said(), [(caller, failure(3, full()))]);
    f.piece(caller, 3, ARGUMENTS, "late").unwrap();
    assert_eq!((f.said(), f.assured(provider)), (vec![], 0));
}

/// large.room
#[test]
fn p6_a_piece_for_which_there_is_no_room_ends_the_call_which_did_not_run() {
    let (mut f, provider, caller) = fixture();
    let run = f.begun(caller, call(3, "add"), 9);
    f.queues.full.insert(provider);
    f.piece(caller, 3, ARGUMENTS, "argu").unwrap();
    assert_eq!(
        f.said(),
        [
            (provider, Said::Cancel { number: run }),
            (caller, failure(3, overloaded(false)))
        ]
    );
    f.queues.full.clear();
    f.piece(caller, 3, ARGUMENTS, "ments").unwrap();
    assert_eq!((f.said(), f.assured(provider)), (vec![], 0));
    // What its provider says is for nobody.
    f.reply(provider, run);
    assert_eq!((f.said(), f.router.calls_outstanding()), (vec![], 0));
}

/// Half of a queue is kept for those that began first; the others have the rest.
/// large.room
#[test]
fn p6_room_is_kept_for_what_began_first() {
    let (mut f, provider, caller) = fixture();
    f.queues.frame_bytes = WIDE;
    let half = u64::try_from(LIMITS.queue_bytes / 2).unwrap();
    let first = f.begun(caller, call(3, "add"), half);
    assert_eq!(f.assured(provider), LIMITS.queue_bytes / 2);
    let second = f.begun(caller, call(4, "add"), half);
    assert_eq!(f.assured(provider), LIMITS.queue_bytes / 2);
    f.queues.queue_bytes = LIMITS.queue_bytes / 2;
    f.piece(caller, 4, ARGUMENTS, "a").unwrap();
    assert_eq!(
        f.said(),
        [
            (provider, Said::Cancel { number: second }),
            (caller, failure(4, overloaded(false)))
        ]
    );
    f.piece(caller, 3, ARGUMENTS, "a").unwrap();
    assert_eq!(f.said(), [(provider, part(first, ARGUMENTS, bytes("a")))]);
    assert_eq!(f.assured(provider), LIMITS.queue_bytes / 2 - 1);
    // However little is left, that is its own.
    f.queues.queue_bytes = 100;
    f.piece(caller, 3, ARGUMENTS, "a").unwrap();
    assert_eq!(f.said(), [(provider, part(first, ARGUMENTS, bytes("a")))]);
}

#[test]
fn p6_a_result_begins_where_there_is_room_for_all_of_it() {
    for (room, is_enough) in [(8, false), (9, true)] {
        let (mut f, provider, caller) = fixture();
        let (_, run) = f.routed(caller, call(3, "add"));
        f.queues.queue_bytes = room;
        f.begin_reply(provider, run, 9).unwrap();
        let expected = if is_enough {
            answers(3, 9)
        } else {
            failure(3, overloaded(true))
        };
        assert_eq!(f.said(), [(caller, expected)]);
    }
}

#[test]
fn p6_nothing_is_declared_that_is_longer_than_its_sender_sends() {
    let (mut f, _, caller) = fixture();
    f.router.bound_frames(caller, 9);
    assert!(is_fault(&f.begin(caller, call(4, "add"), 10)));
    f.begun(caller, call(4, "add"), 9);
}

// ---------------------------------------------------------------------- handed over, waiting

#[test]
fn a_call_is_handed_over_when_its_provider_has_all_of_it() {
    let (mut f, provider, caller) = fixture();
    let over = |number| CallHeader {
        mode: Mode::HandedOver,
        ..call(number, "add")
    };
    let run = f.begun(caller, over(3), 9);
    f.piece(caller, 3, ARGUMENTS, "argu").unwrap();
    assert_eq!(f.said(), [(provider, part(run, ARGUMENTS, bytes("argu")))]);
    f.piece(caller, 3, ARGUMENTS, "ments").unwrap();
    assert_eq!(
        f.said(),
        [
            (provider, part(run, ARGUMENTS, bytes("ments"))),
            (caller, empty(3))
        ]
    );
    // It goes on without its caller, who is told nothing more.
    f.disconnect(caller);
    assert_eq!(f.said(), []);
    f.reply(provider, run);
    assert_eq!(f.said(), []);
}

#[test]
fn a_call_that_is_not_handed_over_yet_is_told_why_it_is_not() {
    let (mut f, provider, caller) = fixture();
    let over = |number| CallHeader {
        mode: Mode::HandedOver,
        ..call(number, "add")
    };
    f.begun(caller, over(3), 9);
    let run = f.begun(caller, over(4), 9);
    f.try_reply(provider, run, Status::Failed(full()), &Bytes::new())
        .unwrap();
    assert_eq!(f.said(), [(caller, failure(4, full()))]);
    f.disconnect(provider);
    let process = "provider".to_owned();
    assert_eq!(f.said(), [(caller, failure(3, Failed::ProviderLost { process }))]);
}

/// A provider with one place, which is taken, and a caller whose call 3 waits for it.
fn waiting(mode: Mode) -> (Fixture, PeerId, PeerId, u32) {
    let mut f = Fixture::new();
    let provider = f.connect("provider");
    let limited = Offered {
        concurrency: Some(1),
        queue: 5,
        ..offered(0, "add")
    };
    f.offer(provider, &[limited], true);
    let (caller, other) = (f.join("caller", &[]), f.join("other", &[]));
    let (_, first) = f.routed(other, call(0, "add"));
    let header = CallHeader {
        mode,
        ..call(3, "add")
    };
    f.begin(caller, header, 9).unwrap();
    assert_eq!((f.said(), f.router.calls_waiting()), (vec![], 1));
    (f, provider, caller, first)
}

/// What has come of it is sent at once, and counted as so many frames.
#[test]
fn p15_what_has_come_of_a_call_that_begins_is_counted_frame_by_frame() {
    let left = |pieces: u64| {
        let mut f = Fixture {
            router: Router::new(Limits::default(), 1 << 20, 1 << 30, 1),
            queues: Queues::new(&Limits::default()),
        };
        let provider = f.connect("provider");
        let single = Offered {
            concurrency: Some(1),
            queue: 10,
            ..offered(0, "add")
        };
        f.offer(provider, &[single], true);
        let caller = f.join("caller", &[]);
        let (_, run) = f.routed(caller, call(3, "add"));
        let long = Bytes::from(vec![0; 128 * 1024]);
        f.begin(caller, call(4, "add"), pieces * long.len() as u64)
            .unwrap();
        for _ in 0..pieces {
            let of = ARGUMENTS;
            f.receive(caller, Header::Piece { call: id(4), of }, &long)
                .unwrap();
        }
        assert_eq!((f.said(), f.router.calls_waiting()), (vec![], 1));
        let reply = Header::Reply {
            call: id(run),
            status: Status::Value,
        };
        let mut turn = Turn::of(NOW, 1000);
        let nothing = Bytes::new();
        let work = f.router.receive(
            provider,
            Request::Frame(reply),
            &nothing,
            &mut turn,
            &mut f.queues,
        );
        assert!(work.unwrap().is_none());
        let sent = f.said().into_iter();
        let sent = sent.filter(|(to, said)| *to == provider && matches!(said, Said::Piece { .. }));
        assert_eq!(sent.count() as u64, pieces);
        std::iter::from_fn(|| turn.spend().then_some(())).count()
    };
    assert_eq!(left(2) - left(20), 18);
}

#[test]
fn p14_what_has_come_of_a_call_waits_with_it_and_the_rest_follows() {
    let (mut f, provider, caller, first) = waiting(Mode::Answered);
    f.piece(caller, 3, ARGUMENTS, "arg").unwrap();
    f.piece(caller, 3, ARGUMENTS, "um").unwrap();
    assert_eq!(f.said(), []);
    f.reply(provider, first);
    let said = f.said();
    let run = match &*said {
        [_, (_, Said::Large { bytes: 9, frame }), _] => match **frame {
            Said::Run { number, .. } => number,
            ref other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    };
    assert_eq!(said[1], (provider, begins(run, 0, 9)));
    assert_eq!(said[2], (provider, part(run, ARGUMENTS, bytes("argum"))));
    f.piece(caller, 3, ARGUMENTS, "ents").unwrap();
    assert_eq!(f.said(), [(provider, part(run, ARGUMENTS, bytes("ents")))]);
    assert!(is_fault(&f.piece(caller, 3, ARGUMENTS, "a")));
}

#[test]
fn p14_a_call_that_waits_to_be_handed_over_is_so_when_all_of_it_is() {
    for complete in [true, false] {
        let (mut f, provider, caller, first) = waiting(Mode::HandedOver);
        f.piece(caller, 3, ARGUMENTS, "argum").unwrap();
        if complete {
            f.piece(caller, 3, ARGUMENTS, "ents").unwrap();
        }
        f.reply(provider, first);
        let told = |said: &[(PeerId, Said)]| said.contains(&(caller, empty(3)));
        assert_eq!(told(&f.said()), complete);
        if !complete {
            f.piece(caller, 3, ARGUMENTS, "ents").unwrap();
            assert!(told(&f.said()));
        }
        assert_eq!(f.assured(provider), 0);
    }
}

#[test]
fn p14_a_call_that_waits_ends_as_any_other_whatever_has_come_of_it() {
    let ends: [fn(&mut Fixture, PeerId, PeerId); 3] = [
        |f, _, caller| f.cancel(caller, 3),
        |f, provider, _| f.disconnect(provider),
        |f, provider, _| f.withdraw(provider, &[0]),
    ];
    for (index, end) in ends.into_iter().enumerate() {
        let (mut f, provider, caller, _) = waiting(Mode::Answered);
        f.piece(caller, 3, ARGUMENTS, "argum").unwrap();
        if index == 2 {
            f.send_withdrawal(provider, &[0]);
        } else {
            end(&mut f, provider, caller);
        }
        let said = f.said();
        let is_answer = |said: &&(PeerId, Said)| matches!(said, (to, Said::Reply { number: 3, outcome: Err(_) }) if *to == caller);
        assert_eq!(said.iter().filter(is_answer).count(), 1, "{index}: {said:?}");
        f.piece(caller, 3, ARGUMENTS, "ents").unwrap();
        assert_eq!((f.said(), f.router.calls_waiting()), (vec![], 0));
    }
}

#[test]
fn p14_too_much_for_what_waits_is_a_fault() {
    let (mut f, _, caller, _) = waiting(Mode::Answered);
    assert!(is_fault(&f.piece(caller, 3, ARGUMENTS, "too many bytes")));
    let (mut f, _, caller, _) = waiting(Mode::Answered);
    assert!(is_fault(&f.piece(caller, 3, ARGUMENTS, "")));
}

// ---------------------------------------------------------------------- results

/// A provider that has begun to answer call 3 of a caller's with nine bytes.
fn answering() -> (Fixture, PeerId, PeerId, u32) {
    let (mut f, provider, caller) = fixture();
    let (_, run) = f.routed(caller, call(3, "add"));
    f.begin_reply(provider, run, 9).unwrap();
    assert_eq!(f.said(), [(caller, answers(3, 9))]);
    (f, provider, caller, run)
}

#[test]
fn a_result_is_passed_on_as_it_comes() {
    let (mut f, provider, caller, run) = answering();
    assert_eq!(f.assured(caller), 9);
    for piece in ["the ", "value"] {
        f.piece(provider, run, RESULT, piece).unwrap();
        assert_eq!(f.said(), [(caller, part(3, RESULT, bytes(piece)))]);
    }
    assert_eq!((f.assured(caller), f.router.calls_outstanding()), (0, 0));
    // The number is free.
    f.routed(caller, call(3, "add"));
}

#[test]
fn a_number_is_in_use_until_all_of_its_result_has_come() {
    let (mut f, provider, caller, run) = answering();
    f.piece(provider, run, RESULT, "the ").unwrap();
    f.said();
    assert!(is_fault(&f.receive(
        caller,
        Header::Call(call(3, "add")),
        &Bytes::new()
    )));
}

#[test]
fn p14_a_place_is_free_when_a_result_begins() {
    let (mut f, provider, caller, first) = waiting(Mode::Answered);
    f.begin_reply(provider, first, 9).unwrap();
    let said = f.said();
    assert!(
        matches!(&*said, [(_, Said::Large { .. }), (to, Said::Large { .. })] if *to == provider),
        "{said:?}"
    );
    f.piece(provider, first, RESULT, "the value").unwrap();
    f.piece(caller, 3, ARGUMENTS, "arguments").unwrap();
    f.said();
    f.disconnect(provider);
    f.disconnect(caller);
}

#[test]
fn a_result_that_does_not_keep_to_what_was_declared_is_a_fault() {
    let faults: [Attempt<u32>; 5] = [
        |f, provider, run| f.begin_reply(provider, run, 9),
        |f, provider, run| f.piece(provider, run, RESULT, ""),
        |f, provider, run| f.piece(provider, run, RESULT, "too many bytes"),
        |f, provider, run| f.piece(provider, run + 1, RESULT, "a"),
        |f, provider, run| {
            f.piece(provider, run, RESULT, "the value")?;
            f.piece(provider, run, RESULT, "a")
        },
    ];
    for (index, fault) in faults.into_iter().enumerate() {
        let (mut f, provider, _, run) = answering();
        let found = fault(&mut f, provider, run);
        assert!(is_fault(&found), "{index}: {found:?}");
    }
    // And it is a fault of nobody else.
    let (mut f, _, caller, run) = answering();
    assert!(is_fault(&f.piece(caller, run, RESULT, "a")));
}

#[test]
fn a_result_that_nobody_wants_any_more_is_not_passed_on() {
    let (mut f, provider, caller, run) = answering();
    f.cancel(caller, 3);
    assert_eq!(f.said(), [(caller, failure(3, cancelled(true)))]);
    assert_eq!(f.assured(caller), 0);
    f.piece(provider, run, RESULT, "the value").unwrap();
    assert_eq!((f.said(), f.router.calls_outstanding()), (vec![], 0));

    let (mut f, provider, caller, run) = answering();
    f.disconnect(caller);
    assert_eq!(f.router.calls_outstanding(), 1);
    f.piece(provider, run, RESULT, "the value").unwrap();
    f.disconnect(provider);
    assert_empty(&f.router);
}

#[test]
fn p3_a_provider_that_is_lost_before_all_of_its_result_has_come_is_told_at_once() {
    let (mut f, provider, caller, run) = answering();
    f.piece(provider, run, RESULT, "the ").unwrap();
    f.said();
    f.disconnect(provider);
    let process = "provider".to_owned();
    assert_eq!(f.said(), [(caller, failure(3, Failed::ProviderLost { process }))]);
    assert_eq!(f.assured(caller), 0);
}

#[test]
fn p6_a_result_for_which_there_is_no_room_is_not_passed_on() {
    let (mut f, provider, caller) = fixture();
    let (_, run) = f.routed(caller, call(3, "add"));
    f.queues.full.insert(caller);
    f.begin_reply(provider, run, 9).unwrap();
    assert_eq!(f.said(), [(caller, failure(3, overloaded(true)))]);
    f.queues.full.clear();
    f.piece(provider, run, RESULT, "the value").unwrap();
    assert_eq!((f.said(), f.router.calls_outstanding()), (vec![], 0));

    let (mut f, provider, caller, run) = answering();
    f.queues.full.insert(caller);
    f.piece(provider, run, RESULT, "the ").unwrap();
    assert_eq!(f.said(), [(caller, failure(3, overloaded(true)))]);
    assert_eq!(f.assured(caller), 0);
    f.queues.full.clear();
    f.piece(provider, run, RESULT, "value").unwrap();
    assert_eq!((f.said(), f.router.calls_outstanding()), (vec![], 0));
}

/// What a callback has called while it ran is within nothing when its result is on its way.
#[test]
fn a_call_whose_result_is_coming_is_no_link_of_a_chain() {
    let (mut f, provider, caller, run) = answering();
    let limited = Offered {
        concurrency: Some(1),
        queue: 5,
        ..offered(9, "one")
    };
    f.offer(provider, &[limited], true);
    f.routed(caller, call(5, "one"));
    let within = CallHeader {
        within: Some(id(run)),
        to: Some("provider"),
        ..call(6, "one")
    };
    f.call(provider, within);
    assert_eq!((f.said(), f.router.calls_waiting()), (vec![], 1));
}

// ---------------------------------------------------------------------- to many

fn to_many(number: u32) -> CallHeader<'static> {
    CallHeader {
        mode: Mode::Broadcast,
        ..call(number, "add")
    }
}

#[test]
fn p8_a_call_to_many_is_gathered_and_shared() {
    let mut f = Fixture::new();
    let caller = f.join("caller", &[]);
    let (p, q) = (f.join("p", &["add"]), f.join("q", &["add"]));
    f.begin(caller, to_many(3), 9).unwrap();
    f.piece(caller, 3, ARGUMENTS, "argu").unwrap();
    assert_eq!(f.said(), []);
    f.piece(caller, 3, ARGUMENTS, "ments").unwrap();
    let mut runs = BTreeMap::new();
    let mut pointers = HashSet::new();
    for (to, said) in f.said() {
        match said {
            Said::Roster { number: 3, names } => assert_eq!((to, names.len()), (caller, 2)),
            Said::Large { bytes: 9, frame } => match *frame {
                Said::Run { number, .. } => assert_eq!(runs.insert(to, number), None),
                other => panic!("{other:?}"),
            },
            Said::Piece { payload, .. } => {
                assert_eq!(payload, bytes("arguments"));
                pointers.insert(payload.as_ptr());
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((runs.len(), pointers.len()), (2, 1));
    // Their results come at their own pace.
    for (index, provider) in [(0, p), (1, q)] {
        f.begin_reply(provider, runs[&provider], 3).unwrap();
        let begun = Said::Large {
            bytes: 3,
            frame: Box::new(Said::Part {
                number: 3,
                index,
                outcome: Ok(Bytes::new()),
            }),
        };
        assert_eq!(f.said(), [(caller, begun)]);
    }
    f.piece(q, runs[&q], RESULT, "yes").unwrap();
    assert_eq!(f.said(), [(caller, part(3, PieceOf::Result(1), bytes("yes")))]);
    f.disconnect(p);
    let process = "p".to_owned();
    let lost = Said::Part {
        number: 3,
        index: 0,
        outcome: failed(Failed::ProviderLost { process }),
    };
    assert_eq!(f.said(), [(caller, lost), (caller, empty(3))]);
}

#[test]
fn p8_a_large_call_to_some_goes_to_those() {
    let mut f = Fixture::new();
    let caller = f.join("caller", &[]);
    let q = f.join("q", &["add"]);
    f.join("p", &["add"]);
    let frame = Large::CallTo {
        call: to_many(3),
        processes: vec!["q"],
    };
    f.receive(caller, Header::Large { bytes: 9, frame }, &Bytes::new())
        .unwrap();
    f.piece(caller, 3, ARGUMENTS, "arguments").unwrap();
    let asked: Vec<_> = f
        .said()
        .into_iter()
        .filter(|(_, said)| matches!(said, Said::Large { .. }))
        .map(|(to, _)| to)
        .collect();
    assert_eq!(asked, [q]);
}

/// large.many
#[test]
fn p6_a_process_gathers_one_call_to_many_at_a_time() {
    let attempts: [Attempt<()>; 3] = [
        |f, caller, ()| f.begin(caller, to_many(4), 9),
        |f, caller, ()| f.begin(caller, call(4, "add"), 9),
        |f, caller, ()| f.receive(caller, Header::Call(call(4, "add")), &Bytes::new()),
    ];
    for attempt in attempts {
        let (mut f, _, caller) = fixture();
        f.begin(caller, to_many(3), 9).unwrap();
        let found = attempt(&mut f, caller, ());
        assert!(is_fault(&found), "{found:?}");
    }
    // Questions are no calls.
    let (mut f, _, caller) = fixture();
    f.begin(caller, to_many(3), 9).unwrap();
    f.ask(caller, 4, Query::Processes);
    assert_eq!(f.said().len(), 1);
}

#[test]
fn p4_a_call_to_many_that_is_taken_back_before_all_has_come_asks_nobody() {
    let (mut f, _, caller) = fixture();
    f.begin(caller, to_many(3), 9).unwrap();
    f.piece(caller, 3, ARGUMENTS, "argu").unwrap();
    f.cancel(caller, 3);
    assert_eq!(f.said(), [(caller, failure(3, cancelled(false)))]);
    f.piece(caller, 3, ARGUMENTS, "ments").unwrap();
    assert_eq!(f.said(), []);
    f.routed(caller, call(4, "add"));

    let (mut f, provider, caller) = fixture();
    f.begin(caller, to_many(3), 9).unwrap();
    f.disconnect(caller);
    f.disconnect(provider);
    assert_empty(&f.router);
}

#[test]
fn p8_a_large_call_to_many_that_nobody_offers_is_refused_when_it_has_come() {
    let (mut f, _, caller) = fixture();
    let nobody = CallHeader {
        name: "nothing",
        ..to_many(3)
    };
    f.begin(caller, nobody, 9).unwrap();
    f.piece(caller, 3, ARGUMENTS, "arguments").unwrap();
    let absent = Failed::NoProvider(Absence::nobody());
    assert_eq!(f.said(), [(caller, failure(3, absent))]);
}
