//! TLS, as the arguments ask for it.

use std::path::{Path, PathBuf};

use daffi_core::transport::{Security, TlsConfigFault};

/// TLS for processes that come by TCP.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "TLS")]
pub(crate) struct TlsArguments {
    /// The certificate that it shows, in PEM, followed by those that lead to its authority. Goes with --ssl-key and --port.
    #[arg(long, value_name = "FILE", requires = "ssl_key", requires = "port")]
    ssl_certificate: Option<PathBuf>,

    /// The key of the certificate, in PEM; nobody but its owner may be able to read it.
    #[arg(long, value_name = "FILE", requires = "ssl_certificate")]
    ssl_key: Option<PathBuf>,

    /// The authorities, in PEM, of one of which each process that joins must show a certificate (mutual TLS).
    #[arg(long, value_name = "FILE", requires = "ssl_certificate")]
    ssl_ca: Option<PathBuf>,

    /// Lets processes in that show no certificate, too; one that is shown is looked at all the same.
    #[arg(long, requires = "ssl_ca")]
    ssl_client_optional: bool,

    /// Allows TLS 1.2 beside 1.3.
    #[arg(long, requires = "ssl_certificate")]
    ssl_tls12: bool,
}

impl TlsArguments {
    /// Reads the files.
    #[cfg(feature = "tls")]
    pub(crate) fn read(&self) -> Result<Security, Vec<TlsConfigFault>> {
        use daffi_core::transport::Tls;
        let (Some(certificate), Some(key)) = (&self.ssl_certificate, &self.ssl_key) else {
            return Ok(Security::none());
        };
        let mut tls = Tls::new()
            .certificate(certificate)
            .key(key)
            .client_optional(self.ssl_client_optional)
            .allow_tls12(self.ssl_tls12);
        if let Some(ca) = &self.ssl_ca {
            tls = tls.ca(ca);
        }
        Security::serving(tls)
    }

    /// How another controller is joined, whose certificate is of one of these authorities.
    #[cfg(feature = "tls")]
    pub(crate) fn joining(&self, ca: Option<&Path>) -> Result<Security, Vec<TlsConfigFault>> {
        use daffi_core::transport::Tls;
        let Some(ca) = ca else {
            return Ok(Security::none());
        };
        let mut tls = Tls::new().ca(ca).allow_tls12(self.ssl_tls12);
        if let (Some(certificate), Some(key)) = (&self.ssl_certificate, &self.ssl_key) {
            tls = tls.certificate(certificate).key(key);
        }
        Security::joining(tls)
    }

    /// It is not joined with TLS.
    #[cfg(not(feature = "tls"))]
    #[expect(clippy::unused_self, reason = "with the feature `tls`, it is of use")]
    pub(crate) fn joining(&self, ca: Option<&Path>) -> Result<Security, Vec<TlsConfigFault>> {
        if ca.is_none() {
            return Ok(Security::none());
        }
        let fault =
            TlsConfigFault::Missing("--standby-ca", "this program to be built with its feature `tls`");
        Err(vec![fault])
    }

    /// There is no TLS to be had.
    #[cfg(not(feature = "tls"))]
    pub(crate) fn read(&self) -> Result<Security, Vec<TlsConfigFault>> {
        if self.ssl_certificate.is_none() {
            return Ok(Security::none());
        }
        let fault = TlsConfigFault::Missing(
            "--ssl-certificate",
            "this program to be built with its feature `tls`",
        );
        Err(vec![fault])
    }
}
