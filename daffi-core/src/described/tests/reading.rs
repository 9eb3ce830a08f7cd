//! What a type reads that was written as another one.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::*;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Item {
    name: String,
    stock: u32,
    shelf: Option<u8>,
    kind: Kind,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Kind {
    Lamp,
    Bulb(u16),
    Cable { length: f32, color: String },
    Set(Vec<u8>, bool),
}

fn item(kind: Kind) -> Item {
    Item {
        name: "desk".to_owned(),
        stock: 3,
        shelf: Some(7),
        kind,
    }
}

#[test]
fn fields_have_another_order_and_some_are_unknown() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Short {
        kind: Kind,
        name: String,
    }
    let read: Short = read(&item(Kind::Set(vec![1, 2], true))).unwrap();
    assert_eq!(read.name, "desk");
    assert_eq!(read.kind, Kind::Set(vec![1, 2], true));
}

#[test]
fn what_was_not_written_comes_from_its_default() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Long {
        #[serde(default)]
        price: u64,
        name: String,
        #[serde(default = "seven")]
        weight: u8,
        note: Option<String>,
    }
    fn seven() -> u8 {
        7
    }
    let read: Long = read(&item(Kind::Lamp)).unwrap();
    let expected = Long {
        price: 0,
        name: "desk".to_owned(),
        weight: 7,
        note: None,
    };
    assert_eq!(read, expected);
}

#[test]
fn names_are_those_of_the_attributes() {
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "lowercase")]
    struct Renamed {
        #[serde(alias = "name", alias = "label")]
        title: String,
        #[serde(rename = "stock")]
        count: u32,
        kind: Sort,
    }
    #[derive(Debug, PartialEq, Deserialize)]
    enum Sort {
        #[serde(alias = "Lamp")]
        Light,
        #[serde(rename = "Bulb")]
        Glow(u32),
        #[serde(other)]
        Else,
    }
    let sort = |kind| read::<_, Renamed>(&item(kind)).unwrap().kind;
    assert_eq!(sort(Kind::Lamp), Sort::Light);
    assert_eq!(sort(Kind::Bulb(300)), Sort::Glow(300));
    assert_eq!(sort(Kind::Set(vec![1], false)), Sort::Else);
    let cable = Kind::Cable {
        length: 1.5,
        color: "red".to_owned(),
    };
    assert_eq!(sort(cable), Sort::Else);
}

#[track_caller]
fn check<W, R>(written: &W, expected: &R)
where
    W: Serialize + DeserializeOwned + 'static,
    R: DeserializeOwned + PartialEq + std::fmt::Debug,
{
    assert_eq!(&read::<W, R>(written).unwrap(), expected);
}

#[test]
fn numbers_are_wider_and_values_became_options() {
    check(&7_u8, &7_u16);
    check(&250_u8, &250_i16);
    check(&u32::MAX, &u64::from(u32::MAX));
    check(&u64::MAX, &u128::from(u64::MAX));
    check(&u64::MAX, &i128::from(u64::MAX));
    check(&i32::MIN, &i64::from(i32::MIN));
    check(&-3_i8, &-3_i128);
    check(&1.5_f32, &1.5_f64);
    check(&7_u8, &Some(7_u8));
    check(&"text".to_owned(), &Some("text".to_owned()));
    check(&Some(7_u8), &Some(7_u64));
    check(&None::<u8>, &None::<u64>);
    check(&u128::MAX, &u128::MAX);
    assert_eq!(
        read::<_, u8>(&300_u32).unwrap_err().words(),
        "u8 is expected, and integer `300` came"
    );
    assert_eq!(
        read::<_, u8>(&-1_i32).unwrap_err().words(),
        "u8 is expected, and integer `-1` came"
    );
}

#[test]
fn what_had_no_fields_has_some_now() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Nothing;
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(default)]
    struct Something {
        count: u8,
    }
    impl Default for Something {
        fn default() -> Self {
            Self { count: 9 }
        }
    }
    check(&Nothing, &Something { count: 9 });
    check(&(), &Something { count: 9 });
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    enum Before {
        Off,
        On,
    }
    #[derive(Debug, PartialEq, Deserialize)]
    enum After {
        On { level: Option<u8> },
        Off,
    }
    check(&Before::On, &After::On { level: None });
    check(&Before::Off, &After::Off);
    check(&item(Kind::Lamp), &Nothing);
}

/// So for a type that asks what comes, which bytes alone do not say.
#[test]
fn types_that_ask_are_told() {
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(untagged)]
    enum Any {
        Number(u64),
        Text(String),
        Fields { name: String, stock: u64 },
    }
    check(&7_u8, &Any::Number(7));
    check(&"text".to_owned(), &Any::Text("text".to_owned()));
    let fields = Any::Fields {
        name: "desk".to_owned(),
        stock: 3,
    };
    check(&item(Kind::Lamp), &fields);

    #[derive(Debug, PartialEq, Deserialize)]
    struct Flat {
        name: String,
        #[serde(flatten)]
        rest: Rest,
    }
    #[derive(Debug, PartialEq, Deserialize)]
    struct Rest {
        kind: Kind,
        stock: u32,
    }
    let flat = Flat {
        name: "desk".to_owned(),
        rest: Rest {
            kind: Kind::Bulb(3),
            stock: 3,
        },
    };
    check(&item(Kind::Bulb(3)), &flat);

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(tag = "name")]
    enum Tagged {
        #[serde(rename = "desk")]
        Desk { stock: u32, shelf: Option<u8> },
    }
    let tagged = Tagged::Desk {
        stock: 3,
        shelf: Some(7),
    };
    check(&item(Kind::Lamp), &tagged);
}

#[test]
fn strings_and_bytes_are_borrowed() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Borrowed<'a> {
        bytes: &'a [u8],
        name: &'a str,
    }
    #[derive(Serialize, Deserialize)]
    struct Owned {
        name: String,
        bytes: Vec<u8>,
    }
    let owned = Owned {
        name: "desk".to_owned(),
        bytes: vec![1, 2, 3],
    };
    let bytes = encode(&owned).unwrap();
    let layout = Layout::new(&trace::<Owned>());
    let read: Borrowed<'_> = decode(&layout, &bytes).unwrap();
    let expected = Borrowed {
        bytes: &[1, 2, 3],
        name: "desk",
    };
    assert_eq!(read, expected);
    assert!(bytes.as_ptr_range().contains(&read.name.as_ptr()));
}

#[test]
fn a_struct_is_read_as_a_map_and_a_map_as_no_struct() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Point {
        x: i32,
        y: i32,
    }
    let map = BTreeMap::from([("x".to_owned(), 1), ("y".to_owned(), -1)]);
    assert_eq!(
        read::<_, Point>(&map).unwrap_err().words(),
        "struct Point is expected, and a map came"
    );
    check(
        &Point { x: 1, y: -1 },
        &HashMap::from([("x".to_owned(), 1), ("y".to_owned(), -1)]),
    );
}
