//! Generated sequences: whatever happens, each tick has one outcome, and what runs beside each other is as the plan says (P10).

use std::collections::BTreeMap;
use std::time::Duration;

use daffi_core::proto::{Overlap, Plan, Skipped, TaskId, TickError, TickOutcome, Time, When};
use proptest::prelude::*;

use super::world::{BEGIN, Calls, World, seconds};
use crate::schedule::{Act, End, Run};

#[derive(Clone, Debug)]
enum Step {
    Pass(u64),
    End { which: usize, end: usize },
    ProviderComes,
    Pause,
    Resume,
    Trigger,
    Cancel,
    SetClock(i64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => (0_u64..40).prop_map(Step::Pass),
        1 => (60_u64..4000).prop_map(Step::Pass),
        8 => (0_usize..8, 0_usize..4).prop_map(|(which, end)| Step::End { which, end }),
        2 => Just(Step::ProviderComes),
        1 => Just(Step::Pause),
        2 => Just(Step::Resume),
        1 => Just(Step::Trigger),
        1 => (-200_000_i64..200_000).prop_map(Step::SetClock),
    ];
    let ends = prop_oneof![3 => Just(None), 1 => Just(Some(Step::Cancel))];
    (prop::collection::vec(step, 1..60), ends).prop_map(|(mut steps, cancel)| {
        let middle = steps.len() / 2;
        if let Some(cancel) = cancel {
            steps.insert(middle, cancel);
        }
        steps
    })
}

fn plans() -> impl Strategy<Value = Plan> {
    let overlaps = prop_oneof![
        Just(Overlap::Skip),
        Just(Overlap::BufferOne),
        Just(Overlap::BufferAll),
        Just(Overlap::CancelOther),
        Just(Overlap::AllowAll),
    ];
    let when = prop_oneof![
        (1_u64..20).prop_map(|interval| When::Every {
            interval: seconds(interval),
            phase: None
        }),
        (2_u64..20).prop_map(|interval| When::Every {
            interval: seconds(interval),
            phase: Some(seconds(interval / 2))
        }),
        prop::collection::btree_set(1_u64..400, 1..30)
            .prop_map(|at| When::At(at.into_iter().map(|at| BEGIN.plus(seconds(at))).collect())),
    ];
    (
        when,
        overlaps,
        0_u64..90,
        prop::option::of(1_u64..12),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(
            |(when, overlap, catch_up, limit, pause_on_failure, jitters)| Plan {
                overlap,
                catch_up: seconds(catch_up),
                limit,
                pause_on_failure,
                jitter: if jitters {
                    Duration::from_millis(900)
                } else {
                    Duration::ZERO
                },
                ..Plan::new(when)
            },
        )
}

/// What was seen of a schedule, and what follows from that.
#[derive(Debug, Default)]
struct Model {
    /// Calls that were begun and have no outcome, and how far they are.
    begun: BTreeMap<u64, Stage>,
    /// Ticks with an outcome.
    ended: u64,
    triggered: u64,
    over: bool,
    overlap: Overlap,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Called,
    Stopping,
    /// It found nobody.
    Absent,
}

impl Model {
    fn see(&mut self, act: &Act) {
        assert!(!self.over, "{act:?} of one that is over");
        match act {
            Act::Start(run) => {
                let was = self.begun.insert(run.number, Stage::Called);
                assert!(matches!(was, None | Some(Stage::Absent)), "{run:?} is made twice");
                let most = if self.overlap == Overlap::AllowAll {
                    1000
                } else {
                    1
                };
                assert!(self.begun.len() <= most, "{:?} run at the same time", self.begun);
            }
            Act::Stop(run) => {
                assert_eq!(self.overlap, Overlap::CancelOther);
                let was = self.begun.insert(run.number, Stage::Stopping);
                assert_eq!(was, Some(Stage::Called), "{run:?} does not run");
            }
            Act::Told { number, tick, .. } => {
                if let Some(number) = number {
                    assert!(self.begun.remove(number).is_some(), "{number} ends twice");
                    assert_eq!(tick.count, 1);
                }
                self.ended += tick.count;
                if tick.outcome == TickOutcome::Skipped(Skipped::Full) {
                    assert!(matches!(self.overlap, Overlap::AllowAll | Overlap::BufferAll));
                }
            }
            Act::Over(_) => {
                assert!(self.begun.is_empty());
                self.over = true;
            }
            Act::Await(_) | Act::Forget(_) | Act::Part { .. } => {}
        }
    }

    /// The calls that run, in the order in which they were begun.
    fn called(&self) -> Vec<u64> {
        let called = self.begun.iter().filter(|(_, stage)| **stage != Stage::Absent);
        called.map(|(number, _)| *number).collect()
    }

    /// A call was answered that nobody is there.
    fn found_nobody(&mut self, number: u64) {
        if let Some(stage) = self.begun.get_mut(&number) {
            *stage = Stage::Absent;
        }
    }
}

/// How many ticks of the plan there are after one time up to another.
fn ticks(when: &When, made: Time, from: Time, to: Time) -> u64 {
    let is_tick = |time: Time| match when {
        When::Every {
            interval,
            phase: None,
        } => time.since(made).as_secs().is_multiple_of(interval.as_secs()) && time > made,
        When::Every {
            interval,
            phase: Some(phase),
        } => (time.0 / 1_000_000) % interval.as_secs() == phase.as_secs(),
        When::At(instants) => instants.contains(&time),
        _ => false,
    };
    let seconds = (from.0 + 1).div_ceil(1_000_000)..=to.0 / 1_000_000;
    seconds.filter(|second| is_tick(Time(second * 1_000_000))).count() as u64
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn p10_every_tick_has_one_outcome(plan in plans(), steps in steps()) {
        let mut world = World::new(Calls::Stay);
        let mut model = Model { overlap: plan.overlap, ..Model::default() };
        let id = world.make(plan.clone()).expect("it is made");
        let by_wall = !matches!(plan.when, When::Every { phase: None, .. });
        // A clock that is set leaves no simple count of ticks by the calendar.
        let mut is_counted = true;
        let mut is_cancelled = false;
        for step in steps {
            match step {
                Step::Pass(time) => world.pass(seconds(time)),
                Step::End { which, end } => {
                    let called = model.called();
                    if let Some(number) = called.get(which % called.len().max(1)).copied() {
                        let end = match end {
                            0 | 1 => End::Ok,
                            2 => End::Failed(TickError::App("no".to_owned())),
                            _ => End::NoProvider,
                        };
                        if end == End::NoProvider {
                            model.found_nobody(number);
                        }
                        let run = Run { task: id, number };
                        world.with(|schedules, now, acts| schedules.ended(run, end, now, acts));
                    }
                }
                Step::ProviderComes => world.with(|schedules, now, acts| schedules.provider_came(id, now, acts)),
                Step::Pause => world.with(|schedules, now, acts| { let _ = schedules.pause(id, now, acts); }),
                Step::Resume => world.with(|schedules, now, acts| { let _ = schedules.resume(id, now, acts); }),
                Step::Trigger => world.with(|schedules, now, acts| {
                    model.triggered += u64::from(schedules.trigger(id, now, acts).is_ok());
                }),
                Step::Cancel => world.with(|schedules, now, acts| {
                    is_cancelled |= schedules.cancel(id, now, acts).is_ok();
                }),
                Step::SetClock(by) => {
                    is_counted &= !by_wall;
                    let wall = &mut world.now.wall;
                    *wall = if by < 0 { wall.minus(seconds(by.unsigned_abs())) } else { wall.plus(seconds(by.unsigned_abs())) };
                }
            }
            for act in std::mem::take(&mut world.acts) {
                model.see(&act);
            }
            let entry = world.schedules.describe(id, world.now).expect("it is there").entry;
            prop_assert_eq!(model.begun.len() as u64, entry.running);
            let counts = entry.counts;
            let all = counts.ok + counts.failed + counts.skipped + counts.missed + counts.unknown;
            prop_assert_eq!(all, model.ended);
            if let Some(limit) = plan.limit {
                prop_assert!(counts.ok + counts.failed <= limit);
            }
            if is_counted && plan.limit.is_none() && plan.jitter.is_zero() && !model.over && !is_cancelled {
                let due = ticks(&plan.when, BEGIN, BEGIN, if by_wall { world.now.wall } else { world.now.steady });
                let waiting = due + model.triggered - model.ended - entry.running;
                let most = match plan.overlap { Overlap::BufferAll => 1000, Overlap::BufferOne | Overlap::CancelOther => 1, _ => 0 };
                prop_assert!(waiting <= most, "{} ticks have no outcome", waiting);
            }
        }
        prop_assert_eq!(world.schedules.list(TaskId(0), world.now).count(), 1);
    }
}
