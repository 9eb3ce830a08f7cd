//! Values of many types, there and back.

use super::*;

const ORDER: &str = r#"{"id":18446744073709551615,"lines":[{"item":"lamp","price":7,"inside":[{"item":"bulb","price":1,"inside":[]}]}],"kind":"Plain","data":"AAH/","by_pair":[[[1,"a"],true]],"by_code":{"7":0.1,"8":null},"twice":{"Some":null},"unit":null,"huge":"-170141183460469231731687303715884105728"}"#;

#[test]
fn values_of_all_kinds_go_there_and_back() {
    let net = Net::new();
    let json = |arguments: &str| {
        net.run(&["--output", "json", "call", "shop.order", arguments])
            .printed()
    };
    assert_eq!(json(&format!("[{ORDER}]")), format!("{ORDER}\n"));
    assert_eq!(json(&format!("{{\"order\": {ORDER}}}")), format!("{ORDER}\n"));
    for kind in [
        r#"{"Wrapped":3}"#,
        r#"{"Pair":[1,-2]}"#,
        r#"{"Named":{"weight":"NaN"}}"#,
    ] {
        let order = ORDER.replace("\"Plain\"", kind);
        assert_eq!(json(&format!("[{order}]")), format!("{order}\n"));
    }
    // For people, in several lines.
    let text = net.called("shop.order", &format!("[{ORDER}]"));
    assert!(
        text.starts_with("{\n  \"id\": 18446744073709551615,\n") && text.ends_with("}\n"),
        "{text}"
    );
    net.stop();
}

#[test]
fn what_says_itself_what_it_is_is_whatever_json_there_is() {
    let net = Net::new();
    let called = |arguments: &str| net.run(&["--output", "json", "call", "shop.whatever", arguments]);
    for (value, notes) in [
        (
            r#"{"a":[1,-2,0.5,"b",true,null,{}],"big":18446744073709551615}"#,
            r#"[7,"seven"]"#,
        ),
        ("[]", "[]"),
        (r#""@file""#, r#"["text"]"#),
    ] {
        let expected = format!("[{value},{notes}]\n");
        assert_eq!(called(&format!("[{value}, {notes}]")).printed(), expected);
        assert_eq!(
            called(&format!(r#"{{"notes": {notes}, "value": {value}}}"#)).printed(),
            expected
        );
    }
    // What the type does not take is told by whoever has it.
    let ended = called(r#"[1, [true]]"#);
    assert!(ended.code != Some(0) && ended.err.contains("[0]"), "{ended:?}");
    let ended = called(r#"[null, ["x"]]"#);
    let error = r#"{"kind":"Unwanted","note":"x"}"#;
    assert!(ended.code != Some(0) && (ended.out + &ended.err).contains(error));
    let described = net.run(&["describe", "shop.whatever"]).printed();
    for words in ["value: Any", "notes: Any", "whatever comes", r#""notes":{}"#] {
        assert!(
            described.replace(' ', "").contains(&words.replace(' ', "")),
            "no {words} in {described}"
        );
    }
    net.stop();
}

#[test]
fn numbers_keep_all_their_digits() {
    let net = Net::new();
    for (written, printed) in [
        ("18446744073709551615", "18446744073709551615"),
        ("\"9007199254740993\"", "9007199254740993"),
    ] {
        assert_eq!(
            net.called("shop.exact", &format!("[{written}]")),
            format!("{printed}\n")
        );
    }
    for (written, printed) in [
        ("\"NaN\"", "NaN"),
        ("\"-Infinity\"", "-Infinity"),
        ("1e300", "1e300"),
        ("3", "3.0"),
        ("0.1", "0.1"),
    ] {
        assert_eq!(
            net.called("shop.float", &format!("[{written}]")),
            format!("{printed}\n")
        );
    }
    assert_eq!(net.run(&["call", "shop.add", "[-5, 3]"]).printed(), "-2\n");
    net.stop();
}

#[test]
fn texts_are_shown_as_they_are_and_as_json_to_programs() {
    let net = Net::new();
    assert_eq!(net.called("shop.greet", r#"["Ann"]"#), "hello Ann\n");
    assert_eq!(
        net.called("shop.greet", r#"{"how": "good evening", "name": "Bob"}"#),
        "good evening Bob\n"
    );
    let json = net.run(&["call", "shop.greet", r#"["Ann", null]"#, "--output", "json"]);
    assert_eq!(json.printed(), "\"hello Ann\"\n");
    assert_eq!(net.run(&["call", "shop.nothing"]).printed(), "");
    // Nothing there is something to say.
    assert_eq!(net.run(&["call", "shop.metadata"]).printed(), "null\n");
    assert_eq!(
        net.run(&["call", "shop.nothing", "[]", "--output=json"])
            .printed(),
        "null\n"
    );
    // Nothing of it is taken for the terminal's own.
    assert_eq!(
        net.run(&["call", "shop.terminal"]).printed(),
        "\\u{1b}[31mred\\u{7}\nnext\n"
    );
    net.stop();
}

#[test]
fn bytes_are_base64_or_a_file() {
    let net = Net::new();
    std::fs::write(net.folder.path().join("blob"), [7; 1000]).unwrap();
    assert_eq!(net.called("shop.size", r#"["AAEC"]"#), "3\n");
    assert_eq!(net.called("shop.size", r#"["@blob"]"#), "1000\n");
    assert_eq!(net.called("shop.size", "[[1, 2]]"), "2\n");
    assert_eq!(net.run(&["call", "shop.blob"]).printed(), "AAH/\n");
    // A text is a text.
    assert_eq!(net.called("shop.greet", r#"["@blob"]"#), "hello @blob\n");
    let none = net.run(&["call", "shop.size", r#"["@none"]"#]);
    none.failed(2, &["`data`: none: No such file"]);
    net.run(&["call", "shop.size", r#"["x"]"#])
        .failed(2, &["`data`", "no base64"]);
    net.stop();
}

#[test]
fn arguments_come_from_files_and_from_the_input() {
    let net = Net::new();
    std::fs::write(net.folder.path().join("arguments.json"), "[1,\n 2]\n").unwrap();
    assert_eq!(net.run(&["call", "shop.add", "@arguments.json"]).printed(), "3\n");
    assert_eq!(
        net.fed(&["call", "shop.add", "-"], "{\"a\": 1, \"b\": 4}")
            .printed(),
        "5\n"
    );
    net.run(&["call", "shop.add", "@none.json"])
        .failed(2, &["none.json: No such file"]);
    net.stop();
}

#[test]
fn streams_are_lines_of_json() {
    let net = Net::new();
    assert_eq!(net.fed(&["call", "shop.total"], "1\n\n\"2\"\n3").printed(), "6\n");
    let count = net.called("shop.count", "[3]");
    let lines: Vec<_> = count.lines().collect();
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[2], r#"{"item":"item 2","price":1,"inside":[]}"#);
    assert_eq!(
        net.fed(&["call", "shop.shout"], "\"a\"\n\"b\"\n").printed(),
        "A\nB\n"
    );
    let json = net.fed(&["call", "shop.shout", "--output", "json"], "\"a\"\n");
    assert_eq!(json.printed(), "\"A\"\n");
    // Several, each from a file.
    std::fs::write(net.folder.path().join("first"), "1\n2\n").unwrap();
    std::fs::write(net.folder.path().join("second"), "3\n").unwrap();
    let both = ["call", "shop.both", "--stream", "first", "--stream", "second"];
    assert_eq!(net.run(&both).printed(), "12|3|\n");
    let both = ["call", "shop.both", "--stream", "first", "--stream", "-"];
    assert_eq!(net.fed(&both, "7").printed(), "12|7|\n");
    net.run(&["call", "shop.both"])
        .failed(2, &["2 streams, first, second", "--stream FILE"]);
    net.run(&["call", "shop.add", "[1, 2]", "--stream", "first"])
        .failed(2, &["0 streams"]);
    net.fed(&["call", "shop.total", "-"], "[]")
        .failed(2, &["stream `numbers`"]);
    net.stop();
}

#[test]
fn a_line_that_does_not_fit_fails_the_call() {
    let net = Net::new();
    net.fed(&["call", "shop.total"], "1\n\"x\"\n3")
        .failed(2, &["u64 is expected", "\"x\""]);
    net.fed(&["call", "shop.total"], "1\n[2\n")
        .failed(2, &["line 2 of the standard input is no JSON"]);
    let each = net.fed(&["call", "--each", "shop.add"], "[1, 2]\n[1]\n");
    each.failed(2, &["argument `b` is missing"]);
    net.stop();
}
