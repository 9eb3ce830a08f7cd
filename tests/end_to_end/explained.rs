//! Values that say themselves what they are: types that ask what they are given, as arguments, results, errors and items.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use daffi::{CallError, Global, Streaming, callback, fetcher};
use futures_util::{Stream, StreamExt, stream};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::net::{Net, Transport, over_each};
use crate::traces::Lines;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Id {
    Number(u64),
    Name(String),
    Both { number: u64, name: String },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Event {
    Sold { what: Id },
    Closed,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Order {
    event: Event,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "why", content = "what")]
enum Refused {
    SoldOut(Id),
    Other(Value),
}

fn order(note: Option<&str>) -> Order {
    Order {
        event: Event::Sold {
            what: Id::Both {
                number: u64::MAX,
                name: "lamp".to_owned(),
            },
        },
        note: note.map(str::to_owned),
        rest: BTreeMap::from([("size".to_owned(), json!([1, {"wide": 0.5}, null]))]),
    }
}

struct Shop;

#[callback(prefix = "explained.")]
impl Shop {
    pub async fn echo(&self, value: Value) -> Value {
        value
    }

    pub async fn place(&self, times: u8, order: Order, by: &str) -> Result<Vec<Order>, Refused> {
        match by {
            "nobody" => Err(Refused::SoldOut(Id::Name("lamp".to_owned()))),
            "thief" => Err(Refused::Other(json!({"by": by, "times": times}))),
            _ => Ok(vec![order; times.into()]),
        }
    }

    pub async fn events(&self, ids: Vec<Id>) -> impl Stream<Item = Event> + use<> {
        stream::iter(ids.into_iter().map(|what| Event::Sold { what }))
    }

    pub fn ids(&self, end: u64) -> impl Iterator<Item = Id> + use<> {
        (0..end).map(|number| match number % 2 {
            0 => Id::Number(number),
            _ => Id::Name(number.to_string()),
        })
    }

    pub async fn count(&self, kind: Value, mut events: Streaming<Event>) -> u64 {
        let mut count = 0;
        while let Some(event) = events.next().await {
            let event = serde_json::to_value(event.unwrap()).unwrap();
            count += u64::from(event["kind"] == kind);
        }
        count
    }

    pub async fn pair(&self, value: Value) -> (u8, Value) {
        (7, value)
    }
}

#[fetcher(prefix = "explained.")]
trait Shopping {
    async fn echo(&self, value: &Value) -> Value;
    async fn place(&self, times: u8, order: &Order, by: &str) -> Result<Vec<Order>, Refused>;
    async fn events(&self, ids: Vec<Id>) -> impl Stream<Item = Event>;
    async fn ids(&self, end: u64) -> impl Stream<Item = Id>;
    async fn count(&self, kind: Value, events: impl Stream<Item = Event>) -> u64;
    async fn pair(&self, value: Value) -> (u8, Value);
}

#[fetcher(alias = "explained.echo", each)]
async fn echo_each(values: impl Stream<Item = Value>) -> Value;

/// The arguments as a tuple.
#[fetcher(alias = "explained.place")]
async fn place_computed(times: u8) -> Result<Vec<Order>, Refused> {
    (times, order(None), "me".to_owned())
}

async fn net(transport: Transport) -> (Net, Global) {
    let net = Net::start(transport, |builder| builder.process_name("shop").service(Shop)).await;
    let g = net.caller().await;
    (net, g)
}

#[tokio::test]
async fn p13_values_that_ask_what_they_are_given_arrive_as_they_were() {
    over_each(async |transport| {
        let (net, g) = net(transport).await;
        let shop = ShoppingClient::new(&g);
        for value in [
            json!(null),
            json!({}),
            json!([1, -1, u64::MAX, 0.5, "a", true, null, {"b": [[]]}]),
            json!("x".repeat(300_000)),
        ] {
            assert_eq!(shop.echo(&value).await, Ok(value.clone()));
            assert_eq!(shop.pair(value.clone()).await, Ok((7, value)));
        }
        for note in [None, Some("soon")] {
            let order = order(note);
            assert_eq!(shop.place(2, &order, "me").await, Ok(vec![order.clone(); 2]));
        }
        assert_eq!(place_computed(1).on(&g).await, Ok(vec![order(None)]));
        let refused = |by| shop.place(2, &order(None), by);
        let sold_out = Refused::SoldOut(Id::Name("lamp".to_owned()));
        assert_eq!(refused("nobody").await, Err(CallError::App(sold_out)));
        let other = Refused::Other(json!({"by": "thief", "times": 2}));
        assert_eq!(refused("thief").await, Err(CallError::App(other)));
        net.stop([g]).await;
    })
    .await;
}

#[tokio::test]
async fn p13_items_that_ask_what_they_are_given_arrive_as_they_were() {
    over_each(async |transport| {
        let (net, g) = net(transport).await;
        let shop = ShoppingClient::new(&g);
        let ids = || {
            (0..1000).map(|number| match number % 3 {
                0 => Id::Number(number),
                1 => Id::Name("n".repeat(usize::try_from(number).unwrap())),
                _ => Id::Both {
                    number,
                    name: String::new(),
                },
            })
        };
        let events: Vec<_> = shop.events(ids().collect()).await.unwrap().collect().await;
        let expected: Vec<_> = ids().map(|what| Ok(Event::Sold { what })).collect();
        assert_eq!(events, expected);
        let items: Vec<_> = shop.ids(3).await.unwrap().collect().await;
        let expected = [Id::Number(0), Id::Name("1".to_owned()), Id::Number(2)];
        assert_eq!(items, expected.map(Ok));
        let sent = || {
            stream::iter((0..10).map(|what| Event::Sold {
                what: Id::Number(what),
            }))
        };
        let sent = || sent().chain(stream::iter([Event::Closed]));
        assert_eq!(shop.count(json!("Sold"), sent()).await, Ok(10));
        assert_eq!(shop.count(json!("Closed"), sent()).await, Ok(1));
        let each = stream::iter([json!(1), json!([]), json!({"a": "b"})]);
        assert_eq!(echo_each(each).on(&g).await, Ok(3));
        net.stop([g]).await;
    })
    .await;
}

#[tokio::test]
async fn p13_answers_of_a_broadcast_that_ask_what_they_are_given_arrive_as_they_were() {
    let (net, g) = net(Transport::Memory).await;
    let other = net
        .join()
        .process_name("other")
        .service(Shop)
        .start()
        .await
        .unwrap();
    let shop = ShoppingClient::new(&g);
    let replies = shop.place(1, &order(None), "me").broadcast().await.unwrap();
    assert_eq!(replies.len(), 2);
    for (_, reply) in &replies {
        assert_eq!(*reply, Ok(vec![order(None)]));
    }
    let replies = shop.place(1, &order(None), "nobody").broadcast().await.unwrap();
    let sold_out = Refused::SoldOut(Id::Name("lamp".to_owned()));
    for (_, reply) in &replies {
        assert_eq!(*reply, Err(CallError::App(sold_out.clone())));
    }
    net.stop([g, other]).await;
}

#[tokio::test]
async fn they_are_called_by_hand_and_by_name() {
    let (net, g) = net(Transport::Memory).await;
    let value = json!({"a": [1, null, "b"], "big": u64::MAX});
    let answer = g.call_json("explained.echo", [value.clone()]).await.unwrap();
    assert_eq!(serde_json::to_value(&answer).unwrap(), value);
    let written = json!({"times": 1, "order": order(None), "by": "me"});
    let answer = g.call_json("explained.place", written.clone()).await.unwrap();
    assert_eq!(serde_json::to_value(&answer).unwrap(), json!([order(None)]));
    let written = json!([3, order(None), "thief"]);
    let CallError::App(error) = g.call_json("explained.place", written.clone()).await.unwrap_err() else {
        panic!("it is refused")
    };
    let error = serde_json::to_value(error.value().unwrap()).unwrap();
    assert_eq!(
        error,
        json!({"why": "Other", "what": {"by": "thief", "times": 3}})
    );
    let mut ids = g.call_json("explained.ids", [2]).items().await.unwrap();
    assert_eq!(ids.next().await.unwrap().unwrap().to_string(), "0");
    assert_eq!(ids.next().await.unwrap().unwrap().to_string(), "\"1\"");
    // What is not known for the type, but is for the value.
    let answer: Value = g.call("explained.echo", (&value,)).await.unwrap();
    assert_eq!(answer, value);
    let all = [
        json!([1, "a"]),
        json!({}),
        json!([]),
        json!(null),
        json!({"a": [1]}),
        json!(0.5),
        json!(""),
    ];
    for value in all {
        assert_eq!(g.call::<Value>("explained.echo", (&value,)).await, Ok(value));
    }
    let event = Event::Sold { what: Id::Number(3) };
    let shown = json!({"kind": "Sold", "what": 3});
    assert_eq!(g.call::<Value>("explained.echo", (event,)).await, Ok(shown));
    let id = Adjacent::Number(3);
    assert_eq!(
        g.call::<Value>("explained.echo", (id,)).await,
        Ok(json!({"Number": 3}))
    );
    assert_eq!(
        g.call::<Value>("explained.echo", (Adjacent::None,)).await,
        Ok(json!("None"))
    );
    assert_eq!(
        g.call::<Value>("explained.echo", (None::<u8>,)).await,
        Ok(json!(null))
    );
    assert_eq!(g.call("explained.pair", (json!({}),)).await, Ok((7, json!({}))));
    let written = (1_u8, json!({"event": {"kind": "Closed"}}), "me");
    let placed = g.call::<Value>("explained.place", written).await.unwrap();
    assert_eq!(placed, json!([{"event": {"kind": "Closed"}}]));
    // What is not taken is told with its place.
    let written = json!([1, {"event": {"kind": "Sold"}}, "me"]);
    let error = g.call_json("explained.place", written.clone()).await.unwrap_err();
    assert!(matches!(error, CallError::Decode { .. }), "{error:?}");
    assert!(error.to_string().contains("what"), "{error}");
    let version = g.describe("explained.place").await.unwrap().versions[0].clone();
    assert!(
        version.signature.to_string().contains("order: Any"),
        "{version:?}"
    );
    net.stop([g]).await;
}

/// One that asks nothing.
#[derive(Serialize)]
enum Adjacent {
    None,
    Number(u8),
}

/// As newer and older programs have it.
mod other {
    use super::*;

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct Plain {
        pub event: Sold,
        #[serde(default)]
        pub note: Option<String>,
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct Sold {
        pub kind: String,
        pub what: u64,
    }

    #[fetcher(alias = "explained.place")]
    pub async fn place(times: u8, order: &Plain, by: &str) -> Vec<Plain>;
    #[fetcher(alias = "explained.echo")]
    pub async fn echo(value: &Plain) -> Plain;
    #[fetcher(alias = "explained.echo")]
    pub async fn address(address: IpAddr) -> IpAddr;
    #[fetcher(alias = "explained.echo")]
    pub async fn perhaps(perhaps: Option<Option<u8>>) -> Value;
    #[fetcher(alias = "explained.given")]
    pub async fn given() -> Value;
    #[fetcher(alias = "explained.taken")]
    pub async fn taken(times: u64, plain: &Plain) -> String;
    #[fetcher(alias = "explained.echo", untraced)]
    pub async fn unknown(value: &Plain) -> Value;
    #[fetcher(alias = "explained.two", untraced)]
    pub async fn unknown_part(pair: (u8, Value)) -> (u8, Value);
}

#[fetcher(alias = "explained.noted")]
async fn noted(order: &Order) -> u64;

/// Where one asks, the other writes with names what is the same so.
#[tokio::test]
async fn a_call_goes_to_those_who_ask_and_to_those_who_do_not() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder).await;
        let second = net.join().process_name("second").start().await.unwrap();
        let asks = |times: u64, value: Value| format!("{times} {}", value["event"]["what"]);
        net.service.register_fn("explained.taken", asks).await.unwrap();
        let knows = |times: u64, plain: other::Plain| format!("{times} {}", plain.event.what);
        second.register_fn("explained.taken", knows).await.unwrap();
        let g = net.caller().await;
        let plain = other::Plain {
            event: other::Sold {
                kind: "Sold".to_owned(),
                what: 7,
            },
            note: Some("a".to_owned()),
        };
        let expected = || Ok("300 7".to_owned());
        for _ in 0..2 {
            for process in ["service", "second"] {
                let taken = other::taken(300, &plain).to(process).on(&g).await;
                assert_eq!(taken, expected(), "{process}");
            }
            let taken = other::taken(300, &plain).broadcast().on(&g).await.unwrap();
            assert_eq!(taken.len(), 2);
            for (process, taken) in &taken {
                assert_eq!(*taken, expected(), "{process}");
            }
        }
        net.stop([g, second]).await;
    })
    .await;
}

/// What says itself what it is is read by types that do not ask, where their own `Deserialize` takes it; and they write it for those that do.
#[tokio::test]
async fn a_type_that_asks_is_read_by_one_that_does_not_and_reads_its_arguments_with_names() {
    let (net, g) = net(Transport::Memory).await;
    let plain = other::Plain {
        event: other::Sold {
            kind: "Sold".to_owned(),
            what: 7,
        },
        note: None,
    };
    // Its caller writes it with names then, the first time and from then on.
    for _ in 0..2 {
        let placed = other::place(1, &plain, "me").on(&g).await;
        assert_eq!(placed, Ok(vec![plain.clone()]));
        assert_eq!(other::echo(&plain).on(&g).await, Ok(plain.clone()));
    }
    // But not what is something else for people than for machines, and not a result.
    let address = IpAddr::from(Ipv4Addr::LOCALHOST);
    let given = plain.clone();
    let give = move || given.clone();
    net.service.register_fn("explained.given", give).await.unwrap();
    let by_positions = [
        other::address(address).on(&g).await.map(drop).unwrap_err(),
        other::given().on(&g).await.map(drop).unwrap_err(),
    ];
    for error in by_positions {
        assert!(matches!(error, CallError::SignatureMismatch { .. }), "{error:?}");
        assert!(error.to_string().contains("written by positions"), "{error}");
    }
    // Nor what could not be told from nothing.
    let error = other::perhaps(Some(None)).on(&g).await.unwrap_err();
    assert!(
        matches!(
            error,
            CallError::Invalid {
                may_have_run: false,
                ..
            }
        ),
        "{error:?}"
    );
    assert!(
        error.to_string().contains("`Some` of what is nothing itself"),
        "{error}"
    );
    assert_eq!(other::perhaps(Some(Some(1))).on(&g).await, Ok(json!(1)));
    // Of whom nothing is known, nobody can say how it is to be read.
    let error = other::unknown(&plain).on(&g).await.unwrap_err();
    assert!(matches!(error, CallError::SignatureMismatch { .. }), "{error:?}");
    let same = |pair: (u8, Value)| pair;
    net.service.register_fn("explained.two", same).await.unwrap();
    let error = other::unknown_part((7, json!("a"))).on(&g).await.unwrap_err();
    assert!(matches!(error, CallError::SignatureMismatch { .. }), "{error:?}");
    let what = |plain: other::Plain| plain.event.what;
    net.service.register_fn("explained.noted", what).await.unwrap();
    let of = |what| Order {
        event: Event::Sold { what },
        note: None,
        rest: BTreeMap::new(),
    };
    assert_eq!(noted(&of(Id::Number(7))).on(&g).await, Ok(7));
    // A value that is none for the reader's type is refused where it comes.
    let error = noted(&of(Id::Name("lamp".to_owned()))).on(&g).await.unwrap_err();
    assert!(matches!(error, CallError::Decode { .. }), "{error:?}");
    assert!(
        !error.may_have_run() && error.to_string().contains("what"),
        "{error}"
    );
    net.stop([g]).await;
}

/// What says itself what it is as one of the parts of an argument, or of a result.
mod parts {
    use super::*;

    #[callback(alias = "explained.tuple")]
    async fn tuple(pair: (u8, Value)) -> (u8, Value) {
        pair
    }

    #[callback(alias = "explained.array")]
    fn array(pair: [Value; 2]) -> [Value; 2] {
        pair
    }

    #[callback(alias = "explained.turned")]
    async fn turned(given: Result<Value, String>) -> Result<String, Value> {
        match given {
            Ok(value) => Err(value),
            Err(text) => Ok(text),
        }
    }

    #[callback(alias = "explained.beside")]
    async fn beside(
        first: u64,
        pair: (Value, u8, Id),
        note: &str,
        given: Result<String, Value>,
        plain: (u8, String),
        last: [Id; 3],
    ) -> Result<(u8, Value), (Value, u64)> {
        let all = json!([first, pair, note, given, plain, last]);
        if note.is_empty() {
            return Err((all, first));
        }
        Ok((plain.0, all))
    }

    #[callback(alias = "explained.left_out")]
    async fn left_out(pair: (Value, Item), other: u8) -> (Value, Item) {
        (json!([pair.0, other]), pair.1)
    }

    #[fetcher(alias = "explained.tuple")]
    pub(super) async fn to_tuple(pair: &(u8, Value)) -> (u8, Value);
    #[fetcher(alias = "explained.tuple", each)]
    pub(super) async fn to_tuple_each(pairs: impl Stream<Item = (u8, Value)>) -> (u8, Value);
    #[fetcher(alias = "explained.array")]
    pub(super) async fn to_array(pair: [Value; 2]) -> [Value; 2];
    #[fetcher(alias = "explained.turned")]
    pub(super) async fn to_turned(given: Result<Value, String>) -> Result<String, Value>;
    #[fetcher(alias = "explained.beside")]
    pub(super) async fn to_beside(
        first: u64,
        pair: (Value, u8, Id),
        note: &str,
        given: Result<String, Value>,
        plain: (u8, String),
        last: [Id; 3],
    ) -> Result<(u8, Value), (Value, u64)>;
    #[fetcher(alias = "explained.left_out")]
    pub(super) async fn to_left_out(pair: (Value, Item), other: u8) -> (Value, Item);
    #[fetcher(alias = "explained.made")]
    pub(super) async fn made(pair: (u8, Value), given: Result<Value, u8>)
    -> Result<(u8, Value), (u8, Value)>;
}

#[tokio::test]
async fn p13_parts_of_an_argument_that_ask_what_they_are_given_arrive_as_they_were() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| {
            builder
                .callback("explained.tuple")
                .callback("explained.array")
                .callback("explained.turned")
                .callback("explained.beside")
                .callback("explained.left_out")
        })
        .await;
        let made = |pair: (u8, Value), given: Result<Value, u8>| match given {
            Ok(value) => Ok((pair.0, json!([pair.1, value]))),
            Err(number) => Err((number, pair.1)),
        };
        net.service.register_fn("explained.made", made).await.unwrap();
        let g = net.caller().await;
        let value = json!({"a": [1, null, "b"], "big": u64::MAX});
        let pair = (7, value.clone());
        assert_eq!(parts::to_tuple(&pair).on(&g).await, Ok(pair.clone()));
        let pairs = stream::iter(vec![pair.clone(); 3]);
        assert_eq!(parts::to_tuple_each(pairs).on(&g).await, Ok(3));
        let array = [value.clone(), json!(null)];
        assert_eq!(parts::to_array(array.clone()).on(&g).await, Ok(array));
        let turned = |given| parts::to_turned(given).on(&g);
        assert_eq!(turned(Err("no".to_owned())).await, Ok("no".to_owned()));
        assert_eq!(
            turned(Ok(value.clone())).await,
            Err(CallError::App(value.clone()))
        );

        let ids = [Id::Number(1), Id::Name("2".to_owned()), Id::Number(3)];
        for given in [Ok("yes".to_owned()), Err(json!([0.5]))] {
            for note in ["a note", ""] {
                let pair = (value.clone(), 3, ids[1].clone());
                let plain = (5, "plain".to_owned());
                let all = json!([300, pair, note, given, plain, ids]);
                let answer = parts::to_beside(300, pair, note, given.clone(), plain, ids.clone())
                    .on(&g)
                    .await;
                if note.is_empty() {
                    assert_eq!(answer, Err(CallError::App((all, 300))));
                } else {
                    assert_eq!(answer, Ok((5, all)));
                }
            }
        }
        for note in [None, Some("a note".to_owned())] {
            let item = Item { note, number: 2 };
            let answer = parts::to_left_out((value.clone(), item.clone()), 9).on(&g).await;
            assert_eq!(answer, Ok((json!([value, 9]), item)));
        }

        let made = |given| parts::made(pair.clone(), given).on(&g);
        assert_eq!(made(Ok(json!(2))).await, Ok((7, json!([value, 2]))));
        assert_eq!(made(Err(4)).await, Err(CallError::App((4, value.clone()))));
        let answer = g.call_json("explained.tuple", json!([pair])).await.unwrap();
        assert_eq!(serde_json::to_value(&answer).unwrap(), json!(pair));
        assert_eq!(g.call("explained.tuple", (&pair,)).await, Ok(pair));
        net.stop([g]).await;
    })
    .await;
}

/// Its first field is left out where there is nothing in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Item {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    number: u8,
}

#[derive(Default)]
struct Items {
    seen: u8,
}

/// Of every other number there is no note.
fn item(number: u8) -> Item {
    let note = (number % 2 == 1).then(|| "odd".to_owned());
    Item { note, number }
}

#[callback(prefix = "items.")]
impl Items {
    pub fn blocking(&self, number: u8) -> Item {
        item(number)
    }

    pub fn deferred(&mut self, number: u8) -> Item {
        self.seen += 1;
        item(number)
    }

    #[callback(inline)]
    pub fn inline(&self, number: u8) -> Item {
        item(number)
    }

    pub async fn asynchronous(&self, number: u8) -> Item {
        tokio::task::yield_now().await;
        item(number)
    }

    #[callback(timeout = "600s")]
    pub fn in_time(&self, number: u8) -> Item {
        item(number)
    }

    pub fn refusing(&self, number: u8) -> Result<Item, Item> {
        match number {
            ..6 => Ok(item(number)),
            _ => Err(item(number)),
        }
    }
}

mod each {
    use super::*;

    #[fetcher(alias = "items.blocking", each)]
    pub(super) async fn blocking(numbers: impl Stream<Item = u8>) -> Item;
    #[fetcher(alias = "items.deferred", each)]
    pub(super) async fn deferred(numbers: impl Stream<Item = u8>) -> Item;
    #[fetcher(alias = "items.inline", each)]
    pub(super) async fn inline(numbers: impl Stream<Item = u8>) -> Item;
    #[fetcher(alias = "items.asynchronous", each)]
    pub(super) async fn asynchronous(numbers: impl Stream<Item = u8>) -> Item;
    #[fetcher(alias = "items.in_time", each)]
    pub(super) async fn in_time(numbers: impl Stream<Item = u8>) -> Item;
    #[fetcher(alias = "items.refusing", each)]
    pub(super) async fn refusing(numbers: impl Stream<Item = u8>) -> Result<Item, Item>;
}

/// Nobody is sent them.
#[tokio::test]
async fn results_that_would_be_sent_with_names_do_not_stop_a_call_for_each_item() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder.service(Items::default())).await;
        let g = net.caller().await;
        let numbers = || stream::iter(0..10);
        assert_eq!(each::blocking(numbers()).on(&g).await, Ok(10));
        assert_eq!(each::deferred(numbers()).on(&g).await, Ok(10));
        assert_eq!(each::inline(numbers()).on(&g).await, Ok(10));
        assert_eq!(each::asynchronous(numbers()).on(&g).await, Ok(10));
        assert_eq!(each::in_time(numbers()).on(&g).await, Ok(10));
        // An error stops it in whatever form.
        let error = each::refusing(numbers()).on(&g).await.unwrap_err();
        let CallError::Stopped { done: 6, error, .. } = error else {
            panic!("{error:?}")
        };
        assert_eq!(*error, CallError::App(item(6)));
        net.stop([g]).await;
    })
    .await;
}

struct Logged;

#[callback(prefix = "explained.")]
impl Logged {
    pub async fn logged(&self, id: u8, order: Order, other: Value) -> usize {
        usize::from(id) + order.rest.len() + usize::from(other.is_null())
    }
}

#[fetcher(alias = "explained.logged")]
async fn logged(id: u8, order: &Order, other: Value) -> usize;

#[tokio::test]
async fn the_log_says_once_for_each_callback_that_it_takes_the_slower_form_and_why() {
    let lines = Lines::of_all_tests();
    let net = Net::start(Transport::Memory, |builder| builder.service(Logged)).await;
    let g = net.caller().await;
    for _ in 0..3 {
        assert_eq!(logged(1, &order(None), Value::Null).on(&g).await, Ok(3));
    }
    net.stop([g]).await;
    let text = lines.text();
    let of_it =
        |line: &&str| line.contains("callback=\"explained.logged\"") && line.contains("sent with names");
    let said: Vec<_> = text.lines().filter(of_it).collect();
    // Once by who offers it, and once by who calls it.
    assert_eq!(said.len(), 2, "{said:#?}");
    for line in said {
        assert!(
            line.contains("INFO") && line.contains("argument `order`"),
            "{line}"
        );
        assert!(line.contains("explained::Order"), "{line}");
    }
}
