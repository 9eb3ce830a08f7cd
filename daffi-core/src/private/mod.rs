//! What the macros expand to. Not for people: nothing in here is stable.

pub mod by_type;
pub mod check;
pub mod raw;

pub use bytes::Bytes;
pub use inventory;

pub use crate::call::{Stub, call, call_raw};
pub use crate::context::CallContext;
pub use crate::error::RemoteError;
pub use crate::proto::{Balance, Failure, Outcome};
pub use crate::registry::{
    BoundCallback, Description, Function, FunctionEntry, Invocation, Method, MethodEntry, OutcomeFuture,
    ServiceEntry, ServiceInstance, encode_value,
};
pub use crate::signature::{ErrorType, Returns, Signature, Type, trace};
