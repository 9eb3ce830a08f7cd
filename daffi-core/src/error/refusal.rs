//! Why a controller does not let a process in, or ends its connection.

use std::fmt;

use crate::proto::{Exceeded, Heard, Measure};

/// Why a controller did not let a process in, or has ended its connection.
///
/// ```
/// use daffi::{Refusal, StartError};
///
/// /// Whether it may be another one's turn, later.
/// fn may_pass(error: &StartError) -> bool {
///     let StartError::Refused { refusal, .. } = error else { return false };
///     match refusal {
///         Refusal::Stopping | Refusal::OverQuota { .. } => true,                   // it passes by itself
///         Refusal::Unproven { .. } | Refusal::Unknown { .. } => false,             // it has to be given a secret
///         Refusal::User { uid, own, .. } => {
///             println!("this is user {uid}, the controller's is {own}");
///             false
///         }
///         other => {
///             println!("{other}");
///             false
///         }
///     }
/// }
/// # assert!(!may_pass(&StartError::NoRuntime));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// What it was sent is not daffi's protocol.
    #[error("this is not a daffi process: run the same release of daffi on both sides")]
    NotDaffi,
    /// There is no version of the protocol that both speak.
    #[error(
        "no common protocol version: the controller speaks {oldest} to {newest}; run the same release of daffi on both sides"
    )]
    #[non_exhaustive]
    Version {
        /// The oldest version of the controller.
        oldest: u16,
        /// The newest version of the controller.
        newest: u16,
    },
    /// The process name is empty or too long, or has letters that cannot be seen.
    #[error(
        "a process name has 1 to {limit} bytes, and no letters that cannot be seen: choose another process_name"
    )]
    #[non_exhaustive]
    Name {
        /// The limit in bytes.
        limit: u64,
    },
    /// It is about to stop.
    #[error("the controller is stopping: start again when it has, or another runs")]
    Stopping,
    /// The controller uses TLS, and this process does not.
    #[error(
        "it uses TLS, and this process does not: say `.tls(Tls::new().ca(\"ca.pem\"))` (the feature `tls` of daffi), with the file of the \
         authority of its certificate"
    )]
    Tls,
    /// The controller does not use TLS, and this process does.
    #[error(
        "it does not use TLS, and this process does: give it a certificate (`--ssl-certificate` and `--ssl-key`, or those of the \
         builder), or leave TLS out here"
    )]
    NoTls,
    /// This process does not trust who it finds in the controller's place, or has no TLS with it. It looks again and again, as certificates are
    /// read again when they change.
    #[error("{reason}")]
    #[non_exhaustive]
    Distrusted {
        /// Why not, and what to do.
        reason: String,
    },
    /// It lets in no process of this user.
    #[error(
        "it runs as uid {own}, and lets in processes of that user and of root, not of uid {uid}: run both as the same user, or \
         start it with any_user(true) (`--any-user`), or name `uid:{uid}` in its rules of who may do what"
    )]
    #[non_exhaustive]
    User {
        /// The user of this process, as the system has told the controller.
        uid: u32,
        /// The user of the controller.
        own: u32,
    },
    /// It does not let this process in under its name; or it ends the connection of one that was let in, as that has lost a right or does not
    /// keep to the protocol.
    #[error("{}", Heard(reason))]
    #[non_exhaustive]
    Denied {
        /// Why not, and what to do.
        reason: String,
    },
    /// It lets in only who proves who it is.
    #[error(
        "it lets in only who proves who it is, by {takes}: make one with `daffi-controller token NAME` or `daffi-controller key NAME \
         FILE`, add the line that is printed to the file of those whom the controller knows (`--known`), and give this process the secret, by token_file, \
         key, or the environment variable DAFFI_TOKEN"
    )]
    #[non_exhaustive]
    Unproven {
        /// By what.
        takes: String,
    },
    /// It does not know the token or the key of this process.
    #[error(
        "it does not know the {what} of this process: its line is missing in the file of those whom the controller knows (`--known`)"
    )]
    #[non_exhaustive]
    Unknown {
        /// What it is.
        what: String,
    },
    /// The proof of this process does not hold.
    #[error(
        "what this process proves with does not fit what the controller knows, or something in between (a tunnel, a proxy) passes on \
         what both say; say insecure(true) if that is meant"
    )]
    WrongProof,
    /// The connection is not encrypted, and can be read and changed by others.
    #[error(
        "it takes no proof on a connection that is not encrypted: use TLS, or start it with insecure(true) (`--insecure`) if the \
         network keeps everybody else away"
    )]
    Exposed,
    /// This process would be one too many of its identity, or would not be read for long, as its identity has sent more than it may.
    #[error("{}", NotYet(*quota))]
    #[non_exhaustive]
    OverQuota {
        /// The quota.
        quota: Exceeded,
    },
    /// It stands by for another controller, and reaches that.
    #[error(
        "it stands by for another controller, and reaches that: give this process both addresses, by controllers([…])"
    )]
    StandsBy,
    /// A newer process of the same name and identity has taken this one's place, as it was started with `replace(true)`.
    #[error(
        "a newer process of the same name has taken its place, with process id {pid}: it said replace(true)"
    )]
    #[non_exhaustive]
    Replaced {
        /// The other's process identifier at its operating system.
        pid: u32,
    },
    /// This process went on and on beyond what it may do.
    #[error("it ended the connection, as this process went on and on beyond its quota: {quota}")]
    #[non_exhaustive]
    Abuse {
        /// The quota.
        quota: Exceeded,
    },
}

/// Why a quota keeps a process out.
struct NotYet(Exceeded);

impl fmt::Display for NotYet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(quota) = self;
        match quota.measure {
            Measure::Connections => write!(f, "it lets in no more than {quota}: stop one of them")?,
            Measure::ConnectionsPerSecond => {
                write!(f, "it lets in no more than {quota}: have them stay connected")?;
            }
            _ => write!(
                f,
                "the processes of this identity have sent more than it takes of them, and are not read until they have made up for it: \
                 {quota}: start it then, have them send less"
            )?,
        }
        write!(
            f,
            ", or have whoever runs it raise `{}` of `quotas.{}` in its configuration",
            quota.measure, quota.of
        )
    }
}
