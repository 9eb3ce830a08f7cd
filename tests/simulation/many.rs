//! What a process asks of all others.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

use daffi::{Broadcast, BroadcastItems, Streaming};
use tokio::time::timeout;

use crate::caller::{Caller, Patience};
use crate::ledger::{Ledger, Outcome};

impl Caller {
    /// Asks all for a value, which is right if it is this one.
    pub async fn broadcast<E>(self, id: u64, call: Broadcast<u64, E>, patience: Patience, right: u64)
    where
        E: fmt::Debug + Send + 'static,
    {
        let call = match patience {
            Patience::Deadline(deadline) => call.timeout(deadline),
            _ => call,
        };
        let asking = async move { call.await };
        let outcome = match patience {
            Patience::Dropped(after) => match timeout(after, asking).await {
                Ok(outcome) => outcome,
                Err(_) => return self.ledger.ended(id, Outcome::Dropped),
            },
            _ => asking.await,
        };
        let outcome = match outcome {
            Err(error) => Outcome::failed(&error),
            Ok(replies) => {
                let mut book = self.ledger.book();
                let asked = book.asked.get_mut(&id).unwrap();
                for (name, reply) in &replies {
                    let part = match reply {
                        Ok(value) if *value == right => Outcome::Value,
                        Ok(_) => Outcome::Own,
                        Err(error) => Outcome::failed(error),
                    };
                    asked.parts.insert(name.to_owned(), part);
                }
                Outcome::Value
            }
        };
        self.ledger.ended(id, outcome);
    }

    /// Asks all for so many numbers.
    pub async fn broadcast_items<E>(
        self,
        id: u64,
        call: Broadcast<Streaming<u64>, E>,
        patience: Patience,
        items: u64,
    ) where
        E: fmt::Debug + Send + 'static,
    {
        let taking = async {
            match call.items().await {
                Ok(numbers) => take_all(&self.ledger, id, numbers, items).await,
                Err(error) => Outcome::failed(&error),
            }
        };
        let outcome = match patience {
            Patience::Dropped(after) => timeout(after, taking).await.unwrap_or(Outcome::Dropped),
            _ => taking.await,
        };
        self.ledger.ended(id, outcome);
    }
}

/// Takes what comes of each, which must be the numbers up to so many.
async fn take_all<E>(ledger: &Ledger, id: u64, mut numbers: BroadcastItems<u64, E>, items: u64) -> Outcome
where
    E: fmt::Debug,
{
    let mut taken = BTreeMap::<String, u64>::new();
    while let Some((process_name, number)) = numbers.next().await {
        let next = taken.entry(process_name.clone()).or_default();
        match number {
            Ok(number) if number == *next => *next += 1,
            Ok(number) => ledger.fault(format!(
                "{id}: item {number} of {process_name} came instead of {next}"
            )),
            Err(error) => {
                let mut book = ledger.book();
                let parts = &mut book.asked.get_mut(&id).unwrap().parts;
                parts.insert(process_name, Outcome::failed(&error));
            }
        }
    }
    let mut book = ledger.book();
    let parts = &mut book.asked.get_mut(&id).unwrap().parts;
    let mut short = Vec::new();
    for (process_name, taken) in taken {
        if let Entry::Vacant(part) = parts.entry(process_name) {
            if taken != items {
                let process_name = part.key();
                short.push(format!("{id}: {taken} of {items} items of {process_name} came"));
            }
            part.insert(Outcome::Value);
        }
    }
    book.faults.extend(short);
    Outcome::Value
}
