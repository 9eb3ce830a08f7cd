//! Why a controller was not joined.

use std::io;

use crate::link::greeting::NotWelcome;
use crate::link::handshake::Distrust;
use crate::proto::Refusal;
use crate::transport::{ConnectError, NotPrivate, TlsFault, TlsSide};

/// Why a connection attempt failed.
#[derive(Debug)]
pub(super) enum NotJoined {
    Io(io::Error),
    /// It was in this process, has stopped, and never comes back.
    Gone,
    Refused(Refusal),
    /// Whoever is there is not trusted: why.
    Untrusted(String),
    /// There is no TLS with it, and will not be for as long as certificates and settings are what they are.
    Tls(TlsFault),
}

impl NotJoined {
    /// Whether another controller may be there instead.
    pub(super) const fn is_elsewhere(&self) -> bool {
        matches!(
            self,
            Self::Io(_) | Self::Refused(Refusal::Stopping | Refusal::StandsBy)
        )
    }

    /// Whether nobody is there who could still have a session.
    pub(super) fn is_nobody(&self) -> bool {
        matches!(self, Self::Io(error) if error.kind() == io::ErrorKind::ConnectionRefused)
    }
}

impl From<ConnectError> for NotJoined {
    fn from(error: ConnectError) -> Self {
        match error {
            ConnectError::Tls(fault) => Self::from(fault),
            // It was said before there was TLS, by anybody on the way: no more is believed than can be true of a controller that is not itself
            // yet.
            ConnectError::Refused(refusal @ (Refusal::NoTls | Refusal::Stopping | Refusal::OverQuota(_))) => {
                Self::Refused(refusal)
            }
            ConnectError::Refused(_) => Self::Tls(TlsFault::NotTls {
                by: TlsSide::Controller,
            }),
            ConnectError::Io(error) if NotPrivate::is_in(&error) => Self::Untrusted(error.to_string()),
            ConnectError::Io(error) => Self::Io(error),
        }
    }
}

impl From<TlsFault> for NotJoined {
    fn from(fault: TlsFault) -> Self {
        if fault.is_end() {
            Self::Io(fault.into())
        } else {
            Self::Tls(fault)
        }
    }
}

impl From<Distrust> for NotJoined {
    fn from(distrust: Distrust) -> Self {
        Self::Untrusted(distrust.to_string())
    }
}

impl From<NotWelcome> for NotJoined {
    fn from(error: NotWelcome) -> Self {
        match error {
            NotWelcome::Refused(refusal) => Self::Refused(refusal),
            NotWelcome::Untrusted(distrust) => distrust.into(),
            NotWelcome::Broken(reason) => Self::Io(io::Error::new(io::ErrorKind::InvalidData, reason)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p11_what_is_said_before_there_is_tls_is_no_last_word() {
        let said = |refusal: Refusal| NotJoined::from(ConnectError::Refused(refusal));
        let denied = Refusal::Denied {
            reason: "by somebody on the way".to_owned(),
        };
        for refusal in [denied, Refusal::WrongProof, Refusal::NotDaffi] {
            assert!(matches!(
                said(refusal),
                NotJoined::Tls(TlsFault::NotTls {
                    by: TlsSide::Controller
                })
            ));
        }
        for refusal in [Refusal::NoTls, Refusal::Stopping] {
            assert!(matches!(said(refusal.clone()), NotJoined::Refused(same) if same == refusal));
            assert!(!super::super::away::Answers::default().are_final(&refusal));
        }
    }
}
