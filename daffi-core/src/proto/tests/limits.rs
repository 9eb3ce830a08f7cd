//! What is refused for its size, before memory is taken for it.

use super::*;

/// A frame's header, or why there is none.
fn decoded(header: &Header<'_>) -> Result<(), String> {
    Frame::joined(body(header, b""))
        .decode()
        .map(drop)
        .map_err(|error| error.to_string())
}

#[track_caller]
fn check(header: &Header<'_>, expected: Result<(), &str>) {
    assert_eq!(decoded(header), expected.map_err(str::to_owned));
}

fn call<'a>(name: &'a str, to: Option<&'a str>, metadata: Vec<(&'a str, &'a str)>) -> Header<'a> {
    let call = CallHeader {
        versions: Vec::new(),
        call: CallId::first(1),
        name,
        signature: 0,
        to,
        deadline: None,
        trace: None,
        metadata,
        key: None,
        mode: Mode::Answered,
        within: None,
        having: Vec::new(),
    };
    Header::Call(call)
}

fn run<'a>(caller: &'a str, metadata: Vec<(&'a str, &'a str)>) -> Header<'a> {
    let run = RunHeader {
        described: false,
        call: CallId::first(1),
        callback: CallbackId(1),
        caller,
        identity: Who::Nobody,
        deadline: None,
        trace: None,
        metadata,
        ancestors: Vec::new(),
    };
    Header::Run(run)
}

fn call_to(processes: Vec<&str>) -> Header<'_> {
    match call("add", None, vec![]) {
        Header::Call(call) => Header::CallTo { call, processes },
        other => other,
    }
}

#[test]
fn a_list_of_more_processes_than_one_call_may_name_is_refused() {
    check(&call_to(vec![""; 1024]), Ok(()));
    check(
        &call_to(vec![""; 1025]),
        Err("a list of processes is over the limit of 1024"),
    );
}

#[test]
fn a_name_over_255_bytes_is_refused_wherever_it_stands() {
    let (longest, longer) = ("a".repeat(255), "a".repeat(256));
    let refused = Err("a name is over the limit of 255");
    let query = |query| Header::Query {
        call: CallId::first(1),
        query,
    };
    for (name, expected) in [(&longest, Ok(())), (&longer, refused)] {
        check(&call(name, None, vec![]), expected);
        check(&call("add", Some(name), vec![]), expected);
        check(&call_to(vec!["p", name]), expected);
        check(&run(name, vec![]), expected);
        check(&query(Query::WaitProcess(name)), expected);
        check(&query(Query::Describe(name)), expected);
        for (name, process) in [(&**name, None), ("add", Some(&**name))] {
            check(
                &query(Query::WaitFunction {
                    name,
                    process,
                    having: Vec::new(),
                }),
                expected,
            );
        }
    }
}

#[test]
fn attributes_that_a_call_wants_are_few_and_in_order() {
    let (text, longer) = ("a".repeat(1023), "a".repeat(1024));
    let numbers: Vec<_> = (0..9).map(|number| number.to_string()).collect();
    let all: Vec<_> = numbers.iter().map(|number| (&**number, "")).collect();
    let not_in_order = Err("attributes that are not in order, or without a key");
    for (having, expected) in [
        (vec![("k", &*text)], Ok(())),
        (vec![("k", &*longer)], Err("attributes is over the limit of 1024")),
        (all[..8].to_vec(), Ok(())),
        (all.clone(), Err("a list of attributes is over the limit of 8")),
        (vec![("k", "a"), ("k", "b")], Ok(())),
        (vec![("k", "b"), ("k", "a")], not_in_order),
        (vec![("k", "a"), ("k", "a")], not_in_order),
        (vec![("", "a")], not_in_order),
    ] {
        let Header::Call(call) = call("add", None, vec![]) else {
            unreachable!()
        };
        let wanted = having.clone();
        check(&Header::Call(CallHeader { having, ..call }), expected);
        let query = Query::WaitFunction {
            name: "add",
            process: None,
            having: wanted.clone(),
        };
        let call = CallId::first(1);
        check(&Header::Query { call, query }, expected);
        let owned = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
        let lacking = Lacking::new(wanted.into_iter().map(owned).collect(), Vec::new(), Told::All);
        let status = Status::Failed(Failed::NoProvider(Absence::Lacking(Box::new(lacking))));
        check(&Header::Reply { call, status }, expected);
    }
    let values = |values: Vec<String>| {
        let there = values.into_iter().map(|value| ("k".to_owned(), value));
        let lacking = Lacking::new(Vec::new(), there.collect(), Told::All);
        Header::Reply {
            call: CallId::first(1),
            status: Status::Failed(Failed::NoProvider(Absence::Lacking(Box::new(lacking)))),
        }
    };
    check(&values(vec!["a".repeat(2047)]), Ok(()));
    let refused = Err("values of attributes is over the limit of 2048");
    check(&values(vec!["a".repeat(2048)]), refused);
    check(&values(vec![String::new(); 2049]), refused);
}

#[test]
fn a_name_that_may_be_meant_is_no_longer_than_a_name() {
    let meant = |name: String| Header::Reply {
        call: CallId::first(1),
        status: Status::Failed(Failed::NoProvider(Absence::misspelt(name))),
    };
    check(&meant("a".repeat(255)), Ok(()));
    check(&meant("a".repeat(256)), Err("a name is over the limit of 255"));
}

#[test]
fn metadata_over_8_kib_is_refused() {
    let refused = Err("metadata is over the limit of 8192");
    let text = "a".repeat(8192);
    for (metadata, expected) in [
        (vec![(&text[..4096], &text[..4096])], Ok(())),
        (vec![(&text[..], ""), ("", "")], Ok(())),
        (vec![("", &text[..]), ("a", "")], refused),
        (vec![(&text[..], &text[..])], refused),
        (vec![("", ""); 8192], Ok(())),
        (vec![("", ""); 8193], refused),
    ] {
        check(&call("add", None, metadata.clone()), expected);
        check(&run("shop", metadata), expected);
    }
}

#[test]
fn words_of_an_error_over_a_mebibyte_are_refused() {
    let call = CallId::first(1);
    let (most, more) = (
        "w".repeat(Limits::WORDS_BYTES),
        "w".repeat(Limits::WORDS_BYTES + 1),
    );
    let half = "w".repeat(Limits::WORDS_BYTES / 2);
    let app = |message, causes, typed| Header::Reply {
        call,
        status: Status::App {
            message,
            causes,
            typed,
        },
    };
    let (reason, longer) = (&*most, &*more);
    check(&app(&most, vec![&half, &half], Own::Lost { reason }), Ok(()));
    let words = Err("the words of an error is over the limit of 1048576");
    check(&app(&more, vec![], Own::None), words);
    check(&app("", vec![], Own::Lost { reason: longer }), words);
    let causes = Err("the words of all causes is over the limit of 1048576");
    check(&app("", vec![&half, &half, "w"], Own::None), causes);
    let failed = |words: &str| {
        let (message, reason) = (words.to_owned(), words.to_owned());
        [
            Failed::panicked(message.clone()),
            Failed::Denied {
                reason: reason.clone(),
                may_have_run: false,
            },
            Failed::Decode {
                message: message.clone(),
            },
            Failed::Encode { message },
            Failed::Invalid { reason },
        ]
        .map(Status::Failed)
    };
    for status in failed(&most) {
        check(&Header::Reply { call, status }, Ok(()));
    }
    for status in failed(&more) {
        check(&Header::Reply { call, status }, words);
    }
}

#[test]
fn more_than_32_causes_of_an_error_are_refused() {
    let reply = |causes| Header::Reply {
        call: CallId::first(1),
        status: Status::App {
            message: "",
            causes,
            typed: Own::None,
        },
    };
    check(&reply(vec!["why"; 32]), Ok(()));
    check(
        &reply(vec![""; 33]),
        Err("a list of causes is over the limit of 32"),
    );
}

#[test]
fn more_than_64_extensions_of_a_greeting_are_refused() {
    for (count, expected) in [
        (64, Ok(())),
        (65, Err("extensions is over the limit of 64")),
        (8192, Err("extensions is over the limit of 64")),
    ] {
        let known = |extensions: Extensions, number| extensions.with(number, &()).unwrap();
        let extensions = (0..count).fold(Extensions::default(), known);
        check(
            &Header::Hello(Hello {
                extensions,
                ..Hello::new("shop", 1, 1)
            }),
            expected,
        );
    }
}

/// Claims of lengths that are not there, in headers and in the payloads that the controller decodes.
#[test]
fn lengths_that_are_only_claimed_cost_nothing() {
    // 2^62 in the place of a length.
    let huge = "fd 00 00 00 00 00 00 00 40";
    for start in [
        "00 64 61 66 69 01 01",             // hello: the process name
        "01 01",                            // welcome: the controller's name
        "01 01 00 00 00 00 00 00",          // welcome: extensions
        "01 01 00 00 00 00 00 00 01 07",    // welcome: an extension
        "02 03",                            // refused: the name that is taken
        "04 07 00",                         // call: the callback's name
        "04 07 00 00 00 01",                // call: the receiver
        "04 07 00 00 00 00",                // call: attributes
        "04 07 00 00 00 00 01",             // call: the key of one
        "04 07 00 00 00 00 01 00",          // call: its value
        "04 07 00 00 00 00 00 00 00",       // call: metadata
        "04 07 00 00 00 00 00 00 00 01",    // call: a key
        "04 07 00 00 00 00 00 00 00 01 00", // call: a value
        "05 07 00 01",                      // run: the caller
        "05 07 00 01 00 02",                // run: who that is
        "05 07 00 01 00 00 00 00",          // run: metadata
        "05 07 00 01 00 00 00 00 00",       // run: calls that wait
        "05 07 00 01 00 00 00 00 00 01 01", // run: where one waits
        "06 07 00 01",                      // reply: an error's words
        "06 07 00 01 00",                   // reply: causes
        "06 07 00 01 00 01",                // reply: a cause
        "06 07 00 02 00 04",                // reply: what is wanted
        "06 07 00 02 00 04 00",             // reply: what there is
        "06 07 00 02 01",                   // reply: the process that was lost
        "06 07 00 02 05",                   // reply: a panic's words
        "06 07 00 02 06 07 07 07 00",       // reply: a signature
        "0a 07 00 00",                      // query: the process
        "0a 07 00 01",                      // query: the callback
        "0a 07 00 01 00 00",                // query: attributes
    ] {
        let error = Frame::joined(unhex(&format!("{start} {huge}")).into())
            .decode()
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "the bytes end in the middle of the value",
            "{start} …"
        );
        let zeros = Frame::joined(unhex(&format!("{start} {huge} 00 00 00 00 00 00 00 00")).into());
        assert!(zeros.decode().is_err(), "{start} … and zeros");
    }
}

#[test]
fn lists_that_are_only_claimed_cost_nothing() {
    let huge = unhex("fd 00 00 00 00 00 00 00 40 00");
    let refused = "4611686018427387904 elements are announced, more than so few bytes may hold";
    assert_eq!(
        decode_guarded::<Vec<Offered>>(&huge).unwrap_err().to_string(),
        refused
    );
    assert_eq!(
        decode_guarded::<Vec<CallbackId>>(&huge).unwrap_err().to_string(),
        refused
    );
    assert_eq!(
        decode_guarded::<Vec<ProcessEntry>>(&huge)
            .unwrap_err()
            .to_string(),
        refused
    );
    assert_eq!(
        decode_guarded::<Vec<CallbackEntry>>(&huge)
            .unwrap_err()
            .to_string(),
        refused
    );
    let ends = "the bytes end in the middle of the value";
    assert_eq!(decode::<Vec<Offered>>(&huge).unwrap_err().to_string(), ends);
    // An offer with a name of 2^62 bytes.
    let offer = unhex("01 01 fd 00 00 00 00 00 00 00 40 61");
    assert_eq!(
        decode_guarded::<Vec<Offered>>(&offer).unwrap_err().to_string(),
        ends
    );
}
