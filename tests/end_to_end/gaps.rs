//! P13 behind types of which no value can be made up, and within types that are large: refused, or told at the start.

use std::collections::HashMap;
use std::fmt::Debug;

use daffi::{CallError, GlobalBuilder, callback, fetcher};
use serde::{Deserialize, Serialize};

use crate::net::{Net, Transport};
use crate::traces::Lines;

/// It accepts nothing that could be guessed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
struct Sku(String);

impl TryFrom<String> for Sku {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        if text.starts_with("SKU-") {
            Ok(Self(text))
        } else {
            Err("no SKU")
        }
    }
}

impl From<Sku> for String {
    fn from(Sku(text): Sku) -> Self {
        text
    }
}

/// serde counts `Approve` as 1 when it writes and as 0 when it reads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Verdict {
    #[serde(skip)]
    #[allow(dead_code)]
    Unknown,
    Approve,
    Reject,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Grade {
    Good,
    Bad,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum OtherGrade {
    Bad,
    Good,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Review<T> {
    sku: Sku,
    verdict: T,
}

fn review<T>(verdict: T) -> Review<T> {
    Review {
        sku: Sku("SKU-1".to_owned()),
        verdict,
    }
}

macro_rules! nested {
    ($($outer:ident of $inner:ident;)*) => {$(
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        struct $outer<T> {
            a: $inner<T>,
            b: Option<Box<$inner<T>>>,
            c: Vec<$inner<T>>,
        }

        impl<T> From<$inner<T>> for $outer<T> {
            fn from(a: $inner<T>) -> Self {
                Self { a, b: None, c: Vec::new() }
            }
        }
    )*};
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Zero<T>(T);

nested! {
    One of Zero;
    Two of One;
    Three of Two;
    Four of Three;
    Five of Four;
    Six of Five;
    Seven of Six;
    Eight of Seven;
}

fn eight<T>(inside: T) -> Eight<T> {
    let two = Two::from(One::from(Zero(inside)));
    Seven::from(Six::from(Five::from(Four::from(Three::from(two))))).into()
}

mod offered {
    use super::*;

    #[callback(alias = "gaps.review")]
    async fn of_verdict(review: Review<Verdict>) -> String {
        format!("{review:?}")
    }

    #[callback(alias = "gaps.give")]
    async fn give(grade: Grade) -> Review<Verdict> {
        review(match grade {
            Grade::Good => Verdict::Approve,
            Grade::Bad => Verdict::Reject,
        })
    }

    #[callback(alias = "gaps.graded")]
    async fn of_grade(review: Review<Grade>) -> String {
        format!("{:?}", review.verdict)
    }

    #[callback(alias = "gaps.large")]
    async fn large(large: Eight<Verdict>) -> String {
        format!("{large:?}")
    }

    #[callback(alias = "gaps.large_graded")]
    async fn large_graded(large: Eight<Grade>) -> Eight<Grade> {
        large
    }

    #[callback(alias = "gaps.pairs")]
    async fn pairs(pairs: Vec<(Sku, Grade)>) -> usize {
        pairs.len()
    }

    #[callback(alias = "gaps.told_pairs")]
    async fn told_pairs(pairs: Vec<(Sku, Grade)>) -> String {
        format!("{pairs:?}")
    }

    #[callback(alias = "gaps.pair")]
    async fn pair() -> (Sku, Grade) {
        (Sku("SKU-1".to_owned()), Grade::Bad)
    }

    #[callback(alias = "gaps.untraced_pair", untraced)]
    async fn untraced_pair(pair: (Sku, Grade)) -> (Sku, Grade) {
        pair
    }

    #[callback(alias = "gaps.keyed")]
    async fn keyed(verdicts: HashMap<Sku, Verdict>) -> usize {
        verdicts.len()
    }

    #[callback(alias = "gaps.keyed_graded")]
    async fn keyed_graded(grades: HashMap<Sku, Grade>) -> HashMap<Sku, Grade> {
        grades
    }
}

fn offering(builder: GlobalBuilder) -> GlobalBuilder {
    let names = [
        "review",
        "give",
        "graded",
        "large",
        "large_graded",
        "pairs",
        "told_pairs",
        "pair",
        "untraced_pair",
        "keyed",
        "keyed_graded",
    ];
    names
        .into_iter()
        .fold(builder, |builder, name| builder.callback(format!("gaps.{name}")))
}

#[fetcher(alias = "gaps.review")]
async fn of_verdict(review: &Review<Verdict>) -> String;
#[fetcher(alias = "gaps.give")]
async fn give(grade: Grade) -> Review<Verdict>;
#[fetcher(alias = "gaps.graded")]
async fn of_grade(review: &Review<Grade>) -> String;
#[fetcher(alias = "gaps.graded")]
async fn of_other_grade(review: &Review<OtherGrade>) -> String;
#[fetcher(alias = "gaps.large")]
async fn large(large: &Eight<Verdict>) -> String;
#[fetcher(alias = "gaps.large_graded")]
async fn large_graded(large: &Eight<Grade>) -> Eight<Grade>;

#[fetcher(alias = "gaps.pairs")]
async fn pairs(pairs: &[(Sku, Grade)]) -> usize;
#[fetcher(alias = "gaps.pairs")]
async fn other_pairs(pairs: &[(String, Grade)]) -> usize;
#[fetcher(alias = "gaps.pair")]
async fn pair() -> (Sku, Grade);
#[fetcher(alias = "gaps.pair")]
async fn other_pair() -> (String, Grade);
#[fetcher(alias = "gaps.untraced_pair", untraced)]
async fn untraced_pair(pair: &(Sku, Grade)) -> (Sku, Grade);
#[fetcher(alias = "gaps.keyed")]
async fn keyed(verdicts: &HashMap<Sku, Verdict>) -> usize;
#[fetcher(alias = "gaps.keyed_graded")]
async fn keyed_graded(grades: &HashMap<Sku, Grade>) -> HashMap<Sku, Grade>;
#[fetcher(alias = "gaps.keyed_graded")]
async fn keyed_otherwise(grades: &HashMap<Sku, OtherGrade>) -> HashMap<Sku, OtherGrade>;

/// What is counted in two ways is found wherever it stands, and arrives by its name.
#[track_caller]
fn arrives<T: Debug>(outcome: &Result<T, CallError>, name: &str) {
    assert!(outcome.is_ok(), "{outcome:?}");
    let words = format!("{outcome:?}");
    assert!(words.contains(name), "{words}");
}

#[tokio::test]
async fn p13_what_stands_behind_a_type_that_refuses_is_held_to_what_is_read() {
    let net = Net::start(Transport::Memory, offering).await;
    let g = net.caller().await;
    for _ in 0..2 {
        arrives(&of_verdict(&review(Verdict::Approve)).on(&g).await, "Approve");
        arrives(&of_verdict(&review(Verdict::Reject)).on(&g).await, "Reject");
        arrives(&give(Grade::Good).on(&g).await, "Approve");
        let graded = of_grade(&review(Grade::Bad)).on(&g).await;
        assert_eq!(graded.as_deref(), Ok("Bad"));
        let graded = of_other_grade(&review(OtherGrade::Bad)).on(&g).await;
        assert!(
            matches!(graded, Err(CallError::SignatureMismatch { .. })),
            "{graded:?}"
        );
    }
    // A call by name is sent with names where they are read.
    let by_name = g.call::<String>("gaps.review", (review(Verdict::Approve),)).await;
    arrives(&by_name, "Approve");
    net.stop([g]).await;
}

#[tokio::test]
async fn p13_large_types_are_held_to_what_is_read() {
    let net = Net::start(Transport::Memory, offering).await;
    let g = net.caller().await;
    for _ in 0..2 {
        arrives(&large(&eight(Verdict::Approve)).on(&g).await, "Approve");
        arrives(&large(&eight(Verdict::Reject)).on(&g).await, "Reject");
        let sent = eight(Grade::Bad);
        assert_eq!(large_graded(&sent).on(&g).await, Ok(sent));
    }
    net.stop([g]).await;
}

fn keyed_by<T>(value: T) -> HashMap<Sku, T> {
    HashMap::from([(Sku("SKU-1".to_owned()), value)])
}

#[tokio::test]
async fn p13_values_by_keys_that_refuse_are_held_to_what_is_read() {
    let net = Net::start(Transport::Memory, offering).await;
    let g = net.caller().await;
    for _ in 0..2 {
        arrives(&keyed(&keyed_by(Verdict::Approve)).on(&g).await, "1");
        let sent = keyed_by(Grade::Bad);
        assert_eq!(keyed_graded(&sent).on(&g).await, Ok(sent));
        let other = keyed_otherwise(&keyed_by(OtherGrade::Bad)).on(&g).await;
        assert!(
            matches!(other, Err(CallError::SignatureMismatch { .. })),
            "{other:?}"
        );
    }
    net.stop([g]).await;
}

/// Nothing says how it is read, on either side.
#[tokio::test]
async fn p13_what_stands_behind_a_type_that_refuses_in_a_tuple_is_not_sent() {
    let net = Net::start(Transport::Memory, offering).await;
    let g = net.caller().await;
    let one = || (Sku("SKU-1".to_owned()), Grade::Bad);
    for _ in 0..2 {
        assert_eq!(pairs(&[]).on(&g).await, Ok(0));
        let refused = [
            pairs(&[one()]).on(&g).await.unwrap_err(),
            pair().on(&g).await.unwrap_err(),
        ];
        for error in refused {
            assert!(matches!(error, CallError::Encode { .. }), "{error:?}");
            let words = error.to_string();
            assert!(
                words.contains("::gaps::Sku`") && words.contains("`untraced`"),
                "{words}"
            );
        }
        let others = [
            other_pairs(&[]).on(&g).await.unwrap_err(),
            other_pair().on(&g).await.unwrap_err(),
        ];
        for error in others {
            assert!(matches!(error, CallError::SignatureMismatch { .. }), "{error:?}");
        }
        assert_eq!(untraced_pair(&one()).on(&g).await, Ok(one()));
        // A call by name is sent with names, which tell.
        let by_name = (vec![("SKU-1", OtherGrade::Bad)],);
        arrives(&g.call::<String>("gaps.told_pairs", by_name).await, "Bad");
    }
    net.stop([g]).await;
}

/// What is compared less is told when it is offered, with the type to blame.
#[tokio::test]
async fn p13_what_cannot_be_compared_is_told_at_the_start() {
    let lines = Lines::of_all_tests();
    let net = Net::start(Transport::Memory, offering).await;
    let of = |callback: &str| -> Vec<String> {
        let callback = format!("callback=\"{callback}\"");
        let text = lines.text();
        let of_it = text
            .lines()
            .filter(|line| line.contains(&callback) && line.contains("WARN"));
        of_it.map(ToOwned::to_owned).collect()
    };
    let pairs = of("gaps.pairs");
    assert!(!pairs.is_empty());
    for words in [
        "argument `pairs`, element, element 0",
        "::gaps::Sku\"",
        "values there are not sent",
    ] {
        assert!(pairs[0].contains(words), "no {words} in {}", pairs[0]);
    }
    let large = of("gaps.large_graded");
    assert!(
        large
            .iter()
            .any(|line| line.contains("argument `large`, field `a`")),
        "{large:?}"
    );
    assert!(
        large.iter().any(|line| line.contains("result, field `a`")),
        "{large:?}"
    );
    assert_eq!(of("gaps.review"), [""; 0]);
    assert_eq!(of("gaps.graded"), [""; 0]);
    net.stop([]).await;
}
