//! Calls of others, one after the other, while something happens.

use std::fmt;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use daffi::Global;
use tokio::time::sleep;

use crate::processes::Place;

/// A caller and a provider, in this process, whose calls go through the controller.
pub(crate) struct Pings {
    caller: Global,
    _provider: Global,
}

/// How long calls took.
pub(crate) struct Took {
    calls: usize,
    half: Duration,
    most: Duration,
    longest: Duration,
}

impl fmt::Display for Took {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        write!(
            f,
            "half within {:.2} ms, 99 of 100 within {:.2} ms, the longest {:.1} ms ({} calls)",
            ms(self.half),
            ms(self.most),
            ms(self.longest),
            self.calls
        )
    }
}

impl Pings {
    pub(crate) async fn start(place: &Place) -> Self {
        let provider = place.node().start().await.unwrap();
        provider
            .register_fn("ping", |n: u32| async move { n })
            .await
            .unwrap();
        Self {
            caller: place.node().start().await.unwrap(),
            _provider: provider,
        }
    }

    /// Waits for something, and makes calls meanwhile: at least one, and about a thousand a second.
    pub(crate) async fn during<T>(&self, happening: impl Future<Output = T>) -> (T, Took) {
        let is_over = AtomicBool::new(false);
        let happening = async {
            let happened = happening.await;
            is_over.store(true, Ordering::Relaxed);
            happened
        };
        let calling = async {
            let mut times = Vec::new();
            while times.is_empty() || !is_over.load(Ordering::Relaxed) {
                let begun = Instant::now();
                let answer: u32 = self.caller.call("ping", (7u32,)).await.unwrap();
                assert_eq!(answer, 7);
                times.push(begun.elapsed());
                sleep(Duration::from_millis(1)).await;
            }
            times
        };
        let (happened, mut times) = tokio::join!(happening, calling);
        times.sort();
        let at = |part: usize| times.get(times.len() * part / 100).copied().unwrap_or_default();
        let took = Took {
            calls: times.len(),
            half: at(50),
            most: at(99),
            longest: times.last().copied().unwrap_or_default(),
        };
        (happened, took)
    }
}
