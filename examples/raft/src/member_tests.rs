#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use daffi::CallError;
use tokio::time::{Instant, timeout};

use super::*;
use crate::PeerError;

/// A peer that answers what it was told to, and remembers what it was asked. It knows of no process and no call.
#[derive(Debug, Default)]
struct Fake {
    votes: Mutex<VecDeque<Result<Vote, PeerError>>>,
    appended: Mutex<VecDeque<Result<Appended, PeerError>>>,
    asked: Mutex<Vec<Append>>,
}

impl Peer for Fake {
    async fn vote(&self, _: Ballot) -> Result<Vote, PeerError> {
        let next = self.votes.lock().unwrap().pop_front();
        next.unwrap_or_else(unreachable_peer)
    }

    async fn append(&self, append: Append) -> Result<Appended, PeerError> {
        self.asked.lock().unwrap().push(append);
        let next = self.appended.lock().unwrap().pop_front();
        next.unwrap_or_else(unreachable_peer)
    }
}

/// What a client gives whose process is gone.
fn unreachable_peer<T>() -> Result<T, PeerError> {
    Err(CallError::provider_lost("raft.append", "node 2").into())
}

fn granted(term: u64) -> Result<Vote, PeerError> {
    let granted = true;
    Ok(Vote { term, granted })
}

fn agrees(term: u64, place: u64) -> Result<Appended, PeerError> {
    Ok(Appended {
        term,
        agrees: Some(place),
        last: place,
    })
}

/// A member beside two others, of which the first answers.
fn beside(
    votes: impl IntoIterator<Item = Result<Vote, PeerError>>,
    appended: impl IntoIterator<Item = Result<Appended, PeerError>>,
) -> Member<Fake> {
    let answering = Fake {
        votes: Mutex::new(votes.into_iter().collect()),
        appended: Mutex::new(appended.into_iter().collect()),
        ..Fake::default()
    };
    let others = [("node 2", answering), ("node 3", Fake::default())];
    Member::new("node 1", others.map(|(name, fake)| (name.to_owned(), fake)))
}

fn command(id: u128) -> Command {
    let text = format!("command {id}");
    Command { id, text }
}

fn state(term: u64, leader: Option<&str>, committed: u64) -> State {
    let leader = leader.map(str::to_owned);
    State {
        term,
        leader,
        committed,
    }
}

#[tokio::test]
async fn one_vote_and_one_error_are_enough_to_lead() {
    let member = beside([granted(1)], []);
    member.campaign().await;
    assert_eq!(*member.state().borrow(), state(1, Some("node 1"), 0));
}

#[tokio::test]
async fn two_errors_are_not() {
    let member = beside([unreachable_peer()], []);
    member.campaign().await;
    assert_eq!(*member.state().borrow(), state(1, None, 0));
}

#[tokio::test]
async fn whoever_hears_of_a_later_term_follows() {
    let later = Vote {
        term: 7,
        granted: false,
    };
    let member = beside([Ok(later)], []);
    member.campaign().await;
    assert_eq!(*member.state().borrow(), state(7, None, 0));
}

#[tokio::test]
async fn a_command_is_added_when_one_has_it_and_the_other_is_not_reached() {
    // It leads with an entry of its own, and the command is the second.
    let member = beside([granted(1)], [agrees(1, 2)]);
    member.campaign().await;
    let (added, ()) = tokio::join!(member.add(command(1)), member.tell_all());
    assert_eq!(added, Ok(2));
    assert_eq!(member.commands(), [command(1)]);
}

#[tokio::test]
async fn what_was_not_answered_is_said_again() {
    let member = beside([granted(1)], [unreachable_peer(), agrees(1, 1)]);
    member.campaign().await;
    member.tell_all().await;
    assert_eq!(member.state().borrow().committed, 0);
    member.tell_all().await;
    assert_eq!(member.state().borrow().committed, 1);
    let asked = member.others["node 2"].asked.lock().unwrap();
    assert_eq!(asked[0], asked[1]);
}

#[tokio::test]
async fn whoever_lacks_more_is_told_more() {
    let lacks = Appended {
        term: 2,
        agrees: None,
        last: 0,
    };
    let member = beside([granted(2)], [Ok(lacks), agrees(2, 3)]);
    // Two entries of another leader come first.
    let entries = [1, 2].map(|id| crate::raft::Entry {
        term: 1,
        command: Some(command(id)),
    });
    member.append(&Append {
        term: 1,
        leader: "node 3".to_owned(),
        after: crate::raft::Position::default(),
        entries: entries.to_vec(),
        committed: 0,
    });
    member.campaign().await;
    member.tell_all().await;
    member.tell_all().await;
    let asked = member.others["node 2"].asked.lock().unwrap();
    assert_eq!([&asked[0], &asked[1]].map(|append| append.entries.len()), [1, 3]);
    drop(asked);
    assert_eq!(member.commands(), [command(1), command(2)]);
}

#[tokio::test]
async fn a_leader_that_is_deposed_does_not_say_that_it_has_added_anything() {
    let deposing = Appended {
        term: 5,
        agrees: None,
        last: 0,
    };
    let member = beside([granted(1)], [Ok(deposing)]);
    assert_eq!(member.add(command(1)).await, Err(NotAdded::NotLeader));
    member.campaign().await;
    let (added, ()) = tokio::join!(member.add(command(1)), member.tell_all());
    assert_eq!(added, Err(NotAdded::Deposed));
}

#[tokio::test(start_paused = true)]
async fn whoever_hears_of_nobody_wants_to_lead_and_whoever_hears_does_not() {
    let member = beside([], []);
    let begun = Instant::now();
    tokio::select! {
        () = member.run() => {}
        _ = async { member.state().wait_for(|state| state.term == 1).await.map(drop) } => {}
    }
    assert!((PATIENCE..2 * PATIENCE).contains(&begun.elapsed()));

    let told = async {
        for _ in 0..20 {
            sleep(PATIENCE / 2).await;
            let sign = Append {
                term: 1,
                leader: "node 3".to_owned(),
                after: crate::raft::Position::default(),
                entries: Vec::new(),
                committed: 0,
            };
            assert_eq!(member.append(&sign).term, 1, "it has wanted to lead");
        }
    };
    tokio::select! {
        () = member.run() => {}
        () = told => {}
    }
}

/// A peer that is in the same process, and may be cut off.
#[derive(Clone)]
struct Near {
    member: Arc<std::sync::OnceLock<Arc<Member<Near>>>>,
    is_cut_off: Arc<AtomicBool>,
}

impl Near {
    fn reached(&self) -> Result<&Member<Near>, PeerError> {
        if self.is_cut_off.load(Ordering::Relaxed) {
            return unreachable_peer();
        }
        Ok(self.member.get().unwrap())
    }
}

impl Peer for Near {
    async fn vote(&self, ballot: Ballot) -> Result<Vote, PeerError> {
        Ok(self.reached()?.vote(&ballot))
    }

    async fn append(&self, append: Append) -> Result<Appended, PeerError> {
        Ok(self.reached()?.append(&append))
    }
}

#[tokio::test(start_paused = true)]
async fn three_elect_another_leader_when_theirs_is_cut_off() {
    let places = ["a", "b", "c"].map(|name| {
        let near = Near {
            member: Arc::default(),
            is_cut_off: Arc::default(),
        };
        (name.to_owned(), near)
    });
    let members = places.each_ref().map(|(name, near)| {
        let others = places.iter().filter(|(other, _)| other != name).cloned();
        let member = Arc::new(Member::new(name, others));
        assert!(near.member.set(Arc::clone(&member)).is_ok());
        member
    });
    let running: Vec<_> = members
        .iter()
        .cloned()
        .map(|member| tokio::spawn(async move { member.run().await }))
        .collect();

    let first = members[0].leader(0).await;
    let at = places.iter().position(|(name, _)| *name == first.name).unwrap();
    members[at].add(command(1)).await.unwrap();
    // What it hears is lost, and what it says.
    places[at].1.is_cut_off.store(true, Ordering::Relaxed);
    running[at].abort();
    let next = (at + 1) % 3;
    let second = members[next].leader(first.term).await;
    assert_ne!(second.name, first.name);
    let leader = places.iter().position(|(name, _)| *name == second.name).unwrap();
    members[leader].add(command(2)).await.unwrap();
    assert_eq!(members[leader].commands(), [command(1), command(2)]);
    // One that is cut off adds nothing, however long it waits.
    let added = timeout(10 * PATIENCE, members[at].add(command(3)));
    assert!(added.await.is_err());
    running.iter().for_each(tokio::task::JoinHandle::abort);
}
