//! Schedules and the time: what is due is called, in the name of whoever made the schedule, and what became of it is kept and told.

mod books;
mod callers;
mod calling;
mod clock;
mod errands;
mod inside;
mod keeping;
mod many;
#[cfg_attr(not(feature = "durable"), path = "no_store.rs")]
mod store;
mod telling;
mod waits;
mod writing;

pub(super) use self::books::Scheduling;
pub(super) use self::inside::Inside;
