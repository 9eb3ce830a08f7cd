//! Why two sides have no TLS with each other, in words. Knows nothing of how TLS is done.

use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::proto::Refusal;

/// One of the two sides of a connection.
///
/// ```
/// use daffi::{TlsFault, TlsSide};
///
/// fn machine(fault: &TlsFault) -> &'static str {
///     match fault {
///         TlsFault::Certificate { of: TlsSide::Controller, .. } => "look at the controller's machine",
///         TlsFault::Certificate { of: TlsSide::Node, .. } => "look at this one",
///         _ => "look at both",
///     }
/// }
/// assert_eq!(TlsSide::Controller.to_string(), "controller");
/// # assert_eq!(machine(&TlsFault::Plain), "look at both");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TlsSide {
    /// The one that was joined.
    Controller,
    /// The one that joins.
    Node,
}

impl fmt::Display for TlsSide {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Controller => "controller",
            Self::Node => "process that joins",
        })
    }
}

/// What is wrong with a certificate.
///
/// ```
/// use daffi::CertificateFault;
///
/// fn is_urgent(fault: &CertificateFault) -> bool {
///     match fault {
///         CertificateFault::Expired { .. } | CertificateFault::OutOfDate => true,    // it has worked until now
///         CertificateFault::WrongName { expected, names, .. } => {
///             println!("it is for {names:?}, and was looked for as {expected:?}");
///             false
///         }
///         other => {
///             println!("the certificate {other}");
///             false
///         }
///     }
/// }
/// # assert!(is_urgent(&CertificateFault::OutOfDate) && !is_urgent(&CertificateFault::Missing));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateFault {
    /// None was shown where one is wanted.
    #[error(
        "is missing: one is wanted, and none was shown; name its file and that of its key (ssl_certificate, ssl_key)"
    )]
    Missing,
    /// Its time is over.
    #[error("has expired{}: make a new one, and put it in the place of the old", At(" on ", .at))]
    #[non_exhaustive]
    Expired {
        /// When, if this side has it.
        at: Option<String>,
    },
    /// Its time has not come.
    #[error("is not valid yet{}: compare the clocks of the two machines, or make a new one", At(", only from ", .at))]
    #[non_exhaustive]
    NotYetValid {
        /// From when, if this side has it.
        at: Option<String>,
    },
    /// It has expired, or is not valid yet: the other side does not say which.
    #[error("has expired or is not valid yet: compare the clocks of the two machines, or make a new one")]
    OutOfDate,
    /// It is for others.
    #[error("is {}: join under a name that it has, or say which one it is to have (server_name)", For(.expected, .names))]
    #[non_exhaustive]
    WrongName {
        /// Who was looked for, if this side knows.
        expected: Option<String>,
        /// Whom it is for.
        names: Vec<String>,
    },
    /// Nobody who is trusted has signed it.
    #[error(
        "is from an authority that is not known there: name the file of that authority's certificate (ca, --ssl-ca)"
    )]
    UnknownIssuer,
    /// It is for another purpose.
    #[error(
        "is for another purpose: a controller needs one of a server, a process that joins one of a client"
    )]
    Purpose,
    /// Something else.
    #[error("is not usable: {0}")]
    Other(String),
}

struct At<'a>(&'static str, &'a Option<String>);

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.1 {
            Some(at) => write!(f, "{}{at}", self.0),
            None => Ok(()),
        }
    }
}

struct For<'a>(&'a Option<String>, &'a [String]);

impl fmt::Display for For<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.1 {
            [] => f.write_str("for others")?,
            names => write!(f, "for {}", names.join(", "))?,
        }
        match self.0 {
            Some(expected) => write!(f, " and not for {expected}"),
            None => f.write_str(" and not for the name that it was looked for by"),
        }
    }
}

/// Why two sides have no TLS with each other. Each message says what to do next.
///
/// ```
/// use daffi::{StartError, TlsFault};
///
/// fn advice(error: &StartError) -> String {
///     match error {
///         StartError::Tls { fault: TlsFault::Certificate { of, fault, .. }, .. } => format!("the {of}'s {fault}"),
///         StartError::Tls { fault, .. } if fault.is_end() => "it may be restarting".to_owned(),
///         other => other.to_string(),
///     }
/// }
/// # println!("{}", advice(&StartError::NoRuntime));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TlsFault {
    /// This side does not take the other's certificate.
    #[error("the certificate of the {of} {fault}")]
    #[non_exhaustive]
    Certificate {
        /// Whose certificate it is.
        of: TlsSide,
        /// What is wrong with it.
        fault: CertificateFault,
    },
    /// The other side does not take this one's certificate.
    #[error("the {by} does not take the certificate of this side, which {fault}")]
    #[non_exhaustive]
    Rejected {
        /// Who does not take it.
        by: TlsSide,
        /// What is wrong with it.
        fault: CertificateFault,
    },
    /// What the other side says is neither TLS nor daffi.
    #[error("the {by} does not speak TLS, and is no daffi process: check host and port")]
    #[non_exhaustive]
    NotTls {
        /// Who says it.
        by: TlsSide,
    },
    /// A node speaks daffi without TLS at a controller with it.
    #[error(
        "the process that joins does not use TLS, and this controller does: it needs `.tls(…)`, as in `.tls(Tls::new().ca(\"ca.pem\"))`"
    )]
    Plain,
    /// A controller without TLS has answered, or a node with it has come to a controller without.
    #[error("the {by} uses TLS, and this side does not")]
    #[non_exhaustive]
    Unexpected {
        /// Who uses it.
        by: TlsSide,
    },
    /// The other side ended the connection in the middle of the handshake.
    #[error("the {by} closed the connection in the middle of the TLS handshake")]
    #[non_exhaustive]
    Ended {
        /// Who.
        by: TlsSide,
    },
    /// The other side sends more than a handshake takes; of a node, also more than the handshake and its greeting take together.
    #[error("the {by} sent more than {limit} bytes before it was known who that is")]
    #[non_exhaustive]
    TooMuch {
        /// Who.
        by: TlsSide,
        /// The limit.
        limit: usize,
    },
    /// There is no version of TLS, or no cipher, that both use.
    #[error(
        "the {by} has no version of TLS, or no cipher, in common with this side: daffi uses TLS 1.3, and 1.2 where that is allowed"
    )]
    #[non_exhaustive]
    NothingInCommon {
        /// Who.
        by: TlsSide,
    },
    /// A connection ended without the word that it does: somebody between the two may have cut it off.
    #[error("the {by} is gone without a word; the connection was cut off")]
    #[non_exhaustive]
    CutOff {
        /// Who.
        by: TlsSide,
    },
    /// The rules of TLS were not kept.
    #[error("TLS with the {with} failed: {reason}")]
    #[non_exhaustive]
    Protocol {
        /// The other side.
        with: TlsSide,
        /// What was found.
        reason: String,
    },
}

impl TlsFault {
    /// Whether whoever was there ended the connection, and may be on its way down, or up.
    #[must_use]
    pub const fn is_end(&self) -> bool {
        matches!(self, Self::Ended { .. } | Self::CutOff { .. })
    }
}

/// One thing wrong with what TLS was asked for.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use daffi::{ConfigFault, Global, StartError, Tls, TlsConfigFault};
///
/// let tls = Tls::new().certificate("/not/there.pem").key("/not/there.key");
/// let shop = Global::builder().init_controller(true).host("localhost").port(0).tls(tls);
/// let Err(StartError::Config(faults)) = shop.start().await else { panic!("there are no such files") };
/// for fault in faults {
///     if let ConfigFault::Tls(TlsConfigFault::File { path, reason, .. }) = fault {
///         println!("{}: {reason}", path.display());
///     }
/// }
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TlsConfigFault {
    /// A setting needs another.
    #[error("{0} needs {1}")]
    Missing(&'static str, &'static str),
    /// A file cannot be used.
    #[error("{setting} is {}: {reason}", .path.display())]
    #[non_exhaustive]
    File {
        /// Which setting names it.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// Why it cannot be used.
        reason: String,
    },
    /// A value cannot be used.
    #[error("{setting} is {value:?}: {expected}")]
    #[non_exhaustive]
    Value {
        /// Which setting.
        setting: &'static str,
        /// What it was set to.
        value: String,
        /// What it may be.
        expected: &'static str,
    },
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// What the system says.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The two have no TLS with each other.
    #[error(transparent)]
    Tls(#[from] TlsFault),
    /// It was refused before TLS had begun.
    #[error(transparent)]
    Refused(Refusal),
}

impl From<TlsFault> for io::Error {
    fn from(fault: TlsFault) -> Self {
        Self::new(io::ErrorKind::InvalidData, fault)
    }
}

impl TlsFault {
    /// The fault that an error of a connection is, if it is one.
    ///
    /// ```
    /// use std::io;
    ///
    /// use daffi::TlsFault;
    ///
    /// fn is_tls(error: &io::Error) -> bool {
    ///     TlsFault::of(error).is_some()
    /// }
    /// assert!(!is_tls(&io::ErrorKind::ConnectionReset.into()));
    /// ```
    #[must_use]
    pub fn of(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }
}
