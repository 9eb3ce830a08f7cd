//! Clients of traits, wherever the traits are and whoever sees them.

use std::marker::PhantomData;
use std::rc::Rc;
use std::time::Duration;

use daffi::{Call, CallContext, CallError, Stream, callback, fetcher};
use futures_util::{StreamExt as _, stream};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

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

/// What is wrong with the stock, or with a call that asks for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Fault {
    Empty,
    Unreachable { told: String, may_have_run: bool },
}

impl From<CallError> for Fault {
    fn from(error: CallError) -> Self {
        Self::Unreachable {
            told: error.to_string(),
            may_have_run: error.may_have_run(),
        }
    }
}

/// A result with one parameter, as many crates have it.
type Checked<T> = Result<T, Fault>;
/// The same by the name that daffi looks for.
mod checked {
    pub(super) type Result<T> = super::Checked<T>;
}

/// Its client is one of its implementations.
#[fetcher(prefix = "stock.")]
trait Stock: Send + Sync + std::fmt::Debug
where
    Self: 'static,
{
    async fn take(&mut self, item: &str) -> Result<u32, Fault>;

    fn count<'a>(&'a self, item: &'a str) -> impl Future<Output = Result<u32, Fault>> + Send;

    fn count_blocking(&self, item: String) -> checked::Result<u32>;

    #[fetcher(alias = "take", bg)]
    async fn take_in_the_background(&mut self, item: &str) -> Result<u32, Fault>;

    #[fetcher(local)]
    fn described(&self) -> String {
        format!("{self:?}")
    }
}

#[derive(Debug, Default)]
struct Shelf {
    taken: u32,
}

#[callback(auto_init, prefix = "stock.")]
impl Stock for Shelf {
    async fn take(&mut self, item: &str) -> Result<u32, Fault> {
        if item.is_empty() {
            return Err(Fault::Empty);
        }
        self.taken += 1;
        Ok(self.taken)
    }

    #[callback(alias = "count")]
    async fn count(&self, item: &str) -> Result<u32, Fault> {
        if item.is_empty() {
            Err(Fault::Empty)
        } else {
            Ok(self.taken)
        }
    }

    fn count_blocking(&self, _item: String) -> checked::Result<u32> {
        Ok(self.taken)
    }

    #[callback(local)]
    async fn take_in_the_background(&mut self, item: &str) -> Result<u32, Fault> {
        self.take(item).await
    }
}

/// What a program does with any stock.
async fn empty(stock: &mut impl Stock) -> Result<u32, Fault> {
    stock.take("milk").await?;
    stock.take_in_the_background("milk").await?;
    stock.count("milk").await
}

#[tokio::test]
async fn a_client_is_what_its_trait_asks_for_where_errors_can_say_that_a_call_has_failed() {
    let pair = Pair::start().await;
    let mut fake = Shelf::default();
    assert_eq!(empty(&mut fake).await, Ok(2));
    let mut client = StockClient::new(&pair.caller);
    assert_eq!(empty(&mut client).await, Ok(2));
    assert_eq!(Stock::take(&mut client, "").await, Err(Fault::Empty));
    assert_eq!(
        client.take("").await,
        Err(CallError::App(Fault::Empty)),
        "its own method stays one that gives a call"
    );
    assert!(
        client.described().starts_with("StockClient"),
        "{}",
        client.described()
    );
    let (told, counted) = tokio::sync::oneshot::channel();
    let blocking = std::thread::spawn(move || told.send(Stock::count_blocking(&client, String::new())));
    assert_eq!(counted.await.unwrap(), Ok(2));
    blocking.join().unwrap().unwrap();

    let mut nobody = StockClient::new(&pair.caller).to("nobody");
    let fault = empty(&mut nobody).await.unwrap_err();
    let Fault::Unreachable {
        told,
        may_have_run: false,
    } = &fault
    else {
        panic!("{fault:?}");
    };
    assert!(told.contains("nobody"), "{told}");
    pair.stop().await;
}

#[derive(Debug, Serialize, Deserialize)]
struct Words(String);

/// Its errors cannot be made of a call's, and its client is nothing else that is asked for: it is a client all the same.
#[fetcher(client = "Narrow")]
trait Narrowed: std::fmt::Display {
    async fn narrow(&self) -> Result<u8, Words>;
}

/// What it takes to make one of it that is what the trait asks for.
struct Wide(Narrow);

impl std::fmt::Display for Wide {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("wide")
    }
}

impl Narrowed for Wide {
    async fn narrow(&self) -> Result<u8, Words> {
        self.0.narrow().await.map_err(|error| Words(error.to_string()))
    }
}

#[tokio::test]
async fn a_client_that_cannot_be_what_its_trait_asks_for_is_still_one() {
    let pair = Pair::start().await;
    let Words(told) = Wide(Narrow::new(&pair.caller)).narrow().await.unwrap_err();
    assert!(told.contains("narrow"), "{told}");
    pair.stop().await;
}

/// Its errors are words.
#[fetcher]
trait Worded {
    async fn not_offered(&self) -> Result<u8, String>;
}

#[tokio::test]
async fn an_error_in_words_says_what_is_wrong_with_a_call() {
    let pair = Pair::start().await;
    let client = WordedClient::new(&pair.caller);
    let error = client.not_offered().await.unwrap_err();
    assert_eq!(Worded::not_offered(&client).await, Err(error.to_string()));
    pair.stop().await;
}

/// A log of anything.
#[fetcher(prefix = "log.")]
trait Log<C, const N: usize = 2>
where
    C: Clone + Serialize + DeserializeOwned + Send + 'static,
{
    async fn append(&mut self, command: C) -> Result<usize, Fault>;
    async fn last(&self) -> Result<Option<C>, Fault>;
}

#[derive(Default)]
struct Numbers(Vec<u64>);

#[callback(auto_init, prefix = "log.")]
impl Log<u64> for Numbers {
    async fn append(&mut self, command: u64) -> Result<usize, Fault> {
        self.0.push(command);
        Ok(self.0.len())
    }

    async fn last(&self) -> Result<Option<u64>, Fault> {
        Ok(self.0.last().copied())
    }
}

/// Not even this need be asked of what a log is of.
struct Unasked;

#[tokio::test]
async fn a_client_of_a_trait_with_parameters_has_them() {
    async fn fill<C: Clone + Serialize + DeserializeOwned + Send + 'static>(
        log: &mut impl Log<C>,
        command: C,
    ) -> Result<Option<C>, Fault> {
        log.append(command).await?;
        log.last().await
    }

    let pair = Pair::start().await;
    let mut log = LogClient::<u64>::new(&pair.caller);
    assert_eq!(fill(&mut log, 7).await, Ok(Some(7)));
    assert_eq!(log.clone().last().await, Ok(Some(7)));
    let other = LogClient::<String>::new(&pair.caller);
    assert!(
        matches!(other.last().await, Err(CallError::SignatureMismatch { .. })),
        "what it is of is part of the signature, each time"
    );
    assert_eq!(
        log.last().await,
        Ok(Some(7)),
        "and not what it was of the last time"
    );
    let _: Option<LogClient<Unasked>> = None;
    pair.stop().await;
}

/// What it streams, and of what its errors are, depends on its parameters.
#[fetcher(prefix = "feed.")]
trait Feed<C, E, Own = Self>
where
    C: Serialize + DeserializeOwned + Send + 'static,
    E: DeserializeOwned + Send + 'static,
    Own: ?Sized,
{
    async fn tail(&self, count: C) -> impl Stream<Item = C>;
    async fn checked(&self, count: C) -> Result<impl Stream<Item = C>, E>;
    #[fetcher(local)]
    fn own(&self, _: &Own) {}
}

#[callback(alias = "feed.tail")]
async fn tail(count: u64) -> impl Stream<Item = u64> {
    stream::iter(0..count)
}

#[tokio::test]
async fn a_client_streams_what_its_parameters_say() {
    let pair = Pair::start().await;
    let feed = FeedClient::<u64, String, str>::new(&pair.caller);
    let told: Vec<_> = feed.tail(3).await.unwrap().collect().await;
    assert_eq!(told, [Ok(0), Ok(1), Ok(2)]);
    let error = feed.checked(3).await.unwrap_err();
    assert!(matches!(error, CallError::NoProvider { .. }), "{error}");
    pair.stop().await;
}

/// What is lent to it cannot be sent to another thread, and what it returns can.
#[fetcher(prefix = "stock.")]
trait Counts<C: AsRef<str> + Serialize + DeserializeOwned + 'static> {
    #[fetcher(alias = "count")]
    fn count_of(&self, item: C) -> impl Future<Output = Result<u32, Fault>> + Send;
}

/// Text of this thread.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct Here(String, #[serde(skip)] PhantomData<Rc<()>>);

impl AsRef<str> for Here {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

#[tokio::test]
async fn what_a_method_of_a_trait_returns_is_send_whatever_its_arguments_are() {
    fn count(counts: &impl Counts<Here>) -> impl Future<Output = Result<u32, Fault>> + Send {
        counts.count_of(Here("milk".to_owned(), PhantomData))
    }

    let pair = Pair::start().await;
    let client = CountsClient::<Here>::new(&pair.caller);
    assert_eq!(count(&client).await, Ok(0));
    pair.stop().await;
}

#[tokio::test]
async fn what_is_sent_along_with_all_calls_is_in_no_log() {
    let pair = Pair::start().await;
    let client = WordedClient::new(&pair.caller).metadata("authorization", "hidden");
    let shown = format!("{client:?}");
    assert!(
        shown.contains("authorization") && !shown.contains("hidden"),
        "{shown}"
    );
    pair.stop().await;
}

/// The name of what can be said of all calls is also that of a method.
#[fetcher(prefix = "settled.")]
trait Settled {
    async fn told(&self, key: &str) -> Option<String>;
    async fn to(&self) -> String;
    #[fetcher(broadcast)]
    async fn everywhere(&self) -> String;
    #[fetcher(timeout = "1h")]
    async fn never(&self) -> Result<(), Fault>;
}

#[callback(alias = "settled.told")]
async fn told(ctx: &CallContext, key: &str) -> Option<String> {
    ctx.metadata(key).map(str::to_owned)
}

#[callback(alias = "settled.to")]
async fn to() -> String {
    "there".to_owned()
}

#[callback(alias = "settled.everywhere")]
async fn everywhere() -> String {
    "everywhere".to_owned()
}

#[callback(alias = "settled.never")]
async fn never() -> Result<(), Fault> {
    std::future::pending().await
}

#[tokio::test]
async fn what_is_said_of_a_client_holds_for_all_its_calls() {
    let pair = Pair::start().await;
    let client = SettledClient::new(&pair.caller)
        .metadata("tenant", "acme")
        .metadata("tenant", "other")
        .timeout(Duration::from_millis(1))
        .retry(3)
        .idempotent()
        .key("same")
        .wait_for_provider(Duration::ZERO);
    let patient = |call: Call<Option<String>>| call.timeout(Duration::MAX);
    assert_eq!(patient(client.told("tenant")).await, Ok(Some("other".to_owned())));
    assert_eq!(
        patient(client.told("tenant").metadata("tenant", "own")).await,
        Ok(Some("own".to_owned())),
        "a call may say otherwise"
    );
    assert!(matches!(client.never().await, Err(CallError::Timeout { .. })));
    let unhurried = SettledClient::new(&pair.caller).retry(3).idempotent();
    assert_eq!(
        unhurried.to().await.as_deref(),
        Ok("there"),
        "a method goes before"
    );
    let told: Vec<_> = unhurried.everywhere().await.unwrap().into_iter().collect();
    assert!(
        !told.is_empty(),
        "a broadcast, which is not made again, is not told to be"
    );
    assert!(
        told.iter().all(|(_, reply)| reply.as_deref() == Ok("everywhere")),
        "{told:?}"
    );
    pair.stop().await;
}
