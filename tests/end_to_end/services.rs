//! Services, groups of fetchers, and clients of traits.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use daffi::{CallContext, CallError, RegisterError, callback, fetcher};
use tokio::sync::{Barrier, Notify};

use crate::net::{Net, Transport, over_each};

#[derive(Default)]
struct ShoppingService {
    items: Vec<String>,
}

#[callback]
impl ShoppingService {
    /// Return all items that are currently present in the shopping list.
    pub fn get_items(&self) -> Vec<String> {
        self.items.clone()
    }

    pub fn add_item(&mut self, item: String) {
        self.items.push(item);
    }

    pub async fn clear_items(&mut self) {
        self.items.clear();
    }

    #[callback(alias = "count")]
    pub fn how_many(&self) -> usize {
        self.items.len()
    }

    #[callback(local)]
    pub fn summary(&self) -> String {
        format!("{} items, {}", self.items.len(), self.check())
    }

    pub fn _hidden(&self) {}

    fn check(&self) -> bool {
        self.items.is_empty()
    }
}

#[callback(prefix = "shop.")]
impl ShoppingService {
    pub fn first_item(&self) -> Option<String> {
        self.items.first().cloned()
    }
}

/// A shopping list.
#[fetcher]
pub trait Shopping {
    async fn get_items(&self) -> Vec<String>;
    async fn add_item(&self, item: String);
    #[fetcher(alias = "count")]
    async fn number_of_items(&self) -> usize;
    #[fetcher(local)]
    fn local(&self) -> u8 {
        1
    }
}

struct Shop;

#[fetcher(prefix = "shop.")]
impl Shop {
    pub async fn first_item(&self) -> Option<String>;

    pub fn new() -> Self {
        Self
    }

    #[fetcher(local)]
    pub fn describe(&self) -> &'static str {
        "a shop"
    }
}

#[fetcher]
async fn clear_items();

#[tokio::test]
async fn the_methods_of_all_blocks_share_one_state() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder.service(ShoppingService::default())).await;
        let g = net.caller().await;
        let shopping = ShoppingClient::new(&g);
        assert_eq!(shopping.get_items().await, Ok(vec![]));
        shopping.add_item("orange".to_owned()).await.unwrap();
        shopping.add_item("milk".to_owned()).await.unwrap();
        assert_eq!(
            shopping.get_items().await,
            Ok(vec!["orange".to_owned(), "milk".to_owned()])
        );
        assert_eq!(shopping.number_of_items().await, Ok(2));
        assert_eq!(
            Shop::new().first_item().on(&g).await,
            Ok(Some("orange".to_owned()))
        );
        clear_items().on(&g).await.unwrap();
        assert_eq!(shopping.get_items().await, Ok(vec![]));
        net.stop([g]).await;
    })
    .await;
}

#[tokio::test]
async fn only_what_is_public_and_not_local_is_offered() {
    assert_eq!(Shop::new().describe(), "a shop");
    assert_eq!(ShoppingService::default().summary(), "0 items, true");
    let net = Net::start(Transport::Memory, |builder| {
        builder.service(ShoppingService::default())
    })
    .await;
    let g = net.caller().await;
    let callbacks = g.callbacks().await.unwrap();
    let names: Vec<_> = callbacks.iter().map(|callback| &*callback.name).collect();
    assert_eq!(
        names,
        ["add_item", "clear_items", "count", "get_items", "shop.first_item"]
    );
    let get_items = callbacks
        .iter()
        .find(|callback| callback.name == "get_items")
        .unwrap();
    assert_eq!(
        get_items.docs,
        "Return all items that are currently present in the shopping list."
    );
    assert_eq!(get_items.providers, ["service"]);
    assert_eq!(get_items.signature.to_string(), "fn() -> Vec<String>");
    net.stop([g]).await;
}

trait Greets {
    async fn greet(&self, name: &str) -> String;
}

struct Polite {
    together: Barrier,
}

#[callback]
impl Greets for Polite {
    async fn greet(&self, name: &str) -> String {
        self.together.wait().await;
        format!("Good day, {name}.")
    }
}

#[tokio::test]
async fn shared_methods_run_at_the_same_time() {
    let service = Polite {
        together: Barrier::new(3),
    };
    let net = Net::start(Transport::Unix, |builder| builder.service(service)).await;
    let g = net.caller().await;
    // None of them ends unless all have begun.
    let calls = ["Ann", "Bea", "Cid"].map(|name| g.call::<String>("greet", (name,)));
    for (outcome, name) in futures_util::future::join_all(calls)
        .await
        .into_iter()
        .zip(["Ann", "Bea", "Cid"])
    {
        assert_eq!(outcome, Ok(format!("Good day, {name}.")));
    }
    net.stop([g]).await;
}

struct Counter {
    running: u32,
    most: u32,
}

#[callback(prefix = "counter.")]
impl Counter {
    pub async fn run(&mut self) {
        self.running += 1;
        self.most = self.most.max(self.running);
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        self.running -= 1;
    }

    pub fn most(&self) -> u32 {
        self.most
    }
}

#[tokio::test]
async fn an_exclusive_method_runs_alone() {
    let net = Net::start(Transport::Memory, |b| b.service(Counter { running: 0, most: 0 })).await;
    let g = net.caller().await;
    let calls = (0..20).map(|_| g.call::<()>("counter.run", ()));
    for outcome in futures_util::future::join_all(calls).await {
        outcome.unwrap();
    }
    assert_eq!(g.call::<u32>("counter.most", ()).await, Ok(1));
    net.stop([g]).await;
}

#[derive(Default)]
struct Automatic {
    _state: Arc<u32>,
}

#[callback(auto_init, prefix = "automatic.")]
impl Automatic {
    pub fn hello(&self) -> String {
        "built by itself".to_owned()
    }
}

#[tokio::test]
async fn a_service_can_be_built_by_itself() {
    let net = Net::start(Transport::Memory, |builder| builder.auto_callbacks(true)).await;
    let g = net.caller().await;
    assert_eq!(
        g.call::<String>("automatic.hello", ()).await,
        Ok("built by itself".to_owned())
    );
    net.stop([g]).await;
}

#[tokio::test]
async fn services_come_and_go_while_running() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder).await;
        let g = net.caller().await;
        let shopping = ShoppingClient::new(&g);
        let waiting = g.wait_function("get_items");
        assert!(matches!(
            shopping.get_items().await,
            Err(CallError::NoProvider { .. })
        ));
        net.service.register(ShoppingService::default()).await.unwrap();
        waiting.await.unwrap();
        shopping.add_item("orange".to_owned()).await.unwrap();

        let error = net
            .service
            .register(ShoppingService::default())
            .await
            .unwrap_err();
        assert!(
            matches!(&error, RegisterError::Config(faults) if faults.len() == 5),
            "{error}"
        );

        net.service.unregister("get_items").await.unwrap();
        assert!(matches!(
            shopping.get_items().await,
            Err(CallError::NoProvider { .. })
        ));
        assert_eq!(shopping.number_of_items().await, Ok(1), "the others stay");
        let error = net.service.unregister("get_items").await.unwrap_err();
        assert!(matches!(error, RegisterError::Unknown { .. }), "{error}");
        net.stop([g]).await;
    })
    .await;
}

/// Holds its thread, and its value, until it may go on.
struct Press {
    begun: Arc<Notify>,
    heard: Arc<AtomicBool>,
    go_on: Arc<AtomicBool>,
    pressed: u32,
}

#[callback]
impl Press {
    #[callback(concurrency = 1, queue = 0)]
    pub fn press(&mut self, ctx: &CallContext) -> u32 {
        self.begun.notify_one();
        while !self.go_on.load(Ordering::Acquire) {
            self.heard.fetch_or(ctx.is_cancelled(), Ordering::Release);
            std::thread::sleep(Duration::from_millis(1));
        }
        self.pressed += 1;
        self.pressed
    }
}

#[tokio::test]
async fn a_blocking_method_that_nobody_waits_for_counts_until_it_has_ended() {
    let (begun, heard, go_on) = (Arc::<Notify>::default(), Arc::default(), Arc::default());
    let press = Press {
        begun: Arc::clone(&begun),
        heard: Arc::clone(&heard),
        go_on: Arc::clone(&go_on),
        pressed: 0,
    };
    let net = Net::start(Transport::Unix, |builder| builder.service(press)).await;
    let g = net.caller().await;
    let job = g.call::<u32>("press", ()).bg();
    begun.notified().await;
    job.cancel();
    while !heard.load(Ordering::Acquire) {
        tokio::task::yield_now().await;
    }
    let error = g.call::<u32>("press", ()).await.unwrap_err();
    assert!(matches!(error, CallError::Overloaded { .. }), "{error}");
    go_on.store(true, Ordering::Release);
    // It was not stopped half-way.
    let pressed = loop {
        match g.call::<u32>("press", ()).await {
            Err(CallError::Overloaded { .. }) => tokio::task::yield_now().await,
            pressed => break pressed,
        }
    };
    assert_eq!(pressed, Ok(2));
    net.stop([g]).await;
}
