//! Bytes through a socket, in pieces whose sizes are given by the bytes at the front.

#![no_main]

use std::cell::OnceCell;

use bytes::Bytes;
use daffi_core::proto::{Frame, LENGTH_BYTES, Limits};
use daffi_core::transport::Connection;
use libfuzzer_sys::fuzz_target;
use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;
use tokio::runtime::{Builder, Runtime};

/// How many bytes at the front are sizes.
const SIZES: usize = 8;

/// The largest frame that is allowed, in bytes.
const LIMIT: usize = 1024;

/// The frames that are whole at the front of `bytes`, and whether one that is too large comes after them.
fn frames(mut bytes: Bytes) -> (Vec<Frame>, bool) {
    let mut frames = Vec::new();
    while let Some((length, _)) = bytes.split_first_chunk::<LENGTH_BYTES>() {
        let length = u32::from_be_bytes(*length) as usize;
        if length > LIMIT {
            return (frames, true);
        }
        let mut rest = bytes.slice(LENGTH_BYTES..);
        if rest.len() < length {
            break;
        }
        frames.push(Frame::joined(rest.split_to(length)));
        bytes = rest;
    }
    (frames, false)
}

/// What is to be seen of a frame.
fn seen(frame: &Frame) -> String {
    format!(
        "{} {:?}",
        frame.len(),
        frame.decode().map_err(|error| error.to_string())
    )
}

async fn run(sizes: &[u8], bytes: &[u8]) {
    let (mut here, there) = UnixStream::pair().expect("there are sockets");
    let limits = Limits {
        frame_bytes: LIMIT,
        ..Limits::default()
    };
    let mut inlet = Connection::unix(there, "fuzz".into(), limits).inlet;
    let write = async move {
        let mut rest = bytes;
        for size in sizes.iter().cycle() {
            let (piece, left) = rest.split_at(rest.len().min(usize::from(*size) + 1));
            // The reader may have found a fault and gone.
            if piece.is_empty() || here.write_all(piece).await.is_err() {
                break;
            }
            rest = left;
            tokio::task::yield_now().await;
        }
    };
    let read = async move {
        let mut frames = Vec::new();
        loop {
            match inlet.read(&mut frames).await {
                Ok(true) => {}
                Ok(false) => return (frames, false),
                Err(_) => return (frames, true),
            }
        }
    };
    let ((), (received, fault)) = tokio::join!(write, read);
    let (expected, too_large) = frames(Bytes::copy_from_slice(bytes));
    assert_eq!(fault, too_large);
    assert_eq!(
        received.iter().map(seen).collect::<Vec<_>>(),
        expected.iter().map(seen).collect::<Vec<_>>()
    );
}

thread_local! {
    static RUNTIME: OnceCell<Runtime> = const { OnceCell::new() };
}

fuzz_target!(|data: &[u8]| {
    let Some((sizes, bytes)) = data.split_at_checked(SIZES) else {
        return;
    };
    RUNTIME.with(|runtime| {
        let runtime = runtime.get_or_init(|| {
            Builder::new_current_thread()
                .enable_io()
                .build()
                .expect("a runtime can be built")
        });
        runtime.block_on(run(sizes, bytes));
    });
});
