//! Large values on a link that is slow for all of their way, with heartbeats that are short against that: the connection stays, and what
//! is small passes between the pieces.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use daffi::{Global, GlobalBuilder, callback, fetcher};
use futures_util::future;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::sleep;

use super::net::{Net, Transport};

/// Twelve megabytes.
const LARGE: usize = 12_000_000;

/// The link lets so many bytes through at a time, in each direction: all takes some five seconds.
const CRUMB: usize = 24 << 10;

const TICK: Duration = Duration::from_millis(10);

/// Three of them are a fourth of that.
const HEARTBEAT: Duration = Duration::from_millis(400);

#[derive(Clone)]
struct Store;

#[callback(prefix = "slow.")]
impl Store {
    pub async fn put(&self, what: Vec<u8>) -> usize {
        assert!(what.iter().all(|byte| *byte == 7));
        what.len()
    }

    pub async fn get(&self) -> Vec<u8> {
        vec![8; LARGE]
    }

    pub async fn tell(&self, n: u32) -> u32 {
        n + 1
    }
}

#[fetcher(prefix = "slow.", client = "Stored")]
trait Stores {
    async fn put(&self, what: Vec<u8>) -> usize;
    async fn get(&self) -> Vec<u8>;
    async fn tell(&self, n: u32) -> u32;
}

/// Lets through what comes, a little at a time.
async fn trickle(mut read: OwnedReadHalf, mut write: OwnedWriteHalf) {
    let mut crumb = vec![0; CRUMB];
    while let Ok(bytes @ 1..) = read.read(&mut crumb).await {
        if write.write_all(&crumb[..bytes]).await.is_err() {
            return;
        }
        sleep(TICK).await;
    }
}

/// A process behind such a link, and how often it has lost its connection.
async fn join_slowly(
    net: &Net,
    describe: impl FnOnce(GlobalBuilder) -> GlobalBuilder,
) -> (Global, Arc<AtomicUsize>) {
    let narrow = || {
        let socket = TcpSocket::new_v4().unwrap();
        // It is the sender's queue that what is held up waits in.
        socket.set_recv_buffer_size(64 << 10).unwrap();
        socket
    };
    let socket = narrow();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener: TcpListener = socket.listen(1).unwrap();
    let port = listener.local_addr().unwrap().port();
    let controller = format!("127.0.0.1:{}", net.service.address().port().unwrap());
    tokio::spawn(async move {
        while let Ok((process, _)) = listener.accept().await {
            let controller: TcpStream = narrow().connect(controller.parse().unwrap()).await.unwrap();
            let (from_process, to_process) = process.into_split();
            let (from_controller, to_controller) = controller.into_split();
            tokio::spawn(trickle(from_process, to_controller));
            tokio::spawn(trickle(from_controller, to_process));
        }
    });
    let lost = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&lost);
    let builder = Global::builder()
        .auto_callbacks(false)
        .host("127.0.0.1")
        .port(port);
    let builder = describe(builder).on_node_disconnect(move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
    });
    (builder.start().await.unwrap(), lost)
}

/// Who calls whom.
type Way<'a> = (&'a Global, &'static str);

/// Has a large argument and a large result on their way at the same time, and makes small calls until both are there. How many of
/// these were answered while both were on their way.
async fn beside_large((caller, provider): Way<'_>, small: &[Way<'_>]) -> usize {
    let large = Stored::new(caller);
    // In this order: what comes after a large argument to the same provider waits for it.
    let get = large.get().to(provider).bg();
    let put = large.put(vec![7; LARGE]).to(provider).bg();
    let mut answered = 0;
    while !(put.is_ready() && get.is_ready()) {
        let asked = small
            .iter()
            .map(|(caller, provider)| Stored::new(caller).tell(1).to(*provider));
        for told in future::join_all(asked).await {
            assert_eq!(told, Ok(2));
        }
        answered += usize::from(!put.is_ready() && !get.is_ready());
    }
    assert_eq!(put.await, Ok(LARGE));
    let got = get.await.unwrap();
    assert!(got.len() == LARGE && got.iter().all(|byte| *byte == 8));
    answered
}

async fn net() -> Net {
    Net::start(Transport::Tcp, |service| service.heartbeat(HEARTBEAT)).await
}

async fn store(net: &Net, name: &str) -> Global {
    let builder = net.join().process_name(name).service(Store);
    builder.start().await.unwrap()
}

#[tokio::test]
async fn p7_what_a_caller_sends_and_gets_by_a_slow_link_costs_nobody_a_connection() {
    let net = net().await;
    let others = [store(&net, "store").await, store(&net, "other").await];
    let named = |builder: GlobalBuilder| builder.process_name("caller").service(Store);
    let (caller, lost) = join_slowly(&net, named).await;
    // What it asks another one meanwhile, and is asked itself.
    let small = [(&caller, "other"), (&others[1], "caller")];
    let answered = beside_large((&caller, "store"), &small).await;
    assert!(answered > 0);
    assert_eq!(lost.load(Ordering::Relaxed), 0);
    net.stop([caller].into_iter().chain(others)).await;
}

#[tokio::test]
async fn p7_what_a_provider_takes_and_gives_by_a_slow_link_costs_nobody_a_connection() {
    let net = net().await;
    let named = |builder: GlobalBuilder| builder.process_name("store").service(Store);
    let (provider, lost) = join_slowly(&net, named).await;
    let (caller, other) = (net.caller().await, net.caller_named("other").await);
    let answered = beside_large((&caller, "store"), &[(&other, "store")]).await;
    assert!(answered > 0);
    assert_eq!(lost.load(Ordering::Relaxed), 0);
    net.stop([caller, other, provider]).await;
}
