//! Items of a stream, by positions and with names: those that are sent together are written alike.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::explained::{Which, encode_by_names};
use super::*;
use crate::described::{Front, ItemsAs, ReadAs, Readings};
use crate::signature::{
    ErrorType, Findings, Form, Interface, Readable, Returns, Signature, Type, findings, reading,
};

/// Without its first field, its second would be read as that.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Item {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<u8>,
    size: u8,
}

const fn item(size: u8) -> Item {
    let note = if size.is_multiple_of(2) { Some(0) } else { None };
    Item { note, size }
}

fn encoded(sizes: &[u8]) -> Items {
    let Findings { form, .. } = findings::<Item>();
    let mut items = Items::default();
    for size in sizes {
        encode_item(&item(*size), &form, &mut items).unwrap();
    }
    items
}

/// As their reader has them.
fn read(batch: &Batch) -> Vec<Item> {
    let reading = ItemsAs::new(ReadAs::Own, &reading::<Item>());
    let reading = reading.reading(batch.explained).unwrap();
    let mut left = &batch.bytes[..];
    let mut items = Vec::new();
    for _ in 0..batch.items {
        let (item, used) = reading.decode_next(left).unwrap();
        items.push(item);
        left = &left[used..];
    }
    assert!(left.is_empty());
    items
}

/// explained.items
#[test]
fn items_that_positions_cannot_carry_are_sent_with_names_and_no_others() {
    let mut items = encoded(&[2, 4]);
    assert!(!items.are_mixed());
    let batch = items.take();
    assert_eq!((batch.items, batch.explained), (2, false));
    assert_eq!(read(&batch), [item(2), item(4)]);
    assert_eq!((items.count(), items.size()), (0, 0));

    let mut items = encoded(&[2, 4, 5]);
    assert!(items.are_mixed() && items.why_named().is_some());
    assert!(items.why_named().is_none());
    let batch = items.take();
    assert_eq!((batch.items, batch.explained), (2, false));
    assert_eq!(read(&batch), [item(2), item(4)]);
    // What comes behind it is written as if it were alone.
    assert!(!items.are_mixed());
    let Findings { form, .. } = findings::<Item>();
    for size in [7, 6, 8, 9] {
        encode_item(&item(size), &form, &mut items).unwrap();
    }
    let mut came = Vec::new();
    while items.count() > 0 {
        let batch = items.take();
        came.push((batch.explained, read(&batch)));
    }
    let named = (true, vec![item(5), item(7)]);
    assert_eq!(
        came,
        [named, (false, vec![item(6), item(8)]), (true, vec![item(9)])]
    );
    assert_eq!(items.size(), 0);
}

/// What a reader finds in it, or that it is refused, is not for those to decide that share a frame with it.
#[test]
fn an_item_is_encoded_as_it_would_be_alone() {
    /// No value of it can be made up: what stands behind it is not known.
    #[derive(Debug, Serialize, Deserialize)]
    #[serde(try_from = "String")]
    struct Sku(String);
    impl TryFrom<String> for Sku {
        type Error = &'static str;
        fn try_from(_: String) -> Result<Self, &'static str> {
            Err("there is none")
        }
    }
    #[derive(Debug, Serialize, Deserialize)]
    enum Sold {
        Note(Item),
        Who(Cased),
        Pair(Sku, Cased),
        Part(Vec<u8>),
    }
    let who = || Cased {
        nick: None,
        user_id: Some(5),
    };
    let encoded = |form: &Form, sold: &Sold, before: Option<u8>| {
        let mut items = Items::default();
        if let Some(size) = before {
            encode_item(&Sold::Note(item(size)), form, &mut items).unwrap();
        }
        let is_fine = encode_item(sold, form, &mut items).is_ok();
        let mut last = Batch::new(0, bytes::Bytes::new());
        while items.count() > 0 {
            last = items.take();
        }
        is_fine.then_some((last.items, last.explained, last.bytes))
    };
    for form in [findings::<Sold>().form, Form::unknown()] {
        for sold in [
            Sold::Who(who()),
            Sold::Pair(Sku(String::new()), who()),
            Sold::Part(vec![1; 1000]),
        ] {
            let alone = encoded(&form, &sold, None);
            assert_eq!(encoded(&form, &sold, Some(3)), alone, "{sold:?}");
            assert!(alone.is_none_or(|(_, explained, _)| !explained), "{sold:?}");
        }
    }
    let form = findings::<Sold>().form;
    assert_eq!(
        encoded(&form, &Sold::Pair(Sku(String::new()), who()), Some(3)),
        None
    );
}

#[test]
fn an_item_that_is_moved_says_how_it_is_written() {
    let Findings { form, .. } = findings::<Item>();
    let (mut items, mut others) = (Items::default(), Vec::new());
    for size in [2, 3, 4, 5] {
        encode_item(&item(size), &form, &mut items).unwrap();
        assert_eq!(items.begin_with_names(), size % 2 == 1);
        items.move_to(&mut others);
        assert_eq!((items.count(), items.size()), (0, 0));
    }
}

#[test]
fn nothing_is_left_of_an_item_that_cannot_be_encoded() {
    struct Broken(bool);
    impl Serialize for Broken {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            match self.0 {
                true => Err(serde::ser::Error::custom("broken")),
                false => serializer.serialize_u8(1),
            }
        }
    }
    let (mut items, form) = (Items::default(), Form::unknown());
    encode_item(&(1_u8, Broken(false)), &form, &mut items).unwrap();
    let error = encode_item(&(1_u8, Broken(true)), &form, &mut items).unwrap_err();
    assert!(error.to_string().contains("broken"), "{error}");
    assert_eq!((items.count(), items.size()), (1, 2));
    // Names do not tell it either.
    let mut items = encoded(&[2, 3]);
    let size = items.size();
    encode_item(&(1_u8, Broken(true)), &form, &mut items).unwrap_err();
    assert_eq!((items.count(), items.size()), (2, size));
}

/// Whose type is not known reads none: nobody could say what is lost.
#[test]
fn items_with_names_are_read_by_types_that_are_known() {
    let unknown = ItemsAs::new(ReadAs::Own, &Readable::unknown(Type::Opaque));
    assert!(unknown.reading(false).is_ok() && unknown.reading(true).is_err());
    let known = ItemsAs::new(ReadAs::Own, &reading::<Vec<Item>>());
    assert!(known.reading(true).is_ok());
}

/// As arguments of a call each, of which the last was added later.
#[test]
fn arguments_with_names_are_each_by_themselves() {
    let signature = |parameters: &[(&'static str, Type)]| {
        let returns = Returns {
            ok: Type::Unit,
            error: ErrorType::None,
        };
        Signature::new(parameters.iter().cloned(), returns)
    };
    let Findings { form, ty, .. } = findings::<Item>();
    let form = Form::tuple([form, findings::<u8>().form]);
    let mut items = Items::default();
    encode_arguments(&(item(2), 7_u8), &form, &mut items).unwrap();
    encode_arguments(&(item(3), 7_u8), &form, &mut items).unwrap();
    let batch = items.take();
    let interface = Interface::from(signature(&[
        ("item", ty.clone()),
        ("times", Type::U8),
        ("note", Type::Option(Box::new(Type::U8))),
    ]));
    let own = Readings::own(false);
    let sent = Front::of_arguments(&signature(&[("item", ty), ("times", Type::U8)]).into());
    let described = sent.unwrap().arguments(&interface, &own).unwrap();
    let arguments = |batch: &Batch, readings: &Readings| -> (Item, u8, Option<u8>) {
        let (bytes, used) = decode_arguments(&batch.bytes).unwrap();
        assert_eq!((used, batch.items), (batch.bytes.len(), 1));
        readings.arguments.decode_arguments(&bytes).unwrap()
    };
    assert!(!batch.explained);
    assert_eq!(arguments(&batch, &described), (item(2), 7, None));
    let batch = items.take();
    assert!(batch.explained);
    let explained = described.explained(&interface, &own).unwrap();
    assert_eq!(arguments(&batch, &explained), (item(3), 7, None));
    // Those of whom nothing is known read none.
    let unknown = Interface::from(Signature::unknown());
    assert!(described.explained(&unknown, &own).is_err());
}

/// Its reader finds nothing by that name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Renamed {
    #[serde(rename(serialize = "written", deserialize = "read"), default)]
    value: u8,
}

/// By positions it agrees: names that differ in their case alone are the same there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all(serialize = "camelCase"))]
struct Cased {
    nick: Option<u8>,
    user_id: Option<u8>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Event {
    Note(Item),
    Who(Cased),
    Renamed(Renamed),
    Deep(Option<Option<u8>>),
}

fn read_events(batch: &Batch) -> Vec<Event> {
    let reading = ItemsAs::new(ReadAs::Own, &reading::<Event>());
    let (reading, mut left) = (reading.reading(batch.explained).unwrap(), &batch.bytes[..]);
    let next = |_| {
        let (event, used) = reading.decode_next(left).unwrap();
        left = &left[used..];
        event
    };
    (0..batch.items).map(next).collect()
}

/// explained.names
#[test]
fn an_item_that_names_would_lose_or_refuse_goes_by_positions_whatever_was_sent_before_it() {
    let form = findings::<Event>().form;
    let who = Event::Who(Cased {
        nick: None,
        user_id: Some(5),
    });
    for event in [who, Event::Deep(Some(None))] {
        let mut items = Items::default();
        for event in [&Event::Note(item(2)), &Event::Note(item(3))] {
            encode_item(event, &form, &mut items).unwrap();
        }
        assert!(!items.take().explained && items.count() == 1);
        encode_item(&event, &form, &mut items).unwrap();
        assert!(items.are_mixed());
        let batch = items.take();
        assert!(batch.explained);
        assert_eq!(read_events(&batch), [Event::Note(item(3))]);
        let batch = items.take();
        assert!(!batch.explained);
        assert_eq!(read_events(&batch), [event]);
    }
    // And one that neither carries is refused, whatever was sent before it.
    for before in [2, 3] {
        let mut items = Items::default();
        encode_item(&Event::Note(item(before)), &form, &mut items).unwrap();
        let renamed = Event::Renamed(Renamed { value: 7 });
        encode_item(&renamed, &form, &mut items).unwrap_err();
        assert_eq!(items.count(), 1);
    }
}

/// Something beside it is left out, so that it cannot go by positions, and by names it would be lost.
#[test]
fn an_item_of_which_names_would_lose_a_part_is_refused() {
    #[derive(Serialize, Deserialize)]
    struct Around {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        first: Option<u8>,
        inside: Cased,
    }
    let form = findings::<Around>().form;
    let around = |user_id| Around {
        first: None,
        inside: Cased { nick: None, user_id },
    };
    let error = encode_item(&around(Some(5)), &form, &mut Items::default()).unwrap_err();
    assert!(error.to_string().contains("`userId`"), "{error}");
    let form = Form::tuple([form]);
    let error = encode_arguments(&(around(Some(5)),), &form, &mut Items::default()).unwrap_err();
    assert!(error.to_string().contains("`userId`"), "{error}");
}

/// explained.carried: of an untraced fetcher, or of a type of which not all was found out.
#[test]
fn p13_what_positions_carry_is_not_lost_by_names_beside_what_they_do_not() {
    let who = || Cased {
        nick: None,
        user_id: Some(5),
    };
    let known = findings::<Item>().form;
    for form in [Form::unknown(), Form::tuple([known, Form::unknown()])] {
        let mut items = Items::default();
        encode_arguments(&(item(2), who()), &form, &mut items).unwrap();
        let error = encode_arguments(&(item(3), who()), &form, &mut items).unwrap_err();
        for words in ["`Cased`", "is not known", "by itself"] {
            assert!(error.to_string().contains(words), "no {words} in: {error}");
        }
        let chosen = Some(Ok::<_, Sold>(1_u8));
        let error = encode_arguments(&(item(3), chosen), &form, &mut items).unwrap_err();
        assert!(error.to_string().contains("the enum `Result`"), "{error}");
        // What has no names is the same with them.
        encode_arguments(&(item(3), (7_u8, vec!["a"])), &form, &mut items).unwrap();
        assert_eq!(
            [items.take(), items.take()].map(|batch| batch.explained),
            [false, true]
        );
        // And what has to go with names goes so.
        encode_arguments(&(item(3), item(5)), &form, &mut items).unwrap();
        assert!(items.take().explained);
        // For people, who are shown what goes with names, it is a text and no enum.
        encode_arguments(&(item(3), IpAddr::from([127, 0, 0, 1])), &form, &mut items).unwrap();
        assert!(items.take().explained);

        // Each argument of a call goes as it would alone.
        let named = |arguments| encode_by_names(arguments, &form, Which::Needed(&[])).unwrap();
        let (bytes, explained) = named(&(item(3), who()));
        assert_eq!(explained, [0]);
        assert!(bytes.ends_with(&encode(&who()).unwrap()));
        // If not all is known of it, with names where it loses nothing by them.
        let unknown = Which::Needed(&[1]);
        let (_, explained) = encode_by_names(&(item(3), 7_u8), &form, unknown).unwrap();
        assert_eq!(explained, [0, 1]);
        assert_eq!(
            encode_by_names(&(item(3), who()), &form, unknown).unwrap(),
            (bytes, vec![0])
        );
    }
}

#[derive(Serialize)]
enum Sold {}

/// In the same value: nobody knows by which names that is read which is not known.
#[test]
fn p13_what_is_not_known_of_a_value_that_goes_with_names_is_refused() {
    #[derive(Debug, Serialize)]
    struct Hidden<T>(T);
    impl<'de, T> Deserialize<'de> for Hidden<T> {
        fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
            panic!("it cannot be read")
        }
    }
    #[derive(Serialize, Deserialize)]
    #[serde(bound = "")]
    struct Around<T: Serialize> {
        rule: Item,
        hidden: Hidden<T>,
    }
    fn sent<T: Serialize + 'static>(size: u8, hidden: T) -> Result<bool, String> {
        let around = Around {
            rule: item(size),
            hidden: Hidden(hidden),
        };
        let mut items = Items::default();
        let form = findings::<Around<T>>().form;
        let written = encode_item(&around, &form, &mut items);
        written
            .map(|()| items.take().explained)
            .map_err(|error| error.to_string())
    }
    let who = || Cased {
        nick: None,
        user_id: Some(5),
    };
    assert_eq!(sent(2, who()), Ok(false));
    assert_eq!(sent(3, vec![7_u8]), Ok(true));
    for error in [
        sent(3, who()),
        sent(3, vec![Some(who())]),
        sent(3, Ok::<u8, u8>(1)),
    ] {
        let error = error.unwrap_err();
        assert!(error.contains("is not known"), "{error}");
    }
}
