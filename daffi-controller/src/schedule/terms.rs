//! Calls whose signature is not that of who offers the callback, but goes together with it: by their structure, or since parts that could not
//! be traced match anything.

use bytes::Bytes;
use daffi_core::described::{Front, Verdict, agreement};
use daffi_core::proto::Described;

use super::order::Order;

/// So often a call is made in other terms.
pub(super) const AGAIN: u8 = 2;

/// What is known of the signatures of those who offer what a schedule calls.
#[derive(Clone, Debug, Default)]
pub(super) struct Terms {
    /// Of one that accepts its calls: the number, and what stands in front of the arguments, where the callback has others.
    compatible: Option<(u64, Option<Front>)>,
    /// The number of one that does not.
    incompatible: Option<u64>,
    /// Calls are made in those terms.
    are_others: bool,
}

impl Terms {
    /// By which number calls are made, where that is not their own; and the arguments behind their structure, if they are to
    /// have it in front.
    pub(super) fn accepted(&self, order: &Order) -> Option<(u64, Option<Bytes>)> {
        let (number, front) = self.compatible.as_ref().filter(|_| self.are_others)?;
        let front = front.as_ref();
        Some((*number, front.map(|front| front.before(order.arguments()))))
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

    /// Whether what is called and what is offered go together.
    pub(super) fn are_compatible(&mut self, order: &Order, offered: &Described) -> bool {
        // Looking takes long.
        let compatible = self.compatible.as_ref().map(|(number, _)| *number);
        if compatible == Some(offered.number) || self.incompatible == Some(offered.number) {
            return compatible == Some(offered.number);
        }
        let Some(called) = order.described() else {
            return false;
        };
        match front(called, offered) {
            Some(front) => {
                self.compatible = Some((offered.number, front));
                true
            }
            None => {
                self.incompatible = Some(offered.number);
                false
            }
        }
    }
}

/// What is to stand in front of the arguments, if they may be sent at all.
#[allow(
    clippy::option_option,
    reason = "to need none and to be refused are different things"
)]
fn front(called: &Described, offered: &Described) -> Option<Option<Front>> {
    let called = called.interface().ok()?;
    match agreement(&called, &offered.interface().ok()?) {
        Verdict::Same => Some(None),
        Verdict::Compatible => Front::of_arguments(&called).map(Some),
        _ => None,
    }
}
