//! Processes whose connection is lost: they are away for a while, and may go on with another one.
//!
//! One task at a time serves a session (its [`Seat`]): that of the connection it began with, or of the last with which it went on. Once the
//! connection is lost, the task waits for a while, and then takes the process off the roster; unless another task takes its seat, which may
//! be before it has noticed that anything is lost.

use std::future::poll_fn;
use std::sync::Arc;

use daffi_core::auth::session_secret;
use daffi_core::link::handshake::Admitted;
use daffi_core::link::{CannotGoOn, Link};
use daffi_core::proto::{Extensions, Header, NotResumed, Refusal, Resume, SessionSecret};
use daffi_core::seldom::Unsaid;
use tokio::time::sleep;
use tracing::{info, warn};

use super::admitting::{Place, Ways};
use super::ending::close;
use super::greeting::say;
use super::hub::{Hub, State};
use super::known::is_forgotten;
use super::session::{Kept, Seat};
use super::standing::{Standing, allowed};
use super::strangers::GREETING;
use crate::router::{PeerId, Work};

/// Why a connection does not serve anybody.
#[derive(Debug)]
pub(super) enum NotEntered {
    /// Its peer was told so.
    Refused(Refusal),
    /// It came to nothing, and whoever served it has the seat of a session: that is left when `former` is, and then it is waited for
    /// another one.
    Without { place: Place, former: Seat },
}

/// What becomes of a process when a connection to it has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    /// Nothing: it goes on with another one.
    TakenOver,
    /// It leaves, with or without having said so, or having been told of as lost.
    Over { without_a_word: bool },
}

/// A session that is to be served from a new seat.
#[derive(Debug)]
struct Taken {
    place: Place,
    former: Seat,
    renewal: u32,
    secret: SessionSecret,
}

/// A process is away from now on, or not; what is left to do of that.
type Changed = (Option<Work>, Vec<Arc<daffi_core::transport::Outbox>>);

impl Hub {
    /// The secret of the session with which a node wants to go on, if that is its own.
    pub(super) fn session_secret(
        &self,
        admitted: &Admitted,
        resume: &Resume,
    ) -> Result<SessionSecret, NotResumed> {
        let mut state = self.state();
        let (_, kept) = kept(&mut state, admitted, resume)?;
        kept.secrets.find(resume)
    }

    /// A node has proven that a session is its own: it goes on with this connection, and the former is used no more, whether it is lost or
    /// not.
    pub(super) async fn go_on(
        &self,
        admitted: &Admitted,
        resume: &Resume,
        ways: Ways<'_>,
    ) -> Result<Place, NotEntered> {
        let refused = |refusal: Refusal| {
            say(ways.outbox, &Header::Refused(refusal.clone()));
            NotEntered::Refused(refusal)
        };
        let taken = self.take_seat(admitted, resume, ways).map_err(refused)?;
        let place = &taken.place;
        // Whoever reads from it comes to its end.
        place.outbox.sever();
        let is_taken = async {
            match &place.seat {
                Some(seat) => seat.taken().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = taken.former.left() => {}
            () = is_taken => {}
            () = self.closing.cancelled() => {}
            () = sleep(GREETING) => {}
        }
        match self.attach(&taken, admitted, resume, ways) {
            Ok(Some((left, outboxes))) => {
                place.outbox.flush();
                self.finish(left, outboxes).await;
                Ok(taken.place)
            }
            Ok(None) => Err(NotEntered::Without {
                place: taken.place,
                former: taken.former,
            }),
            Err(why) => {
                warn!(process_name = self.process_name(place.peer), %why, "a process is back, and cannot go on where it was: what was under way with it is lost");
                place.outbox.abort();
                self.leave(place.peer).await;
                if let Some(seat) = &place.seat {
                    seat.leave();
                }
                Err(refused(Refusal::NotResumed(why)))
            }
        }
    }

    /// From now on, a session is served from another seat.
    fn take_seat(&self, admitted: &Admitted, resume: &Resume, ways: Ways<'_>) -> Result<Taken, Refusal> {
        let unknown = Refusal::NotResumed(NotResumed::Unknown);
        let secret = session_secret().map_err(|_| unknown.clone())?;
        let mut state = self.state();
        if state.closing {
            return Err(Refusal::Stopping);
        }
        if is_forgotten(&admitted.who, ways.known, state.identities.as_ref())
            && let Some(method) = admitted.who.method()
        {
            return Err(Refusal::Unknown { method });
        }
        let standing = Standing::of(admitted);
        allowed(state.policy.as_ref(), &standing, &admitted.hello.process_name)?;
        let (peer, kept) = kept(&mut state, admitted, resume).map_err(Refusal::NotResumed)?;
        // Another may have gone on with it since this one was asked for its proof.
        kept.secrets.find(resume).map_err(Refusal::NotResumed)?;
        let renewal = kept.secrets.renew(resume, secret.clone());
        // Something may still be heard on the former.
        kept.confirms = false;
        let former = std::mem::take(&mut kept.seat);
        former.take();
        let seat = Some(kept.seat.clone());
        let queue = state.queues.get(peer).ok_or(unknown)?;
        let place = Place {
            peer,
            frame_bytes: queue.frame_bytes,
            outbox: Arc::clone(&queue.outbox),
            seat,
        };
        Ok(Taken {
            place,
            former,
            renewal,
            secret,
        })
    }

    /// What is sent goes out by another connection, and what was received of it counts; nothing, if whoever has the former seat has not left
    /// it, this one is taken, too, or the connection is of no use.
    ///
    /// # Errors
    ///
    /// Why the session is over.
    fn attach(
        &self,
        taken: &Taken,
        admitted: &Admitted,
        resume: &Resume,
        ways: Ways<'_>,
    ) -> Result<Option<Changed>, NotResumed> {
        let Taken {
            place,
            former,
            renewal,
            secret,
        } = taken;
        let is_taken = || place.seat.as_ref().is_some_and(Seat::is_taken);
        let (received, others, heartbeat) = {
            let mut state = self.state();
            if state.closing || !former.has_left() || is_taken() {
                return Ok(None);
            }
            // Nobody reads from it now, so that is all that was received.
            let queue = state.queues.get_mut(place.peer).ok_or(NotResumed::Unknown)?;
            let kept = queue.kept.as_mut().ok_or(NotResumed::Unknown)?;
            place
                .outbox
                .check_go_on(resume.received)
                .map_err(|error| match error {
                    CannotGoOn::Impossible { .. } => NotResumed::Count,
                    CannotGoOn::GivenUp => NotResumed::Lost,
                })?;
            kept.progress.resumed(resume.received, place.outbox.sent())?;
            let (received, heartbeat) = (queue.received, queue.link.expects());
            (received, state.queues.places(), heartbeat)
        };
        let pace = self.pace_of(heartbeat, true);
        ways.outbox.set_patience(pace.patience());
        let Some(end) = ways.outbox.into_write_end() else {
            return Ok(None);
        };
        let session = self.session(resume.session, *renewal, secret.clone(), others);
        let extensions = Extensions::default()
            .with(Extensions::SESSION, &session)
            .and_then(|extensions| extensions.with(Extensions::RECEIVED, &received));
        let welcome = Header::Welcome(self.welcome(
            (admitted.version, heartbeat),
            place,
            extensions.unwrap_or_default(),
        ));
        // What is to be sent again may be much, so nobody waits for that. It was possible a moment ago, and nobody else changes that.
        let attached = place.outbox.go_on(end, resume.received, Some(&welcome));
        attached.map_err(|_| NotResumed::Lost)?;
        let mut state = self.state();
        let State { router, queues, .. } = &mut *state;
        if is_taken() {
            drop(state);
            // Whoever has taken it may have severed what was there before.
            place.outbox.sever();
            return Ok(None);
        }
        let queue = queues.get_mut(place.peer).ok_or(NotResumed::Unknown)?;
        queue.arrived = ways.arrived.clone();
        queue.link = Link::new(self.now(), pace.controller, pace.node);
        if let Some(kept) = &mut queue.kept {
            kept.confirms = true;
        }
        let left = router.set_away(place.peer, false, &mut self.router_turn(), queues);
        let mut outboxes = Vec::new();
        queues.take_touched(&mut outboxes);
        Ok(Some((left, outboxes)))
    }

    /// The connection of a session is lost: waits for as long as the process may come back, and clears away what is left of it if it does
    /// not. If it does, that is served from another seat.
    pub(super) async fn stand_by(&self, place: &Place, lost: &str) {
        let ended = self.ended(place, lost).await;
        if let Ended::Over { without_a_word } = ended {
            let process_name = self.process_name(place.peer);
            self.leave(place.peer).await;
            if let Some(Unsaid(unsaid)) = self.coming_and_going.may_say() {
                if without_a_word {
                    warn!(
                        process_name,
                        lost, unsaid, "process disconnected without a word: it was killed, or has crashed"
                    );
                } else {
                    info!(process_name, unsaid, "process disconnected");
                }
            }
        }
        if let Some(seat) = &place.seat {
            seat.leave();
        }
        if ended != Ended::TakenOver {
            close(&place.outbox).await;
        }
    }

    async fn ended(&self, place: &Place, lost: &str) -> Ended {
        let over = Ended::Over {
            without_a_word: false,
        };
        let Some(seat) = &place.seat else {
            return self.state().lost(place.peer);
        };
        let (left, outboxes) = match self.depart(place, seat) {
            Ok(changed) => changed,
            Err(ended) => return ended,
        };
        if let Some(Unsaid(unsaid)) = self.coming_and_going.may_say() {
            let (process_name, grace) = (self.process_name(place.peer), self.resume_grace);
            warn!(
                process_name,
                lost,
                ?grace,
                unsaid,
                "the connection of a process is lost; it may come back"
            );
        }
        self.finish(left, outboxes).await;
        tokio::select! {
            biased;
            () = sleep(self.resume_grace) => {}
            () = seat.taken() => {}
            () = self.closing.cancelled() => {}
            // It is cut off, for what it may not be any more.
            () = poll_fn(|cx| place.outbox.poll_closed(cx)) => {}
        }
        let mut state = self.state();
        let Some(queue) = state.queues.get_mut(place.peer) else {
            return over;
        };
        if seat.is_taken() {
            return Ended::TakenOver;
        }
        if let Some(kept) = queue.kept.take() {
            state.queues.missed(kept.id);
        }
        over
    }

    /// The process is away from now on.
    ///
    /// # Errors
    ///
    /// What becomes of it if it is not.
    fn depart(&self, place: &Place, seat: &Seat) -> Result<Changed, Ended> {
        let mut state = self.state();
        let State {
            router,
            queues,
            closing,
            ..
        } = &mut *state;
        let over = Ended::Over {
            without_a_word: false,
        };
        let queue = queues.get_mut(place.peer).ok_or(over)?;
        if seat.is_taken() {
            return Err(Ended::TakenOver);
        }
        if *closing || queue.kept.is_none() || !place.outbox.keeps() || !router.may_be_away(place.peer) {
            return Err(state.lost(place.peer));
        }
        let left = router.set_away(place.peer, true, &mut self.router_turn(), queues);
        let mut outboxes = Vec::new();
        queues.take_touched(&mut outboxes);
        drop(state);
        // Whoever takes the seat now waits until it is left.
        place.outbox.sever();
        Ok((left, outboxes))
    }
}

impl State {
    /// What becomes of a process that is not waited for when its connection has ended.
    fn lost(&self, peer: PeerId) -> Ended {
        Ended::Over {
            without_a_word: !self.closing && !self.stands_by && !self.router.leaves(peer),
        }
    }
}

/// A session that is this node's.
fn kept<'a>(
    state: &'a mut State,
    admitted: &Admitted,
    resume: &Resume,
) -> Result<(PeerId, &'a mut Kept), NotResumed> {
    let peer = state.queues.session(resume.session)?;
    if state.router.predecessor(&admitted.hello, &admitted.who) != Some(peer) {
        return Err(NotResumed::NotYours);
    }
    let queue = state.queues.get_mut(peer).and_then(|queue| queue.kept.as_mut());
    queue.map(|kept| (peer, kept)).ok_or(NotResumed::Unknown)
}
