//! Connections of which it is not known yet who is there.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

/// How long a peer may take until it is known who it is, from its first byte on.
pub(super) const GREETING: Duration = Duration::from_secs(10);

/// So many may be there at a time, each of which may hold 16 KiB of a greeting and what its socket takes. For one more, the one ends that has
/// been there for longest: who means it has said who it is in a part of a second, who only holds on has not.
const MOST: usize = 16 * 1024;

/// Where there is no room at all for one more, this part of them ends: as one at a time, those who come in its place would be faster.
const PART: usize = 8;

/// All that are there at a time.
#[derive(Debug, Default)]
pub(super) struct Strangers(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    next: u64,
    /// In the order in which they came.
    there: BTreeMap<u64, CancellationToken>,
}

impl Strangers {
    /// One more is there.
    pub(super) fn come(self: &Arc<Self>) -> Stranger {
        let ended = CancellationToken::new();
        let mut state = self.state();
        if state.there.len() >= MOST
            && let Some((_, oldest)) = state.there.pop_first()
        {
            oldest.cancel();
        }
        let number = state.next;
        state.next += 1;
        state.there.insert(number, ended.clone());
        Stranger {
            number,
            until: Instant::now() + GREETING,
            ended,
            all: Arc::clone(self),
        }
    }

    /// Ends some, those first that have been there for longest; whether there were any.
    pub(super) fn make_room(&self) -> bool {
        let mut state = self.state();
        let many = state.there.len().div_ceil(PART);
        for _ in 0..many {
            if let Some((_, oldest)) = state.there.pop_first() {
                oldest.cancel();
            }
        }
        many > 0
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One of them, until this is dropped.
#[derive(Debug)]
pub(super) struct Stranger {
    number: u64,
    until: Instant,
    ended: CancellationToken,
    all: Arc<Strangers>,
}

/// Why it is not known who somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unknown {
    /// It took too long.
    Late,
    /// There was no room for it any more.
    CrowdedOut,
}

impl Stranger {
    /// What comes of what it says, if that comes in time. It stays where it is: moved into another future, it would take twice the memory of each.
    pub(super) async fn heard<F: Future>(&self, says: Pin<&mut F>) -> Result<F::Output, Unknown> {
        tokio::select! {
            biased;
            said = timeout_at(self.until, says) => said.map_err(|_| Unknown::Late),
            () = self.ended.cancelled() => Err(Unknown::CrowdedOut),
        }
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        self.all.state().there.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::pin::pin;

    use tokio::task::JoinSet;

    use super::*;

    fn some(strangers: &Arc<Strangers>, many: usize) -> Vec<Stranger> {
        (0..many).map(|_| strangers.come()).collect()
    }

    fn ended(of: &[Stranger]) -> Vec<usize> {
        let of = of.iter().enumerate();
        of.filter(|(_, stranger)| stranger.ended.is_cancelled())
            .map(|(number, _)| number)
            .collect()
    }

    #[tokio::test]
    async fn p7_for_one_too_many_the_one_ends_that_has_been_there_for_longest() {
        let strangers = Arc::default();
        let mut there = some(&strangers, MOST);
        assert_eq!(ended(&there), []);
        there.push(strangers.come());
        assert_eq!(ended(&there), [0]);
        // Who is known makes room.
        drop(there.remove(7));
        there.push(strangers.come());
        assert_eq!(ended(&there), [0]);
        there.push(strangers.come());
        assert_eq!(ended(&there), [0, 1]);
        drop(there);
        assert_eq!(strangers.state().there.len(), 0);
    }

    #[tokio::test]
    async fn p7_where_there_is_no_room_at_all_a_part_of_them_ends() {
        let strangers = Arc::<Strangers>::default();
        assert!(!strangers.make_room());
        let there = some(&strangers, 17);
        assert!(strangers.make_room());
        assert_eq!(ended(&there), [0, 1, 2]);
        assert!(strangers.make_room());
        assert_eq!(ended(&there), [0, 1, 2, 3, 4]);
        assert!(some(&Arc::default(), 1)[0].all.make_room());
    }

    #[tokio::test(start_paused = true)]
    async fn a_stranger_is_heard_until_its_time_or_its_room_is_over() {
        let strangers = Arc::default();
        let one = some(&strangers, 1).remove(0);
        assert_eq!(one.heard(pin!(async { 5 })).await, Ok(5));
        let since = Instant::now();
        assert_eq!(one.heard(pin!(pending::<()>())).await, Err(Unknown::Late));
        assert_eq!(since.elapsed(), GREETING);
        let other = strangers.come();
        let mut hearing = JoinSet::new();
        hearing.spawn(async move { other.heard(pin!(pending::<()>())).await });
        tokio::task::yield_now().await;
        drop(one);
        assert!(strangers.make_room());
        assert_eq!(
            hearing.join_next().await.unwrap().unwrap(),
            Err(Unknown::CrowdedOut)
        );
        assert_eq!(strangers.state().there.len(), 0);
    }
}
