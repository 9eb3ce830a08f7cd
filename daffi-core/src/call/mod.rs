//! Making calls: what a fetcher returns, and how its outcome becomes a value.

mod again;
mod answer;
mod arguments;
mod asked;
mod attempt;
mod background;
mod blocking;
mod blocking_stream;
mod broadcast;
mod collect;
mod encoded;
mod feeding;
mod future;
mod gather;
mod granting;
mod handover;
mod json;
mod later;
mod make;
mod modifiers;
mod options;
mod patience;
mod pause;
mod period;
mod pump;
mod question;
mod replies;
mod reply_stream;
mod request;
mod schedule;
mod scheduled;
mod settings;
mod source;
mod spread;
mod streaming;
mod stub;
mod unawaited;
mod worth;

pub use crate::node::Lagging;
pub(crate) use arguments::by_name;
pub use background::AsyncResult;
pub(crate) use blocking::{block_on, check_may_block, may_block, not_forked, wait_for, waits_for_caller};
pub use blocking_stream::BlockingStream;
pub use broadcast::{Broadcast, BroadcastHandover};
pub use future::Call;
pub use gather::BroadcastItems;
pub use handover::Handover;
pub(crate) use json::Descriptions;
pub use json::{JsonBroadcast, JsonCall};
pub use later::DurableCall;
pub use make::{call, call_each, call_raw, call_stream, call_stream_raw, decode_item, decode_raw_item};
pub(crate) use options::NodeChoice;
pub use period::Period;
pub use pump::{Encode, Feeds};
pub(crate) use pump::{Port, Pump};
pub(crate) use question::{ask, controller_error};
pub use replies::{Replies, RepliesIter, Reply};
pub use reply_stream::ReplyStream;
pub use schedule::PeriodCall;
pub use scheduled::{ScheduledTask, Ticks};
pub(crate) use settings::Settings;
pub use streaming::{BlockingItems, Streaming};
pub use stub::Stub;

#[cfg(test)]
mod tests {
    use super::*;

    /// It lies in the future of whoever makes it, and is moved some times on its way there: allocators are slow with more than a kibibyte.
    #[test]
    fn a_call_leaves_room_beside_it_in_a_kibibyte() {
        let bytes = size_of::<Call<()>>();
        assert!(bytes <= 704, "{bytes} bytes");
    }
}
