//! Work that takes longer than anybody shall wait for the router.
//!
//! It is done some at a time, and whoever drives the router lets others have it in between. What is seen in between is
//! consistent: each step says at its place what others may see of it.

use std::collections::VecDeque;
use std::fmt;

use daffi_core::proto::Moment;

use super::outlet::Outlet;
use super::state::Router;

/// How much is done at a time: so many callbacks, calls or frames, each of about a microsecond.
const SLICE: u32 = 128;

/// So many looks at providers that are not taken are as much as one of these things.
const LOOKS: usize = 8;

/// So many bytes of words that are copied are.
const WORDS: usize = 256;

/// So many patterns that a name is held against are.
const PATTERNS: usize = 16;

/// What is left to do of something that a process asked for. Whoever is given it goes on with
/// [`Router::resume`] before anything else is done for that process.
#[derive(Debug)]
#[must_use = "the rest is done by `Router::resume`"]
pub struct Work(VecDeque<Task>);

/// A step of some work.
pub(super) type Task = Box<dyn Step>;

/// Something that is done some at a time.
pub(super) trait Step: fmt::Debug + Send {
    /// How much there is to [prepare](Self::prepare).
    fn preparation(&self) -> usize {
        0
    }

    /// Does what needs no router, and may take long.
    fn prepare(&mut self) {}

    /// Does some more.
    fn go_on(&mut self, router: &mut Router, turn: &mut Turn, out: &mut dyn Outlet) -> Progress;
}

/// How a step went.
#[derive(Debug)]
pub(super) enum Progress {
    /// There is more of it.
    More,
    Done,
    /// Done, and these come next.
    Then(Vec<Task>),
}

/// When it is, and how much more is done before others have the router.
#[derive(Debug)]
pub struct Turn {
    now: Moment,
    left: u32,
}

impl Turn {
    /// The beginning of a turn.
    #[must_use]
    pub const fn new(now: Moment) -> Self {
        Self { now, left: SLICE }
    }

    /// The beginning of one in which so many things are done.
    #[must_use]
    pub const fn of(now: Moment, things: u32) -> Self {
        Self { now, left: things }
    }

    /// When the turn began.
    pub(super) const fn now(&self) -> Moment {
        self.now
    }

    /// Whether others shall have the router now.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        self.left == 0
    }

    /// Whether one thing more may be done.
    pub(super) fn spend(&mut self) -> bool {
        let left = self.left > 0;
        self.left = self.left.saturating_sub(1);
        left
    }

    /// What was done has taken so many looks at providers, beyond a few.
    pub(super) fn spend_looks(&mut self, looks: usize) {
        self.spend_more(looks / LOOKS);
    }

    /// What was done has copied so many bytes of words.
    pub(super) fn spend_words(&mut self, bytes: usize) {
        self.spend_more(bytes / WORDS);
    }

    /// What was done has held a name against so many patterns.
    pub(super) fn spend_patterns(&mut self, patterns: usize) {
        self.spend_more(patterns / PATTERNS);
    }

    /// So many frames were sent.
    pub(super) fn spend_frames(&mut self, frames: usize) {
        self.spend_more(frames);
    }

    fn spend_more(&mut self, things: usize) {
        self.left = self
            .left
            .saturating_sub(u32::try_from(things).unwrap_or(u32::MAX));
    }
}

impl Work {
    /// Does what needs no router, and may take long.
    pub fn prepare(&mut self) {
        if let Some(step) = self.0.front_mut() {
            step.prepare();
        }
    }
}

impl Router {
    /// Does some more; gives back what is left.
    #[must_use = "what is left is still to be done"]
    pub fn resume(&mut self, mut work: Work, turn: &mut Turn, out: &mut impl Outlet) -> Option<Work> {
        while let Some(step) = work.0.front_mut() {
            match step.go_on(self, turn, out) {
                Progress::More => return Some(work),
                Progress::Done => drop(work.0.pop_front()),
                Progress::Then(next) => {
                    work.0.pop_front();
                    work.0.extend(next);
                }
            }
        }
        None
    }

    /// Begins work: what is short is done at once.
    pub(super) fn begin(
        &mut self,
        step: Option<Task>,
        turn: &mut Turn,
        out: &mut impl Outlet,
    ) -> Option<Work> {
        let step = step?;
        let is_long = step.preparation() > SLICE as usize;
        let work = Work(VecDeque::from([step]));
        if is_long {
            Some(work)
        } else {
            self.resume(work, turn, out)
        }
    }
}
