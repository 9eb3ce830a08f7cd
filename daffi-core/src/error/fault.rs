//! What can be wrong with a configuration.

use std::fmt;

use crate::transport::TlsConfigFault;

/// One thing wrong with a configuration.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use daffi::Global;
///
/// use daffi::{ConfigFault, StartError};
///
/// let builder = Global::builder().process_name("").host("localhost").unix_sock_path("/run/shop");
/// let Err(StartError::Config(faults)) = builder.start().await else { panic!("it cannot be meant") };
/// for fault in &faults {
///     match fault {
///         ConfigFault::Conflict(one, other) => println!("{one} or {other}"),
///         ConfigFault::Value { setting, expected, .. } => println!("{setting}: {expected}"),
///         other => println!("{other}"),
///     }
/// }
/// assert!(faults.len() > 1, "all are told at once");
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigFault {
    /// Settings exclude each other.
    #[error("{0} and {1} exclude each other: keep one")]
    Conflict(&'static str, &'static str),
    /// A setting needs another.
    #[error("{0} needs {1}")]
    Missing(&'static str, &'static str),
    /// A value is out of its range.
    #[error("{setting} is {value}: {expected}")]
    #[non_exhaustive]
    Value {
        /// Which setting.
        setting: &'static str,
        /// What it was set to.
        value: String,
        /// What it may be.
        expected: &'static str,
    },
    /// Two callbacks of this process have the same name.
    #[error("{}", SameName { name, first, second })]
    #[non_exhaustive]
    SameName {
        /// The name.
        name: String,
        /// Where the first is.
        first: String,
        /// Where the second is.
        second: String,
    },
    /// A service has no callbacks.
    #[error(
        "the service {0} has no #[callback] impl block, so there is nothing to offer: write #[callback] above an `impl` block of it \
         that has public methods"
    )]
    NoCallbacks(&'static str),
    /// There is no such callback function in this program.
    #[error(
        "there is no #[callback] function named `{name}` in this program; it has: {known}. A library of which nothing else is used is left \
         out when the program is built: name it with `daffi::offer!(…)`"
    )]
    #[non_exhaustive]
    UnknownCallback {
        /// The name that was asked for.
        name: String,
        /// The names that there are.
        known: String,
    },
    /// No callback of that package is a part of this program.
    #[error(
        "callbacks_of(…) names `{name}`, and this program has no #[callback] of such a package; it has some of: {known}. A library of which \
         nothing else is used is left out when the program is built: write `daffi::offer!({});` in the program", name.replace('-', "_")
    )]
    #[non_exhaustive]
    UnknownPackage {
        /// The name that was asked for.
        name: String,
        /// The packages that there are.
        known: String,
    },
    /// The address of the controller can be reached from other machines, and whoever reaches it could call everything.
    #[error(
        "{address} can be reached from other machines, and whoever reaches it could call everything. Either listen where no other \
         machine comes (the host localhost, or a Unix socket); or let processes prove who they are: by tokens or keys (`.known(FILE)`, `--known`), or by certificates (TLS with `.ca(FILE)`, `--ssl-ca`); or say insecure(true) \
         (`--insecure`) if the network keeps everybody else away"
    )]
    #[non_exhaustive]
    OpenToAll {
        /// The address.
        address: String,
    },
    /// What is said of who may do what cannot be meant.
    #[error("{0}")]
    Access(String),
    /// What TLS was asked for cannot be had.
    #[error(transparent)]
    Tls(#[from] TlsConfigFault),
    /// A secret, or a file that says who is known, cannot be used.
    #[error("{setting}: {reason}")]
    #[non_exhaustive]
    Unusable {
        /// Which setting.
        setting: &'static str,
        /// Why not.
        reason: String,
    },
    /// The program has no controller to run.
    #[error("init_controller(true) needs the crate `daffi`, which brings the controller")]
    NoHost,
}

/// Faults as a list, one a line.
pub(super) struct Listed<'a>(pub(super) &'a [ConfigFault]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|fault| write!(f, "\n  - {fault}"))
    }
}

/// Says that two callbacks have one name, or that one is offered twice.
struct SameName<'a> {
    name: &'a str,
    first: &'a str,
    second: &'a str,
}

impl fmt::Display for SameName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, first, second } = self;
        if first == second {
            write!(
                f,
                "`{name}` is offered twice ({first}): a service is given once, by .service(…) or register(…), and every #[callback] \
                 function of the program is offered by itself, so leave .callback({name:?}) out, or say .auto_callbacks(false) and name \
                 all that are to be offered"
            )
        } else {
            write!(
                f,
                "two callbacks are named `{name}`: {first} and {second}; give one of them another alias or prefix"
            )
        }
    }
}
