//! A process that speaks the protocol itself, and is free to speak it badly.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::{Buf as _, Bytes, BytesMut};
use daffi::Address;
use daffi_core::proto::{
    CallId, Failed, Frame, Header, Hello, LENGTH_BYTES, Large, Refusal, RunHeader, Status,
};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, split};
use tokio::net::{TcpStream, UnixStream};

use crate::frames::{self, Frames};
use crate::stage::Stage;

/// How the other side answered, and how often.
pub type Counts = BTreeMap<&'static str, usize>;

/// What a status says, in a word.
pub fn word(status: &Status<'_>) -> &'static str {
    match status {
        Status::Value => "value",
        Status::App { .. } => "app",
        Status::Explained => "explained",
        Status::Failed(failed) => match failed {
            Failed::NoProvider(_) => "no provider",
            Failed::ProviderLost { .. } => "provider lost",
            Failed::Cancelled { .. } => "cancelled",
            Failed::Overloaded { .. } => "overloaded",
            Failed::SignatureMismatch { .. } => "mismatch",
            Failed::Invalid { .. } => "invalid",
            Failed::TooLarge { .. } => "too large",
            Failed::OverQuota(_) => "over quota",
            _ => "another failure",
        },
    }
}

/// One end of a connection, without anything that keeps to the rules.
pub struct Peer {
    read: Box<dyn AsyncRead + Send + Unpin>,
    write: Box<dyn AsyncWrite + Send + Unpin>,
    buffer: BytesMut,
    /// Of a TCP connection: its two addresses.
    ports: Option<[SocketAddr; 2]>,
}

impl Peer {
    /// A connection that has said nothing.
    pub async fn connect(stage: &Stage) -> Self {
        match stage.address() {
            Address::Tcp { host, port } => {
                let stream = TcpStream::connect((host.as_str(), *port)).await.unwrap();
                let ports = [stream.local_addr().unwrap(), stream.peer_addr().unwrap()];
                Self {
                    ports: Some(ports),
                    ..Self::over(stream)
                }
            }
            Address::Unix(path) => Self::over(UnixStream::connect(path).await.unwrap()),
            other => panic!("{other} is no socket"),
        }
    }

    fn over(socket: impl AsyncRead + AsyncWrite + Send + 'static) -> Self {
        let (read, write) = split(socket);
        Self {
            read: Box::new(read),
            write: Box::new(write),
            buffer: BytesMut::new(),
            ports: None,
        }
    }

    /// What no other connection has: its two addresses, the smaller one first.
    pub fn both_ports(&self) -> String {
        let [near, far] = self.ports.unwrap();
        format!("{} {}", near.min(far), near.max(far))
    }

    /// A process that was let in and has offered nothing.
    pub async fn greet(stage: &Stage, name: &str) -> Self {
        static INSTANCES: AtomicU64 = AtomicU64::new(1);
        let instance = INSTANCES.fetch_add(1, Ordering::Relaxed).into();
        Self::greet_as(stage, Hello::new(name, instance, 1)).await
    }

    /// A process that was let in with this greeting.
    pub async fn greet_as(stage: &Stage, hello: Hello) -> Self {
        let mut peer = Self::connect(stage).await;
        peer.send(Frames::new().with(&Header::Hello(hello))).await;
        let welcome = peer.next().await.unwrap();
        let (header, _) = welcome.decode().unwrap();
        assert!(matches!(header, Header::Welcome(_)), "{header:?}");
        peer
    }

    /// A process on the roster that offers callbacks of these names.
    pub async fn join(stage: &Stage, name: &str, offers: &[&str]) -> Self {
        let mut peer = Self::greet(stage, name).await;
        let offered = (1..)
            .zip(offers)
            .map(|(number, name)| frames::offered(number, name));
        peer.send(Frames::new().offer(0, true, offered)).await;
        assert_eq!(peer.reply().await, "value");
        peer
    }

    /// Writes all of it, or as much as is taken before the other side closes.
    pub async fn send(&mut self, frames: impl AsRef<[u8]>) {
        match self.write.write_all(frames.as_ref()).await {
            Err(error) if is_closed(error.kind()) => {}
            written => written.unwrap(),
        }
    }

    /// The next frame that is no heartbeat; nothing once the connection is closed.
    pub async fn next(&mut self) -> Option<Frame> {
        next(&mut *self.read, &mut self.buffer).await
    }

    /// How the next thing that was asked is answered.
    pub async fn reply(&mut self) -> &'static str {
        loop {
            let frame = self.next().await.expect("the connection is open");
            if let (Header::Reply { status, .. }, _) = frame.decode().unwrap() {
                return word(&status);
            }
        }
    }

    /// The next call that it is given, under the controller's number.
    pub async fn run(&mut self) -> CallId {
        loop {
            let frame = self.next().await.expect("the connection is open");
            match frame.decode().unwrap().0 {
                Header::Run(RunHeader { call, .. })
                | Header::Large {
                    frame: Large::Run(RunHeader { call, .. }),
                    ..
                } => return call,
                _ => {}
            }
        }
    }

    /// Reads so many replies.
    pub async fn replies(&mut self, count: usize) -> Counts {
        replies(&mut *self.read, &mut self.buffer, count).await
    }

    /// Writes while it reads so many replies.
    pub async fn ask(&mut self, frames: impl AsRef<[u8]>, count: usize) -> Counts {
        let writing = async { self.write.write_all(frames.as_ref()).await.unwrap() };
        let ((), counts) = tokio::join!(writing, replies(&mut *self.read, &mut self.buffer, count));
        counts
    }

    /// Waits until the other side has closed, whatever it says before.
    pub async fn closed(mut self) {
        while self.next().await.is_some() {}
    }

    /// Waits until the other side has closed, and checks that it says before that why, in such words.
    pub async fn told(mut self, words: &str) {
        let mut reasons = Vec::new();
        while let Some(frame) = self.next().await {
            if let Header::Refused(Refusal::Denied { reason }) = frame.decode().unwrap().0 {
                reasons.push(reason);
            }
        }
        assert!(
            matches!(&reasons[..], [reason] if reason.contains(words)),
            "{words}: {reasons:?}"
        );
    }

    /// Leaves, and waits until that is seen.
    pub async fn closed_by_us(mut self) {
        let _ = self.write.shutdown().await;
        self.closed().await;
    }

    /// Reads, and does nothing else, until the connection is closed or this is aborted.
    pub fn deaf(mut self) -> AbortOnDrop {
        AbortOnDrop::spawn(async move { while self.next().await.is_some() {} })
    }

    /// Checks that the other side still answers.
    pub async fn assert_open(&mut self) {
        let is_open = frames::call(200_000, "nobody offers this");
        self.send(Frames::new().with(&is_open)).await;
        loop {
            let frame = self.next().await.expect("the connection is open");
            if let (Header::Reply { call, .. }, _) = frame.decode().unwrap()
                && call == CallId::first(200_000)
            {
                return;
            }
        }
    }
}

/// Something that goes on until this is dropped.
#[derive(Debug)]
pub struct AbortOnDrop(tokio::task::JoinHandle<()>);

impl AbortOnDrop {
    pub fn spawn(task: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(tokio::spawn(task))
    }
}

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn is_closed(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::BrokenPipe | ErrorKind::ConnectionReset)
}

async fn next(read: &mut (dyn AsyncRead + Send + Unpin), buffer: &mut BytesMut) -> Option<Frame> {
    loop {
        if let Some(frame) = split_off(buffer) {
            let (header, _) = frame.decode().unwrap();
            if !matches!(header, Header::Heartbeat { .. }) {
                return Some(frame);
            }
            continue;
        }
        match read.read_buf(buffer).await {
            Ok(0) => return None,
            Err(error) if is_closed(error.kind()) => return None,
            read => drop(read.unwrap()),
        }
    }
}

async fn replies(read: &mut (dyn AsyncRead + Send + Unpin), buffer: &mut BytesMut, count: usize) -> Counts {
    let mut counts = Counts::new();
    let mut read_so_far = 0;
    while read_so_far < count {
        let frame = next(read, buffer).await;
        let frame = frame.unwrap_or_else(|| panic!("closed after {counts:?}"));
        let status = match frame.decode().unwrap().0 {
            Header::Reply { status, .. }
            | Header::Large {
                frame: Large::Reply { status, .. },
                ..
            } => status,
            _ => continue,
        };
        *counts.entry(word(&status)).or_default() += 1;
        read_so_far += 1;
    }
    counts
}

/// The first frame of what was read, once it is complete.
fn split_off(buffer: &mut BytesMut) -> Option<Frame> {
    let length = buffer.get(..LENGTH_BYTES)?;
    let length = u32::from_be_bytes(length.try_into().unwrap()) as usize;
    if buffer.len() < LENGTH_BYTES + length {
        return None;
    }
    buffer.advance(LENGTH_BYTES);
    let body: Bytes = buffer.split_to(length).freeze();
    Some(Frame::joined(body))
}
