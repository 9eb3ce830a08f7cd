//! Going on with a session whose connection was lost, over another one.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};
use tracing::{debug, info, warn};

use super::Node;
use super::backoff::Backoff;
use super::heard::Heard;
use super::join::{Coming, Former, Joined, Route, join};
use super::not_joined::NotJoined;
use crate::link::Pace;
use crate::link::resume::Progress;
use crate::proto::{Extensions, Refusal, Session};
use crate::seldom::Unsaid;
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
    /// Where the controller is that has it.
    place: usize,
    /// How many attempts were made.
    attempts: u32,
    progress: Progress,
    pace: Pace,
    /// Since when it has the connection that it has.
    since: Instant,
}

impl GoingOn {
    pub(super) fn new(session: Session, place: usize, pace: Pace) -> Self {
        Self {
            session,
            place,
            attempts: 0,
            progress: Progress::default(),
            pace,
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
            ..
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
        self.pace = Pace::new(welcome.heartbeat, Some(renewed.grace));
        (self.session, self.since) = (renewed, Instant::now());
        Ok(Resumed {
            inlet: connection.inlet,
            pace: self.pace,
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

/// What becomes of a session whose connection is lost.
pub(super) enum GoesOn {
    Here(Box<Resumed>),
    /// It ends, as its controller does not run any more, and another one has let the node in.
    Elsewhere(Box<Joined>),
    /// It ends.
    Nowhere,
}

/// What a session goes on with.
pub(super) struct Resumed {
    pub(super) inlet: Inlet,
    pub(super) pace: Pace,
}

impl Node {
    /// Goes on with a session whose connection is lost, unless that is over, or the controller does not know it.
    pub(super) async fn resume(
        &self,
        route: &Route,
        going_on: &mut GoingOn,
        lost: &str,
        heard: &Heard,
        outbox: &Arc<Outbox>,
    ) -> GoesOn {
        let (address, process_name) = (route.at(going_on.place), &**self.process_name());
        let grace = going_on.session.grace.min(super::FAR);
        let told = self.flapping.may_say();
        if let Some(Unsaid(unsaid)) = told {
            warn!(process_name, %address, lost, ?grace, unsaid, "the connection to the controller is lost; it is looked for");
        }
        match self.find_again(route, going_on, heard, outbox).await {
            Ok(GoesOn::Here(resumed)) => {
                if told.is_some() {
                    info!(process_name, %address, "the connection is back, and nothing was lost");
                }
                GoesOn::Here(resumed)
            }
            Ok(GoesOn::Elsewhere(joined)) => {
                warn!(
                    process_name,
                    %address,
                    instead = %route.at(joined.place),
                    "the controller does not run any more, and what was under way with it is lost; there is another one"
                );
                GoesOn::Elsewhere(joined)
            }
            Ok(GoesOn::Nowhere) => GoesOn::Nowhere,
            Err(Over(reason)) => {
                warn!(process_name, %address, reason, "what was under way with the controller is lost: calls that were sent end with Disconnected, and others are made when there is a connection");
                GoesOn::Nowhere
            }
        }
    }

    /// Tries until the grace is over, or the node stops.
    async fn find_again(
        &self,
        route: &Route,
        going_on: &mut GoingOn,
        heard: &Heard,
        outbox: &Arc<Outbox>,
    ) -> Result<GoesOn, Over> {
        let place = going_on.place;
        let address = route.at(place);
        let grace = going_on.session.grace.min(super::FAR);
        let mut until = Instant::now() + grace;
        if heard.missed.swap(false, Ordering::Relaxed) {
            // So much later it is missed itself, and waited for.
            until += going_on.pace.later().min(super::FAR);
        }
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
                    biased;
                    () = sleep(pause) => {}
                    () = self.stop.cancelled() => return Ok(GoesOn::Nowhere),
                }
            }
            let attempt = until.min(Instant::now() + grace / ATTEMPTS);
            let former = going_on.next(heard.received());
            let joined = tokio::select! {
                biased;
                joined = timeout_at(attempt, join(self, (route, place), Coming::GoingOn(former))) => joined,
                () = self.stop.cancelled() => return Ok(GoesOn::Nowhere),
            };
            match joined {
                Ok(Ok(joined)) => {
                    let resumed = going_on.take_over(joined, outbox)?;
                    return Ok(GoesOn::Here(Box::new(resumed)));
                }
                // There is room in a moment; the session waits for that.
                Ok(Err(NotJoined::Refused(refusal @ Refusal::OverQuota(_)))) => {
                    debug!(%address, %refusal, "not connected yet");
                }
                Ok(Err(NotJoined::Refused(refusal))) => return Err(refusal.into()),
                Ok(Err(NotJoined::Untrusted(reason))) => return Err(Over(reason)),
                Ok(Err(error)) => {
                    debug!(%address, ?error, "not connected yet");
                    // Where it runs and is not reached, it has the session; another one would end that.
                    if error.is_nobody()
                        && let Some(joined) = self.join_another(route, place, until).await
                    {
                        return Ok(GoesOn::Elsewhere(Box::new(joined)));
                    }
                }
                Err(_) => debug!(%address, "it does not answer"),
            }
        }
    }

    /// Joins another controller than the one in a place, if one lets it in.
    async fn join_another(&self, route: &Route, place: usize, until: Instant) -> Option<Joined> {
        for other in (0..route.places()).filter(|other| *other != place) {
            let joined = tokio::select! {
                biased;
                joined = timeout_at(until, join(self, (route, other), Coming::Again)) => joined,
                () = self.stop.cancelled() => return None,
            };
            match joined {
                Ok(Ok(joined)) => return Some(joined),
                Ok(Err(error)) => debug!(address = %route.at(other), ?error, "not there either"),
                Err(_) => return None,
            }
        }
        None
    }
}
