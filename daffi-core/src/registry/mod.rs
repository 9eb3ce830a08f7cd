//! Callbacks as data: what the macros register, and what a node offers.
//!
//! **Invariant:** knows how a callback is described and run, and nothing of connections or nodes. The macros expand
//! to the entry types in `entry`; a node works with [`Callback`]s only.

mod answers;
mod callback;
mod catalog;
mod closure;
mod description;
mod effort;
mod entry;
mod flow;
mod fronts;
mod invocation;
pub(crate) mod looking;
mod not_sent;
mod object;
mod pace;
mod package;
mod service;
mod telling;
#[cfg(test)]
mod tests;
mod words;

pub use answers::{Answers, encode_value};
pub(crate) use callback::tell;
pub use callback::{BoundCallback, Callback, Handler, Work, WorkFuture};
pub use catalog::Catalog;
pub use closure::{CallbackArgument, CallbackFn, CallbackResult};
pub use description::Description;
pub use entry::{Declaration, Function, FunctionEntry, Method, MethodEntry};
pub use flow::{Flow, FlowHost};
pub use invocation::{Invocation, OutcomeFuture};

pub use crate::proto::{Failure, Outcome};
pub(crate) use effort::{Effort, For};
pub(crate) use fronts::Known;
pub use pace::Pace;
pub(crate) use pace::{SLOW, patience};
pub use package::Origin;
pub use service::{ServiceEntry, ServiceInstance};
pub(crate) use telling::tell_named;
