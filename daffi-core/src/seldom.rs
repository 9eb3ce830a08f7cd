//! Words in the log that others cause: no more than some a second, however many come.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// So many in one [`TIME`].
const WORDS: u32 = 10;

const TIME: Duration = Duration::from_secs(1);

/// Counts words.
#[derive(Debug, Default)]
pub struct Seldom(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    since: Option<Instant>,
    said: u32,
    unsaid: u64,
}

/// How often something could not be said since the last time, if it ever could not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unsaid(pub Option<u64>);

impl Seldom {
    /// Whether something may be said now; then also how often it could not be.
    pub fn may_say(&self) -> Option<Unsaid> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if state.since.is_none_or(|since| now >= since + TIME) {
            state.since = Some(now);
            state.said = 0;
        }
        if state.said == WORDS {
            state.unsaid += 1;
            return None;
        }
        state.said += 1;
        let unsaid = std::mem::take(&mut state.unsaid);
        Some(Unsaid((unsaid > 0).then_some(unsaid)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_is_too_much_is_counted_and_said_with_the_next() {
        let seldom = Seldom::default();
        let said = (0..100).filter(|_| seldom.may_say().is_some()).count();
        assert_eq!(said, 10);
        tokio::time::advance(TIME).await;
        assert_eq!(seldom.may_say(), Some(Unsaid(Some(90))));
        assert_eq!(seldom.may_say(), Some(Unsaid(None)));
    }
}
