//! The server around the router: it accepts connections, reads frames, and lets the router decide under one lock.

mod admitting;
mod connection;
mod hub;
mod options;
mod queues;
mod requests;

use std::sync::Arc;
use std::time::Duration;

use daffi_core::StartError;
use daffi_core::transport::{Address, Connection, Listener, Openness};
use tokio::runtime::Handle;
use tokio::time::{Instant, sleep, timeout_at};
use tokio_util::task::TaskTracker;
use tracing::{info, warn};

use self::hub::Hub;
pub use self::options::ControllerOptions;
use self::options::seed;

/// How long nodes may take to read what is left for them when the controller stops.
const STOPPING: Duration = Duration::from_secs(5);

/// A running controller.
///
/// Dropping it leaves it running; [`stop`](Self::stop) ends it.
#[derive(Debug)]
pub struct Controller {
    hub: Arc<Hub>,
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
    /// [`StartError::AddressInUse`] or [`StartError::Bind`] when it cannot listen, [`StartError::Config`] when others than may could
    /// reach it, [`StartError::NoRuntime`] outside of a runtime.
    pub async fn start(options: ControllerOptions) -> Result<Self, StartError> {
        let runtime = Handle::try_current().map_err(|_| StartError::NoRuntime)?;
        let asked = options.address.clone().absolute();
        let openness = Openness {
            any_user: options.any_user,
            any_host: options.insecure,
        };
        let listener = Listener::bind(&asked, openness, options.limits)
            .await
            .map_err(|error| StartError::bind(&asked, error))?;
        let address = listener.address().clone();
        info!(process_name = &*options.process_name, pid = std::process::id(), %address, "controller started");
        let controller = Self {
            hub: Arc::new(Hub::new(&options, seed())),
            address,
            process_name: options.process_name,
            runtime,
            tasks: TaskTracker::new(),
        };
        controller.tasks.spawn(accept(
            listener,
            Arc::clone(&controller.hub),
            controller.tasks.clone(),
        ));
        controller.tasks.spawn(controller.hub.clone().keep_alive());
        controller.tasks.spawn(controller.hub.clone().keep_time());
        Ok(controller)
    }

    /// Where it listens, with the real port.
    #[must_use]
    pub const fn address(&self) -> &Address {
        &self.address
    }

    /// A connection to it within this process; none once it stops.
    #[must_use]
    pub fn connect(&self) -> Option<Connection> {
        if self.hub.closing.is_cancelled() {
            return None;
        }
        let (here, there) = Connection::memory(self.hub.limits());
        let hub = Arc::clone(&self.hub);
        self.tasks
            .spawn_on(hub.serve(there, self.tasks.clone()), &self.runtime);
        Some(here)
    }

    /// Stops: accepts nobody any more, tells the nodes, sends them what is queued, and closes. Nodes that do not read
    /// are cut off after five seconds. Stopping again waits for the first stop.
    pub async fn stop(&self) {
        let first = !self.hub.closing.is_cancelled();
        self.hub.closing.cancel();
        self.hub.say_goodbye();
        self.tasks.close();
        if timeout_at(Instant::now() + STOPPING, self.tasks.wait())
            .await
            .is_err()
        {
            self.hub.cut_off();
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
        self.hub.closing.cancel();
        self.tasks.close();
        self.hub.cut_off();
    }
}

/// Accepts connections until it is told to stop. The listener, and a Unix socket's file, go with it.
async fn accept(listener: Listener, hub: Arc<Hub>, tasks: TaskTracker) {
    let closing = &hub.closing;
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = closing.cancelled() => return,
        };
        match accepted {
            Ok(connection) => {
                tasks.spawn(Arc::clone(&hub).serve(connection, tasks.clone()));
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
