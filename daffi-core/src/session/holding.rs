//! A controller that is about to stop: what begins here waits for the next one, but for what a callback waits for that runs here.

use core::time::Duration;

use bytes::Bytes;

use super::held::Held;
use super::message::Message;
use super::transmit::Transmit;
use super::{Event, Session};
use crate::proto::{CallId, Header, Moment};

impl<W, C: Clone> Session<W, C> {
    /// The controller is about to stop.
    pub(super) fn hold(
        &mut self,
        now: Moment,
        within: Duration,
        out: &mut impl Transmit,
        events: &mut Vec<Event<W, C>>,
    ) {
        let held = Held::new(now + within, self.stamp);
        self.held.get_or_insert(held);
        self.send_parked(now, out, events);
    }

    /// Whether a message waits for the next controller. What a callback waits for does not: it could not end otherwise.
    pub(super) fn holds(&self, message: &Message<'_>) -> bool {
        let begins = matches!(message, Message::Call(..) | Message::Schedule(..));
        let is_waited_for = || {
            let within = message.within().and_then(|run| self.runs.call_of(run));
            within.is_some()
        };
        self.held.is_some() && begins && !is_waited_for()
    }

    /// From when on a message is kept for no longer than the session's patience: when its connection has ended.
    pub(super) fn held_until(&self, now: Moment) -> Moment {
        self.held.map_or(now, |held| held.until.max(now))
    }

    /// The message that is sent next, as soon as there is room.
    pub(super) fn next_parked(&self) -> Option<(u64, CallId)> {
        let (stamp, call) = self.parked.first_key_value()?;
        let is_held = self.held.is_some_and(|held| !held.sends(*stamp));
        (!is_held).then_some((*stamp, *call))
    }

    /// Once all is sent that was there before, the controller is told that no more comes.
    pub(super) fn tell_that_all_is_sent(&mut self, out: &mut impl Transmit) {
        let all_sent = self.next_parked().is_none();
        if let Some(held) = &mut self.held
            && all_sent
            && held.is_to_be_told()
        {
            let within = Duration::ZERO;
            let _ = out.send(&Header::Stopping { within }, &Bytes::new());
        }
    }
}
