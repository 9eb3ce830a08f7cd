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

use crate::node::is_of_a_task;

/// So many items, which take about 25 µs where little is done with them.
const ITEMS: u32 = 1024;

/// So many bytes of items, which take about as long.
const BYTES: usize = 64 * 1024;

/// One turn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turn {
    items: u32,
    bytes: usize,
}

impl Turn {
    pub(super) const NEW: Self = Self { items: 0, bytes: 0 };

    /// An item of so many bytes is done.
    pub(super) const fn add(&mut self, bytes: usize) {
        self.items += 1;
        self.bytes = self.bytes.saturating_add(bytes);
    }

    pub(super) const fn is_over(self) -> bool {
        self.items >= ITEMS || self.bytes >= BYTES
    }

    /// Pending, once, when the turn is over: others that are ready run first, and what has come for this process is read.
    pub(super) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if !self.is_over() {
            return Poll::Ready(());
        }
        *self = Self::NEW;
        offer_processor();
        if is_of_a_task(cx) {
            // Wakes only after the sockets were looked at, which a waker that is called here would not wait for.
            return pin!(yield_now()).poll(cx);
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// Lets other threads have the processor, if it is time.
fn offer_processor() {
    thread_local! {
        static OFFERS: Cell<Offers> = const { Cell::new(Offers::NEW) };
    }
    let mut offers = OFFERS.get();
    let now = Instant::now();
    if offers.are_due(now) {
        thread::yield_now();
        offers.made(now, Instant::now());
        OFFERS.set(offers);
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
    const PAUSE: Duration = Duration::from_micros(100);
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

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn a_turn_ends_with_many_items_or_many_bytes() {
        let mut turn = Turn::NEW;
        (1..ITEMS).for_each(|_| turn.add(1));
        assert!(!turn.is_over());
        turn.add(1);
        assert!(turn.is_over());
        let mut turn = Turn::NEW;
        turn.add(BYTES);
        assert!(turn.is_over());
    }

    /// How much of its time a thread has the processor which offers it as often as it may, and then waits for `away`.
    fn share(away: impl Fn(u32) -> Duration) -> f64 {
        let mut offers = Offers::NEW;
        let start = Instant::now();
        let (mut now, mut had) = (start, Duration::ZERO);
        for turn in 0..100_000 {
            let done = Duration::from_micros(25);
            now += done;
            had += done;
            if offers.are_due(now) {
                let back = now + away(turn);
                offers.made(now, back);
                now = back;
            }
        }
        had.as_secs_f64() / now.duration_since(start).as_secs_f64()
    }

    #[test]
    fn the_processor_is_offered_often_to_those_who_give_it_back() {
        let offered = share(|_| Offers::PAUSE);
        assert!((0.4..0.6).contains(&offered), "{offered}");
    }

    #[test]
    fn those_who_keep_it_leave_the_thread_its_share() {
        let kept = share(|_| MS * 3);
        assert!((0.7..0.9).contains(&kept), "{kept}");
        let now_and_then = share(|turn| if turn % 3 == 0 { MS * 3 } else { Duration::ZERO });
        assert!((0.7..0.95).contains(&now_and_then), "{now_and_then}");
    }
}
