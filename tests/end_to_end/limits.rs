//! Whose time was over: what a call says that was not answered in time.

use std::future::pending;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use daffi::{
    AsyncResult, CallContext, CallError, Global, ReplyStream, Stream, Streaming, TimeLimit, callback, fetcher,
};
use futures_util::{StreamExt, stream};
use tokio::sync::mpsc;

use crate::net::{Net, over_each};

const SHORT: Duration = Duration::from_millis(20);
const OWN: Duration = Duration::from_millis(30);

/// Calls that never end, and what was called during them.
struct Endless {
    g: Arc<OnceLock<Global>>,
    made: mpsc::UnboundedSender<Made>,
}

/// What was called during a call, and goes on after it.
#[allow(clippy::large_enum_variant, reason = "there are few")]
enum Made {
    Plain(AsyncResult<()>),
    Broadcast(ReplyStream<()>),
    Stream(Streaming<u8>),
}

#[callback(prefix = "limits.")]
impl Endless {
    pub async fn never(&self) {
        pending::<()>().await;
    }

    #[callback(timeout = "30ms")]
    pub async fn hurried(&self) {
        pending::<()>().await;
    }

    #[callback(timeout = "30ms")]
    pub fn hurried_blocking(&self, ctx: &CallContext) {
        while !ctx.is_cancelled() {
            std::thread::yield_now();
        }
    }

    #[callback(timeout = "30ms")]
    pub async fn hurried_each(&self, _item: u8) {
        pending::<()>().await;
    }

    pub async fn items(&self) -> impl Stream<Item = u8> {
        stream::iter([1]).chain(stream::pending())
    }

    /// Makes calls, and never ends.
    pub async fn calls(&self) {
        let g = self.g.get().unwrap();
        let _ = self.made.send(Made::Plain(Limits.never().to("other").on(g).bg()));
        // Its own time is over first.
        let hurried = Limits.never().to("other").timeout(Duration::ZERO).on(g).bg();
        let _ = self.made.send(Made::Plain(hurried));
        let asked = Limits.never().broadcast().on(g).stream().await;
        let _ = self.made.send(Made::Broadcast(asked.unwrap()));
        let items = Limits.items().to("other").on(g).await;
        let _ = self.made.send(Made::Stream(items.unwrap()));
        pending::<()>().await;
    }
}

struct Limits;

#[fetcher(prefix = "limits.")]
impl Limits {
    async fn never(&self);
    async fn hurried(&self);
    async fn hurried_blocking(&self);
    #[fetcher(each)]
    async fn hurried_each(&self, items: impl Stream<Item = u8>);
    async fn items(&self) -> impl Stream<Item = u8>;
    async fn calls(&self);
}

fn check(error: &CallError, expected: TimeLimit, words: &str) {
    let CallError::Timeout {
        limit,
        allowed,
        may_have_run,
        ..
    } = error
    else {
        panic!("{error}")
    };
    assert_eq!(*limit, expected, "{error}");
    // How long it was is known of the call's own.
    assert_eq!(allowed.is_some(), expected == TimeLimit::Call, "{error}");
    let ran = if *may_have_run {
        "it may have run"
    } else {
        "it did not run"
    };
    let words = format!("` was not {words}; {ran}");
    assert!(error.to_string().ends_with(&words), "{error}");
}

const OF_CALL: &str = "answered within 20ms, as its caller allows (the `timeout` of the call, or the `call_timeout` of its Global)";
const AT_ONCE: &str = "answered within 0ns, as its caller allows (the `timeout` of the call, or the `call_timeout` of its Global)";
const OF_OUTER: &str = "answered before the deadline of the call during which it was made";
const OF_CALLBACK: &str = "done in time: its provider allows 30ms (the `timeout` of the callback)";

#[tokio::test]
async fn it_is_said_whose_time_was_over() {
    over_each(async |transport| {
        let (made, mut calls) = mpsc::unbounded_channel();
        let inner = Arc::default();
        let endless = || Endless {
            g: Arc::clone(&inner),
            made: made.clone(),
        };
        let net = Net::start(transport, |builder| builder.service(endless())).await;
        let other = net
            .join()
            .process_name("other")
            .service(endless())
            .start()
            .await
            .unwrap();
        let g = net.caller().await;
        let own = TimeLimit::Callback(OWN);
        for hurried in [Limits.hurried(), Limits.hurried_blocking()] {
            check(&hurried.on(&g).await.unwrap_err(), own, OF_CALLBACK);
        }
        let error = Limits.hurried_each(stream::repeat(1)).on(&g).await.unwrap_err();
        let CallError::Stopped { done: 0, error, .. } = error else {
            panic!("{error}")
        };
        check(&error, own, OF_CALLBACK);
        for (call, time) in [(Limits.hurried(), Duration::ZERO), (Limits.never(), SHORT)] {
            let error = call.timeout(time).on(&g).await.unwrap_err();
            check(
                &error,
                TimeLimit::Call,
                &OF_CALL.replace("20ms", &format!("{time:?}")),
            );
        }
        let replies = Limits.never().timeout(SHORT).broadcast().on(&g).await.unwrap();
        check(replies["other"].as_ref().unwrap_err(), TimeLimit::Call, OF_CALL);
        let job = Limits.never().on(&g).bg().timeout(SHORT);
        check(&job.await.unwrap_err(), TimeLimit::Call, OF_CALL);
        let mut items = Limits.items().timeout(SHORT).on(&g).await.unwrap();
        assert_eq!(items.next().await, Some(Ok(1)));
        check(
            &items.next().await.unwrap().unwrap_err(),
            TimeLimit::Call,
            OF_CALL,
        );

        let _ = inner.set(net.service.clone());
        let outer = Limits.calls().to("service").timeout(SHORT * 10).on(&g);
        check(
            &outer.await.unwrap_err(),
            TimeLimit::Call,
            &OF_CALL.replace("20ms", "200ms"),
        );
        let mut expected = [(TimeLimit::Inherited, OF_OUTER), (TimeLimit::Call, AT_ONCE)].into_iter();
        for _ in 0..4 {
            let error = match calls.recv().await.unwrap() {
                Made::Plain(job) => {
                    let error = job.await.unwrap_err();
                    let (limit, words) = expected.next().unwrap();
                    check(&error, limit, words);
                    continue;
                }
                Made::Broadcast(mut replies) => replies.next().await.unwrap().1.unwrap_err(),
                Made::Stream(mut items) => {
                    assert_eq!(items.next().await, Some(Ok(1)));
                    items.next().await.unwrap().unwrap_err()
                }
            };
            check(&error, TimeLimit::Inherited, OF_OUTER);
        }
        net.stop([g, other]).await;
    })
    .await;
}
