//! Calls that wait for somebody who offers their callback.

use std::future::{Future as _, IntoFuture};
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};
use std::time::Duration;

use daffi::{Absence, CallError, CallErrorKind, Global, Streaming, Unmet, callback, fetcher};
use futures_util::future::join_all;
use futures_util::stream::{self, Stream};
use tokio::sync::Semaphore;

use super::net::{Net, Transport, over_each};

/// A time that no test ever takes.
const LONG: Duration = Duration::from_secs(600);

struct Baker;

#[callback(prefix = "baker.")]
impl Baker {
    pub async fn bake(&self, loaves: u32) -> u32 {
        loaves
    }

    pub async fn knead(&self, mut loaves: Streaming<u32>) -> Vec<u32> {
        let mut all = Vec::new();
        while let Some(loaf) = loaves.next().await {
            all.push(loaf.unwrap());
        }
        all
    }
}

/// Keeps the order in which it is asked.
#[derive(Default)]
struct Clerk(Mutex<Vec<u32>>);

#[callback(prefix = "clerk.")]
impl Clerk {
    #[callback(inline)]
    pub fn note(&self, number: u32) {
        self.0.lock().unwrap().push(number);
    }

    pub async fn note_all(&self, mut numbers: Streaming<u32>) {
        while let Some(number) = numbers.next().await {
            self.0.lock().unwrap().push(number.unwrap());
        }
    }

    #[callback(inline)]
    pub fn noted(&self) -> Vec<u32> {
        self.0.lock().unwrap().clone()
    }
}

struct Visitor;

#[fetcher(prefix = "clerk.")]
impl Visitor {
    async fn note(&self, number: u32);
    async fn note_all(&self, numbers: impl Stream<Item = u32>);
    async fn noted(&self) -> Vec<u32>;
}

struct Guest;

#[fetcher(prefix = "baker.")]
impl Guest {
    async fn bake(&self, loaves: u32) -> u32;
    async fn knead(&self, loaves: impl Stream<Item = u32>) -> Vec<u32>;
}

#[fetcher(prefix = "baker.", wait = "10m")]
trait Patient {
    async fn bake(&self, loaves: u32) -> u32;
    #[fetcher(wait = "2ms", alias = "never")]
    async fn never(&self) -> u32;
}

async fn baker(net: &Net, name: &str) -> Global {
    let builder = net.join().process_name(name).service(Baker);
    builder.start().await.unwrap()
}

#[tokio::test]
async fn a_call_waits_for_somebody_to_offer_its_callback() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder).await;
        let g = net.caller().await;
        let loaves = [1, 2, 3];
        let baked = Guest.bake(1).wait_for_provider(LONG).on(&g).bg();
        let patient = PatientClient::new(&g).bake(2).on(&g).bg();
        let kneaded = Guest.knead(stream::iter(loaves)).wait_for_provider(LONG);
        let kneaded = kneaded.on(&g).bg();
        let sent = Guest.bake(4).wait_for_provider(LONG).on(&g).send();
        let everywhere = Guest.bake(5).wait_for_provider(LONG).on(&g).broadcast();
        let (sent, everywhere) = (tokio::spawn(sent), tokio::spawn(everywhere.into_future()));
        // Whoever does not wait is told that nobody is there.
        let error = Guest.bake(3).on(&g).await.unwrap_err();
        assert_eq!(error.kind(), CallErrorKind::NoProvider);
        assert!(!baked.is_ready() && !patient.is_ready() && !kneaded.is_ready());
        let baker = baker(&net, "baker").await;
        assert_eq!(baked.await, Ok(1));
        assert_eq!(patient.await, Ok(2));
        assert_eq!(kneaded.await, Ok(loaves.to_vec()));
        assert_eq!(sent.await.unwrap(), Ok(()));
        assert_eq!(everywhere.await.unwrap().unwrap()["baker"], Ok(5));
        net.stop([g, baker]).await;
    })
    .await;
}

#[tokio::test]
async fn a_call_to_a_process_waits_for_that_one() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder).await;
        let (g, first) = (net.caller().await, baker(&net, "first").await);
        // One is not there, and the other offers something else.
        let to = |name: &str| Guest.bake(1).to(name).wait_for_provider(LONG).on(&g).bg();
        let (second, third) = (to("second"), to("third"));
        let third_baker = net.join().process_name("third").start().await.unwrap();
        for name in ["second", "third"] {
            let error = Guest.bake(1).to(name).on(&g).await.unwrap_err();
            assert_eq!(error.kind(), CallErrorKind::NoProvider);
        }
        assert!(!second.is_ready() && !third.is_ready());
        let second_baker = baker(&net, "second").await;
        assert_eq!(second.await, Ok(1));
        third_baker.register(Baker).await.unwrap();
        assert_eq!(third.await, Ok(1));
        net.stop([g, first, second_baker, third_baker]).await;
    })
    .await;
}

#[tokio::test]
async fn who_waits_in_vain_is_told_that_nobody_is_there() {
    let net = Net::start(Transport::Memory, |builder| builder).await;
    let g = net.caller().await;
    let short = Duration::from_millis(2);
    let waits = || Guest.bake(1).on(&g);
    for (call, kind, is_long) in [
        (waits().wait_for_provider(short), CallErrorKind::NoProvider, true),
        (
            waits().wait_for_provider(Duration::ZERO),
            CallErrorKind::NoProvider,
            false,
        ),
        (
            PatientClient::new(&g).never().on(&g),
            CallErrorKind::NoProvider,
            true,
        ),
        // It is the deadline that ends these.
        (
            waits().wait_for_provider(LONG).timeout(short * 100),
            CallErrorKind::Timeout,
            true,
        ),
        (
            PatientClient::new(&g).bake(1).timeout(short * 100).on(&g),
            CallErrorKind::Timeout,
            true,
        ),
        (
            waits().wait_for_provider(Duration::MAX).timeout(short * 100),
            CallErrorKind::Timeout,
            true,
        ),
        // Nobody can have such a name.
        (
            waits().to("x".repeat(256)).wait_for_provider(LONG),
            CallErrorKind::NoProvider,
            false,
        ),
    ] {
        let error = call.await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(!error.may_have_run(), "{error}");
        let (CallError::NoProvider { waited, .. } | CallError::Timeout { waited, .. }) = &error else {
            panic!("{error}")
        };
        // Long enough to be told, or not at all.
        assert_eq!(*waited >= Some(Duration::from_millis(1)), is_long, "{error}");
        let words = "for a process that offers it, in vain";
        assert_eq!(error.to_string().contains(words), is_long, "{error}");
    }
    let broadcast = waits().wait_for_provider(short).broadcast().await;
    let CallError::NoProvider { waited: Some(_), .. } = broadcast.unwrap_err() else {
        panic!("it has waited");
    };
    let waiting = [
        waits().wait_for_provider(LONG).bg(),
        // It waits before it is made.
        waits().after(LONG).bg(),
    ];
    g.stop().await;
    for waiting in waiting {
        let error = waiting.await.unwrap_err();
        assert!(
            matches!(error, CallError::Cancelled { stopped: Some(_), .. }),
            "{error}"
        );
        assert!(!error.may_have_run(), "{error}");
        assert!(
            error.to_string().contains("of this process stopped before"),
            "{error}"
        );
    }
    net.stop([]).await;
}

/// Whatever their tasks do meanwhile.
#[tokio::test]
async fn p5_calls_that_waited_are_made_in_the_order_in_which_they_were_made_first() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder).await;
        let g = net.caller().await;
        let note = |number| Box::pin(Visitor.note(number).wait_for_provider(LONG).on(&g));
        let mut calls = [note(1), note(2), note(3), note(4), note(5)];
        let all = Visitor.note_all(stream::iter([6])).wait_for_provider(LONG);
        let mut streamed = Box::pin(all.on(&g));
        let mut cx = Context::from_waker(Waker::noop());
        for call in &mut calls {
            assert!(call.as_mut().poll(&mut cx).is_pending());
        }
        assert!(streamed.as_mut().poll(&mut cx).is_pending());
        // Questions and calls of one process are answered in their order: all know by now that nobody is there.
        g.processes().await.unwrap();
        for call in calls.iter_mut().rev() {
            assert!(call.as_mut().poll(&mut cx).is_pending());
        }
        assert!(streamed.as_mut().poll(&mut cx).is_pending());
        let [one, two, three, four, five] = calls;
        drop(four);
        let builder = net.join().process_name("clerk").service(Clerk::default());
        let clerk = builder.start().await.unwrap();
        // The last is looked at before the others.
        streamed.await.unwrap();
        five.await.unwrap();
        three.await.unwrap();
        assert_eq!(Visitor.noted().on(&g).await, Ok(vec![1, 2, 3, 5, 6]));
        one.await.unwrap();
        two.await.unwrap();
        net.stop([g, clerk]).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p5_calls_in_the_background_that_waited_are_made_in_their_order() {
    const CALLS: u32 = 1000;
    let net = Net::start(Transport::Tcp, |builder| builder).await;
    let g = net.caller().await;
    let calls: Vec<_> = (0..CALLS)
        .map(|number| Visitor.note(number).wait_for_provider(LONG).on(&g).bg())
        .collect();
    let error = Visitor.note(0).on(&g).await.unwrap_err();
    assert_eq!(error.kind(), CallErrorKind::NoProvider);
    let builder = net.join().process_name("clerk").service(Clerk::default());
    let clerk = builder.start().await.unwrap();
    for call in calls {
        call.await.unwrap();
    }
    let noted = Visitor.noted().on(&g).await.unwrap();
    assert_eq!(noted, (0..CALLS).collect::<Vec<_>>());
    net.stop([g, clerk]).await;
}

#[tokio::test]
async fn p5_calls_that_waited_keep_their_order_over_a_restart_of_the_controller() {
    const CALLS: u32 = 20;
    let folder = tempfile::tempdir().unwrap();
    let at = || {
        Global::builder()
            .unix_sock_path(folder.path())
            .auto_callbacks(false)
    };
    let controller = || at().init_controller(true).init_node(false).start();
    let stopped = controller().await.unwrap();
    let g = at().start().await.unwrap();
    let calls: Vec<_> = (0..CALLS)
        .map(|number| Visitor.note(number).wait_for_provider(LONG).on(&g).bg())
        .collect();
    // All know by now that nobody is there.
    g.processes().await.unwrap();
    stopped.stop().await;
    let back = controller().await.unwrap();
    // Nobody is there either, and nobody waits for that any more.
    g.processes().await.unwrap();
    let error = Visitor.note(0).wait_for_provider(Duration::ZERO).on(&g).await;
    assert_eq!(error.unwrap_err().kind(), CallErrorKind::NoProvider);
    let clerk = at().service(Clerk::default()).start().await.unwrap();
    for call in calls {
        call.await.unwrap();
    }
    let noted = Visitor.noted().on(&g).await.unwrap();
    assert_eq!(noted, (0..CALLS).collect::<Vec<_>>());
    for g in [g, clerk, back] {
        g.stop().await;
    }
}

/// The node has made it, and its task has not seen that.
#[tokio::test]
async fn p4_a_call_that_waited_is_withdrawn_when_it_is_dropped_after_it_was_made() {
    struct Watchman(Arc<[Semaphore; 2]>);

    #[callback(prefix = "watchman.")]
    impl Watchman {
        pub async fn watch(&self) {
            let [begun, ended] = &*self.0;
            let _ended = SemaphoreGuard(ended);
            begun.add_permits(1);
            std::future::pending::<()>().await;
        }
    }

    struct SemaphoreGuard<'a>(&'a Semaphore);

    impl Drop for SemaphoreGuard<'_> {
        fn drop(&mut self) {
            self.0.add_permits(1);
        }
    }

    let net = Net::start(Transport::Unix, |builder| builder).await;
    let g = net.caller().await;
    let call = g.call::<()>("watchman.watch", ()).wait_for_provider(LONG);
    let mut call = Box::pin(call);
    let mut cx = Context::from_waker(Waker::noop());
    assert!(call.as_mut().poll(&mut cx).is_pending());
    g.processes().await.unwrap();
    assert!(call.as_mut().poll(&mut cx).is_pending());
    let seen = Arc::new([Semaphore::new(0), Semaphore::new(0)]);
    let watchman = net.join().service(Watchman(Arc::clone(&seen)));
    let watchman = watchman.start().await.unwrap();
    seen[0].acquire().await.unwrap().forget();
    drop(call);
    seen[1].acquire().await.unwrap().forget();
    net.stop([g, watchman]).await;
}

#[tokio::test]
async fn a_deadline_that_ends_a_wait_says_what_was_waited_for() {
    let net = Net::start(Transport::Unix, |builder| builder).await;
    let g = net.caller().await;
    let short = Duration::from_millis(20);
    let call = Guest.bake(1).to("dead").wait_for_provider(LONG).timeout(short);
    let error = call.on(&g).await.unwrap_err();
    let CallError::Timeout {
        unmet: Some(unmet), ..
    } = &error
    else {
        panic!("{error:?}")
    };
    let Unmet::Provider {
        process: Some(process),
        absence: Absence::ProcessUnknown,
        ..
    } = &**unmet
    else {
        panic!("{unmet:?}")
    };
    assert_eq!(process, "dead");
    let words = error.to_string();
    assert!(
        words.starts_with(
            "`baker.bake` was not answered within 20ms, as its caller allows (the `timeout` of the call, or the `call_timeout` of its \
             Global), and `baker.bake` was called at process \"dead\", which is not there: check the name, or wait for it with \
             wait_process(\"dead\"); it waited "
        ),
        "{words}"
    );
    assert!(
        words.ends_with("for a process that offers it, in vain; it did not run"),
        "{words}"
    );
    // Without a name, nobody offers it.
    let waiting = Guest.bake(1).wait_for_provider(LONG).timeout(short).on(&g).bg();
    let words = waiting.await.unwrap_err().to_string();
    assert!(
        words.contains(", and nobody offers `baker.bake` now: start a process"),
        "{words}"
    );
    // Once somebody is there, a deadline is one of a call.
    let slow = g
        .call::<()>("slow.sleep", ())
        .wait_for_provider(LONG)
        .timeout(Duration::from_secs(1));
    let slow = slow.bg();
    let sleeper = net.join().start().await.unwrap();
    let registered = sleeper.register_fn("slow.sleep", async || std::future::pending::<()>().await);
    registered.await.unwrap();
    let error = slow.await.unwrap_err();
    let CallError::Timeout {
        unmet: None,
        may_have_run: true,
        ..
    } = &error
    else {
        panic!("{error:?}")
    };
    // And where there is no controller, it is the connection that was waited for.
    net.service.stop().await;
    let error = Guest.bake(1).on(&g).timeout(short).await.unwrap_err();
    let CallError::Timeout {
        unmet: Some(unmet),
        may_have_run: false,
        ..
    } = &error
    else {
        panic!("{error:?}")
    };
    assert!(matches!(&**unmet, Unmet::Connection { .. }), "{unmet:?}");
    let words = error.to_string();
    assert!(
        words.ends_with(
            ", and there is no connection to the controller: see whether the controller runs; it did not run"
        ),
        "{words}"
    );
    net.stop([g, sleeper]).await;
}

#[tokio::test]
async fn more_calls_may_wait_than_questions_at_the_controller() {
    // Of a process, 4,096 questions may wait there.
    const CALLS: u32 = 3 * 4096;
    let net = Net::start(Transport::Unix, |builder| builder).await;
    let g = net.caller().await;
    let waiting: Vec<_> = (0..CALLS)
        .map(|loaves| Guest.bake(loaves).wait_for_provider(LONG).on(&g).bg())
        .collect();
    // Calls of one process are answered in their order: all others know by now that nobody is there.
    let error = Guest.bake(0).on(&g).await.unwrap_err();
    assert_eq!(error.kind(), CallErrorKind::NoProvider);
    let baker = baker(&net, "baker").await;
    let baked: Result<Vec<_>, CallError> = join_all(waiting).await.into_iter().collect();
    assert_eq!(baked.unwrap(), (0..CALLS).collect::<Vec<_>>());
    net.stop([g, baker]).await;
}

#[tokio::test]
async fn after_a_restart_of_the_controller_calls_wait_for_those_who_are_not_back() {
    for transport in [Transport::Unix, Transport::Tcp, Transport::Tls] {
        let net = Net::start(transport, |builder| builder).await;
        let (g, first) = (net.caller().await, baker(&net, "baker").await);
        assert_eq!(Guest.bake(1).on(&g).await, Ok(1));
        first.stop().await;
        let net = net.restart().await;
        // It is back, and the baker is not.
        net.service.wait_process("caller").await.unwrap();
        let baked = Guest.bake(2).on(&g).bg();
        let error = Guest.bake(3).wait_for_provider(Duration::ZERO).on(&g).await;
        assert_eq!(error.unwrap_err().kind(), CallErrorKind::NoProvider);
        // Who was never away does not wait.
        let error = Guest.bake(3).on(&net.service).await.unwrap_err();
        assert_eq!(error.kind(), CallErrorKind::NoProvider);
        assert!(!baked.is_ready());
        let second = baker(&net, "baker").await;
        assert_eq!(baked.await, Ok(2));
        net.stop([g, second]).await;
    }
}
