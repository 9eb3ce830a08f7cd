//! The rules: who leads, and what is in the log. Knows no time, no task and no daffi.
//!
//! Terms count up, and in each there is one leader at most, since each member votes once. A leader has all that can be lost no more,
//! since nobody votes for one whose log is behind. What most members have of the leader's own term is *committed*: it, and what is before
//! it, can be lost no more.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// What is added to the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// Made by whoever adds it, so that saying it twice adds it once.
    pub id: u128,
    pub text: String,
}

/// A place in the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub term: u64,
    /// `None` is what a leader begins its term with.
    pub command: Option<Command>,
}

/// Somebody wants to lead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ballot {
    pub term: u64,
    pub candidate: String,
    /// How far its log is.
    pub last: Position,
}

/// The place of an entry, counted from one, and its term; zero is before the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    pub place: u64,
    pub term: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vote {
    pub term: u64,
    pub granted: bool,
}

/// What comes next in the log; without entries a sign of life.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Append {
    pub term: u64,
    pub leader: String,
    /// The entry before these.
    pub after: Position,
    pub entries: Vec<Entry>,
    /// How far the leader's log is committed.
    pub committed: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Appended {
    pub term: u64,
    /// How far the log is the leader's; `None` if it has not the entry before.
    pub agrees: Option<u64>,
    /// How far it is.
    pub last: u64,
}

/// It is not the leader, so it adds nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotLeader;

#[derive(Debug)]
enum Role {
    /// Follows whoever leads in this term, if it has heard of one.
    Follower(Option<String>),
    /// Has these votes, beside its own.
    Candidate(BTreeSet<String>),
    /// Knows of the others how far they are.
    Leader(BTreeMap<String, Progress>),
}

#[derive(Clone, Copy, Debug)]
struct Progress {
    /// The place of what is sent next.
    next: u64,
    /// It has the leader's log up to there.
    agrees: u64,
}

/// One member.
#[derive(Debug)]
pub struct Raft {
    name: String,
    others: Vec<String>,
    term: u64,
    voted_for: Option<String>,
    log: Vec<Entry>,
    committed: u64,
    role: Role,
}

impl Raft {
    pub fn new(name: impl Into<String>, others: impl IntoIterator<Item = String>) -> Self {
        Self {
            name: name.into(),
            others: others.into_iter().collect(),
            term: 0,
            voted_for: None,
            log: Vec::new(),
            committed: 0,
            role: Role::Follower(None),
        }
    }

    pub const fn term(&self) -> u64 {
        self.term
    }

    pub const fn committed(&self) -> u64 {
        self.committed
    }

    pub const fn is_leader(&self) -> bool {
        matches!(self.role, Role::Leader(_))
    }

    pub const fn is_candidate(&self) -> bool {
        matches!(self.role, Role::Candidate(_))
    }

    /// Who leads in this term, as far as it has heard.
    pub fn leader(&self) -> Option<&str> {
        match &self.role {
            Role::Follower(leader) => leader.as_deref(),
            Role::Candidate(_) => None,
            Role::Leader(_) => Some(&self.name),
        }
    }

    /// The commands that are committed.
    pub fn commands(&self) -> impl Iterator<Item = &Command> {
        let committed = &self.log[..index(self.committed)];
        committed.iter().filter_map(|entry| entry.command.as_ref())
    }

    /// The term of the entry at a place, if there is one.
    pub fn term_at(&self, place: u64) -> Option<u64> {
        match place.checked_sub(1) {
            None => Some(0),
            Some(before) => self.log.get(index(before)).map(|entry| entry.term),
        }
    }

    fn last(&self) -> Position {
        Position {
            place: self.log.len() as u64,
            term: self.log.last().map_or(0, |entry| entry.term),
        }
    }

    /// It has heard of nobody who leads, and wants to lead.
    pub fn campaign(&mut self) -> Ballot {
        self.term += 1;
        self.voted_for = Some(self.name.clone());
        self.role = Role::Candidate(BTreeSet::new());
        self.count_votes();
        Ballot {
            term: self.term,
            candidate: self.name.clone(),
            last: self.last(),
        }
    }

    /// Somebody wants to lead.
    pub fn vote(&mut self, ballot: &Ballot) -> Vote {
        self.see(ballot.term);
        let own = self.last();
        let is_behind = (ballot.last.term, ballot.last.place) < (own.term, own.place);
        let is_free = self
            .voted_for
            .as_ref()
            .is_none_or(|name| *name == ballot.candidate);
        let granted = ballot.term == self.term && is_free && !is_behind;
        if granted {
            self.voted_for = Some(ballot.candidate.clone());
        }
        Vote {
            term: self.term,
            granted,
        }
    }

    /// What has come of a ballot.
    pub fn voted(&mut self, from: &str, ballot: &Ballot, vote: &Vote) {
        self.see(vote.term);
        if let Role::Candidate(votes) = &mut self.role
            && ballot.term == self.term
            && vote.granted
        {
            votes.insert(from.to_owned());
            self.count_votes();
        }
    }

    fn count_votes(&mut self) {
        let Role::Candidate(votes) = &self.role else {
            return;
        };
        if !self.is_majority(votes.len()) {
            return;
        }
        let progress = Progress {
            next: self.last().place + 1,
            agrees: 0,
        };
        let all = self.others.iter().map(|other| (other.clone(), progress));
        self.role = Role::Leader(all.collect());
        // Of what came before, it does not know how far it is committed until something of its own term is.
        self.push(None);
        self.commit();
    }

    /// Whether so many others and itself are most.
    fn is_majority(&self, others: usize) -> bool {
        (others + 1) * 2 > self.others.len() + 1
    }

    /// Adds a command, if it leads and has it not yet; its place.
    pub fn add(&mut self, command: Command) -> Result<u64, NotLeader> {
        if !self.is_leader() {
            return Err(NotLeader);
        }
        let is_it = |entry: &Entry| entry.command.as_ref().is_some_and(|known| known.id == command.id);
        if let Some(before) = self.log.iter().position(is_it) {
            return Ok(before as u64 + 1);
        }
        self.push(Some(command));
        self.commit();
        Ok(self.last().place)
    }

    fn push(&mut self, command: Option<Command>) {
        let term = self.term;
        self.log.push(Entry { term, command });
    }

    /// What is to be said to one of the others; nothing by whoever does not lead.
    pub fn append_to(&self, other: &str) -> Option<Append> {
        let Role::Leader(others) = &self.role else {
            return None;
        };
        let place = others.get(other)?.next - 1;
        Some(Append {
            term: self.term,
            leader: self.name.clone(),
            after: Position {
                place,
                term: self.term_at(place)?,
            },
            entries: self.log[index(place)..].to_vec(),
            committed: self.committed,
        })
    }

    /// The leader says what comes next.
    pub fn append(&mut self, append: &Append) -> Appended {
        self.see(append.term);
        let agrees = if append.term == self.term {
            // There is one leader in a term.
            self.role = Role::Follower(Some(append.leader.clone()));
            self.take(append)
        } else {
            None
        };
        Appended {
            term: self.term,
            agrees,
            last: self.last().place,
        }
    }

    fn take(&mut self, append: &Append) -> Option<u64> {
        if self.term_at(append.after.place) != Some(append.after.term) {
            return None;
        }
        let mut place = append.after.place;
        for entry in &append.entries {
            place += 1;
            match self.term_at(place) {
                Some(term) if term == entry.term => continue,
                // No leader says so: what is committed stays.
                Some(_) if place <= self.committed => return None,
                // A leader from before has said something else, of which nothing was committed.
                Some(_) => self.log.truncate(index(place - 1)),
                None => {}
            }
            self.log.push(entry.clone());
        }
        self.committed = self.committed.max(append.committed.min(place));
        Some(place)
    }

    /// What has come of it.
    pub fn appended(&mut self, from: &str, sent: &Append, appended: &Appended) {
        self.see(appended.term);
        let last = self.last().place;
        let Role::Leader(others) = &mut self.role else {
            return;
        };
        let Some(progress) = others.get_mut(from).filter(|_| sent.term == self.term) else {
            return;
        };
        match appended.agrees {
            // No further than what was sent, and answers may come in any order.
            Some(agrees) => {
                let sent_until = sent.after.place + sent.entries.len() as u64;
                progress.agrees = progress.agrees.max(agrees.min(sent_until).min(last));
                progress.next = progress.agrees + 1;
            }
            None => {
                let back = sent.after.place.min(appended.last + 1);
                progress.next = back.max(progress.agrees + 1);
            }
        }
        self.commit();
    }

    /// Commits what most have, if something of its own term is among it.
    fn commit(&mut self) {
        let Role::Leader(others) = &self.role else { return };
        let is_held = |place: u64| {
            let holders = others.values().filter(|other| other.agrees >= place);
            self.is_majority(holders.count()) && self.term_at(place) == Some(self.term)
        };
        let newest = (self.committed + 1..=self.last().place)
            .rev()
            .find(|place| is_held(*place));
        self.committed = newest.unwrap_or(self.committed);
    }

    /// Has heard of a term: if it is a later one, whatever it was is over.
    fn see(&mut self, term: u64) {
        if term > self.term {
            self.term = term;
            self.voted_for = None;
            self.role = Role::Follower(None);
        }
    }
}

/// A place as the index of what follows it.
fn index(place: u64) -> usize {
    usize::try_from(place).unwrap_or(usize::MAX)
}

#[cfg(test)]
#[path = "raft_tests.rs"]
mod tests;
