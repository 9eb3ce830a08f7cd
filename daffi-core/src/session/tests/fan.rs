//! One stream to many: whoever is waited for or not, each has all of it in order, or is told that it has not.

use std::collections::VecDeque;

use proptest::prelude::*;

use super::super::fan::{Fan, Lagging, Pace, Passed};
use super::*;

const MIB: usize = 1 << 20;

fn credit(items: u64, bytes: i64) -> Option<Option<Credit>> {
    let explained = false;
    Some(Some(Credit {
        items,
        bytes,
        explained,
    }))
}

fn batch(items: u32, size: usize) -> Batch {
    let bytes = vec![0; size].into();
    Batch::new(items, bytes)
}

fn to(parts: &[u32]) -> Passed {
    Passed {
        now: parts.to_vec(),
        dropped: vec![],
    }
}

const fn read(items: u64, bytes: i64) -> Pace {
    let explained = false;
    Pace::Read(Credit {
        items,
        bytes,
        explained,
    })
}

#[test]
fn where_all_are_waited_for_nothing_is_read_that_not_all_have_granted() {
    let mut fan = Fan::new(3, Lagging::Wait);
    fan.look(&[credit(5, 10), credit(3, 40), credit(9, 20)]);
    assert_eq!(fan.pace(), read(3, 10));
    assert_eq!(fan.pass(&batch(3, 10)), to(&[0, 1, 2]));
    fan.look(&[credit(2, 1), None, credit(6, 10)]);
    assert_eq!(fan.pace(), Pace::Wait);
}

#[test]
fn where_all_are_waited_for_nothing_is_read_before_all_have_begun() {
    let mut fan = Fan::new(3, Lagging::Wait);
    fan.look(&[credit(5, 10), None, credit(9, 20)]);
    assert_eq!(fan.pace(), Pace::Wait);
    assert!(!fan.waits_in_vain());
    fan.go_on_without();
    assert_eq!(fan.pace(), Pace::Wait);
    // Unless it never will.
    fan.leave(1);
    assert_eq!(fan.pace(), read(5, 10));
}

/// What is read before one has begun is kept for it, an item at a time, as nobody knows how many it will take at once.
#[test]
fn who_has_yet_to_begin_is_behind_from_the_first_item_on() {
    let one_has_begun = || {
        let mut fan = Fan::new(2, Lagging::DropSlow);
        fan.look(&[None, None]);
        assert!(!fan.waits_in_vain());
        fan.look(&[credit(100, 100), None]);
        assert_eq!(fan.pace(), Pace::Wait);
        assert!(fan.waits_in_vain());
        fan.go_on_without();
        assert!(!fan.waits_in_vain());
        assert_eq!(fan.pace(), read(1, 100));
        fan
    };
    let mut fan = one_has_begun();
    let kept: Vec<_> = (0..4).map(|_| batch(1, MIB)).collect();
    for batch in &kept {
        fan.look(&[credit(100, 100), None]);
        assert_eq!(fan.pass(batch), to(&[0]));
    }
    // It begins in time, and has all.
    fan.look(&[credit(100, 100), credit(1, 1)]);
    assert_eq!(fan.due(), [(1, kept[0].clone())]);
    fan.look(&[credit(100, 100), credit(8, 4 << 20)]);
    assert_eq!(
        fan.due(),
        kept[1..]
            .iter()
            .map(|batch| (1, batch.clone()))
            .collect::<Vec<_>>()
    );
    fan.look(&[credit(100, 100), credit(5, 100)]);
    assert_eq!(fan.pass(&batch(1, 1)), to(&[0, 1]));

    let mut fan = one_has_begun();
    for _ in 0..4 {
        fan.look(&[credit(100, 100), None]);
        assert_eq!(fan.pass(&batch(1, MIB)), to(&[0]));
    }
    fan.look(&[credit(100, 100), None]);
    let passed = fan.pass(&batch(1, 1));
    assert_eq!((passed.now, passed.dropped), (vec![0], vec![1]));
}

#[test]
fn a_stream_that_nobody_reads_is_over() {
    for lagging in [Lagging::Wait, Lagging::DropSlow] {
        assert_eq!(Fan::new(0, lagging).pace(), Pace::Over);
        let mut fan = Fan::new(2, lagging);
        fan.look(&[Some(None), None]);
        assert_eq!((fan.pace(), fan.parts()), (Pace::Wait, vec![1]));
        fan.leave(1);
        assert_eq!(fan.pace(), Pace::Over);
    }
}

/// Two of which the second takes nothing after its window of 100 items.
fn one_is_slow() -> Fan {
    let mut fan = Fan::new(2, Lagging::DropSlow);
    fan.look(&[credit(100, 3), credit(100, 3)]);
    assert_eq!(fan.pace(), read(50, 3));
    assert_eq!(fan.pass(&batch(50, 3)), to(&[0, 1]));
    fan
}

#[test]
fn what_is_kept_for_the_slower_is_sent_when_it_grants_more() {
    let mut fan = one_is_slow();
    let kept: Vec<_> = [7, 8].map(|items| batch(items, MIB)).into();
    for batch in &kept {
        fan.look(&[credit(100, 100), None]);
        assert_eq!(fan.pass(batch), to(&[0]));
        assert_eq!(fan.due(), []);
    }
    // The second of them is over its credit.
    fan.look(&[None, credit(14, 100)]);
    assert_eq!(fan.due(), [(1, kept[0].clone())]);
    fan.look(&[None, credit(8, 1)]);
    assert_eq!(fan.due(), [(1, kept[1].clone())]);
    fan.look(&[credit(9, 9), credit(9, 9)]);
    assert_eq!(fan.pass(&batch(9, 9)), to(&[0, 1]));
}

#[test]
fn who_is_too_far_behind_is_dropped_and_the_others_go_on() {
    let mut fan = one_is_slow();
    for _ in 0..4 {
        fan.look(&[credit(100, 100), None]);
        assert_eq!(fan.pass(&batch(1, MIB)), to(&[0]));
    }
    fan.look(&[credit(100, 100), None]);
    // Whether there is more is known when it is there.
    assert_eq!(fan.parts(), [0, 1]);
    let passed = fan.pass(&batch(1, 1));
    assert_eq!((passed.now, passed.dropped), (vec![0], vec![1]));
    assert_eq!(fan.parts(), [0]);
    // Nobody is ahead of the last one.
    fan.look(&[None]);
    assert_eq!(fan.pace(), Pace::Wait);
}

#[test]
fn a_large_item_alone_drops_nobody() {
    let mut fan = one_is_slow();
    fan.look(&[credit(100, 100), None]);
    assert_eq!(fan.pass(&batch(1, 16 * MIB)), to(&[0]));
    assert_eq!(fan.parts(), [0, 1]);
}

#[test]
fn empty_items_are_not_kept_without_end() {
    let mut fan = one_is_slow();
    let mut kept = 0;
    while fan.parts().len() == 2 {
        fan.look(&[credit(100, 100), None]);
        fan.pass(&batch(1, 0));
        kept += 1;
    }
    assert!(kept <= 1 + 4 * MIB / 64, "{kept}");
}

#[test]
fn where_all_are_slow_nobody_is_dropped() {
    let mut fan = one_is_slow();
    fan.look(&[None, None]);
    assert_eq!(fan.pace(), Pace::Wait);
    assert_eq!(fan.parts(), [0, 1]);
}

#[test]
fn at_the_end_who_is_behind_still_gets_what_is_kept() {
    let mut fan = one_is_slow();
    fan.look(&[credit(100, 100), None]);
    let last = batch(1, MIB);
    fan.pass(&last);
    assert_eq!(fan.finished(), [0]);
    assert_eq!(fan.finished(), [] as [u32; 0]);
    fan.look(&[credit(1, 1)]);
    assert_eq!(fan.due(), [(1, last)]);
    assert_eq!(fan.finished(), [1]);
    assert!(fan.is_over());
}

#[test]
fn no_more_is_read_at_once_than_the_slower_will_be_able_to_take_at_once() {
    let mut fan = Fan::new(2, Lagging::DropSlow);
    fan.look(&[credit(1000, 1000), credit(9, 1000)]);
    assert_eq!(fan.pace(), read(5, 1000));
    fan.look(&[credit(1000, 1000), None]);
    assert_eq!(fan.pace(), read(5, 1000));
}

/// What receives a stream as others do: a window ahead, of which it grants again what it has taken once that is half.
#[derive(Debug)]
struct Receiver {
    window: Window,
    credit: Credit,
    /// The sizes of what has come and was not taken, and how much of it was since it granted the last time.
    waiting: VecDeque<Batch>,
    taken: Window,
    /// The numbers of what has come.
    seen: Vec<u8>,
    begun: bool,
}

impl Receiver {
    fn begin(&mut self) {
        if !std::mem::replace(&mut self.begun, true) {
            self.credit.grant(self.window.items, self.window.bytes);
        }
    }

    fn look(&self) -> Option<Option<Credit>> {
        self.credit.allows().then_some(Some(self.credit))
    }

    fn put(&mut self, batch: &Batch) {
        assert!(
            self.credit.spend(batch.items, batch.bytes.len(), batch.explained),
            "over its credit"
        );
        self.seen.push(batch.bytes[0]);
        self.waiting.push_back(batch.clone());
    }

    fn take(&mut self) {
        let Some(batch) = self.waiting.pop_front() else {
            return;
        };
        self.taken.items += batch.items;
        self.taken.bytes += u32::try_from(batch.bytes.len()).unwrap();
        let Window { items, bytes } = self.window;
        if self.taken.items >= items.div_ceil(2) || self.taken.bytes >= bytes.div_ceil(2) {
            let Window { items, bytes } = std::mem::replace(&mut self.taken, Window::NONE);
            self.credit.grant(items, bytes);
        }
    }
}

#[derive(Clone, Debug)]
enum Op {
    Begin(usize),
    /// As many items as may be read, and so many bytes in all.
    Read(usize),
    Take(usize),
    Leave(usize),
}

fn op() -> impl Strategy<Value = Op> {
    let sizes = prop_oneof![3 => 1..100usize, 3 => Just(60_000), 1 => Just(3 * MIB)];
    prop_oneof![
        2 => (0..4usize).prop_map(Op::Begin),
        8 => sizes.prop_map(Op::Read),
        8 => (0..4usize).prop_map(Op::Take),
        1 => (0..40usize).prop_map(Op::Leave),
    ]
}

/// A fan, its receivers, and those who have not left.
struct Played {
    fan: Fan,
    receivers: Vec<Receiver>,
    there: Vec<usize>,
    sent: Vec<(u8, usize)>,
}

impl Played {
    /// Sends what is kept and may go.
    fn flush(&mut self) {
        let credits: Vec<_> = self.there.iter().map(|at| self.receivers[*at].look()).collect();
        self.fan.look(&credits);
        for (part, batch) in self.fan.due() {
            self.receivers[part as usize].put(&batch);
        }
    }

    fn read(&mut self, size: usize) -> bool {
        self.flush();
        let Pace::Read(credit) = self.fan.pace() else {
            return false;
        };
        let number = u8::try_from(self.sent.len() % 251).unwrap();
        let mut bytes = vec![0; size];
        bytes[0] = number;
        let items = u32::try_from(credit.items.min(1 + size as u64 % 7)).unwrap();
        let batch = Batch::new(items, bytes.into());
        self.sent.push((number, size));
        let Passed { now, dropped } = self.fan.pass(&batch);
        assert!(!now.is_empty(), "it was read for somebody");
        for part in now {
            self.receivers[part as usize].put(&batch);
        }
        for part in dropped {
            let part = part as usize;
            let missing = &self.sent[self.receivers[part].seen.len()..self.sent.len() - 1];
            let behind: usize = missing.iter().map(|(_, size)| size).sum();
            assert!(behind + missing.len() * 64 >= 4 * MIB, "it is {behind} behind");
            self.there.retain(|at| *at != part);
        }
        true
    }
}

proptest! {
    #[test]
    fn each_has_all_in_order_or_is_dropped(
        windows in prop::collection::vec((1..40u32, 1..3_000_000u32), 1..4),
        waits in any::<bool>(),
        ops in prop::collection::vec(op(), 0..200),
    ) {
        let lagging = if waits { Lagging::Wait } else { Lagging::DropSlow };
        let receivers: Vec<_> = windows.iter().map(|(items, bytes)| Receiver {
            window: Window { items: *items, bytes: *bytes },
            credit: Credit::default(),
            waiting: VecDeque::new(),
            taken: Window::NONE,
            seen: vec![],
            begun: false,
        }).collect();
        let mut all = Played {
            fan: Fan::new(receivers.len(), lagging),
            there: (0..receivers.len()).collect(),
            receivers,
            sent: vec![],
        };
        for op in ops {
            match op {
                Op::Begin(at) => all.receivers.iter_mut().skip(at).take(1).for_each(Receiver::begin),
                Op::Take(at) => all.receivers.iter_mut().skip(at).take(1).for_each(Receiver::take),
                Op::Read(size) => { all.read(size); }
                Op::Leave(at) => {
                    all.fan.leave(u32::try_from(at).unwrap());
                    all.there.retain(|there| *there != at);
                }
            }
        }
        prop_assert!(!waits || all.there.len() == all.fan.parts().len());
        // Those who are left take what comes: each has all then, and nothing stands still.
        for receiver in &mut all.receivers {
            receiver.begin();
        }
        let drained = |all: &mut Played| {
            loop {
                all.flush();
                if all.receivers.iter().all(|receiver| receiver.waiting.is_empty()) {
                    break;
                }
                all.receivers.iter_mut().for_each(Receiver::take);
            }
        };
        for size in [1, 60_000, 3 * MIB, 5] {
            drained(&mut all);
            prop_assert!(all.read(size) || all.there.is_empty());
        }
        drained(&mut all);
        let finished: Vec<_> = all.fan.finished().into_iter().map(|part| part as usize).collect();
        prop_assert_eq!(&finished, &all.there);
        let sent: Vec<_> = all.sent.iter().map(|(number, _)| *number).collect();
        for at in 0..all.receivers.len() {
            let seen = &all.receivers[at].seen;
            if all.there.contains(&at) {
                prop_assert_eq!(seen, &sent);
            } else {
                prop_assert_eq!(&sent[..seen.len()], &seen[..]);
            }
        }
    }
}
