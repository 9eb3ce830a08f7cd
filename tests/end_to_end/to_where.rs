//! Calls for whoever says of itself what they want.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use daffi::{Absence, CallContext, CallError, Global, GlobalBuilder, callback, fetcher};
use tokio::sync::Semaphore;

use crate::net::{Net, Transport, over_each};

/// Says who it is, and works when it may.
struct Worker {
    begun: Arc<AtomicUsize>,
    go_on: Arc<Semaphore>,
}

impl Default for Worker {
    fn default() -> Self {
        Self {
            begun: Arc::default(),
            go_on: Arc::new(Semaphore::new(0)),
        }
    }
}

#[callback]
impl Worker {
    #[callback(inline)]
    pub fn who_is_it(&self, ctx: &CallContext) -> String {
        ctx.process_name().to_owned()
    }

    #[callback(concurrency = 1, alias = "work_slowly")]
    pub async fn work(&self, ctx: CallContext) -> String {
        self.begun.fetch_add(1, Ordering::Relaxed);
        self.go_on.acquire().await.unwrap().forget();
        ctx.process_name().to_owned()
    }
}

#[fetcher]
async fn who_is_it() -> String;

#[fetcher]
async fn work_slowly() -> String;

#[fetcher]
trait Workers {
    async fn who_is_it(&self) -> String;
}

#[fetcher(alias = "who_is_it", to_where("kind", "resizer"), to_where("zone", "south"))]
async fn who_resizes_in_the_south() -> String;

#[fetcher(alias = "who_is_it", broadcast, to_where("kind", "resizer"))]
async fn who_resizes() -> String;

#[fetcher(client = "Resizers", to_where("kind", "resizer"))]
trait ResizersOnly {
    async fn who_is_it(&self) -> String;

    #[fetcher(alias = "who_is_it", to_where("zone", "north"))]
    async fn who_is_in_the_north(&self) -> String;
}

fn resizer(builder: GlobalBuilder, zone: &str) -> GlobalBuilder {
    builder.attribute("kind", "resizer").attribute("zone", zone)
}

/// Two resizers and a joiner.
async fn workers(net: &Net) -> [Global; 3] {
    let start = async |name: &str, builder: GlobalBuilder| {
        let builder = builder.process_name(name).service(Worker::default());
        builder.stop_timeout(Duration::ZERO).start().await.unwrap()
    };
    [
        start("a", resizer(net.join(), "north")).await,
        start("b", resizer(net.join(), "south")).await,
        start("c", net.join().attribute("kind", "joiner")).await,
    ]
}

#[tokio::test]
async fn a_call_goes_to_whoever_is_what_it_wants() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder).await;
        let workers = workers(&net).await;
        let g = net.caller().await;
        for _ in 0..20 {
            let at = who_is_it().to_where("kind", "resizer").to_where("zone", "south");
            assert_eq!(at.on(&g).await.unwrap(), "b");
            let any = who_is_it().to_where("kind", "resizer").on(&g).await.unwrap();
            assert_ne!(any, "c");
        }
        // By name, with a key, to a process that is named as well, in the background.
        let named = g.call::<String>("who_is_it", ()).to_where("kind", "joiner");
        assert_eq!(named.bg().await.unwrap(), "c");
        let keyed = async |key: &str| {
            let call = who_is_it().to_where("kind", "resizer").key(key);
            call.on(&g).await.unwrap()
        };
        assert_eq!(keyed("milk").await, keyed("milk").await);
        let both = who_is_it().to("a").to_where("zone", "north").on(&g);
        assert_eq!(both.await.unwrap(), "a");
        who_is_it().to_where("zone", "south").on(&g).send().await.unwrap();
        // A client, and a thread that may block.
        let client = WorkersClient::new(&g).to_where("kind", "resizer");
        let call = client.who_is_it().to_where("zone", "north");
        assert_eq!(call.await.unwrap(), "a");
        assert!(format!("{client:?}").contains("resizer"), "{client:?}");
        let here = g.clone();
        let waits = std::thread::spawn(move || {
            let call = who_is_it().to_where("kind", "joiner").on(&here);
            assert_eq!(call.wait().unwrap(), "c");
            let call = who_is_it().on(&here).broadcast().where_("kind", "joiner");
            assert_eq!(call.wait().unwrap().len(), 1);
        });
        tokio::task::spawn_blocking(|| waits.join().unwrap())
            .await
            .unwrap();
        net.stop(workers.into_iter().chain([g])).await;
    })
    .await;
}

#[tokio::test]
async fn a_fetcher_says_for_all_its_calls_what_they_want() {
    let net = Net::start(Transport::Memory, |builder| builder).await;
    let workers = workers(&net).await;
    let g = net.caller().await;
    let resizers = Resizers::new(&g);
    for _ in 0..20 {
        assert_eq!(who_resizes_in_the_south().on(&g).await.unwrap(), "b");
        assert_ne!(resizers.who_is_it().await.unwrap(), "c");
        assert_eq!(resizers.who_is_in_the_north().await.unwrap(), "a");
        // A call may want more of them.
        let in_the_south = resizers.who_is_it().to_where("zone", "south");
        assert_eq!(in_the_south.await.unwrap(), "b");
    }
    let replies = who_resizes().on(&g).await.unwrap();
    let names: Vec<_> = replies.iter().map(|(name, _)| name.to_owned()).collect();
    assert_eq!(names, ["a", "b"]);
    net.stop(workers.into_iter().chain([g])).await;
}

#[tokio::test]
async fn a_broadcast_goes_to_all_who_are_what_it_wants() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder).await;
        let workers = workers(&net).await;
        let g = net.caller().await;
        let resizers = who_is_it().on(&g).broadcast().where_("kind", "resizer").await.unwrap();
        let names: Vec<_> = resizers.iter().map(|(name, _)| name.to_owned()).collect();
        assert_eq!(names, ["a", "b"]);
        let one = who_is_it().to_where("kind", "resizer").on(&g).broadcast();
        let one = one.where_("zone", "south").await.unwrap();
        assert_eq!(one.into_iter().map(|(name, _)| name).collect::<Vec<_>>(), ["b"]);
        let named = who_is_it().on(&g).to_each(["a", "c"]).where_("zone", "north").await.unwrap();
        assert_eq!(named["a"], Ok("a".to_owned()));
        let error = named["c"].as_ref().unwrap_err();
        assert_eq!(
            error.to_string(),
            "process \"c\" offers `who_is_it`, and is not zone = \"north\" (there is no zone): name a process that is with .to(…), \
             or none to have any that is"
        );
        let error = who_is_it().on(&g).broadcast().where_("zone", "west").await.unwrap_err();
        assert!(matches!(&error, CallError::NoProvider { absence: Absence::Lacking(_), .. }));
        net.stop(workers.into_iter().chain([g])).await;
    })
    .await;
}

#[tokio::test]
async fn where_nobody_is_what_a_call_wants_it_says_what_there_is() {
    let net = Net::start(Transport::Memory, |builder| builder).await;
    let workers = workers(&net).await;
    let g = net.caller().await;
    let call = who_is_it().to_where("kind", "resiser").to_where("shape", "round");
    let error = call.on(&g).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "nobody who offers `who_is_it` is kind = \"resiser\" and shape = \"round\" (kind is \"joiner\" or \"resizer\", and there is no \
         shape): check what is written in .to_where(…), start a process that says so with .attribute(…) and offers it, or have \
         the call wait for one with .wait_for_provider(…)"
    );
    let waited = who_is_it()
        .to_where("kind", "none")
        .wait_for_provider(Duration::from_millis(200));
    let error = waited.on(&g).await.unwrap_err().to_string();
    assert!(error.contains("wait longer"), "{error}");
    // Where nobody offers it at all, that is what is said.
    let error = g
        .call::<()>("nothing", ())
        .to_where("kind", "x")
        .await
        .unwrap_err();
    assert!(
        error.to_string().starts_with("nobody offers `nothing` now"),
        "{error}"
    );
    net.stop(workers.into_iter().chain([g])).await;
}

#[tokio::test]
async fn more_than_a_process_can_be_is_no_call() {
    let net = Net::start(Transport::Memory, |builder| builder).await;
    let g = net.caller().await;
    let many = (0..9).fold(who_is_it(), |call, number| {
        call.to_where(format!("key {number}"), "")
    });
    let long = who_is_it().to_where("kind", "x".repeat(1021));
    let keyless = who_is_it().to_where("", "x");
    for (call, words) in [
        (many, "no process has more than 8 attributes, and 9 are wanted"),
        (
            long,
            "more than 1024 bytes in all, and those that are wanted of it have 1025",
        ),
        (keyless, "an attribute is wanted that has no key"),
    ] {
        let error = call.on(&g).await.unwrap_err();
        assert!(matches!(error, CallError::Invalid { .. }), "{error}");
        assert!(error.to_string().contains(words), "{error}");
    }
    // The same twice is one.
    let call = (0..9).fold(who_is_it(), |call, _| call.to_where("kind", "x"));
    let error = call.on(&g).await.unwrap_err();
    assert!(matches!(error, CallError::NoProvider { .. }), "{error}");
    net.stop([g]).await;
}

#[tokio::test]
async fn p14_calls_wait_for_those_who_are_what_they_want() {
    let net = Net::start(Transport::Unix, |builder| builder).await;
    let joiner = Worker::default();
    let idle = Arc::clone(&joiner.begun);
    let builder = net.join().process_name("joiner").attribute("kind", "joiner");
    let joiner = builder.service(joiner);
    let joiner = joiner.stop_timeout(Duration::ZERO).start().await.unwrap();
    let worker = Worker::default();
    let go_on = Arc::clone(&worker.go_on);
    let busy = resizer(net.join(), "north")
        .process_name("resizer")
        .service(worker);
    let busy = busy.stop_timeout(Duration::ZERO).start().await.unwrap();
    let g = net.caller().await;
    let calls: Vec<_> = (0..3)
        .map(|_| work_slowly().to_where("kind", "resizer").on(&g).bg())
        .collect();
    // Another resizer takes one of those that wait; the joiner, which has nothing to do, takes none.
    let other = Worker::default();
    let (begun, others_go_on) = (Arc::clone(&other.begun), Arc::clone(&other.go_on));
    let other = resizer(net.join(), "south").process_name("other").service(other);
    let other = other.stop_timeout(Duration::ZERO).start().await.unwrap();
    others_go_on.add_permits(1);
    while begun.load(Ordering::Relaxed) == 0 {
        tokio::task::yield_now().await;
    }
    go_on.add_permits(3);
    others_go_on.add_permits(3);
    let mut done = Vec::new();
    for call in calls {
        done.push(call.await.unwrap());
    }
    done.sort();
    assert!(
        done.contains(&"resizer".to_owned()) && done.contains(&"other".to_owned()),
        "{done:?}"
    );
    assert_eq!(idle.load(Ordering::Relaxed), 0);
    net.stop([other, busy, joiner, g]).await;
}

#[tokio::test]
async fn a_call_waits_for_a_provider_that_is_what_it_wants() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder).await;
        let workers = workers(&net).await;
        let g = net.caller().await;
        let minute = Duration::from_secs(60);
        let call = who_is_it()
            .to_where("kind", "cutter")
            .wait_for_provider(minute)
            .on(&g)
            .bg();
        let named = who_is_it().to("d").to_where("kind", "cutter");
        let named = named.wait_for_provider(minute).on(&g).bg();
        let many = who_is_it().wait_for_provider(minute).on(&g).broadcast();
        let many = many.where_("kind", "cutter").bg();
        // The kind is not the one that is awaited.
        let other = net
            .join()
            .process_name("e")
            .attribute("kind", "glue")
            .service(Worker::default());
        let other = other.start().await.unwrap();
        assert!(!call.is_ready() && !named.is_ready() && !many.is_ready());
        let cutter = net.join().process_name("d").attribute("kind", "cutter");
        let cutter = cutter.service(Worker::default()).start().await.unwrap();
        assert_eq!(call.await.unwrap(), "d");
        assert_eq!(named.await.unwrap(), "d");
        assert_eq!(many.await.unwrap().len(), 1);
        net.stop(workers.into_iter().chain([other, cutter, g])).await;
    })
    .await;
}
