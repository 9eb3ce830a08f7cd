//! Calls whose signature is not that of who offers the callback, but may mean the same: parts that could not be traced match anything.

use daffi_core::proto::Described;

use super::order::Order;

/// So often a call is made in other terms.
pub(super) const AGAIN: u8 = 2;

/// What is known of the signatures of those who offer what a schedule calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Terms {
    /// The number of one that accepts its calls.
    compatible: Option<u64>,
    /// That of one that does not.
    incompatible: Option<u64>,
    /// Calls are made by that number.
    are_others: bool,
}

impl Terms {
    /// By which number calls are made, where that is not their own.
    pub(super) const fn accepted(&self) -> Option<u64> {
        if self.are_others { self.compatible } else { None }
    }

    /// Whether a call, which was made with another number, may be made to who offers this.
    pub(super) fn accept(&mut self, order: &Order, offered: &Described) -> bool {
        if offered.accepts(order.signature()) {
            return std::mem::take(&mut self.are_others);
        }
        let accepts = self.are_compatible(order, offered);
        self.are_others |= accepts;
        accepts
    }

    /// Whether what is called and what is offered mean the same.
    pub(super) fn are_compatible(&mut self, order: &Order, offered: &Described) -> bool {
        // Looking takes long.
        let number = Some(offered.number);
        if self.compatible == number || self.incompatible == number {
            return self.compatible == number;
        }
        let Some(called) = order.described() else {
            return false;
        };
        let structures = called.decode().and_then(|called| Ok((called, offered.decode()?)));
        let accepts = structures.is_ok_and(|(called, offered)| called.is_compatible_with(&offered));
        if accepts {
            self.compatible = number;
        } else {
            self.incompatible = number;
        }
        accepts
    }
}
