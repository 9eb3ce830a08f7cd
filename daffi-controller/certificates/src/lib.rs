//! Makes authorities and certificates, for development and tests.
//!
//! An [`Authority`] is a key and a certificate that says so. What it [issues](Authority::issue) is for a server or for a client. Keys are
//! of the curve P-256. All is in PEM, as the files are that daffi reads.
//!
//! ```
//! use daffi_certificates::{Authority, Purpose, Wanted};
//!
//! let authority = Authority::generate()?;
//! let issued = authority.issue(&Wanted::new(Purpose::Server, ["localhost", "127.0.0.1"]))?;
//! assert!(issued.certificate.starts_with("-----BEGIN CERTIFICATE-----"));
//! # Ok::<(), daffi_certificates::Error>(())
//! ```

mod error;
mod key;

use std::net::IpAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    IsCa, Issuer, KeyIdMethod, KeyUsagePurpose, SanType, SerialNumber, date_time_ymd,
};
use zeroize::Zeroizing;

pub use crate::error::Error;
use crate::key::Key;

/// A moment as rcgen wants it, whose type it does not name.
macro_rules! moment {
    ($time:expr) => {
        date_time_ymd(1970, 1, 1) + ($time).duration_since(UNIX_EPOCH).unwrap_or_default()
    };
}

/// How long an authority lasts, and what it issues, unless something else is said.
const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

/// Clocks differ: what is made now is valid for those who are a little behind.
const BEHIND: Duration = Duration::from_secs(3600);

/// What a certificate is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To be shown by who is joined. Its names are those under which it is joined.
    Server,
    /// To be shown by who joins. Its first name is who it is.
    Client,
}

/// A certificate that is wanted.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Wanted {
    /// What it is for.
    pub purpose: Purpose,
    /// Whom it is for.
    pub names: Vec<String>,
    /// From when it is valid. Default: since an hour ago.
    pub from: SystemTime,
    /// Until when. Default: a year from now.
    pub until: SystemTime,
}

impl Wanted {
    /// A certificate for `names`, valid for a year.
    pub fn new<N: Into<String>>(purpose: Purpose, names: impl IntoIterator<Item = N>) -> Self {
        let now = SystemTime::now();
        Self {
            purpose,
            names: names.into_iter().map(Into::into).collect(),
            from: now - BEHIND,
            until: now + YEAR,
        }
    }
}

/// A certificate with its key, in PEM.
#[derive(Clone)]
#[non_exhaustive]
pub struct Issued {
    /// The certificate.
    pub certificate: String,
    /// Its key, which is wiped from memory when it is dropped.
    pub key: Zeroizing<String>,
}

impl std::fmt::Debug for Issued {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Issued")
            .field("certificate", &self.certificate)
            .finish_non_exhaustive()
    }
}

/// Who issues certificates.
#[derive(Debug)]
pub struct Authority {
    key: Key,
}

impl Authority {
    /// A new one.
    ///
    /// # Errors
    ///
    /// [`Error::Key`].
    pub fn generate() -> Result<Self, Error> {
        Key::generate().map(|key| Self { key })
    }

    /// The one whose key it is.
    ///
    /// # Errors
    ///
    /// [`Error::NotAKey`].
    pub fn from_key(pem: &str) -> Result<Self, Error> {
        Key::from_pem(pem).map(|key| Self { key })
    }

    /// What it signs itself, valid for ten years, and its key.
    ///
    /// # Errors
    ///
    /// [`Error::Certificate`].
    pub fn own(&self) -> Result<Issued, Error> {
        let now = SystemTime::now();
        let mut params = self.params()?;
        (params.not_before, params.not_after) = (moment!(now - BEHIND), moment!(now + 10 * YEAR));
        Ok(Issued {
            certificate: params.self_signed(&self.key)?.pem(),
            key: self.key.pem(),
        })
    }

    /// Whether it is its certificate, in PEM, that this is.
    #[must_use]
    pub fn is_of(&self, certificate: &str) -> bool {
        let key = self.key.public();
        pem::parse(certificate).is_ok_and(|found| found.contents().windows(key.len()).any(|some| some == key))
    }

    /// Issues a certificate.
    ///
    /// # Errors
    ///
    /// [`Error::Name`] or [`Error::NoName`] for names that cannot be in one.
    pub fn issue(&self, wanted: &Wanted) -> Result<Issued, Error> {
        let key = Key::generate()?;
        let mut params = params(&key)?;
        (params.not_before, params.not_after) = (moment!(wanted.from), moment!(wanted.until));
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.use_authority_key_identifier_extension = true;
        params.distinguished_name = DistinguishedName::new();
        if let Some(first) = wanted.names.first() {
            params.distinguished_name.push(DnType::CommonName, first.as_str());
        }
        match wanted.purpose {
            Purpose::Server => {
                params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
                let names = wanted.names.iter().map(|name| alternative(name));
                params.subject_alt_names = names.collect::<Result<_, _>>()?;
                if wanted.names.is_empty() {
                    return Err(Error::NoName);
                }
            }
            Purpose::Client => {
                params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
                // A name as "resizer 1" is that of nobody's host. It is the common name, and the only one.
                let names = wanted.names.iter().map(|name| alternative(name));
                params.subject_alt_names = names.collect::<Result<_, _>>().unwrap_or_default();
            }
        }
        let issuer = Issuer::new(self.params()?, &self.key);
        let certificate: Certificate = params.signed_by(&key, &issuer)?;
        Ok(Issued {
            certificate: certificate.pem(),
            key: key.pem(),
        })
    }

    /// Who it is follows from its key, so that the key is all that it takes to issue.
    fn params(&self) -> Result<CertificateParams, Error> {
        let mut params = params(&self.key)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.distinguished_name = DistinguishedName::new();
        let name = format!("daffi authority {}", self.key.short());
        params.distinguished_name.push(DnType::CommonName, name);
        Ok(params)
    }
}

fn params(key: &Key) -> Result<CertificateParams, Error> {
    let mut params = CertificateParams::default();
    params.serial_number = Some(SerialNumber::from(key::random::<16>()?.to_vec()));
    params.key_identifier_method = KeyIdMethod::PreSpecified(key.identifier());
    Ok(params)
}

/// What stands in a certificate for a name.
fn alternative(name: &str) -> Result<SanType, Error> {
    let no_name = || Error::Name(name.to_owned());
    if let Ok(address) = name.parse::<IpAddr>() {
        return Ok(SanType::IpAddress(address));
    }
    if name.contains("://") {
        return Ok(SanType::URI(name.try_into().map_err(|_| no_name())?));
    }
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    let host = name.strip_prefix("*.").unwrap_or(name);
    if name.len() > 253 || !host.split('.').all(is_label) {
        return Err(no_name());
    }
    Ok(SanType::DnsName(name.try_into().map_err(|_| no_name())?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_is_known_by_its_key() {
        let authority = Authority::generate().unwrap();
        let own = authority.own().unwrap();
        let again = Authority::from_key(&own.key).unwrap();
        assert!(again.is_of(&own.certificate));
        assert!(!Authority::generate().unwrap().is_of(&own.certificate));
        assert!(matches!(
            Authority::from_key(&own.certificate),
            Err(Error::NotAKey)
        ));
    }

    #[test]
    fn names_that_no_certificate_can_have_are_refused_for_servers() {
        let authority = Authority::generate().unwrap();
        for bad in ["", "two words", "a..b", "-a", "a/b", &"a".repeat(64)] {
            let refused = authority.issue(&Wanted::new(Purpose::Server, [bad]));
            assert!(matches!(refused, Err(Error::Name(_))), "{bad:?}");
            assert!(
                authority.issue(&Wanted::new(Purpose::Client, [bad])).is_ok(),
                "{bad:?}"
            );
        }
        for good in [
            "localhost",
            "10.0.0.1",
            "::1",
            "*.shop.example",
            "spiffe://shop/resizer",
        ] {
            authority.issue(&Wanted::new(Purpose::Server, [good])).unwrap();
        }
        let nobody: [&str; 0] = [];
        assert!(matches!(
            authority.issue(&Wanted::new(Purpose::Server, nobody)),
            Err(Error::NoName)
        ));
    }

    #[test]
    fn keys_are_never_shown() {
        let own = Authority::generate().unwrap().own().unwrap();
        assert!(!format!("{own:?}").contains("PRIVATE"));
    }
}
