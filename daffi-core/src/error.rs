//! What can go wrong, as a user meets it: [`CallError`] for calls, [`RemoteError`] for a callback's own error in
//! words, [`StartError`] for starting a `Global`.

mod call;
#[cfg(feature = "runtime")]
mod start;
mod words;

pub use call::CallError;
#[cfg(feature = "runtime")]
pub use start::{ConfigFault, RegisterError, StartError};

pub use crate::proto::RemoteError;
