//! P13: a value arrives as it was sent, or the sender is told which type and attribute stand in the way.

use daffi::{CallError, Global, Streaming, callback, fetcher};
use futures_util::{Stream, StreamExt, stream};
use serde::{Deserialize, Serialize};

use crate::net::{Net, Transport, over_each};
use crate::traces::Lines;

/// Its fields shift when there is no limit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Rule {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    limit: Option<u8>,
    level: u8,
    ids: Vec<u8>,
}

/// serde counts `Approve` as 1 when it writes and as 0 when it reads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Decision {
    #[serde(skip)]
    #[allow(dead_code)]
    Unknown,
    Approve,
    Reject,
}

fn rule(limit: Option<u8>) -> Rule {
    Rule {
        limit,
        level: 0,
        ids: vec![2, 9, 9],
    }
}

mod offered {
    use super::*;

    #[callback(alias = "values.apply")]
    async fn apply(rule: Rule) -> Rule {
        rule
    }

    #[callback(alias = "values.apply_all")]
    async fn apply_all(rules: Vec<Rule>, _note: &str) -> usize {
        rules.len()
    }

    #[callback(alias = "values.nested")]
    fn nested(how: u8) -> Result<Result<u8, u8>, String> {
        match how {
            0 => Err("no".to_owned()),
            1 => Ok(Err(1)),
            how => Ok(Ok(how)),
        }
    }

    #[callback(alias = "values.find")]
    fn find(limit: Option<u8>) -> Rule {
        rule(limit)
    }

    #[callback(alias = "values.decide")]
    fn decide(decision: &Decision) -> String {
        format!("{decision:?}")
    }

    #[callback(alias = "values.decide_all")]
    fn decide_all(decisions: &[Option<Decision>]) -> String {
        format!("{decisions:?}")
    }

    #[callback(alias = "values.fail", inline)]
    fn fail(limit: Option<u8>) -> Result<u8, Rule> {
        Err(rule(limit))
    }

    #[callback(alias = "values.list")]
    fn list(limits: Vec<Option<u8>>) -> impl Iterator<Item = Rule> {
        limits.into_iter().map(rule)
    }

    #[callback(alias = "values.watch")]
    async fn watch(limits: Vec<Option<u8>>) -> impl Stream<Item = Rule> {
        stream::iter(limits.into_iter().map(rule))
    }

    #[callback(alias = "values.total")]
    async fn total(mut rules: Streaming<Rule>) -> u64 {
        let mut total = 0;
        while let Some(rule) = rules.next().await {
            total += rule.map_or(0, |rule| u64::from(rule.level) + 1);
        }
        total
    }
}

#[fetcher(alias = "values.nested")]
async fn nested(how: u8) -> Result<Result<u8, u8>, String>;
#[fetcher(alias = "values.apply")]
async fn apply(rule: &Rule) -> Rule;
#[fetcher(alias = "values.apply_all")]
async fn apply_all(rules: &[Rule], note: &str) -> usize;
#[fetcher(alias = "values.apply")]
async fn apply_without_limit(level: u8) -> Rule {
    (Rule { level, ..rule(None) },)
}
#[fetcher(alias = "values.find")]
async fn find(limit: Option<u8>) -> Rule;
#[fetcher(alias = "values.decide")]
async fn decide(decision: Decision) -> String;
#[fetcher(alias = "values.fail")]
async fn fail(limit: Option<u8>) -> Result<u8, Rule>;
#[fetcher(alias = "values.list")]
async fn list(limits: Vec<Option<u8>>) -> impl Stream<Item = Rule>;
#[fetcher(alias = "values.watch")]
async fn watch(limits: Vec<Option<u8>>) -> impl Stream<Item = Rule>;
#[fetcher(alias = "values.total")]
async fn total(rules: impl Stream<Item = Rule>) -> u64;
#[fetcher(alias = "values.apply", each)]
async fn apply_each(rules: impl Stream<Item = Rule>) -> Rule;

const NAMES: [&str; 9] = [
    "apply",
    "apply_all",
    "find",
    "decide",
    "decide_all",
    "fail",
    "list",
    "watch",
    "total",
];

async fn net(transport: Transport) -> (Net, Global) {
    let net = Net::start(transport, |builder| {
        NAMES.iter().fold(builder, |builder, name| {
            builder.callback(format!("values.{name}"))
        })
    })
    .await;
    let caller = net.caller().await;
    (net, caller)
}

/// The error is one of encoding, and says what and why.
#[track_caller]
fn names_the_field<E: std::fmt::Debug>(error: &CallError<E>, may_have_run: bool) {
    let CallError::Encode { message, .. } = error else {
        panic!("{error:?}");
    };
    for word in ["`limit`", "`Rule`", "skip_serializing_if"] {
        assert!(message.contains(word), "no {word} in: {message}");
    }
    assert_eq!(error.may_have_run(), may_have_run);
}

/// explained.unasked
#[tokio::test]
async fn p13_arguments_and_results_are_as_they_were_whatever_their_values_leave_out() {
    over_each(async |transport| {
        let (net, g) = net(transport).await;
        let limited = rule(Some(3));
        assert_eq!(apply(&limited).on(&g).await, Ok(limited.clone()));
        assert_eq!(apply_all(&[limited.clone(), limited], "").on(&g).await, Ok(2));
        assert_eq!(find(Some(1)).on(&g).await, Ok(rule(Some(1))));
        for _ in 0..2 {
            assert_eq!(apply(&rule(None)).on(&g).await, Ok(rule(None)));
            let low = Rule {
                level: 1,
                ..rule(None)
            };
            assert_eq!(apply_without_limit(1).on(&g).await, Ok(low));
            let among_others = [rule(Some(1)), rule(None)];
            assert_eq!(apply_all(&among_others, "").on(&g).await, Ok(2));
            assert_eq!(find(None).on(&g).await, Ok(rule(None)));
        }
        // Those that leave nothing out go as before.
        assert_eq!(apply(&rule(Some(4))).on(&g).await, Ok(rule(Some(4))));
        assert_eq!(find(Some(1)).on(&g).await, Ok(rule(Some(1))));
        net.stop([g]).await;
    })
    .await;
}

#[tokio::test]
async fn p13_variants_that_serde_counts_in_two_ways_arrive_by_their_names() {
    let (net, g) = net(Transport::Memory).await;
    for decision in [Decision::Approve, Decision::Reject] {
        let said = format!("{decision:?}");
        assert_eq!(decide(decision.clone()).on(&g).await, Ok(said));
        // By name there is no type that says how it would be read, but the callback's.
        let error = g.call::<String>("values.decide", (decision,)).await.unwrap_err();
        assert!(matches!(error, CallError::SignatureMismatch { .. }), "{error:?}");
    }
    net.stop([g]).await;
}

#[tokio::test]
async fn p13_errors_of_callbacks_are_as_they_were_whatever_their_values_leave_out() {
    let (net, g) = net(Transport::Memory).await;
    let error = fail(Some(1)).on(&g).await.unwrap_err();
    assert!(matches!(error, CallError::App(same) if same == rule(Some(1))));
    let error = fail(None).on(&g).await.unwrap_err();
    assert!(matches!(error, CallError::App(same) if same == rule(None)));
    net.stop([g]).await;
}

#[tokio::test]
async fn p13_a_result_in_a_result_is_a_value() {
    let net = Net::start(Transport::Memory, |builder| builder.callback("values.nested")).await;
    let g = net.caller().await;
    assert_eq!(nested(2).on(&g).await, Ok(Ok(2)));
    assert_eq!(nested(1).on(&g).await, Ok(Err(1)));
    assert_eq!(nested(0).on(&g).await, Err(CallError::App("no".to_owned())));
    net.stop([g]).await;
}

#[tokio::test]
async fn p13_calls_by_name_are_as_they_were_whatever_their_values_leave_out() {
    let (net, g) = net(Transport::Memory).await;
    let limited = rule(Some(3));
    assert_eq!(g.call("values.apply", (&limited,)).await, Ok(limited));
    assert_eq!(g.call("values.apply", (rule(None),)).await, Ok(rule(None)));
    assert_eq!(g.call("values.find", (None::<u8>,)).await, Ok(rule(None)));
    // By hand, too.
    for limit in [Some(1_u64), None] {
        let same = |found: serde_json::Value| (found["limit"].as_u64(), found["level"].as_u64());
        let expected = (limit, Some(0));
        let found = g.call_json("values.find", [limit]).await.unwrap();
        assert_eq!(same(serde_json::to_value(found).unwrap()), expected);
        let CallError::App(error) = g.call_json("values.fail", [limit]).await.unwrap_err() else {
            panic!("it fails")
        };
        assert_eq!(same(serde_json::to_value(error.value()).unwrap()), expected);
    }
    net.stop([g]).await;
}

/// What is no tuple would be read as whatever the callback takes.
#[tokio::test]
async fn p13_what_is_called_by_name_without_a_tuple_is_refused() {
    #[derive(Serialize)]
    struct Two {
        limit: Option<u8>,
        level: u8,
    }
    let (net, g) = net(Transport::Memory).await;
    let lone = Two {
        limit: None,
        level: 1,
    };
    let calls = [
        g.call::<Rule>("values.find", 0_u8),
        g.call("values.find", None::<u8>),
        g.call("values.find", vec![0_u8]),
        g.call("values.find", lone),
        g.call("values.find", "text"),
    ];
    for call in calls {
        let error = call.await.unwrap_err();
        assert!(matches!(error, CallError::Encode { .. }), "{error:?}");
        assert!(error.to_string().contains("`(value,)` for one"), "{error}");
        assert!(!error.may_have_run(), "{error}");
    }
    net.stop([g]).await;
}

/// Elements of several types say themselves what they are: whoever reads them as one type is told which is none.
#[tokio::test]
async fn p13_elements_of_several_types_are_not_read_as_one() {
    #[derive(Serialize)]
    #[serde(untagged)]
    enum Any {
        Byte(u8),
        Nothing,
        Rule(Rule),
    }
    let (net, g) = net(Transport::Memory).await;
    let many = (0..100).map(|_| Any::Rule(rule(Some(1))));
    let fine: Vec<Any> = many.clone().collect();
    assert_eq!(g.call::<usize>("values.apply_all", (fine, "")).await, Ok(100));
    for other in [Any::Byte(0), Any::Nothing] {
        let rules: Vec<Any> = many.clone().chain([other]).collect();
        let error = g
            .call::<usize>("values.apply_all", (rules, ""))
            .await
            .unwrap_err();
        assert!(matches!(error, CallError::Decode { .. }), "{error:?}");
        assert!(error.to_string().contains("[100]"), "{error}");
        assert!(!error.may_have_run(), "{error}");
    }
    net.stop([g]).await;
}

#[tokio::test]
async fn p13_answers_of_a_broadcast_are_as_they_were_whatever_their_values_leave_out() {
    let (net, g) = net(Transport::Memory).await;
    let replies = find(Some(2)).broadcast().on(&g).await.unwrap();
    assert_eq!(replies.len(), 1);
    for (_, reply) in &replies {
        assert_eq!(*reply, Ok(rule(Some(2))));
    }
    let replies = find(None).broadcast().on(&g).await.unwrap();
    for (_, reply) in &replies {
        assert_eq!(*reply, Ok(rule(None)));
    }
    net.stop([g]).await;
}

#[tokio::test]
async fn p13_items_from_a_callback_are_as_they_were_or_end_the_stream() {
    let (net, g) = net(Transport::Memory).await;
    let limits = vec![Some(1), Some(2), None, Some(4)];
    for items in [
        list(limits.clone()).on(&g).await,
        watch(limits.clone()).on(&g).await,
    ] {
        let items: Vec<_> = items.unwrap().collect().await;
        assert_eq!(items.len(), 3, "{items:?}");
        assert_eq!(items[0], Ok(rule(Some(1))));
        assert_eq!(items[1], Ok(rule(Some(2))));
        names_the_field(items[2].as_ref().unwrap_err(), true);
    }
    net.stop([g]).await;
}

#[tokio::test]
async fn p13_items_to_a_callback_are_as_they_were_or_end_the_stream() {
    let (net, g) = net(Transport::Memory).await;
    let rules = |limits: [Option<u8>; 3]| stream::iter(limits.map(rule));
    assert_eq!(total(rules([Some(1), Some(2), Some(3)])).on(&g).await, Ok(3));
    // The callback gets an error for an item, and what it makes of that is its own affair.
    assert_eq!(total(rules([Some(1), None, Some(3)])).on(&g).await, Ok(1));
    assert_eq!(apply_each(rules([Some(1), Some(2), Some(3)])).on(&g).await, Ok(3));
    let error = apply_each(rules([Some(1), None, Some(3)]))
        .on(&g)
        .await
        .unwrap_err();
    let CallError::Stopped { done: 1, error, .. } = error else {
        panic!("{error:?}");
    };
    names_the_field(&error, true);
    net.stop([g]).await;
}

// -------------------------------------------------------------------- names

mod named {
    use super::*;

    #[callback(alias = "values.difference")]
    async fn difference(minuend: i64, subtrahend: i64) -> i64 {
        minuend - subtrahend
    }

    #[callback(alias = "values.quotient")]
    async fn quotient(dividend: i64, divisor: i64) -> i64 {
        dividend / divisor
    }

    #[callback(alias = "values.label")]
    async fn label(number: i64, text: String) -> String {
        format!("{number}{text}")
    }
}

/// In the other order.
#[fetcher(alias = "values.difference")]
async fn difference(subtrahend: i64, minuend: i64) -> i64;
#[fetcher(alias = "values.quotient")]
async fn quotient(dividend: i64, divisor: i64) -> i64;
#[fetcher(alias = "values.label")]
async fn label(count: i64, of: &str) -> String;

#[tokio::test]
async fn arguments_that_may_have_changed_places_are_told_once() {
    let lines = Lines::of_all_tests();
    let net = Net::start(Transport::Memory, |builder| {
        builder
            .callback("values.difference")
            .callback("values.quotient")
            .callback("values.label")
    })
    .await;
    let g = net.caller().await;
    for _ in 0..3 {
        assert_eq!(difference(20, 50).on(&g).await, Ok(-30));
        assert_eq!(quotient(50, 20).on(&g).await, Ok(2));
        assert_eq!(label(3, "a").on(&g).await, Ok("3a".to_owned()));
    }
    net.stop([g]).await;
    let text = lines.text();
    let told = |callback: &str| {
        let told = text
            .lines()
            .filter(|line| line.contains("has other names") && line.contains(callback));
        told.collect::<Vec<_>>()
    };
    let [line] = told("values.difference")[..] else {
        panic!("{text}");
    };
    for signature in [
        "fn(subtrahend: i64, minuend: i64) -> i64",
        "fn(minuend: i64, subtrahend: i64) -> i64",
    ] {
        assert!(line.contains(signature), "{line}");
    }
    assert!(told("values.quotient").is_empty(), "its names are the same");
    assert!(told("values.label").is_empty(), "its types cannot be confused");
}

// ------------------------------------------------------------------- panics

/// Its conversion asserts what holds for all that are ever sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "(u32, u32)", into = "(u32, u32)")]
struct Span(u32, u32);

impl From<(u32, u32)> for Span {
    fn from((from, to): (u32, u32)) -> Self {
        assert!(from < to, "made up: an empty span");
        Self(from, to)
    }
}

impl From<Span> for (u32, u32) {
    fn from(Span(from, to): Span) -> Self {
        (from, to)
    }
}

#[callback(alias = "values.spans")]
async fn spans(spans: Vec<Span>, more: Option<Vec<Span>>) -> usize {
    spans.len() + more.map_or(0, |more| more.len())
}

#[tokio::test]
async fn a_type_that_panics_is_named_once_for_each_callback() {
    let lines = Lines::of_all_tests();
    // Other tests have run before.
    let before = lines.text().len();
    let net = Net::start(Transport::Memory, |builder| builder.callback("values.spans")).await;
    let g = net.caller().await;
    let arguments = (vec![Span(1, 2)], Some(vec![Span(3, 4), Span(5, 6)]));
    assert_eq!(g.call("values.spans", arguments).await, Ok(3_usize));
    net.stop([g]).await;
    let text = lines.text();
    let told: Vec<_> = text[before..]
        .lines()
        .filter(|line| line.contains("panicked when a made-up value") && line.contains("values.spans"))
        .collect();
    let [line] = told[..] else {
        panic!("{text}");
    };
    assert!(
        line.contains("values::Span") && line.contains("made up: an empty span"),
        "{line}"
    );
}
