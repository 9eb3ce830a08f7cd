//! What is measured: streams by callbacks and fetchers, and calls beside them.

use std::time::{Duration, Instant};

use daffi::{Global, GlobalBuilder, Stream, Streaming};
use futures_util::{StreamExt, stream};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::processes::{Place, ready};
use super::{Kind, LARGE, LARGE_BYTES, SMALL, median, millions};

mod offered {
    use daffi::callback;

    use super::*;

    #[callback]
    async fn count(end: u64) -> impl Stream<Item = u64> {
        stream::iter(0..end)
    }

    #[callback]
    fn iterate(end: u64) -> impl Iterator<Item = u64> {
        0..end
    }

    #[callback]
    async fn total(mut items: Streaming<u64>) -> u64 {
        let mut total = 0;
        while let Some(item) = items.next().await {
            total += item.unwrap();
        }
        total
    }

    #[callback]
    async fn back(items: Streaming<u64>) -> impl Stream<Item = u64> {
        items.map(Result::unwrap)
    }

    #[callback]
    async fn blobs(count: u64, size: u64) -> impl Stream<Item = Vec<u8>> {
        let size = usize::try_from(size).unwrap();
        stream::iter((0..count).map(move |_| vec![7; size]))
    }

    #[callback]
    async fn ping() {}
}

mod there {
    use daffi::fetcher;

    use super::*;

    #[fetcher]
    pub async fn count(end: u64) -> impl Stream<Item = u64>;
    #[fetcher]
    pub async fn iterate(end: u64) -> impl Stream<Item = u64>;
    #[fetcher]
    pub async fn total(items: impl Stream<Item = u64>) -> u64;
    #[fetcher]
    pub async fn back(items: impl Stream<Item = u64>) -> impl Stream<Item = u64>;
    #[fetcher]
    pub async fn blobs(count: u64, size: u64) -> impl Stream<Item = Vec<u8>>;
    #[fetcher]
    pub async fn ping();
}

fn builder(at: Place) -> GlobalBuilder {
    let builder = Global::builder().auto_callbacks(false);
    match at {
        Place::Folder(folder) => builder.unix_sock_path(folder),
        Place::Port(port) => builder.host("127.0.0.1").port(port),
    }
}

async fn run(builder: GlobalBuilder) {
    let running = tokio::spawn(async move {
        let _g = builder.start().await.unwrap();
        ready().await;
    });
    running.await.unwrap();
}

pub async fn controller(at: Place) {
    run(builder(at).init_controller(true).init_node(false)).await;
}

pub async fn provider(at: Place) {
    run(builder(at).auto_callbacks(true)).await;
}

/// Checks that all numbers come, in their order.
async fn check(mut items: Streaming<u64>, end: u64) {
    let mut next = 0;
    while let Some(item) = items.next().await {
        assert_eq!(item.unwrap(), next);
        next += 1;
    }
    assert_eq!(next, end);
}

#[derive(Clone)]
pub struct Caller(Global);

impl Caller {
    pub async fn new(at: Place) -> Self {
        let g = builder(at).start().await.unwrap();
        g.wait_function("count").await.unwrap();
        Self(g)
    }

    /// How fast it is, in millions a second.
    pub async fn speed(self, kind: Kind) -> f64 {
        let (g, begun) = (&self.0, Instant::now());
        let count = match kind {
            Kind::Stream => {
                check(there::count(SMALL).on(g).await.unwrap(), SMALL).await;
                SMALL
            }
            Kind::Iterator => {
                check(there::iterate(SMALL).on(g).await.unwrap(), SMALL).await;
                SMALL
            }
            Kind::Argument => {
                let total = there::total(stream::iter(0..SMALL)).on(g).await.unwrap();
                assert_eq!(total, (0..SMALL).sum::<u64>());
                SMALL
            }
            Kind::Both => {
                check(there::back(stream::iter(0..SMALL)).on(g).await.unwrap(), SMALL).await;
                SMALL
            }
            Kind::Large => {
                let mut blobs = there::blobs(LARGE, LARGE_BYTES).on(g).await.unwrap();
                let mut bytes = 0;
                while let Some(blob) = blobs.next().await {
                    bytes += blob.unwrap().len() as u64;
                }
                assert_eq!(bytes, LARGE * LARGE_BYTES);
                bytes
            }
        };
        millions(count, begun.elapsed())
    }

    /// Tells how long a call takes alone and beside streams at full speed, then has much pass and a receiver sleep.
    pub async fn latency(self) {
        let idle = self.ping("a call alone, p50 and p99 in µs").await;
        let beside = "a call beside eight streams of u64";
        let beside = self.ping_beside(beside, || there::count(u64::MAX)).await;
        println!("  {:<44} {:8.1}", "p99 beside them, to p99 alone", beside / idle);
        let beside = "a call beside eight streams of 1 MiB items";
        self.ping_beside(beside, || there::blobs(u64::MAX, LARGE_BYTES))
            .await;

        drain(there::blobs(4096, LARGE_BYTES).on(&self.0)).await;
        let mut blobs = there::blobs(u64::MAX, LARGE_BYTES).on(&self.0).await.unwrap();
        blobs.next().await.unwrap().unwrap();
        sleep(Duration::from_secs(1)).await;
    }

    /// As [`ping`](Self::ping), while eight such streams are at full speed.
    async fn ping_beside<T: Send + 'static>(
        &self,
        what: &str,
        flow: impl Fn() -> daffi::Call<Streaming<T>>,
    ) -> f64 {
        let streams: Vec<_> = (0..8).map(|_| tokio::spawn(drain(flow().on(&self.0)))).collect();
        sleep(Duration::from_millis(500)).await;
        let p99 = self.ping(what).await;
        streams.iter().for_each(JoinHandle::abort);
        sleep(Duration::from_millis(100)).await;
        p99
    }

    async fn ping(&self, what: &str) -> f64 {
        let (end, mut times) = (Instant::now() + Duration::from_secs(2), Vec::new());
        while Instant::now() < end {
            let begun = Instant::now();
            there::ping().on(&self.0).await.unwrap();
            times.push(begun.elapsed().as_secs_f64() * 1e6);
            sleep(Duration::from_micros(500)).await;
        }
        times.sort_by(f64::total_cmp);
        let p99 = times[times.len() * 99 / 100];
        println!("  {what:<44} {:8.0} {p99:8.0}", median(times));
        p99
    }
}

async fn drain<T: Send + 'static>(call: daffi::Call<Streaming<T>>) {
    let mut items = call.await.unwrap();
    while let Some(item) = items.next().await {
        item.unwrap();
    }
}
