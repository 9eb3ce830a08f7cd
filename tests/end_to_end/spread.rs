//! One stream to many: read once, and sent to each as far as all have granted.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use daffi::{CallError, Global, Lagging, Replies, Streaming, callback, fetcher};
use futures_util::{FutureExt, Stream, StreamExt, stream};
use tokio::sync::{Notify, mpsc, oneshot};

use crate::net::{Net, Transport, over_each};

#[derive(Clone)]
struct Reader {
    begun: Arc<Notify>,
    go_on: Arc<Notify>,
    left: Arc<Notify>,
    flag: u8,
    messages: Arc<Mutex<Messages>>,
}

/// What ended a stream; and to go on.
type Messages = (
    mpsc::UnboundedSender<Option<CallError>>,
    Option<oneshot::Receiver<()>>,
);

impl Default for Reader {
    fn default() -> Self {
        Self {
            begun: Arc::default(),
            go_on: Arc::default(),
            left: Arc::default(),
            flag: 0,
            messages: Arc::new(Mutex::new((mpsc::unbounded_channel().0, None))),
        }
    }
}

struct OnDrop(Arc<Notify>);

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

#[callback(prefix = "reader.")]
impl Reader {
    pub async fn total(&self, mut items: Streaming<u64>) -> Result<u64, String> {
        let mut sum = 0;
        while let Some(item) = items.next().await {
            sum += item.map_err(|error| error.to_string())?;
        }
        Ok(sum)
    }

    /// Reads nothing until it is told to.
    pub async fn late(&self, mut items: Streaming<u64>) -> u64 {
        self.begun.notify_one();
        self.go_on.notified().await;
        let mut count = 0;
        while let Some(Ok(_)) = items.next().await {
            count += 1;
        }
        count
    }

    /// The same of items that are large.
    #[callback(concurrency = 1)]
    pub async fn late_or_busy(&self, mut items: Streaming<Vec<u8>>) -> usize {
        self.begun.notify_one();
        self.go_on.notified().await;
        let mut count = 0;
        while let Some(Ok(_)) = items.next().await {
            count += 1;
        }
        count
    }

    /// Reads so many.
    pub async fn some(&self, count: usize, items: Streaming<u64>) -> usize {
        items.take(count).count().await
    }

    pub async fn never(&self, mut items: Streaming<u64>) {
        let _left = OnDrop(Arc::clone(&self.left));
        while let Some(Ok(_)) = items.next().await {
            self.begun.notify_one();
        }
        self.go_on.notified().await;
    }

    /// Reads one, and the others when it is told to; how many there were.
    pub async fn halting(&self, mut items: Streaming<Vec<u8>>) -> Result<usize, String> {
        let _left = OnDrop(Arc::clone(&self.left));
        let mut count = 0;
        while let Some(item) = items.next().await {
            item.map_err(|error| error.to_string())?;
            if count == 0 {
                self.begun.notify_one();
                self.go_on.notified().await;
            }
            count += 1;
        }
        Ok(count)
    }

    /// The same on a thread of its own, which is told to go on by a message, and then what ended its stream.
    pub fn blocked(&self, items: Streaming<Vec<u8>>) {
        let mut items = items.blocking();
        items.next().unwrap().unwrap();
        let go_on = self.messages.lock().unwrap().1.take().unwrap();
        go_on.blocking_recv().unwrap();
        let end = items.find_map(Result::err);
        let _ = self.messages.lock().unwrap().0.send(end);
    }

    /// Says how long each is, but only the first before it is told to.
    pub async fn sizes(&self, items: Streaming<Vec<u8>>) -> impl Stream<Item = usize> {
        let (begun, go_on) = (Arc::clone(&self.begun), Arc::clone(&self.go_on));
        items.enumerate().then(move |(index, item)| {
            let (begun, go_on) = (Arc::clone(&begun), Arc::clone(&go_on));
            async move {
                if index == 1 {
                    begun.notify_one();
                    go_on.notified().await;
                }
                item.unwrap().len()
            }
        })
    }

    /// As `sizes`, for one at a time.
    #[callback(concurrency = 1)]
    pub async fn sizes_or_busy(&self, items: Streaming<Vec<u8>>) -> impl Stream<Item = usize> {
        self.sizes(items).await
    }

    pub async fn double(&self, items: Streaming<u64>) -> impl Stream<Item = u64> {
        items.map(|item| item.unwrap() * 2)
    }

    /// Says the same of each.
    #[callback(untraced)]
    pub async fn flags(&self, items: Streaming<u64>) -> impl Stream<Item = u8> {
        let flag = self.flag;
        items.map(move |_| flag)
    }

    /// Counts until something comes.
    pub async fn watch(&self, items: Streaming<u64>) -> impl Stream<Item = u64> {
        stream::unfold((items, 0), |(mut items, count)| async move {
            match items.next().now_or_never() {
                None => Some((count, (items, count + 1))),
                Some(_) => None,
            }
        })
    }

    pub async fn lengths(&self, items: Streaming<Vec<u8>>, more: Streaming<u64>) -> (Vec<usize>, usize) {
        let lengths = items.map(|item| item.unwrap().len()).collect();
        let (lengths, more) = futures_util::future::join(lengths, more.count()).await;
        (lengths, more)
    }
}

/// The same for callers, in a signature of another number: nothing is known of its types.
#[derive(Clone, Default)]
struct Loose {
    reader: Reader,
}

#[callback(prefix = "reader.")]
impl Loose {
    #[callback(untraced)]
    pub async fn total(&self, items: Streaming<u64>) -> Result<u64, String> {
        self.reader.total(items).await
    }

    #[callback(untraced)]
    pub async fn late(&self, items: Streaming<u64>) -> u64 {
        self.reader.late(items).await
    }

    #[callback(untraced)]
    pub async fn some(&self, count: usize, items: Streaming<u64>) -> usize {
        self.reader.some(count, items).await
    }

    #[callback(untraced)]
    pub async fn halting(&self, items: Streaming<Vec<u8>>) -> Result<usize, String> {
        self.reader.halting(items).await
    }

    #[callback(untraced)]
    pub async fn double(&self, items: Streaming<u64>) -> impl Stream<Item = u64> {
        items.map(|item| item.unwrap() * 2)
    }
}

struct Client;

#[fetcher(prefix = "reader.")]
impl Client {
    async fn total(&self, items: impl Stream<Item = u64>) -> Result<u64, String>;
    #[fetcher(broadcast, alias = "total")]
    async fn totals(&self, items: impl Stream<Item = u64>) -> Result<u64, String>;
    async fn late(&self, items: impl Stream<Item = u64>) -> u64;
    async fn late_or_busy(&self, items: impl Stream<Item = Vec<u8>>) -> usize;
    async fn some(&self, count: usize, items: impl Stream<Item = u64>) -> usize;
    async fn never(&self, items: impl Stream<Item = u64>);
    async fn halting(&self, items: impl Stream<Item = Vec<u8>>) -> Result<usize, String>;
    #[fetcher(broadcast, lagging = "drop_slow", alias = "halting")]
    async fn halting_of_its_own(&self, items: impl Stream<Item = Vec<u8>>) -> Result<usize, String>;
    async fn blocked(&self, items: impl Stream<Item = Vec<u8>>);
    async fn sizes(&self, items: impl Stream<Item = Vec<u8>>) -> impl Stream<Item = usize>;
    async fn sizes_or_busy(&self, items: impl Stream<Item = Vec<u8>>) -> impl Stream<Item = usize>;
    async fn double(&self, items: impl Stream<Item = u64>) -> impl Stream<Item = u64>;
    #[fetcher(untraced)]
    async fn flags(&self, items: impl Stream<Item = u64>) -> impl Stream<Item = bool>;
    async fn watch(&self, items: impl Stream<Item = u64>) -> impl Stream<Item = u64>;
    async fn lengths(
        &self,
        items: impl Stream<Item = Vec<u8>>,
        more: impl Stream<Item = u64>,
    ) -> (Vec<usize>, usize);
}

async fn open(net: &Net, name: &str, reader: &Reader) -> Global {
    let builder = net.join().process_name(name).service(reader.clone());
    builder.stop_timeout(Duration::ZERO).start().await.unwrap()
}

async fn open_loose(net: &Net, name: &str, reader: &Reader) -> Global {
    let reader = reader.clone();
    let builder = net.join().process_name(name).service(Loose { reader });
    builder.stop_timeout(Duration::ZERO).start().await.unwrap()
}

async fn three(net: &Net) -> Vec<Global> {
    let mut others = Vec::new();
    for name in ["Ann", "Bob", "Cid"] {
        others.push(open(net, name, &Reader::default()).await);
    }
    others
}

/// So many numbers, and how many of them were read.
fn counted(end: u64) -> (Arc<AtomicU64>, impl Stream<Item = u64> + Send + 'static) {
    let read = Arc::new(AtomicU64::new(0));
    let reading = Arc::clone(&read);
    let items = stream::iter((0..end).inspect(move |_| {
        reading.fetch_add(1, Ordering::Relaxed);
    }));
    (read, items)
}

fn names<T, E>(replies: &Replies<T, E>) -> Vec<&str> {
    replies.iter().map(|(name, _)| name).collect()
}

#[tokio::test]
async fn p8_one_stream_goes_to_every_provider_and_is_read_once() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder).await;
        let others = three(&net).await;
        let g = net.caller().await;
        for end in [0, 1, 100_000] {
            let (read, items) = counted(end);
            let totals = Client.total(items).on(&g).broadcast().await.unwrap();
            assert_eq!(names(&totals), ["Ann", "Bob", "Cid"]);
            let sum: u64 = (0..end).sum();
            assert!(totals.values().all(|total| *total == sum), "{totals:?}");
            assert_eq!(totals.values().count(), 3);
            assert_eq!(read.load(Ordering::Relaxed), end);
        }
        let (_, items) = counted(10);
        let totals = Client.total(items).on(&g).to_each(["Bob", "Dan"]).await.unwrap();
        assert_eq!(totals["Bob"], Ok(45));
        assert!(matches!(totals["Dan"], Err(CallError::NoProvider { .. })));
        let (_, items) = counted(10);
        let totals = Client.totals(items).on(&g).await.unwrap();
        assert_eq!(totals.values().sum::<u64>(), 3 * 45);
        let (_, items) = counted(10);
        let job = Client.total(items).on(&g).broadcast().bg();
        assert_eq!(job.await.unwrap().values().sum::<u64>(), 3 * 45);
        net.stop([g].into_iter().chain(others)).await;
    })
    .await;
}

#[tokio::test]
async fn the_slowest_sets_the_pace_of_a_stream_to_all() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder).await;
        let (fast, slow) = (Reader::default(), Reader::default());
        let others = [open(&net, "Ann", &fast).await, open(&net, "Bob", &slow).await];
        let g = net.caller().await;
        let (read, items) = counted(200_000);
        fast.go_on.notify_one();
        let job = Client.late(items).on(&g).broadcast().bg();
        slow.begun.notified().await;
        fast.begun.notified().await;
        // Bob has granted nothing, as it reads nothing.
        assert_eq!(read.load(Ordering::Relaxed), 0);
        slow.go_on.notify_one();
        let counts = job.await.unwrap();
        assert!(counts.values().all(|count| *count == 200_000), "{counts:?}");
        assert_eq!(counts.values().count(), 2);
        net.stop([g].into_iter().chain(others)).await;
    })
    .await;
}

#[tokio::test]
async fn who_reads_no_more_of_a_stream_to_all_holds_up_nobody() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder).await;
        let others = three(&net).await;
        let g = net.caller().await;
        let (read, items) = counted(u64::MAX);
        // All of them stop, and so does what is read for them.
        let counts = Client.some(5, items).on(&g).broadcast().await.unwrap();
        assert!(counts.values().all(|count| *count == 5), "{counts:?}");
        assert_eq!(counts.len(), 3);
        assert!(read.load(Ordering::Relaxed) < u64::MAX);
        net.stop([g].into_iter().chain(others)).await;
    })
    .await;
}

#[tokio::test]
async fn p3_a_provider_that_is_lost_in_a_stream_to_all_stops_nobody_else() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder).await;
        let (staying, leaving) = (Reader::default(), Reader::default());
        let stays = open(&net, "Ann", &staying).await;
        let leaves = open(&net, "Bob", &leaving).await;
        let g = net.caller().await;
        let (more, items) = mpsc::channel::<u64>(1);
        let items = stream::unfold(
            items,
            |mut items| async move { Some((items.recv().await?, items)) },
        );
        let job = Client.never(items.boxed()).on(&g).broadcast().bg();
        more.send(1).await.unwrap();
        for reader in [&staying, &leaving] {
            reader.begun.notified().await;
        }
        leaves.stop().await;
        for item in 2..5 {
            more.send(item).await.unwrap();
            staying.begun.notified().await;
        }
        staying.go_on.notify_one();
        drop(more);
        let ends = job.await.unwrap();
        assert_eq!(ends["Ann"], Ok(()));
        assert!(ends["Bob"].is_err());
        net.stop([g, stays]).await;
    })
    .await;
}

#[tokio::test]
async fn p8_a_lost_receiver_of_a_stream_is_named_and_the_others_have_it_all() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder).await;
        let (staying, leaving) = (Reader::default(), Reader::default());
        let stays = open(&net, "Ann", &staying).await;
        let leaves = open(&net, "Bob", &leaving).await;
        let g = net.caller().await;
        let (read, items) = counted(100_000);
        let job = Client.late(items).on(&g).broadcast().bg();
        staying.begun.notified().await;
        leaving.begun.notified().await;
        staying.go_on.notify_one();
        // It waits for Bob, until Bob has left.
        assert_eq!(read.load(Ordering::Relaxed), 0);
        leaves.stop().await;
        let counts = job.await.unwrap();
        assert_eq!(counts["Ann"], Ok(100_000));
        let gone = counts["Bob"].as_ref().unwrap_err();
        assert!(
            matches!(gone, CallError::ProviderLost { .. } | CallError::Cancelled { .. }),
            "{gone}"
        );
        net.stop([g, stays]).await;
    })
    .await;
}

#[tokio::test]
async fn p4_a_stream_to_all_that_nobody_waits_for_ends_at_all() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder).await;
        let (ann, bob) = (Reader::default(), Reader::default());
        let others = [open(&net, "Ann", &ann).await, open(&net, "Bob", &bob).await];
        let g = net.caller().await;
        let items = stream::iter([1]).chain(stream::pending());
        let job = Client.never(items).on(&g).broadcast().bg();
        for reader in [&ann, &bob] {
            reader.begun.notified().await;
        }
        job.cancel();
        for reader in [&ann, &bob] {
            reader.left.notified().await;
        }
        net.stop([g].into_iter().chain(others)).await;
    })
    .await;
}

#[tokio::test]
async fn streams_to_all_may_be_several_large_and_answered_by_streams() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder).await;
        let others = three(&net).await;
        let g = net.caller().await;
        let sizes = [0, 1, 3_000_000, 70_000];
        let items = stream::iter(sizes).map(|size| vec![7; size]);
        let (_, more) = counted(20_000);
        let lengths = Client.lengths(items, more).on(&g).broadcast().await.unwrap();
        assert_eq!(lengths.values().count(), 3);
        assert!(lengths.values().all(|found| *found == (sizes.to_vec(), 20_000)));

        let (_, items) = counted(20_000);
        let mut doubled = Client.double(items).on(&g).broadcast().items().await.unwrap();
        let mut sums = std::collections::BTreeMap::<_, u64>::new();
        while let Some((name, item)) = doubled.next().await {
            *sums.entry(name).or_default() += item.unwrap();
        }
        assert_eq!(sums.len(), 3);
        assert!(
            sums.values()
                .all(|sum| *sum == (0..20_000).map(|item| item * 2).sum::<u64>())
        );
        net.stop([g].into_iter().chain(others)).await;
    })
    .await;
}

#[tokio::test]
async fn a_stream_to_all_comes_to_those_that_are_busy_when_they_have_a_place() {
    let net = Net::start(Transport::Memory, |builder| builder).await;
    let other = net
        .join()
        .process_name("Ann")
        .service(Busy)
        .start()
        .await
        .unwrap();
    let g = net.caller().await;
    let calls = (0..4u64).map(|end| {
        let (_, items) = counted(end);
        let call = Busily.count_one_at_a_time(items).on(&g).broadcast().bg();
        async move { (call.await.unwrap()["Ann"].clone(), end) }
    });
    for (count, end) in futures_util::future::join_all(calls).await {
        assert_eq!(count, Ok(end));
    }
    net.stop([g, other]).await;
}

struct Busy;

#[callback]
impl Busy {
    #[callback(concurrency = 1)]
    pub async fn count_one_at_a_time(&self, items: Streaming<u64>) -> u64 {
        items.count().await as u64
    }
}

struct Busily;

#[fetcher]
impl Busily {
    async fn count_one_at_a_time(&self, items: impl Stream<Item = u64>) -> u64;
}

#[tokio::test]
async fn one_whose_items_cannot_be_read_gets_no_more_and_the_others_do() {
    const ITEMS: u64 = 100_000;
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder).await;
        let mut others = vec![net.caller().await];
        for (name, flag) in [("Ann", 1), ("Bob", 7)] {
            let reader = Reader {
                flag,
                ..Reader::default()
            };
            others.push(open(&net, name, &reader).await);
        }
        let broadcast = Client.flags(stream::iter(0..ITEMS)).on(&others[0]).broadcast();
        let mut items = broadcast.items().await.unwrap();
        let mut counts = [0, 0];
        while let Some((name, item)) = items.next().await {
            match (&*name, item) {
                ("Ann", Ok(true)) => counts[0] += 1,
                ("Bob", Err(CallError::Decode { .. })) => counts[1] += 1,
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(counts, [ITEMS, 1]);
        drop(items);
        net.stop(others).await;
    })
    .await;
}

#[tokio::test]
async fn what_is_sent_to_all_goes_out_though_items_come_without_a_pause() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder).await;
        let mut others = vec![net.caller().await];
        others.extend(three(&net).await);
        let (tell, told) = mpsc::channel(1);
        let told = stream::unfold(told, |mut told| async { Some((told.recv().await?, told)) });
        let mut items = Client
            .watch(told)
            .on(&others[0])
            .broadcast()
            .items()
            .await
            .unwrap();
        let mut count = 0;
        while let Some((_, item)) = items.next().await {
            item.unwrap();
            count += 1;
            // By now there are always some.
            if count == 40_000 {
                tell.send(1).await.unwrap();
            }
        }
        assert!(count >= 40_000);
        net.stop(others).await;
    })
    .await;
}

const BLOB: usize = 64 * 1024;

/// So many items, which a window of 2 MiB and the 4 MiB that are kept for a slow one do not hold.
const MANY: usize = 200;

/// So many, which they do hold, and the window alone does not.
const SOME: usize = 60;

fn blobs(count: usize) -> impl Stream<Item = Vec<u8>> + Send + 'static {
    stream::iter((0..count).map(|_| vec![7; BLOB]))
}

/// Ann does not halt, and Bob does.
async fn ann_and_bob(net: &Net) -> ([Reader; 2], [Global; 2]) {
    let readers = [Reader::default(), Reader::default()];
    readers[0].go_on.notify_one();
    let others = [
        open(net, "Ann", &readers[0]).await,
        open(net, "Bob", &readers[1]).await,
    ];
    (readers, others)
}

#[tokio::test]
async fn p8_one_that_lags_behind_loses_its_part_and_the_others_go_on() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder).await;
        let ([ann, bob], others) = ann_and_bob(&net).await;
        let g = net.caller().await;
        for of_its_own in [false, true] {
            ann.go_on.notify_one();
            let (end, ended) = oneshot::channel::<()>();
            let last = stream::once(ended).filter_map(async |_| None);
            let items = blobs(MANY).chain(last).boxed();
            let broadcast = if of_its_own {
                Client.halting_of_its_own(items).on(&g)
            } else {
                let broadcast = Client.halting(items).on(&g).broadcast();
                broadcast.lagging(Lagging::DropSlow)
            };
            let job = broadcast.bg();
            // Nobody waits for it any more, and it is told while others go on (P4).
            bob.left.notified().await;
            end.send(()).unwrap();
            let counts = job.await.unwrap();
            assert_eq!(counts["Ann"], Ok(MANY));
            let lagged = counts["Bob"].as_ref().unwrap_err();
            assert!(
                matches!(lagged, CallError::Lagged { process, .. } if process == "Bob"),
                "{lagged}"
            );
            assert!(lagged.may_have_run());
        }
        net.stop([g].into_iter().chain(others)).await;
    })
    .await;
}

#[tokio::test]
async fn p8_one_that_is_not_far_behind_gets_all_though_the_others_are_done() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder).await;
        let ([ann, bob], others) = ann_and_bob(&net).await;
        let g = net.caller().await;
        let call = Client.halting(blobs(SOME)).on(&g).broadcast();
        let job = call.lagging(Lagging::DropSlow).bg();
        ann.left.notified().await;
        bob.go_on.notify_one();
        let counts = job.await.unwrap();
        assert!(counts.values().all(|count| *count == SOME), "{counts:?}");
        assert_eq!(counts.values().count(), 2);
        net.stop([g].into_iter().chain(others)).await;
    })
    .await;
}

#[tokio::test]
async fn where_the_slow_one_is_waited_for_it_has_all() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder).await;
        let ([_, bob], others) = ann_and_bob(&net).await;
        let g = net.caller().await;
        let call = Client.halting(blobs(MANY)).on(&g).broadcast();
        let job = call.lagging(Lagging::Wait).bg();
        bob.begun.notified().await;
        bob.go_on.notify_one();
        let counts = job.await.unwrap();
        assert_eq!(counts.values().filter(|count| **count == MANY).count(), 2);
        net.stop([g].into_iter().chain(others)).await;
    })
    .await;
}

/// It cannot be stopped, so it is not waited for; and it sees that what it has is not all.
#[tokio::test]
async fn one_that_lags_on_a_thread_of_its_own_is_not_waited_for() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder).await;
        let ([ann, bob], others) = ann_and_bob(&net).await;
        let g = net.caller().await;
        let (ends, mut ended) = mpsc::unbounded_channel();
        let mut go_on = Vec::new();
        for reader in [&ann, &bob] {
            let (tell, told) = oneshot::channel();
            go_on.push(tell);
            *reader.messages.lock().unwrap() = (ends.clone(), Some(told));
        }
        go_on.remove(0).send(()).unwrap();
        let call = Client.blocked(blobs(MANY)).on(&g).broadcast();
        let ends = call.lagging(Lagging::DropSlow).await.unwrap();
        assert_eq!(ends["Ann"], Ok(()));
        assert!(matches!(ends["Bob"], Err(CallError::Lagged { .. })), "{ends:?}");
        assert_eq!(ended.recv().await, Some(None), "Ann has all");
        go_on.remove(0).send(()).unwrap();
        let end = ended.recv().await.unwrap();
        assert!(matches!(end, Some(CallError::Cancelled { .. })), "{end:?}");
        net.stop([g].into_iter().chain(others)).await;
    })
    .await;
}

#[tokio::test]
async fn the_stream_of_one_that_lags_ends_with_that() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder).await;
        let (_, others) = ann_and_bob(&net).await;
        let g = net.caller().await;
        let call = Client.sizes(blobs(MANY)).on(&g).broadcast();
        let mut sizes = call.lagging(Lagging::DropSlow).items().await.unwrap();
        let mut counts = [0, 0];
        let mut lagged = 0;
        while let Some((name, size)) = sizes.next().await {
            match size {
                Ok(size) => {
                    assert_eq!(size, BLOB);
                    counts[usize::from(name == "Bob")] += 1;
                }
                Err(CallError::Lagged { process, .. }) if process == "Bob" && name == "Bob" => lagged += 1,
                Err(error) => panic!("{name}: {error}"),
            }
        }
        assert_eq!((counts, lagged), ([MANY, 1], 1));
        net.stop([g].into_iter().chain(others)).await;
    })
    .await;
}

#[tokio::test]
async fn what_lags_is_said_of_calls_that_send_a_stream() {
    let net = Net::start(Transport::Memory, |builder| builder).await;
    let other = open(&net, "Ann", &Reader::default()).await;
    let g = net.caller().await;
    let call = g.call::<u64>("reader.total", (1,)).broadcast();
    let error = call.lagging(Lagging::DropSlow).await.unwrap_err();
    assert!(matches!(error, CallError::Invalid { .. }), "{error}");
    assert!(error.to_string().contains("lagging(…)"), "{error}");
    net.stop([g, other]).await;
}

/// One whose signature has another number for the same is called again by itself, and has the stream from its beginning as
/// everybody does.
#[tokio::test]
async fn p8_one_stream_goes_to_those_whose_signatures_have_other_numbers_as_well() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder).await;
        let others = [
            open_loose(&net, "Ann", &Reader::default()).await,
            open(&net, "Bob", &Reader::default()).await,
            open_loose(&net, "Cid", &Reader::default()).await,
        ];
        let g = net.caller().await;
        // Which number is sent first is another one each time: the last that was found to be compatible.
        for end in [0, 1, 40_000] {
            let (read, items) = counted(end);
            let totals = Client.total(items).on(&g).broadcast().await.unwrap();
            assert_eq!(names(&totals), ["Ann", "Bob", "Cid"]);
            let sum: u64 = (0..end).sum();
            assert!(totals.values().all(|total| *total == sum), "{totals:?}");
            assert_eq!(totals.values().count(), 3, "{totals:?}");
            assert_eq!(read.load(Ordering::Relaxed), end);
        }
        // Those alone who are called again: the call to all has ended before they begin.
        for chosen in [["Ann", "Cid"], ["Bob", "Bob"]] {
            let (read, items) = counted(u64::MAX);
            let counts = Client.some(5, items).on(&g).to_each(chosen).await.unwrap();
            assert!(counts.values().all(|count| *count == 5), "{counts:?}");
            assert_eq!(counts.values().count(), counts.len());
            assert!(read.load(Ordering::Relaxed) < u64::MAX);
        }
        let (read, items) = counted(20_000);
        let broadcast = Client.double(items).on(&g).broadcast();
        let mut items = broadcast.items().await.unwrap();
        let mut taken = std::collections::BTreeMap::<_, Vec<u64>>::new();
        while let Some((name, item)) = items.next().await {
            taken.entry(name).or_default().push(item.unwrap());
        }
        assert_eq!(taken.keys().collect::<Vec<_>>(), ["Ann", "Bob", "Cid"]);
        let doubled: Vec<u64> = (0..20_000).map(|item| item * 2).collect();
        assert!(taken.values().all(|items| *items == doubled));
        assert_eq!(read.load(Ordering::Relaxed), 20_000);
        drop(items);
        net.stop([g].into_iter().chain(others)).await;
    })
    .await;
}

#[tokio::test]
async fn nothing_of_a_stream_is_read_before_one_that_is_called_again_has_begun() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder).await;
        let (fast, slow) = (Reader::default(), Reader::default());
        let others = [
            open(&net, "Ann", &fast).await,
            open_loose(&net, "Bob", &slow).await,
        ];
        let g = net.caller().await;
        let (read, items) = counted(200_000);
        fast.go_on.notify_one();
        let job = Client.late(items).on(&g).broadcast().bg();
        slow.begun.notified().await;
        fast.begun.notified().await;
        assert_eq!(read.load(Ordering::Relaxed), 0);
        slow.go_on.notify_one();
        let counts = job.await.unwrap();
        assert!(counts.values().all(|count| *count == 200_000), "{counts:?}");
        assert_eq!(counts.values().count(), 2);
        net.stop([g].into_iter().chain(others)).await;
    })
    .await;
}

#[tokio::test]
async fn one_that_is_called_again_and_lags_behind_loses_its_part() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder).await;
        let (fast, slow) = (Reader::default(), Reader::default());
        let others = [
            open(&net, "Ann", &fast).await,
            open_loose(&net, "Bob", &slow).await,
        ];
        let g = net.caller().await;
        fast.go_on.notify_one();
        let items = stream::iter((0..200).map(|_| vec![0; 64 << 10]));
        let halting = Client.halting(items).on(&g).broadcast();
        let counts = halting.lagging(Lagging::DropSlow).await.unwrap();
        assert_eq!(counts["Ann"], Ok(200));
        assert!(
            matches!(counts["Bob"], Err(CallError::Lagged { .. })),
            "{counts:?}"
        );
        // It is cancelled.
        slow.left.notified().await;
        net.stop([g].into_iter().chain(others)).await;
    })
    .await;
}

/// Nobody waits for long for one that does not read, or has no place for the call.
#[tokio::test(start_paused = true)]
async fn one_that_has_yet_to_begin_loses_its_part_where_the_slow_are_dropped() {
    let net = Net::start(Transport::Memory, |builder| builder).await;
    let (fast, slow) = (Reader::default(), Reader::default());
    let others = [open(&net, "Ann", &fast).await, open(&net, "Bob", &slow).await];
    let g = net.caller().await;
    for is_busy in [false, true] {
        let (busy, rest) = oneshot::channel::<()>();
        let before = is_busy.then(|| {
            let items = rest.into_stream().map(|_| vec![0]);
            Client.late_or_busy(items).to("Bob").on(&g).bg()
        });
        if is_busy {
            slow.begun.notified().await;
        }
        fast.go_on.notify_one();
        let items = stream::iter((0..200).map(|_| vec![0; 64 << 10]));
        let all = Client.late_or_busy(items).on(&g).broadcast();
        let counts = all.lagging(Lagging::DropSlow).await.unwrap();
        assert_eq!(counts["Ann"], Ok(200));
        assert!(
            matches!(counts["Bob"], Err(CallError::Lagged { .. })),
            "{counts:?}"
        );
        // One that begins in time has all.
        drop(busy);
        slow.go_on.notify_one();
        if let Some(before) = before {
            assert_eq!(before.await, Ok(1));
            slow.go_on.notify_one();
        }
        fast.go_on.notify_one();
        let items = stream::iter((0..200).map(|_| vec![0; 64 << 10]));
        let all = Client.late_or_busy(items).on(&g).broadcast();
        let counts = all.lagging(Lagging::DropSlow).await.unwrap();
        assert_eq!((&counts["Ann"], &counts["Bob"]), (&Ok(200), &Ok(200)));
    }
    net.stop([g].into_iter().chain(others)).await;
}

#[tokio::test(start_paused = true)]
async fn p8_a_stop_does_not_wait_for_a_stream_to_all_that_has_ended() {
    let net = Net::start(Transport::Memory, |builder| builder).await;
    let (fast, slow) = (Reader::default(), Reader::default());
    let others = [open(&net, "Ann", &fast).await, open(&net, "Bob", &slow).await];
    let g = net.caller().await;
    let before = Client.sizes_or_busy(stream::pending()).to("Bob").on(&g);
    let before = before.await.unwrap();
    fast.go_on.notify_one();
    let items = stream::iter((0..200).map(|_| vec![0; 64 << 10]));
    let all = Client.sizes_or_busy(items).on(&g).broadcast();
    let mut sizes = all.lagging(Lagging::DropSlow).items().await.unwrap();
    let mut lagged = 0;
    while let Some((_, size)) = sizes.next().await {
        lagged += u32::from(matches!(size, Err(CallError::Lagged { .. })));
    }
    // Bob was waited for, as he might have begun.
    assert_eq!(lagged, 1);
    drop(before);
    let begun = tokio::time::Instant::now();
    g.stop().after_own_calls().await;
    assert!(begun.elapsed() < Duration::from_secs(10));
    drop(sizes);
    net.stop(others).await;
}
