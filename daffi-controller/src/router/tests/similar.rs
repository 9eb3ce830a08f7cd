//! Names that nobody offers, and those that may be meant.

use daffi_core::{Access, Right, Role};

use super::*;

/// What a caller is told of a name, in each way to ask for it.
#[track_caller]
fn check(f: &mut Fixture, caller: PeerId, name: &str, expected: &Absence) {
    let expected = Failed::NoProvider(expected.clone());
    for mode in [Mode::Answered, Mode::HandedOver, Mode::Each, Mode::Broadcast] {
        let refusal = f.refused(
            caller,
            CallHeader {
                mode,
                ..call(0, name)
            },
        );
        assert_eq!(refusal, expected, "{name} {mode:?}");
    }
    f.ask(caller, 0, Query::Describe(name));
    assert_eq!(f.said(), [(caller, failure(0, expected))]);
}

/// call.similar
#[test]
fn of_a_name_that_nobody_offers_it_is_told_which_one_may_be_meant() {
    let mut f = Fixture::new();
    f.join("one", &["orders.place", "orders.cancel", "kitchen.plate"]);
    let caller = f.join("caller", &[]);
    let unready = f.connect("unready");
    f.offer(unready, &[offered(0, "hidden")], false);
    check(&mut f, caller, "orders.palce", &Absence::misspelt("orders.place"));
    check(&mut f, caller, "place", &Absence::misspelt("orders.place"));
    check(
        &mut f,
        caller,
        "Orders.Cancel",
        &Absence::misspelt("orders.cancel"),
    );
    check(&mut f, caller, "refund", &Absence::nobody());
    // Of what is not offered yet, nobody is told.
    check(&mut f, caller, "hiden", &Absence::nobody());
    check(&mut f, caller, "hidden", &Absence::nobody());
}

/// call.similar: by a name that only the caller offers it could call nobody.
#[test]
fn what_a_caller_alone_offers_is_not_what_it_may_mean() {
    let mut f = Fixture::new();
    let caller = f.join("caller", &["orders.place", "kitchen.plate"]);
    check(&mut f, caller, "orders.palce", &Absence::nobody());
    let other = f.join("other", &["orders.palace"]);
    check(
        &mut f,
        caller,
        "orders.palce",
        &Absence::misspelt("orders.palace"),
    );
    check(&mut f, other, "orders.palce", &Absence::misspelt("orders.place"));
    f.join("third", &["orders.place"]);
    check(&mut f, caller, "orders.plcae", &Absence::misspelt("orders.place"));
}

/// call.similar
#[test]
fn who_may_not_know_all_that_is_offered_is_not_told_what_may_be_meant() {
    let told = Absence::misspelt("place");
    for (role, expected) in [
        (Role::new().allow(Right::Observe, ["place"]), Absence::nobody()),
        (
            Role::new()
                .allow(Right::Observe, ["*"])
                .deny(Right::Observe, ["place"]),
            Absence::nobody(),
        ),
        (Role::new().allow(Right::Observe, ["*"]), told),
    ] {
        let mut f = Fixture::new();
        f.join("one", &["place"]);
        let caller = f.join("caller", &[]);
        let role = role
            .allow(Right::Call, ["*"])
            .allow(Right::Broadcast, ["*"])
            .allow(Right::Stream, ["*"]);
        let access = Access::new().role("tester", role).everyone(["tester"]);
        f.router
            .permit(caller, Some(Policy::new(&access).unwrap().rights(None)));
        check(&mut f, caller, "palce", &expected);
    }
}
