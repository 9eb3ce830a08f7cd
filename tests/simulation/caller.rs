//! What a process asks of others, one thing after the other and many at a time.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::time::Duration;

use daffi::{Call, CallError, Global};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use crate::chance::Chance;
use crate::ledger::{Asked, Home, Kind, Ledger, Outcome};
use crate::offered::{Client, FOR_EVER};

/// A start of a process, as one that calls.
#[derive(Clone, Debug)]
pub struct Caller {
    pub ledger: Ledger,
    pub home: Home,
    pub global: Global,
    /// How many processes there are.
    pub nodes: usize,
    /// How many things it asks for.
    pub asks: usize,
    /// Within how long.
    pub time: Duration,
    /// How many bytes it sends with one of them, at most.
    pub largest: usize,
}

/// Within so long others answer once nobody stands in the way.
const PROBE: Duration = Duration::from_secs(10);

/// How the adversary of a caller treats what it has asked for.
#[derive(Clone, Copy, Debug)]
pub enum Patience {
    Endless,
    Deadline(Duration),
    Dropped(Duration),
}

pub fn name(node: usize) -> String {
    format!("node-{node}")
}

impl Caller {
    /// Asks for all that it shall, and waits for what comes of it.
    pub async fn live(self, mut chance: Chance) {
        let mut tasks = JoinSet::new();
        let pause = self.time / u32::try_from(self.asks).unwrap().max(1);
        for _ in 0..self.asks {
            let pause = pause.mul_f64(f64::from(u32::try_from(chance.below(2000)).unwrap()) / 1000.0);
            // Now and then many at a time.
            if chance.percent(60) {
                sleep(pause).await;
            }
            self.ask(&mut chance, &mut tasks);
        }
        while let Some(ended) = tasks.join_next().await {
            ended.unwrap();
        }
    }

    /// Whether another answers, and has all its places free.
    pub async fn probe(self, node: usize) {
        let held = (1, None);
        let ids = [Kind::Work, Kind::Queued, Kind::Queued].map(|kind| self.asked(kind, Some(node), held));
        let work = self.of(Client.work(ids[0], 1, &[]), Some(node), None);
        let [first, second] = [ids[1], ids[2]].map(|id| self.of(Client.queued(id, 1), Some(node), None));
        let answered = async { tokio::join!(work, first, second) };
        let Ok((work, first, second)) = timeout(PROBE, answered).await else {
            return self
                .ledger
                .fault(format!("{node} does not answer, or not many at a time"));
        };
        self.ledger.ended(ids[0], of(&work, Vec::is_empty));
        self.ledger.ended(ids[1], of(&first, |value| *value == ids[1]));
        self.ledger.ended(ids[2], of(&second, |value| *value == ids[2]));
    }

    /// Keeps track of who is there, for as long as it is polled.
    pub async fn watch(self) {
        loop {
            let Ok(mut events) = self.global.presence().await else {
                sleep(Duration::from_millis(50)).await;
                continue;
            };
            self.ledger.book().seen.insert(self.home, BTreeMap::new());
            while let Some(Ok(event)) = events.next().await {
                self.ledger.happened(self.home, &event);
            }
            self.ledger.book().seen.remove(&self.home);
        }
    }

    fn other(&self, chance: &mut Chance) -> usize {
        (self.home.node + 1 + chance.below(self.nodes - 1)) % self.nodes
    }

    fn asked(&self, kind: Kind, to: Option<usize>, (millis, deadline): (u64, Option<Duration>)) -> u64 {
        self.ledger.ask(Asked {
            kind,
            by: self.home,
            to,
            deadline,
            millis,
            begun: Instant::now(),
            ended: None,
            parts: BTreeMap::new(),
        })
    }

    fn ask(&self, chance: &mut Chance, tasks: &mut JoinSet<()>) {
        let to = chance.percent(70).then(|| self.other(chance));
        let patience = match chance.below(10) {
            0 => Patience::Deadline(chance.millis(1..2000)),
            1 => Patience::Dropped(chance.millis(0..1500)),
            _ => Patience::Endless,
        };
        let mut millis = match chance.below(4) {
            0 | 1 => 0,
            2 => chance.within(1..50),
            _ => chance.within(1..1500),
        };
        let deadline = match patience {
            Patience::Deadline(deadline) => Some(deadline),
            _ => None,
        };
        let held = (millis, deadline);
        match chance.below(24) {
            0..8 => {
                if !matches!(patience, Patience::Endless) && chance.percent(50) {
                    millis = FOR_EVER;
                }
                let length = match chance.below(40) {
                    0 => chance.below(self.largest),
                    1..5 => chance.below(8_000),
                    _ => chance.below(200),
                };
                let id = self.asked(Kind::Work, to, (millis, deadline));
                let padding = vec![u8::try_from(id % 251).unwrap(); length];
                let call = self.of(Client.work(id, millis, &padding), to, deadline);
                self.call(tasks, id, call, patience, move |value| *value == padding);
            }
            8 => {
                let id = self.asked(Kind::Fail, to, held);
                let call = self.of(Client.fail(id, millis), to, deadline);
                self.call(tasks, id, call, patience, |()| false);
            }
            9..11 => {
                // There are two places.
                for _ in 0..chance.below(6) {
                    let id = self.asked(Kind::Queued, to, held);
                    let call = self.of(Client.queued(id, millis), to, deadline);
                    self.call(tasks, id, call, patience, move |value| *value == id);
                }
            }
            11 => {
                let is_idempotent = chance.percent(50);
                let kind = if is_idempotent {
                    Kind::Repeated
                } else {
                    Kind::Retried
                };
                let id = self.asked(kind, None, held);
                let call = self.of(Client.work(id, millis, &[7]), None, deadline).retry(3);
                let call = if is_idempotent { call.idempotent() } else { call };
                self.call(tasks, id, call, patience, |value| *value == [7]);
            }
            12..14 => {
                let id = self.asked(Kind::Note, to, (millis, None));
                let mut call = self.of(Client.note(id, millis), to, None).send();
                let ledger = self.ledger.clone();
                let first = (&mut call).now_or_never();
                tasks.spawn(async move {
                    let outcome = match first {
                        Some(outcome) => outcome,
                        None => call.await,
                    };
                    ledger.ended(id, of(&outcome, |()| true));
                });
            }
            14 => {
                let id = self.asked(Kind::All, None, held);
                let this = self.clone();
                let call = Client.all(id, millis).on(&self.global);
                tasks.spawn(async move { this.broadcast(id, call, patience, id).await });
            }
            15..17 => {
                let id = self.asked(Kind::Count, to, (0, None));
                let window = *chance.one_of(&[1, 16, 300, 16_384]);
                // Each window may take a while to be granted.
                let items = items(chance).min(window * 50);
                let call = self.of(Client.count(id, items, millis.min(30), window), to, None);
                let call = call.window(u32::try_from(window).unwrap(), 2 << 20);
                self.stream(tasks, id, call, (items, chance.below(3)), patience);
            }
            17..19 => {
                let (items, id) = (items(chance), self.asked(Kind::Sum, to, held));
                let call = Client.sum(id, numbers(items, millis.min(30)));
                let call = self.of(call, to, deadline);
                self.call(tasks, id, call, patience, move |value| *value == items);
            }
            19 => {
                let (items, id) = (items(chance), self.asked(Kind::Echo, to, (0, None)));
                let call = Client.echo(id, numbers(items, millis.min(30)));
                let call = self.of(call, to, None);
                self.stream(tasks, id, call, (items, 0), patience);
            }
            20 => {
                let node = self.other(chance);
                let id = self.asked(Kind::Wait, Some(node), (0, None));
                let (ledger, global) = (self.ledger.clone(), self.global.clone());
                tasks.spawn(async move {
                    let outcome = global.wait_process(name(node)).await;
                    ledger.ended(id, of(&outcome, |()| true));
                });
            }
            21 => {
                let id = self.asked(Kind::Block, to, (0, deadline));
                let call = self.of(Client.block(id), to, deadline);
                self.call(tasks, id, call, patience, move |value| *value == id);
            }
            22 => {
                let (items, id) = (items(chance).min(50), self.asked(Kind::SumAll, None, held));
                let numbers = numbers(items, millis.min(30));
                let call = Client.sum(id, numbers).on(&self.global).broadcast();
                let this = self.clone();
                tasks.spawn(async move { this.broadcast(id, call, patience, items).await });
            }
            23 => {
                let (items, id) = (
                    1 + items(chance).min(50),
                    self.asked(Kind::CountAll, None, (0, None)),
                );
                let call = Client
                    .count(id, items, millis.min(30), u64::MAX / 2)
                    .on(&self.global);
                let this = self.clone();
                tasks.spawn(async move { this.broadcast_items(id, call.broadcast(), patience, items).await });
            }
            other => unreachable!("{other}"),
        }
    }

    fn of<T, E>(&self, call: Call<T, E>, to: Option<usize>, deadline: Option<Duration>) -> Call<T, E> {
        let call = call.on(&self.global);
        let call = match to {
            Some(to) => call.to(name(to)),
            None => call,
        };
        match deadline {
            Some(deadline) => call.timeout(deadline),
            None => call,
        }
    }

    /// Makes a call here and now, and waits for it in a task.
    fn call<T, E>(
        &self,
        tasks: &mut JoinSet<()>,
        id: u64,
        mut call: Call<T, E>,
        patience: Patience,
        is_right: impl Fn(&T) -> bool + Send + 'static,
    ) where
        Call<T, E>: Future<Output = Result<T, CallError<E>>> + Unpin + Send + 'static,
        T: fmt::Debug + Send + 'static,
        E: fmt::Debug + Send + 'static,
    {
        let ledger = self.ledger.clone();
        let first = (&mut call).now_or_never();
        tasks.spawn(async move {
            let outcome = match (first, patience) {
                (Some(outcome), _) => outcome,
                (None, Patience::Dropped(after)) => match timeout(after, call).await {
                    Ok(outcome) => outcome,
                    Err(_) => return ledger.ended(id, Outcome::Dropped),
                },
                (None, _) => call.await,
            };
            let of = of(&outcome, is_right);
            if matches!(&of, Outcome::Failed { words, .. } if words == WRONG) {
                ledger.fault(format!("{id} has another value: {outcome:?}"));
            }
            ledger.ended(id, of);
        });
    }

    /// Takes all items of a stream, which must be the numbers up to so many.
    fn stream<S, E>(
        &self,
        tasks: &mut JoinSet<()>,
        id: u64,
        mut call: Call<S, E>,
        (items, slow): (u64, usize),
        patience: Patience,
    ) where
        Call<S, E>: Future<Output = Result<S, CallError<E>>> + Unpin + Send + 'static,
        S: futures_util::Stream<Item = Result<u64, CallError>> + Unpin + Send + 'static,
        E: fmt::Debug + Send + 'static,
    {
        let ledger = self.ledger.clone();
        let first = (&mut call).now_or_never();
        tasks.spawn(async move {
            let told = ledger.clone();
            let taking = async move {
                let begun = match first {
                    Some(outcome) => outcome,
                    None => call.await,
                };
                let mut numbers = match begun {
                    Ok(numbers) => numbers,
                    Err(error) => return Outcome::failed(&error),
                };
                let mut next = 0;
                while let Some(number) = numbers.next().await {
                    match number {
                        Ok(number) => {
                            if number != next {
                                told.fault(format!("{id}: item {number} came instead of {next}"));
                            }
                            next += 1;
                            told.book().taken.insert(id, next);
                            if slow > 0 && next % 50 == 49 {
                                sleep(Duration::from_millis(slow as u64 * 7)).await;
                            }
                        }
                        Err(error) => return Outcome::failed(&error),
                    }
                }
                if next != items {
                    told.fault(format!("{id}: {next} of {items} items came"));
                }
                Outcome::Value
            };
            let outcome = match patience {
                Patience::Dropped(after) => timeout(after, taking).await.unwrap_or(Outcome::Dropped),
                _ => taking.await,
            };
            ledger.ended(id, outcome);
        });
    }
}

const WRONG: &str = "the value is another one";

fn of<T, E>(outcome: &Result<T, CallError<E>>, is_right: impl Fn(&T) -> bool) -> Outcome
where
    E: fmt::Debug,
{
    match outcome {
        Ok(value) if is_right(value) => Outcome::Value,
        Ok(_) => Outcome::Failed {
            kind: daffi::CallErrorKind::Decode,
            may_have_run: true,
            words: WRONG.to_owned(),
        },
        Err(CallError::App(_)) => Outcome::Own,
        Err(error) => Outcome::failed(error),
    }
}

fn items(chance: &mut Chance) -> u64 {
    match chance.below(10) {
        0 => chance.within(0..800),
        1..4 => chance.within(0..100),
        _ => chance.within(0..20),
    }
}

/// The numbers up to so many, with a pause after every hundredth.
fn numbers(items: u64, millis: u64) -> impl futures_util::Stream<Item = u64> + Send {
    stream::unfold(0, move |next| async move {
        if next % 100 == 99 && millis > 0 {
            sleep(Duration::from_millis(millis)).await;
        }
        (next < items).then_some((next, next + 1))
    })
}
