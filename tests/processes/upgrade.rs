//! Programs of three versions of one service, replaced one by one while they call each other.

use std::time::Duration;

use daffi::{CallError, Global, GlobalBuilder, Stream, Streaming, callback, fetcher};
use futures_util::{StreamExt, TryStreamExt, stream};
use rustix::process::Signal;
use serde::{Deserialize, Serialize};
use tokio::signal::unix::{SignalKind, signal};

use crate::actor::{Actor, Stage, folder, say, serve};

/// A version: what it offers, and what it calls.
macro_rules! version {
    ($version:ident { $($types:tt)* } $count:ty, |$sold:ident| $receipt:expr, |$number:ident| $item:expr) => {
        mod $version {
            use super::*;

            $($types)*

            pub(super) struct Shop;

            #[callback(prefix = "upgrade.")]
            impl Shop {
                pub async fn sell(&self, item: Item, count: $count) -> Result<Receipt, Refusal> {
                    if count == 0 {
                        return Err(Refusal::Nothing { left: 1 });
                    }
                    let $sold = u64::from(item.price) * u64::from(count);
                    Ok($receipt)
                }

                pub async fn sell_all(
                    &self,
                    items: Streaming<Item>,
                ) -> impl Stream<Item = Receipt> + use<> {
                    items.map(|item| {
                        let $sold = u64::from(item.unwrap().price);
                        $receipt
                    })
                }
            }

            #[fetcher(alias = "upgrade.sell")]
            async fn sell(item: Item, count: $count) -> Result<Receipt, Refusal>;

            #[fetcher(alias = "upgrade.sell_all")]
            async fn sell_all(items: impl Stream<Item = Item>) -> impl Stream<Item = Receipt>;

            fn item($number: u32) -> Item {
                $item
            }

            /// One round of calls of all kinds.
            pub(super) async fn call(g: &Global, round: u32) -> Result<(), String> {
                let said = |error: &dyn std::fmt::Display| error.to_string();
                let sold = sell(item(round), 3).on(g).await.map_err(|error| said(&error))?;
                check(sold.total, u64::from(round) * 3)?;
                let sold = sell(item(round), 2).key("till").on(g).await;
                check(sold.map_err(|error| said(&error))?.total, u64::from(round) * 2)?;
                match sell(item(round), 0).on(g).await {
                    Err(CallError::App(Refusal::Nothing { left: 1 })) => {}
                    other => return Err(format!("refused: {other:?}")),
                }
                let items = stream::iter((0..50).map(item));
                let sold = sell_all(items).on(g).await.map_err(|error| said(&error))?;
                let sold: Vec<Receipt> = sold.try_collect().await.map_err(|error| said(&error))?;
                check(sold.iter().map(|receipt| receipt.total).sum(), 1225)?;
                let all = sell(item(round), 1).on(g).broadcast().await;
                for (process, outcome) in &all.map_err(|error| said(&error))? {
                    match outcome {
                        Ok(receipt) => check(receipt.total, u64::from(round))?,
                        // It left after it was asked.
                        Err(CallError::NoProvider { .. }) => {}
                        Err(error) => return Err(format!("{process}: {error}")),
                    }
                }
                Ok(())
            }
        }
    };
}

fn check(is: u64, expected: u64) -> Result<(), String> {
    if is == expected {
        return Ok(());
    }
    Err(format!("{is} came, and not {expected}"))
}

version! {
    first {
        #[derive(Debug, Serialize, Deserialize)]
        pub(super) struct Item {
            name: String,
            price: u32,
        }

        #[derive(Debug, Serialize, Deserialize)]
        pub(super) struct Receipt {
            pub(super) total: u64,
        }

        #[derive(Debug, Serialize, Deserialize)]
        pub(super) enum Refusal {
            Nothing { left: u8 },
        }
    }
    u8, |total| Receipt { total }, |price| Item { name: "milk".to_owned(), price }
}

version! {
    second {
        #[derive(Debug, Serialize, Deserialize)]
        pub(super) struct Item {
            name: String,
            price: u32,
            #[serde(default)]
            note: String,
        }

        #[derive(Debug, Serialize, Deserialize)]
        pub(super) struct Receipt {
            #[serde(default)]
            currency: String,
            pub(super) total: u64,
        }

        #[derive(Debug, Serialize, Deserialize)]
        pub(super) enum Refusal {
            Closed,
            Nothing { left: u8 },
        }
    }
    u8, |total| Receipt { total, currency: "EUR".to_owned() },
    |price| Item { name: "milk".to_owned(), price, note: "fresh".to_owned() }
}

version! {
    third {
        #[derive(Debug, Serialize, Deserialize)]
        pub(super) struct Item {
            tags: Option<Vec<String>>,
            price: u32,
            name: String,
        }

        #[derive(Debug, Serialize, Deserialize)]
        pub(super) struct Receipt {
            pub(super) total: u64,
            #[serde(default)]
            at: (u32, u8),
        }

        #[derive(Debug, Serialize, Deserialize)]
        pub(super) enum Refusal {
            Later(u32),
            Nothing { left: u8 },
            Closed,
        }
    }
    u8, |total| Receipt { total, at: (1000, 7) },
    |price| Item { name: "milk".to_owned(), price, tags: Some(vec!["new".to_owned()]) }
}

fn process(part: &str) -> GlobalBuilder {
    Global::builder()
        .process_name(part)
        .unix_sock_path(folder())
        .auto_callbacks(false)
}

/// Offers one of the versions, or calls by it, until it is told to end.
pub async fn play(part: &str) {
    let mut words = part.split(' ').skip(1);
    let (what, version) = (words.next().unwrap(), words.next().unwrap());
    if what == "provider" {
        let g = match version {
            "1" => process(part).service(first::Shop),
            "2" => process(part).service(second::Shop),
            _ => process(part).service(third::Shop),
        };
        return serve(&g.start().await.unwrap()).await;
    }
    let g = process(part).start().await.unwrap();
    let calling = async {
        for round in 1.. {
            let called = match version {
                "1" => first::call(&g, round).await,
                "2" => second::call(&g, round).await,
                _ => third::call(&g, round).await,
            };
            if let Err(what) = called {
                say(&format!("failed in round {round}: {what}"));
            }
            if round <= 2 || round.is_multiple_of(4) {
                say(&format!("round {round}"));
            }
        }
    };
    let mut told = signal(SignalKind::user_defined1()).unwrap();
    say("begins");
    tokio::select! {
        () = calling => {}
        _ = told.recv() => {}
    }
    g.stop().await;
    say("ends");
}

/// Waits until a caller has made some rounds more.
async fn goes_on(caller: &Actor) {
    let before = caller.all().len();
    while caller.all().len() < before + 1 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// described.before
#[tokio::test]
async fn three_versions_are_replaced_one_by_one_under_load_and_nothing_fails() {
    let stage = Stage::new();
    let _controller = stage.start("controller").await;
    let provider = |version: u8, name: &str| format!("upgrade provider {version} {name}");
    let mut providers = Vec::new();
    for name in ["a", "b", "c"] {
        providers.push(stage.start(&provider(1, name)).await);
    }
    let mut callers = Vec::new();
    for version in 1..=3 {
        callers.push(stage.start(&format!("upgrade caller {version} x")).await);
    }
    for (step, version) in [2, 3, 2, 1].into_iter().enumerate() {
        for (place, name) in ["a", "b", "c"].into_iter().enumerate() {
            let newer = stage.start(&provider(version, name)).await;
            let older = std::mem::replace(&mut providers[place], newer);
            older.signal(Signal::TERM);
            assert!(older.ended().await.success(), "{:?}", older.all());
            for caller in &callers {
                goes_on(caller).await;
            }
        }
        let (place, name) = (
            usize::from(version) - 1,
            format!("upgrade caller {version} y{step}"),
        );
        let newer = stage.start(&name).await;
        let older = std::mem::replace(&mut callers[place], newer);
        older.signal(Signal::USR1);
        older.says("ends").await;
        check_all(&older);
    }
    for caller in &callers {
        caller.says("round 2").await;
        check_all(caller);
    }
}

fn check_all(caller: &Actor) {
    let said = caller.all();
    let failed: Vec<_> = said.iter().filter(|said| said.starts_with("failed")).collect();
    assert!(failed.is_empty(), "{failed:?}");
}
