//! Certificates and keys, as they are read from PEM files.

use std::fs;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::SystemTime;

use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tracing::warn;
use zeroize::Zeroizing;

use super::super::fault::TlsConfigFault;

/// The largest file that is read, in bytes.
const FILE_BYTES: u64 = 4 * 1024 * 1024;

/// A file that a setting names.
#[derive(Clone, Copy, Debug)]
pub(super) struct Named<'a> {
    pub(super) setting: &'static str,
    pub(super) path: &'a Path,
}

impl Named<'_> {
    pub(super) fn fault(&self, reason: impl Into<String>) -> TlsConfigFault {
        TlsConfigFault::File {
            setting: self.setting,
            path: self.path.to_owned(),
            reason: reason.into(),
        }
    }

    /// Its bytes, which are wiped when they are dropped.
    fn read(&self) -> Result<Zeroizing<Vec<u8>>, TlsConfigFault> {
        let read = fs::File::open(self.path).and_then(|file| {
            let length = file.metadata()?.len().min(FILE_BYTES);
            // As large as it can get: a vector that grows leaves copies behind.
            let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(length).unwrap_or(0) + 1));
            file.take(length).read_to_end(&mut bytes)?;
            Ok(bytes)
        });
        read.map_err(|error| self.fault(format!("it cannot be read: {error}")))
    }

    /// The certificates in it, of which there is at least one.
    pub(super) fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, TlsConfigFault> {
        let bytes = self.read()?;
        let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
        match certificates {
            Ok(certificates) if certificates.is_empty() => Err(self
                .fault("there is no certificate in it; one in PEM begins with -----BEGIN CERTIFICATE-----")),
            Ok(certificates) => Ok(certificates),
            Err(error) => Err(self.fault(format!("it is no PEM file: {error}"))),
        }
    }

    /// The first key in it.
    pub(super) fn key(&self) -> Result<PrivateKeyDer<'static>, TlsConfigFault> {
        const ANY_ONE: u32 = 0o077;
        let bytes = self.read()?;
        let key = PrivateKeyDer::from_pem_slice(&bytes).map_err(|_| {
            self.fault("there is no private key in it; one in PEM begins with -----BEGIN PRIVATE KEY-----")
        })?;
        if fs::metadata(self.path).is_ok_and(|found| found.mode() & ANY_ONE != 0) {
            warn!(file = %self.path.display(), "a private key can be read by others than its owner: chmod 600 it");
        }
        Ok(key)
    }

    /// The authorities in it.
    pub(super) fn authorities(&self) -> Result<RootCertStore, TlsConfigFault> {
        let mut roots = RootCertStore::empty();
        for certificate in self.certificates()? {
            roots
                .add(certificate)
                .map_err(|error| self.fault(format!("a certificate in it cannot be used: {error}")))?;
        }
        Ok(roots)
    }
}

/// What tells whether a file is the one that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    modified: Option<SystemTime>,
    changed: (i64, i64),
    length: u64,
    inode: u64,
}

impl Stamp {
    /// Nothing if there is no such file.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let found = fs::metadata(path).ok()?;
        Some(Self {
            modified: found.modified().ok(),
            changed: (found.ctime(), found.ctime_nsec()),
            length: found.len(),
            inode: found.ino(),
        })
    }
}
