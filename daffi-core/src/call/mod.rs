//! Making calls: what a fetcher returns, and how its outcome becomes a value.

mod arguments;
mod background;
mod future;
mod stub;

pub use background::AsyncResult;
pub use future::Call;
pub(crate) use future::{NodeChoice, block_on};
pub use stub::{Stub, call, call_raw};
pub(crate) use arguments::by_name;
