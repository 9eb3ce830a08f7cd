//! How long somebody is not read who has sent more than it may.

use std::time::Duration;

use tokio::time::sleep;

/// So much longer it is not read, so that there is room for what comes then.
const ROOM: Duration = Duration::from_millis(50);

/// So often it is looked whether there is still something to wait for, or more often.
const SLICE: Duration = Duration::from_millis(250);

/// Waits until nothing is owed any more, which takes `time` now, and may take longer meanwhile, as others of its identity take more, or less,
/// as its quota is raised. What is owed has a bound, and so has what is not noticed meanwhile. Whoever `owes` nothing of a sudden, as its
/// connection is closed, is waited for no longer than a slice, or half a `heartbeat`.
pub(super) async fn pause(time: Duration, heartbeat: Duration, owes: impl Fn() -> Option<Duration>) {
    let slice = SLICE.min(heartbeat / 2);
    let mut owed = Some(time);
    while let Some(time) = owed {
        let longer = time.saturating_add(ROOM).min(heartbeat);
        sleep(if time > slice { slice } else { longer }).await;
        owed = owes();
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use tokio::time::Instant;

    use super::*;

    const BEAT: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn it_lasts_as_long_as_something_is_owed_however_long_that_is() {
        let begun = Instant::now();
        let paid = begun + Duration::from_secs(60);
        let owes = || Some(paid - Instant::now()).filter(|left| !left.is_zero());
        pause(owes().unwrap(), BEAT, owes).await;
        assert!(Instant::now() >= paid + ROOM);
        assert!(Instant::now() <= paid + ROOM * 3, "{:?}", begun.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn what_others_take_meanwhile_is_waited_for_too() {
        let begun = Instant::now();
        let paid = Cell::new(begun + Duration::from_secs(1));
        let owes = || {
            // Once, somebody takes ten seconds' more.
            if paid.get() < begun + Duration::from_secs(2) {
                paid.set(begun + Duration::from_secs(11));
            }
            Some(paid.get() - Instant::now()).filter(|left| !left.is_zero())
        };
        pause(Duration::from_secs(1), BEAT, owes).await;
        assert!(begun.elapsed() >= Duration::from_secs(11));
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_is_closed_is_not_waited_for() {
        let begun = Instant::now();
        pause(Duration::from_secs(60), BEAT, || None).await;
        assert!(begun.elapsed() <= SLICE + ROOM, "{:?}", begun.elapsed());
    }
}
