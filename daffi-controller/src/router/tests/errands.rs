//! Questions that the router does not answer itself: which may be asked, and how long they are.

use daffi_core::proto::{TaskChange, TaskId};
use daffi_core::{Access, Right, Role};

use super::*;

/// Asks for a schedule with so many bytes of arguments; what is said to that.
fn schedule(f: &mut Fixture, from: PeerId, header: CallHeader<'_>, bytes: usize) -> Option<Failed> {
    let number = number(header.call);
    let header = Header::Schedule {
        call: header,
        instead_of: None,
    };
    f.receive(from, header, &vec![0; bytes].into()).unwrap();
    refusal(f, from, number)
}

/// Why a question was refused, if it was.
fn refusal(f: &mut Fixture, from: PeerId, asked: u32) -> Option<Failed> {
    match &*f.said() {
        [] => None,
        [
            (
                to,
                Said::Reply {
                    number,
                    outcome: Err(Failure::Failed(failed)),
                },
            ),
        ] if (*to, *number) == (from, asked) => Some(failed.clone()),
        other => panic!("not one refusal: {other:?}"),
    }
}

fn rights(role: Role) -> std::sync::Arc<crate::access::Rights> {
    let access = Access::new().role("tester", role).everyone(["tester"]);
    Policy::new(&access).unwrap().rights(None)
}

fn fixture() -> (Fixture, PeerId) {
    let mut f = Fixture::new();
    let asker = f.join("asker", &[]);
    (f, asker)
}

/// A callback that gives or takes a stream.
fn streaming(callback: u32) -> Offered {
    let mut offered = offered(callback, "add");
    offered.signature.streams = true;
    offered
}

#[test]
fn what_is_asked_about_schedules_is_taken_by_whoever_answers_it() {
    let (mut f, asker) = fixture();
    // Nobody needs the right to see what else is there.
    f.router.permit(asker, Some(rights(Role::new())));
    let task = TaskId(7);
    let queries = [
        Query::Tasks {
            process: Some("a"),
            callback: None,
            from: task,
        },
        Query::Task(task),
        Query::ChangeTask(task, TaskChange::Pause),
        Query::Ticks(task),
    ];
    for (number, query) in (0..).zip(queries) {
        f.ask(asker, number, query);
    }
    assert_eq!(f.said(), []);
    let errands = f.router.take_errands();
    let told: Vec<_> = errands
        .iter()
        .map(|errand| (errand.peer, number(errand.call)))
        .collect();
    assert_eq!(told, [0, 1, 2, 3].map(|number| (asker, number)));
    let asks: Vec<_> = errands.into_iter().map(|errand| errand.asks).collect();
    assert!(
        matches!(
            &*asks,
            [
                Asks::List(Listed { process: Some(process), callback: None, from: TaskId(7) }),
                Asks::Describe(TaskId(7)),
                Asks::Change(TaskId(7), TaskChange::Pause),
                Asks::Ticks(TaskId(7)),
            ] if **process == *"a"
        ),
        "{asks:?}"
    );
    assert!(f.router.take_errands().is_empty());
}

#[test]
fn a_schedule_is_asked_for_with_all_that_it_calls_with() {
    let (mut f, asker) = fixture();
    let header = || CallHeader {
        to: Some("somebody"),
        metadata: vec![("key", "value")],
        ..call(1, "add")
    };
    let most = Limits::SCHEDULED_BYTES - 10;
    assert_eq!(schedule(&mut f, asker, header(), most), None);
    let errands = f.router.take_errands();
    let [
        Errand {
            asks: Asks::Make(asked),
            ..
        },
    ] = &*errands
    else {
        panic!("{errands:?}");
    };
    assert_eq!((asked.header(), asked.payload.len()), (header(), most));
    // Metadata count, two bytes for each entry.
    let longer = CallHeader {
        call: id(2),
        ..header()
    };
    assert_eq!(
        schedule(&mut f, asker, longer, most + 1),
        Some(Failed::TooLarge {
            size: Limits::SCHEDULED_BYTES as u64 + 1,
            limit: Limits::SCHEDULED_BYTES as u64,
            may_have_run: false,
        })
    );
    assert!(f.router.take_errands().is_empty());
}

#[test]
fn a_schedule_makes_calls_that_are_answered() {
    let (mut f, asker) = fixture();
    let of = |number, mode| CallHeader {
        mode,
        ..call(number, "add")
    };
    for (number, mode) in [(0, Mode::Answered), (1, Mode::Broadcast)] {
        assert_eq!(schedule(&mut f, asker, of(number, mode), 0), None);
    }
    for mode in [Mode::HandedOver, Mode::HandedToAll, Mode::Each] {
        let refused = schedule(&mut f, asker, of(2, mode), 0);
        assert!(
            matches!(&refused, Some(Failed::Invalid { reason }) if reason.starts_with("a schedule makes calls")),
            "{refused:?}"
        );
    }
}

#[test]
fn p11_a_schedule_takes_the_right_to_have_one_and_to_call() {
    let (mut f, asker) = fixture();
    let both = || {
        Role::new()
            .allow(Right::Schedule, ["add"])
            .allow(Right::Call, ["add"])
    };
    let without = [
        (Right::Schedule, Role::new().allow(Right::Call, ["add"])),
        (Right::Call, Role::new().allow(Right::Schedule, ["add"])),
    ];
    for (missing, role) in without {
        f.router.permit(asker, Some(rights(role)));
        let refused = schedule(&mut f, asker, call(0, "add"), 0);
        let words = format!("it takes the right `{missing}`");
        assert!(
            matches!(&refused, Some(Failed::Denied { reason, .. }) if reason.starts_with(&words)),
            "{refused:?}"
        );
    }
    f.router.permit(asker, Some(rights(both())));
    assert_eq!(schedule(&mut f, asker, call(0, "add"), 0), None);
    let router = &mut f.router;
    assert!(router.may_schedule(asker, "add") && !router.may_schedule(asker, "sub"));
    let turn = &mut Turn::new(NOW);
    assert_eq!(router.check_schedule(asker, "add", turn), Ok(()));
    assert!(router.check_schedule(asker, "sub", turn).is_err());
    assert!(router.rights(asker).is_some());
    router.permit(asker, None);
    assert!(router.may_schedule(asker, "sub") && router.rights(asker).is_none());
}

#[test]
fn a_callback_with_streams_is_not_scheduled_where_no_other_would_be_called() {
    let (mut f, asker) = fixture();
    let provider = f.connect("provider");
    f.offer(provider, &[streaming(0)], true);
    let refused = schedule(&mut f, asker, call(0, "add"), 0);
    assert!(
        matches!(&refused, Some(Failed::Invalid { reason }) if reason.starts_with("`add` takes or gives a stream")),
        "{refused:?}"
    );
    // Of what nobody offers, it is not known.
    let other = CallHeader {
        signature: 12345,
        ..call(1, "add")
    };
    assert_eq!(schedule(&mut f, asker, other, 0), None);
    f.join("plain", &["add"]);
    assert_eq!(schedule(&mut f, asker, call(2, "add"), 0), None);
}

#[test]
fn p6_answers_to_questions_about_schedules_are_bounded() {
    let mut f = Fixture {
        router: Router::new(Limits::default(), 1 << 20, 1 << 30, 1),
        queues: Queues::new(&Limits::default()),
    };
    let asker = f.join("asker", &[]);
    let ask = |f: &mut Fixture, number| {
        f.ask(asker, number, Query::Task(TaskId(7)));
        refusal(f, asker, number)
    };
    for number in 0..4096 {
        assert_eq!(ask(&mut f, number), None);
    }
    assert_eq!(ask(&mut f, 4096), Some(full()));
    f.router.end_errand(asker, id(0), Ok(Bytes::new()), &mut f.queues);
    assert_eq!(f.said(), [(asker, empty(0))]);
    assert_eq!(ask(&mut f, 4096), None);
    f.cancel(asker, 4096);
    f.said();
    // Whoever does not read gets no answer.
    f.queues.full.insert(asker);
    assert_eq!(ask(&mut f, 4096), Some(full()));
}

#[test]
fn p1_a_question_about_schedules_is_answered_once() {
    let (mut f, asker) = fixture();
    let end = |f: &mut Fixture, number, outcome| {
        f.router.end_errand(asker, id(number), outcome, &mut f.queues);
        f.said()
    };
    f.ask(asker, 0, Query::Task(TaskId(7)));
    f.ask(asker, 1, Query::Task(TaskId(7)));
    f.ask(asker, 2, Query::WaitProcess("nobody"));
    assert!(f.router.is_asked(asker, id(0)) && !f.router.is_asked(asker, id(2)));
    assert_eq!(end(&mut f, 0, Ok(bytes("value"))), [(asker, value(0))]);
    assert_eq!(end(&mut f, 0, Ok(bytes("value"))), []);
    assert_eq!(end(&mut f, 2, Ok(bytes("value"))), []);
    assert_eq!(end(&mut f, 1, Err(full())), [(asker, failure(1, full()))]);
    // Who takes it back is told so, and not what becomes of it.
    f.ask(asker, 0, Query::Task(TaskId(7)));
    f.cancel(asker, 0);
    let cancelled = Failed::Cancelled { may_have_run: true };
    assert_eq!(f.said(), [(asker, failure(0, cancelled))]);
    assert_eq!(end(&mut f, 0, Ok(bytes("value"))), []);
}

#[test]
fn p6_who_does_not_read_how_ticks_end_is_told_that_and_no_more() {
    let (mut f, asker) = fixture();
    let tell = |f: &mut Fixture, number, bytes: usize| {
        let call = id(number);
        // Any frame: what it says is nothing to the router.
        let told = Header::Happened { call };
        let payload = proto::encode(&vec![Change::Back {
            process: "x".repeat(bytes),
        }])
        .unwrap();
        let is_told = f
            .router
            .tell_errand(asker, (call, &told), &payload, &mut f.queues);
        (is_told, f.said())
    };
    f.ask(asker, 0, Query::Ticks(TaskId(7)));
    let (is_told, said) = tell(&mut f, 0, 1);
    assert!(is_told && matches!(&*said, [(to, Said::Happened { number: 0, .. })] if *to == asker));
    assert_eq!(tell(&mut f, 1, 1), (false, vec![]), "nobody asks that");
    // There is room for one frame, and not for one that is longer than any.
    assert_eq!(tell(&mut f, 0, 5000), (false, vec![(asker, failure(0, full()))]));
    assert_eq!(tell(&mut f, 0, 1), (false, vec![]), "it was told that");
    f.ask(asker, 0, Query::Ticks(TaskId(7)));
    f.queues.full.insert(asker);
    assert_eq!(tell(&mut f, 0, 1), (false, vec![(asker, failure(0, full()))]));
}
