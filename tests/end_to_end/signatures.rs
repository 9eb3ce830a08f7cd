//! What happens when a caller and a callback mean different types.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use daffi::{CallError, Global, callback, fetcher};
use serde::{Deserialize, Serialize};

use crate::net::{Net, Transport, over_each};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Item {
    name: String,
    price: u32,
}

/// The same, by another name.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Article {
    name: String,
    price: u32,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Swapped {
    price: u8,
    name: String,
    size: u8,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Tree {
    value: i8,
    children: Vec<Tree>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Everything {
    map: HashMap<String, Option<(u8, char)>>,
    result: Result<IpAddr, Duration>,
    array: [i16; 4],
    tree: Tree,
}

mod offered {
    use super::*;

    #[callback(alias = "signatures.item")]
    async fn item(item: Item) -> Item {
        item
    }

    #[callback(alias = "signatures.everything")]
    async fn everything(everything: Everything) -> Everything {
        everything
    }

    #[callback(alias = "signatures.fails")]
    async fn fails(_number: i64) -> Result<(), Item> {
        Err(Item {
            name: "milk".to_owned(),
            price: 3,
        })
    }

    #[callback(alias = "signatures.untraceable")]
    async fn untraceable(value: Untraceable) -> u8 {
        value.0
    }
}

/// A type that validates, so that nobody can look into it.
#[derive(Debug, PartialEq, Serialize)]
struct Untraceable(u8);

impl<'de> Deserialize<'de> for Untraceable {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u8::deserialize(deserializer)? {
            even if even % 2 == 0 && even > 0 => Ok(Self(even)),
            _ => Err(serde::de::Error::custom("an even number is expected")),
        }
    }
}

#[fetcher(alias = "signatures.item")]
async fn item(item: Item) -> Item;
#[fetcher(alias = "signatures.item")]
async fn renamed(item: Article) -> Article;
#[fetcher(alias = "signatures.item")]
async fn swapped(item: Swapped) -> Swapped;
#[fetcher(alias = "signatures.item")]
async fn too_many(item: Item, more: u8) -> Item;
#[fetcher(alias = "signatures.everything")]
async fn everything(everything: &Everything) -> Everything;
#[fetcher(alias = "signatures.fails")]
async fn fails(number: i64) -> Result<(), Item>;
#[fetcher(alias = "signatures.fails")]
async fn fails_otherwise(number: i64) -> Result<(), Swapped>;
#[fetcher(alias = "signatures.fails")]
async fn fails_with_i32(number: i32) -> Result<(), Item>;
#[fetcher(alias = "signatures.untraceable")]
async fn untraceable(value: Untraceable) -> u8;
#[fetcher(alias = "signatures.untraceable")]
async fn traceable(value: u8) -> u8;

async fn net(transport: Transport) -> (Net, Global) {
    let names = ["item", "everything", "fails", "untraceable"];
    let net = Net::start(transport, |builder| {
        names.iter().fold(builder, |builder, name| {
            builder.callback(format!("signatures.{name}"))
        })
    })
    .await;
    let caller = net.caller().await;
    (net, caller)
}

fn milk() -> Item {
    Item {
        name: "milk".to_owned(),
        price: 3,
    }
}

#[tokio::test]
async fn the_same_structure_matches_whatever_it_is_called() {
    over_each(async |transport| {
        let (net, g) = net(transport).await;
        assert_eq!(item(milk()).on(&g).await, Ok(milk()));
        let article = || Article {
            name: "milk".to_owned(),
            price: 3,
        };
        assert_eq!(renamed(article()).on(&g).await, Ok(article()));
        net.stop([g]).await;
    })
    .await;
}

#[tokio::test]
async fn values_of_every_shape_come_back_as_they_were() {
    let (net, g) = net(Transport::Unix).await;
    let leaf = || Tree {
        value: -1,
        children: vec![],
    };
    let value = Everything {
        map: [("a".to_owned(), Some((1, 'x'))), ("b".to_owned(), None)].into(),
        result: Ok([127, 0, 0, 1].into()),
        array: [1, -2, 3, i16::MIN],
        tree: Tree {
            value: 5,
            children: vec![
                leaf(),
                Tree {
                    value: 0,
                    children: vec![leaf()],
                },
            ],
        },
    };
    assert_eq!(everything(&value).on(&g).await, Ok(value));
    net.stop([g]).await;
}

#[tokio::test]
async fn another_structure_is_refused_and_both_are_shown() {
    over_each(async |transport| {
        let (net, g) = net(transport).await;
        let error = swapped(Swapped {
            price: 3,
            name: "milk".to_owned(),
            size: 1,
        })
        .on(&g)
        .await
        .unwrap_err();
        let CallError::SignatureMismatch { called, offered, .. } = &error else {
            panic!("{error}")
        };
        assert_eq!(
            called.to_string(),
            "fn(item: Swapped { price: u8, name: String, size: u8 }) -> Swapped"
        );
        assert_eq!(
            offered.to_string(),
            "fn(item: Item { name: String, price: u32 }) -> Item"
        );
        assert!(!error.may_have_run());
        let error = too_many(milk(), 1).on(&g).await.unwrap_err();
        assert!(matches!(error, CallError::SignatureMismatch { .. }), "{error}");
        // It became wider.
        assert_eq!(fails_with_i32(1).on(&g).await, Err(CallError::App(milk())));
        let error = g.call::<i64>("signatures.fails", (1u8,)).await.unwrap_err();
        assert!(matches!(error, CallError::SignatureMismatch { .. }), "{error}");
        net.stop([g]).await;
    })
    .await;
}

#[tokio::test]
async fn the_error_is_a_part_of_the_signature() {
    let (net, g) = net(Transport::Memory).await;
    assert_eq!(fails(1).on(&g).await, Err(CallError::App(milk())));
    let error = fails_otherwise(1).on(&g).await.unwrap_err();
    assert!(matches!(error, CallError::SignatureMismatch { .. }), "{error}");
    net.stop([g]).await;
}

#[tokio::test]
async fn what_cannot_be_looked_into_matches_anything() {
    let (net, g) = net(Transport::Tcp).await;
    assert_eq!(untraceable(Untraceable(4)).on(&g).await, Ok(4));
    assert_eq!(traceable(4).on(&g).await, Ok(4));
    let error = traceable(5).on(&g).await.unwrap_err();
    assert!(
        matches!(&error, CallError::Decode { message, may_have_run: false, .. }
            if message.contains("an even number is expected")),
        "{error}"
    );
    net.stop([g]).await;
}

/// Fetchers whose types depend on a parameter of their block.
struct Generic<T>(std::marker::PhantomData<T>);

#[fetcher]
impl<T: serde::Serialize + serde::de::DeserializeOwned + 'static> Generic<T> {
    #[fetcher(alias = "generic_echo")]
    pub async fn echo(&self, value: T) -> T;
}

struct EchoOfBytes;

#[callback]
impl EchoOfBytes {
    pub async fn generic_echo(&self, value: u8) -> u8 {
        value
    }
}

#[tokio::test]
async fn a_fetcher_in_a_generic_block_has_a_signature_for_each_of_its_types() {
    let net = Net::start(Transport::Unix, |builder| builder.service(EchoOfBytes)).await;
    let g = net.caller().await;
    for _ in 0..2 {
        let bytes = Generic::<u8>(std::marker::PhantomData);
        assert_eq!(bytes.echo(7).on(&g).await, Ok(7));
        let words = Generic::<String>(std::marker::PhantomData);
        let error = words.echo("seven".to_owned()).on(&g).await.unwrap_err();
        assert!(matches!(error, CallError::SignatureMismatch { .. }), "{error}");
    }
    net.stop([g]).await;
}
