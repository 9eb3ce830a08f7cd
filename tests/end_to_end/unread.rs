//! What the streams hold in all that come to a process and are not read.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use daffi::{CallError, Streaming, callback, fetcher};
use futures_util::{Stream, StreamExt, future, stream};
use tokio::sync::Semaphore;

use crate::net::{Net, Transport, over_each};

/// How many bytes streams may hold.
const BYTES: u64 = 64 << 10;

/// So many streams would like to hold more.
const STREAMS: usize = 100;

const ITEMS: usize = 40;

/// How large they are: all that those which wait are over their windows fits the rest.
const SIZE: usize = 300;

#[derive(Clone)]
struct Holder {
    go_on: Arc<Semaphore>,
}

impl Default for Holder {
    fn default() -> Self {
        let go_on = Arc::new(Semaphore::new(0));
        Self { go_on }
    }
}

#[callback(prefix = "unread.")]
impl Holder {
    /// Reads one item, and the others when it may; how many bytes there were.
    pub async fn hold(&self, mut items: Streaming<Vec<u8>>) -> Result<usize, String> {
        let mut bytes = 0;
        while let Some(item) = items.next().await {
            bytes += item.map_err(|error| error.to_string())?.len();
            let _ = self.go_on.acquire().await;
        }
        Ok(bytes)
    }

    pub async fn size(&self, item: Vec<u8>) -> usize {
        item.len()
    }

    pub async fn send(&self, items: usize) -> impl Stream<Item = Vec<u8>> {
        stream::iter((0..items).map(|_| vec![7; SIZE]))
    }
}

struct Client;

#[fetcher(prefix = "unread.")]
impl Client {
    async fn hold(&self, items: impl Stream<Item = Vec<u8>>) -> Result<usize, String>;
    #[fetcher(each, alias = "size")]
    async fn sizes(&self, items: impl Stream<Item = Vec<u8>>) -> usize;
    async fn send(&self, items: usize) -> impl Stream<Item = Vec<u8>>;
}

fn items(size: usize) -> impl Stream<Item = Vec<u8>> + Send + 'static {
    stream::iter((0..ITEMS).map(move |_| vec![7; size]))
}

/// Of many streams that nobody reads some are refused and the others have all their items.
#[tokio::test]
async fn p6_streams_that_callbacks_do_not_read_hold_no_more_in_all_than_they_may() {
    over_each(async |transport| {
        let holder = Holder::default();
        let net = Net::start(transport, |builder| {
            builder.service(holder.clone()).max_unread(BYTES)
        })
        .await;
        let g = net.caller().await;
        let calls: Vec<_> = (0..STREAMS)
            .map(|_| Client.hold(items(SIZE)).on(&g).bg())
            .collect();
        let mut refused = 0;
        let (mut held, mut calls) = (Vec::new(), future::select_all(calls));
        // Those that are refused are answered although all others wait.
        loop {
            let (outcome, _, rest) = (&mut calls).await;
            let Err(CallError::App(words)) = outcome else {
                panic!("{outcome:?}")
            };
            assert!(
                words.contains("hold 65536 bytes") && words.contains("`max_unread`"),
                "{words}"
            );
            refused += 1;
            if rest.len() <= 20 {
                held.extend(rest);
                break;
            }
            calls = future::select_all(rest);
        }
        assert!(refused >= STREAMS - 20);
        holder.go_on.add_permits(STREAMS * ITEMS);
        let mut read = 0;
        for outcome in future::join_all(held).await {
            match outcome {
                Ok(bytes) => {
                    assert_eq!(bytes, ITEMS * SIZE);
                    read += 1;
                }
                Err(CallError::App(words)) => assert!(words.contains("max_unread"), "{words}"),
                other => panic!("{other:?}"),
            }
        }
        assert!(read >= 10, "{read} had all their items");
        // A smaller window is granted again as it is used, also where a callback runs for each item.
        let many = stream::iter((0..2000).map(|_| vec![7; SIZE]));
        assert_eq!(Client.sizes(many).on(&g).await, Ok(2000));
        // Nothing is left of them.
        for _ in 0..3 {
            assert_eq!(Client.hold(items(SIZE)).on(&g).await, Ok(ITEMS * SIZE));
        }
        net.stop([g]).await;
    })
    .await;
}

#[tokio::test]
async fn an_item_that_is_larger_than_what_is_left_ends_its_stream() {
    let holder = Holder::default();
    let net = Net::start(Transport::Unix, |builder| {
        builder.service(holder.clone()).max_unread(BYTES)
    })
    .await;
    let g = net.caller().await;
    holder.go_on.add_permits(STREAMS * ITEMS);
    // One that fits is sent, though it is larger than the window.
    assert_eq!(Client.hold(items(25_000)).on(&g).await, Ok(ITEMS * 25_000));
    let Err(CallError::App(words)) = Client.hold(items(500_000)).on(&g).await else {
        panic!("it does not fit")
    };
    assert!(words.contains("max_unread"), "{words}");
    net.stop([g]).await;
}

/// A call that is answered with a stream is not made where nothing is left for that.
#[tokio::test]
async fn p6_results_that_nobody_reads_hold_no_more_in_all_than_they_may() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder.service(Holder::default())).await;
        let g = net.join().max_unread(BYTES).start().await.unwrap();
        let mut open = Vec::new();
        let refused = loop {
            match Client.send(ITEMS).on(&g).await {
                Ok(items) => open.push(items),
                Err(error) => break error,
            }
            assert!(open.len() < STREAMS);
        };
        assert!(open.len() >= 10, "{}", open.len());
        assert!(
            matches!(
                &refused,
                CallError::Overloaded {
                    unread: Some(BYTES),
                    may_have_run: false,
                    ..
                }
            ),
            "{refused:?}"
        );
        // Each has all of its items, and gives back what it has taken.
        for items in &mut open {
            let mut count = 0;
            while let Some(item) = items.next().await {
                assert_eq!(item.unwrap().len(), SIZE);
                count += 1;
            }
            assert_eq!(count, ITEMS);
        }
        for _ in 0..STREAMS {
            let items = Client.send(ITEMS).on(&g).await.unwrap();
            drop(items);
        }
        // To many, each process's counts.
        let merged = Client.send(ITEMS).on(&g).broadcast().items().await.unwrap();
        assert_eq!(merged.count().await, ITEMS);
        net.stop([g]).await;
    })
    .await;
}

#[tokio::test]
async fn a_call_for_a_stream_is_made_again_when_there_is_room_for_it() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder.service(Holder::default())).await;
        let g = net.join().max_unread(BYTES).start().await.unwrap();
        let mut open = Vec::new();
        while let Ok(items) = Client.send(ITEMS).on(&g).await {
            open.push(items);
            assert!(open.len() < STREAMS);
        }
        // It was refused, and did not run; that is no outcome yet.
        let mut call = pin!(Client.send(ITEMS).on(&g).retry(3));
        let first = call.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(first, Poll::Pending), "{first:?}");
        drop(open);
        assert_eq!(call.await.unwrap().count().await, ITEMS);
        net.stop([g]).await;
    })
    .await;
}

/// Sends the same in items that are too large for those who hold little.
struct Larger;

#[callback(prefix = "unread.")]
impl Larger {
    pub async fn send(&self, items: usize) -> impl Stream<Item = Vec<u8>> {
        stream::iter((0..items).map(|_| vec![7; 60_000]))
    }
}

#[tokio::test]
async fn p8_one_whose_items_are_too_large_ends_its_own_part_of_a_broadcast() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder.service(Holder::default())).await;
        let other = net.join().process_name("larger").service(Larger);
        let other = other.start().await.unwrap();
        let g = net.join().max_unread(BYTES).start().await.unwrap();
        let mut merged = Client.send(ITEMS).on(&g).broadcast().items().await.unwrap();
        let (mut count, mut ended) = (0, Vec::new());
        while let Some((name, item)) = merged.next().await {
            match item {
                Ok(item) => {
                    assert_eq!((name.as_str(), item.len()), ("service", SIZE));
                    count += 1;
                }
                Err(error) => ended.push((name, error)),
            }
        }
        assert_eq!(count, ITEMS);
        let unread = Some(BYTES);
        assert!(
            matches!(&*ended, [(name, CallError::Overloaded { unread: told, .. })] if name == "larger" && *told == unread),
            "{ended:?}"
        );
        drop(merged);
        net.stop([g, other]).await;
    })
    .await;
}
