//! Asking the controller for somebody who offers a callback: once, however many calls wait for it.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use super::awaited::{Asked, Key};
use super::{Message, Node};
use crate::proto::{Failed, Failure, Query};
use crate::session::borrowed;

/// How long it takes to ask again, where the controller has too much to do to answer.
const PAUSE: Duration = Duration::from_millis(500);

impl Node {
    /// Asks to be told when that process offers the callback, or any other than this one if none is named, which has these attributes.
    pub(crate) fn ask_for(
        self: &Arc<Self>,
        callback: &str,
        process: Option<&str>,
        having: &[(String, String)],
    ) -> Arc<Asked> {
        let key = Key {
            callback: callback.into(),
            process: process.map(Into::into),
            having: having.into(),
        };
        let (asked, new) = self.awaited.ask(&key);
        if let Some(question) = new {
            let node = Arc::clone(self);
            self.spawn_task(async move {
                question.unless_unwanted(node.until_offered(&key)).await;
            });
        }
        asked
    }

    async fn until_offered(self: &Arc<Self>, key: &Key) {
        let query = || Query::WaitFunction {
            name: &key.callback,
            process: key.process.as_deref(),
            having: borrowed(&key.having),
        };
        loop {
            match self.exchange(|| Message::Ask(query(), None)).await {
                Ok(_) => return,
                // The call finds out what is wrong.
                Err(Failure::Failed(Failed::Disconnected { .. } | Failed::Cancelled { .. })) => return,
                Err(_) => sleep(PAUSE).await,
            }
        }
    }
}
