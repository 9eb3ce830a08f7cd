//! Broadcasts to those that are named, in the background, and handed over.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use daffi::{Absence, CallError, Global, Replies, callback, fetcher};
use futures_util::Stream;
use tokio::sync::Notify;

use crate::net::{Net, Transport, over_each};

#[derive(Clone, Default)]
struct Kitchen {
    dish: &'static str,
    cleaned: Arc<AtomicUsize>,
    begun: Arc<Notify>,
    go_on: Arc<Notify>,
    done: Arc<Notify>,
    left: Arc<Notify>,
}

struct OnDrop(Arc<Notify>);

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

#[callback(prefix = "kitchen.")]
impl Kitchen {
    #[callback(inline)]
    pub fn dish(&self) -> String {
        self.dish.to_owned()
    }

    pub async fn clean(&self) {
        self.begun.notify_one();
        self.go_on.notified().await;
        self.cleaned.fetch_add(1, Ordering::Relaxed);
        self.done.notify_one();
    }

    pub async fn never(&self) {
        let _left = OnDrop(Arc::clone(&self.left));
        self.begun.notify_one();
        pending::<()>().await;
    }
}

/// Offers `kitchen.dish` with a result that differs.
struct Garage;

#[callback(prefix = "kitchen.")]
impl Garage {
    #[callback(inline)]
    pub fn dish(&self) -> u64 {
        7
    }
}

struct Client;

#[fetcher(prefix = "kitchen.")]
impl Client {
    async fn dish(&self) -> String;
    #[fetcher(to = "Ann", alias = "dish")]
    async fn dish_of_ann(&self) -> String;
    #[fetcher(broadcast, alias = "dish")]
    async fn dishes(&self) -> String;
    async fn clean(&self);
    async fn never(&self);
    #[fetcher(alias = "clean")]
    async fn clean_with(&self, tools: impl Stream<Item = u8>);
}

async fn open(net: &Net, name: &str, kitchen: &Kitchen) -> Global {
    let builder = net.join().process_name(name).service(kitchen.clone());
    builder.start().await.unwrap()
}

fn kitchen(dish: &'static str) -> Kitchen {
    Kitchen {
        dish,
        ..Kitchen::default()
    }
}

fn names<T>(replies: &Replies<T>) -> Vec<&str> {
    replies.iter().map(|(name, _)| name).collect()
}

fn is_absent<T: std::fmt::Debug>(outcome: &Result<T, CallError>, name: &str, expected: &Absence) {
    let Err(CallError::NoProvider { process, absence, .. }) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!((process.as_deref(), absence), (Some(name), expected));
}

#[tokio::test]
async fn p8_those_that_are_named_are_asked_and_each_has_an_outcome() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder).await;
        let others = [
            open(&net, "Ann", &kitchen("soup")).await,
            open(&net, "Bob", &kitchen("pie")).await,
            open(&net, "Dan", &kitchen("fish")).await,
            net.join()
                .process_name("Eve")
                .service(Garage)
                .start()
                .await
                .unwrap(),
            net.join().process_name("Fay").start().await.unwrap(),
        ];
        let g = net.caller().await;
        let asked = ["Dan", "Ann", "Cid", "Fay", "Eve", "Ann"];
        let dishes = Client.dish().on(&g).to_each(asked).await.unwrap();
        assert_eq!(names(&dishes), ["Ann", "Cid", "Dan", "Eve", "Fay"]);
        assert_eq!(dishes["Ann"], Ok("soup".to_owned()));
        assert_eq!(dishes["Dan"], Ok("fish".to_owned()));
        is_absent(&dishes["Cid"], "Cid", &Absence::ProcessUnknown);
        is_absent(&dishes["Fay"], "Fay", &Absence::NotOffered);
        assert!(matches!(dishes["Eve"], Err(CallError::SignatureMismatch { .. })));
        assert!(dishes["Cid"].as_ref().unwrap_err().to_string().contains("Cid"));

        // What the fetcher says of receivers does not hold.
        let dishes = Client
            .dish_of_ann()
            .on(&g)
            .to_each(vec!["Bob".to_owned()])
            .await
            .unwrap();
        assert_eq!(names(&dishes), ["Bob"]);
        let dishes = Client.dishes().to_each(["Bob"]).on(&g).await.unwrap();
        assert_eq!(names(&dishes), ["Bob"]);
        // By name, where types are not known.
        let dishes = g
            .call::<String>("kitchen.dish", ())
            .to_each(["Ann", "Bob"])
            .await
            .unwrap();
        assert_eq!(names(&dishes), ["Ann", "Bob"]);
        net.stop([g].into_iter().chain(others)).await;
    })
    .await;
}

#[tokio::test]
async fn a_process_may_name_itself() {
    let net = Net::start(Transport::Memory, |builder| builder).await;
    let g = open(&net, "Ann", &kitchen("soup")).await;
    let dishes = Client.dish().on(&g).to_each(["Ann"]).await.unwrap();
    assert_eq!(dishes["Ann"], Ok("soup".to_owned()));
    net.stop([g]).await;
}

#[tokio::test]
async fn lists_that_make_no_sense_are_refused() {
    let net = Net::start(Transport::Memory, |builder| builder.service(kitchen("soup"))).await;
    let g = net.caller().await;
    let many = || (0..1025).map(|number| number.to_string());
    let long = "n".repeat(256);
    let dish = || Client.dish().on(&g);
    for (error, words) in [
        (dish().to_each([""; 0]).await.unwrap_err(), "no names"),
        (dish().to_each(many()).await.unwrap_err(), "at most 1024"),
        (dish().to_each([long]).await.unwrap_err(), "at most 255 bytes"),
        (dish().key("k").to_each(["service"]).await.unwrap_err(), "key(…)"),
        (
            dish().retry(1).to_each(["service"]).await.unwrap_err(),
            "retry(…)",
        ),
        (dish().to_each([""; 0]).bg().await.unwrap_err(), "no names"),
    ] {
        let CallError::Invalid { reason, .. } = &error else {
            panic!("{error}")
        };
        assert!(reason.contains(words), "{reason}");
        assert!(!error.may_have_run());
    }
    for error in [
        dish().to_each([""; 0]).send().await.unwrap_err(),
        Client
            .clean_with(futures_util::stream::iter([1]))
            .on(&g)
            .broadcast()
            .send()
            .await
            .unwrap_err(),
    ] {
        assert!(matches!(error, CallError::Invalid { .. }), "{error}");
    }
    // As many as may be named.
    let dishes = dish().to_each(many().skip(1)).await.unwrap();
    assert_eq!(dishes.len(), 1024);
    assert!(dishes.values().next().is_none());
    net.stop([g]).await;
}

#[tokio::test]
async fn p8_what_is_handed_over_to_all_says_by_name_who_has_it_and_runs_there() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder).await;
        let (ann, bob) = (kitchen("soup"), kitchen("pie"));
        let others = [open(&net, "Ann", &ann).await, open(&net, "Bob", &bob).await];
        let g = net.caller().await;
        let taken: Replies<()> = Client.clean().on(&g).broadcast().send().await.unwrap();
        assert_eq!(names(&taken), ["Ann", "Bob"]);
        assert!(taken.values().count() == 2, "{taken:?}");
        for kitchen in [&ann, &bob] {
            kitchen.begun.notified().await;
            assert_eq!(kitchen.cleaned.load(Ordering::Relaxed), 0);
        }
        // They go on when their caller has left.
        g.stop().await;
        for kitchen in [&ann, &bob] {
            kitchen.go_on.notify_one();
            kitchen.done.notified().await;
        }
        let g = net.caller().await;
        let taken = Client
            .clean()
            .on(&g)
            .to_each(["Bob", "Cid"])
            .send()
            .await
            .unwrap();
        assert_eq!(taken["Bob"], Ok(()));
        is_absent(&taken["Cid"], "Cid", &Absence::ProcessUnknown);
        bob.begun.notified().await;
        bob.go_on.notify_one();
        bob.done.notified().await;
        let error = g.call::<()>("nothing", ()).broadcast().send().await.unwrap_err();
        assert!(matches!(error, CallError::NoProvider { .. }), "{error}");
        net.stop([g].into_iter().chain(others)).await;
    })
    .await;
}

/// An empty list has elements of any type, so the signature has another number and is compatible.
#[tokio::test]
async fn what_is_handed_over_to_all_reaches_those_of_compatible_types() {
    let net = Net::start(Transport::Memory, |builder| builder).await;
    let (begun, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (beginning, going_on) = (Arc::clone(&begun), Arc::clone(&go_on));
    let other = net.join().process_name("Ann").start().await.unwrap();
    let told = move |_: Vec<u8>| {
        let (beginning, going_on) = (Arc::clone(&beginning), Arc::clone(&going_on));
        async move {
            beginning.notify_one();
            going_on.notified().await;
        }
    };
    other.register_fn("told", told).await.unwrap();
    let g = net.caller().await;
    let call = g.call::<()>("told", (Vec::<u8>::new(),));
    let taken = call.broadcast().send().await.unwrap();
    assert_eq!(taken["Ann"], Ok(()));
    // It has not ended, so its end was not what was told.
    begun.notified().await;
    go_on.notify_one();
    net.stop([g, other]).await;
}

#[tokio::test]
async fn a_broadcast_in_the_background_has_begun_when_it_is_there() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder).await;
        let (ann, bob) = (kitchen("soup"), kitchen("pie"));
        let others = [open(&net, "Ann", &ann).await, open(&net, "Bob", &bob).await];
        let g = net.caller().await;
        let job = Client.clean().on(&g).broadcast().bg();
        for kitchen in [&ann, &bob] {
            kitchen.begun.notified().await;
        }
        assert!(!job.is_ready());
        for kitchen in [&ann, &bob] {
            kitchen.go_on.notify_one();
        }
        assert_eq!(names(&job.await.unwrap()), ["Ann", "Bob"]);
        net.stop([g].into_iter().chain(others)).await;
    })
    .await;
}

#[tokio::test]
async fn p4_a_broadcast_in_the_background_is_cancelled_wherever_it_runs() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder).await;
        let (ann, bob) = (kitchen("soup"), kitchen("pie"));
        let others = [open(&net, "Ann", &ann).await, open(&net, "Bob", &bob).await];
        let g = net.caller().await;
        let job = Client.never().on(&g).broadcast().bg();
        for kitchen in [&ann, &bob] {
            kitchen.begun.notified().await;
        }
        job.cancel();
        let error = job.await.unwrap_err();
        assert!(matches!(error, CallError::Cancelled { .. }), "{error}");
        assert!(error.may_have_run());
        for kitchen in [&ann, &bob] {
            kitchen.left.notified().await;
        }
        net.stop([g].into_iter().chain(others)).await;
    })
    .await;
}

#[tokio::test]
async fn a_broadcast_that_was_not_made_did_not_run() {
    let net = Net::start(Transport::Memory, |builder| builder.service(kitchen("soup"))).await;
    let g = net.caller().await;
    let hour = Duration::from_secs(3600);
    let job = Client.dish().on(&g).after(hour).broadcast().bg();
    job.cancel();
    let error = job.await.unwrap_err();
    assert!(matches!(error, CallError::Cancelled { .. }), "{error}");
    assert!(!error.may_have_run());
    net.stop([g]).await;
}

#[test]
fn handing_over_to_all_needs_no_async() {
    let path = tempfile::tempdir().unwrap();
    let builder = Global::builder().init_controller(true).auto_callbacks(false);
    let g = builder.unix_sock_path(path.path()).start_blocking().unwrap();
    let ann = kitchen("soup");
    let other = Global::builder()
        .process_name("Ann")
        .auto_callbacks(false)
        .memory(&g)
        .service(ann.clone())
        .start_blocking()
        .unwrap();
    ann.go_on.notify_one();
    let taken = Client.clean().on(&g).broadcast().send().wait().unwrap();
    assert_eq!(taken["Ann"], Ok(()));
    other.stop_blocking();
    g.stop_blocking();
}
