//! Names of what is sent with names: what is written by one name and read by another would be lost without a word.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::*;
use crate::described::ReadAs;
use crate::signature::findings;

/// So all of what it is in says itself what it is.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Any {
    Number(u8),
    Text(String),
}

/// Its value would be lost: its reader finds nothing by that name, and takes the default.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct Renamed {
    #[serde(rename(serialize = "written", deserialize = "read"), default)]
    value: u8,
}

fn encoded<T: Serialize + DeserializeOwned>(value: T) -> Result<bytes::Bytes, String> {
    // All of it, and not each part by itself.
    let inside = findings::<Around<T>>();
    assert_eq!(inside.ty, crate::signature::Type::Any);
    encode_held(
        &Around {
            value,
            any: Any::Number(1),
        },
        &inside.form,
    )
    .map_err(|error| error.to_string())
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Around<T> {
    value: T,
    any: Any,
}

#[track_caller]
fn is_refused<T: Serialize + DeserializeOwned>(value: T) {
    let error = encoded(value).unwrap_err();
    for words in [
        "`written`",
        "`Renamed`",
        "written and not read",
        "a rename differs",
    ] {
        assert!(error.contains(words), "no {words} in: {error}");
    }
}

#[track_caller]
fn arrives<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(value: T) {
    let (sent, expected) = (encode(&value).unwrap(), format!("{value:?}"));
    let bytes = encoded(value).unwrap();
    let read = ReadAs::of_type(&crate::signature::Type::Any, false);
    let found: Around<T> = read.decode(&bytes).unwrap();
    assert_eq!(found.any, Any::Number(1));
    assert_eq!(
        (format!("{:?}", found.value), encode(&found.value).unwrap()),
        (expected, sent)
    );
}

/// explained.names
#[test]
fn a_field_that_is_written_by_one_name_and_read_by_another_is_refused_wherever_it_is() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Newtype(Renamed);
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Pair(u8, Renamed);
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Tree {
        inside: Vec<Tree>,
        leaf: Option<Renamed>,
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    enum Choice {
        Unit,
        Newtype(Renamed),
        Tuple(u8, Renamed),
        Struct { a: u8, b: Renamed },
    }
    let renamed = || Renamed { value: 7 };
    is_refused(renamed());
    is_refused(vec![renamed()]);
    is_refused(Some(renamed()));
    is_refused((1_u8, renamed()));
    is_refused(BTreeMap::from([("a".to_owned(), renamed())]));
    is_refused(Newtype(renamed()));
    is_refused(Pair(1, renamed()));
    let leaf = |leaf| Tree {
        inside: Vec::new(),
        leaf,
    };
    let tree = |inside| Tree { inside, leaf: None };
    is_refused(tree(vec![leaf(None), tree(vec![leaf(Some(renamed()))])]));
    arrives(tree(vec![leaf(None), tree(vec![leaf(None)])]));
    is_refused(Choice::Newtype(renamed()));
    is_refused(Choice::Tuple(1, renamed()));
    is_refused(Choice::Struct { a: 1, b: renamed() });
    arrives(Choice::Unit);
    // As where it has positions.
    let form = findings::<Renamed>().form;
    assert!(encode_held(&renamed(), &form).is_err());
    assert!(explained::write_by_names(&renamed(), &form, &mut Vec::new()).is_err());
}

#[test]
fn a_field_that_is_left_out_on_purpose_is_not_refused() {
    #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
    struct Fine {
        #[serde(rename = "other")]
        same: u8,
        #[serde(alias = "third")]
        second: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        perhaps: Option<u8>,
        #[serde(skip)]
        never: u8,
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(tag = "kind")]
    struct Tagged {
        a: u8,
    }
    for perhaps in [None, Some(1)] {
        arrives(Fine {
            same: 3,
            second: Some("b".to_owned()),
            perhaps,
            never: 0,
        });
    }
    arrives(Tagged { a: 1 });
    // Written on purpose, and left out where there is nothing: neither is the other.
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Both {
        #[serde(skip_deserializing)]
        computed: u8,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        perhaps: Option<u8>,
    }
    encoded(Both {
        computed: 7,
        perhaps: None,
    })
    .unwrap();
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Short {
        #[serde(default, skip_serializing)]
        secret: u8,
        shown: u8,
    }
    encoded(Short { secret: 1, shown: 2 }).unwrap();
}

/// Whatever its text is: also the name of the type, as the tag of a struct has it.
#[test]
fn one_field_that_is_only_written_beside_one_that_is_only_read_may_be_the_same() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(tag = "kind")]
    struct Kept {
        #[serde(default, skip_serializing)]
        secret: u8,
        shown: u8,
    }
    let error = encoded(Kept { secret: 1, shown: 2 }).unwrap_err();
    assert!(error.contains("`kind`") && error.contains("`Kept`"), "{error}");
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Text {
        #[serde(default, rename(serialize = "written", deserialize = "read"))]
        text: String,
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    enum Choice {
        Note {
            #[serde(default, rename(serialize = "written", deserialize = "read"))]
            text: String,
        },
    }
    for text in ["Text", "Note", "a"] {
        let text = || text.to_owned();
        assert!(encoded(Text { text: text() }).is_err());
        assert!(encoded(Choice::Note { text: text() }).is_err());
    }
}

/// What is known of one argument is not what is known of the next.
#[test]
fn what_nothing_is_known_of_is_looked_up_nowhere() {
    let mut unknown = crate::signature::Findings::nothing();
    unknown.ty = crate::signature::Type::Opaque;
    let contract = crate::signature::Contract::new(
        [
            ("note", unknown),
            ("inner", findings::<Inner>()),
            ("any", findings::<Any>()),
        ],
        findings::<()>(),
        crate::signature::ErrorFindings::None,
    );
    #[derive(Serialize, Deserialize)]
    struct Inner {
        inside: Deep,
    }
    #[derive(Serialize, Deserialize)]
    struct Deep {
        id: u8,
        more: u8,
    }
    #[derive(Serialize)]
    struct Note {
        text: u8,
    }
    let inner = Inner {
        inside: Deep { id: 1, more: 2 },
    };
    let arguments = (Note { text: 1 }, inner, Any::Number(1));
    encode_held(&arguments, &contract.forms.arguments).unwrap();
}

/// Each would be read as the other, or one as the other that is left out.
#[test]
fn fields_that_change_places_by_their_names_are_refused() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Exchanged {
        #[serde(rename(serialize = "b", deserialize = "a"))]
        a: u8,
        #[serde(rename(serialize = "a", deserialize = "b"))]
        b: u8,
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Taken {
        #[serde(rename(serialize = "b"), default)]
        a: u8,
        #[serde(alias = "b", skip_serializing_if = "is_zero", default)]
        c: u8,
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct TakenBefore {
        #[serde(alias = "b", skip_serializing_if = "is_zero", default)]
        c: u8,
        #[serde(rename(serialize = "b"), default)]
        a: u8,
    }
    for error in [
        encoded(Exchanged { a: 1, b: 2 }),
        encoded(Taken { a: 7, c: 0 }),
        encoded(TakenBefore { a: 7, c: 0 }),
    ] {
        let error = error.unwrap_err();
        assert!(error.contains("is not written where it is read"), "{error}");
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
const fn is_zero(number: &u8) -> bool {
    *number == 0
}

/// Its reader would take the one for the other, or for none that it knows.
#[test]
fn a_variant_that_is_written_by_one_name_and_read_by_another_is_refused() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    enum Named {
        #[serde(rename(serialize = "one", deserialize = "two"))]
        First,
        #[serde(rename(serialize = "three", deserialize = "four"))]
        Second(u8),
        Third,
        #[serde(other)]
        Others,
    }
    for (value, name) in [(Named::First, "`one`"), (Named::Second(1), "`three`")] {
        let error = encoded(value).unwrap_err();
        assert!(
            error.contains(name) && error.contains("written and not read"),
            "{error}"
        );
    }
    arrives(Named::Third);
    arrives(Named::Others);
}

/// Types that write something else for people than for machines are read as they write then.
#[test]
fn what_is_written_otherwise_for_people_is_not_looked_up_by_names() {
    use std::net::{IpAddr, Ipv4Addr};
    arrives(IpAddr::from(Ipv4Addr::LOCALHOST));
    arrives(BTreeMap::from([(IpAddr::from(Ipv4Addr::LOCALHOST), Some(1_u8))]));
    arrives(std::time::Duration::from_millis(1));
    arrives(Ok::<u8, String>(1));
}
