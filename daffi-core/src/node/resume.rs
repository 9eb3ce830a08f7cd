//! Going on with a session whose connection was lost, over another one.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};
use tracing::{debug, info, warn};

use super::Node;
use super::backoff::Backoff;
use super::heard::Heard;
use super::join::{Former, Joined, NotJoined, Route, join};
use crate::link::resume::Progress;
use crate::proto::{Extensions, Session};
use crate::transport::{Inlet, Outbox};

/// Between two attempts is never more than this part of the grace.
const PAUSES: u32 = 10;

/// The first pause is a random part of this.
const PAUSE: Duration = Duration::from_millis(10);

/// One attempt is given up after this part of the grace: it may be that nothing that it sends arrives.
const ATTEMPTS: u32 = 3;

/// A session that can go on with another connection.
#[derive(Debug)]
pub(super) struct GoingOn {
    session: Session,
    /// How many attempts were made.
    attempts: u32,
    progress: Progress,
    /// Since when it has the connection that it has.
    since: Instant,
}

impl GoingOn {
    pub(super) fn new(session: Session) -> Self {
        Self {
            session,
            attempts: 0,
            progress: Progress::default(),
            since: Instant::now(),
        }
    }

    /// After how many bytes what was received is acknowledged.
    pub(super) const fn told_after(&self) -> u64 {
        self.session.keeps.told_after()
    }

    fn next(&mut self, received: u64) -> Former<'_> {
        self.attempts = self.attempts.saturating_add(1);
        Former {
            session: &self.session,
            attempt: self.attempts,
            received,
        }
    }

    /// Goes on with a connection on which the controller has agreed to that.
    fn take_over(&mut self, joined: Joined, outbox: &Outbox) -> Result<Resumed, Over> {
        let Joined {
            connection,
            welcome,
            session: renewed,
        } = joined;
        let received = welcome.extensions.get::<u64>(Extensions::RECEIVED);
        let received = received.unwrap_or_default();
        let renewed = renewed.filter(|renewed| renewed.id == self.session.id);
        let (Some(renewed), Some(received), Some(end)) =
            (renewed, received, connection.outbox.into_write_end())
        else {
            connection.outbox.abort();
            return Err(Over(
                "the controller has let this process in as another one".to_owned(),
            ));
        };
        self.progress.resumed(received, outbox.sent())?;
        outbox.go_on(end, received, None)?;
        (self.session, self.since) = (renewed, Instant::now());
        Ok(Resumed {
            inlet: connection.inlet,
            heartbeat: welcome.heartbeat,
        })
    }
}

/// Why a session does not go on.
struct Over(String);

impl<E: std::error::Error> From<E> for Over {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

/// What a session goes on with.
pub(super) struct Resumed {
    pub(super) inlet: Inlet,
    pub(super) heartbeat: Duration,
}

impl Node {
    /// Goes on with a session whose connection is lost; nothing once it is over, or the controller does not know it.
    pub(super) async fn resume(
        &self,
        route: &Route,
        going_on: &mut GoingOn,
        lost: &str,
        heard: &Heard,
        outbox: &Arc<Outbox>,
    ) -> Option<Resumed> {
        let (address, process_name) = (route.address(), &**self.process_name());
        let grace = going_on.session.grace.min(super::FAR);
        let told = self.flapping.may_say();
        if let Some(unsaid) = told {
            warn!(process_name, %address, lost, ?grace, unsaid, "the connection to the controller is lost; it is looked for");
        }
        match self.find_again(route, going_on, heard, outbox).await {
            Ok(Some(resumed)) => {
                if told.is_some() {
                    info!(process_name, %address, "the connection is back, and nothing was lost");
                }
                Some(resumed)
            }
            Ok(None) => None,
            Err(Over(reason)) => {
                warn!(process_name, %address, reason, "what was under way with the controller is lost");
                None
            }
        }
    }

    /// Tries until the grace is over; nothing if the node stops.
    async fn find_again(
        &self,
        route: &Route,
        going_on: &mut GoingOn,
        heard: &Heard,
        outbox: &Arc<Outbox>,
    ) -> Result<Option<Resumed>, Over> {
        let address = route.address();
        let grace = going_on.session.grace.min(super::FAR);
        let until = Instant::now() + grace;
        let longest = grace / PAUSES;
        let mut backoff = Backoff::new(PAUSE.min(longest), longest);
        // Whoever ends each connection at once is not asked without a pause.
        let mut pauses = going_on.progress.is_in_vain() || going_on.since.elapsed() < PAUSE;
        loop {
            if std::mem::replace(&mut pauses, true) {
                let pause = backoff.pause();
                if Instant::now() + pause >= until {
                    return Err(Over("it was not reached in time".to_owned()));
                }
                tokio::select! {
                    () = sleep(pause) => {}
                    () = self.stop.cancelled() => return Ok(None),
                }
            }
            let attempt = until.min(Instant::now() + grace / ATTEMPTS);
            let former = going_on.next(heard.received());
            let joined = tokio::select! {
                joined = timeout_at(attempt, join(self, route, Some(former))) => joined,
                () = self.stop.cancelled() => return Ok(None),
            };
            match joined {
                Ok(Ok(joined)) => return going_on.take_over(joined, outbox).map(Some),
                Ok(Err(NotJoined::Refused(refusal))) => return Err(refusal.into()),
                Ok(Err(NotJoined::Untrusted(reason))) => return Err(Over(reason)),
                Ok(Err(error)) => debug!(%address, ?error, "not connected yet"),
                Err(_) => debug!(%address, "it does not answer"),
            }
        }
    }
}
