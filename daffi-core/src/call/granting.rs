//! What a call that was begun sends of its streams, and lets others send.

use std::task::Context;

use super::attempt::Attempt;
use super::pump::Feeds;
use super::spread::Receivers;
use crate::proto::{Failed, Window};

impl Attempt {
    /// Lets the callback of the process with that place on the roster send more of its stream: at first so much, then as much as
    /// was taken of it. What was granted; or why there is nothing left for it.
    pub(super) fn grant_to(&self, index: usize, window: Window) -> Result<Window, Failed> {
        match (self.exchange.sent(), u32::try_from(index)) {
            (Some(sent), Ok(index)) => self.exchange.node().grant(sent, index, window),
            _ => Ok(Window::NONE),
        }
    }

    /// Sends arguments that are streams.
    pub(super) fn feed(&mut self, feeds: &mut Feeds, cx: &mut Context<'_>) {
        if let Some(sent) = self.exchange.sent() {
            let node = self.exchange.node();
            // What the streams wait for may belong to a runtime.
            let runtime = node.runtime().enter();
            let _ = feeds.poll(node, sent, cx);
            drop(runtime);
            if feeds.were_sent() {
                self.was_fed();
            }
        }
    }

    /// Sends arguments that are streams to all who are asked.
    pub(super) fn feed_all(&self, receivers: &mut Receivers, feeds: &mut Feeds, cx: &mut Context<'_>) {
        // Those who are called again are sent them also when the call itself has its outcome.
        if self.exchange.sent().is_some() || receivers.calls_again() {
            let node = self.exchange.node();
            let _runtime = node.runtime().enter();
            receivers.feed(feeds, node, cx);
        }
    }

    /// Sends the process with that place on the roster no more of them: nobody takes what it says.
    pub(super) fn leave(&self, receivers: &mut Receivers, index: usize) {
        receivers.leave(self.exchange.node(), index);
    }
}
