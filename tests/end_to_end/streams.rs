//! Streams, both ways: their items, their ends, and how a receiver holds up a sender and nobody else.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use daffi::bytes::{self, Chunk};
use daffi::{CallError, Streaming, TimeLimit, callback, fetcher};
use futures_util::{FutureExt, Stream, StreamExt, stream};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use crate::net::{Net, Transport, over_each};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Tick {
    number: u32,
    words: Vec<String>,
}

fn tick(number: u32) -> Tick {
    Tick {
        number,
        words: vec![format!("tick {number}"); 3],
    }
}

/// Tells when it is dropped.
struct OnDrop(Arc<Notify>);

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

#[derive(Default)]
struct Source {
    made: Arc<AtomicU64>,
    dropped: Arc<Notify>,
    go_on: Arc<Notify>,
    stopped: Arc<AtomicBool>,
}

#[callback]
impl Source {
    pub fn generate_stream(&self, end: u64) -> impl Iterator<Item = u64> {
        0..end
    }

    pub async fn ticks(&self, count: u32) -> impl Stream<Item = Tick> {
        stream::iter((0..count).map(tick))
    }

    /// Without an end, and noticed.
    pub async fn count_up(&self) -> impl Stream<Item = u64> {
        let (made, dropped) = (Arc::clone(&self.made), OnDrop(Arc::clone(&self.dropped)));
        stream::iter(0..).inspect(move |_| {
            let _ = &dropped;
            made.fetch_add(1, Ordering::Relaxed);
        })
    }

    /// Each item takes long, and is not waited for.
    pub async fn slow(&self, end: u64) -> impl Stream<Item = u64> {
        let made = Arc::clone(&self.made);
        stream::iter(0..end).inspect(move |_| {
            std::thread::sleep(Duration::from_millis(2));
            made.fetch_add(1, Ordering::Relaxed);
        })
    }

    /// The same on a thread.
    pub fn count_up_blocking(&self) -> impl Iterator<Item = u64> {
        let (made, dropped) = (Arc::clone(&self.made), OnDrop(Arc::clone(&self.dropped)));
        (0..).inspect(move |_| {
            let _ = &dropped;
            made.fetch_add(1, Ordering::Relaxed);
        })
    }

    /// One item, and the next when it may.
    pub async fn one_by_one(&self) -> impl Stream<Item = u64> {
        let go_on = Arc::clone(&self.go_on);
        stream::unfold(0, move |number| {
            let go_on = Arc::clone(&go_on);
            async move {
                if number > 0 {
                    go_on.notified().await;
                }
                Some((number, number + 1))
            }
        })
    }

    pub async fn checked(&self, end: u64) -> Result<impl Stream<Item = u64>, String> {
        if end > 10 {
            return Err("too far".to_owned());
        }
        Ok(stream::iter(0..end))
    }

    pub fn checked_blocking(&self, end: u64) -> Result<impl Iterator<Item = u64>, String> {
        if end > 10 {
            return Err("too far".to_owned());
        }
        Ok(0..end)
    }

    pub async fn results(&self) -> impl Stream<Item = Result<u32, String>> {
        stream::iter([Ok(1), Err("two is missing".to_owned()), Ok(3)])
    }

    pub async fn blobs(&self, count: u32, size: usize) -> impl Stream<Item = Vec<u8>> {
        stream::iter((0..count).map(move |number| vec![u8::try_from(number).unwrap(); size]))
    }

    pub async fn never(&self) -> impl Stream<Item = u64> {
        let dropped = OnDrop(Arc::clone(&self.dropped));
        stream::pending().inspect(move |_: &u64| {
            let _ = &dropped;
        })
    }

    pub async fn breaks(&self) -> impl Stream<Item = u64> {
        stream::iter(0..10).inspect(|number| assert!(*number < 5, "it breaks at five"))
    }

    /// Gives the items back, and looks meanwhile whether there is one in the other stream.
    pub async fn back_beside(
        &self,
        items: Streaming<u64>,
        others: Streaming<u64>,
    ) -> impl Stream<Item = u64> {
        stream::unfold((items, others), async |(mut items, mut others)| {
            let _ = others.next().now_or_never();
            let item = items.next().await?.unwrap();
            Some((item, (items, others)))
        })
    }

    pub async fn total(&self, mut items: Streaming<u64>) -> u64 {
        let mut total = 0;
        while let Some(item) = items.next().await {
            total += item.unwrap();
        }
        total
    }

    pub fn total_blocking(&self, factor: u64, items: Streaming<u64>, more: &str) -> u64 {
        items.blocking().map(Result::unwrap).sum::<u64>() * factor + more.len() as u64
    }

    pub async fn zip(&self, mut left: Streaming<u64>, mut right: Streaming<String>) -> Vec<(u64, String)> {
        let mut zipped = Vec::new();
        while let (Some(left), Some(right)) = (left.next().await, right.next().await) {
            zipped.push((left.unwrap(), right.unwrap()));
        }
        zipped
    }

    pub async fn first(&self, mut items: Streaming<u64>) -> Option<u64> {
        items.next().await.transpose().unwrap()
    }

    /// Takes nothing of it.
    pub async fn ignores(&self, items: Streaming<u64>) {
        let _items = items;
        self.go_on.notified().await;
    }

    pub async fn hears(&self, mut items: Streaming<u64>) {
        while let Some(item) = items.next().await {
            if item.is_err() {
                self.stopped.store(true, Ordering::Release);
            }
        }
        self.dropped.notify_one();
    }

    pub async fn shout(&self, lines: Streaming<String>) -> impl Stream<Item = String> {
        lines.map(|line| line.unwrap().to_uppercase())
    }

    pub async fn until_it_breaks(&self, items: Streaming<u64>) -> impl Stream<Item = Result<u64, String>> {
        items.map(|item| item.map_err(|error| error.to_string()))
    }

    #[callback(inline)]
    pub fn ping(&self) -> u8 {
        1
    }
}

#[fetcher]
async fn generate_stream(end: u64) -> impl Stream<Item = u64>;
#[fetcher]
async fn ticks(count: u32) -> impl Stream<Item = Tick>;
#[fetcher]
async fn count_up() -> impl Stream<Item = u64>;
#[fetcher]
async fn slow(end: u64) -> impl Stream<Item = u64>;
#[fetcher]
async fn count_up_blocking() -> impl Stream<Item = u64>;
#[fetcher]
async fn one_by_one() -> impl Stream<Item = u64>;
#[fetcher]
async fn checked(end: u64) -> Result<impl Stream<Item = u64>, String>;
#[fetcher]
async fn checked_blocking(end: u64) -> Result<impl Stream<Item = u64>, String>;
#[fetcher]
async fn results() -> impl Stream<Item = Result<u32, String>>;
#[fetcher]
async fn blobs(count: u32, size: usize) -> impl Stream<Item = Vec<u8>>;
#[fetcher]
async fn never() -> impl Stream<Item = u64>;
#[fetcher]
async fn breaks() -> impl Stream<Item = u64>;
#[fetcher]
async fn back_beside(
    items: impl Stream<Item = u64>,
    others: impl Stream<Item = u64>,
) -> impl Stream<Item = u64>;
#[fetcher]
async fn total(items: impl Stream<Item = u64>) -> u64;
#[fetcher]
async fn total_blocking(factor: u64, items: impl Stream<Item = u64>, more: &str) -> u64;
#[fetcher]
async fn zip(left: impl Stream<Item = u64>, right: impl Stream<Item = String>) -> Vec<(u64, String)>;
#[fetcher]
async fn first(items: impl Stream<Item = u64>) -> Option<u64>;
#[fetcher]
async fn ignores(items: impl Stream<Item = u64>);
#[fetcher]
async fn hears(items: impl Stream<Item = u64>);
#[fetcher]
async fn shout(lines: impl Stream<Item = String>) -> impl Stream<Item = String>;
#[fetcher]
async fn ping() -> u8;
#[fetcher]
async fn until_it_breaks(items: impl Stream<Item = u64>) -> impl Stream<Item = Result<u64, String>>;

/// All items, which are no errors.
async fn all<T>(stream: Streaming<T>) -> Vec<T> {
    stream.map(Result::unwrap).collect().await
}

#[tokio::test]
async fn p5_items_from_a_callback_come_in_order_and_all_of_them() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder.service(Source::default())).await;
        let g = net.caller().await;
        for end in [0, 1, 1000, 100_000] {
            let items = all(generate_stream(end).on(&g).await.unwrap()).await;
            assert!(items.iter().copied().eq(0..end), "up to {end}");
        }
        let items = all(ticks(1000).on(&g).await.unwrap()).await;
        assert!(items.into_iter().eq((0..1000).map(tick)));
        let items = all(results().on(&g).await.unwrap()).await;
        assert_eq!(items, [Ok(1), Err("two is missing".to_owned()), Ok(3)]);
        for (number, blob) in (0u8..).zip(all(blobs(20, 1 << 20).on(&g).await.unwrap()).await) {
            assert!(blob.len() == 1 << 20 && blob.iter().all(|byte| *byte == number));
        }
        net.stop([g]).await;
    })
    .await;
}

#[tokio::test]
async fn p5_items_to_a_callback_come_in_order_and_all_of_them() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder.service(Source::default())).await;
        let g = net.caller().await;
        for end in [0, 1, 1000, 100_000] {
            assert_eq!(total(stream::iter(0..end)).on(&g).await, Ok((0..end).sum()));
        }
        let sum = total_blocking(2, stream::iter(0..1000), "four").on(&g).await;
        assert_eq!(sum, Ok((0..1000).sum::<u64>() * 2 + 4));
        let words = ["a", "b", "c"].map(str::to_owned);
        let zipped = zip(stream::iter(1..), stream::iter(words)).on(&g).await.unwrap();
        let expected = [(1, "a"), (2, "b"), (3, "c")].map(|(number, word)| (number, word.to_owned()));
        assert_eq!(zipped, expected);
        net.stop([g]).await;
    })
    .await;
}

#[tokio::test]
async fn an_item_alone_comes_at_once() {
    over_each(async |transport| {
        let source = Source::default();
        let go_on = Arc::clone(&source.go_on);
        let net = Net::start(transport, |builder| builder.service(source)).await;
        let g = net.caller().await;
        let mut items = one_by_one().on(&g).await.unwrap();
        for number in 0..10 {
            assert_eq!(items.next().await, Some(Ok(number)));
            go_on.notify_one();
        }
        net.stop([g]).await;
    })
    .await;
}

#[tokio::test]
async fn items_that_take_long_do_not_wait_for_each_other() {
    over_each(async |transport| {
        let source = Source::default();
        let made = Arc::clone(&source.made);
        let net = Net::start(transport, |builder| builder.service(source)).await;
        let g = net.caller().await;
        let mut items = slow(500).on(&g).await.unwrap();
        assert_eq!(items.next().await, Some(Ok(0)));
        let before = made.load(Ordering::Relaxed);
        assert!(before < 250, "{before} were made before the first came");
        // Nor does anything else.
        ping().on(&g).await.unwrap();
        let before = made.load(Ordering::Relaxed);
        assert!(before < 400, "{before} were made before an answer came");
        drop(items);
        net.stop([g]).await;
    })
    .await;
}

#[tokio::test]
async fn a_stream_that_is_only_looked_at_holds_up_no_other() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder.service(Source::default())).await;
        let g = net.caller().await;
        let (ask, mut asked) = tokio::sync::mpsc::unbounded_channel();
        let items = stream::poll_fn(move |cx| asked.poll_recv(cx));
        let mut back = back_beside(items, stream::repeat(0)).on(&g).await.unwrap();
        for number in 0..40 {
            ask.send(number).unwrap();
            let answer = tokio::time::timeout(Duration::from_secs(20), back.next()).await;
            assert_eq!(answer.unwrap(), Some(Ok(number)));
            // Its turns end by the clock.
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        drop((ask, back));
        net.stop([g]).await;
    })
    .await;
}

#[tokio::test]
async fn both_ways_at_once() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder.service(Source::default())).await;
        let g = net.caller().await;
        let lines = stream::iter(["hello".to_owned()]).chain(stream::pending());
        let mut shouted = shout(lines).on(&g).await.unwrap();
        assert_eq!(shouted.next().await, Some(Ok("HELLO".to_owned())));
        drop(shouted);
        let lines = (0..1000).map(|number| format!("line {number}"));
        let shouted = all(shout(stream::iter(lines.clone())).on(&g).await.unwrap()).await;
        assert!(shouted.into_iter().eq(lines.map(|line| line.to_uppercase())));
        net.stop([g]).await;
    })
    .await;
}

#[tokio::test]
async fn an_error_before_the_first_item_is_the_calls() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder.service(Source::default())).await;
        let g = net.caller().await;
        assert_eq!(all(checked(3).on(&g).await.unwrap()).await, [0, 1, 2]);
        assert_eq!(all(checked_blocking(3).on(&g).await.unwrap()).await, [0, 1, 2]);
        let error = checked(11).on(&g).await.unwrap_err();
        assert_eq!(error, CallError::App("too far".to_owned()));
        let error = checked_blocking(11).on(&g).await.unwrap_err();
        assert_eq!(error, CallError::App("too far".to_owned()));
        net.stop([g]).await;
    })
    .await;
}

#[tokio::test]
async fn p6_a_receiver_that_takes_nothing_stops_the_sender_and_nothing_else() {
    over_each(async |transport| {
        let source = Source::default();
        let (made, dropped, go_on) = (
            Arc::clone(&source.made),
            Arc::clone(&source.dropped),
            Arc::clone(&source.go_on),
        );
        let net = Net::start(transport, |builder| builder.service(source)).await;
        let g = net.caller().await;
        let mut items = count_up().window(100, 1 << 20).on(&g).await.unwrap();
        assert_eq!(items.next().await, Some(Ok(0)));
        // Other streams and calls of the same two processes go on.
        assert_eq!(
            all(generate_stream(100_000).on(&g).await.unwrap()).await.len(),
            100_000
        );
        for _ in 0..100 {
            assert_eq!(ping().on(&g).await, Ok(1));
        }
        // A window, and what is being made for the next frame.
        let ahead = made.load(Ordering::Relaxed);
        assert!((100..=201).contains(&ahead), "{ahead} items were made");
        for number in 1..500 {
            assert_eq!(items.next().await, Some(Ok(number)));
        }
        drop(items);
        dropped.notified().await;

        // The other way round.
        let sent = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&sent);
        let endless = stream::iter(0..).inspect(move |_| {
            counted.fetch_add(1, Ordering::Relaxed);
        });
        let ignoring = tokio::spawn(ignores(endless).on(&g).into_future());
        assert_eq!(
            total(stream::iter(0..100_000)).on(&g).await,
            Ok((0..100_000).sum())
        );
        for _ in 0..100 {
            assert_eq!(ping().on(&g).await, Ok(1));
        }
        assert_eq!(sent.load(Ordering::Relaxed), 0, "nobody has asked for an item");
        go_on.notify_one();
        assert_eq!(ignoring.await.unwrap(), Ok(()));
        net.stop([g]).await;
    })
    .await;
}

#[tokio::test]
async fn p4_dropping_a_stream_stops_whoever_makes_it() {
    over_each(async |transport| {
        let source = Source::default();
        let dropped = Arc::clone(&source.dropped);
        let net = Net::start(transport, |builder| builder.service(source)).await;
        let g = net.caller().await;
        let mut items = count_up_blocking().on(&g).await.unwrap();
        assert_eq!(items.next().await, Some(Ok(0)));
        drop(items);
        dropped.notified().await;
        let items = never().on(&g).await.unwrap();
        drop(items);
        dropped.notified().await;
        // And a call that takes a stream, at the callback.
        let call = hears(stream::pending()).on(&g);
        let mut call = Box::pin(call.into_future());
        assert!(futures_util::poll!(&mut call).is_pending());
        g.processes().await.unwrap();
        drop(call);
        net.stop([g]).await;
    })
    .await;
}

#[tokio::test]
async fn a_callback_that_has_read_enough_stops_its_caller() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder.service(Source::default())).await;
        let g = net.caller().await;
        let dropped = Arc::new(Notify::new());
        let guard = OnDrop(Arc::clone(&dropped));
        let endless = stream::iter(7..).inspect(move |_| {
            let _ = &guard;
        });
        assert_eq!(first(endless).on(&g).await, Ok(Some(7)));
        dropped.notified().await;
        net.stop([g]).await;
    })
    .await;
}

#[tokio::test]
async fn a_deadline_ends_a_stream_and_so_does_a_long_silence() {
    over_each(async |transport| {
        let source = Source::default();
        let dropped = Arc::clone(&source.dropped);
        let net = Net::start(transport, |builder| builder.service(source)).await;
        let g = net.caller().await;
        let mut items = never().timeout(Duration::from_millis(50)).on(&g).await.unwrap();
        let error = items.next().await.unwrap().unwrap_err();
        assert!(matches!(error, CallError::Timeout { .. }), "{error}");
        assert_eq!(items.next().await, None);
        dropped.notified().await;
        let items = never().on(&g).await.unwrap();
        let mut items = items.idle_timeout(Duration::from_millis(50));
        let error = items.next().await.unwrap().unwrap_err();
        let idle = TimeLimit::Idle(Duration::from_millis(50));
        assert!(
            matches!(error, CallError::Timeout { limit, .. } if limit == idle),
            "{error}"
        );
        let words = "was not heard of for 50ms (the `idle_timeout` of its stream); it may have run";
        assert!(error.to_string().ends_with(words), "{error}");
        dropped.notified().await;
        net.stop([g]).await;
    })
    .await;
}

struct Reader;

#[callback]
impl Reader {
    /// Has a thread read them, which knows of no runtime.
    pub async fn count_on_a_thread(&self, items: Streaming<u64>) -> usize {
        let items = items.idle_timeout(Duration::from_secs(3600)).blocking();
        let (told, counted) = tokio::sync::oneshot::channel();
        let counting = move || told.send(items.map(Result::unwrap).count());
        let thread = std::thread::spawn(counting);
        let counted = counted.await;
        thread.join().unwrap().unwrap();
        counted.unwrap()
    }
}

#[tokio::test]
async fn a_stream_with_an_idle_timeout_is_read_on_any_thread() {
    let net = Net::start(Transport::Memory, |builder| builder).await;
    let other = net
        .join()
        .process_name("reader")
        .service(Reader)
        .start()
        .await
        .unwrap();
    let g = net.caller().await;
    // One that has to be waited for.
    let items = stream::iter(0..3).then(|item| async move {
        tokio::task::yield_now().await;
        item
    });
    assert_eq!(count_on_a_thread(items.boxed()).on(&g).await, Ok(3));
    net.stop([g, other]).await;
}

#[fetcher]
async fn count_on_a_thread(items: impl Stream<Item = u64>) -> usize;

#[tokio::test]
async fn a_panic_ends_a_stream_after_the_items_before_it() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder.service(Source::default())).await;
        let g = net.caller().await;
        let mut items = breaks().on(&g).await.unwrap();
        let mut seen = Vec::new();
        let error = loop {
            match items.next().await.unwrap() {
                Ok(item) => seen.push(item),
                Err(error) => break error,
            }
        };
        // What was not on its way when it broke is lost with it.
        assert!(
            seen.iter().copied().eq(0..seen.len() as u64) && seen.len() <= 5,
            "{seen:?}"
        );
        assert!(matches!(&error, CallError::Panicked { message, .. } if message == "it breaks at five"));
        assert_eq!(ping().on(&g).await, Ok(1));
        net.stop([g]).await;
    })
    .await;
}

#[tokio::test]
async fn a_provider_that_stops_ends_its_streams_by_name() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder).await;
        let provider = net
            .join()
            .process_name("source")
            .service(Source::default())
            .stop_timeout(Duration::ZERO)
            .start()
            .await
            .unwrap();
        let g = net.caller().await;
        let mut items = one_by_one().on(&g).await.unwrap();
        assert_eq!(items.next().await, Some(Ok(0)));
        let call = tokio::spawn(hears(stream::pending()).on(&g).into_future());
        g.processes().await.unwrap();
        provider.stop().await;
        let error = items.next().await.unwrap().unwrap_err();
        assert!(
            matches!(
                error,
                CallError::ProviderLost { .. } | CallError::Cancelled { .. }
            ),
            "{error}"
        );
        assert_eq!(items.next().await, None);
        let error = call.await.unwrap().unwrap_err();
        assert!(
            matches!(
                error,
                CallError::ProviderLost { .. } | CallError::Cancelled { .. }
            ),
            "{error}"
        );
        net.stop([g]).await;
    })
    .await;
}

#[tokio::test]
async fn a_stream_where_none_is_expected_is_a_mismatch() {
    let net = Net::start(Transport::Unix, |builder| builder.service(Source::default())).await;
    let g = net.caller().await;
    let error = g.call::<Vec<u64>>("generate_stream", (3u64,)).await.unwrap_err();
    assert!(matches!(error, CallError::SignatureMismatch { .. }), "{error}");
    assert!(error.to_string().contains("Streaming<u64>"), "{error}");
    let error = g.call::<u64>("total", (vec![1u64],)).await.unwrap_err();
    assert!(matches!(error, CallError::SignatureMismatch { .. }), "{error}");
    net.stop([g]).await;
}

#[test]
fn streams_need_no_async() {
    let folder = tempfile::tempdir().unwrap();
    let provider = daffi::Global::builder()
        .unix_sock_path(folder.path())
        .init_controller(true)
        .auto_callbacks(false)
        .service(Source::default())
        .start_blocking()
        .unwrap();
    let g = daffi::Global::builder()
        .memory(&provider)
        .auto_callbacks(false)
        .start_blocking()
        .unwrap();
    let items = generate_stream(1000).on(&g).wait().unwrap().blocking();
    assert!(items.map(Result::unwrap).eq(0..1000));
    assert_eq!(total(stream::iter(0..1000)).on(&g).wait(), Ok((0..1000).sum()));
    g.stop_blocking();
    provider.stop_blocking();
}

#[tokio::test]
async fn a_stream_cannot_be_handed_over() {
    let net = Net::start(Transport::Memory, |builder| builder.service(Source::default())).await;
    let g = net.caller().await;
    let error = total(stream::iter(0..3)).on(&g).send().await.unwrap_err();
    assert!(matches!(error, CallError::Invalid { .. }), "{error}");
    net.stop([g]).await;
}

/// Keeps what it is sent.
struct Store {
    folder: std::path::PathBuf,
}

#[callback]
impl Store {
    pub async fn put(&self, name: &str, chunks: Streaming<Chunk>) -> Result<u64, String> {
        let path = self.folder.join(name);
        bytes::save(chunks, path).await.map_err(|error| error.to_string())
    }

    pub async fn get(&self, name: &str) -> Result<impl Stream<Item = Chunk>, String> {
        let opened = bytes::open(self.folder.join(name)).await;
        opened.map_err(|error| error.to_string())
    }
}

#[fetcher]
async fn put(name: &str, chunks: impl Stream<Item = Chunk>) -> Result<u64, String>;
#[fetcher]
async fn get(name: &str) -> Result<impl Stream<Item = Chunk>, String>;

/// Gives some bytes, then an error.
struct Breaks(usize);

impl tokio::io::AsyncRead for Breaks {
    fn poll_read(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
        buffer: &mut tokio::io::ReadBuf<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        if self.0 == 0 {
            return std::task::Poll::Ready(Err(std::io::Error::other("the disk is on fire")));
        }
        self.0 -= 1;
        buffer.put_slice(b"some bytes");
        std::task::Poll::Ready(Ok(()))
    }
}

#[tokio::test]
async fn files_are_sent_and_received_whole_or_not_at_all() {
    over_each(async |transport| {
        let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let folder = there.path().to_owned();
        let net = Net::start(transport, |builder| builder.service(Store { folder })).await;
        let g = net.caller().await;
        let content: Vec<u8> = (0..10_000_000_u32)
            .flat_map(u32::to_le_bytes)
            .take(10_000_000)
            .collect();
        let path = here.path().join("original");
        std::fs::write(&path, &content).unwrap();

        let file = bytes::open(&path).await.unwrap();
        assert_eq!(file.total(), Some(10_000_000));
        let seen = Arc::new(AtomicU64::new(0));
        let told = Arc::clone(&seen);
        let file = file.on_progress(move |bytes| told.store(bytes, Ordering::Relaxed));
        assert_eq!(put("copy", file).on(&g).await, Ok(10_000_000));
        assert_eq!(seen.load(Ordering::Relaxed), 10_000_000);
        assert!(std::fs::read(there.path().join("copy")).unwrap() == content);

        let chunks = get("copy").on(&g).await.unwrap();
        let back = here.path().join("back");
        assert_eq!(bytes::save(chunks, &back).await.unwrap(), 10_000_000);
        assert!(std::fs::read(&back).unwrap() == content);

        let error = put("broken", bytes::read(Breaks(3))).on(&g).await.unwrap_err();
        assert!(error.to_string().contains("the disk is on fire"), "{error}");
        let error = get("missing").on(&g).await.unwrap_err();
        assert!(matches!(error, CallError::App(_)), "{error}");
        let left: Vec<_> = std::fs::read_dir(there.path()).unwrap().collect();
        assert_eq!(left.len(), 1, "{left:?}");
        net.stop([g]).await;
    })
    .await;
}

/// It is not read by its caller, so that not all of it is known where it holds nothing: its signature has another number.
#[derive(Serialize)]
struct OnlyWritten {
    end: u64,
    by: Option<u64>,
}

#[derive(Clone, Copy, Deserialize, Serialize)]
struct Limit {
    end: u64,
    #[allow(dead_code)]
    by: Option<u64>,
}

struct Limited;

#[callback]
impl Limited {
    pub fn up_to(&self, limit: Limit) -> impl Iterator<Item = u64> {
        0..limit.end
    }

    pub async fn checked_up_to(&self, limit: Limit) -> Result<impl Stream<Item = u64>, String> {
        if limit.end > 10 {
            return Err("too far".to_owned());
        }
        Ok(stream::iter(0..limit.end))
    }
}

#[fetcher]
async fn up_to(limit: OnlyWritten) -> impl Stream<Item = u64>;

#[fetcher]
async fn checked_up_to(limit: OnlyWritten) -> Result<impl Stream<Item = u64>, String>;

#[tokio::test]
async fn p8_the_streams_of_a_broadcast_come_from_all_of_compatible_types() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder).await;
        let mut others = Vec::new();
        for name in ["a", "b"] {
            let builder = net.join().process_name(name).service(Limited);
            others.push(builder.start().await.unwrap());
        }
        let g = net.caller().await;
        let mut seen = std::collections::BTreeMap::<_, Vec<u64>>::new();
        let call = up_to(OnlyWritten {
            end: 50_000,
            by: None,
        });
        let mut items = call.broadcast().on(&g).items().await.unwrap();
        while let Some((name, item)) = items.next().await {
            seen.entry(name).or_default().push(item.unwrap());
        }
        assert_eq!(seen.keys().collect::<Vec<_>>(), ["a", "b"]);
        assert!(seen.values().all(|items| items.iter().copied().eq(0..50_000)));

        let call = checked_up_to(OnlyWritten { end: 11, by: None });
        let mut items = call.broadcast().on(&g).items().await.unwrap();
        let mut refused = Vec::new();
        while let Some((name, item)) = items.next().await {
            assert_eq!(item, Err(CallError::App("too far".to_owned())));
            refused.push(name);
        }
        refused.sort();
        assert_eq!(refused, ["a", "b"]);
        others.push(g);
        net.stop(others).await;
    })
    .await;
}

#[tokio::test]
async fn p8_the_streams_of_a_broadcast_are_merged_by_name() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder).await;
        let mut others = Vec::new();
        for name in ["a", "b", "c"] {
            let builder = net.join().process_name(name).service(Source::default());
            others.push(builder.start().await.unwrap());
        }
        let g = net.caller().await;
        let mut seen = std::collections::BTreeMap::<_, Vec<u64>>::new();
        let mut items = generate_stream(100_000).broadcast().on(&g).items().await.unwrap();
        while let Some((name, item)) = items.next().await {
            seen.entry(name).or_default().push(item.unwrap());
        }
        assert_eq!(seen.len(), 3);
        assert!(seen.values().all(|items| items.iter().copied().eq(0..100_000)));

        // One that breaks is told by name, and the others go on.
        let mut items = checked(11).broadcast().on(&g).items().await.unwrap();
        let mut refused = Vec::new();
        while let Some((name, item)) = items.next().await {
            assert_eq!(item, Err(CallError::App("too far".to_owned())));
            refused.push(name);
        }
        refused.sort();
        assert_eq!(refused, ["a", "b", "c"]);

        // Dropping them ends all.
        let mut items = count_up().broadcast().on(&g).items().await.unwrap();
        assert!(items.next().await.unwrap().1.is_ok());
        drop(items);
        assert_eq!(ping().on(&g).await, Ok(1));

        let error = generate_stream(1).broadcast().on(&g).await.unwrap_err();
        assert!(
            matches!(&error, CallError::Invalid { reason, .. } if reason.contains("items()")),
            "{error}"
        );
        others.push(g);
        net.stop(others).await;
    })
    .await;
}

#[tokio::test]
async fn a_panic_in_a_stream_that_is_sent_reaches_the_callback() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder.service(Source::default())).await;
        let g = net.caller().await;
        let go_on = Arc::new(Notify::new());
        let may = Arc::clone(&go_on);
        let breaks = stream::iter(0..3).then(move |number| {
            let may = Arc::clone(&may);
            async move {
                may.notified().await;
                assert!(number < 2, "it breaks at two");
                number
            }
        });
        let mut back = until_it_breaks(breaks).on(&g).await.unwrap();
        for number in 0..2 {
            go_on.notify_one();
            assert_eq!(back.next().await, Some(Ok(Ok(number))));
        }
        go_on.notify_one();
        let error = back.next().await.unwrap().unwrap().unwrap_err();
        assert!(error.contains("panicked"), "{error}");
        assert_eq!(back.next().await, None);
        net.stop([g]).await;
    })
    .await;
}

/// Sleeps on its thread until what it drives is ready: an executor that is not tokio's.
pub fn block_on<F: Future>(future: F) -> F::Output {
    struct Thread(std::thread::Thread);
    impl Wake for Thread {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Thread(std::thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => std::thread::park(),
        }
    }
}

/// A long stream takes turns, and whoever polls it hears when it is the next one's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_stream_can_be_driven_by_any_executor() {
    let net = Net::start(Transport::Unix, |builder| builder.service(Source::default())).await;
    let g = net.caller().await;
    let sum = (0..20_000).sum::<u64>();
    let call = total(stream::iter(0..20_000)).on(&g);
    let within_a_task = tokio::spawn(async move { block_on(call) });
    assert_eq!(within_a_task.await.unwrap(), Ok(sum));
    let call = generate_stream(20_000).on(&g);
    let within_a_task = tokio::spawn(async move { block_on(async { all(call.await.unwrap()).await }) });
    assert_eq!(within_a_task.await.unwrap().len(), 20_000);
    // A runtime on a thread that may block, which is another's for all that the runtime knows.
    let call = generate_stream(20_000).on(&g);
    let on_a_thread = tokio::task::spawn_blocking(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async { block_on(async { all(call.await.unwrap()).await }) })
    });
    assert_eq!(on_a_thread.await.unwrap().len(), 20_000);
    net.stop([g]).await;
}
