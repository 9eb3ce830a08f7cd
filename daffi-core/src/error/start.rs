//! Why a `Global` or a controller did not start.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use super::fault::{ConfigFault, Listed};
use super::refusal::Refusal;
use super::remedy::Remedy;
use crate::proto::{self, Heard};
use crate::transport::{Address, OpenToAll, TlsFault};

/// Why [`start`](crate::GlobalBuilder::start) failed. Each message says what to do next.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use daffi::Global;
///
/// use daffi::StartError;
///
/// # let controller = Global::builder().init_controller(true).init_node(false).in_memory().start().await?;
/// let join = || Global::builder().memory(&controller).auto_callbacks(false).process_name("shop");
/// let first = join().start().await?;
/// match join().start().await {
///     Err(StartError::NameTaken { name, pid, .. }) => println!("{name} is there already, as process {pid}"),
///     Err(StartError::NoController { address, waited, .. }) => println!("nobody at {address} in {waited:?}"),
///     Err(StartError::Config(faults)) => println!("{} settings are wrong", faults.len()),
///     Err(error) => println!("{error}"),
///     Ok(_) => unreachable!("there is one process of a name"),
/// }
/// # drop(first);
/// # Ok(()) }
/// ```
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// What was asked for cannot be done; all faults at once.
    #[error("the configuration is not usable:{}", Listed(.0))]
    Config(Vec<ConfigFault>),
    /// Somebody listens at the address already.
    #[error(
        "{address} is in use: another controller listens there; join it without init_controller(true), stop it, or \
         choose another address (in tests, in_memory() needs none)"
    )]
    #[non_exhaustive]
    AddressInUse {
        /// The address.
        address: Address,
    },
    /// The controller could not listen at the address, for another reason.
    #[error("cannot listen at {address}: {source}{}", Remedy { address, source, listens: true })]
    #[non_exhaustive]
    Bind {
        /// The address.
        address: Address,
        /// What the system says.
        source: io::Error,
    },
    /// The controller cannot keep its schedules in the folder it was given.
    #[error("the data directory {} cannot be used: {reason}", path.display())]
    #[non_exhaustive]
    DataDir {
        /// The folder.
        path: PathBuf,
        /// Why, and what to do.
        reason: String,
    },
    /// No controller answered at the address.
    #[error(
        "no controller at {address} after {waited:.1?} ({source}): start one there (`daffi-controller`, or a Global \
         with init_controller(true)), or check the address{}{}",
        Remedy { address, source, listens: false },
        Elsewhere(address)
    )]
    #[non_exhaustive]
    NoController {
        /// The address.
        address: Address,
        /// For how long it was looked for.
        waited: Duration,
        /// What the last attempt ended with.
        source: io::Error,
    },
    /// Who is at the address is not who this process may trust, and was told nothing.
    #[error("the controller at {address} is not trusted: {reason}")]
    #[non_exhaustive]
    Untrusted {
        /// The address.
        address: Address,
        /// What speaks against it, and what to do.
        reason: String,
    },
    /// The controller did not let this process in.
    #[error("the controller at {address} refused this process: {refusal}")]
    #[non_exhaustive]
    Refused {
        /// The address.
        address: Address,
        /// Its reason.
        #[source]
        refusal: Refusal,
    },
    /// There is no TLS with the controller: its certificate, or that of this process, is not what it must be.
    #[error("there is no TLS with the controller at {address}: {fault}")]
    #[non_exhaustive]
    Tls {
        /// The address.
        address: Address,
        /// Why not.
        #[source]
        fault: TlsFault,
    },
    /// Another process has the name.
    #[error(
        "the process name {name:?} is taken at {address} by a process with id {pid}: choose another process_name, \
         stop that process, or take its place with .replace(true)"
    )]
    #[non_exhaustive]
    NameTaken {
        /// The address of the controller.
        address: Address,
        /// The name.
        name: String,
        /// The other's process identifier at its operating system.
        pid: u32,
    },
    /// The controller did not take the callbacks of this process.
    #[error(
        "the controller at {address} does not take the callbacks of this process: {}",
        Heard(reason)
    )]
    #[non_exhaustive]
    CallbacksRefused {
        /// The address of the controller.
        address: Address,
        /// Its reason.
        reason: String,
    },
    /// It was stopped while it was starting, or its runtime was shut down.
    #[error(
        "it was stopped before it had started, or the runtime was that it runs on: keep that until start() has returned, and start \
         again"
    )]
    Stopped,
    /// No runtime: `start()` was called outside of tokio.
    #[error("there is no tokio runtime here: call start().await inside one, or use start_blocking()")]
    NoRuntime,
    /// The runtime of `start_blocking` could not be made.
    #[error("the runtime could not be started: {0}")]
    Runtime(#[source] io::Error),
}

impl StartError {
    /// The error for a controller that cannot keep its schedules in a folder.
    ///
    /// ```
    /// use std::io;
    /// use std::time::Duration;
    ///
    /// use daffi::{Address, Refusal, StartError, TlsFault};
    ///
    /// // As stand-ins for daffi return them, in tests.
    /// let at = Address::tcp("localhost:8888").expect("it is an address");
    /// let refused = || io::Error::from(io::ErrorKind::ConnectionRefused);
    /// let errors = [
    ///     StartError::data_dir("/var/lib/shop".into(), "it is read-only".to_owned()),
    ///     StartError::bind(&at, io::ErrorKind::AddrInUse.into()),
    ///     StartError::untrusted(&at, "it runs as another user"),
    ///     StartError::refused(&at, Refusal::Stopping),
    ///     StartError::name_taken(&at, "shop", 4711),
    ///     StartError::no_controller(&at, Duration::from_secs(10), refused()),
    ///     StartError::tls(&at, TlsFault::Plain),
    ///     StartError::callbacks_refused(&at, "another process offers `price` with other limits"),
    /// ];
    /// assert!(matches!(errors[1], StartError::AddressInUse { .. }));
    /// for error in errors {
    ///     println!("{error}");
    /// }
    /// ```
    #[must_use]
    pub const fn data_dir(path: PathBuf, reason: String) -> Self {
        Self::DataDir { path, reason }
    }

    /// The error for a controller that was refused its address.
    #[must_use]
    pub fn bind(address: &Address, source: io::Error) -> Self {
        if let Some(OpenToAll(open)) = source.get_ref().and_then(|error| error.downcast_ref()) {
            let address = open.to_string();
            return Self::Config(vec![ConfigFault::OpenToAll { address }]);
        }
        let address = address.clone();
        if source.kind() == io::ErrorKind::AddrInUse {
            Self::AddressInUse { address }
        } else {
            Self::Bind { address, source }
        }
    }

    /// The error for a process that does not trust whoever is at `address`, for `reason`.
    #[must_use]
    pub fn untrusted(address: &Address, reason: impl Into<String>) -> Self {
        Self::Untrusted {
            address: address.clone(),
            reason: reason.into(),
        }
    }

    /// The error for a process that the controller at `address` refused.
    #[must_use]
    pub fn refused(address: &Address, refusal: Refusal) -> Self {
        Self::Refused {
            address: address.clone(),
            refusal,
        }
    }

    /// The error for a process whose `name` the process with the id `pid` has at the controller at `address`.
    #[must_use]
    pub fn name_taken(address: &Address, name: impl Into<String>, pid: u32) -> Self {
        Self::NameTaken {
            address: address.clone(),
            name: name.into(),
            pid,
        }
    }

    /// The error for a process that the controller at `address` answered so.
    pub(crate) fn answered(address: &Address, refusal: proto::Refusal) -> Self {
        match refusal {
            proto::Refusal::NameTaken { name, pid, .. } => Self::name_taken(address, name, pid),
            refusal => Self::refused(address, refusal.into()),
        }
    }

    /// The error for a process that has no TLS with the controller at `address`.
    #[must_use]
    pub fn tls(address: &Address, fault: TlsFault) -> Self {
        Self::Tls {
            address: address.clone(),
            fault,
        }
    }

    /// The error for a process that found no controller at `address` for as long as it `waited`, and `source` at last.
    #[must_use]
    pub fn no_controller(address: &Address, waited: Duration, source: io::Error) -> Self {
        Self::NoController {
            address: address.clone(),
            waited,
            source,
        }
    }

    /// The error for a process whose callbacks the controller at `address` does not take, for `reason`.
    #[must_use]
    pub fn callbacks_refused(address: &Address, reason: impl Into<String>) -> Self {
        Self::CallbacksRefused {
            address: address.clone(),
            reason: reason.into(),
        }
    }
}

/// The variant's name and the message: what a person sees of an error that `main` returns.
impl fmt::Debug for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let variant = match self {
            Self::Config(_) => "Config",
            Self::AddressInUse { .. } => "AddressInUse",
            Self::Bind { .. } => "Bind",
            Self::DataDir { .. } => "DataDir",
            Self::NoController { .. } => "NoController",
            Self::Untrusted { .. } => "Untrusted",
            Self::Refused { .. } => "Refused",
            Self::Tls { .. } => "Tls",
            Self::NameTaken { .. } => "NameTaken",
            Self::CallbacksRefused { .. } => "CallbacksRefused",
            Self::Stopped => "Stopped",
            Self::NoRuntime => "NoRuntime",
            Self::Runtime(_) => "Runtime",
        };
        write!(f, "{variant}: {self}")
    }
}

/// Why somebody may listen at another address who means this one.
struct Elsewhere<'a>(&'a Address);

impl fmt::Display for Elsewhere<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_default() {
            f.write_str(
                "; this one is of this user alone and follows TMPDIR, which may differ between a login, a service (PrivateTmp) and \
                 a cron job: unix_sock_path names one for all",
            )?;
        }
        Ok(())
    }
}
