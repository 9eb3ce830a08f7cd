//! What a `Global` needs of a controller that it runs itself, without knowing the controller.
//!
//! daffi-controller implements this and registers itself; the facade, which depends on both, is what joins them.

use std::fmt;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use crate::access::Access;
use crate::auth::Identities;
use crate::error::StartError;
use crate::proto::Limits;
use crate::quota::Quotas;
use crate::transport::{Address, Connection, Security};

/// A future of a trait object.
pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// How a hosted controller shall run.
#[derive(Clone, Debug)]
pub struct HostOptions {
    /// Where it listens.
    pub address: Address,
    /// Its process identifier.
    pub process_name: Arc<str>,
    /// What it allows.
    pub limits: Limits,
    /// How often each side of a connection says something.
    pub heartbeat: Duration,
    /// How long a process may be away whose TCP connection was lost.
    pub resume_grace: Duration,
    /// Processes of any user may join through a Unix socket.
    pub any_user: bool,
    /// It may listen where other machines reach it, though it lets everybody in.
    pub insecure: bool,
    /// Who may do what, if that is said.
    pub access: Option<Access>,
    /// How much each may have.
    pub quotas: Quotas,
    /// What protects its TCP connections.
    pub security: Security,
    /// Whom it knows. Where that is nobody, everybody is let in.
    pub identities: Option<Arc<Identities>>,
    /// Where it keeps schedules over restarts.
    pub data_dir: Option<PathBuf>,
}

/// Something that can run a controller in this process.
pub trait ControllerHost: Send + Sync {
    /// Starts one.
    fn start(&self, options: HostOptions) -> BoxFuture<Result<Arc<dyn HostedController>, StartError>>;
}

/// A controller that runs in this process.
pub trait HostedController: fmt::Debug + Send + Sync {
    /// Where it listens, with the real port.
    fn address(&self) -> &Address;

    /// A connection to it in memory; none once it stops.
    fn connect(&self) -> Option<Connection>;

    /// From now on this is who may do what.
    fn set_access(&self, access: Option<Access>) -> BoxFuture<Result<(), StartError>>;

    /// From now on this is how much each may have.
    fn set_quotas(&self, quotas: Quotas) -> BoxFuture<()>;

    /// From now on these are whom it knows.
    fn set_identities(&self, identities: Identities) -> BoxFuture<()>;

    /// Has what is under way end, for no longer than that: nobody new is let in, and nothing new begins.
    fn drain(&self, within: Duration) -> BoxFuture<()>;

    /// Stops it: no new connections, the nodes are told, what is queued is sent.
    fn stop(&self) -> BoxFuture<()>;

    /// Ends it now: nobody is told, and nobody can join any more.
    fn abort(&self);
}

/// How a host makes itself known.
#[derive(Clone, Copy)]
pub struct HostEntry(pub &'static dyn ControllerHost);

inventory::collect!(HostEntry);

impl fmt::Debug for HostEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HostEntry")
    }
}

impl HostEntry {
    /// The host of this program, if it has one.
    pub(crate) fn find() -> Option<&'static dyn ControllerHost> {
        inventory::iter::<Self>().next().map(|entry| entry.0)
    }
}
