//! One member: asks the others for votes when it has heard of no leader for a while, and tells them what is in the log when it leads.
//!
//! Who the others are is left open: `P` is a client that calls another process, or whatever else is a [`Peer`].

use std::collections::BTreeMap;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hasher as _};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;
use tokio::sync::{Notify, watch};
use tokio::time::sleep;

use crate::raft::{Append, Appended, Ballot, Command, Raft, Vote};
use crate::{Leader, NotAdded, Peer};

/// How long a leader is silent at most.
pub const SIGN_OF_LIFE: Duration = Duration::from_millis(50);

/// How long a member hears of no leader before it wants to lead: this, and by chance up to as much again, so that not all do at once.
pub const PATIENCE: Duration = Duration::from_millis(400);

/// One of those who keep the log, and how it reaches the others.
#[derive(Debug)]
pub struct Member<P> {
    raft: Mutex<Raft>,
    others: BTreeMap<String, P>,
    /// It has heard of a leader, or given its vote.
    heard: Notify,
    /// There is something to be told to the others.
    news: Notify,
    state: watch::Sender<State>,
}

/// What others wait for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    pub term: u64,
    pub leader: Option<String>,
    pub committed: u64,
}

impl<P: Peer> Member<P> {
    pub fn new(name: &str, others: impl IntoIterator<Item = (String, P)>) -> Self {
        let others: BTreeMap<_, _> = others.into_iter().collect();
        Self {
            raft: Mutex::new(Raft::new(name, others.keys().cloned())),
            others,
            heard: Notify::new(),
            news: Notify::new(),
            state: watch::Sender::default(),
        }
    }

    /// What becomes of it.
    pub fn state(&self) -> watch::Receiver<State> {
        self.state.subscribe()
    }

    /// Does what is to be done, for ever.
    pub async fn run(&self) {
        loop {
            if self.raft().is_leader() {
                self.tell_all().await;
                tokio::select! {
                    () = sleep(SIGN_OF_LIFE) => {}
                    () = self.news.notified() => {}
                }
            } else {
                tokio::select! {
                    () = self.heard.notified() => {}
                    () = sleep(PATIENCE + by_chance(PATIENCE)) => self.campaign().await,
                }
            }
        }
    }

    /// Wants to lead: asks all at the same time, and waits for no more answers than it needs.
    pub async fn campaign(&self) {
        let ballot = self.change(Raft::campaign);
        let asked = self.others.iter().map(|(name, peer)| {
            let vote = peer.vote(ballot.clone());
            async move { (name, vote.await) }
        });
        let mut votes: FuturesUnordered<_> = asked.collect();
        while self.is_candidate()
            && let Some((name, vote)) = votes.next().await
        {
            // Whoever is not reached has no vote.
            if let Ok(vote) = vote {
                self.change(|raft| raft.voted(name, &ballot, &vote));
            }
        }
    }

    /// Tells each of the others what it lacks, or that there is a leader.
    pub async fn tell_all(&self) {
        let told = self.others.iter().map(|(name, peer)| async move {
            let append = self.raft().append_to(name);
            let Some(append) = append else { return };
            // Whoever is not reached is told again.
            if let Ok(appended) = peer.append(append.clone()).await {
                self.change(|raft| raft.appended(name, &append, &appended));
            }
        });
        join_all(told).await;
    }

    /// Another one wants to lead.
    pub fn vote(&self, ballot: &Ballot) -> Vote {
        let vote = self.change(|raft| raft.vote(ballot));
        if vote.granted {
            self.heard.notify_one();
        }
        vote
    }

    /// Another one leads.
    pub fn append(&self, append: &Append) -> Appended {
        let appended = self.change(|raft| raft.append(append));
        if appended.term == append.term {
            self.heard.notify_one();
        }
        appended
    }

    /// Adds a command and gives its place, once it is committed.
    pub async fn add(&self, command: Command) -> Result<u64, NotAdded> {
        let added = self.change(|raft| Ok((raft.add(command)?, raft.term())));
        let (place, term) = added.map_err(|crate::raft::NotLeader| NotAdded::NotLeader)?;
        self.news.notify_one();
        let mut state = self.state.subscribe();
        let settled = state
            .wait_for(|state| state.committed >= place || state.term > term)
            .await;
        match settled.map(|state| state.term == term) {
            Ok(true) => Ok(place),
            Ok(false) | Err(_) => Err(NotAdded::Deposed),
        }
    }

    /// Who leads in a term after that one, as soon as it has heard of one.
    pub async fn leader(&self, after: u64) -> Leader {
        let mut state = self.state.subscribe();
        loop {
            let State { term, leader, .. } = state.borrow_and_update().clone();
            if let Some(name) = leader.filter(|_| term > after) {
                return Leader { name, term };
            }
            // It ends with this member.
            let _ = state.changed().await;
        }
    }

    /// The commands that are committed, as far as it has heard.
    pub fn commands(&self) -> Vec<Command> {
        self.raft().commands().cloned().collect()
    }

    fn is_candidate(&self) -> bool {
        self.raft().is_candidate()
    }

    fn raft(&self) -> MutexGuard<'_, Raft> {
        self.raft.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets something happen, and tells those who wait for it.
    fn change<T>(&self, happens: impl FnOnce(&mut Raft) -> T) -> T {
        let mut raft = self.raft();
        let given = happens(&mut raft);
        let now = State {
            term: raft.term(),
            leader: raft.leader().map(str::to_owned),
            committed: raft.committed(),
        };
        self.state.send_if_modified(|state| {
            let is_other = *state != now;
            *state = now;
            is_other
        });
        given
    }
}

/// A time below a limit.
fn by_chance(limit: Duration) -> Duration {
    let number = RandomState::new().build_hasher().finish();
    limit.mul_f64(number as f64 / u64::MAX as f64)
}

#[cfg(test)]
#[path = "member_tests.rs"]
mod tests;
