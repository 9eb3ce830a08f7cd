//! What a program may say of quotas and means nothing.

use crate::error::ConfigFault;
use crate::quota::Quotas;

/// As how many connections a connection may have: there is one of each.
pub(super) fn no_quota(quotas: &Quotas) -> Option<ConfigFault> {
    let (of, measure) = quotas.meaningless().next()?;
    Some(ConfigFault::Value {
        setting: "quotas",
        value: format!("{measure} of quotas.{of}"),
        expected: "how many connections there may be is said of an identity (Quotas::identity), and how many may come in a second also of an \
                   address (Quotas::address), of which nothing else can be said",
    })
}
