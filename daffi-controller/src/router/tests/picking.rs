//! Whom to ask: the less loaded of two random providers, each in turn, any, or always the same for a key.

use super::super::directory::Directory;
use super::super::fit::Fit;
use super::super::ids::ProviderKey;
use super::super::pick::{Obstacle, Picker, Unrouted, Wish};
use super::super::provider::Provider;
use super::*;
use daffi_core::mixing::Mixing;

/// Providers of `add`, each a process numbered by its place.
struct Pool {
    directory: Directory,
    keys: Vec<ProviderKey>,
    balance: Balance,
}

impl Pool {
    fn new(balance: Balance) -> Self {
        Self {
            directory: Directory::new(Mixing::new(7)),
            keys: Vec::new(),
            balance,
        }
    }

    /// Providers that run so many calls, of so many at most.
    fn less_loaded(loads: &[(u32, Option<u32>)]) -> Self {
        let mut pool = Self::new(Balance::LessLoaded);
        for (running, concurrency) in loads {
            pool.add(*running, *concurrency, numbered(1, 2));
        }
        pool
    }

    /// So many idle providers.
    fn idle(balance: Balance, count: usize) -> Self {
        let mut pool = Self::new(balance);
        (0..count).for_each(|_| pool.add(0, None, numbered(1, 2)));
        pool
    }

    fn add(&mut self, running: u32, concurrency: Option<u32>, signature: Described) {
        let number = u32::try_from(self.keys.len()).unwrap();
        self.add_as(number, running, concurrency, signature);
    }

    fn add_as(&mut self, process: u32, running: u32, concurrency: Option<u32>, signature: Described) {
        let version = signature.version();
        let offered = Offered {
            signature,
            concurrency,
            balance: self.balance,
            ..offered(0, "add")
        };
        let key = self.directory.add(
            PeerId::of(process),
            (&format!("process {process}"), Arc::default()),
            (offered, version),
            0,
        );
        self.directory.show(key).unwrap();
        (0..running).for_each(|_| self.directory.begin(key, PeerId::of(1000)));
        self.keys.push(key);
    }

    fn pick_or_wait(
        &self,
        picker: &mut Picker,
        wish: &Wish<'_>,
        has_room: impl Fn(usize) -> bool,
    ) -> Result<ProviderKey, Unrouted> {
        let obstacle = |provider: &Provider| match wish.named {
            None if provider.peer == wish.caller => Some(Obstacle::Caller),
            _ if !wish.fit.accepts(provider) => Some(Obstacle::Signature),
            _ if provider.is_full() => Some(Obstacle::Busy),
            _ if !has_room(provider.peer.index()) => Some(Obstacle::Clogged),
            _ => None,
        };
        picker.pick(self.directory.function("add"), &self.directory, wish, obstacle)
    }

    fn try_pick(
        &self,
        picker: &mut Picker,
        wish: &Wish<'_>,
        has_room: impl Fn(usize) -> bool,
    ) -> Result<ProviderKey, Failed> {
        let picked = self.pick_or_wait(picker, wish, has_room);
        picked.map_err(|unrouted| match unrouted {
            Unrouted::Busy { .. } => full(),
            Unrouted::Failed(failed) => failed,
        })
    }

    /// The process that is picked.
    fn pick_as(&self, picker: &mut Picker, wish: &Wish<'_>, has_room: impl Fn(usize) -> bool) -> usize {
        let key = self.try_pick(picker, wish, has_room).unwrap();
        self.directory.provider(key).unwrap().peer.index()
    }

    fn pick(&self, picker: &mut Picker) -> usize {
        self.pick_as(picker, &ANY, |_| true)
    }

    /// Gives the process that is picked a call.
    fn give(&mut self, picker: &mut Picker) -> usize {
        let key = self.try_pick(picker, &ANY, |_| true).unwrap();
        self.directory.begin(key, PeerId::of(1000));
        self.directory.provider(key).unwrap().peer.index()
    }
}

/// A signature with these numbers.
fn numbered(number: u64, plain_number: u64) -> Described {
    let mut described = OFFERED.clone();
    (described.number, described.plain_number) = (number, plain_number);
    described
}

const CALLER: PeerId = PeerId::of(1000);

/// What a caller wishes for that takes any.
const ANY: Wish<'static> = Wish {
    fit: Fit::Signature(0),
    caller: CALLER,
    named: None,
    key: None,
    size: 0,
    needed: 0,
    also_away: false,
};

#[test]
fn one_that_is_alone_is_picked_until_it_is_full() {
    let mut picker = Picker::new(7);
    let mut pool = Pool::less_loaded(&[(0, Some(2))]);
    assert_eq!(pool.give(&mut picker), 0);
    assert_eq!(pool.give(&mut picker), 0);
    assert_eq!(pool.try_pick(&mut picker, &ANY, |_| true), Err(full()));
    pool.directory.end(pool.keys[0], PeerId::of(1000));
    assert_eq!(pool.give(&mut picker), 0);
}

#[test]
fn of_two_the_one_with_fewer_calls_is_picked() {
    for seed in 0..100 {
        let pool = Pool::less_loaded(&[(3, None), (2, None)]);
        assert_eq!(pool.pick(&mut Picker::new(seed)), 1);
    }
}

#[test]
fn load_is_the_part_of_the_capacity_that_is_in_use() {
    for seed in 0..100 {
        let pool = Pool::less_loaded(&[(2, Some(3)), (5, Some(10))]);
        assert_eq!(
            pool.pick(&mut Picker::new(seed)),
            1,
            "5 of 10 are less than 2 of 3"
        );
    }
}

#[test]
fn of_two_with_the_same_capacity_the_one_with_fewer_calls_is_picked() {
    for seed in 0..100 {
        let pool = Pool::less_loaded(&[(1, Some(4)), (2, Some(4))]);
        assert_eq!(pool.pick(&mut Picker::new(seed)), 0);
    }
}

#[test]
fn the_most_loaded_of_several_is_never_picked() {
    let mut picker = Picker::new(7);
    let pool = Pool::less_loaded(&[4, 1, 9, 2, 5].map(|running| (running, None)));
    let mut picked = [0; 5];
    for _ in 0..1000 {
        picked[pool.pick(&mut picker)] += 1;
    }
    assert_eq!(picked[2], 0);
    assert!(
        picked
            .iter()
            .enumerate()
            .all(|(process, count)| process == 2 || *count > 0),
        "{picked:?}"
    );
    assert!(
        picked[1] > picked[3] && picked[3] > picked[0] && picked[0] > picked[4],
        "{picked:?}"
    );
}

#[test]
fn equal_providers_share_the_calls() {
    for seed in [0, 1, 2, u64::MAX] {
        let mut picker = Picker::new(seed);
        let mut pool = Pool::idle(Balance::LessLoaded, 10);
        for _ in 0..10_000 {
            pool.give(&mut picker);
        }
        // One random choice would leave them tens apart, the better of two leaves them a few apart.
        let loads = pool
            .keys
            .iter()
            .map(|key| pool.directory.provider(*key).unwrap().running);
        let (least, most) = (loads.clone().min().unwrap(), loads.max().unwrap());
        assert!(most - least <= 8, "from {least} to {most} with seed {seed}");
    }
}

#[test]
fn a_provider_that_cannot_be_asked_is_skipped_however_few_can() {
    let mut picker = Picker::new(7);
    for usable in 0..5 {
        let mut loads = [(1, Some(1)); 5];
        loads[usable] = (100, None);
        let pool = Pool::less_loaded(&loads);
        for _ in 0..20 {
            assert_eq!(pool.pick(&mut picker), usable);
        }
    }
}

#[test]
fn when_two_cannot_be_asked_the_least_loaded_of_the_rest_is() {
    let mut picker = Picker::new(7);
    let loads: Vec<_> = (0..20).map(|running| (running, None)).collect();
    let pool = Pool::less_loaded(&loads);
    let mut picked = [0; 20];
    for _ in 0..1000 {
        // Only three of twenty have room, so that the two random ones mostly have none.
        picked[pool.pick_as(&mut picker, &ANY, |process| [5, 11, 17].contains(&process))] += 1;
    }
    assert!(picked[5] > 700, "{picked:?}");
}

#[test]
fn the_refusal_says_what_comes_closest_to_an_answer() {
    let mut picker = Picker::new(7);
    let (own, other, busy) = (1000, 1, 2);
    let mut refusal = |processes: &[u32], named: Option<u32>| {
        let mut pool = Pool::new(Balance::LessLoaded);
        for process in processes {
            match *process {
                1 => pool.add_as(1, 0, None, numbered(8, 9)),
                2 => pool.add_as(2, 1, Some(1), numbered(1, 2)),
                own => pool.add_as(own, 0, None, numbered(1, 2)),
            }
        }
        let wish = Wish {
            fit: Fit::Signature(1),
            named: named.map(PeerId::of),
            ..ANY
        };
        pool.try_pick(&mut picker, &wish, |_| true).unwrap_err()
    };
    let mismatch = Failed::SignatureMismatch {
        offered: Box::new(numbered(8, 9)),
        others: Vec::new(),
    };
    assert_eq!(refusal(&[], None), Failed::NoProvider(Absence::nobody()));
    assert_eq!(refusal(&[own], None), Failed::NoProvider(Absence::OnlyCaller));
    assert_eq!(refusal(&[own, other], None), mismatch);
    assert_eq!(refusal(&[busy, own, other], None), full());
    assert_eq!(refusal(&[busy, own, other], Some(1)), mismatch);
    assert_eq!(refusal(&[busy, own, other], Some(2)), full());
    assert_eq!(
        refusal(&[busy, own, other], Some(3)),
        Failed::NoProvider(Absence::NotOffered)
    );
}

/// What is not looked at of many may be what a call waits for.
#[test]
fn where_not_all_are_looked_at_a_call_may_wait_for_more_than_the_end_of_another() {
    let mut picker = Picker::new(7);
    let mut refusal = |pool: &Pool, wish: &Wish<'_>| {
        let refusal = pool.pick_or_wait(&mut picker, wish, |_| false);
        refusal.unwrap_err()
    };
    let waits = |unsure| Unrouted::Busy {
        unsure,
        bounded: false,
    };
    let (busy, clogged) = ((1, Some(1)), (0, None));
    let of = |count, load, last: &[(u32, Option<u32>)]| {
        let loads: Vec<_> = std::iter::repeat_n(load, count)
            .chain(last.iter().copied())
            .collect();
        Pool::less_loaded(&loads)
    };
    assert_eq!(refusal(&of(64, busy, &[]), &ANY), waits(false));
    assert_eq!(refusal(&of(65, busy, &[]), &ANY), waits(true));
    assert_eq!(refusal(&of(2, clogged, &[busy]), &ANY), waits(true));
    // Nobody has seen the busy one, and there is one.
    assert_eq!(refusal(&of(64, clogged, &[busy]), &ANY), waits(true));
    assert_eq!(refusal(&of(65, clogged, &[]), &ANY), Unrouted::Failed(full()));
    // Nor the one that fits.
    let mut pool = Pool::new(Balance::LessLoaded);
    (0..64).for_each(|_| pool.add(0, None, numbered(8, 9)));
    pool.add(0, None, numbered(1, 2));
    let wish = Wish {
        fit: Fit::Signature(1),
        ..ANY
    };
    assert_eq!(refusal(&pool, &wish), Unrouted::Failed(full()));
}

#[test]
fn of_many_that_differ_the_one_that_fits_is_found() {
    let mut picker = Picker::new(7);
    let mut pool = Pool::new(Balance::LessLoaded);
    (0..500).for_each(|_| pool.add(0, None, numbered(8, 9)));
    pool.add(0, Some(1), numbered(1, 2));
    let wish = Wish {
        fit: Fit::Signature(2),
        ..ANY
    };
    assert_eq!(pool.pick_as(&mut picker, &wish, |_| true), 500);
    // It is at its limit, which is another thing than that there is none.
    pool.directory.begin(pool.keys[500], PeerId::of(1000));
    assert_eq!(pool.try_pick(&mut picker, &wish, |_| true), Err(full()));
    pool.directory.remove(pool.keys[500]);
    let mismatch = Failed::SignatureMismatch {
        offered: Box::new(numbered(8, 9)),
        others: Vec::new(),
    };
    assert_eq!(pool.try_pick(&mut picker, &wish, |_| true), Err(mismatch));
}

#[test]
fn round_robin_takes_each_in_turn_and_skips_those_that_cannot_be_asked() {
    let mut picker = Picker::new(7);
    let mut pool = Pool::new(Balance::RoundRobin);
    for concurrency in [None, Some(3), None] {
        pool.add(0, concurrency, numbered(1, 2));
    }
    let picked: Vec<_> = (0..7).map(|_| pool.give(&mut picker)).collect();
    assert_eq!(picked, [0, 1, 2, 0, 1, 2, 0]);
    assert_eq!(pool.give(&mut picker), 1);
    // It runs three now, and takes no more.
    let picked: Vec<_> = (0..4).map(|_| pool.give(&mut picker)).collect();
    assert_eq!(picked, [2, 0, 2, 0]);
    // It has waited longest, and is not owed what it missed.
    (0..3).for_each(|_| pool.directory.end(pool.keys[1], PeerId::of(1000)));
    let picked: Vec<_> = (0..4).map(|_| pool.give(&mut picker)).collect();
    assert_eq!(picked, [1, 2, 0, 1]);
}

#[test]
fn random_takes_any_whatever_its_load() {
    let mut picker = Picker::new(7);
    let mut pool = Pool::idle(Balance::Random, 4);
    (0..1000).for_each(|_| pool.directory.begin(pool.keys[2], PeerId::of(1000)));
    let mut picked = [0_u32; 4];
    for _ in 0..4000 {
        picked[pool.pick(&mut picker)] += 1;
    }
    assert!(
        picked.iter().all(|count| (800..1200).contains(count)),
        "{picked:?}"
    );
}

/// The process of each of a thousand keys.
fn by_key(pool: &Pool) -> Vec<usize> {
    let mut picker = Picker::new(7);
    let keys = (0..1000).map(|key| Wish {
        key: Some(key),
        ..ANY
    });
    keys.map(|wish| pool.pick_as(&mut picker, &wish, |_| true))
        .collect()
}

#[test]
fn a_key_has_one_provider_whatever_their_order_and_load() {
    let before = by_key(&Pool::idle(Balance::LessLoaded, 8));
    let mut reversed = Pool::new(Balance::LessLoaded);
    (0..8)
        .rev()
        .for_each(|process| reversed.add_as(process, 50 - process, None, numbered(1, 2)));
    assert_eq!(by_key(&reversed), before);
    for process in 0..8 {
        let count = before.iter().filter(|picked| **picked == process).count();
        assert!((75..175).contains(&count), "{process} has {count} of 1000 keys");
    }
}

#[test]
fn when_a_provider_leaves_only_its_keys_move_and_they_spread() {
    let mut pool = Pool::idle(Balance::LessLoaded, 8);
    let before = by_key(&pool);
    pool.directory.remove(pool.keys[3]);
    let after = by_key(&pool);
    let mut heirs = HashSet::new();
    for (before, after) in before.iter().zip(&after) {
        if *before == 3 {
            heirs.insert(*after);
        } else {
            assert_eq!(before, after);
        }
    }
    assert_eq!(heirs.len(), 7, "all others inherit");
}

#[test]
fn a_key_whose_provider_cannot_be_asked_goes_to_the_next() {
    let pool = Pool::idle(Balance::LessLoaded, 3);
    let wish = Wish { key: Some(5), ..ANY };
    let mut picker = Picker::new(7);
    let first = pool.pick_as(&mut picker, &wish, |_| true);
    let second = pool.pick_as(&mut picker, &wish, |process| process != first);
    assert_ne!(first, second);
    assert_eq!(pool.pick_as(&mut picker, &wish, |_| true), first);
}

// ---------------------------------------------------------------------- through the router

/// Connects providers of `add` whose calls are shared in this way.
fn join_sharing(f: &mut Fixture, names: &[&str], balance: Balance) -> Vec<PeerId> {
    let join = |name: &&str| {
        let link = f.connect(name);
        let offer = Offered {
            balance,
            ..offered(0, "add")
        };
        f.offer(link, &[offer], true);
        link
    };
    names.iter().map(join).collect()
}

#[test]
fn calls_are_given_to_each_in_turn_and_broadcasts_count() {
    let mut f = Fixture::new();
    let [a, b, c] = *join_sharing(&mut f, &["a", "b", "c"], Balance::RoundRobin) else {
        unreachable!("three were connected")
    };
    let caller = f.join("caller", &[]);
    let picked: Vec<_> = (0..5)
        .map(|number| f.routed(caller, call(number, "add")).0)
        .collect();
    assert_eq!(picked, [a, b, c, a, b]);
    let everywhere = CallHeader {
        mode: Mode::Broadcast,
        ..call(5, "add")
    };
    f.call(caller, everywhere);
    f.said();
    let handed_over = CallHeader {
        mode: Mode::HandedOver,
        ..call(6, "add")
    };
    f.call(caller, handed_over);
    assert!(
        matches!(f.said()[0], (to, Said::Run { .. }) if to == a),
        "all were asked by the broadcast, `a` first"
    );
    assert_eq!(f.routed(caller, call(7, "add")).0, b);
}

#[test]
fn calls_with_a_key_stay_with_their_provider_through_the_coming_and_going_of_others() {
    let mut f = Fixture::new();
    let caller = f.join("caller", &[]);
    let names = ["a", "b", "c", "d"];
    let links = join_sharing(&mut f, &names, Balance::LessLoaded);
    let provider_of = |f: &mut Fixture, key| {
        let header = CallHeader {
            key: Some(key),
            ..call(0, "add")
        };
        let (to, run) = f.routed(caller, header);
        f.reply(to, run);
        f.said();
        f.router.process_name(to).unwrap().to_owned()
    };
    let before: Vec<_> = (0..100).map(|key| provider_of(&mut f, key)).collect();
    assert_eq!(before.iter().collect::<HashSet<_>>().len(), 4, "{before:?}");
    f.disconnect(links[1]);
    for (key, before) in (0..).zip(&before) {
        assert!(before == "b" || provider_of(&mut f, key) == *before);
    }
    // It comes back with another link, behind the others, and has its keys again.
    f.connect("in its place");
    join_sharing(&mut f, &["b"], Balance::LessLoaded);
    let after: Vec<_> = (0..100).map(|key| provider_of(&mut f, key)).collect();
    assert_eq!(after, before);
}

#[test]
fn p15_what_is_seen_of_choices_tells_nothing_of_where_names_are_kept() {
    use std::hash::BuildHasher as _;
    let seen = [5, 5 | 1 << 64].map(|seed| {
        let mut router = Router::new(LIMITS, 1, 1 << 30, seed);
        let peer = router
            .connect(&Hello::new("somebody", 1, 1), Who::Nobody, None)
            .unwrap();
        let place = router.peers.get(peer).unwrap().sent.hasher().hash_one("a name");
        (format!("{:?}", router.picker), place)
    });
    assert_eq!(seen[0].0, seen[1].0);
    assert_ne!(seen[0].1, seen[1].1);
}

/// Whoever looks for one that is free looks at no other, so that many that are busy cost nothing (P15).
#[test]
fn the_free_ones_are_those_that_run_less_than_they_may_and_have_turns_where_each_has_its_own() {
    for balance in [Balance::LessLoaded, Balance::RoundRobin] {
        let mut pool = Pool::new(balance);
        (0..3).for_each(|_| pool.add(0, Some(1), numbered(1, 2)));
        let free = |pool: &Pool| {
            let (_, function) = pool.directory.function("add").unwrap();
            let (mut free, mut turns) = (function.free().to_vec(), function.turns().collect::<Vec<_>>());
            free.sort_unstable();
            turns.sort_unstable();
            let expected = if balance == Balance::RoundRobin {
                &*free
            } else {
                &[]
            };
            assert_eq!(turns, expected);
            free
        };
        let [a, b, c] = pool.keys[..] else { panic!("three") };
        assert_eq!(free(&pool), [a, b, c]);
        pool.directory.begin(a, PeerId::of(1000));
        assert_eq!(free(&pool), [b, c]);
        // A broadcast asks those that are full, too.
        pool.directory.begin(a, PeerId::of(1000));
        assert_eq!(free(&pool), [b, c]);
        pool.directory.begin(c, PeerId::of(1000));
        assert_eq!(free(&pool), [b]);
        pool.directory.end(a, PeerId::of(1000));
        assert_eq!(free(&pool), [b], "it runs another");
        pool.directory.end(a, PeerId::of(1000));
        assert_eq!(free(&pool), [a, b]);
        pool.directory.remove(b);
        assert_eq!(free(&pool), [a]);
    }
}
