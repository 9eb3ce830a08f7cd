//! Connections that are half open, connections with TLS, and processes that stop while they have none.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use daffi::{Global, GlobalBuilder, Presence, PresenceEvents, Tls, callback, fetcher};
use daffi_certificates::{Authority, Purpose, Wanted};
use futures_util::{FutureExt, Stream, stream};
use tokio::sync::Notify;
use tokio::time::timeout;

use daffi_faults::{Cutter, Way};

/// Nothing takes so long that does not hang.
const HANGS: Duration = Duration::from_secs(60);

#[derive(Clone, Default)]
struct Holder {
    runs: Arc<AtomicU32>,
    begun: Arc<Notify>,
    may_end: Arc<Notify>,
}

#[callback(prefix = "holder.")]
impl Holder {
    pub async fn hold(&self) -> u32 {
        self.begun.notify_one();
        self.may_end.notified().await;
        self.runs.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub async fn echo(&self, bytes: Vec<u8>) -> Vec<u8> {
        self.runs.fetch_add(1, Ordering::Relaxed);
        bytes
    }

    pub async fn count(&self, end: u64) -> impl Stream<Item = u64> {
        stream::iter(0..end)
    }
}

#[fetcher(prefix = "holder.")]
impl Client {
    async fn hold(&self) -> u32;
    async fn echo(&self, bytes: &[u8]) -> Vec<u8>;
    async fn count(&self, end: u64) -> impl Stream<Item = u64>;
}

struct Client;

fn controller() -> GlobalBuilder {
    let builder = Global::builder().process_name("controller").init_controller(true);
    let builder = builder
        .auto_callbacks(false)
        .resume_grace(Duration::from_secs(600));
    builder.host("127.0.0.1").port(0)
}

fn provider(cutter: &Cutter, holder: &Holder) -> GlobalBuilder {
    let builder = Global::builder().process_name("provider").auto_callbacks(false);
    let builder = builder.service(holder.clone());
    builder.host("127.0.0.1").port(cutter.port())
}

async fn cutter(controller: &Global, seed: u64) -> Cutter {
    Cutter::to(controller.address().port().unwrap(), seed).await
}

/// Waits until something happens to the provider.
async fn happens(events: &mut PresenceEvents, is_it: impl Fn(&Presence) -> bool) {
    let happens = async { while !is_it(&events.next().await.unwrap().unwrap()) {} };
    timeout(HANGS, happens).await.expect("it never happens");
}

fn is_away(event: &Presence) -> bool {
    matches!(event, Presence::Away { process } if process == "provider")
}

fn has_left(event: &Presence) -> bool {
    matches!(event, Presence::Left { process, .. } if process == "provider")
}

/// link.resume.replace
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p12_a_connection_over_which_nothing_comes_any_more_is_replaced_and_nothing_is_lost() {
    for (way, frozen) in (0..).zip([Way::Both, Way::ToController, Way::ToNode]) {
        // Both sides look after each other as often as the controller says.
        let controller = controller()
            .heartbeat(Duration::from_millis(50))
            .start()
            .await
            .unwrap();
        let cutter = cutter(&controller, way).await;
        let holder = Holder::default();
        let provider = provider(&cutter, &holder).start().await.unwrap();
        let mut held = Client.hold().on(&controller);
        assert!((&mut held).now_or_never().is_none());
        holder.begun.notified().await;
        cutter.freeze(frozen);
        let echoes = (0..50_u8).map(|number| Client.echo(&[number; 100]).on(&controller));
        let echoed = timeout(HANGS, futures_util::future::join_all(echoes)).await;
        for (number, echo) in (0..).zip(echoed.expect("it hangs")) {
            assert_eq!(echo.unwrap(), [number; 100], "{frozen:?}");
        }
        holder.may_end.notify_one();
        let held = timeout(HANGS, held).await.expect("it hangs");
        assert_eq!(held.unwrap(), 51, "{frozen:?}");
        provider.stop().await;
        controller.stop().await;
    }
}

/// link.resume.exact
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p12_connections_with_tls_may_be_cut_at_any_byte() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let authority = Authority::generate().unwrap();
    let issued = authority
        .issue(&Wanted::new(Purpose::Server, ["127.0.0.1"]))
        .unwrap();
    std::fs::write(path("ca"), authority.own().unwrap().certificate).unwrap();
    std::fs::write(path("certificate"), &issued.certificate).unwrap();
    std::fs::write(path("key"), &*issued.key).unwrap();
    let server = Tls::new().certificate(path("certificate")).key(path("key"));
    let controller = controller().tls(server).start().await.unwrap();
    let cutter = cutter(&controller, 9).await;
    let holder = Holder::default();
    let joining = provider(&cutter, &holder).tls(Tls::new().ca(path("ca")));
    let provider = joining.start().await.unwrap();
    cutter.cut_after(100_000);
    cutter.cut();
    let mut counted = Client.count(100_000).on(&controller).await.unwrap();
    let counting = async {
        let mut next = 0;
        while let Some(number) = counted.next().await {
            assert_eq!(number.unwrap(), next);
            next += 1;
        }
        assert_eq!(next, 100_000);
    };
    let echoing = async {
        for number in 0..200_u8 {
            let bytes = vec![number; 5000];
            assert!(Client.echo(&bytes).on(&controller).await.unwrap() == bytes);
        }
    };
    let both = async { tokio::join!(counting, echoing) };
    timeout(HANGS, both).await.expect("it hangs");
    assert_eq!(holder.runs.load(Ordering::Relaxed), 200);
    assert!(cutter.cuts() > 10, "{}", cutter.cuts());
    cutter.cut_after(0);
    cutter.cut();
    provider.stop().await;
    controller.stop().await;
}

/// link.resume.end
#[tokio::test]
async fn p1_a_process_that_stops_while_it_is_away_answers_first() {
    let controller = controller().start().await.unwrap();
    let cutter = cutter(&controller, 1).await;
    let holder = Holder::default();
    let provider = provider(&cutter, &holder).start().await.unwrap();
    let mut presence = controller.presence().await.unwrap();
    let mut held = Client.hold().on(&controller);
    assert!((&mut held).now_or_never().is_none());
    holder.begun.notified().await;
    cutter.close(true);
    cutter.cut();
    happens(&mut presence, is_away).await;
    let mut stopping = provider.stop();
    assert!((&mut stopping).now_or_never().is_none());
    holder.may_end.notify_one();
    tokio::task::yield_now().await;
    assert!((&mut stopping).now_or_never().is_none());
    cutter.close(false);
    assert_eq!(timeout(HANGS, held).await.expect("it hangs").unwrap(), 1);
    timeout(HANGS, stopping).await.expect("it never stops");
    // Nobody waits for it.
    happens(&mut presence, has_left).await;
    controller.stop().await;
}

/// link.resume.end
#[tokio::test]
async fn a_process_that_is_away_for_good_stops_when_its_time_is_over() {
    let controller = controller().start().await.unwrap();
    let cutter = cutter(&controller, 2).await;
    let provider = provider(&cutter, &Holder::default()).stop_timeout(Duration::from_millis(100));
    let provider = provider.start().await.unwrap();
    let mut presence = controller.presence().await.unwrap();
    cutter.close(true);
    cutter.cut();
    happens(&mut presence, is_away).await;
    timeout(HANGS, provider.stop()).await.expect("it never stops");
    timeout(HANGS, controller.stop()).await.expect("it never stops");
}

/// controller.stop.drain
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p1_a_process_that_runs_the_controller_lets_calls_of_others_end_before_it_stops() {
    let controller = controller().start().await.unwrap();
    let cutter = cutter(&controller, 3).await;
    let holder = Holder::default();
    let provider = provider(&cutter, &holder).start().await.unwrap();
    let caller = Global::builder().process_name("caller").auto_callbacks(false);
    let caller = caller
        .host("127.0.0.1")
        .port(cutter.port())
        .start()
        .await
        .unwrap();
    let mut held = Client.hold().on(&caller);
    assert!((&mut held).now_or_never().is_none());
    holder.begun.notified().await;
    let stopping = tokio::spawn(controller.stop());
    // It would be told by then that its controller is gone.
    let told = timeout(Duration::from_millis(200), &mut held).await;
    assert!(told.is_err(), "{told:?}");
    holder.may_end.notify_one();
    assert_eq!(timeout(HANGS, held).await.expect("it hangs").unwrap(), 1);
    timeout(HANGS, stopping).await.expect("it never stops").unwrap();
    for g in [caller, provider] {
        g.stop().await;
    }
}
