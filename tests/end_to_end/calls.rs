//! Calls of functions: arguments, results, errors, deadlines, cancellation, receivers.

use std::future::pending;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use daffi::{
    Absence, CallContext, CallError, Global, Oversized, RemoteError, Stream, Streaming, callback, fetcher,
};
use futures_util::stream;
use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, Semaphore};

use crate::net::{Net, Transport, over_each};

/// A time that no test ever takes.
const LONG: Duration = Duration::from_secs(600);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum GreetError {
    Nameless,
    Rude { word: String },
}

#[derive(Debug)]
struct Cold;

impl std::fmt::Display for Cold {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the oven is cold")
    }
}

#[derive(Debug)]
struct Burnt(Cold);

impl std::fmt::Display for Burnt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("nothing was baked")
    }
}

impl std::error::Error for Cold {}

impl std::error::Error for Burnt {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

mod offered {
    use super::*;

    #[callback]
    async fn calculate_sum(a: i64, b: i64) -> i64 {
        a + b
    }

    #[callback(inline)]
    fn add(a: i64, b: i64) -> i64 {
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

    #[callback(alias = "greet", concurrency = 8, timeout = "30s")]
    async fn greet_politely(name: &str, ctx: &CallContext) -> Result<String, GreetError> {
        match name {
            "" => Err(GreetError::Nameless),
            "you" => Err(GreetError::Rude {
                word: name.to_owned(),
            }),
            name => Ok(format!(
                "{name}, greeted by {} for {}",
                ctx.process_name(),
                ctx.caller()
            )),
        }
    }

    #[callback]
    async fn bake() -> Result<u8, Burnt> {
        Err(Burnt(Cold))
    }

    #[callback]
    async fn bytes_reversed(mut bytes: Vec<u8>) -> Vec<u8> {
        bytes.reverse();
        bytes
    }

    #[callback]
    fn longest(words: &[String]) -> Option<String> {
        words.iter().max_by_key(|word| word.len()).cloned()
    }

    #[callback]
    async fn panics(message: String) {
        panic!("{message}");
    }

    #[callback]
    fn panics_on_the_pool() {
        panic!("over there");
    }

    #[callback]
    async fn remaining(ctx: CallContext) -> Option<Duration> {
        ctx.deadline()
            .map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    #[callback]
    async fn metadata(key: String, ctx: &CallContext) -> Option<String> {
        ctx.metadata(&key).map(str::to_owned)
    }

    #[callback]
    async fn long_words(how: &str, bytes: usize) -> Result<(), String> {
        let words = "w".repeat(bytes);
        if how == "panic" {
            panic!("{words}");
        }
        Err(words)
    }

    #[callback]
    async fn long_words_each(bytes: usize) {
        if bytes > 1 {
            panic!("{}", "w".repeat(bytes));
        }
    }

    #[callback(timeout = "20ms")]
    async fn hurried() {
        pending::<()>().await;
    }

    #[callback]
    async fn number_of_bytes(bytes: Vec<u8>) -> usize {
        bytes.len()
    }

    #[callback]
    async fn many_bytes(count: usize) -> Vec<u8> {
        vec![7; count]
    }

    #[callback]
    async fn many_bytes_at_once(count: usize) -> impl Stream<Item = Vec<u8>> {
        stream::iter([vec![7; count]])
    }

    /// What ends a stream.
    #[callback]
    async fn first_fault(mut items: Streaming<Vec<u8>>) -> String {
        while let Some(item) = items.next().await {
            if let Err(error) = item {
                return error.to_string();
            }
        }
        "nothing".to_owned()
    }
}

#[fetcher]
async fn calculate_sum(a: i64, b: i64) -> i64;
#[fetcher]
async fn add(a: i64, b: i64) -> i64;
#[fetcher]
async fn fibonacci(n: u64) -> u64;
#[fetcher(alias = "calculate_sum")]
fn calculate_sum_doubled(a: i64, b: i64) -> i64 {
    (a * 2, b * 2)
}
#[fetcher]
async fn greet(name: &str) -> Result<String, GreetError>;
#[fetcher(alias = "greet")]
async fn greet_in_words(name: &str) -> String;
#[fetcher]
async fn bake() -> u8;
#[fetcher]
async fn bytes_reversed(bytes: &[u8]) -> Vec<u8>;
#[fetcher]
async fn longest(words: &[String]) -> Option<String>;
#[fetcher]
async fn panics(message: &str);
#[fetcher]
async fn panics_on_the_pool();
#[fetcher]
async fn remaining() -> Option<Duration>;
#[fetcher]
async fn metadata(key: &str) -> Option<String>;
#[fetcher]
async fn long_words(how: &str, bytes: usize);
#[fetcher(each)]
async fn long_words_each(bytes: impl Stream<Item = usize>);
#[fetcher]
async fn hurried();
#[fetcher]
async fn number_of_bytes(bytes: Vec<u8>) -> usize;
#[fetcher]
async fn many_bytes(count: usize) -> Vec<u8>;
#[fetcher]
async fn many_bytes_at_once(count: usize) -> impl Stream<Item = Vec<u8>>;
#[fetcher]
async fn first_fault(items: impl Stream<Item = Vec<u8>>) -> String;
#[fetcher]
async fn offered_by_nobody();

/// A net whose service offers all functions of this file.
async fn net(transport: Transport) -> (Net, Global) {
    let net = Net::start(transport, |builder| builder.auto_callbacks(true)).await;
    let caller = net.caller().await;
    (net, caller)
}

#[tokio::test]
async fn functions_of_every_kind_are_called() {
    over_each(async |transport| {
        let (net, g) = net(transport).await;
        assert_eq!(calculate_sum(1, 2).on(&g).await, Ok(3), "{transport:?}");
        assert_eq!(add(i64::MAX, -1).on(&g).await, Ok(i64::MAX - 1));
        assert_eq!(fibonacci(12).on(&g).await, Ok(144));
        assert_eq!(calculate_sum_doubled(1, 2).on(&g).await, Ok(6));
        assert_eq!(bytes_reversed(&[1, 2, 3]).on(&g).await, Ok(vec![3, 2, 1]));
        let words = ["of".to_owned(), "three".to_owned()];
        assert_eq!(longest(&words).on(&g).await, Ok(Some("three".to_owned())));
        assert_eq!(g.call::<i64>("calculate_sum", (4i64, 5i64)).await, Ok(9));
        net.stop([g]).await;
    })
    .await;
}

#[tokio::test]
async fn the_callbacks_own_error_arrives_as_its_type_or_in_words() {
    over_each(async |transport| {
        let (net, g) = net(transport).await;
        let greeting = greet("Ann").on(&g).await.unwrap();
        assert_eq!(greeting, "Ann, greeted by service for caller");
        assert_eq!(greet("").on(&g).await, Err(CallError::App(GreetError::Nameless)));
        let rude = GreetError::Rude {
            word: "you".to_owned(),
        };
        assert_eq!(greet("you").on(&g).await, Err(CallError::App(rude)));
        let words = RemoteError::new("Nameless", vec![]);
        assert_eq!(greet_in_words("").on(&g).await, Err(CallError::App(words)));
        let chain = RemoteError::new("nothing was baked", vec!["the oven is cold".to_owned()]);
        assert_eq!(bake().on(&g).await, Err(CallError::App(chain)));
        net.stop([g]).await;
    })
    .await;
}

#[tokio::test]
async fn a_panic_is_an_error_for_its_caller_and_nothing_else() {
    over_each(async |transport| {
        let (net, g) = net(transport).await;
        let error = panics("no milk").on(&g).await.unwrap_err();
        assert!(
            matches!(&error, CallError::Panicked { message, .. } if message == "no milk"),
            "{error}"
        );
        // Where the callback stands, not what is above that.
        let words = error.to_string();
        assert!(
            words.starts_with("`panics` (tests/end_to_end/calls.rs:"),
            "{words}"
        );
        assert!(words.ends_with(") panicked: no milk"), "{words}");
        assert!(error.may_have_run());
        let error = panics_on_the_pool().on(&g).await.unwrap_err();
        assert!(
            matches!(&error, CallError::Panicked { message, .. } if message == "over there"),
            "{error}"
        );
        assert_eq!(calculate_sum(1, 2).on(&g).await, Ok(3), "the service lives on");
        net.stop([g]).await;
    })
    .await;
}

#[tokio::test]
async fn p3_without_a_provider_the_answer_comes_at_once() {
    over_each(async |transport| {
        let (net, g) = net(transport).await;
        let check = |error: CallError, expected: Absence| {
            assert!(!error.may_have_run());
            assert!(
                matches!(&error, CallError::NoProvider { absence, .. } if *absence == expected),
                "{error}"
            );
        };
        check(
            offered_by_nobody().timeout(LONG).on(&g).await.unwrap_err(),
            Absence::nobody(),
        );
        check(
            offered_by_nobody().to("service").on(&g).await.unwrap_err(),
            Absence::NotOffered,
        );
        check(
            add(1, 2).to("nowhere").on(&g).await.unwrap_err(),
            Absence::ProcessUnknown,
        );
        check(
            add(1, 2).to("caller").on(&g).await.unwrap_err(),
            Absence::NotOffered,
        );
        net.stop([g]).await;
    })
    .await;
}

#[tokio::test]
async fn a_node_calls_itself_only_when_it_is_named() {
    let (net, g) = net(Transport::Memory).await;
    let error = add(1, 2).on(&net.service).await.unwrap_err();
    assert!(
        matches!(
            error,
            CallError::NoProvider {
                absence: Absence::OnlyCaller,
                ..
            }
        ),
        "{error}"
    );
    assert_eq!(add(1, 2).to("service").on(&net.service).await, Ok(3));
    net.stop([g]).await;
}

#[tokio::test]
async fn metadata_arrives_with_the_call() {
    let (net, g) = net(Transport::Unix).await;
    assert_eq!(
        metadata("tenant").metadata("tenant", "acme").on(&g).await,
        Ok(Some("acme".to_owned()))
    );
    assert_eq!(metadata("tenant").on(&g).await, Ok(None));
    net.stop([g]).await;
}

#[tokio::test]
async fn a_callback_knows_its_deadline() {
    let (net, g) = net(Transport::Tcp).await;
    assert_eq!(remaining().on(&g).await, Ok(None));
    let left = remaining().timeout(LONG).on(&g).await.unwrap().unwrap();
    assert!(left <= LONG && left > LONG / 2, "{left:?}");
    net.stop([g]).await;
}

#[tokio::test]
async fn a_callbacks_own_timeout_ends_it() {
    let (net, g) = net(Transport::Memory).await;
    let error = hurried().on(&g).await.unwrap_err();
    assert!(
        matches!(
            error,
            CallError::Timeout {
                may_have_run: true,
                ..
            }
        ),
        "{error}"
    );
    net.stop([g]).await;
}

#[tokio::test]
async fn what_does_not_fit_a_frame_is_refused_with_size_and_limit() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| {
            builder.auto_callbacks(true).max_frame(256 * 1024)
        })
        .await;
        let g = net.caller().await;
        assert_eq!(number_of_bytes(vec![1; 200 * 1024]).on(&g).await, Ok(200 * 1024));
        let error = number_of_bytes(vec![1; 300 * 1024]).on(&g).await.unwrap_err();
        assert!(
            matches!(error, CallError::TooLarge { size, limit, what: Oversized::Arguments, may_have_run: false, .. }
                if size > 300 * 1024 && limit <= 256 * 1024),
            "{error}"
        );
        let error = many_bytes(300 * 1024).on(&g).await.unwrap_err();
        assert!(
            matches!(
                error,
                CallError::TooLarge {
                    what: Oversized::Result,
                    may_have_run: true,
                    ..
                }
            ),
            "{error}"
        );
        assert_eq!(
            many_bytes(200 * 1024).on(&g).await.map(|bytes| bytes.len()),
            Ok(200 * 1024)
        );
        // What came before it is there.
        let item = vec![1; 300 * 1024];
        let taken = first_fault(stream::iter([vec![1], item])).on(&g).await.unwrap();
        assert!(taken.contains("an item of a stream of `first_fault` takes 3072"), "{taken}");
        let mut items = many_bytes_at_once(300 * 1024).on(&g).await.unwrap();
        let error = items.next().await.unwrap().unwrap_err();
        assert!(matches!(error, CallError::TooLarge { what: Oversized::Item, .. }), "{error}");
        let call = number_of_bytes(vec![]).metadata("long", "x".repeat(9 * 1024));
        let error = call.on(&g).await.unwrap_err();
        assert!(
            matches!(error, CallError::TooLarge { what: Oversized::Metadata, may_have_run: false, .. }),
            "{error}"
        );
        let words = error.to_string();
        assert!(words.contains("metadata") && !words.contains("max_frame"), "{words}");
        net.stop([g]).await;
    })
    .await;
}

#[tokio::test]
async fn words_that_do_not_fit_a_frame_are_cut_and_said_to_be() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| {
            builder.auto_callbacks(true).max_frame(256 * 1024)
        })
        .await;
        let g = net.caller().await;
        let cut = |words: &str, bytes: usize| {
            let said = format!("… (cut: there were {bytes} bytes)");
            assert!(
                words.starts_with("www") && words.ends_with(&said),
                "{}",
                words.len()
            );
            assert!(words.len() > 200 * 1024, "{}", words.len());
        };
        let error = long_words("panic", 1 << 20).on(&g).await.unwrap_err();
        let CallError::Panicked { message, .. } = &error else {
            panic!("{}", error.kind())
        };
        cut(message, 1 << 20);
        let error = long_words("error", 1 << 20).on(&g).await.unwrap_err();
        let CallError::App(words) = &error else {
            panic!("{}", error.kind())
        };
        // The error is its words, so it was twice as much.
        assert!(words.message().starts_with("www"));
        let replies = long_words("panic", 1 << 20).on(&g).broadcast().await.unwrap();
        let Err(CallError::Panicked { message, .. }) = &replies["service"] else {
            panic!("it panics")
        };
        cut(message, 1 << 20);
        let items = futures_util::stream::iter([1, 1 << 20, 1]);
        let error = long_words_each(items).on(&g).await.unwrap_err();
        let CallError::Stopped { done: 1, error, .. } = &error else {
            panic!("{}", error.kind())
        };
        let CallError::Panicked { message, .. } = &**error else {
            panic!("{}", error.kind())
        };
        cut(message, 1 << 20);
        // One that fits is as it was.
        let error = long_words("panic", 200 * 1024).on(&g).await.unwrap_err();
        assert!(matches!(&error, CallError::Panicked { message, .. } if message.len() == 200 * 1024));
        net.stop([g]).await;
    })
    .await;
}

/// A service that can be watched while it is called.
struct Watched {
    begun: Arc<Notify>,
    dropped: Arc<Notify>,
    gate: Arc<Semaphore>,
    g: Arc<OnceLock<Global>>,
}

/// Tells when it is dropped.
struct OnDrop(Arc<Notify>);

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

#[callback(prefix = "watched.")]
impl Watched {
    pub async fn never(&self) {
        let _guard = OnDrop(Arc::clone(&self.dropped));
        self.begun.notify_one();
        pending::<()>().await;
    }

    /// Waits for the context, not for the future to be dropped.
    pub fn blocks_until_cancelled(&self, ctx: &CallContext) {
        let _guard = OnDrop(Arc::clone(&self.dropped));
        self.begun.notify_one();
        while !ctx.is_cancelled() {
            std::thread::yield_now();
        }
    }

    /// Calls another callback, which tells what time it was given.
    pub async fn inner_remaining(&self) -> Result<Option<Duration>, CallError> {
        remaining().to("service").on(self.g.get().unwrap()).await
    }

    #[callback(concurrency = 1, queue = 0)]
    pub async fn one_at_a_time(&self) {
        self.begun.notify_one();
        let _permit = self.gate.acquire().await;
    }
}

struct Watching;

#[fetcher(prefix = "watched.")]
impl Watching {
    async fn never(&self);
    async fn blocks_until_cancelled(&self);
    async fn inner_remaining(&self) -> Option<Duration>;
    async fn one_at_a_time(&self);
}

struct Watch {
    net: Net,
    g: Global,
    begun: Arc<Notify>,
    dropped: Arc<Notify>,
    gate: Arc<Semaphore>,
}

async fn watch(transport: Transport) -> Watch {
    let (begun, dropped, gate) = (Arc::default(), Arc::default(), Arc::new(Semaphore::new(0)));
    let itself = Arc::<OnceLock<Global>>::default();
    let service = Watched {
        begun: Arc::clone(&begun),
        dropped: Arc::clone(&dropped),
        gate: Arc::clone(&gate),
        g: Arc::clone(&itself),
    };
    let net = Net::start(transport, |builder| {
        builder
            .service(service)
            .callback("remaining")
            .on_init(move |g| itself.set(g.clone()).unwrap())
    })
    .await;
    let g = net.caller().await;
    Watch {
        net,
        g,
        begun,
        dropped,
        gate,
    }
}

#[tokio::test]
async fn p4_dropping_a_call_cancels_it_at_the_provider() {
    over_each(async |transport| {
        let Watch {
            net,
            g,
            begun,
            dropped,
            ..
        } = watch(transport).await;
        let call = tokio::spawn(Watching.never().on(&g));
        begun.notified().await;
        call.abort();
        dropped.notified().await;
        net.stop([g]).await;
    })
    .await;
}

#[tokio::test]
async fn p4_a_passed_deadline_cancels_the_call_at_the_provider() {
    over_each(async |transport| {
        let Watch { net, g, dropped, .. } = watch(transport).await;
        let error = Watching
            .never()
            .timeout(Duration::from_millis(50))
            .on(&g)
            .await
            .unwrap_err();
        assert!(matches!(error, CallError::Timeout { .. }), "{error}");
        dropped.notified().await;
        net.stop([g]).await;
    })
    .await;
}

#[tokio::test]
async fn p4_a_caller_that_leaves_cancels_its_calls() {
    over_each(async |transport| {
        let Watch {
            net,
            g,
            begun,
            dropped,
            ..
        } = watch(transport).await;
        let leaving = net
            .join()
            .process_name("leaving")
            .stop_timeout(Duration::ZERO)
            .start()
            .await
            .unwrap();
        let call = tokio::spawn(Watching.never().on(&leaving));
        begun.notified().await;
        leaving.stop().await;
        dropped.notified().await;
        let ended = call.await.unwrap().unwrap_err();
        assert!(ended.may_have_run(), "{ended}");
        net.stop([g]).await;
    })
    .await;
}

#[tokio::test]
async fn a_blocking_callback_sees_that_it_is_cancelled() {
    let Watch {
        net,
        g,
        begun,
        dropped,
        ..
    } = watch(Transport::Unix).await;
    let call = tokio::spawn(Watching.blocks_until_cancelled().on(&g));
    begun.notified().await;
    call.abort();
    dropped.notified().await;
    net.stop([g]).await;
}

#[tokio::test]
async fn calls_inside_a_callback_inherit_its_deadline() {
    let Watch { net, g, .. } = watch(Transport::Memory).await;
    let left = Watching.inner_remaining().timeout(LONG).on(&g).await.unwrap();
    assert!(left.is_some_and(|left| left <= LONG), "{left:?}");
    assert_eq!(Watching.inner_remaining().on(&g).await, Ok(None));
    net.stop([g]).await;
}

#[tokio::test]
async fn a_callback_at_its_concurrency_without_a_queue_is_overloaded() {
    let Watch {
        net, g, begun, gate, ..
    } = watch(Transport::Unix).await;
    let first = tokio::spawn(Watching.one_at_a_time().on(&g));
    begun.notified().await;
    let error = Watching.one_at_a_time().on(&g).await.unwrap_err();
    assert!(
        matches!(
            error,
            CallError::Overloaded {
                may_have_run: false,
                ..
            }
        ),
        "{error}"
    );
    gate.add_permits(1);
    first.await.unwrap().unwrap();
    Watching.one_at_a_time().on(&g).await.unwrap();
    net.stop([g]).await;
}

#[tokio::test]
async fn p5_calls_of_one_caller_arrive_in_the_order_sent() {
    use std::sync::Mutex;

    #[derive(Default)]
    struct Log {
        seen: Mutex<Vec<u32>>,
    }

    #[callback(prefix = "log.")]
    impl Log {
        #[callback(inline)]
        pub fn note(&self, number: u32) {
            self.seen.lock().unwrap().push(number);
        }

        #[callback(inline)]
        pub fn noted(&self) -> Vec<u32> {
            self.seen.lock().unwrap().clone()
        }
    }

    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder.service(Log::default())).await;
        let g = net.caller().await;
        let calls = (0..500u32).map(|number| g.call::<()>("log.note", (number,)));
        for outcome in futures_util::future::join_all(calls).await {
            outcome.unwrap();
        }
        let noted: Vec<u32> = g.call("log.noted", ()).await.unwrap();
        assert_eq!(noted, (0..500).collect::<Vec<_>>());
        net.stop([g]).await;
    })
    .await;
}
