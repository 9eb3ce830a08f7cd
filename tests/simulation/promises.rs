//! What must hold of all that is in the ledger, when all is over.

use std::collections::BTreeMap;
use std::time::Duration;

use daffi::CallErrorKind;

use crate::caller::name;
use crate::ledger::{Asked, Book, Home, Kind, Outcome, Run};
use crate::world::{NODES, Rules, STEADY};

/// What is measured of those who are in nobody's way is what was asked for, and what it takes the timers to tell.
const LATE: Duration = Duration::from_millis(20);

/// So much later than its end it is known to the controller that something has ended.
const FREED: Duration = Duration::from_secs(10);

/// What is broken of what daffi promises.
pub fn broken(book: &Book, rules: Rules) -> Vec<String> {
    let model = Model { book, rules };
    let mut faults = book.faults.clone();
    for (id, asked) in &book.asked {
        let runs = book.runs.get(id).map_or(&[][..], Vec::as_slice);
        if let Err(broken) = model.check(asked, runs) {
            faults.push(format!("{broken}: {id}, {asked:?}, {runs:?}"));
        }
        let still = runs.iter().filter(|run| run.ended.is_none());
        faults.extend(still.map(|run| format!("P4: {id} still runs: {run:?}")));
    }
    let lost = book.lost.keys().filter(|home| !book.doomed.contains(&home.node));
    faults.extend(lost.map(|home| format!("P12: {home:?} has lost its session")));
    faults.extend(out_of_order(book));
    faults.extend(rules.most_calls.into_iter().flat_map(|most| too_many(book, most)));
    faults.extend(asked_of_replaced(book));
    faults
}

/// What may come of what, by what has happened.
struct Model<'a> {
    book: &'a Book,
    rules: Rules,
}

impl Model<'_> {
    fn is_lost(&self, node: usize) -> bool {
        self.book.lost.keys().any(|home| home.node == node)
    }

    fn may_be_lost(&self, to: Option<usize>) -> bool {
        to.map_or(!self.book.lost.is_empty(), |to| self.is_lost(to))
    }

    /// What is broken of one thing that was asked for.
    fn check(&self, asked: &Asked, runs: &[Run]) -> Result<(), String> {
        if runs.len() > 1 && asked.kind != Kind::Repeated && !asked.kind.is_of_all() {
            return Err("P2: it was run more than once".to_owned());
        }
        let by_is_lost = self.book.lost.contains_key(&asked.by);
        let Some((_, outcome)) = &asked.ended else {
            // Whoever has asked does not live any more.
            return require(by_is_lost, || "P1: it has no outcome");
        };
        self.check_time(asked)?;
        let is_run = runs.iter().any(Run::is_whole);
        match (outcome, asked.kind) {
            (Outcome::Dropped, _) | (Outcome::Value, Kind::Wait) => Ok(()),
            (Outcome::Value, kind) if kind.is_of_all() => self.check_parts(asked, runs),
            // It is handed over; it may be cut short with its provider.
            (Outcome::Value, Kind::Note) => require(
                is_run || self.may_be_lost(asked.to),
                || "P1: what was handed over was not run",
            ),
            (Outcome::Value | Outcome::Own, _) => require(is_run, || "P2: it was not run to its end"),
            (
                Outcome::Failed {
                    kind, may_have_run, ..
                },
                _,
            ) => {
                require(
                    *may_have_run || runs.is_empty(),
                    || "P2: it says that it has not run, and it has",
                )?;
                let is_right = match kind {
                    CallErrorKind::Timeout => asked.deadline.is_some(),
                    CallErrorKind::ProviderLost | CallErrorKind::Cancelled => self.may_be_lost(asked.to),
                    CallErrorKind::NoProvider => match asked.to {
                        Some(to) => self.is_lost(to),
                        None => self.rules.controller_is_lost,
                    },
                    CallErrorKind::Disconnected => by_is_lost,
                    CallErrorKind::Overloaded => self.is_over_quota(asked),
                    _ => false,
                };
                require(is_right, || format!("P1: {kind:?} is no outcome of this"))
            }
        }
    }

    /// Whether so much of a process was under way when it asked for that, or as much as it may have with it.
    fn is_over_quota(&self, asked: &Asked) -> bool {
        let parts = |kind: Kind| if kind.is_of_all() { NODES as u64 - 1 } else { 1 };
        let end = asked.ended.as_ref().map(|(ended, _)| *ended);
        let others = self
            .book
            .asked
            .iter()
            .filter(|(_, other)| other.by.node == asked.by.node);
        let beside: u64 = others
            .filter(|(id, other)| {
                let runs = self.book.runs.get(id).into_iter().flatten();
                let run = runs.filter_map(|run| run.ended.map(|(ended, _)| ended)).max();
                let ended = other.ended.as_ref().map(|(ended, _)| *ended).max(run);
                let is_before_its_end = end.is_none_or(|end| other.begun <= end);
                is_before_its_end && ended.is_none_or(|ended| ended + FREED >= asked.begun)
            })
            .map(|(_, other)| parts(other.kind))
            .sum();
        self.rules.most_calls.is_some_and(|most| beside > most)
    }

    /// Nothing ends before its time is over, and in nobody's way nothing ends late (P7).
    fn check_time(&self, asked: &Asked) -> Result<(), String> {
        let Some((ended, outcome)) = &asked.ended else {
            return Ok(());
        };
        let took = *ended - asked.begun;
        if let Outcome::Failed {
            kind: CallErrorKind::Timeout,
            ..
        } = outcome
        {
            require(
                asked.deadline.is_some_and(|deadline| took >= deadline),
                || "P1: its time was not over",
            )?;
        }
        let is_steady = |node: usize| node < STEADY;
        let is_quick = matches!(asked.kind, Kind::Work | Kind::Fail);
        if is_quick
            && self.rules.is_quick
            && !self.rules.controller_is_lost
            && is_steady(asked.by.node)
            && asked.to.is_some_and(is_steady)
            && matches!(outcome, Outcome::Value | Outcome::Own)
        {
            let expected = Duration::from_millis(asked.millis) + LATE;
            require(took <= expected, || format!("P7: it took {took:?}"))?;
        }
        Ok(())
    }

    /// P8: each process that was asked has one outcome, and all that were there all the time were asked.
    fn check_parts(&self, asked: &Asked, runs: &[Run]) -> Result<(), String> {
        let nodes = (0..NODES).filter(|node| *node != asked.by.node);
        for node in nodes {
            let of_it: Vec<_> = runs.iter().filter(|run| run.at.node == node).collect();
            require(of_it.len() <= 1, || {
                format!("P2: it was run more than once by {node}")
            })?;
            let is_run = of_it.iter().any(|run| run.is_whole());
            let is_lost = self.is_lost(node);
            let is_right = match asked.parts.get(&name(node)) {
                None => is_lost,
                Some(Outcome::Value) => is_run,
                Some(Outcome::Failed {
                    kind, may_have_run, ..
                }) => {
                    require(*may_have_run || of_it.is_empty(), || {
                        format!("P2: {node} is said not to have run it, and has")
                    })?;
                    match kind {
                        CallErrorKind::Timeout => asked.deadline.is_some(),
                        CallErrorKind::ProviderLost
                        | CallErrorKind::NoProvider
                        | CallErrorKind::Cancelled => is_lost,
                        CallErrorKind::Disconnected => self.book.lost.contains_key(&asked.by),
                        CallErrorKind::Overloaded => self.is_over_quota(asked),
                        _ => false,
                    }
                }
                Some(Outcome::Own | Outcome::Dropped) => false,
            };
            require(is_right, || format!("P8: {node} has no outcome that it may have"))?;
        }
        Ok(())
    }
}

fn require<S: Into<String>>(holds: bool, broken: impl FnOnce() -> S) -> Result<(), String> {
    if holds { Ok(()) } else { Err(broken().into()) }
}

/// P5: what one process has asked of another is begun in that order, also what was asked for while it had no controller.
///
/// What finds nobody waits, and is overtaken by what finds somebody, and by what waits for another callback. So that is left out whose provider was not there, or not found yet, when it was
/// asked for, or when its caller had a controller again, and what has waited since a controller before that.
fn out_of_order(book: &Book) -> Vec<String> {
    type Line = Option<(Kind, Option<usize>)>;
    let mut last = BTreeMap::<(Home, Home, Line), (u64, usize)>::new();
    let mut faults = Vec::new();
    // What is made again is overtaken.
    let is_ordered = |kind| !matches!(kind, Kind::Repeated | Kind::Retried);
    // What waits for a place, or for a thread, keeps its place among its like.
    let waits = |kind: Kind| matches!(kind, Kind::Queued | Kind::Block) || kind.is_of_all();
    for (id, asked) in book.asked.iter().filter(|(_, asked)| is_ordered(asked.kind)) {
        for run in book.runs.get(id).into_iter().flatten() {
            let Some(connected) = book.connected_at(asked.by, run.begun) else {
                continue;
            };
            if book.had_a_session(asked.by, asked.begun, connected) {
                continue;
            }
            if !book.was_there(run.at, asked.begun.max(connected), run.begun) {
                continue;
            }
            let line = waits(asked.kind).then_some((asked.kind, asked.to));
            let last = last.entry((asked.by, run.at, line)).or_insert((*id, run.order));
            if run.order < last.1 {
                let before = last.0;
                faults.push(format!(
                    "P5: {id} was begun before {before}, which was asked for earlier ({line:?})"
                ));
            }
            *last = (*id, run.order.max(last.1));
        }
    }
    faults
}

/// P6: nobody has more under way than it may. What runs at a process that was lost may go on until that knows.
fn too_many(book: &Book, most: u64) -> Vec<String> {
    let mut faults = Vec::new();
    let mut under_way = BTreeMap::<Home, Vec<(usize, i64)>>::new();
    for (id, asked) in &book.asked {
        let runs = book.runs.get(id).into_iter().flatten();
        for run in runs.filter(|run| !book.lost.contains_key(&run.at)) {
            let changes = under_way.entry(asked.by).or_default();
            changes.push((run.order, 1));
            changes.extend(run.ended_order.map(|order| (order, -1)));
        }
    }
    for (home, mut changes) in under_way {
        changes.sort_unstable();
        let mut now = 0;
        for (_, change) in changes {
            now += change;
            if now > i64::try_from(most).unwrap() {
                faults.push(format!("P6: {home:?} has {now} calls under way, of {most}"));
                break;
            }
        }
    }
    faults
}

/// P9: whoever was replaced runs nothing that was asked for later.
fn asked_of_replaced(book: &Book) -> Vec<String> {
    let mut faults = Vec::new();
    for (id, asked) in &book.asked {
        for run in book.runs.get(id).into_iter().flatten() {
            if book
                .replaced
                .get(&run.at)
                .is_some_and(|replaced| *replaced < asked.begun)
            {
                faults.push(format!("P9: {id} was run by {:?}, which was replaced", run.at));
            }
        }
    }
    faults
}
