//! In which terms callbacks are called.

use super::*;
use crate::signature::{ErrorType, Returns, Signature, Type, trace};

fn interface(parameters: &[(&str, Type)]) -> Interface {
    let returns = Returns {
        ok: trace::<u8>(),
        error: ErrorType::None,
    };
    let mut interface = Interface::from(Signature::new(parameters.iter().cloned(), returns));
    // What comes after the first has a default.
    for parameter in interface.allows.parameters.iter_mut().skip(1) {
        parameter.optional = true;
    }
    interface
}

/// What is offered by versions: the first takes one argument, and the others one more that may be missing.
fn versions() -> [(Interface, Described); 3] {
    let number = || ("n", trace::<u32>());
    let of = |more: Type| interface(&[number(), ("more", more)]);
    [interface(&[number()]), of(trace::<bool>()), of(trace::<String>())].map(|interface| {
        let described = Described::of(&interface);
        (interface, described)
    })
}

const NAME: &str = "add";

fn called(version: &(Interface, Described)) -> Called<'_> {
    Called {
        interface: &version.0,
        number: version.1.number,
        version: version.1.version(),
        is_describable: true,
        nameable: &[],
    }
}

fn terms(accepted: &Accepted, version: &(Interface, Described)) -> Terms {
    accepted.terms(NAME, version.1.number, || called(version))
}

fn of(versions: &[&(Interface, Described)]) -> Terms {
    let mut versions: Vec<_> = versions.iter().map(|version| version.1.version()).collect();
    versions.sort_unstable();
    Terms::Versions(versions.into())
}

#[test]
fn a_call_goes_to_all_versions_that_it_goes_together_with_and_back_to_its_own_number() {
    let [one, two, three] = &versions();
    let (accepted, own) = (Accepted::default(), Terms::Number(one.1.number));
    let tell = |versions: &[&(Interface, Described)]| {
        accepted.tell(NAME, versions.iter().map(|version| version.1.clone()).collect());
    };
    assert_eq!(terms(&accepted, one), own);
    tell(&[one, two]);
    assert_eq!(terms(&accepted, one), of(&[one, two]));
    tell(&[two, one, three]);
    assert_eq!(terms(&accepted, one), of(&[one, two, three]));
    // Also to its own, if that is not among those that it was told of.
    tell(&[two]);
    assert_eq!(terms(&accepted, one), of(&[one, two]));
    // To who sends two arguments, those who take one are of no use.
    assert_eq!(terms(&accepted, two), Terms::Number(two.1.number));
    tell(&[one]);
    assert_eq!(terms(&accepted, one), own);
    assert_eq!(
        accepted.terms("other", 7, || panic!("nobody knows it")),
        Terms::Number(7)
    );
    // Who cannot say what its arguments are goes by numbers alone.
    tell(&[one, two]);
    let untraced = Called {
        is_describable: false,
        version: 1,
        ..called(one)
    };
    assert_eq!(accepted.terms(NAME, one.1.number, || untraced), own);
}

#[test]
fn who_is_refused_calls_those_who_refused_it_and_forgets_nobody_else() {
    let [one, two, three] = &versions();
    let accepted = Accepted::default();
    let own = Terms::Number(one.1.number);
    let refused = |sent: &Terms, by: &[&(Interface, Described)]| {
        let told: Vec<_> = by.iter().map(|version| &version.1).collect();
        accepted.refused(NAME, sent, &called(one), &told).unwrap()
    };
    let to_two = refused(&own, &[two]).unwrap();
    assert_eq!(to_two, of(&[one, two]));
    assert_eq!(terms(&accepted, one), to_two);
    // One that was named, of another version.
    let to_both = refused(&to_two, &[three]).unwrap();
    assert_eq!(to_both, of(&[one, two, three]));
    // It has refused what it takes: it is not called again and again.
    assert_eq!(refused(&of(&[one, two, three]), &[two]), None);
    // Nobody who would have it is called instead of those who would not.
    let narrow = interface(&[("n", trace::<u8>())]);
    let narrow = (narrow.clone(), Described::of(&narrow));
    assert_eq!(refused(&own, &[&narrow]), None);
}

/// Where not all could be traced, the number is another one's, and the bytes are the same.
#[test]
fn who_is_refused_by_a_number_goes_by_that_of_who_refused_it() {
    let of = |ty: Type| {
        let interface = interface(&[("n", ty)]);
        let described = Described::of(&interface);
        (interface, described)
    };
    let (own, loose) = (of(trace::<u32>()), of(Type::Opaque));
    let accepted = Accepted::default();
    let by = |version: &(Interface, Described)| Terms::Number(version.1.number);
    accepted.tell(NAME, vec![loose.1.clone(), own.1.clone()]);
    assert_eq!(terms(&accepted, &own), by(&own));
    let refused = |sent: &Terms, told: &(Interface, Described)| {
        accepted.refused(NAME, sent, &called(&own), &[&told.1]).unwrap()
    };
    assert_eq!(refused(&by(&own), &loose), Some(by(&loose)));
    assert_eq!(terms(&accepted, &own), by(&loose));
    assert_eq!(refused(&by(&loose), &own), Some(by(&own)));
    assert_eq!(refused(&by(&own), &own), None);
}

#[test]
fn who_is_refused_is_told_to_come_again_where_there_is_no_time_to_see_in_which_terms() {
    let [one, two, _] = &versions();
    let accepted = Accepted {
        effort: Effort::spent_all(),
        ..Accepted::default()
    };
    let own = Terms::Number(one.1.number);
    let refused = || accepted.refused(NAME, &own, &called(one), &[&two.1]);
    assert_eq!(refused(), Err(NoTime));
    assert_eq!(Failed::from(NoTime), Failed::Overloaded { may_have_run: false });
    // It is called by its own number, which may be that of somebody else.
    assert_eq!(terms(&accepted, one), own);
    // What is known takes no time.
    let later = Accepted::default();
    later.refused(NAME, &own, &called(one), &[&two.1]).unwrap();
    let later = Accepted {
        effort: Effort::spent_all(),
        ..later
    };
    assert_eq!(terms(&later, one), of(&[one, two]));
}

/// The own version takes one of the places, however often it is named.
#[test]
fn as_many_versions_are_named_as_may_be() {
    let types = [
        trace::<bool>(),
        trace::<u8>(),
        trace::<u16>(),
        trace::<u32>(),
        trace::<u64>(),
        trace::<String>(),
    ];
    let one = interface(&[("n", trace::<u32>())]);
    let one = (one.clone(), Described::of(&one));
    // The same, of which something else is allowed.
    let mut loose = one.0.clone();
    loose.allows.parameters[0].optional = true;
    let loose = (loose.clone(), Described::of(&loose));
    assert_ne!(loose.1.version(), one.1.version());
    let others = types.map(|more| {
        let other = interface(&[("n", trace::<u32>()), ("more", more)]);
        (other.clone(), Described::of(&other))
    });
    let all: Vec<_> = [&loose, &one].into_iter().chain(&others).collect();
    assert_eq!(all.len(), Limits::COMPATIBLE);
    let accepted = Accepted::default();
    accepted.tell(NAME, all.iter().map(|version| version.1.clone()).collect());
    assert_eq!(terms(&accepted, &one), of(&all));
}

#[test]
fn no_more_is_kept_than_is_of_use() {
    let accepted = Accepted::default();
    let long = |number: usize| {
        let name = format!("{number}{}", "x".repeat(100_000));
        let parameter: [(&str, Type); 1] = [(&name, trace::<u8>())];
        Described::of(&interface(&parameter))
    };
    for number in 0..200 {
        accepted.tell(&number.to_string(), vec![long(number)]);
        let callbacks = accepted.locked();
        let bytes: usize = callbacks.by_name.values().map(Callback::bytes).sum();
        assert_eq!(bytes, callbacks.bytes);
        assert!(bytes <= BYTES, "{bytes}");
    }
    for number in 0..2 * CALLBACKS {
        accepted.tell(&number.to_string(), Vec::new());
        assert!(accepted.locked().by_name.len() <= CALLBACKS);
    }
    // Of one, the newest are known.
    let [one, ..] = &versions();
    for number in 0..20 {
        let narrow = Described::of(&interface(&[(&format!("n{number}"), trace::<u8>())]));
        accepted
            .refused(NAME, &Terms::Number(1), &called(one), &[&narrow])
            .unwrap();
        let callbacks = accepted.locked();
        let offered = &callbacks.by_name[NAME].offered.signatures;
        assert_eq!(
            (offered.len(), &offered[0]),
            ((number + 1).min(Limits::COMPATIBLE), &narrow)
        );
    }
}
