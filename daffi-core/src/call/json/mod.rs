//! Calls by hand: of callbacks of which the program knows nothing before it runs, with values as JSON has them.
//!
//! What the controller says of a callback is asked for once. The arguments are then written by the provider's own structure
//! and under its own number, so that the call is one as any other.

mod broadcast;
mod call;
mod ending;
mod known;
mod making;
mod written;

pub use self::broadcast::JsonBroadcast;
pub use self::call::JsonCall;
pub(crate) use self::known::Descriptions;
