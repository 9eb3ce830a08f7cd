//! Doing what the session asks for.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tracing::{debug, warn};

use super::Node;
use super::caught::panicked;
use super::doings::{Doings, Ended};
use super::door::{NodeEvent, Write};
use crate::panics::{self, Panic, dismissed, shielded};
use crate::proto::{Failed, RunId, decode_guarded};
use crate::registry::{Callback, Handler};
use crate::scope::Home;
use crate::simulation;

/// Runs that ended may wait so long for others, to be answered together.
const UNANSWERED: Duration = Duration::from_micros(200);

impl Node {
    /// Does what the session asks for, and answers what ends at once: together, but without letting those that ended wait
    /// for one that may take long.
    pub(super) fn act(&self, doings: &mut Doings, write: Write) {
        let Doings { events, ended } = doings;
        let mut watch = Watch::default();
        let (mut node, mut owner) = (None, None);
        for event in events.drain(..) {
            match event {
                NodeEvent::Wake(waker) => shielded(|| waker.wake()),
                NodeEvent::Drop(waker) => shielded(|| drop(waker)),
                NodeEvent::Start(start) => {
                    // It is the node that is asked.
                    let Some(node) = node.get_or_insert_with(|| self.me.upgrade()) else {
                        continue;
                    };
                    // What a callback may ask its context for is there until it has ended. Where a runtime ends, others may have let go
                    // of it already.
                    let owner = owner.get_or_insert_with(|| node.owner().map(|owner| owner.upgrade()));
                    if let Some(None) = owner {
                        let stopping = Failed::Cancelled { may_have_run: false };
                        ended.push((start.run, Err(stopping.into())));
                        continue;
                    }
                    if !ended.is_empty()
                        && (may_take_long(&start.callback) || watch.unanswered() >= UNANSWERED)
                    {
                        self.finish(ended, Write::Flush);
                        watch = Watch::default();
                    }
                    watch.begin();
                    // There may be no thread to run it, say. It is answered then, and so are the others.
                    let run = start.run;
                    let begun = panics::caught(|| node.start(start, ended));
                    let callback = begun.unwrap_or_else(|Panic { message }| {
                        warn!(message, "a callback could not be begun, and its caller is told");
                        None
                    });
                    // What it took to begin one elsewhere is not the next one's.
                    let time = watch.lap();
                    let Some(callback) = callback else { continue };
                    if !has_panicked(ended, run) && callback.pace.took(time) {
                        warn_of(&callback, time);
                    }
                }
                NodeEvent::GoOn(caller) => {
                    if let Some(node) = node.get_or_insert_with(|| self.me.upgrade()) {
                        self.spawn_task(Arc::clone(node).go_on(caller));
                    }
                }
                NodeEvent::Abort(run) => {
                    if let Some(node) = node.get_or_insert_with(|| self.me.upgrade()) {
                        node.abort(run);
                    }
                }
                NodeEvent::Dismiss(callback) => {
                    let name = Arc::clone(&callback.name);
                    dismissed(&name, || Home::Of(self.key).enter(|| drop(callback)));
                }
                NodeEvent::ControllerStopping => debug!("the controller is stopping"),
                NodeEvent::Versions(callback, offered) => self.told_versions(&callback, &offered),
            }
        }
        self.finish(ended, write);
    }

    /// Begins the next of what a process has sent. What follows it is begun when that is done.
    async fn go_on(self: Arc<Self>, caller: Arc<str>) {
        let now = self.now();
        let begun = self.drive(|session, out, events| session.begin_held(now, &caller, out, events));
        if let Some(run) = begun {
            self.drive(|session, _, events| session.was_started(run, events));
        }
    }

    /// The controller has said in which versions a callback is offered.
    fn told_versions(&self, callback: &str, offered: &[u8]) {
        match decode_guarded(offered) {
            Ok(offered) => self.accepted.tell(callback, offered),
            Err(error) => {
                debug!(callback, %error, "the versions of a callback cannot be read that the controller tells");
            }
        }
    }

    /// Answers runs that ended.
    fn finish(&self, ended: &mut Ended, write: Write) {
        if ended.is_empty() {
            return;
        }
        self.visit(&mut Doings::default(), |visit| {
            let (session, mut out, events) = visit.parts();
            for (run, outcome) in ended.drain(..) {
                session.finish(run, &outcome, &mut out, events);
            }
            visit.write = write;
        });
        self.changed.notify_waiters();
    }
}

/// Tells how long runs take that are begun one after the other, with one look at the clock for each.
#[derive(Default)]
struct Watch {
    /// When the first began, and the last ended.
    times: Option<(Instant, Instant)>,
}

impl Watch {
    fn begin(&mut self) {
        self.times.get_or_insert_with(|| {
            let now = simulation::now();
            (now, now)
        });
    }

    /// How long ago the one before ended.
    fn lap(&mut self) -> Duration {
        let now = simulation::now();
        let (_, last) = self.times.get_or_insert((now, now));
        now.saturating_duration_since(std::mem::replace(last, now))
    }

    /// How long the first waits for its answer.
    fn unanswered(&self) -> Duration {
        self.times.map_or(Duration::ZERO, |(first, last)| {
            last.saturating_duration_since(first)
        })
    }
}

/// Whether a run that was begun just now has panicked: what it took is what the program does with that, which may print a backtrace.
fn has_panicked(ended: &Ended, run: RunId) -> bool {
    let last = ended.last().filter(|(ended, _)| *ended == run);
    last.is_some_and(|(_, outcome)| panicked(outcome))
}

/// Whether those that have ended might wait long for it, where it begins.
fn may_take_long(callback: &Callback) -> bool {
    match &callback.handler {
        Handler::Inline(_) => !callback.pace.is_quick(),
        Handler::Async(_) => !callback.pace.is_quick() && !callback.pace.begins_aside(),
        // They begin elsewhere.
        Handler::Blocking(_) | Handler::Deferred(_) => false,
    }
}

fn warn_of(callback: &Callback, time: Duration) {
    let name = &*callback.name;
    if matches!(callback.handler, Handler::Inline(_)) {
        warn!(
            callback = name,
            ?time,
            "an inline callback took long, and all calls to this process waited for it: leave out `inline`"
        );
    } else {
        warn!(
            callback = name,
            ?time,
            "an asynchronous callback blocked its thread, and all calls to this process waited for it; from now on it runs \
             beside them: write `fn` without `async`, or use `spawn_blocking`"
        );
    }
}
