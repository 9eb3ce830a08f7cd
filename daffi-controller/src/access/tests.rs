//! Roles, and who may do what by them.

use daffi_core::proto::{Measure, QuotaOf};
use daffi_core::{Access, Quota, Quotas, Right, Role};

use super::pattern::Pattern;
use super::{Fault, Policy};

fn shop() -> Access {
    Access::new()
        .role("observer", Role::new().allow(Right::Observe, ["*"]))
        .role(
            "customer",
            Role::new()
                .allow(Right::Call, ["shop.*", "price"])
                .deny(Right::Call, ["shop.admin.*"]),
        )
        .role(
            "keeper",
            Role::new()
                .allow(Right::Call, ["shop.admin.*"])
                .allow(Right::Provide, ["shop.*"]),
        )
        .role("owner", Role::everything())
        .everyone(["observer"])
        .identity("ann", ["customer"])
        .identity("till", ["customer", "keeper"])
        .identity("boss", ["owner"])
        .names("till", ["till", "till *"])
}

fn policy(access: &Access) -> Policy {
    Policy::new(access).expect("it can be meant")
}

#[test]
fn a_star_stands_for_any_characters() {
    let check = |pattern, name, expected| {
        assert_eq!(Pattern::new(pattern).matches(name), expected, "{pattern} {name}");
    };
    check("price", "price", true);
    check("price", "prices", false);
    check("price", "pric", false);
    check("*", "", true);
    check("*", "anything at all", true);
    check("shop.*", "shop.", true);
    check("shop.*", "shop.add", true);
    check("shop.*", "shop", false);
    check("shop.*", "my shop.add", false);
    check("*.admin", "shop.admin", true);
    check("*.admin", "shop.admin.x", false);
    check("a*b*c", "a-b-b-c", true);
    check("a*b*c", "a-b-b-cd", false);
    check("a**c", "ac", true);
    check("*aab", "aaaab", true);
    check("é*", "été", true);
    check("é*", "ete", false);
    check("", "", true);
    check("", "a", false);
}

#[test]
fn a_pattern_agrees_with_what_it_means() {
    /// By the definition, without any haste.
    fn means(pattern: &[u8], name: &[u8]) -> bool {
        match pattern.split_first() {
            None => name.is_empty(),
            Some((b'*', rest)) => (0..=name.len()).any(|end| means(rest, &name[end..])),
            Some((byte, rest)) => name
                .split_first()
                .is_some_and(|(first, name)| first == byte && means(rest, name)),
        }
    }
    let words = |letters: &[u8], length: usize| {
        let count = letters.len().pow(u32::try_from(length).expect("it is short"));
        let word = |mut number: usize| {
            let letter = |_| {
                let letter = letters[number % letters.len()];
                number /= letters.len();
                char::from(letter)
            };
            (0..length).map(letter).collect::<String>()
        };
        (0..count).map(word).collect::<Vec<_>>()
    };
    let mut matched = 0;
    for pattern in (0..=5).flat_map(|length| words(b"ab*", length)) {
        for name in (0..=6).flat_map(|length| words(b"ab", length)) {
            let expected = means(pattern.as_bytes(), name.as_bytes());
            assert_eq!(
                Pattern::new(&pattern).matches(&name),
                expected,
                "{pattern} {name}"
            );
            matched += usize::from(expected);
        }
    }
    assert!(matched > 1_000, "{matched} of them match");
}

#[test]
fn what_is_not_said_is_not_allowed() {
    let policy = policy(&shop());
    let ann = policy.rights(Some("ann"));
    assert!(ann.allow(Right::Call, "shop.add"));
    assert!(ann.allow(Right::Call, "price"));
    assert!(!ann.allow(Right::Call, "other"));
    for right in [
        Right::Provide,
        Right::Broadcast,
        Right::Stream,
        Right::Schedule,
        Right::Admin,
    ] {
        assert!(!ann.allow(right, "shop.add"), "{right}");
    }
}

#[test]
fn what_is_denied_is_denied_whichever_role_allows_it() {
    let policy = policy(&shop());
    let till = policy.rights(Some("till"));
    assert!(till.allow(Right::Call, "shop.add"));
    assert!(till.allow(Right::Provide, "shop.admin.stop"));
    assert!(!till.allow(Right::Call, "shop.admin.stop"));
}

#[test]
fn everyone_has_the_roles_of_everyone() {
    let policy = policy(&shop());
    for identity in [None, Some("ann"), Some("a stranger with a key")] {
        let rights = policy.rights(identity);
        assert!(rights.allow(Right::Observe, "shop.add"));
        assert!(rights.allow_all(Right::Observe));
        assert!(!rights.allow(Right::Call, "other"));
    }
    let nobody = Policy::new(&Access::new()).expect("it can be meant").rights(None);
    for right in Right::ALL {
        assert!(!nobody.allow(right, "shop.add"), "{right}");
        assert!(!nobody.allow_all(right), "{right}");
    }
}

#[test]
fn a_right_for_all_names_is_one_that_nothing_is_taken_from() {
    let all = |role: Role| policy(&Access::new().role("one", role).everyone(["one"])).rights(None);
    let everything = all(Role::everything());
    assert!(Right::ALL.iter().all(|right| everything.allow_all(*right)));
    let but = all(Role::everything().deny(Right::Observe, ["secret"]));
    assert!(!but.allow_all(Right::Observe));
    assert!(but.allow(Right::Observe, "open"));
    assert!(!all(Role::new().allow(Right::Observe, ["a*"])).allow_all(Right::Observe));
}

#[test]
fn names_that_are_kept_for_somebody_are_taken_by_nobody_else() {
    let policy = policy(&shop());
    let check =
        |identity, name, expected: Result<(), &str>| match (policy.check_name(identity, name), expected) {
            (Ok(()), Ok(())) => {}
            (Err(reason), Err(words)) => assert!(reason.contains(words), "{reason}"),
            (found, _) => panic!("{identity:?} {name:?}: {found:?}"),
        };
    check(Some("till"), "till 1", Ok(()));
    check(Some("till"), "till", Ok(()));
    check(
        Some("till"),
        "other",
        Err("`till` may not take the process name \"other\", only such as \"till\", \"till *\""),
    );
    check(Some("ann"), "till 1", Err("it is kept for another identity"));
    check(
        None,
        "till",
        Err("a process that has not said who it is may not take the process name \"till\""),
    );
    check(None, "tiller", Ok(()));
    check(Some("ann"), "anything", Ok(()));
    check(Some("boss"), "till", Err("`boss` may not take"));
}

#[test]
fn a_refusal_says_what_is_missing_and_who_can_grant_it() {
    let policy = policy(&shop());
    let check = |identity, right, name: &str, expected: &str| {
        assert_eq!(policy.rights(identity).refusal(right, name), expected);
    };
    check(
        Some("ann"),
        Right::Call,
        "other",
        "it takes the right `call` for `other`, which `ann` does not have: none of its roles gives it (customer, observer); \
         whoever runs the controller can grant it, in its configuration",
    );
    check(
        Some("till"),
        Right::Call,
        "shop.admin.stop",
        "it takes the right `call` for `shop.admin.stop`, which `till` does not have: a role of it denies that for \
         \"shop.admin.*\"; whoever runs the controller can grant it, in its configuration",
    );
    check(
        None,
        Right::Provide,
        "shop.add",
        "it takes the right `provide` for `shop.add`, which a process that has not said who it is does not have: its role \
         `observer` does not give it; whoever runs the controller can grant it, in its configuration",
    );
    let nobody = Policy::new(&Access::new()).expect("it can be meant").rights(None);
    assert_eq!(
        nobody.refusal(Right::Observe, "*"),
        "it takes the right `observe` for every name, which a process that has not said who it is does not have: it has no \
         role; whoever runs the controller can grant it, in its configuration"
    );
}

#[test]
fn all_that_cannot_be_meant_is_told_at_once() {
    let access = shop()
        .identity("eve", ["custmer"])
        .everyone(["anybody"])
        .names("ann", [""])
        .role("long", Role::new().deny(Right::Call, ["x".repeat(256)]));
    let faults = Policy::new(&access).expect_err("it cannot be meant");
    let words: Vec<_> = faults.iter().map(ToString::to_string).collect();
    assert_eq!(faults.len(), 4, "{words:?}");
    assert!(faults.contains(&Fault::UnknownRole {
        role: "custmer".to_owned(),
        identity: Some("eve".to_owned()),
    }));
    assert!(
        words.contains(
            &"the identity `eve` is given the role `custmer`, and there is no such role".to_owned()
        )
    );
    assert!(words.contains(&"everyone is given the role `anybody`, and there is no such role".to_owned()));
    assert!(
        words
            .iter()
            .any(|words| words.starts_with("the pattern \"\" stands for no name"))
    );
}

#[test]
fn a_role_says_other_quotas_and_the_most_generous_counts() {
    let all = Quotas::new()
        .connection(Quota::new().calls(10).streams(3))
        .identity(Quota::new().connections(2).calls_per_second(100));
    let connection = |quota| Role::new().quotas(Quotas::new().connection(quota));
    let access = Access::new()
        .role("small", connection(Quota::new().calls(5)))
        .role("large", connection(Quota::new().calls(50).streams(0)))
        .role("free", connection(Quota::new().calls(Quota::UNLIMITED)))
        .everyone(["small"])
        .identity("ann", ["large"])
        .identity("bob", ["large", "free"]);
    let policy = policy(&access);
    let check = |policy: Option<&Policy>, identity, calls, streams, connections| {
        let quotas = Policy::allowed(policy, identity, &all).map(|allowed| allowed.quotas);
        let said = |of, measure| quotas.as_ref().and_then(|quotas| quotas.of(of).of(measure));
        let found = (
            said(QuotaOf::Connection, Measure::Calls),
            said(QuotaOf::Connection, Measure::Streams),
            said(QuotaOf::Identity, Measure::Connections),
        );
        assert_eq!(found, (calls, streams, connections), "{identity:?}");
    };
    check(None, Some("ann"), Some(10), Some(3), Some(2));
    check(Some(&policy), Some("ann"), Some(50), Some(0), Some(2));
    check(Some(&policy), Some("bob"), None, Some(0), Some(2));
    check(Some(&policy), Some("eve"), Some(5), Some(3), Some(2));
    let largest = |quota, identity| {
        let quotas = Quotas::new()
            .connection(Quota::new().frame_bytes(1 << 20))
            .identity(quota);
        Policy::allowed(None, identity, &quotas)
            .unwrap()
            .frame_bytes(16 << 20)
    };
    let quota = Quota::new().frame_bytes(1 << 18);
    assert_eq!(largest(quota, Some("ann")), 1 << 18, "the lower of the two");
    assert_eq!(largest(quota, None), 1 << 20);
    assert_eq!(
        largest(Quota::new().frame_bytes(0), Some("ann")),
        64 << 10,
        "no less than that"
    );
    let much = Quotas::new().connection(Quota::new().frame_bytes(1 << 40));
    assert_eq!(
        Policy::allowed(None, None, &much).unwrap().frame_bytes(16 << 20),
        16 << 20
    );
    // Whoever has proven nothing is no identity.
    check(Some(&policy), None, Some(5), Some(3), None);
    let of_identities = Quotas::new().identity(Quota::new().connections(2));
    assert_eq!(Policy::allowed(None, None, &of_identities), None);
    assert_eq!(Policy::allowed(None, Some("ann"), &Quotas::new()), None);
}
