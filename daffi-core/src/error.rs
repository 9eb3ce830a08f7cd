//! What can go wrong, as a user meets it: [`CallError`] for calls, [`RemoteError`] for a callback's own error in
//! words, [`StartError`] for starting a `Global`.

mod absent;
mod app;
#[cfg(feature = "runtime")]
mod by_hand;
mod call;
mod changed;
#[cfg(feature = "runtime")]
mod failed;
#[cfg(feature = "runtime")]
mod fault;
mod full;
mod kind;
mod lacking;
mod made;
mod overloaded;
mod phrases;
mod ran;
mod refusal;
#[cfg(feature = "runtime")]
mod register;
#[cfg(feature = "runtime")]
mod remedy;
mod said;
mod shown;
#[cfg(feature = "runtime")]
mod start;
#[cfg(test)]
mod tests;
mod unmet;
mod untyped;
mod words;

#[cfg(feature = "runtime")]
pub use by_hand::JsonError;
pub use call::{CallError, Oversized};
#[cfg(feature = "runtime")]
pub use fault::ConfigFault;
pub use kind::CallErrorKind;
pub use refusal::Refusal;
#[cfg(feature = "runtime")]
pub use register::RegisterError;
#[cfg(feature = "runtime")]
pub use shown::{Shown, ShownEntry};
#[cfg(feature = "runtime")]
pub use start::StartError;
pub use unmet::Unmet;

pub use crate::proto::RemoteError;
