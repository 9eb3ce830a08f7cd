//! Why something could not be made.

/// Why something could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The system gives no random numbers, or a key was not taken.
    #[error("no key can be made")]
    Key,
    /// There is no key in what should be one.
    #[error("this is no key that was made here: it is PEM with one PRIVATE KEY of the curve P-256")]
    NotAKey,
    /// A certificate cannot have the name.
    #[error("a certificate cannot be for {0:?}: name a host, an IP address, or a URI with its scheme")]
    Name(String),
    /// A certificate for a server has no name.
    #[error("a server's certificate needs the name or IP address under which it is joined")]
    NoName,
    /// The certificate could not be made for another reason.
    #[error("the certificate cannot be made: {0}")]
    Certificate(#[from] rcgen::Error),
}
