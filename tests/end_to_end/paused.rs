//! Under tokio's paused clock, time passes as fast as nothing happens: for daffi as for the program around it.

use std::sync::atomic::Ordering;
use std::time::Duration;

use daffi::{CallContext, CallError, callback, fetcher};
use tokio::time::{Instant, sleep};

use crate::net::{Net, Transport};

const HOUR: Duration = Duration::from_secs(3600);

mod offered {
    use super::*;

    #[callback]
    async fn sleeps_for(seconds: u64) -> u64 {
        sleep(Duration::from_secs(seconds)).await;
        seconds
    }

    #[callback]
    async fn time_left(ctx: &CallContext) -> Option<Duration> {
        sleep(HOUR).await;
        ctx.remaining()
    }
}

#[fetcher]
async fn sleeps_for(seconds: u64) -> u64;

#[fetcher]
async fn time_left() -> Option<Duration>;

/// What happens on a net whose clock is paused, over each transport; no connection is lost meanwhile.
async fn paused(during: impl AsyncFn(&daffi::Global)) {
    for transport in [Transport::Memory, Transport::Unix, Transport::Tcp, Transport::Tls] {
        let net = Net::start(transport, |builder| builder.auto_callbacks(true)).await;
        let (caller, lost) = net.counting_caller().await;
        during(&caller).await;
        assert_eq!(lost.load(Ordering::Relaxed), 0, "{transport:?}");
        net.stop([caller]).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_callback_that_takes_hours_is_waited_for() {
    paused(async |g| {
        let begun = Instant::now();
        assert_eq!(sleeps_for(2 * 3600).on(g).await, Ok(2 * 3600));
        assert!((2 * HOUR..2 * HOUR + Duration::from_secs(1)).contains(&begun.elapsed()));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_deadline_passes_when_it_is_due() {
    paused(async |g| {
        let begun = Instant::now();
        let outcome = sleeps_for(2 * 3600).on(g).timeout(HOUR).await;
        assert!(matches!(outcome, Err(CallError::Timeout { .. })), "{outcome:?}");
        assert!((HOUR..HOUR + Duration::from_secs(1)).contains(&begun.elapsed()));
        let outcome = sleeps_for(0).on(g).after(HOUR).bg().await;
        assert_eq!(outcome, Ok(0));
        let left = time_left().on(g).timeout(3 * HOUR).await.unwrap().unwrap();
        assert!(
            (2 * HOUR - Duration::from_secs(1)..=2 * HOUR).contains(&left),
            "{left:?}"
        );
    })
    .await;
}
