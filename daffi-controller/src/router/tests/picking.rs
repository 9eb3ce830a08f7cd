//! Whom to ask: the less loaded of two random providers, each in turn, any, or always the same for a key.

use super::super::directory::Provider;
use super::*;

/// A provider on the link `link` that runs `running` calls.
fn provider(link: usize, running: u32, concurrency: Option<u32>) -> Provider {
    let offered = Offered {
        signature: numbered(1, 2),
        concurrency,
        ..offered(0, "add")
    };
    Provider {
        link: LinkId(link),
        offered,
        running,
        last: 0,
        identity: 1 + link as u64,
        bytes: 0,
    }
}

/// A signature with these numbers.
fn numbered(number: u64, plain_number: u64) -> Described {
    let mut described = OFFERED.clone();
    (described.number, described.plain_number) = (number, plain_number);
    described
}

const CALLER: LinkId = LinkId(1000);

/// What a caller wishes for that takes any.
const ANY: Wish = Wish {
    signature: 0,
    caller: CALLER,
    to: None,
    key: None,
};

fn pick(picker: &mut Picker, providers: &[Provider]) -> usize {
    pick_as(picker, providers, &ANY)
}

fn pick_as(picker: &mut Picker, providers: &[Provider], wish: &Wish) -> usize {
    picker.pick(providers, wish, |_| true).unwrap().provider.0
}

#[test]
fn the_less_loaded_of_two_is_picked() {
    for seed in 0..100 {
        let mut picker = Picker::new(seed);
        assert_eq!(
            pick(&mut picker, &[provider(0, 3, None), provider(1, 2, None)]),
            1
        );
        assert_eq!(
            pick(&mut picker, &[provider(0, 2, None), provider(1, 3, None)]),
            0
        );
    }
}

#[test]
fn load_is_the_part_of_the_capacity_that_is_in_use() {
    for seed in 0..100 {
        let mut picker = Picker::new(seed);
        let providers = [provider(0, 2, Some(3)), provider(1, 5, Some(10))];
        assert_eq!(pick(&mut picker, &providers), 1, "5 of 10 are less than 2 of 3");
    }
}

#[test]
fn the_most_loaded_of_several_is_never_picked() {
    let mut picker = Picker::new(7);
    let providers: Vec<_> = [4, 1, 9, 2, 5]
        .into_iter()
        .zip(0..)
        .map(|(running, link)| provider(link, running, None))
        .collect();
    let mut picked = [0; 5];
    for _ in 0..1000 {
        picked[pick(&mut picker, &providers)] += 1;
    }
    assert_eq!(picked[2], 0);
    assert!(
        picked
            .iter()
            .enumerate()
            .all(|(link, count)| link == 2 || *count > 0),
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
        let mut providers: Vec<_> = (0..10).map(|link| provider(link, 0, None)).collect();
        for _ in 0..10_000 {
            let link = pick(&mut picker, &providers);
            providers[link].running += 1;
        }
        // One random choice would leave them tens apart, the better of two leaves them a few apart.
        let loads = providers.iter().map(|provider| provider.running);
        let (least, most) = (loads.clone().min().unwrap(), loads.max().unwrap());
        assert!(most - least <= 8, "from {least} to {most} with seed {seed}");
    }
}

#[test]
fn a_provider_that_cannot_be_asked_is_skipped_however_few_can() {
    let full = |link| provider(link, 1, Some(1));
    let mut picker = Picker::new(7);
    for usable in 0..5 {
        let mut providers: Vec<_> = (0..5).map(full).collect();
        providers[usable] = provider(usable, 100, None);
        for _ in 0..20 {
            assert_eq!(pick(&mut picker, &providers), usable);
        }
    }
}

#[test]
fn when_two_cannot_be_asked_the_least_loaded_of_the_rest_is() {
    let mut picker = Picker::new(7);
    let providers: Vec<_> = (0..20)
        .map(|link| provider(link, u32::try_from(link).unwrap(), None))
        .collect();
    let mut picked = [0; 20];
    for _ in 0..1000 {
        // Only three of twenty have room, so that the two random ones mostly have none.
        let has_room = |link: LinkId| [5, 11, 17].contains(&link.0);
        picked[picker.pick(&providers, &ANY, has_room).unwrap().provider.0] += 1;
    }
    assert!(picked[5] > 700, "{picked:?}");
}

#[test]
fn the_refusal_says_what_comes_closest_to_an_answer() {
    let mut picker = Picker::new(7);
    let own = || Provider {
        link: CALLER,
        ..provider(0, 0, None)
    };
    let other = || {
        let mut other = provider(1, 0, None);
        other.offered.signature = numbered(8, 9);
        other
    };
    let busy = || provider(2, 1, Some(1));
    let mut refusal = |providers: &[Provider], to| {
        let wish = Wish {
            signature: 1,
            to,
            ..ANY
        };
        picker.pick(providers, &wish, |_| true).unwrap_err()
    };
    let mismatch = Failed::SignatureMismatch {
        offered: Box::new(numbered(8, 9)),
    };
    assert_eq!(refusal(&[], None), Failed::NoProvider(Absence::Nobody));
    assert_eq!(refusal(&[own()], None), Failed::NoProvider(Absence::OnlyCaller));
    assert_eq!(refusal(&[own(), other()], None), mismatch);
    assert_eq!(refusal(&[busy(), own(), other()], None), full());
    assert_eq!(refusal(&[busy(), own(), other()], Some(LinkId(1))), mismatch);
    assert_eq!(refusal(&[busy(), own(), other()], Some(LinkId(2))), full());
    assert_eq!(
        refusal(&[busy(), own(), other()], Some(LinkId(3))),
        Failed::NoProvider(Absence::NotOffered)
    );
}

/// Providers whose calls are shared in this way.
fn sharing(balance: Balance, count: usize) -> Vec<Provider> {
    let mut providers: Vec<_> = (0..count).map(|link| provider(link, 0, None)).collect();
    for provider in &mut providers {
        provider.offered.balance = balance;
    }
    providers
}

#[test]
fn round_robin_takes_each_in_turn_and_skips_those_that_cannot_be_asked() {
    let mut picker = Picker::new(7);
    let mut providers = sharing(Balance::RoundRobin, 3);
    let mut now = 0;
    let mut next = |providers: &mut [Provider]| {
        now += 1;
        let picked = pick(&mut picker, providers);
        providers[picked].last = now;
        picked
    };
    let picked: Vec<_> = (0..7).map(|_| next(&mut providers)).collect();
    assert_eq!(picked, [0, 1, 2, 0, 1, 2, 0]);
    providers[1].offered.concurrency = Some(0);
    let picked: Vec<_> = (0..4).map(|_| next(&mut providers)).collect();
    assert_eq!(picked, [2, 0, 2, 0]);
    // It has waited longest, and is not owed what it missed.
    providers[1].offered.concurrency = None;
    let picked: Vec<_> = (0..4).map(|_| next(&mut providers)).collect();
    assert_eq!(picked, [1, 2, 0, 1]);
}

#[test]
fn random_takes_any_whatever_its_load() {
    let mut picker = Picker::new(7);
    let mut providers = sharing(Balance::Random, 4);
    providers[2].running = 1000;
    let mut picked = [0_u32; 4];
    for _ in 0..4000 {
        picked[pick(&mut picker, &providers)] += 1;
    }
    assert!(
        picked.iter().all(|count| (800..1200).contains(count)),
        "{picked:?}"
    );
}

/// The provider of each of a thousand keys.
fn by_key(providers: &[Provider]) -> Vec<usize> {
    let mut picker = Picker::new(7);
    let keys = (0..1000).map(|key| Wish {
        key: Some(key),
        ..ANY
    });
    keys.map(|wish| pick_as(&mut picker, providers, &wish)).collect()
}

#[test]
fn a_key_has_one_provider_whatever_their_order_and_load() {
    let mut providers = sharing(Balance::LessLoaded, 8);
    let before = by_key(&providers);
    providers.reverse();
    for provider in &mut providers {
        provider.running = 50 - u32::try_from(provider.link.0).unwrap();
    }
    assert_eq!(by_key(&providers), before);
    for link in 0..8 {
        let count = before.iter().filter(|picked| **picked == link).count();
        assert!((75..175).contains(&count), "{link} has {count} of 1000 keys");
    }
}

#[test]
fn when_a_provider_leaves_only_its_keys_move_and_they_spread() {
    let mut providers = sharing(Balance::LessLoaded, 8);
    let before = by_key(&providers);
    providers.remove(3);
    let after = by_key(&providers);
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
    let mut providers = sharing(Balance::LessLoaded, 3);
    let wish = Wish { key: Some(5), ..ANY };
    let mut picker = Picker::new(7);
    let first = pick_as(&mut picker, &providers, &wish);
    providers[first].offered.concurrency = Some(0);
    let second = pick_as(&mut picker, &providers, &wish);
    assert_ne!(first, second);
    providers[first].offered.concurrency = None;
    assert_eq!(pick_as(&mut picker, &providers, &wish), first);
}

// ---------------------------------------------------------------------- through the router

/// Connects providers of `add` whose calls are shared in this way.
fn join_sharing(f: &mut Fixture, names: &[&str], balance: Balance) -> Vec<LinkId> {
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
