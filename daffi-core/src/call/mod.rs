//! Making calls: what a fetcher returns, and how its outcome becomes a value.

mod answer;
mod arguments;
mod attempt;
mod background;
mod blocking;
mod broadcast;
mod future;
mod gather;
mod handover;
mod make;
mod modifiers;
mod options;
mod patience;
mod pause;
mod pump;
mod replies;
mod source;
mod streaming;
mod stub;

pub(crate) use arguments::by_name;
pub use background::AsyncResult;
pub(crate) use blocking::{block_on, check_may_block, may_block, wait_for};
pub use broadcast::{Broadcast, ReplyStream};
pub use future::Call;
pub use gather::BroadcastItems;
pub use handover::Handover;
pub use make::{call, call_each, call_raw, call_stream, call_stream_raw, decode_item, decode_raw_item};
pub(crate) use options::NodeChoice;
pub use pump::{Encode, Feeds};
pub(crate) use pump::{Port, Pump};
pub use replies::{Replies, RepliesIter, Reply};
pub use streaming::{BlockingItems, Streaming};
pub use stub::Stub;
