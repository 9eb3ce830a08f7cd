//! Calls that wait and find out that something has changed: that nobody serves their line any more, or that somebody takes what
//! nobody took before.

use std::sync::Arc;

use daffi_core::proto::{Absence, Failed, Moment};

use super::directory::Directory;
use super::ids::{PeerId, ProviderKey, WaitId};
use super::line::{LineKey, Next};
use super::outlet::Outlet;
use super::pick::{OVERLOADED, Unrouted};
use super::queueing::PAUSE;
use super::serving::{TRIED, lines_of};
use super::state::Router;
use super::work::{Progress, Step, Task, Turn, Work};

/// So many lines are looked at again each time.
const LOOKED_AT: usize = 256;

/// Calls whose line nobody serves any more.
#[derive(Debug)]
pub(super) struct Rerouting;

impl Step for Rerouting {
    fn go_on(&mut self, router: &mut Router, turn: &mut Turn, mut out: &mut dyn Outlet) -> Progress {
        while router.lines.has_adrift() {
            if !turn.spend() {
                return Progress::More;
            }
            if let Some(call) = router.lines.next_adrift() {
                router.reroute(call, turn, &mut out);
            }
        }
        Progress::Done
    }
}

/// Lines that are looked at again.
#[derive(Debug)]
struct Retrying {
    left: usize,
    /// The one that is looked at, if the turn was over before it was known what becomes of it.
    at: Option<Looked>,
}

/// A line that is looked at.
#[derive(Debug)]
struct Looked {
    line: LineKey,
    /// Those with an earlier turn are looked at,
    from: u64,
    /// and those before this one are at bounds of their own: what keeps them keeps nobody else.
    bounded: u64,
    /// How many of the others nobody takes now.
    tried: usize,
    /// Whether that may change without a call ending.
    unsure: bool,
    /// When that was, as the count of all calls that came into a line as if they had waited there.
    inserted: u64,
}

impl Looked {
    const fn new(line: LineKey) -> Self {
        Self {
            line,
            from: 0,
            bounded: 0,
            tried: 0,
            unsure: false,
            inserted: 0,
        }
    }
}

impl Step for Retrying {
    fn go_on(&mut self, router: &mut Router, turn: &mut Turn, mut out: &mut dyn Outlet) -> Progress {
        while self.left > 0
            && let Some(line) = router.lines.next_stalled()
        {
            let at = self.at.take().filter(|at| at.line == line);
            let mut at = at.unwrap_or_else(|| Looked::new(line));
            if !router.retry(&mut at, turn, &mut out) {
                // However little is done in a turn, it comes to an end.
                self.at = Some(at);
                return Progress::More;
            }
            router.lines.looked_at(line);
            self.left -= 1;
        }
        if router.lines.stalled() > 0 {
            router.look_again = Some(turn.now() + PAUSE);
        }
        Progress::Done
    }
}

impl Router {
    /// When [`on_timeout`](Self::on_timeout) is to be called, if nothing else happens.
    #[must_use]
    pub const fn next_timeout(&self) -> Option<Moment> {
        self.look_again
    }

    /// Time has passed.
    pub fn on_timeout(&mut self, turn: &mut Turn, out: &mut impl Outlet) -> Option<Work> {
        self.look_again = self.look_again.filter(|moment| *moment > turn.now());
        if self.look_again.is_some() || self.lines.stalled() == 0 {
            return None;
        }
        let left = self.lines.stalled().min(LOOKED_AT);
        self.begin(Some(Box::new(Retrying { left, at: None })), turn, out)
    }

    /// Whom to ask now for a call that waits.
    fn pick_again(
        &mut self,
        id: WaitId,
        turn: &mut Turn,
        out: &impl Outlet,
    ) -> Result<ProviderKey, Unrouted> {
        let nobody = || Failed::NoProvider(Absence::nobody());
        let parked = self.lines.get(id).ok_or_else(nobody)?;
        if let Some(named) = parked.named {
            let peer = self.peers.get(named).filter(|peer| peer.is_callable());
            peer.ok_or(Failed::NoProvider(Absence::ProcessUnknown))?;
        }
        let (by, made) = (parked.by, Arc::clone(&parked.made));
        let wish = self.wish(parked, &made);
        let via = self.choose((&made.name, &made.having()), &wish, turn, out)?;
        if self.is_behind_adrift(id, by, via) {
            return Err(Unrouted::Busy {
                unsure: true,
                bounded: false,
            });
        }
        Ok(via)
    }

    /// A call whose line nobody serves any more is given to somebody, waits elsewhere, or ends.
    fn reroute(&mut self, id: WaitId, turn: &mut Turn, out: &mut impl Outlet) {
        let directory = &self.directory;
        if self
            .lines
            .still_waits(id, |line, by| is_served(directory, line, by))
        {
            // Somebody may serve it again.
            return self.join_lines(id);
        }
        let Some(parked) = self.lines.get(id) else { return };
        let (by, named, made) = (parked.by, parked.named, Arc::clone(&parked.made));
        let (via, unsure) = match self.pick_again(id, turn, out) {
            Ok(via) => (Some(via), true),
            Err(Unrouted::Busy { unsure, .. }) => (None, unsure),
            Err(Unrouted::Failed(failed)) => return self.refuse_parked(id, failed, out),
        };
        let Some((lines, _)) = self.lines_for(by, named, &made) else {
            return self.refuse_parked(id, OVERLOADED, out);
        };
        self.lines.transfer(id, lines.clone());
        if let Some(via) = via {
            // Others may have waited longer for that place.
            self.serve(via, turn, out);
        }
        if self.lines.get(id).is_some() && (unsure || lines.is_one_of_several(named)) {
            lines.iter().for_each(|line| self.stall(line, turn));
        }
    }

    /// Looks again whether somebody takes what waits in a line; `false` if the turn is over before that is known.
    fn retry(&mut self, at: &mut Looked, turn: &mut Turn, out: &mut impl Outlet) -> bool {
        let inserted = self.lines.inserted();
        if at.inserted != inserted {
            // It may be before those that were looked at.
            *at = Looked {
                inserted,
                ..Looked::new(at.line)
            };
        }
        while at.tried < TRIED
            && let Some(next) = self.lines.next_of(&[at.line], None, at.from, 1).first()
        {
            if !turn.spend() {
                return false;
            }
            let Next { turn: place, call } = *next;
            match self.pick_again(call, turn, out) {
                // It waits for one of several, and another one is free.
                Ok(via) if matches!(at.line, LineKey::One(of) if of != via) => {
                    self.begin_parked(call, via, turn, out);
                    continue;
                }
                Ok(via) => {
                    let waiting = self.lines.len();
                    // Whoever has waited longest for that place.
                    self.serve(via, turn, out);
                    if self.lines.len() < waiting {
                        at.from = at.bounded;
                        at.tried = 0;
                        continue;
                    }
                    at.unsure = true;
                    at.tried += 1;
                }
                Err(Unrouted::Busy { unsure, bounded }) => {
                    let named = self.lines.get(call).and_then(|parked| parked.named);
                    at.unsure |= unsure || at.line.is_one_of_several(named);
                    at.tried += usize::from(!bounded);
                }
                Err(Unrouted::Failed(OVERLOADED)) => {
                    at.unsure = true;
                    at.tried += 1;
                }
                Err(Unrouted::Failed(failed)) => {
                    self.refuse_parked(call, failed, out);
                    continue;
                }
            }
            at.from = place + 1;
            if at.tried == 0 {
                at.bounded = at.from;
            }
        }
        // Behind those that were tried may be some that others could take, too.
        let unseen = at.tried >= TRIED && matches!(at.line, LineKey::One(_));
        self.lines.stall(at.line, at.unsure || unseen);
        true
    }

    /// Takes a callback of a process out of the directory. What waited for it finds out what that means in [`Rerouting`].
    pub(super) fn take_away<T>(&mut self, key: ProviderKey, take: impl FnOnce(&mut Directory) -> T) -> T {
        if self.lines.is_empty() {
            return take(&mut self.directory);
        }
        let lines = lines_of(&self.directory, key);
        let taken = take(&mut self.directory);
        for line in lines.into_iter().flat_map(|(_, lines)| lines) {
            let (left, only) = left_for(&self.directory, line);
            if left == 0 {
                self.lines.cast_off(line, None);
            } else if let Some(only) = only.and_then(|key| self.directory.provider(key)) {
                // It does not run what it calls itself.
                self.lines.cast_off(line, Some(only.peer));
            }
        }
        taken
    }

    /// What is left to do for calls whose line nobody serves any more.
    pub(super) fn rerouting(&self) -> Option<Task> {
        self.lines.has_adrift().then(|| Box::new(Rerouting) as Task)
    }
}

/// How many serve a line for any, and if it is one, which; nobody serves that of one who was taken away.
fn left_for(directory: &Directory, line: LineKey) -> (usize, Option<ProviderKey>) {
    let left = match line {
        LineKey::Any(function, number) => {
            let function = directory.function_of(function);
            function.map(|function| (function.accepting(number), function.only_accepting(number)))
        }
        LineKey::Version(function, version) => {
            let function = directory.function_of(function);
            let left = function.and_then(|function| function.of_version(version));
            left.map(|left| (left.count(), left.only()))
        }
        LineKey::One(_) => None,
    };
    left.unwrap_or_default()
}

/// Whether somebody serves a line for such a caller, who does not run what it calls itself.
fn is_served(directory: &Directory, line: LineKey, caller: PeerId) -> bool {
    let (left, only) = left_for(directory, line);
    let only = only.and_then(|only| directory.provider(only));
    left > 0 && only.is_none_or(|only| only.peer != caller)
}
