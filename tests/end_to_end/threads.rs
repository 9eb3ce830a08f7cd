//! Callbacks that block, wait for others that block, and have no more threads than they need.

use std::fmt::{Debug, Display};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex, OnceLock, mpsc};

use daffi::{CallContext, CallError, Global, callback, fetcher};
use futures_util::future::join_all;
use futures_util::stream::{self, Stream};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Notify, Semaphore};

use crate::net::{Net, Transport, over_each};

/// What answers, and asks itself.
struct Desk {
    place: Arc<OnceLock<Global>>,
    /// As many as ask have a thread then.
    met: Arc<Barrier>,
    /// How many have begun to wait.
    begun: Arc<Semaphore>,
    answers: Arc<AtomicUsize>,
}

impl Desk {
    fn new(threads: usize) -> Self {
        Self {
            place: Arc::default(),
            met: Arc::new(Barrier::new(threads)),
            begun: Arc::new(Semaphore::new(0)),
            answers: Arc::default(),
        }
    }

    /// Another desk at the same place.
    fn shared(&self) -> Self {
        Self {
            place: Arc::clone(&self.place),
            met: Arc::clone(&self.met),
            begun: Arc::clone(&self.begun),
            answers: Arc::clone(&self.answers),
        }
    }

    fn global(&self) -> &Global {
        self.place.get().unwrap()
    }
}

#[callback(prefix = "desk.")]
impl Desk {
    /// Asks what is named, when as many do as there are threads.
    pub fn ask_together(&self, what: &str) -> Result<u8, String> {
        self.met.wait();
        self.ask(what)
    }

    pub fn ask(&self, what: &str) -> Result<u8, String> {
        let call = self.global().call::<u8>(what, ()).to("desk");
        call.wait().map_err(words)
    }

    /// The same from an asynchronous callback, which needs no thread.
    pub async fn pass(&self) -> Result<u8, String> {
        let call = self.global().call::<u8>("desk.answer", ()).to("desk");
        call.await.map_err(words)
    }

    pub fn answer(&self) -> u8 {
        self.answers.fetch_add(1, Ordering::Relaxed);
        1
    }

    /// Reads a stream that comes from a thread, which asks for each item.
    pub fn read(&self) -> Result<u32, String> {
        self.met.wait();
        let items = Desks.items().to("desk").on(self.global()).wait().map_err(words)?;
        let items = items.blocking().map(|item| item.map_err(words));
        items.sum()
    }

    pub fn items(&self) -> impl Iterator<Item = u32> + use<> {
        let desk = self.shared();
        (0..3).map(move |number| match desk.ask("desk.answer") {
            Ok(_) => number,
            Err(words) => panic!("{words}"),
        })
    }

    /// Waits for what never comes.
    pub fn wait(&self) -> Result<u8, String> {
        self.begun.add_permits(1);
        self.ask("desk.never")
    }

    pub async fn never(&self, ctx: &CallContext) -> u8 {
        ctx.cancelled().await;
        std::future::pending().await
    }

    /// Whether as many are here as there are threads.
    pub fn meet(&self) {
        self.met.wait();
    }

    pub fn for_each(&self, what: &str) -> Result<(), String> {
        self.ask(what).map(drop)
    }
}

struct Desks;

#[fetcher(prefix = "desk.")]
impl Desks {
    async fn items(&self) -> impl Stream<Item = u32>;
    #[fetcher(each)]
    async fn for_each(&self, what: impl Stream<Item = String>) -> Result<(), String>;
}

/// Runs one at a time.
#[derive(Default)]
struct Shelf(u8);

#[callback(prefix = "shelf.")]
impl Shelf {
    pub fn count(&mut self) -> u8 {
        self.0 += 1;
        self.0
    }
}

/// Another process, which hands on to the desk.
struct Clerk(Arc<OnceLock<Global>>);

#[callback(prefix = "clerk.")]
impl Clerk {
    pub async fn hand_on(&self) -> Result<u8, String> {
        let g = self.0.get().unwrap();
        g.call::<u8>("desk.answer", ()).await.map_err(words)
    }
}

/// What a call ended with: the words of a callback, or of daffi.
fn words<E: Debug + Display + 'static>(error: CallError<E>) -> String {
    match error {
        CallError::App(words) => words.to_string(),
        error => format!("{:?}, {}: {error}", error.kind(), error.may_have_run()),
    }
}

fn no_thread(what: &str, threads: usize) -> String {
    format!(
        "Overloaded, false: `{what}` would never have had a thread: all {threads} that blocking callbacks of its process may use are \
         held by ones that wait for others which need one, as the one that made this call, directly or through others; it did \
         not run: write `async` for the one that waits, or raise `blocking_threads` of its Global"
    )
}

/// A desk that has so many threads, in a net of its own, and a caller.
async fn desk(transport: Transport, threads: usize) -> (Net, [Global; 2], Arc<Semaphore>) {
    let net = Net::start(transport, |builder| builder).await;
    let desk = Desk::new(threads);
    let (place, begun) = (Arc::clone(&desk.place), Arc::clone(&desk.begun));
    let builder = net.join().process_name("desk").blocking_threads(threads);
    let g = builder
        .service(desk)
        .service(Shelf::default())
        .start()
        .await
        .unwrap();
    place.set(g.clone()).unwrap();
    let caller = net.caller().await;
    (net, [caller, g], begun)
}

/// That as many threads are free as the desk has.
async fn all_are_free(caller: &Global, threads: usize) {
    let met = join_all((0..threads).map(|_| caller.call::<()>("desk.meet", ()))).await;
    assert!(met.iter().all(Result::is_ok), "{met:?}");
}

/// Another process, with a clerk.
async fn clerk(net: &Net) -> Global {
    let clerk = Clerk(Arc::default());
    let place = Arc::clone(&clerk.0);
    let builder = net.join().process_name("clerk").service(clerk);
    let g = builder.start().await.unwrap();
    place.set(g.clone()).unwrap();
    g
}

#[tokio::test]
async fn p16_only_what_would_never_get_a_thread_is_refused() {
    const THREADS: usize = 3;
    over_each(async |transport| {
        let (net, [caller, g], _) = desk(transport, THREADS).await;
        let clerk = clerk(&net).await;
        for (what, refused) in [
            ("desk.answer", "desk.answer"),
            // By way of a callback that needs no thread, and of an object that one has at a time.
            ("desk.pass", "desk.answer"),
            ("shelf.count", "shelf.count"),
        ] {
            let ask = || caller.call::<u8>("desk.ask_together", (what,));
            let outcomes = join_all((0..THREADS).map(|_| ask())).await;
            let (done, told): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
            // The others have the thread that this one leaves.
            assert_eq!(done.len(), THREADS - 1, "{what}: {told:?}");
            for outcome in told {
                assert_eq!(words(outcome.unwrap_err()), no_thread(refused, THREADS), "{what}");
            }
            all_are_free(&caller, THREADS).await;
        }
        net.stop([clerk, caller, g]).await;
    })
    .await;
}

#[tokio::test]
async fn p16_all_who_wait_for_a_thread_have_one_when_there_is_one() {
    const THREADS: usize = 4;
    const CALLS: usize = 100;
    let (net, [caller, g], _) = desk(Transport::Unix, THREADS).await;
    // Nobody waits for another that needs a thread.
    let calls = (0..CALLS).map(|_| caller.call::<u8>("desk.answer", ()));
    assert!(join_all(calls).await.iter().all(|outcome| *outcome == Ok(1)));
    // All do.
    let calls = (0..CALLS).map(|_| caller.call::<u8>("desk.ask", ("desk.answer",)));
    let outcomes = join_all(calls).await;
    let done = outcomes.iter().filter(|outcome| **outcome == Ok(1)).count();
    assert!(done >= CALLS / 2, "of {CALLS} no more than {done} were done");
    for outcome in outcomes {
        if let Err(error) = outcome {
            assert_eq!(words(error), no_thread("desk.answer", THREADS));
        }
    }
    all_are_free(&caller, THREADS).await;
    net.stop([caller, g]).await;
}

#[tokio::test]
async fn p16_a_call_that_comes_back_through_another_process_is_refused_too() {
    let net = Net::start(Transport::Unix, |builder| builder).await;
    let clerk = clerk(&net).await;
    let asking = Asking(Arc::default());
    let place = Arc::clone(&asking.0);
    let desk = Desk::new(1);
    desk.place.set(net.service.clone()).unwrap();
    let builder = net.join().process_name("desk").blocking_threads(1);
    let g = builder.service(desk).service(asking).start().await.unwrap();
    place.set(g.clone()).unwrap();
    let caller = net.caller().await;
    let told = caller.call::<u8>("asking.clerk", ()).await.unwrap_err();
    assert_eq!(words(told), no_thread("desk.answer", 1));
    net.stop([caller, g, clerk]).await;
}

/// Asks a clerk, who asks the desk.
struct Asking(Arc<OnceLock<Global>>);

#[callback(prefix = "asking.")]
impl Asking {
    pub fn clerk(&self) -> Result<u8, String> {
        let call = self.0.get().unwrap().call::<u8>("clerk.hand_on", ());
        call.wait().map_err(words)
    }
}

#[tokio::test]
async fn p16_threads_are_free_when_those_who_waited_for_what_has_them_have_left() {
    const THREADS: usize = 2;
    over_each(async |transport| {
        let (net, [caller, g], begun) = desk(transport, THREADS).await;
        let waiting = (0..5 * THREADS).map(|_| caller.call::<u8>("desk.wait", ()).bg());
        let waiting: Vec<_> = waiting.collect();
        let held = begun.acquire_many(u32::try_from(THREADS).unwrap()).await.unwrap();
        held.forget();
        waiting.iter().for_each(daffi::AsyncResult::cancel);
        all_are_free(&caller, THREADS).await;
        // Those that waited for a thread have not begun.
        assert_eq!(begun.available_permits(), 0);
        net.stop([caller, g]).await;
    })
    .await;
}

#[tokio::test]
async fn p16_items_that_would_never_get_a_thread_are_refused() {
    let (net, [caller, g], _) = desk(Transport::Memory, 1).await;
    let items = ["desk.answer".to_owned()];
    let stopped = Desks.for_each(stream::iter(items)).on(&caller).await.unwrap_err();
    assert!(
        stopped.to_string().contains("would never have had a thread"),
        "{stopped}"
    );
    all_are_free(&caller, 1).await;
    net.stop([caller, g]).await;
}

#[tokio::test]
async fn p16_a_stream_that_waits_for_a_thread_that_its_reader_has_ends() {
    const THREADS: usize = 2;
    let (net, [caller, g], _) = desk(Transport::Memory, THREADS).await;
    let outcomes = join_all((0..THREADS).map(|_| caller.call::<u32>("desk.read", ()))).await;
    let words: Vec<_> = outcomes
        .into_iter()
        .map(|outcome| outcome.map_err(words))
        .collect();
    // One has the thread of the other, of which either the stream was refused or what it asks for.
    assert!(words.iter().any(Result::is_err), "{words:?}");
    for outcome in words {
        match outcome {
            Ok(sum) => assert_eq!(sum, 3),
            Err(words) => assert!(words.contains("would never have had a thread"), "{words}"),
        }
    }
    all_are_free(&caller, THREADS).await;
    net.stop([caller, g]).await;
}

/// A runtime that has so many threads for what blocks.
fn runtime(threads: usize) -> Runtime {
    let mut builder = Builder::new_multi_thread();
    let builder = builder.worker_threads(2).max_blocking_threads(threads);
    builder.enable_all().build().unwrap()
}

#[test]
fn p16_a_runtime_with_fewer_threads_than_it_is_taken_to_have_goes_on() {
    const THREADS: usize = 2;
    runtime(THREADS).block_on(async {
        let net = Net::start(Transport::Memory, |builder| builder).await;
        let desk = Desk::new(THREADS);
        let place = Arc::clone(&desk.place);
        let builder = net.join().process_name("desk").service(desk);
        let g = builder.start().await.unwrap();
        place.set(g.clone()).unwrap();
        let caller = net.caller().await;
        let ask = || caller.call::<u8>("desk.ask_together", ("desk.answer",));
        let outcomes = join_all((0..THREADS).map(|_| ask())).await;
        let told: Vec<_> = outcomes.into_iter().filter_map(Result::err).map(words).collect();
        assert_eq!(told, [no_thread("desk.answer", THREADS)]);
        all_are_free(&caller, THREADS).await;
        net.stop([caller, g]).await;
    });
}

/// Blocks when it is first polled, until it is let go.
struct Blocking {
    begun: Arc<Notify>,
    let_go: Mutex<mpsc::Receiver<()>>,
    running: AtomicUsize,
    most: Arc<AtomicUsize>,
}

#[callback(prefix = "blocking.")]
impl Blocking {
    #[callback(concurrency = 1)]
    pub async fn hold(&self) -> u8 {
        let running = self.running.fetch_add(1, Ordering::Relaxed) + 1;
        self.most.fetch_max(running, Ordering::Relaxed);
        self.begun.notify_one();
        self.let_go.lock().unwrap().recv().unwrap();
        self.running.fetch_sub(1, Ordering::Relaxed);
        7
    }
}

#[tokio::test]
async fn p14_a_callback_that_blocks_as_it_begins_keeps_its_place_until_it_has_begun() {
    let (let_go, wait) = mpsc::channel();
    let (begun, most) = (Arc::<Notify>::default(), Arc::<AtomicUsize>::default());
    let blocking = Blocking {
        begun: Arc::clone(&begun),
        let_go: Mutex::new(wait),
        running: AtomicUsize::new(0),
        most: Arc::clone(&most),
    };
    let net = Net::start(Transport::Unix, |builder| builder.service(blocking)).await;
    let caller = net.caller().await;
    let hold = || caller.call::<u8>("blocking.hold", ());
    let cancelled = hold().bg();
    begun.notified().await;
    let next = hold().bg();
    cancelled.cancel();
    assert!(cancelled.await.unwrap_err().may_have_run());
    // What was said before has arrived, and so has what follows from it.
    for _ in 0..3 {
        caller.processes().await.unwrap();
        net.service.processes().await.unwrap();
    }
    let_go.send(()).unwrap();
    let_go.send(()).unwrap();
    assert_eq!(next.await, Ok(7));
    assert_eq!(most.load(Ordering::Relaxed), 1);
    net.stop([caller]).await;
}
