//! What goes wrong, and how it is said.

use serde_json::Value;

use super::*;

#[test]
fn what_does_not_fit_is_told_before_anything_is_sent() {
    let net = Net::new();
    let check = |arguments: &str, parts: &[&str]| net.run(&["call", "shop.add", arguments]).failed(2, parts);
    check(
        r#"[1, "x"]"#,
        &[
            "error: the arguments do not fit: `b`: i64 is expected, and string \"x\" came",
            "for example: daffi call shop.add '{\"a\":0,\"b\":0}'",
        ],
    );
    check("[1]", &["argument `b` is missing: i64 is expected"]);
    check("[1, 2, 3]", &["more arguments came than the 2"]);
    check(
        r#"{"a": 1, "c": 2}"#,
        &["there is no argument `c`; there is `a`, `b`"],
    );
    check("5", &["'[5]'"]);
    check("x", &["did you mean '[\"x\"]'?"]);
    net.run(&["call", "shop.add", "1", "2"])
        .failed(2, &["one JSON value", "did you mean '[1,2]'?"]);
    check("[1,", &["no JSON: EOF"]);
    check("[lamp]", &["no JSON", "double quotes"]);
    net.run(&["call", "shop.add"])
        .failed(2, &["argument `a` is missing"]);
    let deep = r#"[{"id": 1, "lines": [{"item": "x", "price": -1}]}]"#;
    net.run(&["call", "shop.order", deep]).failed(
        2,
        &["`order.lines[0].price`: u32 is expected, and integer `-1` came"],
    );
    net.stop();
}

#[test]
fn each_kind_of_failure_has_its_exit_code() {
    let net = Net::new();
    let own = net.run(&["call", "shop.buy", r#"["bulb"]"#]);
    own.failed(1, &["error: bulb is sold out", r#"{"SoldOut":{"item":"bulb"}}"#]);
    assert_eq!(net.called("shop.buy", r#"["lamp"]"#), "7\n");
    let words = net.run(&["call", "shop.refuse"]);
    assert_eq!((words.code, &*words.err), (Some(1), "error: not today\n"));
    net.run(&["call", "shop.ad", "[]"])
        .failed(4, &["shop.ad", "did you mean `shop.add`?"]);
    net.run(&["call", "add", "[]"])
        .failed(4, &["did you mean `shop.add`?"]);
    net.run(&["call", "shop.add", "[1, 2]", "--to", "nobody"])
        .failed(4, &["nobody"]);
    net.run(&["call", "shop.slow", "--timeout", "50ms"])
        .failed(5, &["within 50ms"]);
    net.run(&["call", "shop.panics"]).failed(8, &["on purpose"]);
    net.run(&["call", "shop.add", "--each", "[1]"])
        .failed(2, &["--each"]);
    net.run(&["call"]).failed(2, &["<NAME>"]);
    net.run(&["call", "shop.add", "[1, 2]", "--metadata", "x"])
        .failed(2, &["tenant=acme"]);
    let mut nowhere = program(net.folder.path());
    nowhere.args(["--unix-sock-path", "none", "--connect-timeout", "50ms", "list"]);
    ended(nowhere, "").failed(3, &["no controller at"]);
    net.stop();
}

#[test]
fn programs_are_told_in_one_line_of_json() {
    let net = Net::new();
    let said = |arguments: &[&str]| {
        let ended = net.run(&[&["--output", "json"], arguments].concat());
        assert_eq!((&*ended.out, ended.err.lines().count()), ("", 1), "{ended:?}");
        serde_json::from_str::<Value>(&ended.err).unwrap()
    };
    let own = said(&["call", "shop.buy", r#"["bulb"]"#]);
    assert_eq!(own["error"], "app");
    assert_eq!(own["value"]["SoldOut"]["item"], "bulb");
    assert_eq!(own["may_have_run"], true);
    let nobody = said(&["call", "shop.ad", "[]"]);
    assert_eq!(
        (&nobody["error"], &nobody["hint"]),
        (&"no_provider".into(), &"did you mean `shop.add`?".into())
    );
    let unfit = said(&["call", "shop.add", "[1]"]);
    assert_eq!(
        (&unfit["error"], &unfit["may_have_run"]),
        (&"encode".into(), &false.into())
    );
    net.stop();
}
