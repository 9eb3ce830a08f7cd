//! Bytes through a socket, in pieces whose sizes are given by the bytes at the front.

use std::cell::OnceCell;

use bytes::Bytes;
use daffi_core::proto::{Frame, LENGTH_BYTES, Limits};
use daffi_core::transport::{Connection, End};
use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;
use tokio::runtime::{Builder, Runtime};

use crate::{Target, frame};

pub(crate) const TARGET: Target = Target {
    name: "split",
    run,
    seeds,
};

/// How many bytes at the front are sizes.
const SIZES: usize = 8;

/// The largest frame that is allowed, in bytes.
const LIMIT: usize = 1024;

thread_local! {
    static RUNTIME: OnceCell<Runtime> = const { OnceCell::new() };
}

/// The frames are those of the whole.
fn run(bytes: &[u8]) {
    let Some((sizes, bytes)) = bytes.split_at_checked(SIZES) else {
        return;
    };
    RUNTIME.with(|runtime| {
        let runtime = runtime.get_or_init(|| {
            let mut builder = Builder::new_current_thread();
            builder.enable_io().build().expect("a runtime can be built")
        });
        runtime.block_on(pass(sizes, bytes));
    });
}

fn seeds() -> Vec<Vec<u8>> {
    let sizes: [u8; SIZES] = [0, 1, 2, 3, 5, 8, 13, 255];
    let mut all = sizes.to_vec();
    for seed in (frame::TARGET.seeds)() {
        let length = u32::try_from(seed.len()).expect("a seed is short");
        all.extend(length.to_be_bytes());
        all.extend(seed);
    }
    let mut too_large = all.clone();
    too_large.extend((1u32 << 20).to_be_bytes());
    vec![all, too_large]
}

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

async fn pass(sizes: &[u8], bytes: &[u8]) {
    let (mut here, there) = UnixStream::pair().expect("there are sockets");
    let limits = Limits {
        frame_bytes: LIMIT,
        ..Limits::default()
    };
    let mut inlet = Connection::unix(there, "fuzz".into(), limits, End::Controller).inlet;
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
