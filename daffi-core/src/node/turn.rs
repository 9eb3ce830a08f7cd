//! How much of a stream is done at a time, so that whatever shares its thread and its processor gets its turn.
//!
//! A stream at full speed never waits for long, so neither its runtime nor the operating system takes the processor away
//! from it soon, and an ordinary call, which crosses five threads, would wait for each of them.

use std::cell::Cell;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll};
use std::thread;
use std::time::{Duration, Instant};

use tokio::task::yield_now;

use super::wakers::is_of_a_task;
use crate::simulation;

/// So many items of all the streams of a thread, which take about 25 µs where little is done with them.
const ITEMS: u32 = 1024;

/// So many bytes of items, which take about as long.
const BYTES: usize = 64 * 1024;

/// So long, if much is done with them.
const TIME: Duration = Duration::from_micros(50);

/// At the latest after so many items it is found out that they take long.
const LOOK: u32 = 64;

/// If more streams than that are at work on a thread, all of them together take longer.
const MOST: u32 = 16;

/// One turn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StreamTurn {
    /// Each counts as often as there are streams that share the time.
    items: u32,
    bytes: usize,
    /// How many streams share the time, as far as is known.
    streams: u32,
    /// The round in which the turn before ended.
    round: u64,
    /// When the work on it began.
    since: Option<Instant>,
    /// The clock is looked at again when there are so many items.
    look: u32,
    late: bool,
    clock: fn() -> Instant,
}

impl StreamTurn {
    pub(crate) const NEW: Self = Self::by(simulation::now);

    /// By another clock.
    pub(crate) const fn by(clock: fn() -> Instant) -> Self {
        Self {
            items: 0,
            bytes: 0,
            streams: 1,
            round: 0,
            since: None,
            look: 1,
            late: false,
            clock,
        }
    }

    pub(crate) fn now(&self) -> Instant {
        (self.clock)()
    }

    /// When the work on it began, which is now if nothing was done yet.
    pub(crate) fn begun(&mut self) -> Instant {
        *self.since.get_or_insert_with(self.clock)
    }

    /// Something is waited for, which is no work.
    pub(crate) const fn pause(&mut self) {
        self.since = None;
        self.look = self.items;
    }

    /// An item of so many bytes is done.
    pub(crate) fn add(&mut self, bytes: usize) {
        self.items += self.streams;
        self.bytes = self
            .bytes
            .saturating_add(bytes.saturating_mul(self.streams as usize));
        if self.items >= self.look {
            self.look_at_clock();
        }
    }

    /// Seldom, where there are many items.
    #[cold]
    fn look_at_clock(&mut self) {
        self.look = self.items + (self.items * 3).min(LOOK * self.streams);
        let now = self.now();
        self.late = now.saturating_duration_since(self.begun()) * self.streams >= TIME;
    }

    /// Whether it took long, for the items that it had.
    pub(crate) const fn is_late(&self) -> bool {
        self.late
    }

    pub(crate) const fn is_over(&self) -> bool {
        self.items >= ITEMS || self.bytes >= BYTES || self.late
    }

    /// Begins anew if one has ended on this thread since then.
    pub(crate) fn ended_since(&mut self, rounds: Rounds) -> bool {
        let now = ROUNDS.get();
        if now == rounds {
            return false;
        }
        *self = self.after(now, self.round);
        true
    }

    fn after(&self, rounds: Rounds, round: u64) -> Self {
        Self {
            streams: rounds.streams(),
            round,
            ..Self::by(self.clock)
        }
    }

    /// Pending, once, when the turn is over: others that are ready run first, and what has come for this process is read.
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if !self.is_over() {
            return Poll::Ready(());
        }
        let mut rounds = ROUNDS.get();
        rounds.end(self.round);
        ROUNDS.set(rounds);
        *self = self.after(rounds, rounds.number);
        offer_processor();
        give_way(cx)
    }
}

/// Pending, once.
pub(crate) fn give_way<T>(cx: &mut Context<'_>) -> Poll<T> {
    if is_of_a_task(cx) {
        // Wakes only after the sockets were looked at, which a waker that is called here would not wait for.
        let _ = pin!(yield_now()).poll(cx);
    } else {
        cx.waker().wake_by_ref();
    }
    Poll::Pending
}

thread_local! {
    static ROUNDS: Cell<Rounds> = const { Cell::new(Rounds::NEW) };
}

/// The turns of a thread: in a round every stream that is at work has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rounds {
    number: u64,
    /// How many turns have ended in it.
    ended: u32,
    /// How many ended in the round before.
    before: u32,
}

impl Rounds {
    const NEW: Self = Self {
        number: 1,
        ended: 0,
        before: 0,
    };

    pub(crate) fn of_this_thread() -> Self {
        ROUNDS.try_with(Cell::get).unwrap_or(Rounds::NEW)
    }

    /// How many streams share the time.
    fn streams(self) -> u32 {
        self.ended.max(self.before).clamp(1, MOST)
    }

    /// Ends a turn of a stream, whose turn before ended in that round.
    fn end(&mut self, before: u64) {
        if before == self.number {
            *self = Self {
                number: self.number + 1,
                ended: 0,
                before: self.ended,
            };
        }
        self.ended = self.ended.saturating_add(1);
    }
}

/// Lets other threads have the processor, if it is time.
fn offer_processor() {
    thread_local! {
        static OFFERS: Cell<Offers> = const { Cell::new(Offers::NEW) };
    }
    // A thread that ends offers nothing.
    let Ok(mut offers) = OFFERS.try_with(Cell::get) else {
        return;
    };
    let now = Instant::now();
    if offers.are_due(now) {
        thread::yield_now();
        offers.made(now, Instant::now());
        let _ = OFFERS.try_with(|kept| kept.set(offers));
    }
}

/// When a thread offers its processor to others.
///
/// Those who want it for a moment get it that way and give it back. If others keep it, for work of their own, they are
/// offered it less often: by that alone a thread that gives way would have far less than its share.
#[derive(Clone, Copy, Debug)]
struct Offers {
    last: Option<Instant>,
    /// How long others kept it, of late and on average.
    kept: Duration,
}

impl Offers {
    const NEW: Self = Self {
        last: None,
        kept: Duration::ZERO,
    };
    /// How long a thread has the processor, at least.
    const PAUSE: Duration = Duration::from_micros(25);
    /// Who has it for so long wants it for more than a moment.
    const KEPT: Duration = Duration::from_micros(1500);
    /// Who was away for longer than that was stopped by something else.
    const LONGEST: Duration = Duration::from_millis(20);

    fn are_due(&self, now: Instant) -> bool {
        let pause = Self::PAUSE + self.kept * 4;
        self.last
            .is_none_or(|last| now.saturating_duration_since(last) >= pause)
    }

    /// It was offered, and is back.
    fn made(&mut self, begun: Instant, back: Instant) {
        let away = back.saturating_duration_since(begun);
        let kept = if away > Self::KEPT {
            away.min(Self::LONGEST)
        } else {
            Duration::ZERO
        };
        self.last = Some(back);
        self.kept = (self.kept * 15 + kept) / 16;
    }
}

/// A clock of each thread, which stands still unless it is told that time passes.
#[cfg(test)]
pub(crate) mod clock {
    use std::cell::Cell;
    use std::time::{Duration, Instant};

    thread_local! {
        static NOW: Cell<Instant> = Cell::new(Instant::now());
    }

    pub(crate) fn now() -> Instant {
        NOW.get()
    }

    pub(crate) fn pass(time: Duration) {
        NOW.set(now() + time);
    }
}

#[cfg(test)]
mod tests;
