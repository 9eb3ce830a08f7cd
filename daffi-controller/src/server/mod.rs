//! The server around the router: it accepts connections, reads frames, and lets the router decide under one lock.

mod connection;
mod shared;

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use daffi_core::StartError;
use daffi_core::proto::Limits;
use daffi_core::transport::{Address, Connection, Listener};
use tokio::runtime::Handle;
use tokio::time::{Instant, sleep, timeout_at};
use tokio_util::task::TaskTracker;
use tracing::{info, warn};

use self::shared::Shared;

/// How long nodes may take to read what is left for them when the controller stops.
const STOPPING: Duration = Duration::from_secs(5);

/// How a controller shall run.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ControllerOptions {
    /// Where it listens.
    pub address: Address,
    /// Its process identifier.
    pub process_name: Arc<str>,
    /// What it allows.
    pub limits: Limits,
    /// How often each side of a connection says something, at least.
    pub heartbeat: Duration,
}

impl ControllerOptions {
    /// A controller at `address`, with a random process identifier and the default limits.
    #[must_use]
    pub fn new(address: Address) -> Self {
        Self {
            address,
            process_name: format!("0x{:016x}", random()).into(),
            limits: Limits::default(),
            heartbeat: daffi_core::link::HEARTBEAT,
        }
    }
}

/// A running controller.
///
/// Dropping it leaves it running; [`stop`](Self::stop) ends it.
#[derive(Debug)]
pub struct Controller {
    shared: Arc<Shared>,
    address: Address,
    process_name: Arc<str>,
    runtime: Handle,
    tasks: TaskTracker,
}

impl Controller {
    /// Starts one; its tasks run on the tokio runtime of the caller.
    ///
    /// # Errors
    ///
    /// [`StartError::AddressInUse`] or [`StartError::Bind`] when it cannot listen, [`StartError::NoRuntime`] outside of
    /// a runtime.
    pub async fn start(options: ControllerOptions) -> Result<Self, StartError> {
        let runtime = Handle::try_current().map_err(|_| StartError::NoRuntime)?;
        let listener = Listener::bind(&options.address, options.limits)
            .await
            .map_err(|error| StartError::bind(&options.address, error))?;
        let address = listener.address().clone();
        info!(process_name = &*options.process_name, pid = std::process::id(), %address, "controller started");
        let controller = Self {
            shared: Arc::new(Shared::new(&options, random())),
            address,
            process_name: options.process_name,
            runtime,
            tasks: TaskTracker::new(),
        };
        controller.tasks.spawn(accept(
            listener,
            Arc::clone(&controller.shared),
            controller.tasks.clone(),
        ));
        controller.tasks.spawn(controller.shared.clone().keep_alive());
        Ok(controller)
    }

    /// Where it listens, with the real port.
    #[must_use]
    pub const fn address(&self) -> &Address {
        &self.address
    }

    /// A connection to it within this process.
    #[must_use]
    pub fn connect(&self) -> Connection {
        let (here, there) = Connection::memory(self.shared.limits());
        if self.shared.closing.is_cancelled() {
            here.outbox.close();
        } else {
            let shared = Arc::clone(&self.shared);
            self.tasks
                .spawn_on(shared.serve(there, self.tasks.clone()), &self.runtime);
        }
        here
    }

    /// Stops: accepts nobody any more, tells the nodes, sends them what is queued, and closes. Nodes that do not read
    /// are cut off after five seconds. Stopping again waits for the first stop.
    pub async fn stop(&self) {
        let first = !self.shared.closing.is_cancelled();
        self.shared.closing.cancel();
        self.shared.say_goodbye();
        self.tasks.close();
        if timeout_at(Instant::now() + STOPPING, self.tasks.wait())
            .await
            .is_err()
        {
            self.shared.cut_off();
            self.tasks.wait().await;
        }
        if first {
            info!(process_name = &*self.process_name, address = %self.address, "controller stopped");
        }
    }
}

impl Controller {
    /// Ends it now: accepts nobody any more, tells nobody, and cuts every connection.
    pub fn abort(&self) {
        self.shared.closing.cancel();
        self.tasks.close();
        self.shared.cut_off();
    }
}

/// Accepts connections until it is told to stop. The listener, and a Unix socket's file, go with it.
async fn accept(listener: Listener, shared: Arc<Shared>, tasks: TaskTracker) {
    let closing = &shared.closing;
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = closing.cancelled() => return,
        };
        match accepted {
            Ok(connection) => {
                tasks.spawn(Arc::clone(&shared).serve(connection, tasks.clone()));
            }
            Err(error) => {
                // One connection broke before it was accepted, or the process has no file descriptors left; both pass.
                warn!(%error, "a connection could not be accepted");
                tokio::select! {
                    () = sleep(Duration::from_millis(100)) => {}
                    () = closing.cancelled() => return,
                }
            }
        }
    }
}

fn random() -> u64 {
    RandomState::new().hash_one(0)
}
