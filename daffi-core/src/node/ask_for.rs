//! Asking the controller for somebody who offers a callback: once, however many calls wait for it.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::yield_now;
use tokio::time::sleep;

use super::awaited::Asked;
use super::{Message, Node};
use crate::proto::{Failed, Failure};
use crate::session::KeptWait;

/// How long it takes to ask again, where the controller has too much to do to answer.
const PAUSE: Duration = Duration::from_millis(500);

/// So many calls are sent again before others get their turn.
const TURN: usize = 128;

impl Node {
    /// Asks to be told when that process offers the callback, or any other than this one if none is named, which has these attributes.
    pub(crate) fn ask_for(
        self: &Arc<Self>,
        callback: &str,
        process: Option<&str>,
        having: &[(String, String)],
    ) -> Arc<Asked> {
        let key = KeptWait::new(callback, process, having);
        let (asked, new) = self.awaited.ask(&key);
        if let Some(question) = new {
            let node = Arc::clone(self);
            self.spawn_task(async move {
                question.unless_unwanted(node.until_offered(&key)).await;
                node.send_again(&key).await;
            });
        }
        asked
    }

    /// Sends the calls again that wait for that.
    async fn send_again(&self, key: &KeptWait) {
        loop {
            let now = self.now();
            let is_rest = self.drive(|session, out, events| session.send_again(now, key, TURN, out, events));
            if !is_rest {
                return;
            }
            yield_now().await;
        }
    }

    async fn until_offered(self: &Arc<Self>, key: &KeptWait) {
        loop {
            match self.exchange(|| Message::Ask(key.query(), None)).await {
                Ok(_) => return,
                // The call finds out what is wrong.
                Err(Failure::Failed(Failed::Cancelled { .. })) => return,
                Err(_) if self.is_closed() => return,
                // The connection is lost. It waits for the next one, and the calls keep their order.
                Err(Failure::Failed(Failed::Disconnected { .. })) => {}
                Err(_) => sleep(PAUSE).await,
            }
        }
    }
}
