//! Two ends that lose their connection again and again, in virtual time: nothing is lost, doubled or reordered.

use bytes::{BufMut, Bytes, BytesMut};

use super::*;
use crate::link::resume::{Progress, STUCK, Secrets};
use crate::proto::{LENGTH_BYTES, NotResumed, Resume, SessionSecret};

/// Small numbers that are as good as random, from a seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// One end of a session: what it sends, what of that is not acknowledged, and what it has received.
struct End {
    journal: Journal,
    link: Link,
    /// The number of the frame that it sends next, and how many bytes were acknowledged when it last said so.
    next: u64,
    told: u64,
    /// How many bytes of whole frames have come, the numbers in them, and what has come of the next.
    received: u64,
    frames: Vec<u64>,
    partial: BytesMut,
    signs: u64,
}

/// A frame of the model: its length, its number or none for an acknowledgement, and something behind it.
fn frame(number: Option<u64>, value: u64, padding: usize) -> Bytes {
    let mut bytes = BytesMut::new();
    bytes.put_u32(u32::try_from(9 + padding).unwrap());
    bytes.put_u8(u8::from(number.is_some()));
    bytes.put_u64(number.unwrap_or(value));
    bytes.put_bytes(0xaa, padding);
    bytes.freeze()
}

/// After so many bytes an end acknowledges, also before its heartbeat.
const ACKNOWLEDGED: u64 = 200;

impl End {
    fn new(now: Moment) -> Self {
        Self {
            journal: Journal::new(usize::MAX / 4),
            link: Link::new(now, SECOND, SECOND),
            next: 0,
            told: 0,
            received: 0,
            frames: Vec::new(),
            partial: BytesMut::new(),
            signs: 0,
        }
    }

    /// Writes some frames to a channel, some of them shared, several in a batch.
    fn send(&mut self, dice: &mut Dice, channel: &mut BytesMut) {
        for _ in 0..1 + dice.roll(4) {
            let padding = if dice.roll(20) == 0 { 20_000 } else { dice.roll(60) };
            let bytes = frame(Some(self.next), 0, usize::try_from(padding).unwrap());
            self.next += 1;
            if dice.roll(3) == 0 {
                let (head, payload) = bytes.split_at(LENGTH_BYTES + 9);
                self.journal.push(head);
                self.journal.push_shared(&bytes.slice_ref(payload));
            } else {
                self.journal.push(&bytes);
            }
            channel.extend_from_slice(&bytes);
        }
    }

    fn heartbeat(&mut self, channel: &mut BytesMut) {
        self.told = self.received;
        channel.extend_from_slice(&frame(None, self.received, 0));
    }

    fn take(&mut self, bytes: &[u8]) {
        self.partial.extend_from_slice(bytes);
        self.signs += 1;
        while let Some(length) = self.partial.first_chunk::<LENGTH_BYTES>() {
            let length = LENGTH_BYTES + usize::try_from(u32::from_be_bytes(*length)).unwrap();
            if self.partial.len() < length {
                return;
            }
            let whole = self.partial.split_to(length);
            let value = u64::from_be_bytes(*whole[LENGTH_BYTES + 1..].first_chunk().unwrap());
            if whole[LENGTH_BYTES] == 1 {
                self.received += length as u64;
                self.frames.push(value);
            } else {
                self.journal.acknowledge(value).unwrap();
            }
        }
    }

    fn traffic(&self) -> Traffic {
        Traffic {
            sent: self.journal.end(),
            received: self.received,
            signs: self.signs,
        }
    }
}

/// Both ends, and what is on its way.
struct World {
    dice: Dice,
    now: Moment,
    ends: [End; 2],
    /// What is on its way to each.
    ways: [BytesMut; 2],
    breaks: u64,
}

impl World {
    fn new(seed: u64) -> Self {
        Self {
            dice: Dice(seed),
            now: at(0),
            ends: [End::new(at(0)), End::new(at(0))],
            ways: [BytesMut::new(), BytesMut::new()],
            breaks: 0,
        }
    }

    fn step(&mut self) {
        let which = usize::try_from(self.dice.roll(2)).unwrap();
        let other = 1 - which;
        match self.dice.roll(12) {
            0..4 => self.ends[which].send(&mut self.dice, &mut self.ways[other]),
            4..10 => self.deliver(which),
            10 => self.tick(),
            _ => self.cut(),
        }
    }

    /// Some of what is on its way arrives, up to any byte.
    fn deliver(&mut self, to: usize) {
        let most = self.ways[to].len() as u64;
        let some = usize::try_from(self.dice.roll(most + 1)).unwrap();
        let some = self.ways[to].split_to(some);
        self.ends[to].take(&some);
        if self.ends[to].received - self.ends[to].told >= ACKNOWLEDGED {
            self.ends[to].heartbeat(&mut self.ways[1 - to]);
        }
    }

    fn tick(&mut self) {
        self.now = self.now + SECOND;
        for which in 0..2 {
            let traffic = self.ends[which].traffic();
            match self.ends[which].link.tick(self.now, traffic) {
                Tick::Heartbeat { received } => {
                    assert_eq!(received, self.ends[which].received);
                    self.ends[which].heartbeat(&mut self.ways[1 - which]);
                }
                Tick::Idle => {}
                Tick::Lost { .. } => return self.cut(),
                Tick::Missed { .. } | Tick::Back => unreachable!("nobody is waited for"),
            }
        }
    }

    /// The connection is lost with all that is on its way, and another one takes its place: each says what it has.
    fn cut(&mut self) {
        self.breaks += 1;
        let received = [0, 1].map(|which| self.ends[which].received);
        for which in 0..2 {
            let other = 1 - which;
            self.ways[other].clear();
            self.ends[which].partial.clear();
            self.ends[which].link = Link::new(self.now, SECOND, SECOND);
            let missing: Vec<_> = self.ends[which].journal.since(received[other]).unwrap().collect();
            for bytes in missing {
                self.ways[other].extend_from_slice(&bytes);
            }
        }
    }

    /// All arrives, and what is acknowledged by then is held by nobody.
    fn finish(&mut self) {
        for _ in 0..4 {
            for which in 0..2 {
                let all = std::mem::take(&mut self.ways[which]);
                self.ends[which].take(&all);
                self.ends[which].heartbeat(&mut self.ways[1 - which]);
            }
        }
    }
}

/// link.resume.exact
#[test]
fn p12_nothing_is_lost_doubled_or_reordered_wherever_a_connection_is_cut() {
    let mut breaks = 0;
    for seed in 0..2000 {
        let mut world = World::new(seed);
        (0..200).for_each(|_| world.step());
        world.finish();
        for which in 0..2 {
            let sent: Vec<_> = (0..world.ends[1 - which].next).collect();
            assert_eq!(world.ends[which].frames, sent, "seed {seed}, to end {which}");
            assert_eq!(
                world.ends[which].journal.held(),
                0,
                "seed {seed}: all is acknowledged"
            );
        }
        breaks += world.breaks;
    }
    assert!(breaks > 20_000, "{breaks}");
}

/// link.journal.bound
#[test]
fn p6_a_journal_says_when_it_is_full_and_holds_nothing_when_it_is_given_up() {
    let mut journal = Journal::new(1000);
    for _ in 0..10 {
        assert!(!journal.is_full());
        journal.push(&[0; 100]);
    }
    assert!(journal.is_full());
    assert_eq!(journal.acknowledge(1).unwrap(), 1);
    assert!(!journal.is_full());
    journal.push_shared(&Bytes::from_static(&[0; 100]));
    assert!(journal.is_full());
    assert_eq!(journal.give_up(), 1099);
    journal.push(&[0; 2000]);
    journal.push_shared(&Bytes::from_static(&[0; 50]));
    assert_eq!((journal.held(), journal.end()), (0, 3150));
    assert!(!journal.is_full() && journal.is_given_up());
    assert_eq!(journal.acknowledge(100).unwrap(), 0);
    assert_eq!(journal.since(3000).err(), Some(CannotGoOn::GivenUp));
}

/// link.resume.count
#[test]
fn what_was_never_sent_or_was_acknowledged_before_cannot_be_gone_on_from() {
    #[track_caller]
    fn check(received: u64, expected: Result<&[u8], (u64, u64)>) {
        let mut journal = Journal::new(1000);
        journal.push(b"0123456789");
        assert_eq!(journal.acknowledge(4).unwrap(), 4);
        let expected = expected.map_err(|(first, end)| CannotGoOn::Impossible { received, first, end });
        let since = journal
            .since(received)
            .map(|missing| missing.flatten().collect::<Vec<_>>());
        assert_eq!(since, expected.map(<[u8]>::to_vec));
    }
    check(3, Err((4, 10)));
    check(4, Ok(b"456789"));
    check(9, Ok(b"9"));
    check(10, Ok(b""));
    check(11, Err((4, 10)));
    let mut journal = Journal::new(1000);
    journal.push(b"0123");
    assert!(journal.acknowledge(5).is_err());
    assert_eq!((journal.acknowledge(3).unwrap(), journal.held()), (3, 1));
    assert_eq!(journal.acknowledge(1).unwrap(), 0, "it was on its way for long");
    assert_eq!(journal.held(), 1);
}

fn resume(renewal: u32, attempt: u32) -> Resume {
    Resume {
        session: 1,
        renewal,
        attempt,
        nonce: [0; 32],
        received: 0,
    }
}

/// link.resume.secret
#[test]
fn a_secret_is_of_use_until_the_node_is_known_to_have_the_next() {
    let secret = |number: u8| SessionSecret::new([number; 32]);
    let mut secrets = Secrets::new(secret(0));
    assert_eq!(secrets.find(&resume(0, 1)), Ok(secret(0)));
    assert_eq!(secrets.find(&resume(1, 1)), Err(NotResumed::WrongProof));
    // It does not get the welcome, twice.
    assert_eq!(secrets.renew(&resume(0, 1), secret(1)), 1);
    assert_eq!(secrets.renew(&resume(0, 2), secret(2)), 2);
    assert_eq!(secrets.find(&resume(0, 3)), Ok(secret(0)));
    assert_eq!(
        secrets.find(&resume(1, 3)),
        Err(NotResumed::WrongProof),
        "nobody has used it"
    );
    assert_eq!(secrets.find(&resume(2, 3)), Ok(secret(2)));
    // It has got it, and is heard of.
    secrets.confirm();
    assert_eq!(secrets.find(&resume(0, 3)), Err(NotResumed::OldSecret));
    assert_eq!(secrets.find(&resume(1, 3)), Err(NotResumed::OldSecret));
    assert_eq!(secrets.find(&resume(2, 3)), Ok(secret(2)));
    // It has got it, was not heard of, and proves that it has.
    assert_eq!(secrets.renew(&resume(2, 3), secret(3)), 3);
    assert_eq!(secrets.renew(&resume(3, 4), secret(4)), 4);
    assert_eq!(secrets.find(&resume(2, 5)), Err(NotResumed::OldSecret));
    assert_eq!(secrets.find(&resume(3, 5)), Ok(secret(3)));
    assert_eq!(secrets.find(&resume(4, 5)), Ok(secret(4)));
}

/// link.resume.attempt
#[test]
fn an_attempt_that_was_given_up_does_not_take_the_session_from_a_later_one() {
    let secret = |number: u8| SessionSecret::new([number; 32]);
    let mut secrets = Secrets::new(secret(0));
    // Both have the same secret, and the second comes first.
    assert_eq!(secrets.find(&resume(0, 1)), Ok(secret(0)));
    assert_eq!(secrets.find(&resume(0, 2)), Ok(secret(0)));
    assert_eq!(secrets.renew(&resume(0, 2), secret(1)), 1);
    for late in [1, 2] {
        assert_eq!(secrets.find(&resume(0, late)), Err(NotResumed::Superseded));
    }
    assert_eq!(
        secrets.find(&resume(1, 3)),
        Ok(secret(1)),
        "what it was told is of use"
    );
}

/// link.resume.progress
#[test]
fn a_session_through_which_nothing_gets_is_given_up_and_no_other() {
    let mut idle = Progress::default();
    let mut slow = Progress::default();
    for number in 0..10 * u64::from(STUCK) {
        assert_eq!(idle.resumed(100, 100), Ok(()), "it has all that was sent");
        // Every fiftieth connection brings a frame.
        assert_eq!(slow.resumed(number / 50, 1_000_000), Ok(()));
    }
    let mut stuck = Progress::default();
    assert_eq!(stuck.resumed(100, 200), Ok(()));
    assert!(!stuck.is_in_vain());
    for _ in 1..STUCK {
        assert_eq!(stuck.resumed(100, 200), Ok(()));
        assert!(stuck.is_in_vain());
    }
    assert_eq!(stuck.resumed(100, 200), Err(NotResumed::Stuck));
}
