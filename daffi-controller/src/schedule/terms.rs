//! Calls whose signature is not that of who offers the callback, but may mean the same: parts that could not be traced match anything.

use daffi_core::proto::Described;

use super::order::Order;

/// So often a call is made in other terms.
pub(super) const AGAIN: u8 = 2;

/// What is known of the signatures of those who offer what a schedule calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Terms {
    /// The number of one that accepts its calls.
    pub(super) accepted: Option<u64>,
    /// That of one that does not.
    refused: Option<u64>,
}

impl Terms {
    /// Whether a call, which was made with another number, may be made to who offers this.
    pub(super) fn accept(&mut self, order: &Order, offered: &Described) -> bool {
        if offered.accepts(order.signature()) {
            return self.accepted.take().is_some();
        }
        // Looking takes long.
        if self.accepted == Some(offered.number) || self.refused == Some(offered.number) {
            return self.accepted == Some(offered.number);
        }
        let Some(called) = order.described() else {
            return false;
        };
        let structures = called.decode().and_then(|called| Ok((called, offered.decode()?)));
        let accepts = structures.is_ok_and(|(called, offered)| called.is_compatible_with(&offered));
        if accepts {
            self.accepted = Some(offered.number);
        } else {
            self.refused = Some(offered.number);
        }
        accepts
    }
}
