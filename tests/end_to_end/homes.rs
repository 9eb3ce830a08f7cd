//! Calls that name no `Global` are made by that of the code which makes them.

use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use daffi::{AsyncResult, CallContext, CallError, CallErrorKind, Global, Streaming, callback, fetcher};
use futures_util::future::join_all;
use futures_util::stream::{self, Stream, StreamExt as _};
use tokio::sync::mpsc;

use crate::net::{Net, Transport, over_each};

const SHORT: Duration = Duration::from_millis(2);

/// What is asked where it is.
struct Place {
    name: String,
    notes: mpsc::UnboundedSender<String>,
}

#[callback(prefix = "place.")]
impl Place {
    #[callback(inline)]
    pub fn name(&self) -> String {
        self.name.clone()
    }

    pub async fn join(&self, names: Streaming<String>) -> String {
        let names: Vec<_> = names.map(Result::unwrap).collect().await;
        names.join(" ")
    }

    pub async fn echo(&self, names: Streaming<String>) -> impl Stream<Item = String> {
        names.map(Result::unwrap)
    }

    #[callback(inline)]
    pub fn note(&self, what: &str) {
        let _ = self.notes.send(format!("{what} at {}", self.name));
    }
}

#[fetcher(alias = "place.name")]
async fn name() -> String;

#[fetcher(alias = "place.name", bg)]
async fn name_in_background() -> String;

#[fetcher(alias = "place.join")]
async fn join(names: impl Stream<Item = String>) -> String;

#[fetcher(alias = "place.echo")]
async fn echo(names: impl Stream<Item = String>) -> impl Stream<Item = String>;

#[fetcher(alias = "place.note")]
async fn note(what: &str);

/// The names as they are asked for, one by one.
fn names(count: usize) -> impl Stream<Item = String> {
    stream::iter(0..count).then(|_| async { told(name().await) })
}

/// A name, or which error it was.
fn told(name: Result<String, CallError>) -> String {
    name.unwrap_or_else(|error| error.kind().to_string())
}

/// Leaves a note when it is dropped, in the background, and says so.
struct Leaving(mpsc::UnboundedSender<AsyncResult<()>>);

impl Drop for Leaving {
    fn drop(&mut self) {
        let _ = self.0.send(note("left").bg());
    }
}

/// Asks for the name of its place.
struct Asks {
    other: Global,
    begun: Arc<Mutex<Option<AsyncResult<String>>>>,
    each: Arc<Mutex<Vec<String>>>,
    leaves: mpsc::UnboundedSender<AsyncResult<()>>,
}

#[callback(prefix = "asks.")]
impl Asks {
    pub async fn awaiting(&self) -> String {
        // Where it is polled after it waited, too.
        tokio::time::sleep(SHORT).await;
        told(name().await)
    }

    pub async fn at_once(&self) -> String {
        told(name().await)
    }

    pub fn blocking(&self) -> String {
        told(name().wait())
    }

    #[callback(inline)]
    pub fn inline(&self) -> String {
        *self.begun.lock().unwrap() = Some(name().bg());
        String::new()
    }

    pub async fn later(&self) -> String {
        let (here, there) = (name().after(SHORT), name().after(SHORT).bg());
        format!("{} {}", told(here.await), told(there.await))
    }

    pub async fn in_background(&self) -> String {
        told(name_in_background().await)
    }

    pub async fn of_all(&self) -> String {
        let replies = name().broadcast().await.unwrap().into_map();
        format!("{:?}", replies.keys().collect::<Vec<_>>())
    }

    pub async fn items(&self, count: usize) -> impl Stream<Item = String> {
        names(count)
    }

    pub fn items_blocking(&self, count: usize) -> impl Iterator<Item = String> {
        (0..count).map(|_| told(name().wait()))
    }

    pub async fn each(&self, _n: u32) {
        let name = told(name().await);
        self.each.lock().unwrap().push(name);
    }

    pub fn each_blocking(&self, _n: u32) {
        let name = told(name().wait());
        self.each.lock().unwrap().push(name);
    }

    pub async fn sending(&self) -> String {
        told(join(names(3)).await)
    }

    pub async fn sending_in_background(&self) -> String {
        told(join(names(3).boxed()).bg().await)
    }

    pub async fn sending_on(&self) -> String {
        let names: Vec<_> = echo(names(3).boxed())
            .await
            .unwrap()
            .map(Result::unwrap)
            .collect()
            .await;
        names.join(" ")
    }

    pub async fn spawned(&self) -> String {
        told(tokio::spawn(async { name().await }).await.unwrap())
    }

    pub async fn in_scope(&self) -> String {
        let there = self.other.scope(async {
            tokio::time::sleep(SHORT).await;
            told(name().await)
        });
        let (here, there) = tokio::join!(async { told(name().await) }, there);
        format!("{here} {there}")
    }

    pub async fn by_context(&self, ctx: &CallContext) -> String {
        let g = ctx.global();
        assert_eq!(g.process_name(), ctx.process_name());
        let by_name = tokio::spawn(g.call("place.name", ())).await.unwrap();
        let named = tokio::spawn(name().on(&g)).await.unwrap();
        format!("{} {}", told(by_name), told(named))
    }

    pub async fn leaving(&self) {
        let _leaving = Leaving(self.leaves.clone());
        note("came").await.unwrap();
        pending::<()>().await;
    }
}

struct Asked;

#[fetcher(prefix = "asks.")]
impl Asked {
    async fn items(&self, count: usize) -> impl Stream<Item = String>;
    async fn items_blocking(&self, count: usize) -> impl Stream<Item = String>;
    #[fetcher(each)]
    async fn each(&self, n: impl Stream<Item = u32>);
    #[fetcher(each)]
    async fn each_blocking(&self, n: impl Stream<Item = u32>);
    async fn leaving(&self);
}

/// A place, and somebody in another process who asks for its name.
struct Side {
    net: Net,
    asks: Global,
    begun: Arc<Mutex<Option<AsyncResult<String>>>>,
    each: Arc<Mutex<Vec<String>>>,
    notes: mpsc::UnboundedReceiver<String>,
    leaves: mpsc::UnboundedReceiver<AsyncResult<()>>,
}

impl Side {
    async fn new(transport: Transport, name: &str, other: Option<&Global>) -> Self {
        let (send, notes) = mpsc::unbounded_channel();
        let place = Place {
            name: name.to_owned(),
            notes: send,
        };
        let net = Net::start(transport, |builder| builder.process_name(name).service(place)).await;
        let (begun, each) = (Arc::default(), Arc::default());
        let (leaving, leaves) = mpsc::unbounded_channel();
        let asks = Asks {
            other: other.unwrap_or(&net.service).clone(),
            begun: Arc::clone(&begun),
            each: Arc::clone(&each),
            leaves: leaving,
        };
        let asks = net
            .join()
            .process_name("asks")
            .service(asks)
            .start()
            .await
            .unwrap();
        asks.register_fn("asks.made", || async { told(name_of_place().await) })
            .await
            .unwrap();
        Self {
            net,
            asks,
            begun,
            each,
            notes,
            leaves,
        }
    }

    async fn ask(&self, how: &str) -> String {
        let g = &self.net.service;
        told(g.call::<String>(&format!("asks.{how}"), ()).await)
    }

    async fn stop(self) {
        self.net.stop([self.asks]).await;
    }
}

fn name_of_place() -> daffi::Call<String> {
    name()
}

#[tokio::test]
async fn what_a_callback_calls_is_called_by_its_own_global() {
    over_each(async |transport| {
        let north = Side::new(transport, "north", None).await;
        let south = Side::new(transport, "south", Some(&north.asks)).await;
        for (side, name) in [(&north, "north"), (&south, "south")] {
            for how in ["at_once", "awaiting", "blocking", "in_background", "made"] {
                assert_eq!(side.ask(how).await, name, "{how}");
            }
            assert_eq!(side.ask("later").await, format!("{name} {name}"));
            assert_eq!(side.ask("by_context").await, format!("{name} {name}"));
            assert_eq!(side.ask("of_all").await, format!("[{name:?}]"));
            side.ask("inline").await;
            let begun = side.begun.lock().unwrap().take().unwrap();
            assert_eq!(told(begun.await), name);
        }
        assert_eq!(south.ask("in_scope").await, "south north");
        north.stop().await;
        south.stop().await;
    })
    .await;
}

#[tokio::test]
async fn streams_are_of_the_code_that_made_them() {
    over_each(async |transport| {
        let north = Side::new(transport, "north", None).await;
        let south = Side::new(transport, "south", None).await;
        for (side, name) in [(&north, "north"), (&south, "south")] {
            let g = &side.net.service;
            let expected = [name; 3].join(" ");
            for how in ["sending", "sending_in_background", "sending_on"] {
                assert_eq!(side.ask(how).await, expected, "{how}");
            }
            for call in [Asked.items(3), Asked.items_blocking(3)] {
                let items: Vec<_> = call.on(g).await.unwrap().map(Result::unwrap).collect().await;
                assert_eq!(items.join(" "), expected);
            }
            Asked.each(stream::iter(0..3)).on(g).await.unwrap();
            Asked.each_blocking(stream::iter(0..3)).on(g).await.unwrap();
            assert_eq!(*side.each.lock().unwrap(), [name; 6]);
        }
        north.stop().await;
        south.stop().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_spawned_is_of_nobody() {
    let side = Side::new(Transport::Memory, "here", None).await;
    let other = Side::new(Transport::Memory, "there", None).await;
    assert_eq!(side.ask("spawned").await, "ambiguous");
    let error = name().await.unwrap_err();
    assert_eq!(error.kind(), CallErrorKind::Ambiguous, "{error}");
    assert!(!error.may_have_run());
    side.stop().await;
    other.stop().await;
}

#[tokio::test]
async fn what_a_cancelled_callback_does_in_the_end_is_of_its_global() {
    over_each(async |transport| {
        let mut north = Side::new(transport, "north", None).await;
        let mut south = Side::new(transport, "south", None).await;
        for side in [&mut north, &mut south] {
            let call = tokio::spawn(
                Asked
                    .leaving()
                    .on(&side.net.service)
                    .timeout(Duration::from_secs(600)),
            );
            let name = side.net.service.process_name().to_owned();
            assert_eq!(side.notes.recv().await, Some(format!("came at {name}")));
            call.abort();
            assert_eq!(side.leaves.recv().await.unwrap().await, Ok(()));
            assert_eq!(side.notes.recv().await, Some(format!("left at {name}")));
        }
        north.stop().await;
        south.stop().await;
    })
    .await;
}

#[tokio::test]
async fn what_a_callback_holds_that_is_taken_back_ends_as_code_of_its_global() {
    let mut north = Side::new(Transport::Memory, "north", None).await;
    let mut south = Side::new(Transport::Memory, "south", None).await;
    for side in [&mut north, &mut south] {
        let (leaving, mut leaves) = mpsc::unbounded_channel();
        let held = Leaving(leaving);
        let holding = move || {
            let _ = &held;
            async {}
        };
        side.asks.register_fn("asks.holding", holding).await.unwrap();
        side.asks.unregister("asks.holding").await.unwrap();
        assert_eq!(leaves.recv().await.unwrap().await, Ok(()));
        let name = side.net.service.process_name().to_owned();
        assert_eq!(side.notes.recv().await, Some(format!("left at {name}")));
    }
    north.stop().await;
    south.stop().await;
}

#[tokio::test]
async fn a_scope_holds_for_what_its_future_does_to_its_end() {
    let mut north = Side::new(Transport::Memory, "north", None).await;
    let south = Side::new(Transport::Memory, "south", None).await;
    let (here, there) = (
        &north.net.join().start().await.unwrap(),
        &south.net.join().start().await.unwrap(),
    );
    let ask = async || told(name().await);
    assert_eq!(here.scope(ask()).await, "north");
    // A call is made where it is awaited.
    assert_eq!(told(here.scope(name()).await), "north");
    let both = here.scope(async {
        let inner = there.scope(ask()).await;
        format!(
            "{inner} {} {}",
            ask().await,
            there.scope_blocking(|| name().bg()).await.unwrap()
        )
    });
    assert_eq!(both.await, "south north south");
    // Those that run at the same time do not know of each other.
    let many = (0..8).map(|n| {
        if n % 2 == 0 {
            here.scope(ask())
        } else {
            there.scope(ask())
        }
    });
    let many: Vec<_> = many
        .map(|scoped| async move {
            tokio::task::yield_now().await;
            scoped.await
        })
        .collect();
    assert_eq!(join_all(many).await.join(" "), ["north south"; 4].join(" "));
    let spawned = here.scope(async { tokio::spawn(async { told(name().await) }).await.unwrap() });
    assert_eq!(spawned.await, "ambiguous");

    let (leaving, mut leaves) = mpsc::unbounded_channel();
    let mut dropped = Box::pin(here.scope(async {
        let _leaving = Leaving(leaving);
        pending::<()>().await;
    }));
    assert!(futures_util::poll!(&mut dropped).is_pending());
    drop(dropped);
    assert_eq!(leaves.recv().await.unwrap().await, Ok(()));
    assert_eq!(north.notes.recv().await.as_deref(), Some("left at north"));
    here.stop().await;
    there.stop().await;
    north.stop().await;
    south.stop().await;
}

#[tokio::test]
async fn a_scope_keeps_what_stops_with_its_last_handle() {
    let side = Side::new(Transport::Memory, "north", None).await;
    let guest = side.net.join().stop_on_drop(true).start().await.unwrap();
    let scoped = guest.scope(async { told(name().await) });
    drop(guest);
    assert_eq!(tokio::spawn(scoped).await.unwrap(), "north");
    side.stop().await;
}

/// Pays through a till, which pays through the bank: each of a `Global` of its own, and none is named.
struct Bank;

#[callback(prefix = "unnamed_bank.")]
impl Bank {
    #[callback(concurrency = 1)]
    pub async fn pay(&self, times: u32) -> Result<u32, String> {
        match times {
            0 => Ok(0),
            times => pay_by_till(times - 1).await.map_err(|error| error.to_string()),
        }
    }
}

struct Till;

#[callback(prefix = "unnamed_till.")]
impl Till {
    pub async fn pay(&self, times: u32) -> Result<u32, String> {
        pay_by_bank(times).await.map_err(|error| error.to_string())
    }
}

#[fetcher(alias = "unnamed_bank.pay")]
async fn pay_by_bank(times: u32) -> Result<u32, String>;

#[fetcher(alias = "unnamed_till.pay")]
async fn pay_by_till(times: u32) -> Result<u32, String>;

#[tokio::test]
async fn p14_who_waits_for_whom_is_known_through_several_globals_of_a_process() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder).await;
        let bank = net
            .join()
            .process_name("bank")
            .service(Bank)
            .start()
            .await
            .unwrap();
        let till = net
            .join()
            .process_name("till")
            .service(Till)
            .start()
            .await
            .unwrap();
        // Without that it would wait for its own place for ever.
        let told = pay_by_bank(1).on(&net.service).await.unwrap_err();
        assert!(
            told.to_string().contains("the call would wait for itself"),
            "{told}"
        );
        net.stop([bank, till]).await;
    })
    .await;
}

/// Says that it is gone.
struct Tells(mpsc::UnboundedSender<()>);

impl Drop for Tells {
    fn drop(&mut self) {
        self.0.send(()).unwrap();
    }
}

#[tokio::test]
async fn what_a_global_offers_is_gone_when_it_has_stopped_though_it_keeps_the_global() {
    for aborts in [false, true] {
        let net = Net::start(Transport::Unix, |builder| builder).await;
        let g = net.caller().await;
        let (tells, mut told) = mpsc::unbounded_channel();
        let (kept, tells) = (g.clone(), Tells(tells));
        let keeping = move || {
            let _ = (&kept, &tells);
            async {}
        };
        g.register_fn("keeping", keeping).await.unwrap();
        if aborts {
            g.abort();
        } else {
            g.stop().await;
        }
        drop(g);
        assert_eq!(told.recv().await, Some(()));
        net.stop([]).await;
    }
}
