//! A schedule as it is kept over restarts, as bytes. All times in them are by the calendar.

use std::sync::Arc;

use bytes::Bytes;
use daffi_core::proto::{
    CallHeader, CallId, DecodeError, Described, EncodeError, Plan, TaskId, TaskState, Tick, TickCounts, Time,
    Who, decode_guarded, decode_next, encode, encode_into,
};
use serde::{Deserialize, Serialize};

use super::now::Now;
use super::order::{Maker, Order};
use super::task::{Due, Stage, Task};

/// What of a schedule is to be kept, or not any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Whose.
    pub task: TaskId,
    /// What it is to be.
    pub kept: Kept,
}

/// What is kept of a schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// Nothing: it is forgotten.
    Nothing,
    /// How it stands.
    Progress(Bytes),
    /// What it is, and how it stands.
    Whole(Bytes, Bytes),
}

impl Kept {
    /// How many bytes it has.
    pub(super) const fn bytes(&self) -> usize {
        match self {
            Self::Nothing => 0,
            Self::Progress(stands) => stands.len(),
            Self::Whole(is, stands) => is.len() + stands.len(),
        }
    }
}

/// What a schedule is but for its call.
#[derive(Debug, Serialize, Deserialize)]
struct Asked {
    plan: Plan,
    process: String,
    identity: Who<String>,
    is_own: bool,
    made: u64,
    described: Option<Described>,
}

/// How a schedule stands.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Progress {
    pub(super) state: TaskState,
    /// There are no ticks before.
    pub(super) start: Time,
    /// The first tick of an interval.
    pub(super) first: Time,
    pub(super) next: Option<Time>,
    pub(super) begun: u64,
    pub(super) number: u64,
    /// Calls that were made, or were about to be, and how many of them for nobody offered the callback.
    pub(super) running: Vec<Begun>,
    pub(super) waiting: Vec<Begun>,
    pub(super) counts: TickCounts,
    pub(super) last: Vec<Tick>,
}

/// A tick that has come, and has not ended.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Begun {
    due: Time,
    triggered: bool,
    number: Option<u64>,
    /// Its call is certainly not made.
    pub(super) is_absent: bool,
}

impl Begun {
    /// By the schedule's own clock.
    pub(super) fn due(self, of: impl Fn(Time) -> Time) -> Due {
        Due {
            time: of(self.due),
            triggered: self.triggered,
            number: self.number,
        }
    }
}

/// What a schedule is.
pub(super) fn asked(task: &Task) -> Result<Bytes, EncodeError> {
    let asked = Asked {
        plan: task.plan.clone(),
        process: task.maker.process.to_string(),
        identity: task.maker.identity.map(ToString::to_string),
        is_own: task.maker.is_own,
        made: task.made,
        described: task.order.described().cloned(),
    };
    let mut bytes = encode(&asked)?.to_vec();
    encode_into(&task.order.header(CallId::first(0)), &mut bytes)?;
    bytes.extend_from_slice(task.order.arguments());
    Ok(bytes.into())
}

/// How it stands.
pub(super) fn progress(task: &Task, now: Now) -> Result<Bytes, EncodeError> {
    let told = |time: Time| now.to_wall(time, task.basis());
    let begun = |due: &Due, is_absent| Begun {
        due: told(due.time),
        triggered: due.triggered,
        number: due.number,
        is_absent,
    };
    let (start, first) = task.rule.origin();
    encode(&Progress {
        state: task.state,
        start: told(start),
        first: told(first),
        next: task.next.map(|next| told(next.due)),
        begun: task.begun,
        number: task.number,
        running: task
            .running
            .iter()
            .map(|running| begun(&running.due, matches!(running.stage, Stage::Absent { .. })))
            .collect(),
        waiting: task.waiting.iter().map(|due| begun(due, true)).collect(),
        counts: task.history.counts,
        last: task.history.last().cloned().collect(),
    })
}

/// A schedule that was kept.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) plan: Plan,
    pub(super) order: Order,
    pub(super) maker: Maker,
    pub(super) made: u64,
    pub(super) progress: Progress,
}

/// What was kept of a schedule.
pub(super) fn read(asked: &[u8], progress: &[u8]) -> Result<Read, DecodeError> {
    let (kept, used) = decode_next::<Asked>(asked, true)?;
    let rest = &asked[used.min(asked.len())..];
    let (header, used) = decode_next::<CallHeader<'_>>(rest, true)?;
    let arguments = Bytes::copy_from_slice(&rest[used.min(rest.len())..]);
    let maker = Maker {
        process: kept.process.into(),
        identity: kept.identity.map(|name| Arc::from(&**name)),
        is_own: kept.is_own,
    };
    Ok(Read {
        plan: kept.plan,
        order: Order::new(&header, kept.described, &arguments),
        maker,
        made: kept.made,
        progress: decode_guarded(progress)?,
    })
}
