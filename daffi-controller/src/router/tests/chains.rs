//! Chains of calls: who waits for whom, and what follows for a call that comes back.

use daffi_core::proto::Ancestor;

use super::super::work::Turn;
use super::*;

/// A callback that runs one call at a time, and lets others wait.
fn single(callback: u32, name: &str) -> Offered {
    Offered {
        concurrency: Some(1),
        queue: 1000,
        ..offered(callback, name)
    }
}

/// A call of `name` that the call `run` of its caller waits for.
fn within(number: u32, name: &str, run: u32) -> CallHeader<'_> {
    CallHeader {
        within: Some(id(run)),
        ..call(number, name)
    }
}

/// As `within`, at one process.
fn within_at<'a>(number: u32, name: &'a str, run: u32, process: &'a str) -> CallHeader<'a> {
    CallHeader {
        to: Some(process),
        ..within(number, name, run)
    }
}

impl Fixture {
    fn join_single(&mut self, name: &str, callback: &str) -> PeerId {
        let link = self.connect(name);
        self.offer(link, &[single(0, callback)], true);
        link
    }

    /// Calls, and expects that it is run; gives its number, and what the provider is told of those that wait for it.
    fn told(&mut self, from: PeerId, header: CallHeader<'_>) -> (u32, Vec<String>) {
        self.call(from, header);
        self.told_of_run()
    }

    fn told_of_run(&mut self) -> (u32, Vec<String>) {
        let sent = std::mem::take(&mut self.queues.sent);
        let runs: Vec<_> = sent
            .iter()
            .filter_map(|(_, frame)| match frame.decode().unwrap().0 {
                Header::Run(run) => {
                    let words = |ancestor: &Ancestor<'_>| match ancestor {
                        Ancestor::Here(call) => number(*call).to_string(),
                        Ancestor::At(process) => (*process).to_owned(),
                        other => panic!("{other:?}"),
                    };
                    Some((number(run.call), run.ancestors.iter().map(words).collect()))
                }
                _ => None,
            })
            .collect();
        match <[_; 1]>::try_from(runs) {
            Ok([run]) => run,
            Err(runs) => panic!("not one run: {runs:?}"),
        }
    }
}

/// `add` at one process, with one place, which calls `sub` at another one, which is about to call `add`.
struct Came {
    f: Fixture,
    first: PeerId,
    second: PeerId,
    caller: PeerId,
    /// The calls of `add` and of `sub`.
    add: u32,
    sub: u32,
}

/// `change` makes the call of `sub` another one.
fn came_with(change: impl FnOnce(CallHeader<'static>) -> CallHeader<'static>) -> Came {
    let mut f = Fixture::new();
    let first = f.join_single("first", "add");
    let second = f.join("second", &["sub"]);
    let caller = f.connect("caller");
    let (_, add) = f.routed(caller, call(0, "add"));
    f.call(first, change(within(0, "sub", add)));
    let (sub, _) = f.told_of_run();
    Came {
        f,
        first,
        second,
        caller,
        add,
        sub,
    }
}

fn came() -> Came {
    came_with(|call| call)
}

/// chain.recursive
#[test]
fn p14_a_call_that_would_wait_for_itself_is_told_so() {
    let Came {
        mut f,
        first,
        second,
        caller,
        add,
        sub,
    } = came();
    assert_eq!(f.refused(second, within(0, "add", sub)), Failed::Recursive);
    assert!(!Failed::Recursive.may_have_run());
    // Directly, too: by name, since nobody is given its own calls otherwise.
    assert_eq!(
        f.refused(first, within_at(1, "add", add, "first")),
        Failed::Recursive
    );
    // Others wait, and so does what is not made within the call.
    f.waits(second, call(0, "add"));
    f.waits(caller, call(1, "add"));
}

#[test]
fn p14_a_recursion_goes_on_where_there_is_a_free_place() {
    let Came {
        mut f, second, sub, ..
    } = came();
    let third = f.join_single("third", "add");
    let (to, run) = f.routed(second, within(0, "add", sub));
    assert_eq!(to, third);
    // Now that all places are held, it would wait for itself, whoever holds the others.
    assert_eq!(f.refused(third, within(0, "add", run)), Failed::Recursive);
    f.reply(third, run);
    f.said();
    let stranger = f.connect("stranger");
    assert_eq!(f.routed(stranger, call(0, "add")).0, third);
    assert_eq!(f.refused(second, within(0, "add", sub)), Failed::Recursive);
    // It waits for a process that it names, if no place of that one is held so.
    f.waits(second, within_at(0, "add", sub, "third"));
    assert_eq!(
        f.refused(second, within_at(1, "add", sub, "first")),
        Failed::Recursive
    );
}

#[test]
fn p14_what_is_handed_over_does_not_wait_for_its_own_chain_either() {
    let Came {
        mut f, second, sub, ..
    } = came();
    let handed = CallHeader {
        mode: Mode::HandedOver,
        ..within(0, "add", sub)
    };
    assert_eq!(f.refused(second, handed), Failed::Recursive);
}

#[test]
fn p14_a_part_of_a_broadcast_does_not_wait_for_its_own_chain() {
    let Came {
        mut f,
        first,
        second,
        caller,
        sub,
        ..
    } = came();
    let third = f.join_single("third", "add");
    let (_, busy) = f.routed(caller, call(1, "add"));
    let broadcast = CallHeader {
        mode: Mode::Broadcast,
        ..within(0, "add", sub)
    };
    f.call(second, broadcast);
    let names = vec!["first".to_owned(), "third".to_owned()];
    let part = Said::Part {
        number: 0,
        index: 0,
        outcome: failed(Failed::Recursive),
    };
    assert_eq!(
        f.said(),
        [(second, Said::Roster { number: 0, names }), (second, part)]
    );
    // The other one waits for its place, and knows its chain then.
    f.reply(third, busy);
    let (run, told) = f.told_of_run();
    assert_eq!(told, Vec::<String>::new());
    assert_eq!(f.refused(third, within(0, "add", run)), Failed::Recursive);
    assert_eq!(f.router.calls_waiting(), 0);
    f.disconnect(first);
}

/// chain.believed
#[test]
fn p14_whoever_names_a_call_that_it_does_not_run_is_not_believed() {
    let Came {
        mut f,
        second,
        caller,
        add,
        sub,
        ..
    } = came();
    // Somebody else's, one that has ended, and none: all the same.
    f.waits(caller, within(1, "add", sub));
    f.waits(second, within(0, "add", add));
    f.waits(second, within(1, "add", 1000));
    f.reply(second, sub);
    f.said();
    f.waits(second, within(2, "add", sub));
}

#[test]
fn p14_a_chain_ends_where_nobody_awaits_the_answer() {
    // Handed over.
    let Came {
        mut f, second, sub, ..
    } = came_with(|call| CallHeader {
        mode: Mode::HandedOver,
        ..call
    });
    f.waits(second, within(0, "add", sub));
    // Cancelled.
    let Came {
        mut f,
        first,
        second,
        sub,
        ..
    } = came();
    f.cancel(first, 0);
    f.said();
    f.waits(second, within(0, "add", sub));
    // Its caller has a stream already.
    let Came {
        mut f,
        first,
        second,
        sub,
        ..
    } = came();
    let opened = Header::Opened {
        call: id(sub),
        index: 0,
    };
    f.receive(second, opened, &Bytes::new()).unwrap();
    assert_eq!(f.said(), [(first, Said::Opened { number: 0, index: 0 })]);
    f.waits(second, within(0, "add", sub));
    // Its caller has left.
    let Came {
        mut f, second, sub, ..
    } = came();
    let third = f.join("third", &["mul"]);
    let (_, mul) = f.routed(second, within(0, "mul", sub));
    f.disconnect(second);
    f.said();
    f.waits(third, within(0, "add", mul));
}

#[test]
fn p14_the_stream_of_a_callback_waits_for_what_it_calls() {
    // It holds a place until it has ended, whoever reads it.
    let Came {
        mut f, first, add, ..
    } = came();
    let opened = Header::Opened {
        call: id(add),
        index: 0,
    };
    f.receive(first, opened, &Bytes::new()).unwrap();
    f.said();
    let again = within_at(1, "add", add, "first");
    assert_eq!(f.refused(first, again), Failed::Recursive);
}

#[test]
fn p14_only_a_place_that_could_be_had_counts() {
    // Taken back: what runs there still gives no place to anybody.
    let Came {
        mut f,
        first,
        second,
        caller,
        sub,
        ..
    } = came();
    let third = f.join_single("third", "add");
    let (_, busy) = f.routed(caller, call(1, "add"));
    f.withdraw(first, &[0]);
    f.waits(second, within(0, "add", sub));
    f.reply(third, busy);
    f.said();
    // Without a bound there are no places.
    let mut f = Fixture::new();
    let first = f.join("first", &["add"]);
    let caller = f.connect("caller");
    let (_, add) = f.routed(caller, call(0, "add"));
    let second = f.join_single("second", "add");
    let (_, busy) = f.routed(first, call(0, "add"));
    f.waits(first, within(1, "add", add));
    f.reply(second, busy);
    f.said();
    // Nor does one count that takes other arguments.
    let other = Described::new(&Signature::new(
        [("other", trace::<u32>()), ("two", trace::<u32>())],
        Returns {
            ok: trace::<u32>(),
            error: ErrorType::None,
        },
    ));
    let Came {
        mut f,
        second,
        caller,
        sub,
        ..
    } = came();
    let third = f.connect("third");
    let number = other.number;
    let offer = Offered {
        signature: other,
        ..single(0, "add")
    };
    f.offer(third, &[offer], true);
    let typed = |header| CallHeader {
        signature: number,
        ..header
    };
    f.routed(caller, typed(call(1, "add")));
    f.waits(second, typed(within(0, "add", sub)));
}

#[test]
fn a_provider_is_told_of_its_own_calls_in_the_chain_and_through_whom_it_came_back() {
    let Came {
        mut f,
        first,
        second,
        add,
        sub,
        ..
    } = came();
    let third = f.join("third", &["mul"]);
    f.offer(first, &[offered(1, "div")], true);
    // Who is no part of it is told nothing.
    let (mul, told) = f.told(second, within(0, "mul", sub));
    assert_eq!(told, Vec::<String>::new());
    let (div, told) = f.told(third, within(0, "div", mul));
    assert_eq!(told, ["third", "second", &add.to_string()]);
    // As are all that it runs, and who calls whom is no secret among them.
    let (next, told) = f.told(first, within_at(1, "sub", div, "second"));
    let (div, add) = (div.to_string(), add.to_string());
    assert_eq!(told, ["first", "third", &sub.to_string()]);
    let (_, told) = f.told(second, within(1, "div", next));
    assert_eq!(told, ["second", &div, "third", "second", &add]);
}

#[test]
fn whoever_is_not_awaited_is_not_told_of() {
    // What is handed over has no chain.
    let Came {
        mut f,
        first,
        second,
        add,
        sub,
        ..
    } = came();
    f.offer(first, &[single(1, "div")], true);
    let handed = CallHeader {
        mode: Mode::HandedOver,
        ..within(0, "div", sub)
    };
    f.call(second, handed);
    let (run, told) = f.told_of_run();
    assert_eq!(told, Vec::<String>::new());
    // But waits for what it calls itself.
    let itself = within_at(1, "div", run, "first");
    assert_eq!(f.refused(first, itself), Failed::Recursive);
    // What has waited is told of those that wait for it still.
    f.waits(second, within(1, "div", sub));
    f.waits(second, within(2, "div", sub));
    f.reply(first, run);
    let (run, told) = f.told_of_run();
    assert_eq!(told, ["second", &add.to_string()]);
    f.cancel(first, 0);
    f.said();
    f.reply(first, run);
    assert_eq!(f.told_of_run().1, Vec::<String>::new());
}

/// Two processes that call each other, so many times in all, each call within the one before; the first call has one place.
fn to_and_fro(times: u32) -> (Fixture, PeerId, PeerId, u32) {
    let mut f = Fixture {
        router: Router::new(
            Limits {
                calls: 1000,
                ..LIMITS
            },
            1 << 20,
            1 << 30,
            1,
        ),
        queues: Queues::new(&LIMITS),
    };
    let mut there = f.join("there", &["to"]);
    let mut back = f.join("back", &["fro"]);
    f.offer(there, &[single(1, "add")], true);
    let caller = f.connect("caller");
    let (_, mut run) = f.routed(caller, call(0, "add"));
    for number in 0..times {
        let name = if number % 2 == 0 { "fro" } else { "to" };
        run = f.told(there, within(20 + number, name, run)).0;
        (there, back) = (back, there);
    }
    (f, there, back, run)
}

#[test]
fn a_chain_is_known_for_64_links() {
    // The call of `add` is the last that is known.
    let (mut f, there, back, run) = to_and_fro(63);
    assert_eq!(f.router.process_name(there), Some("back"));
    assert_eq!(f.refused(there, within(0, "add", run)), Failed::Recursive);
    let (_, told) = f.told(there, within(0, "to", run));
    assert_eq!(told.iter().filter(|told| *told == "back").count(), 8);
    assert_eq!(told.len(), 8 + 32);
    f.disconnect(back);
    // One more.
    let (mut f, there, _, run) = to_and_fro(64);
    assert_eq!(f.router.process_name(there), Some("there"));
    f.waits(there, within_at(0, "add", run, "there"));
}

#[test]
fn p15_a_long_chain_is_as_much_as_several_calls() {
    let (mut f, there, _, run) = to_and_fro(63);
    // Until others have their turn, at most so many.
    let mut turn = |header| {
        let mut turn = Turn::of(NOW, 9);
        let request = Request::parse(Header::Call(header), &Bytes::new()).unwrap();
        let work = f
            .router
            .receive(there, request, &Bytes::new(), &mut turn, &mut f.queues);
        assert!(work.unwrap().is_none());
        turn.is_over()
    };
    assert!(!turn(call(0, "to")));
    assert!(turn(within(1, "to", run)));
    assert!(turn(within(2, "add", run)));
}

/// It holds a place of its own caller, and those of others are others.
#[test]
fn p16_what_one_calls_waits_beside_what_another_one_runs_there() {
    let mut f = Fixture::new();
    let provider = f.connect("provider");
    let one_of_each = Offered {
        concurrency_per_caller: Some(1),
        queue: 1000,
        ..offered(0, "add")
    };
    f.offer(provider, &[one_of_each], true);
    let helper = f.join("helper", &["sub"]);
    let caller = f.join("caller", &[]);
    let (_, run) = f.routed(caller, call(0, "add"));
    let (_, at_helper) = f.routed(provider, within(0, "sub", run));
    f.routed(helper, call(0, "add"));
    // The chain holds the caller's place, and the helper waits for its own.
    f.waits(helper, within(1, "add", at_helper));
}
