//! Values that say themselves what they are: with names, where positions tell too little.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;
use std::net::IpAddr;
use std::sync::Arc;

use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::{Json, Layout, NOT_SENT, ReadAs, decode, decode_arguments, encode_by_hand, with_names};
use crate::proto::{Limits, encode, encode_held};
use crate::signature::{Form, Type, findings, trace};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Number(u64),
    Negative(i64),
    Address(IpAddr),
    Text(String),
    Pair(u8, Box<Untagged>),
    Named { id: Uuid, more: Vec<Untagged> },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Internal {
    A { x: u8, inside: Option<Box<Internal>> },
    B,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "t", content = "c")]
enum Adjacent {
    A(u8),
    B { y: u8 },
    C,
    D(u8, String),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Flat {
    a: u8,
    #[serde(flatten)]
    inner: Inner,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Inner {
    x: i16,
    at: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum PartlyUntagged {
    A(u8),
    B {
        c: char,
    },
    #[serde(untagged)]
    Other(u32),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Order {
    id: u64,
    extra: Value,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tags: Vec<(u8, String)>,
    #[serde(skip)]
    seen: bool,
}

/// How it is sent by whoever knows the type, and read.
#[track_caller]
fn sent<T: Serialize + DeserializeOwned + Debug + PartialEq + 'static>(value: &T) -> Vec<u8> {
    let found = findings::<T>();
    assert!(found.ty.explains(), "{}", found.ty);
    let bytes = encode_held(value, &found.form).unwrap();
    let own = ReadAs::of_type(&found.ty, true);
    assert_eq!(own.decode::<T>(&bytes).unwrap(), *value);
    let (next, used) = own.decode_next::<T>(&[&bytes[..], &[7; 9]].concat()).unwrap();
    assert_eq!((&next, used), (value, bytes.len()));
    bytes.to_vec()
}

/// The same, and by hand.
#[track_caller]
fn there_and_back<T: Serialize + DeserializeOwned + Debug + PartialEq + 'static>(value: &T) {
    let bytes = sent(value);
    let layout = Arc::new(Layout::new(&findings::<T>().ty));
    let shown = serde_json::to_value(Json::new(&layout, &bytes).unwrap()).unwrap();
    let written = encode_by_hand(&layout, &shown).unwrap();
    assert_eq!(decode::<T>(&layout, &written).unwrap(), *value, "{shown}");
}

/// The same alone and inside of others.
#[track_caller]
fn everywhere<T: Clone + Serialize + DeserializeOwned + Debug + PartialEq + 'static>(value: T) {
    there_and_back(&value);
    there_and_back(&vec![value.clone(), value.clone()]);
    there_and_back(&vec![Some(value.clone())]);
    there_and_back(&HashMap::from([("key".to_owned(), value.clone())]));
    there_and_back(&(7_u8, value.clone(), "text".to_owned()));
    there_and_back(&(value.clone(),));
    there_and_back(&Ok::<_, String>(value.clone()));
    there_and_back(&Err::<String, _>(value));
}

#[test]
fn each_attribute_that_positions_cannot_carry_arrives_as_it_was() {
    let at = Uuid::from_u128(7);
    let leaf = || Box::new(Untagged::Number(u64::MAX));
    for value in [
        Untagged::Number(3),
        Untagged::Negative(i64::MIN),
        Untagged::Text("x".to_owned()),
        Untagged::Pair(1, leaf()),
        Untagged::Named {
            id: at,
            more: vec![Untagged::Pair(1, leaf()), Untagged::Text(String::new())],
        },
    ] {
        everywhere(value);
    }
    everywhere(Internal::B);
    everywhere(Internal::A {
        x: 1,
        inside: Some(Box::new(Internal::B)),
    });
    for value in [
        Adjacent::A(1),
        Adjacent::B { y: 2 },
        Adjacent::C,
        Adjacent::D(3, "d".to_owned()),
    ] {
        everywhere(value);
    }
    for note in [None, Some("n".to_owned())] {
        everywhere(Flat {
            a: 1,
            inner: Inner { x: -2, at, note },
            rest: BTreeMap::from([("more".to_owned(), json!([1, null, {"deep": -0.5}]))]),
        });
    }
    for value in [
        PartlyUntagged::A(1),
        PartlyUntagged::B { c: 'ж' },
        PartlyUntagged::Other(2),
    ] {
        everywhere(value);
    }
    for tags in [vec![], vec![(1, "a".to_owned())]] {
        everywhere(Order {
            id: u64::MAX,
            extra: json!({"a": [true, "b", 1.5, i64::MIN, u64::MAX], "n": null}),
            tags,
            seen: false,
        });
    }
}

/// explained.alone
#[test]
fn only_the_parts_of_a_tuple_or_a_result_say_what_they_are_that_have_to() {
    let of = |ty: Type| ty.to_string();
    assert_eq!(of(findings::<(u8, String, Value)>().ty), "(u8, String, Any)");
    assert_eq!(of(findings::<Result<Value, String>>().ty), "Result<Any, String>");
    assert_eq!(of(findings::<Vec<(u8, Value)>>().ty), "Any");
    assert_eq!(of(findings::<Order>().ty), "Any");
    assert!(!findings::<(u8, String)>().form.explains());
    let bytes = sent(&(7_u8, 300_u16, json!(null)));
    assert_eq!(bytes, [7, 251, 44, 1, 1, 0xc0]);
    // What stands behind such a type is not found out by reading it.
    assert_eq!(of(findings::<(u8, Value, u16)>().ty), "(u8, Any, Any)");
}

/// What stands among arguments and is not sent, as a context does.
#[derive(Debug, PartialEq)]
struct NotSent;

impl<'de> Deserialize<'de> for NotSent {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Nothing;

        impl<'de> serde::de::Visitor<'de> for Nothing {
            type Value = NotSent;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("nothing")
            }

            fn visit_unit<E>(self) -> Result<NotSent, E> {
                Ok(NotSent)
            }

            fn visit_newtype_struct<D: serde::Deserializer<'de>>(self, _: D) -> Result<NotSent, D::Error> {
                Ok(NotSent)
            }
        }

        deserializer.deserialize_newtype_struct(NOT_SENT, Nothing)
    }
}

#[test]
fn what_is_not_sent_takes_nothing_of_what_says_itself_what_it_is() {
    let at = IpAddr::from([127, 0, 0, 1]);
    let sent = (json!({"a": [1]}), 7_u8, Untagged::Address(at), at);
    let asks = || Form::explained("a type");
    let form = Form::tuple([asks(), findings::<u8>().form, asks(), asks()]);
    let bytes = encode_held(&sent, &form).unwrap();
    let layout = Layout::new(&Type::Tuple(vec![Type::Any, Type::U8, Type::Any, Type::Any]));
    type Arguments = (
        NotSent,
        Value,
        NotSent,
        u8,
        Untagged,
        NotSent,
        IpAddr,
        NotSent,
        Option<u8>,
    );
    let came: Arguments = decode_arguments(&layout, &bytes).unwrap();
    let (any, seven, untagged, at) = sent;
    let none = || NotSent;
    assert_eq!(
        came,
        (none(), any, none(), seven, untagged, none(), at, none(), None)
    );
    // Not all that is behind it is taken.
    let misfit = decode_arguments::<(NotSent, Value, NotSent, u8)>(&layout, &bytes).unwrap_err();
    assert_eq!(misfit.to_string(), "2 arguments are sent that nobody takes");
    let misfit = decode_arguments::<(NotSent, u8)>(&layout, &bytes).unwrap_err();
    assert!(
        misfit.to_string().starts_with("`argument 1`: u8 is expected"),
        "{misfit}"
    );
}

#[test]
fn it_is_the_messagepack_of_others_with_the_length_in_front() {
    #[track_caller]
    fn check<T: Serialize + DeserializeOwned + Debug + PartialEq + 'static>(value: &T) {
        let mut theirs = Vec::new();
        let mut serializer = rmp_serde::Serializer::new(&mut theirs)
            .with_struct_map()
            .with_human_readable();
        value.serialize(&mut serializer).unwrap();
        let bytes = sent(value);
        let length = encode(&theirs.len()).unwrap();
        assert_eq!(bytes, [&length[..], &theirs].concat());
    }
    check(&json!({"a": [1, -1, 200, 70_000, i64::MIN, u64::MAX, 0.5, "text", true, null], "b": {}, "c": []}));
    check(&json!(vec![vec!["x".repeat(300); 20]; 70]));
    check(&json!("y".repeat(70_000)));
    check(&Untagged::Named {
        id: Uuid::from_u128(1 << 100),
        more: vec![Untagged::Address([127, 0, 0, 1].into())],
    });
    check(&vec![PartlyUntagged::A(1), PartlyUntagged::B { c: 'a' }]);
}

#[test]
fn what_would_arrive_as_something_else_is_refused() {
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Maybe {
        any: Value,
        twice: Option<Option<u8>>,
        unit: Option<()>,
    }
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Wide {
        number: u128,
        #[serde(flatten)]
        rest: BTreeMap<String, i128>,
    }
    let refused = |error: crate::proto::EncodeError, words: &[&str]| {
        for word in words {
            assert!(error.to_string().contains(word), "no {word} in: {error}");
        }
    };
    let maybe = |twice, unit| Maybe {
        any: json!(1),
        twice,
        unit,
    };
    let form = findings::<Maybe>().form;
    for value in [maybe(Some(None), None), maybe(None, Some(()))] {
        refused(encode_held(&value, &form).unwrap_err(), &["`Some(None)`", "enum"]);
    }
    there_and_back(&maybe(Some(Some(1)), None));
    there_and_back(&maybe(None, None));
    let wide = Wide {
        number: 1,
        rest: BTreeMap::new(),
    };
    let error = encode_held(&wide, &findings::<Wide>().form).unwrap_err();
    refused(error, &["128 bits", "Wide", "text"]);
}

#[test]
fn who_reads_is_told_the_path_to_what_it_does_not_take() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Read {
        id: u64,
        lines: Vec<Line>,
        kind: Kind,
    }
    #[derive(Debug, PartialEq, Deserialize)]
    struct Line {
        price: u8,
    }
    #[derive(Debug, PartialEq, Deserialize)]
    enum Kind {
        Small(u8),
    }
    let layout = Layout::new(&Type::Any);
    let fault = |value: Value| {
        let bytes = encode_by_hand(&layout, &value).unwrap();
        decode::<Read>(&layout, &bytes).unwrap_err().to_string()
    };
    let line = json!({"price": 1});
    assert_eq!(
        fault(json!({"id": 1, "lines": [line, {"price": 300}], "kind": {"Small": 1}})),
        "`lines[1].price`: u8 is expected, and integer `300` came"
    );
    assert_eq!(
        fault(json!({"id": 1, "lines": [], "kind": {"Large": 1}})),
        "`kind.Large`: there is no variant `Large`; there is `Small`"
    );
    assert_eq!(
        fault(json!({"id": 1, "lines": [], "kind": "Small"})),
        "`kind.Small`: a variant with one field is expected, and unit variant came"
    );
    assert_eq!(
        fault(json!({"id": 1})),
        "field `lines` is missing, and has no default"
    );
}

/// explained.bounded
#[test]
fn what_comes_is_bounded_in_depth_and_elements() {
    let layout = Layout::new(&Type::Any);
    let framed = |bytes: &[u8]| [&encode(&bytes.len()).unwrap(), bytes].concat();
    // Lists inside of each other, which have no end.
    let deep = framed(&[vec![0x91; 100_000], vec![0xc0]].concat());
    let nested = |depth: usize| framed(&[vec![0x91; depth], vec![0xc0]].concat());
    for result in [
        decode::<Value>(&layout, &deep).map(drop),
        decode::<serde::de::IgnoredAny>(&layout, &deep).map(drop),
        Json::new(&Arc::new(layout.clone()), &deep).map(drop),
    ] {
        assert!(result.unwrap_err().words().contains("nested deeper than 128"));
    }
    assert!(decode::<Value>(&layout, &nested(Limits::DEPTH)).is_ok());
    assert!(decode::<Value>(&layout, &nested(Limits::DEPTH + 1)).is_err());
    // Elements, entries and bytes that are only claimed.
    for claimed in [
        &[0xdd, 0xff, 0xff, 0xff, 0xff, 0xc0][..],
        &[0xdf, 0xff, 0xff, 0xff, 0xff, 0xc0],
        &[0xdc, 0xff, 0xff],
        &[0x82, 0xa1, 0x61, 0xc0],
    ] {
        let misfit = decode::<Value>(&layout, &framed(claimed)).unwrap_err();
        assert!(
            misfit.words().contains("more than so few bytes may hold"),
            "{misfit}"
        );
    }
    for cut in [
        &[0xdb, 0xff, 0xff, 0xff, 0xff, 0x61][..],
        &[0xc6, 0xff, 0xff, 0xff, 0xff, 0x61],
        &[0xa5, 0x61],
        &[0xcf, 0],
        &[],
    ] {
        let misfit = decode::<Value>(&layout, &framed(cut)).unwrap_err();
        assert!(misfit.words().contains("end in the middle"), "{misfit}");
    }
    // What it is not: words of an application's own, and what has no meaning.
    for strange in [
        &[0xd4, 5, 1][..],
        &[0xc1],
        &[0xd8, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    ] {
        assert!(decode::<Value>(&layout, &framed(strange)).is_err());
    }
    assert!(decode::<Value>(&layout, &framed(&[0xc0, 0xc0])).is_err(), "two");
    assert!(decode::<Value>(&layout, &[200, 0xc0]).is_err(), "too short");
}

#[test]
fn what_is_sent_is_bounded_in_depth() {
    let nested = |depth: usize| (0..depth).fold(json!(null), |inside, _| json!([inside]));
    let form = findings::<Value>().form;
    there_and_back(&nested(100));
    assert!(encode_held(&nested(Limits::DEPTH), &form).is_ok());
    let error = encode_held(&nested(Limits::DEPTH + 1), &form).unwrap_err();
    assert!(error.to_string().contains("nested deeper than 128"), "{error}");
}

#[test]
fn a_size_that_is_not_said_or_not_true_is_found_out() {
    struct Liar(Option<usize>, usize);

    impl Serialize for Liar {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            use serde::ser::SerializeSeq as _;
            let mut elements = serializer.serialize_seq(self.0)?;
            (0..self.1).try_for_each(|_| elements.serialize_element(&1))?;
            elements.end()
        }
    }

    struct Unpaired;

    impl Serialize for Unpaired {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            use serde::ser::SerializeMap as _;
            let mut entries = serializer.serialize_map(Some(1))?;
            entries.serialize_value(&1)?;
            entries.serialize_key(&1)?;
            entries.end()
        }
    }

    let layout = Layout::new(&Type::Any);
    for count in [0, 3, 20, 70_000] {
        let bytes = encode_by_hand(&layout, &Liar(None, count)).unwrap();
        assert_eq!(decode::<Vec<u8>>(&layout, &bytes).unwrap().len(), count);
    }
    assert!(encode_by_hand(&layout, &Liar(Some(3), 2)).is_err());
    assert!(encode_by_hand(&layout, &Liar(Some(2), 3)).is_err());
    assert!(encode_by_hand(&layout, &Unpaired).is_err());
}

#[test]
fn people_see_what_json_has_a_word_for() {
    let layout = Arc::new(Layout::new(&Type::Any));
    let shown = |bytes: &[u8]| {
        let framed = [&encode(&bytes.len()).unwrap(), bytes].concat();
        Json::new(&layout, &framed).unwrap().to_string()
    };
    // As text, nothing would say that they are bytes.
    assert_eq!(shown(&[0xc4, 3, 0, 1, 2]), "[0,1,2]");
    assert_eq!(shown(&[0x81, 0xc4, 1, 9, 0xc3]), "[[[9],true]]");
    assert_eq!(
        shown(&[0x82, 0xa1, b'a', 0x81, 0x90, 1, 0xa1, b'b', 0x80]),
        r#"{"a":[[[],1]],"b":{}}"#
    );
    assert_eq!(shown(&[0xca, 0x3d, 0xcc, 0xcc, 0xcd]), "0.1");
    assert_eq!(shown(&[0xcb, 0x7f, 0xf0, 0, 0, 0, 0, 0, 0]), r#""Infinity""#);
    assert_eq!(
        shown(&[0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
        u64::MAX.to_string()
    );
    assert_eq!(shown(&[0x81, 7, 0xc3]), r#"{"7":true}"#);
    assert_eq!(shown(&[0x81, 0x91, 7, 0xc3]), "[[[7],true]]");
}

/// Any JSON.
fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e12_f64..1e12).prop_map(Value::from),
        ".{0,40}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 60, 20, |inside| {
        prop_oneof![
            prop::collection::vec(inside.clone(), 0..20).prop_map(Value::from),
            prop::collection::btree_map(".{0,6}", inside, 0..20)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_json_goes_there_and_back(value in values()) {
        there_and_back(&value);
        there_and_back(&(1_u8, value));
    }

    #[test]
    fn any_bytes_are_a_value_or_none(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let layout = Arc::new(Layout::new(&Type::Any));
        for bytes in [bytes.clone(), [&encode(&bytes.len()).unwrap(), &bytes[..]].concat()] {
            let shown = Json::new(&layout, &bytes);
            let taken = decode::<Value>(&layout, &bytes);
            // What JSON has no word for is shown all the same.
            prop_assert!(taken.is_err() || shown.is_ok());
            if let Ok(shown) = shown {
                prop_assert!(serde_json::from_str::<Value>(&shown.to_string()).is_ok(), "{shown}");
            }
            let _ = decode::<Untagged>(&layout, &bytes);
            let _ = decode::<Internal>(&layout, &bytes);
            let _ = decode::<Adjacent>(&layout, &bytes);
            let _ = decode::<Flat>(&layout, &bytes);
            let _ = decode::<Order>(&layout, &bytes);
            let _ = decode::<(u128, Option<Option<char>>)>(&layout, &bytes);
        }
    }
}

/// What was written by positions, written with names afterwards, is what it would have been.
#[test]
fn arguments_are_written_with_names_afterwards_as_they_would_be() {
    #[derive(Serialize, Deserialize)]
    struct All {
        numbers: (i8, i128, u128, f32, f64, char, bool),
        bytes: Vec<u8>,
        maybe: [Option<Box<All>>; 2],
        map: BTreeMap<u8, Vec<Choice>>,
        unit: (),
        newtype: Wrapped,
    }
    #[derive(Serialize, Deserialize)]
    struct Wrapped(String);
    #[derive(Serialize, Deserialize)]
    enum Choice {
        Unit,
        Newtype(u8),
        Tuple(u8, Wrapped),
        Struct { a: u8 },
    }
    let all = |maybe| All {
        numbers: (-1, i128::MIN, u128::MAX, 0.1, f64::NAN, 'ж', true),
        bytes: vec![0, 255],
        maybe,
        map: BTreeMap::from([(
            7,
            vec![
                Choice::Unit,
                Choice::Newtype(1),
                Choice::Tuple(2, Wrapped("b".to_owned())),
                Choice::Struct { a: 3 },
            ],
        )]),
        unit: (),
        newtype: Wrapped("c".to_owned()),
    };
    let arguments = (1_u16, all([None, Some(Box::new(all([None, None])))]), "text");
    let layout = Layout::new(&trace::<(u16, All, &str)>());
    let bytes = encode(&arguments).unwrap();
    assert_eq!(with_names(&layout, &bytes, &[]).unwrap(), bytes);
    let mut expected = encode(&arguments.0).unwrap().to_vec();
    crate::proto::explained::write(&arguments.1, &mut expected).unwrap();
    expected.extend(encode(arguments.2).unwrap());
    assert_eq!(with_names(&layout, &bytes, &[1]).unwrap(), expected);
    // What cannot be told from nothing is refused, with its place.
    let layout = Layout::new(&trace::<(u8, Option<Option<u8>>)>());
    let bytes = encode(&(1_u8, Some(None::<u8>))).unwrap();
    let misfit = with_names(&layout, &bytes, &[1]).unwrap_err();
    assert!(
        misfit.to_string().contains("`Some` of what is nothing itself"),
        "{misfit}"
    );
}
