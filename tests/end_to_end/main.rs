//! Programs as users write them, in one process.

use daffi::{CallContext, CallError, Global, RemoteError, callback, fetcher};
use std::time::Duration;

mod offered {
    use super::*;
    #[callback]
    async fn calculate_sum(a: i64, b: i64) -> i64 {
        a + b
    }
    #[callback]
    fn fibonacci(n: u64) -> u64 {
        if n < 2 {
            n
        } else {
            fibonacci(n - 1) + fibonacci(n - 2)
        }
    }
    #[callback(inline)]
    fn add(a: i64, b: i64) -> i64 {
        a + b
    }
    #[callback(alias = "greet", concurrency = 8, timeout = "30s")]
    async fn greet_politely(name: &str, ctx: &CallContext) -> Result<String, String> {
        if name.is_empty() {
            return Err("who?".into());
        }
        Ok(format!("hi {name} from {}", ctx.caller()))
    }
    #[callback]
    async fn rev(mut bytes: Vec<u8>) -> Vec<u8> {
        bytes.reverse();
        bytes
    }
    #[callback]
    async fn boom() {
        panic!("boom {}", 1)
    }
    #[callback]
    async fn forever() {
        std::future::pending::<()>().await
    }
    #[derive(Default)]
    pub struct ShoppingService {
        items: Vec<String>,
    }
    #[callback]
    impl ShoppingService {
        /// Return all items.
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
            format!("{}", self.check())
        }
        fn check(&self) -> bool {
            self.items.is_empty()
        }
    }
}

#[fetcher]
async fn calculate_sum(a: i64, b: i64) -> i64;
#[fetcher]
async fn fibonacci(n: u64) -> u64;
#[fetcher]
async fn add(a: i64, b: i64) -> i64;
#[fetcher(alias = "calculate_sum")]
fn calculate_sum_doubled(a: i64, b: i64) -> i64 {
    (a * 2, b * 2)
}
#[fetcher]
async fn greet(name: &str) -> Result<String, String>;
#[fetcher(alias = "greet")]
async fn greet_plain(name: &str) -> String;
#[fetcher]
async fn rev(bytes: &[u8]) -> Vec<u8>;
#[fetcher]
async fn boom();
#[fetcher]
async fn forever();
#[fetcher(alias = "add")]
async fn add_wrong(a: i32, b: i64) -> i64;

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
        format!("{}", self.multiplier)
    }
}

#[fetcher]
pub trait Shopping {
    async fn get_items(&self) -> Vec<String>;
    async fn add_item(&self, item: String);
    async fn count(&self) -> usize;
}

#[tokio::test]
async fn everything() {
    let dir = tempfile::tempdir().unwrap();
    let s = Global::builder()
        .process_name("service")
        .init_controller(true)
        .unix_sock_path(dir.path())
        .service(offered::ShoppingService::default())
        .start()
        .await
        .unwrap();
    let g = Global::builder()
        .process_name("caller")
        .unix_sock_path(dir.path())
        .auto_callbacks(false)
        .start()
        .await
        .unwrap();
    assert_eq!(calculate_sum(1, 2).on(&g).await.unwrap(), 3);
    assert_eq!(add(1, 2).on(&g).await.unwrap(), 3);
    assert_eq!(fibonacci(10).on(&g).await.unwrap(), 55);
    assert_eq!(calculate_sum_doubled(1, 2).on(&g).await.unwrap(), 6);
    assert_eq!(greet("bo").on(&g).await.unwrap(), "hi bo from caller");
    assert_eq!(
        greet("").on(&g).await.unwrap_err(),
        CallError::App("who?".to_owned())
    );
    let e: CallError<RemoteError> = greet_plain("").on(&g).await.unwrap_err();
    println!("{e}");
    assert_eq!(rev(&[1, 2, 3]).on(&g).await.unwrap(), [3, 2, 1]);
    println!("{}", boom().on(&g).await.unwrap_err());
    println!(
        "{}",
        forever()
            .on(&g)
            .timeout(Duration::from_millis(50))
            .await
            .unwrap_err()
    );
    println!("{}", add_wrong(1, 2).on(&g).await.unwrap_err());
    println!("{}", add(1, 2).await.unwrap_err());
    let c = CalculatorClient { multiplier: 3 };
    assert_eq!(c.calculate_sum(1, 2).on(&g).await.unwrap(), 3);
    assert_eq!(c.calculate_scaled(1, 2).on(&g).await.unwrap(), 9);
    assert_eq!(c.describe(), "3");
    let shopping = ShoppingClient::new(&g);
    shopping.add_item("orange".to_owned()).await.unwrap();
    assert_eq!(
        shopping
            .get_items()
            .timeout(Duration::from_secs(1))
            .await
            .unwrap(),
        ["orange"]
    );
    assert_eq!(shopping.count().await.unwrap(), 1);
    let sum: i64 = g.call("calculate_sum", (1i64, 2i64)).await.unwrap();
    assert_eq!(sum, 3);
    println!("{:#?}", g.processes().await.unwrap());
    for c in g.callbacks().await.unwrap() {
        println!("{c:?}");
    }
    g.stop().await;
    s.stop().await;
}
