//! The server around the router: it accepts connections, reads frames, and lets the router decide under one lock.

mod access;
mod admitting;
mod arrivals;
mod arriving;
mod connection;
mod draining;
mod ending;
mod greeting;
mod heartbeats;
mod hub;
mod known;
mod options;
mod pause;
mod queues;
mod requests;
mod resuming;
mod scheduling;
mod session;
#[cfg(feature = "simulation")]
#[doc(hidden)]
pub mod simulated;
mod standby;
mod standby_of;
mod standing;
mod stopping;
mod strangers;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use daffi_core::auth::Identities;
use daffi_core::seldom::Unsaid;
use daffi_core::transport::{
    Address, Connection, Listener, Openness, Security, is_out_of_descriptors, own_uid,
};
use daffi_core::{Access, ConfigFault, Quotas, StartError};
use tokio::runtime::Handle;
use tokio::time::{Instant, sleep, timeout_at};
use tokio_util::task::TaskTracker;
use tracing::{info, warn};

use self::access::Change;
use self::hub::Hub;
pub use self::options::ControllerOptions;
use self::options::seed;
use self::scheduling::Scheduling;
pub use self::standby_of::StandbyOf;
use crate::access::{Fault as AccessFault, Policy};

/// What cannot be meant of who may do what, as faults of a configuration.
fn access_faults(faults: Vec<AccessFault>) -> StartError {
    let faults = faults
        .into_iter()
        .map(|fault| ConfigFault::Access(fault.to_string()));
    StartError::Config(faults.collect())
}

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
    security: Security,
    runtime: Handle,
    tasks: TaskTracker,
}

impl Controller {
    /// Starts one; its tasks run on the tokio runtime of the caller.
    ///
    /// # Errors
    ///
    /// [`StartError::AddressInUse`] or [`StartError::Bind`] when it cannot listen, [`StartError::Config`] when others than may could
    /// reach it or [`access`](ControllerOptions::access) cannot be meant, [`StartError::NoRuntime`] outside of a runtime.
    pub async fn start(options: ControllerOptions) -> Result<Self, StartError> {
        let runtime = Handle::try_current().map_err(|_| StartError::NoRuntime)?;
        let asked = options.address.clone().absolute();
        let policy = options.access.as_ref().map(Policy::new).transpose();
        let policy = policy.map_err(access_faults)?;
        let openness = Openness {
            any_user: options.any_user
                || policy
                    .as_ref()
                    .is_some_and(|policy| policy.names_others(own_uid())),
            // Whoever comes from afar has shown a certificate, or proves who it is.
            any_host: options.insecure || options.security.knows_all() || options.identities.is_some(),
        };
        // In memory there is nothing to listen at: whoever joins asks for a connection.
        let listener = match asked {
            Address::Memory => None,
            _ => Some(
                Listener::bind(&asked, openness, options.limits, &options.security)
                    .await
                    .map_err(|error| StartError::bind(&asked, error))?,
            ),
        };
        let address = listener
            .as_ref()
            .map_or(asked, |listener| listener.address().clone());
        let tls = matches!(address, Address::Tcp { .. }) && options.security.is_tls();
        let (seed, folder) = (seed(), options.data_dir.clone());
        let scheduling = match folder {
            None => Scheduling::new(seed, None)?,
            Some(folder) => {
                let kept = folder.clone();
                let opening = runtime.spawn_blocking(move || Scheduling::new(seed, Some(&kept)));
                opening.await.map_err(|ended| {
                    if ended.is_panic() {
                        let reason = "its file is damaged, and was left as it is: put a copy of it back, or move it away to begin without schedules";
                        StartError::data_dir(folder, reason.to_owned())
                    } else {
                        StartError::NoRuntime
                    }
                })??
            }
        };
        info!(process_name = &*options.process_name, pid = std::process::id(), %address, tls, "controller started");
        let controller = Self {
            hub: Arc::new(Hub::new(&options, policy, scheduling, seed)),
            address,
            process_name: options.process_name,
            security: options.security,
            runtime,
            tasks: TaskTracker::new(),
        };
        if let Some(listener) = listener {
            controller.tasks.spawn(accept(
                listener,
                Arc::clone(&controller.hub),
                controller.tasks.clone(),
            ));
        }
        if let Some(of) = options.standby_of {
            controller.tasks.spawn(controller.hub.clone().stand_by_for(of));
        }
        controller.tasks.spawn(controller.hub.clone().keep_alive());
        controller.tasks.spawn(controller.hub.clone().keep_time());
        controller.tasks.spawn(controller.hub.clone().keep_schedules());
        Ok(controller)
    }

    /// From now on this is who may do what; everybody may do everything if nothing is said. Calls, streams, broadcasts and questions that
    /// are no longer allowed end with `Denied`, which says that a call may have run. Who offers, or has a name, that it may no longer is cut
    /// off, and told why when it comes back.
    ///
    /// # Errors
    ///
    /// [`StartError::Config`] with all that cannot be meant; nothing has changed then.
    ///
    /// # Cancel safety
    ///
    /// Where it is dropped, those who come new have the new rights, and only some of those who are there.
    pub async fn set_access(&self, access: Option<&Access>) -> Result<(), StartError> {
        let policy = Some(access.map(Policy::new).transpose().map_err(access_faults)?);
        let quotas = None;
        self.hub.change_rules(Change { policy, quotas }).await;
        Ok(())
    }

    /// As [`set_access`](Self::set_access) and [`set_quotas`](Self::set_quotas), at once: nobody has what is new of one and what is old of the
    /// other, not for a moment.
    ///
    /// # Errors
    ///
    /// As those of `set_access`.
    ///
    /// # Cancel safety
    ///
    /// As that of both.
    pub async fn set_access_and_quotas(
        &self,
        access: Option<&Access>,
        quotas: Quotas,
    ) -> Result<(), StartError> {
        let policy = Some(access.map(Policy::new).transpose().map_err(access_faults)?);
        let quotas = Some(quotas);
        self.hub.change_rules(Change { policy, quotas }).await;
        Ok(())
    }

    /// From now on this is how much each connection, and each identity, may have. What is there already, and runs, goes on, also where it
    /// is more than that; nothing is added to it.
    ///
    /// # Cancel safety
    ///
    /// Where it is dropped, those who come new have the new quotas, and perhaps only some of those who are there.
    pub async fn set_quotas(&self, quotas: Quotas) {
        let (policy, quotas) = (None, Some(quotas));
        self.hub.change_rules(Change { policy, quotas }).await;
    }

    /// From now on it knows those, and asks whoever joins through TCP to be one of them. Who was let in by a token or a key that is not
    /// among theirs any more is cut off; whoever else is there goes on.
    ///
    /// # Cancel safety
    ///
    /// Where it is dropped, nobody new is let in by what is gone, and perhaps only some of those who are there are cut off.
    pub async fn set_identities(&self, identities: Identities) {
        self.hub.know(Arc::new(identities)).await;
    }

    /// Where it listens, with the real port.
    #[must_use]
    pub const fn address(&self) -> &Address {
        &self.address
    }

    /// Reads the files of its certificates again; what comes of it, the log says. That also happens by itself within two seconds after
    /// they have changed, when somebody joins. Connections that there are stay as they are.
    pub async fn reload(&self) {
        let security = self.security.clone();
        // Whatever becomes of it, the log says.
        let _ = self.runtime.spawn_blocking(move || security.reload()).await;
    }

    /// A connection to it within this process; none once it stops.
    #[must_use]
    pub fn connect(&self) -> Option<Connection> {
        if self.hub.closing.is_cancelled() {
            return None;
        }
        let (here, there) = Connection::memory(self.hub.limits());
        self.serve(there);
        Some(here)
    }

    fn serve(&self, connection: Connection) {
        let (hub, tasks) = (Arc::clone(&self.hub), self.tasks.clone());
        let serve = async move {
            Arc::clone(&hub)
                .serve(connection, hub.strangers.come(), tasks)
                .await;
        };
        self.tasks.spawn_on(serve, &self.runtime);
    }

    /// Has what is under way end before it is [stopped](Self::stop): nobody new is let in, and the processes are told, which begin nothing new then,
    /// but what a callback waits for that they run; all else waits there until they have another controller. Ready when no call and no stream is left,
    /// or when the time is over. What is scheduled is not made any more.
    ///
    /// # Cancel safety
    ///
    /// It stays so when this is dropped: nobody is let in, and nothing new begins.
    pub async fn drain(&self, within: Duration) {
        let calls = self.hub.drain(within).await;
        if calls > 0 {
            warn!(
                process_name = &*self.process_name,
                calls,
                "calls have not ended in the time that there is to stop (--drain), and end with Disconnected"
            );
        }
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

/// After so much time it tries again to accept a connection: where others that held on to their descriptors end, and where not.
const SOON: Duration = Duration::from_millis(5);
const LATER: Duration = Duration::from_millis(100);

/// Accepts connections until it is told to stop. The listener, and a Unix socket's file, go with it.
async fn accept(listener: Listener, hub: Arc<Hub>, tasks: TaskTracker) {
    let closing = &hub.closing;
    loop {
        let accepted = tokio::select! {
            biased;
            () = closing.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok(arriving) => {
                let Some(arriving) = hub.let_come(arriving) else {
                    continue;
                };
                tasks.spawn(Arc::clone(&hub).receive(arriving, tasks.clone()));
            }
            Err(error) => {
                // One connection broke before it was accepted, or the process has no file descriptors left; both pass.
                if let Some(Unsaid(unsaid)) = hub.turned_away.may_say() {
                    warn!(%error, unsaid, "a connection could not be accepted; if too many files are open, raise LimitNOFILE (ulimit -n)");
                }
                let makes_room = is_out_of_descriptors(&error) && hub.strangers.make_room();
                let again = if makes_room { SOON } else { LATER };
                tokio::select! {
                    biased;
                    () = sleep(again) => {}
                    () = closing.cancelled() => return,
                }
            }
        }
    }
}
