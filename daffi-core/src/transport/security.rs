//! What protects the TCP connections of a controller or a node. Without the feature `tls`, nothing does.

#[cfg(feature = "tls")]
use std::sync::Arc;

#[cfg(feature = "tls")]
use super::fault::TlsConfigFault;
#[cfg(feature = "tls")]
use super::tls::{Joining, Serving, Tls};

/// What protects the TCP connections of a controller or a node: nothing by default, or TLS. Those within one machine (Unix sockets)
/// and one process have none.
#[derive(Clone, Debug, Default)]
pub struct Security(pub(super) Kind);

#[derive(Clone, Debug, Default)]
pub(super) enum Kind {
    #[default]
    None,
    #[cfg(feature = "tls")]
    Serving(Arc<Serving>),
    #[cfg(feature = "tls")]
    Joining(Arc<Joining>),
}

impl Security {
    /// No TLS.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// TLS for a controller. Reads the files. With the feature `tls`.
    ///
    /// # Errors
    ///
    /// All that is wrong with what was asked for.
    #[cfg(feature = "tls")]
    pub fn serving(tls: Tls) -> Result<Self, Vec<TlsConfigFault>> {
        Serving::new(tls).map(|serving| Self(Kind::Serving(Arc::new(serving))))
    }

    /// TLS for a process that joins. Reads the files. With the feature `tls`.
    ///
    /// # Errors
    ///
    /// All that is wrong with what was asked for.
    #[cfg(feature = "tls")]
    pub fn joining(tls: Tls) -> Result<Self, Vec<TlsConfigFault>> {
        Joining::new(tls).map(|joining| Self(Kind::Joining(Arc::new(joining))))
    }

    /// Whether there is TLS.
    #[must_use]
    pub const fn is_tls(&self) -> bool {
        !matches!(self.0, Kind::None)
    }

    /// Whether it lets in nobody who has not shown a certificate.
    #[must_use]
    pub fn knows_all(&self) -> bool {
        match &self.0 {
            #[cfg(feature = "tls")]
            Kind::Serving(serving) => serving.knows_all(),
            _ => false,
        }
    }

    /// Reads the files again, now; what comes of it, the log says. Connections that there are stay as they are. Blocks as long as
    /// files take to be read.
    pub fn reload(&self) {
        match &self.0 {
            Kind::None => {}
            #[cfg(feature = "tls")]
            Kind::Serving(serving) => serving.reload(),
            #[cfg(feature = "tls")]
            Kind::Joining(joining) => joining.reload(),
        }
    }
}
