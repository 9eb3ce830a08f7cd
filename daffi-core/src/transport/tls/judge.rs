//! What rustls finds, in daffi's words.

use std::time::{SystemTime, UNIX_EPOCH};

use rustls::pki_types::ServerName;
use rustls::{AlertDescription, CertificateError, Error};

use super::super::fault::{CertificateFault, TlsFault, TlsSide};
use super::certificate::{Validity, shown, shown_time};

/// Who is at the other end, and when this side's own certificate is valid: a refusal of it does not say more than that.
#[derive(Clone, Copy, Debug)]
pub(super) struct Judge {
    pub(super) peer: TlsSide,
    pub(super) own: Option<Validity>,
}

impl Judge {
    pub(super) fn fault(&self, error: &Error) -> TlsFault {
        let peer = self.peer;
        match error {
            Error::InvalidCertificate(error) => TlsFault::Certificate {
                of: peer,
                fault: certificate(error),
            },
            Error::NoCertificatesPresented => TlsFault::Certificate {
                of: peer,
                fault: CertificateFault::Missing,
            },
            Error::AlertReceived(alert) => self.told(*alert),
            Error::PeerIncompatible(_) => TlsFault::NothingInCommon { by: peer },
            error => TlsFault::Protocol {
                with: peer,
                reason: error.to_string(),
            },
        }
    }

    /// What the other side says.
    fn told(&self, alert: AlertDescription) -> TlsFault {
        let by = self.peer;
        let fault = match alert {
            AlertDescription::CertificateRequired => CertificateFault::Missing,
            AlertDescription::CertificateExpired => self.out_of_date(),
            AlertDescription::UnknownCA => CertificateFault::UnknownIssuer,
            AlertDescription::UnsupportedCertificate => CertificateFault::Purpose,
            // What rustls says of another name. It says so of one that cannot be read, too, but what this side shows it has read.
            AlertDescription::BadCertificate if by == TlsSide::Node => CertificateFault::WrongName {
                expected: None,
                names: Vec::new(),
            },
            AlertDescription::BadCertificate => CertificateFault::Other("it cannot be read there".to_owned()),
            AlertDescription::CertificateRevoked => CertificateFault::Other("it was revoked".to_owned()),
            AlertDescription::CertificateUnknown
            | AlertDescription::DecryptError
            | AlertDescription::AccessDenied => {
                CertificateFault::Other("the other side does not say why".to_owned())
            }
            AlertDescription::HandshakeFailure
            | AlertDescription::ProtocolVersion
            | AlertDescription::InsufficientSecurity => return TlsFault::NothingInCommon { by },
            AlertDescription::NoApplicationProtocol => {
                return TlsFault::Protocol {
                    with: by,
                    reason: "it uses TLS, but is no daffi process".to_owned(),
                };
            }
            other => {
                return TlsFault::Protocol {
                    with: by,
                    reason: format!("it says {other:?}"),
                };
            }
        };
        TlsFault::Rejected { by, fault }
    }

    fn out_of_date(&self) -> CertificateFault {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.map_or(0, |now| i64::try_from(now.as_secs()).unwrap_or(i64::MAX));
        match self.own {
            Some(own) if own.until < now => CertificateFault::Expired {
                at: Some(shown(own.until)),
            },
            Some(own) if own.from > now => CertificateFault::NotYetValid {
                at: Some(shown(own.from)),
            },
            _ => CertificateFault::OutOfDate,
        }
    }
}

fn certificate(error: &CertificateError) -> CertificateFault {
    match error {
        CertificateError::Expired => CertificateFault::Expired { at: None },
        CertificateError::ExpiredContext { not_after, .. } => CertificateFault::Expired {
            at: Some(shown_time(*not_after)),
        },
        CertificateError::NotValidYet => CertificateFault::NotYetValid { at: None },
        CertificateError::NotValidYetContext { not_before, .. } => CertificateFault::NotYetValid {
            at: Some(shown_time(*not_before)),
        },
        CertificateError::NotValidForName => CertificateFault::WrongName {
            expected: None,
            names: Vec::new(),
        },
        CertificateError::NotValidForNameContext { expected, presented } => CertificateFault::WrongName {
            expected: Some(match expected {
                ServerName::DnsName(name) => name.as_ref().to_owned(),
                ServerName::IpAddress(address) => std::net::IpAddr::from(*address).to_string(),
                other => format!("{other:?}"),
            }),
            names: presented
                .iter()
                .take(SHOWN_NAMES)
                .map(|name| plain(name))
                .collect(),
        },
        CertificateError::UnknownIssuer => CertificateFault::UnknownIssuer,
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            CertificateFault::Purpose
        }
        other => CertificateFault::Other(other.to_string()),
    }
}

/// So many of the names of a certificate that is for others are shown.
const SHOWN_NAMES: usize = 8;

/// `DnsName("shop.example")` as `shop.example`: the verifier shows what kind of name it is.
fn plain(name: &str) -> String {
    let inner = name
        .split_once('(')
        .and_then(|(_, rest)| rest.strip_suffix(')'))
        .map(|inner| inner.trim_matches('"'));
    inner
        .unwrap_or(name)
        .chars()
        .filter(|letter| !letter.is_control())
        .take(255)
        .collect()
}
