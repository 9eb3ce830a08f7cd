//! Making calls: what a fetcher returns, and how its outcome becomes a value.

mod arguments;
mod background;
mod broadcast;
mod future;
mod replies;
mod stub;

pub(crate) use arguments::by_name;
pub use background::AsyncResult;
pub use broadcast::{Broadcast, ReplyStream};
pub use future::{Call, Handover};
pub(crate) use future::{NodeChoice, block_on};
pub use replies::{Replies, Reply};
pub use stub::{Stub, call, call_raw};
