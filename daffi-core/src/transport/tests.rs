//! Frames over memory and real sockets: whole, in order, bounded, and where they are listened for.

mod batch;
mod connection;
mod lanes;
mod listener;
mod outbox;
mod resume;
mod room;
#[cfg(feature = "tls")]
mod secured;
#[cfg(feature = "tls")]
mod tls;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::task::{Wake, Waker};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};

use super::connection::End;
use super::*;
use crate::proto::Limits;
use crate::proto::{self, CallId, Frame, FrameError, Framing, Header, LENGTH_BYTES, Status};

/// The kinds of connection there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Memory,
    Unix,
    Tcp,
    #[cfg(feature = "tls")]
    Tls,
}

const KINDS: &[Kind] = &[
    Kind::Memory,
    Kind::Unix,
    Kind::Tcp,
    #[cfg(feature = "tls")]
    Kind::Tls,
];

/// Those whose bytes go through a socket as they are.
const SOCKETS: &[Kind] = &[Kind::Unix, Kind::Tcp];

/// Those that a socket is below.
const WIRED: &[Kind] = &[
    Kind::Unix,
    Kind::Tcp,
    #[cfg(feature = "tls")]
    Kind::Tls,
];

const LIMITS: Limits = Limits {
    frame_bytes: 64 * 1024,
    queue_bytes: 64 * 1024,
    calls: 8,
};

/// Both ends of a connection.
async fn pair(kind: Kind, limits: Limits) -> (Connection, Connection) {
    match kind {
        Kind::Memory => Connection::memory(limits),
        Kind::Unix => {
            let (here, there) = UnixStream::pair().unwrap();
            let end = |stream, end| Connection::unix(stream, PathBuf::from("pair"), limits, end);
            (end(here, End::Node), end(there, End::Controller))
        }
        Kind::Tcp => {
            let (here, there) = tcp_pair().await;
            (
                Connection::tcp(here, limits).unwrap(),
                Connection::tcp(there, limits).unwrap(),
            )
        }
        #[cfg(feature = "tls")]
        Kind::Tls => tls::pair(limits).await,
    }
}

async fn tcp_pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (here, there) = tokio::join!(
        TcpStream::connect(listener.local_addr().unwrap()),
        listener.accept()
    );
    (here.unwrap(), there.unwrap().0)
}

/// The other end of a connection, as a peer that may send anything.
#[derive(Debug)]
enum Raw {
    Unix(UnixStream),
    Tcp(TcpStream),
}

impl Raw {
    async fn pair(kind: Kind, limits: Limits) -> (Connection, Self) {
        match kind {
            Kind::Memory => panic!("memory has no bytes"),
            Kind::Unix => {
                let (here, there) = UnixStream::pair().unwrap();
                (
                    Connection::unix(here, PathBuf::from("pair"), limits, End::Node),
                    Self::Unix(there),
                )
            }
            Kind::Tcp => {
                let (here, there) = tcp_pair().await;
                there.set_nodelay(true).unwrap();
                (Connection::tcp(here, limits).unwrap(), Self::Tcp(there))
            }
            #[cfg(feature = "tls")]
            Kind::Tls => panic!("what it sends is no frame"),
        }
    }

    async fn write(&mut self, bytes: &[u8]) {
        match self {
            Self::Unix(stream) => stream.write_all(bytes).await.unwrap(),
            Self::Tcp(stream) => stream.write_all(bytes).await.unwrap(),
        }
    }

    /// Reads `bytes` bytes.
    async fn skip(&mut self, bytes: usize) {
        let mut buffer = vec![0; bytes];
        match self {
            Self::Unix(stream) => stream.read_exact(&mut buffer).await.unwrap(),
            Self::Tcp(stream) => stream.read_exact(&mut buffer).await.unwrap(),
        };
    }
}

const fn header(number: u32) -> Header<'static> {
    Header::Reply {
        call: CallId::first(number),
        status: Status::Value,
    }
}

/// A payload whose bytes tell where it was torn.
fn payload(len: usize) -> Bytes {
    (0..len).map(|index| u8::try_from(index % 251).unwrap()).collect()
}

/// The bytes of a frame on a socket.
fn on_the_wire(number: u32, payload: &Bytes) -> Vec<u8> {
    let mut bytes = Vec::new();
    proto::append(
        &mut bytes,
        &header(number),
        payload.len(),
        Framing::newest(usize::MAX),
    )
    .unwrap();
    bytes.extend_from_slice(payload);
    bytes
}

/// The number and the payload of a frame.
fn read(frame: &Frame) -> (u32, Bytes) {
    match frame.decode().unwrap() {
        (
            Header::Reply {
                call,
                status: Status::Value,
            },
            payload,
        ) => (call.slot, payload),
        other => panic!("{other:?}"),
    }
}

/// Receives until there are `count` frames.
async fn receive(inlet: &mut Inlet, count: usize) -> Vec<(u32, Bytes)> {
    let mut frames = Vec::new();
    while frames.len() < count {
        assert!(
            inlet.read(&mut frames).await.unwrap(),
            "it ended after {} frames",
            frames.len()
        );
    }
    frames.iter().map(read).collect()
}

/// Receives until the end.
async fn receive_all(inlet: &mut Inlet) -> Vec<(u32, Bytes)> {
    let mut frames = Vec::new();
    loop {
        match inlet.read(&mut frames).await {
            Ok(true) => {}
            Ok(false) => return frames.iter().map(read).collect(),
            // With TLS, an end that was not said is known from one that was.
            Err(ReadError::Io(error)) if matches!(TlsFault::of(&error), Some(TlsFault::CutOff { .. })) => {
                return frames.iter().map(read).collect();
            }
            Err(error) => panic!("{error}"),
        }
    }
}

fn spawn_writer(outbox: &Arc<Outbox>) -> tokio::task::JoinHandle<()> {
    let outbox = Arc::clone(outbox);
    tokio::spawn(async move { outbox.run().await })
}

/// Turns a test that would hang into one that fails. Nothing depends on the time otherwise.
async fn within<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), work)
        .await
        .expect("it hangs")
}

/// Counts how often somebody was woken.
#[derive(Debug, Default)]
struct Woken(AtomicUsize);

impl Woken {
    fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn waiter() -> (Arc<Woken>, Waker) {
    let woken = Arc::<Woken>::default();
    (Arc::clone(&woken), woken.into())
}

/// A folder of a test's own, gone with it. Short, for the path of a Unix socket has about a hundred bytes.
#[derive(Debug)]
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static LAST: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "daffi-{}-{}",
            std::process::id(),
            LAST.fetch_add(1, Ordering::Relaxed)
        );
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
