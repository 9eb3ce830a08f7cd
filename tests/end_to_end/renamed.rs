//! Programs that know daffi by another name.

use rpc::{Call, CallError, Global, Stream};

/// As `rpc = { package = "daffi" }` makes it.
mod rpc {
    pub use daffi::*;
}

#[rpc::callback(alias = "renamed.add", inline, crate = "crate::renamed::rpc")]
fn add(a: u8, b: u8) -> u8 {
    a + b
}

mod there {
    use super::rpc;

    #[rpc::fetcher(alias = "renamed.add", crate = "crate::renamed::rpc")]
    pub async fn add(a: u8, b: u8) -> u8;
}

/// A trait for code that spawns what its implementations return.
#[rpc::fetcher(prefix = "renamed.", crate = "rpc")]
pub trait Counting {
    fn count(&self, to: u64) -> impl Future<Output = Result<u64, String>> + Send;
    fn nothing(&self) -> impl Send + Future<Output = ()>;
    async fn up(&self, to: u64) -> impl Stream<Item = u64>;
}

struct Counter;

#[rpc::callback(prefix = "renamed.", crate = "rpc")]
impl Counting for Counter {
    async fn count(&self, to: u64) -> Result<u64, String> {
        Ok(to)
    }

    async fn nothing(&self) {}

    async fn up(&self, to: u64) -> impl Stream<Item = u64> {
        futures_util::stream::iter(0..to)
    }
}

/// What `async fn` in a trait does not allow.
fn spawned(counting: impl Counting + Send + Sync + 'static) -> tokio::task::JoinHandle<Result<u64, String>> {
    tokio::spawn(async move { counting.count(3).await })
}

#[tokio::test]
async fn where_daffi_has_another_name_all_is_as_before() {
    let service = Global::builder()
        .init_controller(true)
        .in_memory()
        .service(Counter);
    let service = service.start().await.unwrap();
    let g = Global::builder()
        .memory(&service)
        .auto_callbacks(false)
        .start()
        .await
        .unwrap();
    assert_eq!(there::add(1, 2).on(&g).await, Ok(3));
    assert_eq!(add(1, 2), 3);
    let client = CountingClient::new(&g);
    let count: Call<u64, String> = client.count(2);
    assert_eq!(count.await, Ok(2));
    assert_eq!(client.nothing().await, Ok::<_, CallError>(()));
    let mut up = client.up(2).await.unwrap();
    assert_eq!(
        (up.next().await, up.next().await, up.next().await),
        (Some(Ok(0)), Some(Ok(1)), None)
    );
    assert_eq!(spawned(Counter).await.unwrap(), Ok(3));
    g.stop().await;
    service.stop().await;
}
