//! What the macros expand to. Not for people: nothing in here is stable.

pub mod by_type;
pub mod check;
mod defaulted;
pub mod streams;

pub use bytes::Bytes;
pub use defaulted::Defaulted;
pub use inventory;

pub use crate::call::{
    Encode, Feeds, Lagging, Stub, call, call_each, call_raw, call_stream, call_stream_raw, decode_item,
    decode_raw_item,
};
pub use crate::context::CallContext;
pub use crate::error::{RemoteError, Shown, ShownEntry};
pub use crate::global::Client;
pub use crate::proto::{Balance, EncodeError, Failure, Outcome, encode_arguments, encode_item};
pub use crate::registry::{
    BoundCallback, Declaration, Function, FunctionEntry, Invocation, Method, MethodEntry, OutcomeFuture,
    ServiceEntry, ServiceInstance, encode_value,
};
pub use crate::signature::{Contract, ErrorFindings as ErrorType, Findings, Form, Forms};
