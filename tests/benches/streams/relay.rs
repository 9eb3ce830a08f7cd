//! What is compared with: frames from one process to another, through a third that passes them on.
//!
//! A frame is its length and its payload. There is nothing else: no calls, no credit, no errors.

use std::time::Instant;

use bytes::{Buf, Bytes, BytesMut};
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, split};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio_util::codec::{Framed, FramedRead, LengthDelimitedCodec};

use super::processes::{Place, ready};
use super::{Kind, LARGE, LARGE_BYTES, SMALL, millions};

trait Socket: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Socket for T {}

/// As many small items as fit a frame.
const ITEMS: u64 = 8 * 1024;

fn codec() -> LengthDelimitedCodec {
    LengthDelimitedCodec::builder()
        .max_frame_length(16 << 20)
        .new_codec()
}

async fn connect(at: Place) -> Box<dyn Socket> {
    match at {
        Place::Folder(folder) => Box::new(UnixStream::connect(folder.join("relay")).await.unwrap()),
        Place::Port(port) => {
            let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            stream.set_nodelay(true).unwrap();
            Box::new(stream)
        }
    }
}

/// Passes on what the first to connect sends to the second, and back.
pub async fn relay(at: Place) {
    let passing = tokio::spawn(async move {
        let (mut unix, mut tcp) = (None, None);
        match at {
            Place::Folder(folder) => unix = Some(UnixListener::bind(folder.join("relay")).unwrap()),
            Place::Port(port) => tcp = Some(TcpListener::bind(("127.0.0.1", port)).await.unwrap()),
        }
        println!("ready");
        let mut ends: Vec<Box<dyn Socket>> = Vec::new();
        while ends.len() < 2 {
            match (&unix, &tcp) {
                (Some(unix), _) => ends.push(Box::new(unix.accept().await.unwrap().0)),
                (None, Some(tcp)) => {
                    let stream = tcp.accept().await.unwrap().0;
                    stream.set_nodelay(true).unwrap();
                    ends.push(Box::new(stream));
                }
                (None, None) => unreachable!(),
            }
        }
        let (second, first) = (ends.pop().unwrap(), ends.pop().unwrap());
        let ((first_in, first_out), (second_in, second_out)) = (split(first), split(second));
        tokio::spawn(pass(second_in, first_out));
        pass(first_in, second_out).await;
    });
    passing.await.unwrap();
}

async fn pass(from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin) {
    let mut frames = FramedRead::with_capacity(from, codec(), 256 * 1024);
    while let Some(Ok(frame)) = frames.next().await {
        let length = u32::try_from(frame.len()).unwrap().to_be_bytes();
        let mut both = Bytes::copy_from_slice(&length).chain(frame);
        while both.has_remaining() {
            if to.write_buf(&mut both).await.is_err() {
                return;
            }
        }
    }
}

/// Sends what it is asked for: so many frames of so many bytes, or of numbers that go up.
pub async fn source(at: Place) {
    let sending = tokio::spawn(async move {
        let mut frames = Framed::new(connect(at).await, codec());
        tokio::spawn(ready());
        while let Some(Ok(mut asked)) = frames.next().await {
            let (count, size) = (asked.get_u64(), asked.get_u64());
            let mut number = 0;
            for _ in 0..count {
                let mut frame = BytesMut::with_capacity(usize::try_from(size.max(ITEMS * 8)).unwrap());
                if size == 0 {
                    for _ in 0..ITEMS.min(SMALL - number) {
                        frame.extend_from_slice(&number.to_le_bytes());
                        number += 1;
                    }
                } else {
                    frame.resize(usize::try_from(size).unwrap(), 7);
                }
                frames.send(frame.freeze()).await.unwrap();
            }
        }
    });
    sending.await.unwrap();
}

/// The other end of the relay.
pub struct Sink(Framed<Box<dyn Socket>, LengthDelimitedCodec>);

impl Sink {
    pub async fn new(at: Place) -> Self {
        Self(Framed::new(connect(at).await, codec()))
    }

    /// As fast as that kind is here, if it is here.
    pub async fn speed(&mut self, kind: Kind) -> Option<f64> {
        let (count, size) = match kind {
            Kind::Stream => (SMALL.div_ceil(ITEMS), 0),
            Kind::Large => (LARGE, LARGE_BYTES),
            _ => return None,
        };
        let begun = Instant::now();
        let mut asked = BytesMut::new();
        asked.extend_from_slice(&count.to_be_bytes());
        asked.extend_from_slice(&size.to_be_bytes());
        self.0.send(asked.freeze()).await.unwrap();
        let (mut next, mut bytes) = (0, 0);
        for _ in 0..count {
            let mut frame = self.0.next().await.unwrap().unwrap();
            if size > 0 {
                // As an owned value, which a receiver gets of daffi, too.
                bytes += std::hint::black_box(frame.to_vec()).len() as u64;
                continue;
            }
            while frame.has_remaining() {
                assert_eq!(frame.get_u64_le(), next);
                next += 1;
            }
        }
        assert_eq!(
            (next, bytes),
            if size > 0 {
                (0, LARGE * LARGE_BYTES)
            } else {
                (SMALL, 0)
            }
        );
        Some(millions(if size > 0 { bytes } else { SMALL }, begun.elapsed()))
    }
}
