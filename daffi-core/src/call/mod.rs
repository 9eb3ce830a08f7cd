//! Making calls: what a fetcher returns, and how its outcome becomes a value.

mod arguments;
mod background;
mod broadcast;
mod future;
mod gather;
mod pump;
mod replies;
mod streaming;
mod stub;

pub(crate) use arguments::by_name;
pub use background::AsyncResult;
pub use broadcast::{Broadcast, ReplyStream};
pub use future::{Call, Handover};
pub(crate) use future::{NodeChoice, block_on, check_may_block, may_block};
pub use gather::BroadcastItems;
pub use pump::{Encode, Feeds};
pub(crate) use pump::{Port, Pump};
pub use replies::{Replies, Reply};
pub use streaming::{BlockingItems, Streaming};
pub use stub::{Stub, call, call_each, call_raw, call_stream, call_stream_raw, decode_item, decode_raw_item};
