//! Whom to ask: the less loaded of two random providers.

use super::super::directory::Provider;
use super::*;

/// A provider on the link `link` that runs `running` calls.
fn provider(link: usize, running: u32, concurrency: Option<u32>) -> Provider {
    let offered = Offered {
        concurrency,
        ..offered(0, "add")
    };
    Provider {
        link: LinkId(link),
        offered,
        accepts: [1, 2],
        running,
    }
}

const CALLER: LinkId = LinkId(1000);

fn pick(picker: &mut Picker, providers: &[Provider]) -> usize {
    picker
        .pick(providers, 0, CALLER, None, |_| true)
        .unwrap()
        .provider
        .0
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
        picked[picker
            .pick(&providers, 0, CALLER, None, has_room)
            .unwrap()
            .provider
            .0] += 1;
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
    let other = || Provider {
        accepts: [8, 9],
        ..provider(1, 0, None)
    };
    let busy = || provider(2, 1, Some(1));
    let mut refusal =
        |providers: &[Provider], to| picker.pick(providers, 1, CALLER, to, |_| true).unwrap_err();
    let mismatch = Failed::SignatureMismatch {
        offered: Box::new(OFFERED.clone()),
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
