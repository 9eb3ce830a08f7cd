//! Programs of two versions: their types have changed, and calls go through where they go together.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use daffi::{CallContext, CallError, Global, Period, Streaming, callback, fetcher};
use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use crate::net::{Net, Transport, over_each};

/// The older version.
mod old {
    use super::*;

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub(super) struct Item {
        pub(super) name: String,
        pub(super) price: u32,
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub(super) enum Event {
        Sold(u32),
        Closed,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    pub(super) enum Refusal {
        SoldOut { left: u8 },
    }

    #[derive(Default)]
    pub(super) struct Shop;

    #[callback(prefix = "changed.")]
    impl Shop {
        pub async fn buy(&self, item: Item, count: u8) -> Result<Item, Refusal> {
            match count {
                0 => Err(Refusal::SoldOut { left: 1 }),
                _ => Ok(item),
            }
        }

        pub async fn event(&self, event: Event) -> Event {
            event
        }

        pub async fn names(&self, items: Streaming<Item>) -> Vec<String> {
            items.map_ok(|item| item.name).try_collect().await.unwrap()
        }

        pub async fn list(&self, count: u32) -> impl Stream<Item = Item> + use<> {
            stream::iter((0..count).map(|price| Item {
                name: format!("item {price}"),
                price,
            }))
        }

        pub async fn both(&self, items: Streaming<Item>) -> impl Stream<Item = Item> + use<> {
            items.map(Result::unwrap)
        }
    }

    #[fetcher(alias = "changed.buy")]
    pub(super) async fn buy(item: Item, count: u8) -> Result<Item, Refusal>;
    #[fetcher(alias = "changed.event")]
    pub(super) async fn event(event: Event) -> Event;
    #[fetcher(alias = "changed.names")]
    pub(super) async fn names(items: impl Stream<Item = Item>) -> Vec<String>;
    #[fetcher(alias = "changed.list")]
    pub(super) async fn list(count: u32) -> impl Stream<Item = Item>;
    #[fetcher(alias = "changed.both")]
    pub(super) async fn both(items: impl Stream<Item = Item>) -> impl Stream<Item = Item>;
}

/// The newer one: fields have another order, some came with a default, one is gone; variants came and moved.
mod new {
    use super::*;

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub(super) struct Item {
        #[serde(default)]
        pub(super) tags: Vec<String>,
        pub(super) price: u32,
        pub(super) note: Option<String>,
        pub(super) name: String,
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub(super) enum Event {
        Opened { by: String },
        Closed,
        Sold(u32),
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    pub(super) enum Refusal {
        Closed,
        SoldOut {
            #[serde(default)]
            of: String,
            left: u8,
        },
    }

    /// Offers what the older one does, and counts its calls.
    #[derive(Default)]
    pub(super) struct Shop {
        pub(super) calls: Arc<AtomicU32>,
    }

    #[callback(prefix = "changed.")]
    impl Shop {
        pub async fn buy(
            &self,
            item: Item,
            count: u16,
            #[callback(default)] discount: u32,
            note: Option<String>,
        ) -> Result<Item, Refusal> {
            assert_eq!((discount, note), (0, None));
            match count {
                0 => Err(Refusal::SoldOut {
                    of: item.name,
                    left: 2,
                }),
                99 => Err(Refusal::Closed),
                _ => Ok(item),
            }
        }

        pub async fn event(&self, event: Event) -> Event {
            match event {
                Event::Closed => Event::Opened { by: "Ann".to_owned() },
                other => other,
            }
        }

        pub async fn names(&self, items: Streaming<Item>) -> Vec<String> {
            items
                .map_ok(|item| format!("{} {:?}", item.name, item.note))
                .try_collect()
                .await
                .unwrap()
        }

        pub async fn list(&self, count: u64) -> impl Stream<Item = Item> + use<> {
            stream::iter((0..count).map(|price| item(u32::try_from(price).unwrap())))
        }

        pub async fn both(&self, items: Streaming<Item>) -> impl Stream<Item = Item> + use<> {
            items.map(Result::unwrap)
        }

        /// It gives less than older callers need.
        pub async fn count(&self) -> u64 {
            u64::from(self.calls.fetch_add(1, Ordering::Relaxed))
        }

        pub fn put(&self, item: &Item, ctx: &CallContext) {
            assert_eq!((&*item.name, ctx.callback()), ("milk", "changed.put"));
            self.calls.fetch_add(item.price, Ordering::Relaxed);
        }
    }

    pub(super) fn item(price: u32) -> Item {
        Item {
            tags: vec!["new".to_owned()],
            price,
            note: Some("fresh".to_owned()),
            name: format!("item {price}"),
        }
    }

    #[fetcher(alias = "changed.event")]
    pub(super) async fn event(event: Event) -> Event;
    #[fetcher(alias = "changed.list")]
    pub(super) async fn list(count: u32) -> impl Stream<Item = Item>;
}

fn milk(price: u32) -> old::Item {
    old::Item {
        name: "milk".to_owned(),
        price,
    }
}

/// described.whole
#[tokio::test]
async fn old_callers_call_new_callbacks_and_read_their_answers() {
    over_each(|transport| async move {
        let net = Net::start(transport, |builder| builder.service(new::Shop::default())).await;
        let g = net.caller().await;
        for price in [1, 1000] {
            assert_eq!(old::buy(milk(price), 1).on(&g).await, Ok(milk(price)));
        }
        let sold_out = old::buy(milk(1), 0).on(&g).await;
        assert_eq!(sold_out, Err(CallError::App(old::Refusal::SoldOut { left: 2 })));
        assert_eq!(
            old::event(old::Event::Sold(3)).on(&g).await,
            Ok(old::Event::Sold(3))
        );
        net.stop([g]).await;
    })
    .await;
}

#[tokio::test]
async fn a_variant_that_only_one_side_knows_is_named_when_it_comes() {
    let net = Net::start(Transport::Memory, |builder| builder.service(new::Shop::default())).await;
    let g = net.caller().await;
    let error = old::event(old::Event::Closed).on(&g).await.unwrap_err();
    assert!(
        matches!(&error, CallError::Decode { message, may_have_run: true, .. } if message.contains("`Opened`")),
        "{error}"
    );
    let error = old::buy(milk(1), 99).on(&g).await.unwrap_err();
    assert!(
        matches!(&error, CallError::Decode { message, .. } if message.contains("`Closed`")),
        "{error}"
    );
    net.stop([g]).await;
    // And the other way around, where the callback is not run.
    let net = Net::start(Transport::Memory, |builder| builder.service(old::Shop)).await;
    let g = net.caller().await;
    assert_eq!(
        new::event(new::Event::Sold(1)).on(&g).await,
        Ok(new::Event::Sold(1))
    );
    let opened = new::Event::Opened { by: "Ann".to_owned() };
    let error = new::event(opened).on(&g).await.unwrap_err();
    assert!(
        matches!(&error, CallError::Decode { message, may_have_run: false, .. } if message.contains("`Opened`")),
        "{error}"
    );
    net.stop([g]).await;
}

#[tokio::test]
async fn streams_are_read_by_the_structure_of_who_sends_them() {
    over_each(|transport| async move {
        let net = Net::start(transport, |builder| builder.service(new::Shop::default())).await;
        let g = net.caller().await;
        let items = || stream::iter((0..300).map(milk));
        let names = old::names(items()).on(&g).await.unwrap();
        assert_eq!(names, vec!["milk None"; 300]);
        let listed: Vec<_> = old::list(300).on(&g).await.unwrap().try_collect().await.unwrap();
        assert_eq!(listed.len(), 300);
        assert_eq!((&*listed[299].name, listed[299].price), ("item 299", 299));
        let both: Vec<_> = old::both(items())
            .on(&g)
            .await
            .unwrap()
            .try_collect()
            .await
            .unwrap();
        assert_eq!(both, (0..300).map(milk).collect::<Vec<_>>());
        net.stop([g]).await;
        let net = Net::start(transport, |builder| builder.service(old::Shop)).await;
        let g = net.caller().await;
        // It needs nothing that is not there, and has the rest from its defaults.
        let listed: Vec<_> = new::list(2).on(&g).await.unwrap().try_collect().await.unwrap();
        let expected = new::Item {
            tags: vec![],
            note: None,
            ..new::item(1)
        };
        assert_eq!(listed[1], expected);
        net.stop([g]).await;
    })
    .await;
}

/// As a program has it that leaves the price out where there is none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Free {
    name: String,
    #[serde(default, skip_serializing_if = "is_nothing")]
    price: u32,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
const fn is_nothing(price: &u32) -> bool {
    *price == 0
}

mod free {
    use super::*;

    #[fetcher(alias = "changed.names")]
    pub(super) async fn names(items: impl Stream<Item = Free>) -> Vec<String>;
    #[fetcher(alias = "changed.put", each)]
    pub(super) async fn put(items: impl Stream<Item = Free>);
    #[fetcher(alias = "changed.given")]
    pub(super) async fn given(items: impl Stream<Item = Free>) -> impl Stream<Item = Free>;
}

struct Giving;

#[callback(prefix = "changed.")]
impl Giving {
    pub async fn given(&self, items: Streaming<given::Item>) -> impl Stream<Item = given::Item> + use<> {
        items.map(Result::unwrap)
    }
}

mod given {
    use super::*;

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub(super) struct Item {
        #[serde(default, skip_serializing_if = "super::is_nothing")]
        pub(super) price: u32,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub(super) note: Option<String>,
        pub(super) name: String,
    }
}

/// explained.items
#[tokio::test]
async fn items_that_leave_something_out_are_read_by_other_versions() {
    over_each(|transport| async move {
        let shop = new::Shop::default();
        let calls = Arc::clone(&shop.calls);
        let net = Net::start(transport, |builder| builder.service(shop).service(Giving)).await;
        let g = net.caller().await;
        let items = || {
            (0..100).map(|price| Free {
                name: "milk".to_owned(),
                price: price % 3,
            })
        };
        let given = free::given(stream::iter(items())).on(&g).await.unwrap();
        let given: Vec<_> = given.try_collect().await.unwrap();
        assert_eq!(given, items().collect::<Vec<_>>());
        // Whose reader needs what is left out says so.
        let priced = || stream::iter(items().filter(|item| item.price > 0));
        let names = free::names(priced()).on(&g).await.unwrap();
        assert_eq!(names, vec!["milk None"; 66]);
        assert_eq!(free::put(priced()).on(&g).await, Ok(66));
        assert_eq!(calls.load(Ordering::Relaxed), 99);
        let error = free::put(stream::iter(items())).on(&g).await.unwrap_err();
        assert!(error.to_string().contains("field `price` is missing"), "{error}");
        net.stop([g]).await;
    })
    .await;
}

#[fetcher(alias = "changed.put", each)]
async fn put(items: impl Stream<Item = old::Item>);

#[fetcher(alias = "changed.put")]
async fn put_one(item: old::Item);

#[tokio::test]
async fn calls_of_all_kinds_go_to_newer_callbacks() {
    let shop = new::Shop::default();
    let calls = Arc::clone(&shop.calls);
    let net = Net::start(Transport::Unix, |builder| builder.service(shop)).await;
    let g = net.caller().await;
    let items = stream::iter((1..=40).map(milk));
    assert_eq!(put(items).on(&g).await, Ok(40));
    assert_eq!(calls.swap(0, Ordering::Relaxed), 820);
    assert_eq!(put_one(milk(5)).on(&g).bg().await, Ok(()));
    put_one(milk(7)).on(&g).send().await.unwrap();
    let scheduled = put_one(milk(11))
        .on(&g)
        .period(Period::every(Duration::from_secs(3600)));
    scheduled.await.unwrap().trigger().await.unwrap();
    let total: Result<(), _> = g.call("changed.put", (milk(9),)).await;
    assert_eq!(total, Ok(()));
    assert_eq!(
        old::buy(milk(3), 2).on(&g).to("service").key("k").await,
        Ok(milk(3))
    );
    while calls.load(Ordering::Relaxed) < 32 {
        tokio::task::yield_now().await;
    }
    net.stop([g]).await;
}

#[tokio::test]
async fn a_broadcast_to_several_versions_has_an_answer_of_each() {
    let net = Net::start(Transport::Unix, |builder| builder.service(old::Shop)).await;
    let newer = net
        .join()
        .process_name("newer")
        .service(new::Shop::default())
        .start()
        .await
        .unwrap();
    let g = net.caller().await;
    // The second time it is known what they are.
    for _ in 0..2 {
        let bought = old::buy(milk(4), 1).on(&g).broadcast().await.unwrap();
        assert_eq!(bought.len(), 2);
        for (process, outcome) in &bought {
            assert_eq!(outcome, &Ok(milk(4)), "{process}");
        }
        let refused = old::buy(milk(4), 0).on(&g).broadcast().await.unwrap();
        let left = |process| match &refused[process] {
            Err(CallError::App(old::Refusal::SoldOut { left })) => *left,
            other => panic!("{other:?}"),
        };
        assert_eq!((left("service"), left("newer")), (1, 2));
        let mut listed = old::list(3).on(&g).broadcast().items().await.unwrap();
        let mut prices = Vec::new();
        while let Some((process, item)) = listed.next().await {
            prices.push((process, item.unwrap().price));
        }
        prices.sort();
        let of = |process: &str| {
            (0..3)
                .map(move |price| (process.to_owned(), price))
                .collect::<Vec<_>>()
        };
        assert_eq!(prices, [of("newer"), of("service")].concat());
        let named = old::names(stream::iter([milk(1)]))
            .on(&g)
            .broadcast()
            .await
            .unwrap();
        assert_eq!(named["service"], Ok(vec!["milk".to_owned()]));
        assert_eq!(named["newer"], Ok(vec!["milk None".to_owned()]));
    }
    net.stop([g, newer]).await;
}

#[fetcher(alias = "changed.turn", timeout = "60s")]
async fn turn(item: old::Item) -> String;

/// Who answers calls until both of two have.
async fn turns(g: &Global, processes: [&str; 2]) {
    let mut seen = BTreeSet::new();
    while seen.len() < processes.len() {
        let process = turn(milk(1)).on(g).await.unwrap();
        assert!(processes.contains(&&*process), "{process}");
        seen.insert(process);
    }
}

/// described.several, versions.told
#[tokio::test]
async fn calls_are_shared_among_all_versions_that_they_go_together_with() {
    over_each(|transport| async move {
        let net = Net::start(transport, |builder| builder).await;
        let join = async |name: &str| net.join().process_name(name).start().await.unwrap();
        let g = net.caller().await;
        let older = async |name: &'static str| {
            let process = join(name).await;
            let turn = move |_: old::Item| name.to_owned();
            process.register_fn("changed.turn", turn).await.unwrap();
            process
        };
        let newer = async |name: &'static str| {
            let process = join(name).await;
            let turn = move |_: new::Item| name.to_owned();
            process.register_fn("changed.turn", turn).await.unwrap();
            process
        };
        let first = older("first").await;
        assert_eq!(turn(milk(1)).on(&g).await.unwrap(), "first");
        // It hears of it though its own version answers.
        let second = newer("second").await;
        turns(&g, ["first", "second"]).await;
        // And that its own is back, though another one answers.
        first.stop().await;
        assert_eq!(turn(milk(1)).on(&g).await.unwrap(), "second");
        let third = older("third").await;
        turns(&g, ["second", "third"]).await;
        second.stop().await;
        for _ in 0..3 {
            assert_eq!(turn(milk(1)).on(&g).await.unwrap(), "third");
        }
        net.stop([third, g]).await;
    })
    .await;
}

/// A call waits for whichever version has a place first.
#[tokio::test]
async fn a_call_waits_for_a_place_at_any_version() {
    let net = Net::start(Transport::Unix, |builder| builder).await;
    let (begun, mut begins) = tokio::sync::mpsc::unbounded_channel();
    let gates = [Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0))];
    let handler = |name: &'static str, gate: &Arc<Semaphore>| {
        let (begun, gate) = (begun.clone(), Arc::clone(gate));
        move || {
            let (begun, gate) = (begun.clone(), Arc::clone(&gate));
            async move {
                begun.send(name).unwrap();
                gate.acquire().await.unwrap().forget();
                name.to_owned()
            }
        }
    };
    let older = net.join().process_name("older").start().await.unwrap();
    let handle = handler("older", &gates[0]);
    older
        .register_fn("changed.turn", move |_: old::Item| handle())
        .concurrency(1)
        .await
        .unwrap();
    let newer = net.join().process_name("newer").start().await.unwrap();
    let handle = handler("newer", &gates[1]);
    newer
        .register_fn("changed.turn", move |_: new::Item| handle())
        .concurrency(1)
        .await
        .unwrap();
    let g = net.caller().await;
    // With its first call it hears which versions there are.
    gates[0].add_permits(1);
    assert_eq!(turn(milk(1)).on(&g).await.unwrap(), "older");
    assert_eq!(begins.recv().await.unwrap(), "older");
    let calls: Vec<_> = (0..4).map(|_| tokio::spawn(turn(milk(1)).on(&g))).collect();
    let mut first = [begins.recv().await.unwrap(), begins.recv().await.unwrap()];
    first.sort_unstable();
    assert_eq!(first, ["newer", "older"]);
    // All that waits goes to the one that has places.
    gates[1].add_permits(3);
    assert_eq!(begins.recv().await.unwrap(), "newer");
    assert_eq!(begins.recv().await.unwrap(), "newer");
    gates[0].add_permits(1);
    let mut answered = Vec::new();
    for call in calls {
        answered.push(call.await.unwrap().unwrap());
    }
    answered.sort_unstable();
    assert_eq!(answered, ["newer", "newer", "newer", "older"]);
    net.stop([older, newer, g]).await;
}

#[fetcher(alias = "changed.note")]
async fn note(item: old::Item) -> u64;

/// Each is called by its own number, and none reads what is written for another one.
#[tokio::test(start_paused = true)]
async fn a_scheduled_broadcast_reaches_all_versions() {
    /// A third version.
    #[derive(Serialize, Deserialize)]
    struct Dear {
        price: u64,
        title: Option<String>,
        name: String,
    }

    let noted = Arc::new(Mutex::new(Vec::new()));
    let note_as = |version: &'static str| {
        let noted = Arc::clone(&noted);
        move |name: String, price: u64| {
            noted.lock().unwrap().push((version, name, price));
            price
        }
    };
    let net = Net::start(Transport::Memory, |builder| builder).await;
    let (old, new, dear) = (note_as("old"), note_as("new"), note_as("dear"));
    let join = async |name: &str| net.join().process_name(name).start().await.unwrap();
    let versions = [join("one").await, join("two").await, join("three").await];
    let [one, two, three] = &versions;
    let old = move |item: old::Item| old(item.name, item.price.into());
    one.register_fn("changed.note", old).await.unwrap();
    let new = move |item: new::Item| new(item.name, item.price.into());
    two.register_fn("changed.note", new).await.unwrap();
    let dear = move |item: Dear| {
        assert_eq!(item.title, None);
        dear(item.name, item.price)
    };
    three.register_fn("changed.note", dear).await.unwrap();
    let g = net.caller().await;
    let period = Period::every(Duration::from_secs(5));
    let task = note(milk(7)).on(&g).broadcast().period(period).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    for round in 1..=2 {
        tokio::time::sleep(Duration::from_secs(5)).await;
        assert_eq!(task.describe().await.unwrap().info.counts.ok, round);
        let mut noted = std::mem::take(&mut *noted.lock().unwrap());
        noted.sort();
        let of = |version| (version, "milk".to_owned(), 7);
        assert_eq!(noted, ["dear", "new", "old"].map(of));
    }
    net.stop(versions.into_iter().chain([g])).await;
}

#[fetcher(alias = "changed.measure")]
async fn measure(item: old::Item) -> String;

/// What their types allow is no part of a signature's number.
#[tokio::test]
async fn of_two_providers_of_one_signature_the_one_is_called_that_reads_what_is_sent() {
    #[derive(Serialize, Deserialize)]
    struct Lenient {
        name: String,
        price: u32,
        #[serde(default)]
        size: u8,
    }

    #[derive(Serialize, Deserialize)]
    struct Strict {
        name: String,
        price: u32,
        size: u8,
    }

    let net = Net::start(Transport::Memory, |builder| builder).await;
    let join = async |name: &str| net.join().process_name(name).start().await.unwrap();
    let (lenient, strict, g) = (join("lenient").await, join("strict").await, net.caller().await);
    let measured = |item: Lenient| format!("{} of size {} for {}", item.name, item.size, item.price);
    lenient.register_fn("changed.measure", measured).await.unwrap();
    let expected = Ok("milk of size 0 for 3");
    assert_eq!(measure(milk(3)).on(&g).await.as_deref(), expected);
    let measured = |item: Strict| format!("{} {} {}", item.name, item.size, item.price);
    strict.register_fn("changed.measure", measured).await.unwrap();
    for _ in 0..50 {
        assert_eq!(measure(milk(3)).on(&g).await.as_deref(), expected);
    }
    let is_refused = |outcome: &Result<String, CallError>| {
        let error = outcome.as_ref().unwrap_err();
        let words = error.to_string();
        assert!(
            words.contains(".size`: the reader needs this field, and it is not written"),
            "{words}"
        );
        assert!(!error.may_have_run());
    };
    let all = measure(milk(3)).on(&g).broadcast().await.unwrap();
    assert_eq!(all["lenient"].as_deref(), expected);
    is_refused(&all["strict"]);
    is_refused(&measure(milk(3)).on(&g).to("strict").await);
    // Whoever comes to know both at a time finds the one that it goes together with.
    let other = net.caller_named("other").await;
    for _ in 0..10 {
        assert_eq!(measure(milk(3)).on(&other).await.as_deref(), expected);
    }
    lenient.stop().await;
    is_refused(&measure(milk(3)).on(&g).await);
    net.stop([strict, g, other]).await;
}

#[fetcher(alias = "changed.count")]
async fn count() -> u32;

#[derive(Debug, Serialize, Deserialize)]
struct Priced {
    name: String,
    price: u32,
    currency: String,
}

#[fetcher(alias = "changed.buy")]
async fn buy_priced(item: old::Item, count: u8) -> Result<Priced, old::Refusal>;

/// Also where only the answer would lack it.
#[tokio::test]
async fn what_does_not_go_together_is_refused_before_the_callback_runs() {
    let shop = new::Shop::default();
    let calls = Arc::clone(&shop.calls);
    let net = Net::start(Transport::Memory, |builder| builder.service(shop)).await;
    let g = net.caller().await;
    let error = count().on(&g).await.unwrap_err();
    let words = error.to_string();
    assert!(
        words.contains("`result`: u64 is written, and u32 is expected; a number may only become wider"),
        "{words}"
    );
    assert!(matches!(
        error,
        CallError::SignatureMismatch {
            may_have_run: false,
            ..
        }
    ));
    assert_eq!(calls.load(Ordering::Relaxed), 0);
    let words = buy_priced(milk(1), 1).on(&g).await.unwrap_err().to_string();
    assert!(
        words.contains("`result.currency`: the reader needs this field, and it is not written"),
        "{words}"
    );
    net.stop([g]).await;
}
