//! How processes come, wait for each other, and go.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use daffi::{CallError, Global, StartError, callback, fetcher};
use tokio::sync::{Notify, mpsc};

use crate::net::{Net, Transport, over_each};

struct Echo;

#[callback(prefix = "echo.")]
impl Echo {
    pub async fn echo(&self, text: String) -> String {
        text
    }
}

struct Echoing;

#[fetcher(prefix = "echo.")]
impl Echoing {
    async fn echo(&self, text: &str) -> String;
}

#[tokio::test]
async fn waiting_for_what_cannot_be_there_is_refused() {
    let net = Net::start(Transport::Memory, |builder| builder).await;
    let name = "n".repeat(256);
    for name in ["", &name] {
        for wait in [net.service.wait_process(name), net.service.wait_function(name)] {
            let error = wait.await.unwrap_err();
            assert!(matches!(error, CallError::Invalid { .. }), "{error:?}");
            let words = format!("nobody can have a name of {} bytes: check it", name.len());
            assert!(error.to_string().contains(&words), "{error}");
        }
    }
    net.stop([]).await;
}

#[tokio::test]
async fn waiting_ends_when_the_process_or_function_is_there() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder).await;
        let g = net.caller().await;
        g.wait_process("service").await.unwrap();
        let short = Duration::from_millis(20);
        let error = g.wait_process("echo service").timeout(short).await.unwrap_err();
        assert!(matches!(error, CallError::Timeout { .. }), "{error}");
        let error = g.wait_function("echo.echo").timeout(short).await.unwrap_err();
        assert!(matches!(error, CallError::Timeout { .. }), "{error}");

        let waiting = [
            g.wait_process("echo service").into_future(),
            g.wait_function("echo.echo").into_future(),
        ];
        let waiting = tokio::spawn(futures_util::future::join_all(waiting));
        let echo = net
            .join()
            .process_name("echo service")
            .service(Echo)
            .start()
            .await
            .unwrap();
        for outcome in waiting.await.unwrap() {
            outcome.unwrap();
        }
        assert_eq!(Echoing.echo("hello").on(&g).await, Ok("hello".to_owned()));
        net.stop([g, echo]).await;
    })
    .await;
}

#[tokio::test]
async fn processes_and_their_number_of_callbacks_are_listed() {
    let net = Net::start(Transport::Unix, |builder| builder.service(Echo)).await;
    let g = net.caller().await;
    let processes = g.processes().await.unwrap();
    let listed: Vec<_> = processes
        .iter()
        .map(|process| (&*process.name, process.callbacks))
        .collect();
    assert_eq!(listed, [("caller", 0), ("service", 1)]);
    assert!(processes.iter().all(|process| process.pid == std::process::id()));
    net.stop([g]).await;
}

#[tokio::test]
async fn a_process_without_a_name_gets_one() {
    let net = Net::start(Transport::Memory, |builder| builder).await;
    let g = net.join().start().await.unwrap();
    assert!(g.process_name().starts_with("0x"), "{}", g.process_name());
    assert_eq!(g.process_name().len(), 18);
    net.stop([g]).await;
}

#[tokio::test]
async fn the_address_tells_the_real_port() {
    let net = Net::start(Transport::Tcp, |builder| builder).await;
    let port = net.service.address().port().unwrap();
    assert_ne!(port, 0);
    let g = net.caller().await;
    assert_eq!(g.address().port(), Some(port));
    net.stop([g]).await;

    let net = Net::start(Transport::Unix, |builder| builder).await;
    assert_eq!(net.service.address().port(), None);
    net.stop([]).await;
}

#[tokio::test]
async fn p9_a_taken_name_is_refused_and_free_again_later() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder).await;
        let g = net.caller().await;
        let error = net.join().process_name("caller").start().await.unwrap_err();
        assert!(
            matches!(&error, StartError::NameTaken { name, pid, .. } if name == "caller" && *pid == std::process::id()),
            "{error}"
        );
        g.stop().await;
        let again = net.caller().await;
        net.stop([again]).await;
    })
    .await;
}

#[tokio::test]
async fn hooks_are_called_in_their_order() {
    let (said, mut heard) = mpsc::unbounded_channel();
    let say = |what: &'static str| {
        let said = said.clone();
        move |g: &Global| said.send(format!("{what} {}", g.process_name())).unwrap()
    };
    let net = Net::start(Transport::Tcp, |builder| builder).await;
    let g = net
        .join()
        .process_name("hooked")
        .on_init(say("init"))
        .on_node_connect(say("connect"))
        .on_node_disconnect(say("disconnect"))
        .start()
        .await
        .unwrap();
    g.stop().await;
    for expected in ["init hooked", "connect hooked", "disconnect hooked"] {
        assert_eq!(heard.recv().await.unwrap(), expected);
    }
    net.stop([]).await;
}

struct Slow {
    begun: Arc<Notify>,
    go_on: Arc<Notify>,
}

#[callback(prefix = "slow.")]
impl Slow {
    pub async fn work(&self) -> u8 {
        self.begun.notify_one();
        self.go_on.notified().await;
        7
    }

    pub async fn hang(&self) {
        self.begun.notify_one();
        pending::<()>().await;
    }
}

#[tokio::test]
async fn stopping_finishes_what_is_running_and_takes_nothing_new() {
    over_each(async |transport| {
        let (begun, go_on): (Arc<Notify>, Arc<Notify>) = Default::default();
        let slow = Slow {
            begun: Arc::clone(&begun),
            go_on: Arc::clone(&go_on),
        };
        let net = Net::start(transport, |builder| builder).await;
        let g = net.caller().await;
        let provider = net
            .join()
            .process_name("slow")
            .service(slow)
            .start()
            .await
            .unwrap();
        let running = tokio::spawn(g.call::<u8>("slow.work", ()));
        begun.notified().await;
        let stopping = tokio::spawn(async move { provider.stop().await });
        // Once it has left the roster, it is asked for nothing more, and still answers.
        while g
            .call::<()>("slow.none", ())
            .to("slow")
            .await
            .is_err_and(|error| {
                !matches!(
                    error,
                    CallError::NoProvider {
                        absence: daffi::Absence::ProcessUnknown,
                        ..
                    }
                )
            })
        {
            tokio::task::yield_now().await;
        }
        assert!(!running.is_finished());
        go_on.notify_one();
        assert_eq!(running.await.unwrap(), Ok(7));
        stopping.await.unwrap();
        net.stop([g]).await;
    })
    .await;
}

#[tokio::test]
async fn what_does_not_finish_in_time_is_cancelled_and_its_caller_told() {
    over_each(async |transport| {
        let begun = Arc::<Notify>::default();
        let slow = Slow {
            begun: Arc::clone(&begun),
            go_on: Arc::default(),
        };
        let net = Net::start(transport, |builder| builder).await;
        let g = net.caller().await;
        let short = Duration::from_millis(20);
        let provider = net
            .join()
            .process_name("slow")
            .stop_timeout(short)
            .service(slow)
            .start()
            .await
            .unwrap();
        let running = tokio::spawn(g.call::<()>("slow.hang", ()));
        begun.notified().await;
        provider.stop().await;
        let error = running.await.unwrap().unwrap_err();
        assert!(
            matches!(
                error,
                CallError::Cancelled {
                    may_have_run: true,
                    ..
                }
            ),
            "{error}"
        );
        net.stop([g]).await;
    })
    .await;
}

#[tokio::test]
async fn calls_after_stopping_are_refused() {
    let net = Net::start(Transport::Memory, |builder| builder.service(Echo)).await;
    let g = net.caller().await;
    g.stop().await;
    g.stop().await;
    let error = Echoing.echo("hello").on(&g).await.unwrap_err();
    assert!(matches!(error, CallError::NotStarted { .. }), "{error}");
    assert!(!error.may_have_run());
    net.stop([]).await;
}

#[tokio::test]
async fn join_ends_when_it_is_stopped() {
    let net = Net::start(Transport::Memory, |builder| builder).await;
    let g = net.caller().await;
    let joined = tokio::spawn({
        let g = g.clone();
        async move { g.join().await }
    });
    g.stop().await;
    joined.await.unwrap();
    net.stop([]).await;
}

#[tokio::test]
async fn a_node_finds_its_controller_again() {
    for transport in [Transport::Unix, Transport::Tcp, Transport::Tls] {
        let connected = Arc::<Notify>::default();
        let net = Net::start(transport, |builder| builder).await;
        let told = Arc::clone(&connected);
        let echo = net
            .join()
            .process_name("echo service")
            .service(Echo)
            .on_node_connect(move |_| told.notify_one())
            .start()
            .await
            .unwrap();
        connected.notified().await;
        let net = net.restart().await;
        connected.notified().await;
        let g = net.caller().await;
        g.wait_function("echo.echo").await.unwrap();
        assert_eq!(Echoing.echo("hello").on(&g).await, Ok("hello".to_owned()));
        net.stop([g, echo]).await;
    }
}

#[tokio::test]
async fn p3_a_lost_controller_ends_the_calls_that_were_sent_at_once() {
    let begun = Arc::<Notify>::default();
    let slow = Slow {
        begun: Arc::clone(&begun),
        go_on: Arc::default(),
    };
    let net = Net::start(Transport::Unix, |builder| builder.stop_timeout(Duration::ZERO)).await;
    let provider = net
        .join()
        .process_name("slow")
        .service(slow)
        .start()
        .await
        .unwrap();
    let g = net
        .join()
        .process_name("caller")
        .reconnect_wait(Duration::ZERO)
        .start()
        .await
        .unwrap();
    let running = tokio::spawn(g.call::<()>("slow.hang", ()));
    begun.notified().await;
    net.service.stop().await;
    let error = running.await.unwrap().unwrap_err();
    assert!(error.may_have_run(), "{error}");
    let error = g.call::<()>("slow.hang", ()).await.unwrap_err();
    assert!(
        matches!(
            error,
            CallError::Disconnected {
                may_have_run: false,
                ..
            }
        ),
        "{error}"
    );
    g.stop().await;
    provider.stop().await;
}

#[tokio::test]
async fn several_globals_of_one_process_are_separate() {
    let one = Net::start(Transport::Memory, |builder| builder.service(Echo)).await;
    let two = Net::start(Transport::Tcp, |builder| builder).await;
    let (at_one, at_two) = (one.caller().await, two.caller().await);
    assert_eq!(Echoing.echo("hello").on(&at_one).await, Ok("hello".to_owned()));
    let error = Echoing.echo("hello").on(&at_two).await.unwrap_err();
    assert!(matches!(error, CallError::NoProvider { .. }), "{error}");
    one.stop([at_one]).await;
    two.stop([at_two]).await;
}

#[test]
fn everything_works_without_a_runtime() {
    static INITIALISED: AtomicUsize = AtomicUsize::new(0);
    let folder = tempfile::tempdir().unwrap();
    let service = Global::builder()
        .process_name("service")
        .init_controller(true)
        .unix_sock_path(folder.path())
        .auto_callbacks(false)
        .service(Echo)
        .on_init(|_| {
            INITIALISED.fetch_add(1, Ordering::Relaxed);
        })
        .start_blocking()
        .unwrap();
    let g = Global::builder()
        .unix_sock_path(folder.path())
        .auto_callbacks(false)
        .start_blocking()
        .unwrap();
    assert_eq!(Echoing.echo("hello").on(&g).wait(), Ok("hello".to_owned()));
    assert_eq!(INITIALISED.load(Ordering::Relaxed), 1);
    let joined = std::thread::spawn({
        let service = service.clone();
        move || service.join_blocking()
    });
    g.stop_blocking();
    service.stop_blocking();
    joined.join().unwrap();
}

#[tokio::test]
async fn waiting_for_a_call_on_a_runtimes_thread_is_refused() {
    let net = Net::start(Transport::Memory, |builder| builder.service(Echo)).await;
    let g = net.caller().await;
    let error = Echoing.echo("hello").on(&g).wait().unwrap_err();
    assert!(matches!(error, CallError::Blocking { .. }), "{error}");
    let on_the_pool = tokio::task::spawn_blocking({
        let g = g.clone();
        move || Echoing.echo("hello").on(&g).wait()
    });
    let outcome = on_the_pool.await.unwrap();
    assert!(outcome.is_ok() || matches!(outcome, Err(CallError::Blocking { .. })));
    net.stop([g]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_global_is_waited_for_on_any_executor() {
    let net = Net::start(Transport::Unix, |builder| builder).await;
    let g = net.caller().await;
    let waiting = g.clone();
    let (both, seen) = tokio::sync::oneshot::channel();
    let elsewhere = std::thread::spawn(move || {
        crate::streams::block_on(async {
            waiting.wait_process("service").await.unwrap();
            waiting.wait_process("later").await.unwrap();
            both.send(()).unwrap();
            waiting.join().await;
        });
    });
    let later = net.join().process_name("later").start().await.unwrap();
    seen.await.unwrap();
    later.stop().await;
    g.stop().await;
    tokio::task::spawn_blocking(move || elsewhere.join())
        .await
        .unwrap()
        .unwrap();
    net.stop([]).await;
}
