//! Whether a caller and a callback go together, and what stands in front of values.

use std::collections::BTreeMap;

use bytes::Bytes;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::*;
use crate::signature::{Contract, ErrorFindings, Findings, Interface, findings};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Old {
    name: String,
    price: u32,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct New {
    #[serde(default)]
    tags: Vec<String>,
    #[serde(alias = "name")]
    title: String,
    price: u64,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Needs {
    name: String,
    price: u32,
    currency: String,
}

fn interface<const N: usize>(parameters: [(&str, Findings); N], ok: Findings) -> Interface {
    Contract::new(parameters, ok, ErrorFindings::None).interface
}

fn nothing() -> Findings {
    findings::<()>()
}

#[track_caller]
fn check(called: &Interface, offered: &Interface, expected: &str) {
    let words = match agreement(called, offered) {
        Verdict::Same => "same".to_owned(),
        Verdict::Compatible => "compatible".to_owned(),
        Verdict::Incompatible(misfit) => misfit.to_string(),
    };
    assert_eq!(words, expected);
    // What travels says the same.
    let told = |interface: &Interface| crate::proto::Described::of(interface).interface().unwrap();
    assert_eq!((&told(called), &told(offered)), (called, offered));
}

#[test]
fn arguments_go_to_the_callback_and_results_back() {
    let old = || interface([("item", findings::<Old>())], nothing());
    let new = || interface([("item", findings::<New>())], nothing());
    check(&old(), &old(), "same");
    check(&old(), &new(), "compatible");
    check(
        &new(),
        &old(),
        "`item.price`: u64 is written, and u32 is expected; a number may only become wider",
    );
    let gives = |ok| interface([], ok);
    check(&gives(findings::<New>()), &gives(findings::<Old>()), "compatible");
    check(
        &gives(findings::<Needs>()),
        &gives(findings::<Old>()),
        "`result.currency`: the reader needs this field, and it is not written; give it `#[serde(default)]`, or make it \
         an `Option`",
    );
}

#[test]
fn arguments_may_be_added_at_the_end_if_they_have_a_default() {
    let count = || ("count", findings::<u8>());
    let one = interface([count()], nothing());
    let option = interface([count(), ("note", findings::<Option<String>>())], nothing());
    let default = interface([count(), ("note", findings::<String>().optional())], nothing());
    check(&one, &option, "compatible");
    check(&one, &default, "compatible");
    let needed = interface([count(), ("note", findings::<String>())], nothing());
    let words = "`note`: the callback needs this argument, and it is not sent; give it `#[callback(default)]`, or make it \
                 an `Option`";
    check(&one, &needed, words);
    let words = "2 arguments are sent, and the callback takes 1; let callbacks take a new argument, with \
                 `#[callback(default)]` or as an `Option`, before it is sent";
    check(&option, &one, words);
}

#[test]
fn streams_go_with_streams_of_items_that_go_together() {
    let of = |ok: Findings| interface([], ok.streamed());
    check(&of(findings::<u64>()), &of(findings::<u32>()), "compatible");
    check(
        &of(findings::<u8>()),
        &of(findings::<u32>()),
        "`result`: u32 is written, and u8 is expected; a number may only become wider",
    );
    check(
        &interface([], nothing()),
        &of(findings::<u32>()),
        "`result`: one is a stream, and the other is none; add another callback for it",
    );
    check(
        &of(findings::<u32>()),
        &interface([], nothing()),
        "`result`: one is a stream, and the other is none; add another callback for it",
    );
}

#[test]
fn errors_that_are_expected_are_given() {
    let error = |error| Contract::new([], findings::<u8>(), error).interface;
    let typed = |findings| error(ErrorFindings::Typed(findings));
    check(&typed(findings::<New>()), &typed(findings::<Old>()), "compatible");
    check(&error(ErrorFindings::None), &typed(findings::<Old>()), "same");
    check(
        &typed(findings::<Old>()),
        &error(ErrorFindings::Remote),
        "an error of this type is expected, and the callback gives none; leave `Result` out of the fetcher, or give the \
         callback the error",
    );
}

/// explained.unknown
#[test]
fn who_knows_nothing_of_values_reads_none_of_which_a_part_says_itself_what_it_is() {
    fn check<T: serde::de::DeserializeOwned>() {
        let takes = |argument| interface([("first", nothing()), ("pair", argument)], nothing());
        let gives = |ok| interface([], ok);
        let streams = |ok: Findings| interface([], ok.streamed());
        let fails = |error| {
            let error = ErrorFindings::Typed(error);
            Contract::new([], nothing(), error).interface
        };
        let all: [&dyn Fn(Findings) -> Interface; 4] = [&takes, &gives, &streams, &fails];
        for (number, of) in all.into_iter().enumerate() {
            let (known, unknown) = (of(findings::<T>()), of(Findings::nothing()));
            for (called, offered) in [(&known, &unknown), (&unknown, &known)] {
                let verdict = agreement(called, offered);
                assert!(
                    !verdict.is_compatible(),
                    "{number}: {verdict:?}, {}",
                    findings::<T>().ty
                );
            }
            assert!(agreement(&known, &known).is_compatible());
        }
    }
    check::<Value>();
    check::<(u8, Value)>();
    check::<[Value; 2]>();
    check::<Result<u8, Value>>();
    check::<(Value, Old)>();
    // What has positions is as it is.
    let takes = |argument| interface([("pair", argument)], nothing());
    let known = takes(findings::<(u8, String)>());
    assert!(agreement(&known, &takes(Findings::nothing())).is_compatible());
}

/// What a callback with that interface reads of arguments that were sent by another one.
fn sent<A: serde::de::DeserializeOwned>(
    from: &Interface,
    arguments: &impl Serialize,
    to: &Interface,
) -> Result<A, String> {
    let front = Front::of_arguments(from).unwrap();
    let payload = front.before(&encode(arguments).unwrap());
    let (front, arguments) = Front::split(&payload).map_err(|misfit| misfit.to_string())?;
    let readings = front
        .arguments(to, &Readings::own(false))
        .map_err(|misfit| misfit.to_string())?;
    readings
        .arguments
        .decode_arguments(&arguments)
        .map_err(|error| error.to_string())
}

#[test]
fn arguments_are_read_behind_their_structure() {
    let milk = || Old {
        name: "milk".to_owned(),
        price: 3,
    };
    let from = interface(
        [("item", findings::<Old>()), ("count", findings::<u8>())],
        nothing(),
    );
    let to = interface(
        [
            ("item", findings::<New>()),
            ("count", findings::<u16>()),
            ("note", findings::<Option<String>>()),
        ],
        nothing(),
    );
    let (item, count, note): (New, u16, Option<String>) = sent(&from, &(milk(), 7u8), &to).unwrap();
    assert_eq!((&*item.title, item.price, count, note), ("milk", 3, 7, None));
    // The same structure goes the fast way.
    let (item, count): (Old, u8) = sent(&from, &(milk(), 7u8), &from).unwrap();
    assert_eq!((item, count), (milk(), 7));
    // Whoever sends what does not go together is told at the argument.
    let less: Result<(New, u16, String), _> = sent(&from, &(milk(), 7u8), &to);
    assert_eq!(
        less.unwrap_err(),
        "`argument 3`: this argument was not sent, and has no default"
    );
    let more: Result<(New,), _> = sent(&from, &(milk(), 7u8), &to);
    assert_eq!(more.unwrap_err(), "1 arguments are sent that nobody takes");
}

#[test]
fn a_result_is_read_behind_its_structure() {
    let written = interface([], findings::<BTreeMap<u8, Old>>());
    let value = BTreeMap::from([(
        1_u8,
        Old {
            name: "milk".to_owned(),
            price: 3,
        },
    )]);
    let bytes = Fronts::of(&written).ok.before(&encode(&value).unwrap());
    let (front, rest) = Front::split(&bytes).unwrap();
    let read = interface([], findings::<BTreeMap<u16, New>>()).ok();
    let reading = front.value(&read, ReadAs::Own).unwrap();
    let value: BTreeMap<u16, New> = reading.decode(&rest).unwrap();
    assert_eq!((&*value[&1].title, value[&1].price), ("milk", 3));
}

proptest! {
    /// What is in front is from a peer.
    #[test]
    fn whatever_is_in_front_is_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..64), cut in 0_u32..16) {
        let to = interface([("item", findings::<New>())], nothing());
        let mut framed = cut.to_le_bytes().to_vec();
        framed.extend(&bytes);
        for payload in [Bytes::from(bytes), Bytes::from(framed)] {
            if let Ok((front, rest)) = Front::split(&payload) {
                if let Ok(readings) = front.arguments(&to, &Readings::own(false)) {
                    let _ = readings.arguments.decode_arguments::<(New,)>(&rest);
                }
                if let Ok(reading) = front.value(&to.ok(), ReadAs::Guarded) {
                    let _ = reading.decode_next::<New>(&rest);
                }
            }
        }
    }
}
