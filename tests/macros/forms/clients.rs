//! Clients of traits, wherever the traits are and whoever sees them.

use daffi::{callback, fetcher};

use super::Pair;
use shop::{InPathClient, Seller, SellingClient};

/// Nobody else sees it.
#[fetcher(prefix = "list.")]
trait List: Send + Sync
where
    Self: 'static,
{
    fn add(&mut self, item: &str) -> usize;

    async fn items(&self) -> Result<Vec<String>, String>
    where
        Self: Sized;

    async fn first<'a>(&'a self, fallback: &'a str) -> String {
        fallback.to_owned()
    }

    #[fetcher(alias = "count", timeout = "10s", to = "service")]
    fn how_many(&self) -> usize;

    #[allow(clippy::needless_arbitrary_self_type)]
    fn is_empty(self: &Self) -> bool;

    #[fetcher(local)]
    fn local() -> u8 {
        1
    }
}

#[derive(Default)]
struct InMemory {
    items: Vec<String>,
}

#[callback(auto_init, prefix = "list.")]
impl List for InMemory {
    fn add(&mut self, item: &str) -> usize {
        self.items.push(item.to_owned());
        self.items.len()
    }

    async fn items(&self) -> Result<Vec<String>, String> {
        if self.items.is_empty() {
            Err("empty".to_owned())
        } else {
            Ok(self.items.clone())
        }
    }

    async fn first<'a>(&'a self, fallback: &'a str) -> String {
        self.items.first().map_or(fallback, |first| first).to_owned()
    }

    #[callback(alias = "count")]
    fn how_many(&self) -> usize {
        self.items.len()
    }

    fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
}

mod shop {
    use daffi::{callback, fetcher};

    #[fetcher(client = "SellingClient")]
    pub(crate) trait Sells {
        async fn sell(&self, item: String) -> String;
    }

    #[fetcher]
    pub(in crate::forms::clients) trait InPath {
        async fn sell(&self, item: String) -> String;
    }

    #[derive(Default)]
    pub(super) struct Seller;

    #[callback(auto_init)]
    impl Sells for Seller {
        async fn sell(&self, item: String) -> String {
            format!("{item}, sold")
        }
    }
}

#[tokio::test]
async fn a_client_has_the_methods_of_its_trait() {
    let pair = Pair::start().await;
    let list = ListClient::new(&pair.caller);
    assert!(list.items().await.is_err());
    assert_eq!(list.first("none").await, Ok("none".to_owned()));
    assert_eq!(list.add("milk").await, Ok(1), "a client needs no `mut`");
    assert_eq!(list.items().await, Ok(vec!["milk".to_owned()]));
    assert_eq!(list.clone().first("none").await, Ok("milk".to_owned()));
    assert_eq!(list.how_many().await, Ok(1));
    assert_eq!(list.is_empty().await, Ok(false));
    assert_eq!(<InMemory as List>::local(), 1);
    pair.stop().await;
}

#[tokio::test]
async fn a_client_is_seen_where_its_trait_is() {
    let pair = Pair::start().await;
    let _service = Seller;
    for sold in [
        SellingClient::new(&pair.caller).sell("milk".to_owned()).await,
        InPathClient::new(&pair.caller).sell("milk".to_owned()).await,
    ] {
        assert_eq!(sold, Ok("milk, sold".to_owned()));
    }
    pair.stop().await;
}
