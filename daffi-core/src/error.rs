//! What can go wrong, as a user meets it: [`CallError`] for calls, [`RemoteError`] for a callback's own error in
//! words, [`StartError`] for starting a `Global`.

mod call;
mod changed;
mod kind;
mod made;
mod ran;
mod shown;
#[cfg(feature = "runtime")]
mod start;
#[cfg(test)]
mod tests;
mod words;

pub use call::CallError;
pub use kind::CallErrorKind;
#[cfg(feature = "runtime")]
pub use shown::{Shown, ShownEntry};
#[cfg(feature = "runtime")]
pub use start::{ConfigFault, Refusal, RegisterError, StartError};

pub use crate::proto::RemoteError;
