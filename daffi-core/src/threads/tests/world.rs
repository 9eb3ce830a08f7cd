//! Runs that call each other, wait, and end in any order: never a state in which nobody goes on, and none refused before.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::super::*;
use super::run;

/// Numbers pick among what is there.
#[derive(Clone, Debug)]
enum Op {
    /// One that goes on calls another, and waits for it; by way of another process, perhaps. Or somebody elsewhere calls one.
    Call {
        by: Option<usize>,
        needs: Needs,
        far: bool,
    },
    /// A thread comes that was asked for.
    Come,
    End(usize),
    /// What waits for a thread is cancelled.
    Cancel(usize),
    /// What was waited for before a thread is wanted is there.
    Ready(usize),
    /// One waits for something that is not looked at here, or goes on.
    Away(usize),
    Back(usize),
    /// One returns a stream, whose reader goes on.
    Open(usize),
    /// One waits for the items of the stream that it was returned, or for its reader to take them.
    Read(usize),
    Full(usize),
    /// As long as there may be a thread.
    Overdue,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Needs {
    Thread,
    /// An object first, then a thread.
    Object,
    Nothing,
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let pick = any::<usize>;
    let needs = prop_oneof![4 => Just(Needs::Thread), 1 => Just(Needs::Object), 1 => Just(Needs::Nothing)];
    let by = prop_oneof![1 => Just(None), 3 => pick().prop_map(Some)];
    let op = prop_oneof![
        8 => (by, needs, any::<bool>()).prop_map(|(by, needs, far)| Op::Call { by, needs, far }),
        8 => Just(Op::Come),
        2 => pick().prop_map(Op::End),
        1 => pick().prop_map(Op::Cancel),
        2 => pick().prop_map(Op::Ready),
        1 => pick().prop_map(Op::Away),
        1 => pick().prop_map(Op::Back),
        2 => pick().prop_map(Op::Open),
        2 => pick().prop_map(Op::Read),
        2 => pick().prop_map(Op::Full),
        1 => Just(Op::Overdue),
    ];
    prop::collection::vec(op, 1..80)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    /// Waits for an object.
    Object,
    Queue,
    Thread(Thread),
    /// Needs none.
    Free,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum On {
    Answer(u64),
    Items(u64),
    Reader,
    Elsewhere,
}

#[derive(Debug)]
struct Run {
    at: At,
    on: Option<On>,
    /// Who called it.
    by: Option<u64>,
    far: bool,
    opened: bool,
}

struct World {
    threads: Threads<u64>,
    /// How many the runtime has.
    there: usize,
    limit: usize,
    runs: BTreeMap<u64, Run>,
    last: u64,
    asked: usize,
    stalled: Option<Stalled>,
    refused: usize,
}

impl World {
    fn new(limit: usize, there: usize) -> Self {
        Self {
            threads: Threads::new(limit),
            there,
            limit,
            runs: BTreeMap::new(),
            last: 0,
            asked: 0,
            stalled: None,
            refused: 0,
        }
    }

    /// One of those for which that is so.
    fn pick(&self, number: usize, which: impl Fn(&Run) -> bool) -> Option<u64> {
        let all: Vec<_> = self.runs.iter().filter(|(_, run)| which(run)).collect();
        Some(*all.get(number.checked_rem(all.len())?)?.0)
    }

    fn going(run: &Run) -> bool {
        run.on.is_none() && matches!(run.at, At::Thread(_) | At::Free)
    }

    fn held(&self) -> usize {
        let on_threads = self.runs.values().filter(|run| matches!(run.at, At::Thread(_)));
        on_threads.count()
    }

    /// Whether it may end without another thread.
    fn may_go_on(&self, number: u64, seen: &mut Vec<u64>) -> bool {
        if seen.contains(&number) {
            return false;
        }
        seen.push(number);
        let Some(run) = self.runs.get(&number) else {
            return true;
        };
        match (run.at, run.on) {
            (At::Object | At::Queue, _) => false,
            (_, None | Some(On::Elsewhere)) => true,
            // It may do something else beside.
            (At::Free, Some(On::Items(_))) => true,
            (_, Some(On::Answer(other) | On::Items(other))) => self.may_go_on(other, seen),
            (_, Some(On::Reader)) => run.by.is_none_or(|reader| {
                // What holds no thread may read beside whatever it waits for.
                self.runs[&reader].at == At::Free || self.may_go_on(reader, seen)
            }),
        }
    }

    /// Whether a thread is free, of so many, or may ever be.
    fn is_one_to_come(&self, of: usize) -> bool {
        let mut held = self
            .runs
            .iter()
            .filter(|(_, run)| matches!(run.at, At::Thread(_)));
        self.held() < of || held.any(|(number, _)| self.may_go_on(*number, &mut Vec::new()))
    }

    /// Whether all that wait for it hold threads, and none is elsewhere: of streams no more is known.
    fn is_near(&self, number: u64) -> bool {
        let run = &self.runs[&number];
        let is_held = matches!(run.at, At::Thread(_)) && !run.far;
        is_held && run.by.is_none_or(|by| self.is_near(by))
    }

    fn set(&mut self, number: u64, on: Option<On>) {
        let found = self.runs.get_mut(&number).unwrap();
        found.on = on;
        if let At::Thread(thread) = found.at {
            let waits = on.map(|on| match on {
                On::Answer(_) | On::Elsewhere => For::Answer,
                On::Items(_) => For::Items,
                On::Reader => For::Caller,
            });
            self.threads.wait(thread, waits);
        }
    }

    /// A run is no more; whoever waits for it goes on, and what it called is cancelled.
    fn gone(&mut self, number: u64) {
        let ended = self.runs.remove(&number).unwrap();
        match ended.at {
            At::Thread(thread) => self.threads.end(thread),
            At::Object | At::Queue => drop(self.threads.leave(run(number))),
            At::Free => {}
        }
        let waits =
            |run: &Run| matches!(run.on, Some(On::Answer(other) | On::Items(other)) if other == number);
        while let Some(other) = self.pick(0, waits) {
            self.set(other, None);
        }
        while let Some(other) = self.pick(0, |run| run.by == Some(number)) {
            self.runs.get_mut(&other).unwrap().by = None;
            if self.runs[&other].on == Some(On::Reader) {
                self.set(other, None);
            }
        }
    }

    fn chain(&self, by: Option<u64>, far: bool) -> Vec<Waiting> {
        let mut chain = Vec::new();
        let (mut by, mut far) = (by, far);
        while let Some(number) = by {
            if far {
                chain.push(Waiting::At("elsewhere".into()));
            }
            chain.push(Waiting::Here(run(number)));
            let caller = &self.runs[&number];
            // Whoever reads a stream has had its answer.
            (by, far) = (caller.by.filter(|_| !caller.opened), caller.far);
        }
        chain
    }

    fn step(&mut self, op: &Op) {
        match *op {
            Op::Call { by, needs, far } => {
                let by = by.and_then(|by| self.pick(by, Self::going));
                let chain = self.chain(by, far);
                let number = self.last;
                self.last += 1;
                let at = match needs {
                    Needs::Thread => {
                        self.threads.want(run(number), &chain, number);
                        At::Queue
                    }
                    Needs::Object => {
                        self.threads.will_want(run(number), &chain, number);
                        At::Object
                    }
                    Needs::Nothing => At::Free,
                };
                let called = Run {
                    at,
                    on: None,
                    by,
                    far,
                    opened: false,
                };
                self.runs.insert(number, called);
                if let Some(by) = by {
                    self.set(by, Some(On::Answer(number)));
                }
            }
            Op::Come if self.asked > 0 && self.held() < self.there => {
                self.asked -= 1;
                if let Some((thread, number)) = self.threads.come() {
                    self.runs.get_mut(&number).unwrap().at = At::Thread(thread);
                }
            }
            Op::End(number) => {
                if let Some(number) = self.pick(number, Self::going) {
                    self.gone(number);
                }
            }
            Op::Cancel(number) => {
                let waits = |run: &Run| matches!(run.at, At::Object | At::Queue);
                if let Some(number) = self.pick(number, waits) {
                    self.gone(number);
                }
            }
            Op::Ready(number) => {
                if let Some(number) = self.pick(number, |run| run.at == At::Object) {
                    let run = run(number);
                    self.threads.leave(run).unwrap();
                    self.threads.want(
                        run,
                        &self.chain(self.runs[&number].by, self.runs[&number].far),
                        number,
                    );
                    self.runs.get_mut(&number).unwrap().at = At::Queue;
                }
            }
            Op::Away(number) => {
                if let Some(number) = self.pick(number, Self::going) {
                    self.set(number, Some(On::Elsewhere));
                }
            }
            Op::Back(number) => {
                let may = |run: &Run| {
                    run.on == Some(On::Elsewhere)
                        || run.at == At::Free && matches!(run.on, Some(On::Items(_)))
                };
                if let Some(number) = self.pick(number, may) {
                    self.set(number, None);
                }
            }
            Op::Open(number) => {
                let may = |run: &Run| Self::going(run) && !run.opened && !run.far && run.by.is_some();
                if let Some(number) = self.pick(number, may) {
                    self.threads.open(run(number));
                    self.runs.get_mut(&number).unwrap().opened = true;
                    let reader = self.runs[&number].by.unwrap();
                    self.set(reader, None);
                }
            }
            Op::Read(number) => {
                let read = |run: &Run| run.opened && matches!(run.at, At::Thread(_)) && run.by.is_some();
                if let Some(number) = self.pick(number, read) {
                    let reader = self.runs[&number].by.unwrap();
                    let goes_on = Self::going(&self.runs[&reader]);
                    // Of several it is not said which.
                    let is_only = self.pick(0, |run| run.by == Some(reader) && !read(run)).is_none();
                    match self.runs[&number].on {
                        Some(On::Reader) if goes_on || self.runs[&reader].at == At::Free => {
                            self.set(number, None);
                        }
                        None if goes_on && is_only && self.is_near(reader) => {
                            self.set(reader, Some(On::Items(number)));
                        }
                        _ => {}
                    }
                }
            }
            Op::Full(number) => {
                let may = |run: &Run| Self::going(run) && run.opened && run.by.is_some();
                if let Some(number) = self.pick(number, may) {
                    let reader = self.runs[&number].by.unwrap();
                    match self.runs[&reader].on {
                        // It takes what has come.
                        Some(On::Items(from)) if from == number => self.set(reader, None),
                        _ => self.set(number, Some(On::Reader)),
                    }
                }
            }
            Op::Overdue => {
                let is_over = self.asked > 0 && self.held() >= self.there;
                if let Some(stalled) = self.stalled.filter(|_| is_over) {
                    let refused = self.threads.overdue(stalled);
                    self.refuse(refused, self.there);
                }
            }
            Op::Come => {}
        }
        let next = self.threads.next();
        self.asked += next.threads;
        self.refuse(next.refused, self.limit);
        self.stalled = next.stalled;
        self.check();
    }

    /// Of those that were refused, the first must not have been able to have one of so many threads, and none were
    /// refused that did not have to be.
    fn refuse(&mut self, refused: Vec<u64>, of: usize) {
        for number in refused {
            assert!(!self.is_one_to_come(of), "{number} was refused too soon");
            self.refused += 1;
            let run = self.runs.get_mut(&number).unwrap();
            assert!(matches!(run.at, At::Object | At::Queue));
            run.at = At::Free;
            self.gone(number);
        }
    }

    fn check(&self) {
        assert!(self.held() + self.asked <= self.limit);
        let count = |at| self.runs.values().filter(|run| run.at == at).count();
        let (ready, objects) = (count(At::Queue), count(At::Object));
        assert!(ready <= self.asked || self.held() + self.asked == self.limit);
        if self.held() == self.limit && ready + objects > 0 {
            assert!(self.is_one_to_come(self.limit), "nobody goes on");
        }
        // Where the runtime has fewer than that, it takes a while.
        if self.held() > 0 && self.asked > 0 && !self.is_one_to_come(self.held()) {
            assert!(self.stalled.is_some(), "nobody goes on, and nobody looks");
        }
    }

    /// Lets all come to their end that can.
    fn end(&mut self) {
        let steps = [
            Op::Come,
            Op::Back(0),
            Op::Ready(0),
            Op::Read(0),
            Op::End(0),
            Op::Overdue,
        ];
        // Each run comes to its end in a few of them, or the next does.
        for _ in 0..20 * (self.last + 1) {
            steps.iter().for_each(|op| self.step(op));
        }
        assert!(self.runs.is_empty(), "they do not end: {:?}", self.runs);
    }
}

proptest! {
    #[test]
    fn p16_somebody_always_goes_on_and_nobody_is_refused_before(
        ops in ops(),
        limit in 1..4_usize,
        fewer in 0..2_usize,
    ) {
        let mut world = World::new(limit, limit.saturating_sub(fewer).max(1));
        ops.iter().for_each(|op| world.step(op));
        world.end();
    }
}
