//! Something between a process and its controller that cuts connections, at any byte.

use std::io;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// In which direction nothing passes any more, though nobody closes anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// In neither.
    Both,
    /// What the node sends is lost.
    ToController,
    /// What the controller sends is lost.
    ToNode,
}

/// A port behind which is another, until it is dropped.
#[derive(Debug)]
pub struct Cutter {
    shared: Arc<Shared>,
    port: u16,
    task: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Shared {
    /// A connection is cut after a random number of bytes below this, in one of its directions; never if it is zero.
    most: AtomicU64,
    /// Nobody comes through.
    is_closed: AtomicBool,
    cuts: AtomicU64,
    dice: AtomicU64,
    cut_now: Notify,
    freeze_now: Notify,
    frozen: Mutex<Option<Way>>,
}

impl Shared {
    fn roll(&self, sides: u64) -> u64 {
        let rolled = self.dice.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        let mixed = (rolled ^ rolled >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        ((mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb) >> 20) % sides
    }
}

impl Cutter {
    /// One that cuts nothing yet.
    ///
    /// # Panics
    ///
    /// Where there is no port.
    pub async fn to(controller: u16, seed: u64) -> Self {
        let shared = Arc::new(Shared {
            dice: seed.into(),
            ..Shared::default()
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let task = tokio::spawn(accept(listener, controller, Arc::clone(&shared)));
        Self { shared, port, task }
    }

    /// Where nodes come.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// From now on, each connection that begins is cut after fewer bytes.
    pub fn cut_after(&self, most: u64) {
        self.shared.most.store(most, Ordering::Relaxed);
    }

    /// Cuts all that there are.
    pub fn cut(&self) {
        self.shared.cut_now.notify_waiters();
    }

    /// From now on, nothing passes on those that there are; on later ones it does.
    pub fn freeze(&self, way: Way) {
        *self.shared.frozen.lock().unwrap() = Some(way);
        self.shared.freeze_now.notify_waiters();
    }

    /// Whether nobody comes through from now on.
    pub fn close(&self, is_closed: bool) {
        self.shared.is_closed.store(is_closed, Ordering::Relaxed);
    }

    /// How many connections were cut.
    #[must_use]
    pub fn cuts(&self) -> u64 {
        self.shared.cuts.load(Ordering::Relaxed)
    }
}

impl Drop for Cutter {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, port: u16, shared: Arc<Shared>) {
    let mut tasks = tokio::task::JoinSet::new();
    loop {
        let (here, _) = listener.accept().await.unwrap();
        if shared.is_closed.load(Ordering::Relaxed) {
            continue;
        }
        let shared = Arc::clone(&shared);
        tasks.spawn(async move {
            let Ok(there) = TcpStream::connect(("127.0.0.1", port)).await else {
                return;
            };
            let _ = (here.set_nodelay(true), there.set_nodelay(true));
            let (from_here, to_here) = here.into_split();
            let (from_there, to_there) = there.into_split();
            let most = shared.most.load(Ordering::Relaxed);
            let left = |shared: &Shared| if most == 0 { u64::MAX } else { shared.roll(most) };
            let (up, down) = (left(&shared), left(&shared));
            let mut up = pin!(pass(from_here, to_there, up));
            let mut down = pin!(pass(from_there, to_here, down));
            let was_cut = tokio::select! {
                cut = &mut up => cut.unwrap_or(false),
                cut = &mut down => cut.unwrap_or(false),
                () = shared.cut_now.notified() => true,
                () = shared.freeze_now.notified() => {
                    let way = *shared.frozen.lock().unwrap();
                    // Whatever ends, neither side sees it.
                    let _ = match way {
                        Some(Way::ToController) => down.await,
                        Some(Way::ToNode) => up.await,
                        Some(Way::Both) | None => Ok(true),
                    };
                    std::future::pending().await
                }
            };
            shared.cuts.fetch_add(u64::from(was_cut), Ordering::Relaxed);
        });
        while tasks.try_join_next().is_some() {}
    }
}

/// Passes on so many bytes; `true` if that is all, `false` at the end.
async fn pass(
    mut from: tokio::net::tcp::OwnedReadHalf,
    mut to: tokio::net::tcp::OwnedWriteHalf,
    mut left: u64,
) -> io::Result<bool> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let read = from.read(&mut buffer).await?;
        if read == 0 {
            return Ok(false);
        }
        let passed = read.min(usize::try_from(left).unwrap_or(usize::MAX));
        to.write_all(&buffer[..passed]).await?;
        left -= passed as u64;
        if left == 0 {
            return Ok(true);
        }
    }
}
