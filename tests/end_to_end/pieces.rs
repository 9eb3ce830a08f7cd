//! Large arguments and results on slow links: they travel in pieces, and others pass between these.
//!
//! Between a process and the controller stands somebody who passes frames on one at a time, as the test says, so that a large
//! payload is held in the middle for as long as that wants. More of it is behind than the sockets hold.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::BytesMut;
use daffi::{CallError, Global, callback, fetcher};
use daffi_core::proto::{Frame, Header, LENGTH_BYTES, Large};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{Semaphore, mpsc, watch};

use super::net::{Net, Transport};

/// What a system keeps for one connection is less.
const LARGE: usize = 15 << 20;

/// How many pieces it goes in.
const PIECES: usize = LARGE / (128 << 10);

// ---------------------------------------------------------------------- who passes frames on

/// What was passed on.
#[derive(Clone, Debug, PartialEq)]
enum Passed {
    Begins,
    Piece,
    Call(String),
    Run(u32),
    Reply,
    Other,
}

fn passed(frame: &[u8]) -> Passed {
    let frame = Frame::joined(frame.to_vec().into());
    match frame.decode().unwrap().0 {
        Header::Large { frame, .. } => {
            assert!(!matches!(frame, Large::Part { .. }));
            Passed::Begins
        }
        Header::Piece { .. } => Passed::Piece,
        Header::Call(call) => Passed::Call(call.name.to_owned()),
        Header::Run(run) => Passed::Run(run.callback.0),
        Header::Reply { .. } => Passed::Reply,
        _ => Passed::Other,
    }
}

/// One direction.
struct Way {
    permits: Arc<Semaphore>,
    is_open: watch::Sender<bool>,
    passed: mpsc::UnboundedReceiver<Passed>,
}

impl Way {
    fn begin(mut read: OwnedReadHalf, mut write: OwnedWriteHalf) -> Self {
        let permits = Arc::new(Semaphore::new(0));
        let (is_open, mut open) = watch::channel(true);
        let (told, passed_on) = mpsc::unbounded_channel();
        let permitted = Arc::clone(&permits);
        tokio::spawn(async move {
            let mut buffer = BytesMut::with_capacity(64 << 10);
            loop {
                let frame = loop {
                    if let Some(length) = buffer.first_chunk::<LENGTH_BYTES>() {
                        let whole = LENGTH_BYTES + u32::from_be_bytes(*length) as usize;
                        if buffer.len() >= whole {
                            break buffer.split_to(whole);
                        }
                    }
                    match read.read_buf(&mut buffer).await {
                        Ok(1..) => {}
                        _ => return,
                    }
                };
                tokio::select! {
                    _ = open.wait_for(|open| *open) => {}
                    permit = permitted.acquire() => permit.unwrap().forget(),
                }
                if write.write_all(&frame).await.is_err() {
                    return;
                }
                let _ = told.send(passed(&frame.clone().split_off(LENGTH_BYTES)));
            }
        });
        Self {
            permits,
            is_open,
            passed: passed_on,
        }
    }

    /// Passes nothing on but what is asked for.
    fn hold(&mut self) {
        self.is_open.send_replace(false);
        while self.passed.try_recv().is_ok() {}
    }

    /// Passes on all that comes.
    fn open(&self) {
        self.is_open.send_replace(true);
    }

    /// Passes frames on up to one that is waited for; says what they were.
    async fn pass_until(&mut self, last: impl Fn(&Passed) -> bool) -> Vec<Passed> {
        let mut all = Vec::new();
        loop {
            self.permits.add_permits(1);
            let one = self.passed.recv().await.expect("the connection is open");
            let is_last = last(&one);
            all.push(one);
            if is_last {
                return all;
            }
        }
    }
}

/// Stands before the controller.
struct Between {
    listener: TcpListener,
    controller: u16,
}

impl Between {
    fn new(net: &Net) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        // It is the controller's or the process's queue that what is held waits in.
        socket.set_recv_buffer_size(64 << 10).unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        Self {
            listener: socket.listen(1).unwrap(),
            controller: net.service.address().port().unwrap(),
        }
    }

    /// Starts a process behind it: gives the ways to the controller and from it, too.
    async fn join(self, builder: daffi::GlobalBuilder) -> (Global, Way, Way) {
        let port = self.listener.local_addr().unwrap().port();
        let between = tokio::spawn(async move {
            let (process, _) = self.listener.accept().await.unwrap();
            let socket = TcpSocket::new_v4().unwrap();
            socket.set_recv_buffer_size(64 << 10).unwrap();
            let controller = format!("127.0.0.1:{}", self.controller);
            let controller: TcpStream = socket.connect(controller.parse().unwrap()).await.unwrap();
            let (from_process, to_process) = process.into_split();
            let (from_controller, to_controller) = controller.into_split();
            (
                Way::begin(from_process, to_controller),
                Way::begin(from_controller, to_process),
            )
        });
        let joined = builder.host("127.0.0.1").port(port).start().await.unwrap();
        let (up, down) = between.await.unwrap();
        (joined, up, down)
    }
}

fn pieces(passed: &[Passed]) -> usize {
    passed.iter().filter(|passed| **passed == Passed::Piece).count()
}

// ---------------------------------------------------------------------- what is called

type Log = Arc<Mutex<Vec<&'static str>>>;

#[derive(Clone, Default)]
struct Store {
    log: Log,
}

#[callback(prefix = "store.")]
impl Store {
    pub async fn put(&self, what: Vec<u8>) -> usize {
        self.log.lock().unwrap().push("large");
        assert!(what.iter().all(|byte| *byte == 7));
        what.len()
    }

    pub async fn note(&self) {
        self.log.lock().unwrap().push("small");
    }

    pub async fn get(&self) -> Vec<u8> {
        vec![7; LARGE]
    }
}

#[fetcher(prefix = "store.")]
trait Stored {
    async fn put(&self, what: Vec<u8>) -> usize;
    async fn note(&self);
    async fn get(&self) -> Vec<u8>;
}

struct Clock;

#[callback(prefix = "clock.")]
impl Clock {
    pub async fn tell(&self) -> u32 {
        12
    }
}

#[fetcher(alias = "clock.tell")]
async fn tell() -> u32;

async fn net() -> (Net, Global, Log) {
    let net = Net::start(Transport::Tcp, |service| service.service(Clock)).await;
    let store = Store::default();
    let log = Arc::clone(&store.log);
    let provider = net.join().process_name("store").service(store).start();
    let provider = provider.await.unwrap();
    (net, provider, log)
}

#[tokio::test]
async fn p7_a_large_call_on_a_slow_link_holds_up_nothing_but_later_calls_to_its_provider() {
    let (net, _store, log) = net().await;
    let builder = Global::builder()
        .auto_callbacks(false)
        .process_name("caller")
        .service(Clock);
    let (caller, mut up, _down) = Between::new(&net).join(builder).await;
    let store = StoredClient::new(&caller);

    up.hold();
    let large = store.put(vec![7; LARGE]).bg();
    let begun = up.pass_until(|passed| *passed == Passed::Begins).await;
    assert_eq!(pieces(&begun), 0);
    let (small, later) = (tell().to("service").on(&caller).bg(), store.note().bg());
    let asked = tell().to("caller").on(&net.service).bg();

    // A call to another provider, and an answer, pass while most of it is still here.
    let is_small = |passed: &Passed| matches!(passed, Passed::Call(name) if name == "clock.tell");
    let before = up.pass_until(is_small).await;
    assert_eq!(small.await.unwrap(), 12);
    let answer = up.pass_until(|passed| *passed == Passed::Reply).await;
    assert_eq!(asked.await.unwrap(), 12);
    let passed = pieces(&before) + pieces(&answer);
    assert!(passed < PIECES, "all {passed} pieces went before");

    // A later one to the same provider has come, too, and waits there.
    let is_later = |passed: &Passed| matches!(passed, Passed::Call(name) if name == "store.note");
    if !before.iter().chain(&answer).any(is_later) {
        let more = up.pass_until(is_later).await;
        assert!(passed + pieces(&more) < PIECES);
    }
    assert_eq!(log.lock().unwrap().len(), 0);
    assert!(!later.is_ready());

    up.open();
    assert_eq!(large.await.unwrap(), LARGE);
    later.await.unwrap();
    assert_eq!(*log.lock().unwrap(), ["large", "small"]);
}

#[tokio::test]
async fn p2_a_large_call_that_was_not_sent_to_its_end_did_not_run() {
    let net = Net::start(Transport::Tcp, |service| service.resume_grace(Duration::ZERO)).await;
    let store = Store::default();
    let log = Arc::clone(&store.log);
    let provider = net.join().process_name("store").service(store).start();
    let _provider = provider.await.unwrap();
    let builder = Global::builder().auto_callbacks(false).process_name("caller");
    let (caller, mut up, _down) = Between::new(&net).join(builder).await;
    up.hold();
    let large = StoredClient::new(&caller).put(vec![7; LARGE]).bg();
    up.pass_until(|passed| *passed == Passed::Piece).await;
    net.service.abort();
    let error = large.await.unwrap_err();
    assert!(matches!(error, CallError::Disconnected { .. }), "{error:?}");
    assert!(!error.may_have_run(), "{error:?}");
    assert_eq!(log.lock().unwrap().len(), 0);
}

#[tokio::test]
async fn p7_a_large_result_on_a_slow_link_holds_up_no_other() {
    let (net, _store, _) = net().await;
    let builder = Global::builder().auto_callbacks(false).process_name("caller");
    let (caller, _up, mut down) = Between::new(&net).join(builder).await;

    down.hold();
    let large = StoredClient::new(&caller).get().bg();
    down.pass_until(|passed| *passed == Passed::Begins).await;
    let small = tell().on(&caller).bg();
    let before = down.pass_until(|passed| *passed == Passed::Reply).await;
    assert_eq!(small.await.unwrap(), 12);
    assert!(pieces(&before) < PIECES, "{} pieces went before", pieces(&before));
    assert!(!large.is_ready());

    down.open();
    let result = large.await.unwrap();
    assert!(result.len() == LARGE && result.iter().all(|byte| *byte == 7));
}

/// Those of others do not wait for it, also where they are for the same provider.
#[tokio::test]
async fn p7_a_large_call_to_a_provider_on_a_slow_link_holds_up_no_other_caller() {
    let net = Net::start(Transport::Tcp, |service| service.service(Clock)).await;
    let store = Store::default();
    let log = Arc::clone(&store.log);
    let builder = Global::builder()
        .auto_callbacks(false)
        .process_name("store")
        .service(store);
    let (_store, _up, mut down) = Between::new(&net).join(builder).await;
    let (caller, other) = (net.caller().await, net.caller_named("other").await);

    down.hold();
    let large = StoredClient::new(&caller).put(vec![7; LARGE]).bg();
    down.pass_until(|passed| *passed == Passed::Begins).await;
    let small = StoredClient::new(&other).note().bg();
    let before = down.pass_until(|passed| matches!(passed, Passed::Run(_))).await;
    small.await.unwrap();
    assert!(pieces(&before) < PIECES, "{} pieces went before", pieces(&before));
    assert_eq!(*log.lock().unwrap(), ["small"]);

    down.open();
    assert_eq!(large.await.unwrap(), LARGE);
    assert_eq!(*log.lock().unwrap(), ["small", "large"]);
}
