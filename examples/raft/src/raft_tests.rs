#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashMap;

use super::*;

fn member(name: &str) -> Raft {
    let others = ["a", "b", "c"].into_iter().filter(|other| *other != name);
    Raft::new(name, others.map(str::to_owned))
}

fn command(id: u128) -> Command {
    let text = format!("command {id}");
    Command { id, text }
}

/// One asks another for its vote.
fn ask(candidate: &mut Raft, ballot: &Ballot, voter: &mut Raft) -> bool {
    let vote = voter.vote(ballot);
    candidate.voted(&voter.name.clone(), ballot, &vote);
    vote.granted
}

/// The leader tells another what comes next, until that has all.
fn tell(leader: &mut Raft, follower: &mut Raft) {
    for _ in 0..10 {
        let append = leader.append_to(&follower.name).unwrap();
        let appended = follower.append(&append);
        leader.appended(&follower.name.clone(), &append, &appended);
        if appended.agrees.is_some() {
            return;
        }
    }
    panic!("{} never agrees with {}", follower.name, leader.name);
}

fn ids(raft: &Raft) -> Vec<u128> {
    raft.commands().map(|command| command.id).collect()
}

#[test]
fn one_vote_of_two_is_enough_to_lead() {
    let [mut a, mut b, c] = ["a", "b", "c"].map(member);
    let ballot = a.campaign();
    assert!(a.is_candidate() && !a.is_leader());
    assert!(ask(&mut a, &ballot, &mut b));
    assert!(a.is_leader());
    tell(&mut a, &mut b);
    assert_eq!((a.leader(), b.leader(), c.leader()), (Some("a"), Some("a"), None));
}

#[test]
fn a_member_votes_once_in_a_term() {
    let [mut a, mut b, mut c] = ["a", "b", "c"].map(member);
    let (of_a, of_b) = (a.campaign(), b.campaign());
    assert!(ask(&mut a, &of_a, &mut c));
    assert!(!ask(&mut b, &of_b, &mut c));
    assert!(
        ask(&mut a, &of_a, &mut c),
        "the same question has the same answer"
    );
    assert!(a.is_leader() && b.is_candidate());
    // A vote for an earlier ballot does not count for a later one.
    let later = b.campaign();
    b.voted(
        "c",
        &of_b,
        &Vote {
            term: later.term,
            granted: true,
        },
    );
    assert!(b.is_candidate());
}

#[test]
fn whoever_is_behind_has_no_vote() {
    let [mut a, mut b, mut c] = ["a", "b", "c"].map(member);
    let ballot = a.campaign();
    ask(&mut a, &ballot, &mut b);
    a.add(command(1)).unwrap();
    tell(&mut a, &mut b);
    let behind = c.campaign();
    let later = c.campaign();
    assert!(later.term > behind.term);
    assert!(!ask(&mut c, &later, &mut b));
    // But its term is a later one.
    assert_eq!(b.term(), later.term);
    assert!(!ask(&mut c, &later, &mut a));
    assert!(!a.is_leader());
}

#[test]
fn what_most_have_is_committed_and_told_to_the_others() {
    let [mut a, mut b, mut c] = ["a", "b", "c"].map(member);
    let ballot = a.campaign();
    ask(&mut a, &ballot, &mut b);
    assert_eq!(a.add(command(1)), Ok(2));
    assert_eq!(ids(&a), []);
    tell(&mut a, &mut b);
    assert_eq!((ids(&a), ids(&b)), (vec![1], vec![]));
    tell(&mut a, &mut b);
    tell(&mut a, &mut c);
    assert_eq!((ids(&b), ids(&c)), (vec![1], vec![1]));
    // Said twice, it is there once.
    assert_eq!(a.add(command(1)), Ok(2));
    assert_eq!(b.add(command(2)), Err(NotLeader));
}

#[test]
fn what_only_a_lost_leader_had_gives_way_and_what_most_had_stays() {
    let [mut a, mut b, mut c] = ["a", "b", "c"].map(member);
    let ballot = a.campaign();
    ask(&mut a, &ballot, &mut b);
    a.add(command(1)).unwrap();
    tell(&mut a, &mut b);
    a.add(command(2)).unwrap();
    a.add(command(3)).unwrap();
    // `a` is cut off.
    let ballot = b.campaign();
    assert!(ask(&mut b, &ballot, &mut c));
    b.add(command(4)).unwrap();
    tell(&mut b, &mut c);
    tell(&mut b, &mut a);
    tell(&mut b, &mut a);
    assert!(!a.is_leader());
    assert_eq!([&a, &b].map(ids), [[1, 4], [1, 4]]);
}

#[test]
fn an_entry_of_an_earlier_term_is_committed_with_one_of_the_leaders_own() {
    let [mut a, mut b, mut c] = ["a", "b", "c"].map(member);
    let ballot = a.campaign();
    ask(&mut a, &ballot, &mut b);
    a.add(command(1)).unwrap();
    let append = a.append_to("b").unwrap();
    // `b` has it, but `a` does not hear of that, and is cut off.
    b.append(&append);
    let ballot = b.campaign();
    ask(&mut b, &ballot, &mut c);
    // That most have it is not enough: another one could lead that has it not.
    let mut append = b.append_to("c").unwrap();
    append.entries.truncate(2);
    let appended = c.append(&append);
    b.appended("c", &append, &appended);
    assert_eq!(ids(&b), []);
    tell(&mut b, &mut c);
    assert_eq!(ids(&b), [1]);
}

#[test]
fn whoever_says_that_committed_entries_are_others_is_not_believed() {
    let [mut a, mut b, _] = ["a", "b", "c"].map(member);
    let ballot = a.campaign();
    ask(&mut a, &ballot, &mut b);
    a.add(command(1)).unwrap();
    tell(&mut a, &mut b);
    tell(&mut a, &mut b);
    let lie = Append {
        term: 9,
        leader: "c".to_owned(),
        after: Position::default(),
        entries: vec![Entry {
            term: 9,
            command: None,
        }],
        committed: u64::MAX,
    };
    assert_eq!(b.append(&lie).agrees, None);
    let beyond = Append {
        after: Position {
            place: u64::MAX,
            term: 9,
        },
        ..lie
    };
    assert_eq!(b.append(&beyond).agrees, None);
    assert_eq!(ids(&b), [1]);
}

/// Numbers that look random and are the same each time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}

/// What is on its way.
enum Sent {
    Ballot(Ballot),
    Vote(Ballot, Vote),
    Append(Append),
    Appended(Append, Appended),
}

#[test]
fn whatever_is_lost_or_late_nothing_that_was_committed_is_ever_another() {
    let mut in_all = 0;
    for seed in 1..200 {
        let mut numbers = Numbers(seed);
        let mut members = ["a", "b", "c"].map(member);
        let mut on_the_way: Vec<(usize, usize, Sent)> = Vec::new();
        let mut committed: HashMap<usize, u128> = HashMap::new();
        let mut leaders: HashMap<u64, String> = HashMap::new();
        for step in 0..400u128 {
            let at = numbers.below(3);
            let others = (0..3).filter(|other| *other != at);
            match numbers.below(40) {
                0 => {
                    let ballot = members[at].campaign();
                    on_the_way.extend(others.map(|other| (at, other, Sent::Ballot(ballot.clone()))));
                }
                1..=4 => {
                    let _ = members[at].add(command(step));
                }
                5..=12 => on_the_way.extend(others.filter_map(|other| {
                    let append = members[at].append_to(&members[other].name)?;
                    Some((at, other, Sent::Append(append)))
                })),
                // Lost.
                13..=15 if !on_the_way.is_empty() => {
                    on_the_way.swap_remove(numbers.below(on_the_way.len()));
                }
                _ if !on_the_way.is_empty() => {
                    let (from, to, sent) = on_the_way.swap_remove(numbers.below(on_the_way.len()));
                    let sender = members[from].name.clone();
                    let member = &mut members[to];
                    let answer = match sent {
                        Sent::Ballot(ballot) => {
                            let vote = member.vote(&ballot);
                            Some(Sent::Vote(ballot, vote))
                        }
                        Sent::Append(append) => {
                            let appended = member.append(&append);
                            Some(Sent::Appended(append, appended))
                        }
                        Sent::Vote(ballot, vote) => {
                            member.voted(&sender, &ballot, &vote);
                            None
                        }
                        Sent::Appended(append, appended) => {
                            member.appended(&sender, &append, &appended);
                            None
                        }
                    };
                    on_the_way.extend(answer.map(|answer| (to, from, answer)));
                }
                _ => {}
            }
            for member in &members {
                for (place, id) in ids(member).into_iter().enumerate() {
                    assert_eq!(
                        *committed.entry(place).or_insert(id),
                        id,
                        "seed {seed}, step {step}"
                    );
                }
                if member.is_leader() {
                    let leader = leaders.entry(member.term).or_insert_with(|| member.name.clone());
                    assert_eq!(*leader, member.name, "seed {seed}, step {step}");
                }
            }
        }
        in_all += committed.len();
    }
    // It was not for nothing.
    assert!(in_all > 500, "{in_all} commands");
}
