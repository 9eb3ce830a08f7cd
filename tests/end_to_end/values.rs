//! P13: a value arrives as it was sent, or the sender is told which type and attribute stand in the way.

use std::net::IpAddr;

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
        assert_eq!(decide(decision.clone()).on(&g).await, Ok(said.clone()));
        // By name there is no type that says how it would be read, but the callback's.
        assert_eq!(g.call("values.decide", (decision,)).await, Ok(said));
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

/// Some that have positions, many that leave something out, and some of each.
fn limits() -> Vec<Option<u8>> {
    let first = (0..1000).map(|number| (number < 7).then_some(1));
    let then = (0..1000).map(|number| (number % 3 > 0).then_some(2));
    first.chain(then).chain([Some(3); 3]).collect()
}

/// explained.items
#[tokio::test]
async fn p13_items_from_a_callback_are_as_they_were_whatever_their_values_leave_out() {
    over_each(async |transport| {
        let (net, g) = net(transport).await;
        let expected: Vec<_> = limits().into_iter().map(|limit| Ok(rule(limit))).collect();
        for items in [list(limits()).on(&g).await, watch(limits()).on(&g).await] {
            let items: Vec<_> = items.unwrap().collect().await;
            assert_eq!(items, expected);
        }
        // What it costs that they are written otherwise than those before them is granted again.
        for (items, bytes) in [(1000, 64), (3, 1 << 20)] {
            for items in [
                list(limits()).window(items, bytes).on(&g).await,
                watch(limits()).window(items, bytes).on(&g).await,
            ] {
                let items: Vec<_> = items.unwrap().collect().await;
                assert_eq!(items, expected);
            }
        }
        // To many, and by hand.
        let mut items = watch(limits()).on(&g).broadcast().items().await.unwrap();
        for limit in limits() {
            assert_eq!(items.next().await.unwrap().1, Ok(rule(limit)));
        }
        assert_eq!(items.next().await, None);
        let mut items = g.call_json("values.list", [limits()]).items().await.unwrap();
        for limit in limits() {
            let item = serde_json::to_value(items.next().await.unwrap().unwrap()).unwrap();
            assert_eq!(item["limit"].as_u64(), limit.map(u64::from));
        }
        assert!(items.next().await.is_none());
        net.stop([g]).await;
    })
    .await;
}

/// What it takes with names is more than a frame of the slow lane has.
#[tokio::test]
async fn p13_a_large_item_that_leaves_something_out_comes_in_parts_and_is_as_it_was() {
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Page {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        title: Option<String>,
        text: String,
    }
    #[fetcher(alias = "values.pages")]
    async fn pages(pages: impl Stream<Item = Page>) -> impl Stream<Item = Page>;
    let pages_of = || {
        (0..6).map(|number| Page {
            title: (number % 2 == 0).then(|| "even".to_owned()),
            text: "x".repeat(300_000 * (number % 3)),
        })
    };
    struct Book;
    #[callback(prefix = "values.")]
    impl Book {
        pub async fn pages(&self, pages: Streaming<Page>) -> impl Stream<Item = Page> + use<> {
            pages.map(Result::unwrap)
        }
    }
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder.service(Book)).await;
        let g = net.caller().await;
        let found = pages(stream::iter(pages_of())).on(&g).await.unwrap();
        let found: Vec<_> = found.collect().await;
        assert_eq!(found, pages_of().map(Ok).collect::<Vec<_>>());
        net.stop([g]).await;
    })
    .await;
}

#[tokio::test]
async fn p13_items_to_a_callback_are_as_they_were_whatever_their_values_leave_out() {
    over_each(async |transport| {
        let (net, g) = net(transport).await;
        let rules = || stream::iter(limits().into_iter().map(rule));
        assert_eq!(total(rules()).on(&g).await, Ok(2003));
        assert_eq!(apply_each(rules()).on(&g).await, Ok(2003));
        let other = net
            .join()
            .process_name("other")
            .callback("values.total")
            .start()
            .await
            .unwrap();
        let totals = total(rules()).on(&g).broadcast().await.unwrap();
        assert_eq!(totals.len(), 2);
        for (_, total) in &totals {
            assert_eq!(*total, Ok(2003));
        }
        net.stop([g, other]).await;
    })
    .await;
}

/// Their structures are the same; only whose reader needs what is left out says so, and ends the stream.
#[tokio::test]
async fn p13_an_item_that_lacks_what_its_reader_needs_ends_the_stream() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Short {
        note: Option<String>,
        #[serde(default, skip_serializing_if = "is_zero")]
        level: u8,
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Long {
        note: Option<String>,
        level: u8,
    }
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
    const fn is_zero(level: &u8) -> bool {
        *level == 0
    }
    struct Levels;
    #[callback(prefix = "values.")]
    impl Levels {
        pub async fn levels(&self, levels: Vec<u8>) -> impl Stream<Item = Short> + use<> {
            stream::iter(levels.into_iter().map(|level| Short { note: None, level }))
        }
    }
    #[fetcher(alias = "values.levels")]
    async fn short(levels: Vec<u8>) -> impl Stream<Item = Short>;
    #[fetcher(alias = "values.levels")]
    async fn long(levels: Vec<u8>) -> impl Stream<Item = Long>;
    let net = Net::start(Transport::Memory, |builder| builder.service(Levels)).await;
    let g = net.caller().await;
    let items: Vec<_> = short(vec![1, 0, 2]).on(&g).await.unwrap().collect().await;
    let levels: Vec<_> = items.into_iter().map(|item| item.unwrap().level).collect();
    assert_eq!(levels, [1, 0, 2]);
    let items: Vec<_> = long(vec![1, 0, 2]).on(&g).await.unwrap().collect().await;
    assert_eq!(items.len(), 2, "{items:?}");
    assert_eq!(items[0].as_ref().unwrap().level, 1);
    let error = items[1].as_ref().unwrap_err();
    assert!(matches!(error, CallError::Decode { .. }), "{error:?}");
    assert!(error.to_string().contains("field `level` is missing"), "{error}");
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

/// explained.carried: also of a fetcher that knows nothing of it.
#[tokio::test]
async fn p13_an_argument_that_positions_carry_goes_by_them_whatever_stands_beside_it() {
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all(serialize = "camelCase"))]
    struct Who {
        nick: Option<String>,
        user_id: Option<u64>,
    }
    #[fetcher(alias = "values.who")]
    async fn who(rule: &Rule, who: &Who) -> Who;
    #[fetcher(alias = "values.who", untraced)]
    async fn unlooked(rule: &Rule, who: &Who) -> Who;
    #[fetcher(alias = "values.unknown", untraced)]
    async fn unknown(rule: &Rule, who: &Who) -> Who;
    over_each(async |transport| {
        let (net, g) = net(transport).await;
        let same = |_: Rule, who: Who| who;
        net.service.register_fn("values.who", same).await.unwrap();
        let made = net.service.register_fn("values.unknown", same);
        made.untraced().await.unwrap();
        let sent = Who {
            nick: None,
            user_id: Some(5),
        };
        for limit in [Some(1), None, None, Some(1)] {
            assert_eq!(who(&rule(limit), &sent).on(&g).await, Ok(sent.clone()));
            assert_eq!(unlooked(&rule(limit), &sent).on(&g).await, Ok(sent.clone()));
        }
        // Where neither side knows anything, nobody could say how the one is read that has names.
        assert_eq!(unknown(&rule(Some(1)), &sent).on(&g).await, Ok(sent.clone()));
        let error = unknown(&rule(None), &sent).on(&g).await.unwrap_err();
        assert!(matches!(error, CallError::SignatureMismatch { .. }), "{error:?}");
        net.stop([g]).await;
    })
    .await;
}

/// An argument of whose type both sides know the same, and not all, loses nothing by names where nothing in it has one.
#[tokio::test]
async fn p13_an_argument_of_which_not_all_is_known_arrives_beside_one_that_has_to_go_with_names() {
    #[fetcher(alias = "values.ruled")]
    async fn ruled(rule: &Rule, from: IpAddr, span: &Span) -> (IpAddr, Span);
    over_each(async |transport| {
        let (net, g) = net(transport).await;
        let same = |_: Rule, from: IpAddr, span: Span| (from, span);
        net.service.register_fn("values.ruled", same).await.unwrap();
        let from = IpAddr::from([127, 0, 0, 1]);
        for limit in [Some(1), None, Some(1)] {
            let told = ruled(&rule(limit), from, &Span(1, 2)).on(&g).await;
            assert_eq!(told, Ok((from, Span(1, 2))), "{limit:?}");
        }
        net.stop([g]).await;
    })
    .await;
}
