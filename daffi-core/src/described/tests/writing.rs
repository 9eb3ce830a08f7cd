//! Values of any shape in the positions of a structure.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::dynamic::Value;
use super::generated::{Typed, each};
use super::*;
use crate::signature::Type;

#[test]
fn what_is_written_by_a_structure_is_what_its_type_writes() {
    each(|ty, value, bytes| {
        let layout = Layout::new(ty);
        assert_eq!(
            encode_by(&layout, value).as_deref(),
            Ok(bytes),
            "{ty}, without types"
        );
        let typed = Typed::new(ty, value);
        assert_eq!(encode_by(&layout, &typed).as_deref(), Ok(bytes), "{ty}");
    });
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Item {
    name: String,
    stock: u64,
    shelf: Option<u8>,
    kind: Kind,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Kind {
    Lamp,
    Bulb(u16),
    Cable { length: f32, color: Option<String> },
    Set(Vec<u8>, bool),
}

#[track_caller]
fn check<W: Serialize, R>(written: &W, expected: &R)
where
    R: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug + 'static,
{
    let bytes = encode_by(&Layout::new(&trace::<R>()), written).unwrap();
    assert_eq!(bytes, *encode(expected).unwrap());
}

#[track_caller]
fn refused<R: DeserializeOwned + 'static>(written: &impl Serialize, expected: &str) {
    let misfit = encode_by(&Layout::new(&trace::<R>()), written).expect_err("it does not fit");
    assert_eq!(misfit.to_string(), expected);
}

fn item(kind: Kind) -> Item {
    Item {
        name: "desk".to_owned(),
        stock: 3,
        shelf: None,
        kind,
    }
}

#[test]
fn a_struct_of_another_shape_is_written_in_the_positions_of_the_structure() {
    #[derive(Serialize)]
    struct Other<'a> {
        kind: Sort,
        stock: u8,
        name: &'a str,
    }
    #[derive(Serialize)]
    enum Sort {
        #[serde(rename = "Cable")]
        Wire {
            length: f64,
        },
        Bulb(i8),
        Lamp,
        Set(u8),
        Unknown,
    }
    let other = |kind| Other {
        kind,
        stock: 3,
        name: "desk",
    };
    let cable = Kind::Cable {
        length: 1.5,
        color: None,
    };
    check(&other(Sort::Wire { length: 1.5 }), &item(cable));
    check(&other(Sort::Bulb(9)), &item(Kind::Bulb(9)));
    check(&other(Sort::Lamp), &item(Kind::Lamp));
    refused::<Item>(
        &other(Sort::Bulb(-1)),
        "`kind.Bulb`: u16 is expected, and integer `-1` came",
    );
    refused::<Item>(
        &other(Sort::Set(1)),
        "`kind.Set`: a tuple of 2 is expected, and one field came",
    );
    refused::<Item>(
        &other(Sort::Unknown),
        "`kind`: one of `Lamp`, `Bulb`, `Cable`, `Set` is expected, and `Unknown` came",
    );
}

#[test]
fn what_would_be_lost_or_is_missing_is_refused() {
    let map = |entries: &[(&str, u8)]| -> BTreeMap<String, u8> {
        let entries = entries.iter().map(|(key, value)| ((*key).to_owned(), *value));
        entries.collect()
    };
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Pair {
        right: u8,
        left: Option<u16>,
    }
    check(
        &map(&[("left", 1), ("right", 2)]),
        &Pair {
            right: 2,
            left: Some(1),
        },
    );
    check(&map(&[("right", 2)]), &Pair { right: 2, left: None });
    refused::<Pair>(&map(&[("left", 2)]), "field `right` is missing: u8 is expected");
    refused::<Pair>(
        &map(&[("left", 1), ("lift", 2)]),
        "there is no field `lift`; there is `right`, `left`",
    );
    refused::<Vec<Pair>>(
        &[7_u8],
        "`[0]`: a struct with `right`, `left` is expected, and integer `7` came",
    );
    refused::<BTreeMap<String, Vec<u32>>>(
        &BTreeMap::from([("late", [1, -1])]),
        "`[\"late\"][1]`: u32 is expected, and integer `-1` came",
    );
    refused::<(u8, u8)>(&[1, 2, 3], "a tuple of 2 is expected, and a sequence of 3 came");
    refused::<u32>(&1.0, "u32 is expected, and floating point `1` came");
    refused::<f32>(&0.1_f64, "f32 is expected, and floating point `0.1` came");
    refused::<u32>(&"1", "u32 is expected, and string \"1\" came");
    refused::<Vec<u8>>(&"AA==", "a sequence is expected, and string \"AA==\" came");
    let twice = Value::Map(vec![
        (Value::text("right"), Value::Integer(1)),
        (Value::text("right"), Value::Integer(2)),
    ]);
    refused::<Pair>(&twice, "field `right` comes twice");
}

#[test]
fn what_is_written_is_bounded() {
    let layout = Layout::new(&Type::Seq(Box::new(Type::Str)));
    let long = vec!["text"; 100];
    assert!(encode_within(&layout, &long, 501).is_ok());
    let misfit = encode_within(&layout, &long, 500).expect_err("it is more");
    assert_eq!(misfit.words(), "the value takes more than 500 bytes");

    #[derive(Serialize, Deserialize)]
    struct Chain(Option<Box<Chain>>);
    let mut chain = Chain(None);
    for _ in 0..200 {
        chain = Chain(Some(Box::new(chain)));
    }
    refused::<Chain>(&chain, "nested deeper than 128 levels");
}
