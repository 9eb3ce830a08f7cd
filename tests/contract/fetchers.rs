//! Functions, groups and clients that call.

use std::time::{Duration, SystemTime};

use daffi::{
    AsyncResult, Broadcast, Call, CallError, Global, Period, Replies, ScheduledTask, Stream, Streaming,
    callback, fetcher,
};
use futures_util::stream;

use super::callbacks::GreetError;

#[fetcher]
async fn calculate_sum(a: i64, b: i64) -> i64;

#[fetcher(alias = "calculate_sum")]
fn calculate_sum_doubled(a: i64, b: i64) -> i64 {
    (a * 2, b * 2)
}

#[fetcher]
async fn greet(name: &str) -> Result<String, GreetError>;

#[fetcher(timeout = "500ms", retry = 2, idempotent)]
async fn price(item: &str) -> u64;

#[fetcher(alias = "price", wait = "5s", to = "shop")]
async fn price_there(item: &str) -> u64;

#[fetcher]
async fn generate_stream(end: u64) -> impl Stream<Item = u64>;

#[fetcher]
async fn total(items: impl Stream<Item = u64>) -> u64;

#[fetcher(alias = "add_item", each)]
async fn add_many_items(items: impl Stream<Item = String>);

#[fetcher]
async fn fibonacci(n: u64) -> u64;

#[fetcher]
async fn get_menu() -> Vec<String>;

#[fetcher]
async fn refresh();

#[fetcher(alias = "fibonacci", bg)]
async fn fibonacci_in_background(n: u64) -> u64;

#[fetcher(alias = "get_menu", broadcast)]
async fn get_menus() -> Vec<String>;

#[fetcher(alias = "shout")]
async fn shout(lines: impl Stream<Item = String>) -> impl Stream<Item = String>;

mod offered {
    #[daffi::callback]
    async fn price(item: &str) -> u64 {
        item.len() as u64
    }

    #[daffi::callback]
    async fn get_menu() -> Vec<String> {
        vec!["soup".to_owned()]
    }

    #[daffi::callback]
    async fn refresh() {}
}

struct CalculatorClient {
    multiplier: i64,
}

#[fetcher]
impl CalculatorClient {
    pub async fn calculate_sum(&self, a: i64, b: i64) -> i64;
    #[fetcher(alias = "calculate_sum")]
    pub async fn calculate_scaled(&self, a: i64, b: i64) -> i64 {
        (a * self.multiplier, b * self.multiplier)
    }
    #[fetcher(local)]
    pub fn describe(&self) -> String {
        format!("times {}", self.multiplier)
    }
}

#[fetcher]
pub trait Shopping {
    async fn stock(&self) -> Vec<String>;
    async fn stock_up(&self, item: String);
}

#[fetcher(client = "Shopper", prefix = "other.")]
pub trait OtherShopping {
    async fn stock(&self) -> Vec<String>;
}

#[derive(Default)]
pub(crate) struct Stock(std::sync::Mutex<Vec<String>>);

#[callback]
impl Shopping for Stock {
    async fn stock(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
    async fn stock_up(&self, item: String) {
        self.0.lock().unwrap().push(item);
    }
}

#[tokio::test]
async fn calls_are_made_in_all_their_ways() {
    let (controller, g) = super::globals::two().await;
    g.scope(in_all_ways(&g)).await.unwrap();
    assert_eq!(controller.scope(calculate_sum(1, 2)).await, Ok(3));
    let other_global = &controller;
    let sum = calculate_sum(1, 2).on(other_global).to("caller").await.unwrap();
    assert_eq!(sum, 3);
    g.stop().await;
    controller.stop().await;
}

async fn in_all_ways(g: &Global) -> Result<(), Box<dyn std::error::Error>> {
    let sum: i64 = calculate_sum(1, 2).await?;
    assert_eq!(sum, 3);
    let sum = calculate_sum(1, 2)
        .timeout(Duration::from_secs(1))
        .to("provider")
        .await?;
    assert_eq!(sum, 3);
    assert_eq!(calculate_sum_doubled(1, 2).await?, 6);
    assert_eq!(greet("Ann").await?, "Good day, Ann.");

    let job: AsyncResult<u64> = fibonacci(20).bg();
    let _: bool = job.is_ready();
    assert_eq!(job.await?, 6765);
    fibonacci(20).bg().cancel();
    let job: AsyncResult<u64> = fibonacci_in_background(3);
    assert_eq!(job.await?, 2);

    fibonacci(3).send().await?;
    let later = fibonacci(3).after(Duration::from_millis(1)).bg();
    assert_eq!(later.await?, 2);

    let menus: Replies<Vec<String>> = get_menu().broadcast().await?;
    for (process_name, outcome) in &menus {
        let outcome: &Result<Vec<String>, CallError> = outcome;
        assert!(!process_name.is_empty() && outcome.is_ok());
    }
    let broadcast = get_menu().broadcast().timeout(Duration::from_secs(2));
    let mut replies = broadcast.stream().await?;
    let mut count = 0;
    while let Some((process_name, outcome)) = replies.next().await {
        let _: (String, Result<Vec<String>, CallError>) = (process_name, outcome);
        count += 1;
    }
    assert_eq!(count, menus.len());
    let _: Broadcast<Vec<String>> = get_menus();
    get_menu().broadcast().send().await?;
    let _ = get_menu().broadcast().bg().await?;
    assert_eq!(get_menu().to_each(["provider", "Bob"]).await?.len(), 2);
    let totals = total(stream::iter(0..4)).broadcast().await?;
    assert_eq!(totals["provider"], Ok(6));

    let mut items: Streaming<u64> = generate_stream(1000).await?;
    let mut seen = 0;
    while let Some(item) = items.next().await {
        let item: u64 = item?;
        assert_eq!(item, seen);
        seen += 1;
    }
    assert_eq!(seen, 1000);
    assert_eq!(total(stream::iter(0..4)).await?, 6);
    let mut loud = shout(stream::iter(["a".to_owned()])).await?;
    assert_eq!(loud.next().await.unwrap()?, "A");
    add_many_items(stream::iter(["milk".to_owned()])).await?;

    let here = g.clone();
    let blocking = std::thread::spawn(move || calculate_sum(1, 2).on(&here).wait());
    assert_eq!(
        tokio::task::spawn_blocking(|| blocking.join().unwrap()).await??,
        3
    );
    assert_eq!(price("milk").key("milk").await?, 4);
    assert_eq!(price("milk").wait_for_provider(Duration::from_secs(5)).await?, 4);
    assert_eq!(price("milk").metadata("tenant", "acme").await?, 4);
    assert_eq!(price_there("milk").to("provider").await?, 4);
    assert_eq!(price("milk").to_where("kind", "shop").await?, 4);
    assert_eq!(get_menu().broadcast().where_("kind", "shop").await?.len(), 1);

    let group = CalculatorClient { multiplier: 3 };
    assert_eq!(group.calculate_scaled(1, 2).on(g).await?, 9);
    assert_eq!(group.calculate_sum(1, 2).await?, 3);
    assert_eq!(group.describe(), "times 3");

    let shopping = ShoppingClient::new(g);
    shopping.stock_up("orange".to_owned()).await?;
    let items = shopping.stock().timeout(Duration::from_secs(1)).await?;
    assert_eq!(items, ["orange"]);
    let all = ShoppingClient::new(g)
        .to("provider")
        .timeout(Duration::from_secs(1));
    let call: Call<Vec<String>> = all.stock();
    assert_eq!(call.await?, ["orange"]);
    assert!(Shopper::new(g).stock().await.is_err());

    let task: ScheduledTask = refresh().period(Period::every(Duration::from_secs(3600))).await?;
    let _ = task.id();
    task.pause().await?;
    task.resume().await?;
    task.trigger().await?;
    let _ = task.describe().await?;
    task.cancel().await?;
    let soon = SystemTime::now() + Duration::from_secs(3600);
    let at = refresh()
        .period(Period::at([soon, soon + Duration::from_secs(1)]))
        .await?;
    assert!(g.scheduled_tasks().await?.iter().any(|task| task.id == at.id()));
    g.cancel_scheduled_task(at.id()).await?;
    Ok(())
}
