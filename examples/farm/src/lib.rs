//! A farm of processes that makes thumbnails of the pictures in a folder: what they agree on.
//!
//! `farm_coordinator` reads the pictures and has the thumbnails made, as many `farm_worker`s as there are make them, and `farm` runs all of it
//! in one command, with workers that come later and one that is killed in the middle:
//!
//! ```sh
//! cargo run -p thumbnail-farm
//! ```
//!
//! `farm_page` is the same for people: a page on which they upload pictures, and see who makes their thumbnails, add workers and kill them:
//!
//! ```sh
//! cargo run -p thumbnail-farm --bin farm_page
//! ```
//!
//! To run it by hand, have a folder with pictures (`*.ppm`) and say, in as many terminals as you like and in any order,
//!
//! ```sh
//! cargo run -p thumbnail-farm --bin farm_coordinator PICTURES THUMBNAILS
//! cargo run -p thumbnail-farm --bin farm_worker ann
//! cargo run -p thumbnail-farm --bin farm_worker bob
//! ```
//!
//! Ctrl-C ends each of them: a worker finishes what it has begun, the coordinator has finished what it has sent.

use std::io::{self, IsTerminal as _, stderr};

use daffi::fetcher;
use serde::{Deserialize, Serialize};
use tokio::signal::unix::{SignalKind, signal};

pub mod develop;
pub mod picture;

pub use develop::{Developed, Unreadable};
pub use picture::{Picture, Unfit};

/// What a worker offers. The compiler holds the workers to it, and the coordinator, which calls them by the `FarmClient` that
/// `#[fetcher]` makes.
#[fetcher(prefix = "farm.")]
pub trait Farm {
    /// A thumbnail of a picture, at most `side` points wide and high. The name is for whoever watches.
    ///
    /// A worker may be lost after it has begun, perhaps even after it was done, and then nobody knows whether this has run. A thumbnail
    /// that is made twice is the same, so it is `idempotent`, and by `retry` it is made again until somebody gives it back. Without these
    /// two, the coordinator would be told that the worker was lost and that the call may have run, and would have to decide by itself.
    ///
    /// Workers may come later than pictures, so a call waits for one.
    #[fetcher(idempotent, retry = 20, wait = "1h")]
    fn thumbnail(&self, name: &str, picture: &Picture, side: u32) -> Result<Thumbnail, Unfit>;

    /// The same of a file as people have them, which is for the worker to read, too. The number is for whoever watches.
    #[fetcher(idempotent, retry = 20, wait = "1h")]
    fn develop(&self, number: u64, file: &[u8], side: u32) -> Result<Developed, Unreadable>;

    /// What each worker has done so far: a question to all that are there.
    #[fetcher(broadcast, timeout = "5s")]
    fn statistics(&self) -> Statistics;
}

/// What whoever watches a farm offers: the page does.
#[fetcher(prefix = "page.")]
pub trait Watch {
    /// A worker has begun a picture.
    async fn begins(&self, number: u64, worker: &str);
}

/// A thumbnail, and who has made it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thumbnail {
    pub picture: Picture,
    pub by: String,
}

/// What a worker has done since it was started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statistics {
    pub thumbnails: u64,
    /// How many points these pictures had.
    pub points: u64,
}

/// Shows warnings of daffi's, and what else `RUST_LOG` asks for, on the error output.
pub fn log_to_stderr() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into());
    tracing_subscriber::fmt()
        .with_writer(stderr)
        .with_ansi(stderr().is_terminal())
        .with_env_filter(filter)
        .init();
}

/// Ready at the first Ctrl-C, and where the process is asked to end otherwise.
pub fn told_to_end() -> io::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
