//! When a schedule's ticks are.

use std::time::Duration;

use daffi_core::proto::{Plan, Time, When};

use super::now::{Basis, Now};
use super::refused::Refused;
use super::{Line, Zones};

/// So many ticks of a line of cron are counted at a time, since each has to be looked for.
const COUNTED: u64 = 16;

/// When ticks are, by one of the clocks.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) basis: Basis,
    kind: Kind,
    /// There are none before.
    start: Time,
    /// There are none after.
    end: Option<Time>,
}

#[derive(Debug)]
enum Kind {
    /// At `first`, and again and again so much later.
    Every {
        first: u64,
        interval: u64,
    },
    At(Box<[Time]>),
    Cron(Box<Line>),
}

impl Rule {
    /// The ticks of a plan that was made before, and has these as its [origin](Self::origin).
    pub(super) fn kept(
        plan: &Plan,
        (start, first): (Time, Time),
        now: Now,
        zones: &Zones,
    ) -> Result<Self, Refused> {
        let basis = basis(&plan.when);
        let of_wall = |time| now.of_wall(time, basis);
        let present = now.by(basis);
        let kind = match &plan.when {
            When::Every { interval, phase } => {
                let (first, interval) = (of_wall(first), micros(*interval));
                // The clock was set back while nobody looked.
                let is_too_late =
                    phase.is_none() && plan.start.is_none() && first.0 > present.0.saturating_add(interval);
                let first = if is_too_late {
                    Time(present.0 + (first.0 - present.0) % interval)
                } else {
                    first
                };
                Kind::Every {
                    first: first.0,
                    interval,
                }
            }
            When::At(instants) => Kind::At(instants.as_slice().into()),
            When::Cron { line, zone } => Kind::Cron(Box::new(Line::new(line, zone, zones)?)),
            _ => return Err(unknown()),
        };
        let start = of_wall(start);
        Ok(Self {
            basis,
            kind,
            start: if plan.start.is_none() {
                start.min(present)
            } else {
                start
            },
            end: plan.end.map(of_wall),
        })
    }

    /// The clock was set back: when it was made says nothing any more.
    pub(super) fn rewind(&mut self, plan: &Plan, now: Now) {
        if plan.start.is_none() {
            self.start = self.start.min(now.by(self.basis));
        }
    }

    /// Before when there are no ticks, and the first one of an interval.
    pub(super) const fn origin(&self) -> (Time, Time) {
        match &self.kind {
            Kind::Every { first, .. } => (self.start, Time(*first)),
            Kind::At(_) | Kind::Cron(_) => (self.start, self.start),
        }
    }

    /// The ticks of a plan that is made now.
    pub(super) fn new(plan: &Plan, now: Now, zones: &Zones) -> Result<Self, Refused> {
        if let Some(fault) = plan.fault() {
            return Err(Refused::Impossible(fault));
        }
        let basis = basis(&plan.when);
        let present = now.by(basis);
        let start = plan.start.map(|start| now.of_wall(start, basis));
        let end = plan.end.map(|end| now.of_wall(end, basis));
        if end.is_some_and(|end| end < present) {
            return Err(Refused::Impossible(
                "an end that is over: it would never be called".to_owned(),
            ));
        }
        let kind = match &plan.when {
            When::Every { interval, phase } => {
                let interval = micros(*interval);
                let first = match (phase, start) {
                    (None, Some(start)) => start.0,
                    (None, None) => present.0.saturating_add(interval),
                    (Some(phase), _) => Time(0).plus(*phase).0,
                };
                Kind::Every { first, interval }
            }
            When::At(instants) => {
                if let Some(past) = instants.iter().find(|instant| **instant <= present) {
                    let ago = present.since(*past);
                    return Err(Refused::Impossible(format!(
                        "an instant in the past, {ago:?} ago by the controller's clock: leave it out, or look whether the clocks of both machines agree"
                    )));
                }
                Kind::At(instants.as_slice().into())
            }
            When::Cron { line, zone } => {
                let kept = Line::new(line, zone, zones)?;
                if kept.at_or_after(present).is_none() {
                    return Err(Refused::Impossible(format!(
                        "the line {line:?} of cron, which never comes: look whether the month has such a day"
                    )));
                }
                Kind::Cron(Box::new(kept))
            }
            _ => return Err(unknown()),
        };
        let rule = Self {
            basis,
            kind,
            // Before it was made there is none.
            start: start.map_or(present, |start| start.max(present)),
            end,
        };
        if rule.first().is_none() {
            return Err(Refused::Impossible(
                "no tick between its start and its end: it would never be called".to_owned(),
            ));
        }
        Ok(rule)
    }

    /// The first tick that there is.
    pub(super) fn first(&self) -> Option<Time> {
        self.at_or_after(self.start)
    }

    /// The first tick after a time.
    pub(super) fn after(&self, time: Time) -> Option<Time> {
        self.at_or_after(Time(time.0.checked_add(1)?).max(self.start))
    }

    fn at_or_after(&self, time: Time) -> Option<Time> {
        let next = match &self.kind {
            Kind::Every { first, interval } => {
                let missing = time.0.saturating_sub(*first).div_ceil(*interval);
                Time(missing.checked_mul(*interval)?.checked_add(*first)?)
            }
            Kind::At(instants) => *instants.get(instants.partition_point(|instant| *instant < time))?,
            Kind::Cron(line) => line.at_or_after(time)?,
        };
        self.end.is_none_or(|end| next <= end).then_some(next)
    }

    /// Whether there are always more of them, but for its end.
    pub(super) const fn repeats(&self) -> bool {
        !matches!(self.kind, Kind::At(_))
    }

    /// How many ticks there are from one, `first`, up to a time, both included; and up to when they are counted, which may be earlier.
    pub(super) fn count(&self, first: Time, last: Time) -> (u64, Time) {
        let end = self.end.map_or(last, |end| end.min(last));
        if end < first {
            return (0, last);
        }
        match &self.kind {
            Kind::Every { interval, .. } => ((end.0 - first.0) / *interval + 1, last),
            Kind::At(instants) => {
                let before = |time: Time| instants.partition_point(|instant| *instant < time);
                let after = instants.partition_point(|instant| *instant <= end);
                ((after - before(first)) as u64, last)
            }
            Kind::Cron(_) => {
                let (mut count, mut tick) = (1, first);
                while let Some(next) = self.after(tick).filter(|next| *next <= end) {
                    if count == COUNTED {
                        return (count, tick);
                    }
                    (count, tick) = (count + 1, next);
                }
                (count, last)
            }
        }
    }
}

/// By which clock ticks are.
const fn basis(when: &When) -> Basis {
    match when {
        When::Every { phase: None, .. } => Basis::Steady,
        _ => Basis::Wall,
    }
}

/// An interval, of at least something.
fn micros(interval: Duration) -> u64 {
    Time(0).plus(interval).0.max(1)
}

fn unknown() -> Refused {
    let fault = "a period that this controller does not know: it is older than the process that asks";
    Refused::Impossible(fault.to_owned())
}
