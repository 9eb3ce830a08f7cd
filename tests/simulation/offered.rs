//! What every process offers, and how it is called. Each call says its number in the ledger.

use std::future::pending;
use std::time::Duration;

use daffi::{Stream, Streaming, callback, fetcher};
use futures_util::stream;
use tokio::time::sleep;

use crate::ledger::{Home, Ledger, Running};

/// It does not end by itself.
pub const FOR_EVER: u64 = u64::MAX;

/// A start of a process, which runs what it is asked for.
#[derive(Clone, Debug)]
pub struct Worker {
    pub ledger: Ledger,
    pub home: Home,
}

async fn hold(millis: u64) {
    match millis {
        0 => {}
        FOR_EVER => pending().await,
        millis => sleep(Duration::from_millis(millis)).await,
    }
}

/// What an item is followed by.
#[derive(Clone, Copy, Debug)]
struct Next {
    /// That one, of so many.
    item: u64,
    of: u64,
}

#[callback(prefix = "sim.")]
impl Worker {
    pub async fn work(&self, id: u64, millis: u64, padding: Vec<u8>) -> Vec<u8> {
        let mut running = self.ledger.run(id, self.home);
        hold(millis).await;
        running.done();
        padding
    }

    pub async fn fail(&self, id: u64, millis: u64) -> Result<(), u64> {
        let mut running = self.ledger.run(id, self.home);
        hold(millis).await;
        running.done();
        Err(id)
    }

    #[callback(concurrency = 2)]
    pub async fn queued(&self, id: u64, millis: u64) -> u64 {
        let mut running = self.ledger.run(id, self.home);
        hold(millis).await;
        running.done();
        id
    }

    pub async fn note(&self, id: u64, millis: u64) {
        let mut running = self.ledger.run(id, self.home);
        hold(millis).await;
        running.done();
    }

    /// Has no `async`.
    pub fn block(&self, id: u64) -> u64 {
        self.ledger.run(id, self.home).done();
        id
    }

    /// Gives that many items, never more than so many ahead of what is taken, and pauses after every hundredth.
    pub async fn count(&self, id: u64, items: u64, millis: u64, window: u64) -> impl Stream<Item = u64> {
        let running = self.ledger.run(id, self.home);
        let from = Next { item: 0, of: items };
        let ledger = self.ledger.clone();
        stream::unfold((running, from), move |(mut running, next)| {
            let taken = ledger.book().taken.get(&id).copied().unwrap_or(0);
            if next.item > taken + window {
                ledger.fault(format!("P6: {id} is at {} where {taken} were taken", next.item));
            }
            async move {
                if next.item == next.of {
                    running.done();
                    return None;
                }
                if next.item % 100 == 99 {
                    hold(millis).await;
                }
                Some((
                    next.item,
                    (
                        running,
                        Next {
                            item: next.item + 1,
                            ..next
                        },
                    ),
                ))
            }
        })
    }

    /// Takes items that must be in order, and gives their number.
    pub async fn sum(&self, id: u64, numbers: Streaming<u64>) -> Result<u64, String> {
        let mut running = self.ledger.run(id, self.home);
        // Of those who take one stream some take little at a time.
        let window = if (id + self.home.node as u64).is_multiple_of(3) {
            2
        } else {
            16_384
        };
        let mut numbers = numbers.window(window, 2 << 20);
        let mut next = 0;
        while let Some(number) = numbers.next().await {
            let number = number.map_err(|error| error.to_string())?;
            if number != next {
                self.ledger
                    .fault(format!("{id}: item {number} came instead of {next}"));
            }
            next += 1;
        }
        running.done();
        Ok(next)
    }

    /// Gives back what it takes.
    pub async fn echo(&self, id: u64, numbers: Streaming<u64>) -> impl Stream<Item = u64> {
        let running = self.ledger.run(id, self.home);
        stream::unfold(
            (running, numbers),
            async |(mut running, mut numbers): (Running, _)| match numbers.next().await {
                Some(Ok(number)) => Some((number, (running, numbers))),
                Some(Err(_)) => None,
                None => {
                    running.done();
                    None
                }
            },
        )
    }

    pub async fn all(&self, id: u64, millis: u64) -> u64 {
        let mut running = self.ledger.run(id, self.home);
        hold(millis).await;
        running.done();
        id
    }
}

/// Who calls all of that.
#[derive(Clone, Copy, Debug)]
pub struct Client;

#[fetcher(prefix = "sim.")]
impl Client {
    pub async fn work(&self, id: u64, millis: u64, padding: &[u8]) -> Vec<u8>;
    pub async fn fail(&self, id: u64, millis: u64) -> Result<(), u64>;
    pub async fn queued(&self, id: u64, millis: u64) -> u64;
    pub async fn note(&self, id: u64, millis: u64);
    pub async fn block(&self, id: u64) -> u64;
    pub async fn count(&self, id: u64, items: u64, millis: u64, window: u64) -> impl Stream<Item = u64>;
    pub async fn sum(&self, id: u64, numbers: impl Stream<Item = u64>) -> Result<u64, String>;
    pub async fn echo(&self, id: u64, numbers: impl Stream<Item = u64>) -> impl Stream<Item = u64>;
    #[fetcher(broadcast)]
    pub async fn all(&self, id: u64, millis: u64) -> u64;
}
