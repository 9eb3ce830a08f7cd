//! What a program may say of quotas and means nothing.

use crate::error::ConfigFault;
use crate::proto::{Measure, QuotaOf};
use crate::quota::Quotas;

/// How many connections a connection may have: there is one of each.
pub(super) fn no_quota(quotas: &Quotas) -> Option<ConfigFault> {
    let connections = quotas.of(QuotaOf::Connection).said(Measure::Connections)?;
    Some(ConfigFault::Value {
        setting: "connections of the quota of a connection",
        value: connections.to_string(),
        expected: "how many there may be is said of an identity, by Quotas::identity",
    })
}
