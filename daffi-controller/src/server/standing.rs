//! Who a process is, and what that means for what it may do.

use std::sync::Arc;

use daffi_core::link::{Channel, Reach};
use daffi_core::proto::Refusal;

use crate::access::{Policy, Rights};

/// Who a process is, as far as that decides what it may do.
#[derive(Clone, Debug)]
pub(super) enum Standing {
    /// It is the process that runs the controller.
    Own,
    /// Another one, which is known by this identity if it has proven one.
    Other(Option<Arc<str>>),
}

impl Standing {
    /// That of the other end of a connection.
    pub(super) fn of(channel: &Channel) -> Self {
        match channel.reach {
            Reach::Process => Self::Own,
            _ => Self::Other(channel.certificate.clone()),
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
pub(super) fn admitted(
    policy: Option<&Policy>,
    standing: &Standing,
    process_name: &str,
) -> Result<Option<Arc<Rights>>, Refusal> {
    rights(policy, standing, process_name).map_err(|reason| Refusal::Denied { reason })
}
