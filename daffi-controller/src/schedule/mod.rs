//! Which calls are due: a plain state machine.
//!
//! A process leaves a call with the controller and says when it is to be made. The time comes in, with what became of the calls that
//! were made; what is to be done comes out as [`Act`]s. However many are due at once, a turn makes a bounded number of them.
//!
//! **Invariant:** no socket, clock, task or lock, and no randomness but a seed. Every tick ends exactly once: its call was made once,
//! or it is said why not (P10).

mod agenda;
mod changes;
mod changing;
#[cfg_attr(not(feature = "cron"), path = "no_cron.rs")]
mod cron;
mod end;
mod history;
mod making;
mod now;
mod order;
mod over;
mod record;
mod refused;
mod restoring;
mod rule;
mod schedules;
mod shares;
mod task;
mod terms;
#[cfg(test)]
mod tests;
mod ticking;

pub use self::changes::Changes;
use self::cron::Line;
pub use self::cron::Zones;
pub use self::end::{Act, End, Run};
pub(crate) use self::history::shorten;
pub use self::now::Now;
pub use self::order::{Connection, Draft, Maker, Order};
pub use self::record::{Change, Kept};
pub use self::refused::Refused;
pub use self::restoring::Unreadable;
pub use self::schedules::Schedules;
pub use self::shares::Bounds;
pub use self::terms::Other;
