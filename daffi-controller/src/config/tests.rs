//! What a configuration file may say, and what is told of one that is at fault.

use daffi_core::{Access, Quota, Quotas, Right, Role};

use super::*;

const OPTIONS: [&str; 5] = ["host", "port", "heartbeat", "insecure", "allow"];

fn check_faults(text: &str, expected: &[&str]) {
    let faults = Config::read(text, &OPTIONS).expect_err("it is at fault");
    let faults: Vec<_> = faults.iter().map(ToString::to_string).collect();
    assert_eq!(faults, expected, "{text}");
}

#[test]
fn options_are_set_as_on_the_command_line() {
    let text = "\
# Where it listens.
host = \"shop.example\"
port = 8_888
insecure = true
allow = [\"a\", \"b\"]
";
    let config = Config::read(text, &OPTIONS).unwrap();
    let said: Vec<_> = config
        .settings
        .iter()
        .map(|setting| {
            (
                &*setting.name,
                setting.values.join(" "),
                setting.place.to_string(),
            )
        })
        .collect();
    let expected = [
        ("allow", "a b", "5:1"),
        ("host", "shop.example", "2:1"),
        ("insecure", "", "4:1"),
        ("port", "8888", "3:1"),
    ];
    assert_eq!(
        said,
        expected.map(|(name, values, place)| (name, values.to_owned(), place.to_owned()))
    );
    assert_eq!(config.access, None);
    assert_eq!(
        Config::read("insecure = false", &OPTIONS).unwrap(),
        Config::default()
    );
    assert_eq!(Config::read("", &OPTIONS).unwrap(), Config::default());
}

#[test]
fn roles_and_identities_say_who_may_do_what() {
    let text = "\
everyone = [\"observer\"]

[roles.observer]
observe = [\"*\"]

[roles.customer]
call = [\"shop.*\", \"price\"]
stream = [\"shop.*\"]
deny.call = [\"shop.admin.*\"]

[grants.\"ann 1\"]
roles = [\"customer\"]
names = [\"ann *\"]
";
    let expected = Access::new()
        .everyone(["observer"])
        .role("observer", Role::new().allow(Right::Observe, ["*"]))
        .role(
            "customer",
            Role::new()
                .allow(Right::Call, ["shop.*", "price"])
                .allow(Right::Stream, ["shop.*"])
                .deny(Right::Call, ["shop.admin.*"]),
        )
        .identity("ann 1", ["customer"])
        .names("ann 1", ["ann *"]);
    assert_eq!(Config::read(text, &OPTIONS).unwrap().access, Some(expected));
    // Whoever has begun to say it has said that nothing else is allowed.
    for begun in ["[roles]", "[grants.ann]", "everyone = []"] {
        assert_eq!(
            Config::read(begun, &OPTIONS).unwrap().access,
            Some(Access::new()),
            "{begun}"
        );
    }
}

#[test]
fn every_right_is_written_as_it_is_called() {
    for right in Right::ALL {
        let text = format!("[roles.one]\n{right} = [\"*\"]\ndeny.{right} = [\"x\"]");
        let role = Role::new().allow(right, ["*"]).deny(right, ["x"]);
        let access = Config::read(&text, &[]).unwrap().access;
        assert_eq!(access, Some(Access::new().role("one", role)), "{right}");
    }
}

#[test]
fn all_faults_are_told_at_their_lines() {
    check_faults(
        "prot = 1\nhots = \"x\"",
        &[
            "1:1: `prot` is no key here; is `port` meant?",
            "2:1: `hots` is no key here; is `host` meant?",
        ],
    );
    check_faults(
        "colour = \"red\"",
        &[
            "1:1: `colour` is no key here, only `host`, `port`, `heartbeat`, `insecure`, `allow`, `everyone`, `roles`, `grants` and `quotas`",
        ],
    );
    check_faults(
        "[roles.a]\ncal = [\"x\"]\nprovide = \"x\"\ncall = [1, \"x\", true]\ndeny.observ = []",
        &[
            "2:1: `cal` is no key here; is `call` meant?",
            "3:11: a list of texts is expected, as [\"shop.*\", \"price\"]",
            "4:9: a list of texts is expected, as [\"shop.*\", \"price\"]",
            "4:17: a list of texts is expected, as [\"shop.*\", \"price\"]",
            "5:6: `observ` is no key here; is `observe` meant?",
        ],
    );
    check_faults(
        "everyone = [\"nobody\"]\n[grants.ann]\nroles = [\"custmer\"]\nrole = []\n[roles.customer]\ncall = [\"\"]",
        &[
            "1:13: everyone is given the role `nobody`, and there is no such role",
            "3:10: the identity `ann` is given the role `custmer`, and there is no such role",
            "4:1: `role` is no key here; is `roles` meant?",
            "6:9: the pattern \"\" stands for no name: a pattern has 1 to 255 bytes, and `*` in it stands for any characters",
        ],
    );
    check_faults(
        "roles = 1",
        &["1:9: here is a table expected of roles, as `[roles.worker]`"],
    );
    check_faults(
        "port = 2024-01-01",
        &["1:8: `port` is set to a text, a number, true or false, or a list of these"],
    );
}

#[test]
fn what_is_no_toml_is_told_with_all_else() {
    let faults = Config::read("prot = 1\nhost = \n[roles.é\nx", &OPTIONS).expect_err("it is at fault");
    let lines: Vec<_> = faults.iter().map(|fault| fault.place.line).collect();
    assert!(
        lines.contains(&1) && lines.contains(&2) && lines.contains(&3),
        "{faults:?}"
    );
    assert!(
        faults.iter().all(|fault| !fault.message.contains('\n')),
        "{faults:?}"
    );
}

proptest::proptest! {
    #[test]
    fn p11_no_text_is_too_much(text in "[a-z=\\[\\]\"'.\n {}#0-9\u{e9}-]{0,200}") {
        if let Err(faults) = Config::read(&text, &OPTIONS) {
            proptest::prop_assert!(!faults.is_empty());
        }
    }
}

#[test]
fn quotas_are_said_for_all_and_for_roles() {
    let text = "\
[quotas.connection]
calls = 1_000
bytes-per-second = 0x100
frame-bytes = \"1MiB\"

[quotas.identity]
connections = 16
calls-per-second = 5000

[roles.batch]
call = [\"jobs.*\"]
quotas.identity.calls-per-second = \"unlimited\"
quotas.identity.streams = 0
";
    let config = Config::read(text, &OPTIONS).unwrap();
    let quotas = Quotas::new()
        .connection(
            Quota::new()
                .calls(1000)
                .bytes_per_second(256)
                .frame_bytes(1 << 20),
        )
        .identity(Quota::new().connections(16).calls_per_second(5000));
    assert_eq!(config.quotas, quotas);
    let batch = Quotas::new().identity(Quota::new().calls_per_second(Quota::UNLIMITED).streams(0));
    let access = Access::new().role("batch", Role::new().allow(Right::Call, ["jobs.*"]).quotas(batch));
    assert_eq!(config.access, Some(access));
    let config = Config::read("quotas.connection.calls = 1", &OPTIONS).unwrap();
    assert_eq!(config.access, None, "everybody may do everything");
    check_faults(
        "quotas.identity.frame-bytes = 65_535",
        &["1:31: at least 64 KiB is expected, as \"1MiB\""],
    );
}

#[test]
fn addresses_have_one_quota_and_roles_say_nothing_of_them() {
    let text = "quotas.address.connections-per-second = 20\nquotas.identity.connections-per-second = 5";
    let quotas = Quotas::new()
        .address(Quota::new().connections_per_second(20))
        .identity(Quota::new().connections_per_second(5));
    assert_eq!(Config::read(text, &[]).unwrap().quotas, quotas);
    check_faults(
        "quotas.address.calls = 1\nquotas.connection.connections-per-second = 1\n[roles.a]\nquotas.address.connections-per-second = 1",
        &[
            "1:16: `calls` is no key here, only `connections-per-second`",
            "2:19: `connections-per-second` is no key here, only `calls`, `streams`, `callbacks`, `calls-per-second`, `bytes-per-second` and `frame-bytes`",
            "4:8: `address` is no key here, only `connection` and `identity`",
        ],
    );
}

#[test]
fn a_quota_of_bytes_may_have_a_unit_and_others_not() {
    let text =
        "quotas.connection.bytes-per-second = \"50MB\"\nquotas.identity.bytes-per-second = \"unlimited\"";
    let quotas = Quotas::new()
        .connection(Quota::new().bytes_per_second(50_000_000))
        .identity(Quota::new().bytes_per_second(Quota::UNLIMITED));
    assert_eq!(Config::read(text, &[]).unwrap().quotas, quotas);
    check_faults(
        "quotas.connection.bytes-per-second = \"50M\"\nquotas.connection.calls = \"50MB\"",
        &[
            "1:38: a number is expected, 0 or more, one with a unit, as \"50MB\", or \"unlimited\"",
            "2:27: a number is expected, 0 or more, or \"unlimited\"",
        ],
    );
}

#[test]
fn what_is_said_twice_is_told_where_it_is_said_again() {
    check_faults(
        "port = 1\n[quotas.identity]\ncalls = 5\ncalls = 6\n[quotas.identity]\nstreams = 1\n[roles.a]\n[roles.a]",
        &[
            "4:1: `calls` is said twice here: say it once, and put all that belongs to it there",
            "5:9: `identity` is said twice here: say it once, and put all that belongs to it there",
            "8:8: `a` is said twice here: say it once, and put all that belongs to it there",
        ],
    );
}

#[test]
fn what_is_wrong_with_quotas_is_told_at_its_place() {
    check_faults(
        "\
[quotas.connection]
call = 1
connections = 1
streams = -1
callbacks = \"many\"

[quotas.identities]
calls = 1

[roles.a]
quota.identity.calls = 1
quotas.identity = 5
",
        &[
            "2:1: `call` is no key here; is `calls` meant?",
            "3:1: `connections` is no key here, only `calls`, `streams`, `callbacks`, `calls-per-second`, `bytes-per-second` and `frame-bytes`",
            "4:11: a number is expected, 0 or more, or \"unlimited\"",
            "5:13: a number is expected, 0 or more, or \"unlimited\"",
            "7:9: `identities` is no key here, only `connection`, `identity` and `address`",
            "11:1: `quota` is no key here; is `quotas` meant?",
            "12:19: here is a table expected of numbers, as `calls = 100`",
        ],
    );
    check_faults(
        "quotas.connection.calls = 99999999999999999999",
        &["1:27: at most 18446744073709551615 is expected, or \"unlimited\""],
    );
    check_faults(
        "quotas = 1\nquotes.connection.calls = 1",
        &[
            "1:10: here is a table expected of quotas, as `connection.calls = 100`",
            "2:1: `quotes` is no key here; is `quotas` meant?",
        ],
    );
}
