//! Who a process is, and what that means for what it may do.

use std::sync::Arc;

use daffi_core::Quotas;
use daffi_core::link::handshake::Admitted;
use daffi_core::proto::{Refusal, USER_PREFIX, Who};

use crate::access::{Allowed, Policy, Rights};

/// Who a process is, as far as that decides what it may do.
#[derive(Clone, Debug)]
pub(super) enum Standing {
    /// It is the process that runs the controller.
    Own,
    /// Another one, which is known by this identity if it has proven one.
    Other(Option<Arc<str>>),
}

impl Standing {
    /// That of a process that asks to be let in.
    pub(super) fn of(admitted: &Admitted) -> Self {
        Self::new(admitted.is_own, &admitted.who)
    }

    /// That of whoever has proven who it is, or is the process that runs the controller.
    pub(super) fn new(is_own: bool, who: &Who<Arc<str>>) -> Self {
        match who {
            _ if is_own => Self::Own,
            Who::User(uid) => Self::Other(Some(format!("{USER_PREFIX}{uid}").into())),
            // Whoever gives out certificates must not thereby make somebody a user of this machine.
            Who::Token(name) | Who::Key(name) | Who::Certificate(name) if !name.starts_with(USER_PREFIX) => {
                Self::Other(Some(Arc::clone(name)))
            }
            _ => Self::Other(None),
        }
    }
}

impl Standing {
    /// How much such a process may have; all if there is nothing.
    pub(super) fn quotas(&self, policy: Option<&Policy>, all: &Quotas) -> Option<Allowed> {
        match self {
            Self::Own => None,
            Self::Other(identity) => Policy::allowed(policy, identity.as_deref(), all),
        }
    }

    /// Whether it is the process that runs the controller.
    pub(super) const fn is_own(&self) -> bool {
        matches!(self, Self::Own)
    }

    /// The identity that it has proven.
    pub(super) fn identity(&self) -> &str {
        match self {
            Self::Other(Some(identity)) => identity,
            Self::Own | Self::Other(None) => "nobody",
        }
    }
}

/// What a process of that name may do; everything if there is nothing.
pub(super) fn rights(
    policy: Option<&Policy>,
    standing: &Standing,
    process_name: &str,
) -> Result<Option<Arc<Rights>>, String> {
    let (Some(policy), Standing::Other(identity)) = (policy, standing) else {
        return Ok(None);
    };
    let identity = identity.as_deref();
    policy.check_name(identity, process_name)?;
    Ok(Some(policy.rights(identity)))
}

/// As [`rights`], for a process that asks to be let in.
pub(super) fn allowed(
    policy: Option<&Policy>,
    standing: &Standing,
    process_name: &str,
) -> Result<Option<Arc<Rights>>, Refusal> {
    rights(policy, standing, process_name).map_err(|reason| Refusal::Denied { reason })
}
