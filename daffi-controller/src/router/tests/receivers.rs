//! Calls to many whose receivers are named, and calls that are handed over to many (P8).

use super::*;

/// Providers of `add`, a process that does not offer it, and a caller.
struct Restaurants {
    f: Fixture,
    ann: PeerId,
    bob: PeerId,
    caller: PeerId,
}

impl Restaurants {
    fn new() -> Self {
        let mut f = Fixture::new();
        let (bob, ann) = (f.join("bob", &["add"]), f.join("ann", &["add"]));
        let caller = f.join("caller", &["add"]);
        f.join("idle", &["sub"]);
        Self { f, ann, bob, caller }
    }

    fn call(&mut self, mode: Mode, processes: &[&str]) {
        let call = CallHeader {
            mode,
            ..call(3, "add")
        };
        let processes = processes.to_vec();
        self.f
            .receive(
                self.caller,
                Header::CallTo { call, processes },
                &bytes("arguments"),
            )
            .unwrap();
    }

    fn hand_to_all(&mut self) {
        let mode = Mode::HandedToAll;
        self.f.call(
            self.caller,
            CallHeader {
                mode,
                ..call(3, "add")
            },
        );
    }

    fn run(number: u32) -> Said {
        Said::Run {
            number,
            callback: 0,
            caller: "caller".to_owned(),
            payload: bytes("arguments"),
        }
    }
}

fn roster(names: &[&str]) -> Said {
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    Said::Roster { number: 3, names }
}

const fn part(index: u32, outcome: Outcome) -> Said {
    Said::Part {
        number: 3,
        index,
        outcome,
    }
}

fn absent(absence: Absence) -> Outcome {
    failed(Failed::NoProvider(absence))
}

/// What a process is told that hands something over and is given no value.
const fn taken(index: u32) -> Said {
    part(index, Ok(Bytes::new()))
}

#[test]
fn p8_those_that_are_named_are_asked_once_each_and_no_others() {
    let mut r = Restaurants::new();
    r.call(Mode::Broadcast, &["bob", "bob"]);
    assert_eq!(
        r.f.said(),
        [(r.caller, roster(&["bob"])), (r.bob, Restaurants::run(0))]
    );
    r.f.reply(r.bob, 0);
    assert_eq!(
        r.f.said(),
        [(r.caller, part(0, Ok(bytes("value")))), (r.caller, empty(3))]
    );
    assert_eq!(r.f.router.calls_outstanding(), 0);
}

#[test]
fn p8_a_name_that_nobody_has_and_one_that_does_not_offer_it_have_their_own_parts() {
    let mut r = Restaurants::new();
    r.call(Mode::Broadcast, &["nobody", "idle", "ann", ""]);
    assert_eq!(
        r.f.said(),
        [
            (r.caller, roster(&["", "ann", "idle", "nobody"])),
            (r.caller, part(0, absent(Absence::ProcessUnknown))),
            (r.ann, Restaurants::run(0)),
            (r.caller, part(2, absent(Absence::NotOffered))),
            (r.caller, part(3, absent(Absence::ProcessUnknown))),
        ]
    );
    r.f.reply(r.ann, 0);
    assert_eq!(
        r.f.said(),
        [(r.caller, part(1, Ok(bytes("value")))), (r.caller, empty(3))]
    );
}

#[test]
fn p8_names_of_which_none_is_there_are_answered_by_name() {
    let mut r = Restaurants::new();
    r.call(Mode::Broadcast, &["nobody"]);
    assert_eq!(
        r.f.said(),
        [
            (r.caller, roster(&["nobody"])),
            (r.caller, part(0, absent(Absence::ProcessUnknown))),
            (r.caller, empty(3)),
        ]
    );
}

#[test]
fn a_process_that_names_itself_is_asked() {
    let mut r = Restaurants::new();
    r.call(Mode::Broadcast, &["ann", "caller"]);
    assert_eq!(
        r.f.said(),
        [
            (r.caller, roster(&["ann", "caller"])),
            (r.ann, Restaurants::run(0)),
            (r.caller, Restaurants::run(1)),
        ]
    );
}

#[test]
fn names_of_nobody_and_of_a_call_to_one_are_a_fault() {
    for (mode, processes) in [
        (Mode::Broadcast, vec![]),
        (Mode::HandedToAll, vec![]),
        (Mode::Answered, vec!["ann"]),
        (Mode::HandedOver, vec!["ann"]),
        (Mode::Each, vec!["ann"]),
    ] {
        let mut r = Restaurants::new();
        let call = CallHeader {
            mode,
            ..call(3, "add")
        };
        let frame = Header::CallTo { call, processes };
        assert!(r.f.receive(r.caller, frame, &Bytes::new()).is_err(), "{mode:?}");
        assert_eq!(r.f.said(), []);
    }
}

#[test]
fn a_call_number_that_is_in_use_is_a_fault_whoever_is_named() {
    let mut r = Restaurants::new();
    r.call(Mode::Broadcast, &["ann"]);
    let again = CallHeader {
        mode: Mode::Broadcast,
        ..call(3, "add")
    };
    let frame = Header::CallTo {
        call: again,
        processes: vec!["bob"],
    };
    assert!(r.f.receive(r.caller, frame, &Bytes::new()).is_err());
}

#[test]
fn a_caller_that_does_not_read_is_told_so_and_nobody_is_asked() {
    let mut r = Restaurants::new();
    r.f.queues.full.insert(r.caller);
    r.call(Mode::Broadcast, &["ann", "bob"]);
    let outcome = failed(full());
    assert_eq!(r.f.said(), [(r.caller, Said::Reply { number: 3, outcome })]);
}

#[test]
fn p15_a_long_list_of_names_is_asked_some_at_a_time() {
    let mut r = Restaurants::new();
    let names: Vec<_> = (0..400).map(|index| format!("p{index:03}")).collect();
    let call = CallHeader {
        mode: Mode::Broadcast,
        ..call(3, "add")
    };
    let processes = names.iter().map(String::as_str).collect();
    let mut turn = Turn::new(NOW);
    let request = Request::Frame(Header::CallTo { call, processes });
    let mut work =
        r.f.router
            .receive(r.caller, request, &Bytes::new(), &mut turn, &mut r.f.queues)
            .unwrap();
    let mut turns = 0;
    while let Some(mut left) = work.take() {
        turns += 1;
        left.prepare();
        let before = r.f.queues.sent.len();
        work = r.f.router.resume(left, &mut Turn::new(NOW), &mut r.f.queues);
        assert!(r.f.queues.sent.len() - before <= 130, "too much for one turn");
    }
    assert!(turns >= 400 / 128, "{turns}");
    assert_eq!(r.f.said().len(), 402);
}

// ---------------------------------------------------------------------- handed over

#[test]
fn p8_what_is_handed_over_to_all_is_told_of_each_that_has_it() {
    let mut r = Restaurants::new();
    r.f.queues.full.insert(r.bob);
    r.hand_to_all();
    assert_eq!(
        r.f.said(),
        [
            (r.caller, roster(&["ann", "bob"])),
            (r.ann, Restaurants::run(0)),
            (r.caller, taken(0)),
            (r.caller, part(1, failed(full()))),
            (r.caller, empty(3)),
        ]
    );
    assert_eq!(r.f.router.calls_outstanding(), 1);
    r.f.reply(r.ann, 0);
    assert_eq!(r.f.said(), []);
    assert_eq!(r.f.router.calls_outstanding(), 0);
}

#[test]
fn what_was_handed_over_to_all_goes_on_when_its_caller_leaves_or_takes_it_back() {
    let mut r = Restaurants::new();
    r.hand_to_all();
    r.f.said();
    r.f.cancel(r.caller, 3);
    r.f.disconnect(r.caller);
    assert_eq!(r.f.said(), []);
    assert_eq!(r.f.router.calls_outstanding(), 2);
}

#[test]
fn p14_a_part_that_waits_is_handed_over_when_its_provider_has_a_place() {
    let mut f = Fixture::new();
    let (busy, caller) = (f.connect("busy"), f.join("caller", &[]));
    let once = Offered {
        concurrency: Some(1),
        queue: 1,
        ..offered(0, "add")
    };
    f.offer(busy, &[once], true);
    let (_, first) = f.routed(caller, call(0, "add"));
    let mode = Mode::HandedToAll;
    f.call(
        caller,
        CallHeader {
            mode,
            ..call(3, "add")
        },
    );
    assert_eq!(f.said(), [(caller, roster(&["busy"]))]);
    f.reply(busy, first);
    let said = f.said();
    assert!(
        said.contains(&(caller, taken(0))) && said.contains(&(caller, empty(3))),
        "{said:?}"
    );
    // Nobody is told of its end.
    let run = said.iter().find_map(|(_, said)| match said {
        Said::Run { number, .. } => Some(*number),
        _ => None,
    });
    f.reply(busy, run.unwrap());
    assert_eq!(f.said(), []);
    assert_eq!((f.router.calls_outstanding(), f.router.calls_waiting()), (0, 0));
}

#[test]
fn a_part_that_waits_to_be_handed_over_can_be_taken_back() {
    let mut f = Fixture::new();
    let (busy, caller) = (f.connect("busy"), f.join("caller", &[]));
    let once = Offered {
        concurrency: Some(1),
        queue: 1,
        ..offered(0, "add")
    };
    f.offer(busy, &[once], true);
    f.routed(caller, call(0, "add"));
    let mode = Mode::HandedToAll;
    f.call(
        caller,
        CallHeader {
            mode,
            ..call(3, "add")
        },
    );
    f.said();
    f.cancel(caller, 3);
    let cancelled = failed(Failed::Cancelled { may_have_run: false });
    assert_eq!(f.said(), [(caller, part(0, cancelled)), (caller, empty(3))]);
    assert_eq!(f.router.calls_waiting(), 0);
}
