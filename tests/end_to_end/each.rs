//! One stream into a plain callback, which runs once for each item.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use daffi::{CallContext, CallError, CallErrorKind, callback, fetcher};
use futures_util::{Stream, StreamExt, stream};
use tokio::sync::Notify;

use crate::net::{Net, Transport, over_each};

/// Callbacks that change what they run on, so that each takes a lock.
#[derive(Default)]
struct Shelf {
    items: Vec<u64>,
}

#[callback]
impl Shelf {
    pub fn put(&mut self, item: u64) -> usize {
        self.items.push(item);
        self.items.len()
    }

    pub async fn put_async(&mut self, item: u64) {
        self.items.push(item);
    }

    #[callback(inline)]
    pub fn put_inline(&mut self, item: u64) {
        self.items.push(item);
    }

    pub fn put_below(&mut self, item: u64) -> Result<(), String> {
        if item >= 1000 {
            return Err(format!("{item} is too much"));
        }
        self.items.push(item);
        Ok(())
    }

    pub async fn take(&mut self) -> Vec<u64> {
        std::mem::take(&mut self.items)
    }
}

/// Callbacks that need no lock.
#[derive(Default)]
struct Counter {
    sum: Arc<AtomicU64>,
    begun: Arc<Notify>,
    go_on: Arc<Notify>,
    told: Arc<AtomicBool>,
}

#[callback]
impl Counter {
    pub fn add(&self, item: u64) {
        self.sum.fetch_add(item, Ordering::Relaxed);
    }

    #[callback(inline)]
    pub fn add_inline(&self, item: u64) {
        self.sum.fetch_add(item, Ordering::Relaxed);
    }

    pub async fn add_length(&self, item: Vec<u8>, ctx: &CallContext) {
        assert_eq!(ctx.metadata("unit"), Some("bytes"));
        self.sum.fetch_add(item.len() as u64, Ordering::Relaxed);
    }

    pub async fn add_below(&self, item: u64) -> Result<u64, String> {
        if item >= 1000 {
            return Err(format!("{item} is too much"));
        }
        Ok(self.sum.fetch_add(item, Ordering::Relaxed))
    }

    pub async fn add_or_panic(&self, item: u64) {
        assert!(item < 3, "it breaks at three");
    }

    pub fn add_or_panic_blocking(&self, item: u64) {
        assert!(item < 3, "it breaks at three");
    }

    #[callback(timeout = "50ms")]
    pub async fn add_in_time(&self, item: u64) {
        if item >= 3 {
            std::future::pending::<()>().await;
        }
    }

    /// Does not look whether its time is over.
    #[callback(timeout = "50ms")]
    pub fn add_in_time_blocking(&self, item: u64) {
        while item >= 3 && !self.told.load(Ordering::Acquire) {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    #[callback(timeout = "50ms")]
    pub async fn tell_a_task(&self, _item: u64, ctx: CallContext) {
        let (told, begun) = (Arc::clone(&self.told), Arc::clone(&self.begun));
        tokio::spawn(async move {
            ctx.cancelled().await;
            told.store(true, Ordering::Release);
            begun.notify_one();
        });
        std::future::pending::<()>().await;
    }

    /// One item, and the next when it may.
    pub async fn add_slowly(&self, item: u64) {
        self.begun.notify_one();
        self.go_on.notified().await;
        self.sum.fetch_add(item, Ordering::Relaxed);
    }

    /// It takes long, and waits for nothing.
    #[callback(inline)]
    pub fn add_heavily(&self, item: u64) {
        std::thread::sleep(Duration::from_millis(2));
        self.sum.fetch_add(item, Ordering::Relaxed);
        self.begun.notify_one();
    }

    pub fn add_until_told(&self, ctx: &CallContext, item: u64) {
        self.sum.fetch_add(item, Ordering::Relaxed);
        self.begun.notify_one();
        while !ctx.is_cancelled() {
            std::thread::sleep(Duration::from_millis(1));
        }
        self.told.store(true, Ordering::Release);
    }
}

mod fetchers {
    use super::{Stream, fetcher};

    #[fetcher(each)]
    pub async fn put(items: impl Stream<Item = u64>) -> usize;
    #[fetcher(alias = "put")]
    pub async fn put_once(item: u64) -> usize;
    #[fetcher(each)]
    pub async fn put_async(items: impl Stream<Item = u64>);
    #[fetcher(each)]
    pub async fn put_inline(items: impl Stream<Item = u64>);
    #[fetcher(each)]
    pub async fn put_below(items: impl Stream<Item = u64>) -> Result<(), String>;
    #[fetcher]
    pub async fn take() -> Vec<u64>;
    #[fetcher(each)]
    pub async fn add(items: impl Stream<Item = u64>);
    #[fetcher(each)]
    pub async fn add_inline(items: impl Stream<Item = u64>);
    #[fetcher(each)]
    pub async fn add_length(items: impl Stream<Item = Vec<u8>>);
    #[fetcher(each)]
    pub async fn add_below(items: impl Stream<Item = u64>) -> Result<u64, String>;
    /// The callback's own error, in words.
    #[fetcher(alias = "add_below", each)]
    pub async fn add_below_untyped(items: impl Stream<Item = u64>) -> u64;
    #[fetcher(alias = "add", each)]
    pub async fn add_words(items: impl Stream<Item = String>);
    #[fetcher(alias = "nobody", each)]
    pub async fn add_at_nobody(items: impl Stream<Item = String>);
    #[fetcher(each)]
    pub async fn add_or_panic(items: impl Stream<Item = u64>);
    #[fetcher(each)]
    pub async fn add_or_panic_blocking(items: impl Stream<Item = u64>);
    #[fetcher(each)]
    pub async fn add_in_time(items: impl Stream<Item = u64>);
    #[fetcher(each)]
    pub async fn add_in_time_blocking(items: impl Stream<Item = u64>);
    #[fetcher(each)]
    pub async fn tell_a_task(items: impl Stream<Item = u64>);
    #[fetcher(each)]
    pub async fn add_slowly(items: impl Stream<Item = u64>);
    #[fetcher(each)]
    pub async fn add_heavily(items: impl Stream<Item = u64>);
    #[fetcher(each)]
    pub async fn add_until_told(items: impl Stream<Item = u64>);
}

/// A method of a group sends a stream, too.
struct Client;

#[fetcher]
impl Client {
    #[fetcher(alias = "add", each)]
    pub async fn add(&self, items: impl Stream<Item = u64>);
}

#[tokio::test]
async fn p5_the_callback_runs_for_every_item_in_their_order() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder.service(Shelf::default())).await;
        let g = net.caller().await;
        // More than a window, in many frames and many turns of a thread.
        for end in [0, 1, 1000, 20_000] {
            let items = || stream::iter(0..end);
            let expected: Vec<_> = (0..end).collect();
            assert_eq!(fetchers::put(items()).on(&g).await, Ok(end));
            assert_eq!(fetchers::take().on(&g).await.unwrap(), expected);
            assert_eq!(fetchers::put_async(items()).on(&g).await, Ok(end));
            assert_eq!(fetchers::take().on(&g).await.unwrap(), expected);
            assert_eq!(fetchers::put_inline(items()).on(&g).await, Ok(end));
            assert_eq!(fetchers::take().on(&g).await.unwrap(), expected);
        }
        net.stop([g]).await;
    })
    .await;
}

#[tokio::test]
async fn callbacks_without_a_lock_run_for_every_item() {
    over_each(async |transport| {
        let counter = Counter::default();
        let sum = Arc::clone(&counter.sum);
        let net = Net::start(transport, |builder| builder.service(counter)).await;
        let g = net.caller().await;
        let total = (0..20_000).sum::<u64>();
        assert_eq!(fetchers::add(stream::iter(0..20_000)).on(&g).await, Ok(20_000));
        assert_eq!(sum.swap(0, Ordering::Relaxed), total);
        assert_eq!(
            fetchers::add_inline(stream::iter(0..20_000)).on(&g).await,
            Ok(20_000)
        );
        assert_eq!(sum.swap(0, Ordering::Relaxed), total);
        assert_eq!(Client.add(stream::iter(0..20_000)).on(&g).bg().await, Ok(20_000));
        assert_eq!(sum.swap(0, Ordering::Relaxed), total);
        let items = stream::iter([0, 1, 70_000]).map(|length| vec![7; length]);
        let call = fetchers::add_length(items).metadata("unit", "bytes");
        assert_eq!(call.on(&g).await, Ok(3));
        assert_eq!(sum.swap(0, Ordering::Relaxed), 70_001);
        net.stop([g]).await;
    })
    .await;
}

#[tokio::test]
async fn the_first_error_stops_it_and_tells_how_many_were_done() {
    over_each(async |transport| {
        let counter = Counter::default();
        let sum = Arc::clone(&counter.sum);
        let net = Net::start(transport, |builder| {
            builder.service(counter).service(Shelf::default())
        })
        .await;
        let g = net.caller().await;
        // Without an end: it is the error that ends it.
        let error = fetchers::add_below(stream::iter(0..)).on(&g).await.unwrap_err();
        let CallError::Stopped {
            done, error: item, ..
        } = &error
        else {
            panic!("{error}");
        };
        assert_eq!(*done, 1000);
        assert_eq!(**item, CallError::App("1000 is too much".to_owned()));
        assert!(error.may_have_run());
        let words = "`add_below` was done for 1000 items and then stopped: 1000 is too much";
        assert_eq!(error.to_string(), words);
        assert_eq!(sum.load(Ordering::Relaxed), (0..1000).sum::<u64>());
        let error = fetchers::add_below_untyped(stream::iter(1000..)).on(&g).await;
        let Err(CallError::Stopped { done: 0, error, .. }) = error else {
            panic!("{error:?}");
        };
        assert!(matches!(&*error, CallError::App(remote) if remote.to_string() == "1000 is too much"));
        let error = fetchers::put_below(stream::iter(0..)).on(&g).await.unwrap_err();
        assert!(matches!(error, CallError::Stopped { done: 1000, .. }), "{error}");
        assert!(fetchers::take().on(&g).await.unwrap().into_iter().eq(0..1000));
        net.stop([g]).await;
    })
    .await;
}

#[tokio::test]
async fn a_panic_and_the_callbacks_own_time_stop_it_at_their_item() {
    let counter = Counter::default();
    let (told, begun) = (Arc::clone(&counter.told), Arc::clone(&counter.begun));
    let net = Net::start(Transport::Memory, |builder| builder.service(counter)).await;
    let g = net.caller().await;
    let stopped = |outcome: Result<u64, CallError>| match outcome {
        Err(CallError::Stopped { done: 3, error, .. }) => *error,
        other => panic!("{other:?}"),
    };
    for outcome in [
        fetchers::add_or_panic(stream::iter(0..)).on(&g).await,
        fetchers::add_or_panic_blocking(stream::iter(0..)).on(&g).await,
    ] {
        let error = stopped(outcome);
        assert!(
            matches!(&error, CallError::Panicked { message, .. } if message == "it breaks at three"),
            "{error}"
        );
    }
    for outcome in [
        fetchers::add_in_time(stream::iter(0..)).on(&g).await,
        fetchers::add_in_time_blocking(stream::iter(0..)).on(&g).await,
    ] {
        let error = stopped(outcome);
        assert!(matches!(error, CallError::Timeout { .. }), "{error}");
    }
    // The blocking one still runs, and only now may end.
    told.store(true, Ordering::Release);
    let error = fetchers::tell_a_task(stream::iter(0..)).on(&g).await.unwrap_err();
    assert!(matches!(error, CallError::Stopped { done: 0, .. }), "{error}");
    begun.notified().await;
    net.stop([g]).await;
}

/// Whoever has the lock of a service waits for a thread, so that nobody may wait for the lock on the only thread.
#[test]
fn a_service_and_its_threads_are_not_waited_for_crosswise() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(1)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let net = Net::start(Transport::Memory, |builder| builder.service(Shelf::default())).await;
        let g = net.caller().await;
        let many: Vec<_> = (0..3)
            .map(|_| fetchers::put(stream::iter(0..2_000)).on(&g).bg())
            .collect();
        while many.iter().any(|many| !many.is_ready()) {
            fetchers::put_once(7).on(&g).await.unwrap();
        }
        for done in many {
            assert_eq!(done.await, Ok(2_000));
        }
        net.stop([g]).await;
    });
}

#[tokio::test]
async fn a_call_that_cannot_be_made_is_no_item_that_failed() {
    let net = Net::start(Transport::Memory, |builder| builder.service(Counter::default())).await;
    let g = net.caller().await;
    let words = || stream::iter(["a".to_owned()]);
    let error = fetchers::add_words(words()).on(&g).await.unwrap_err();
    let CallError::SignatureMismatch { called, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!(called.to_string(), "fn(items: String)");
    let error = fetchers::add_at_nobody(words()).on(&g).await.unwrap_err();
    assert!(matches!(error, CallError::NoProvider { .. }), "{error}");
    let error = fetchers::add(stream::iter(0..3))
        .on(&g)
        .broadcast()
        .await
        .unwrap_err();
    assert!(matches!(error, CallError::Invalid { .. }), "{error}");
    let error = fetchers::add(stream::iter(0..3)).on(&g).send().await.unwrap_err();
    assert!(matches!(error, CallError::Invalid { .. }), "{error}");
    net.stop([g]).await;
}

#[tokio::test]
async fn p4_dropping_the_call_stops_it_before_the_next_item() {
    over_each(async |transport| {
        let counter = Counter::default();
        let (sum, begun) = (Arc::clone(&counter.sum), Arc::clone(&counter.begun));
        let told = Arc::clone(&counter.told);
        let net = Net::start(transport, |builder| builder.service(counter)).await;
        let g = net.caller().await;
        for call in [
            fetchers::add_slowly(stream::repeat(1)),
            fetchers::add_until_told(stream::repeat(1)),
        ] {
            tokio::select! {
                outcome = call.on(&g) => panic!("{outcome:?}"),
                () = begun.notified() => {}
            }
        }
        // Nothing runs any more, and the blocking one was told.
        net.stop([g]).await;
        assert!(told.load(Ordering::Acquire));
        assert_eq!(sum.load(Ordering::Relaxed), 1);
    })
    .await;
}

#[tokio::test]
async fn a_callback_that_never_waits_leaves_others_their_turn() {
    over_each(async |transport| {
        let counter = Counter::default();
        let (sum, begun) = (Arc::clone(&counter.sum), Arc::clone(&counter.begun));
        let net = Net::start(transport, |builder| builder.service(counter)).await;
        let g = net.caller().await;
        let job = fetchers::add_heavily(stream::iter([1; 100])).on(&g).bg();
        begun.notified().await;
        assert_eq!(fetchers::add_inline(stream::iter([0])).on(&g).await, Ok(1));
        let before = sum.load(Ordering::Relaxed);
        assert!(before < 100, "all were done before an answer came");
        assert_eq!(job.await, Ok(100));
        net.stop([g]).await;
    })
    .await;
}

#[tokio::test]
async fn p6_a_slow_callback_holds_up_the_stream() {
    let counter = Counter::default();
    let (begun, go_on) = (Arc::clone(&counter.begun), Arc::clone(&counter.go_on));
    let net = Net::start(Transport::Unix, |builder| builder.service(counter)).await;
    let g = net.caller().await;
    let made = Arc::new(AtomicU64::new(0));
    let counting = Arc::clone(&made);
    let items = stream::iter(0..).inspect(move |_| {
        counting.fetch_add(1, Ordering::Relaxed);
    });
    let job = fetchers::add_slowly(items).on(&g).bg();
    for _ in 0..10 {
        begun.notified().await;
        go_on.notify_one();
    }
    begun.notified().await;
    // Other calls pass meanwhile, and give what is on its way the time to come.
    for _ in 0..100 {
        assert_eq!(fetchers::add(stream::iter(0..1)).on(&g).await, Ok(1));
    }
    // A window, what was granted again, and what is made for the next frame.
    let made = made.load(Ordering::Relaxed);
    assert!((11..50_000).contains(&made), "{made}");
    job.cancel();
    net.stop([g]).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_known_to_be_done_is_told_whatever_ends_it() {
    const LONG: Duration = Duration::from_secs(60);

    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder).await;
        let counter = Counter::default();
        let (begun, go_on) = (Arc::clone(&counter.begun), Arc::clone(&counter.go_on));
        let worker = net.join().stop_timeout(Duration::ZERO).service(counter);
        let worker = worker.start().await.unwrap();
        let g = net.caller().await;
        let items = || stream::iter([1; 5]).chain(stream::pending());
        let check = |error: CallError, kind: CallErrorKind| {
            let words = "was done for at least 5 items and then stopped: ";
            assert!(error.to_string().contains(words), "{error}");
            assert!(error.may_have_run());
            let CallError::Stopped { done: 5, error, .. } = error else {
                panic!("{error}")
            };
            assert_eq!(error.kind(), kind, "{error}");
        };
        for error in [
            fetchers::add(items()).timeout(LONG).on(&g).await.unwrap_err(),
            fetchers::add_inline(items())
                .timeout(LONG)
                .on(&g)
                .await
                .unwrap_err(),
            fetchers::add_below_untyped(items())
                .timeout(LONG)
                .on(&g)
                .await
                .unwrap_err(),
            // The same by its handle.
            fetchers::add(items())
                .on(&g)
                .bg()
                .timeout(LONG)
                .await
                .unwrap_err(),
        ] {
            check(error, CallErrorKind::Timeout);
        }
        let job = fetchers::add(items()).on(&g).bg();
        tokio::time::sleep(LONG).await;
        job.cancel();
        let error = job.await.unwrap_err();
        assert!(
            error
                .to_string()
                .contains("; to go on, send what comes after the first 5 again"),
            "{error}"
        );
        check(error, CallErrorKind::Cancelled);
        let job = fetchers::add_slowly(stream::iter([1; 6])).on(&g).bg();
        for _ in 0..5 {
            begun.notified().await;
            go_on.notify_one();
        }
        begun.notified().await;
        tokio::time::sleep(LONG).await;
        worker.stop().await;
        check(job.await.unwrap_err(), CallErrorKind::Cancelled);
        net.stop([g]).await;
    })
    .await;
}

/// Blocks its thread until it is let go.
struct Lock {
    begun: Arc<Notify>,
    opened: Mutex<mpsc::Receiver<()>>,
    open: mpsc::Sender<()>,
}

#[callback(prefix = "lock.")]
impl Lock {
    pub async fn hold(&self, item: u32) -> u32 {
        self.begun.notify_one();
        let held = self.opened.lock().unwrap().recv_timeout(Duration::from_secs(600));
        held.expect("it is let go");
        item
    }

    pub async fn let_go(&self) {
        self.open.send(()).unwrap();
    }
}

struct Locked;

#[fetcher(prefix = "lock.")]
impl Locked {
    #[fetcher(each)]
    async fn hold(&self, items: impl Stream<Item = u32>) -> u32;
    async fn let_go(&self);
}

#[tokio::test]
async fn p16_a_callback_that_blocks_at_its_first_item_runs_beside_others() {
    over_each(async |transport| {
        let (open, opened) = mpsc::channel();
        let begun = Arc::<Notify>::default();
        let lock = Lock {
            begun: Arc::clone(&begun),
            opened: Mutex::new(opened),
            open,
        };
        let net = Net::start(transport, |builder| builder.service(lock)).await;
        let g = net.caller().await;
        let held = Locked.hold(stream::iter([7])).on(&g).bg();
        begun.notified().await;
        assert_eq!(Locked.let_go().on(&g).await, Ok(()));
        assert_eq!(held.await, Ok(1));
        net.stop([g]).await;
    })
    .await;
}
