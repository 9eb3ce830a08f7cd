//! Every program of this package, run as a process of its own, and what it prints.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod features;
mod program;
mod schedules;
mod streams;

use program::{Program, Scene};

const SHOPPED: &str = "\
The list is empty at first:
[]
An orange was added:
[\"orange\"]
Milk was added:
[\"orange\", \"milk\"]
All items were removed:
[]
";

#[test]
fn shopping_starts_both_processes_and_shows_what_the_shopper_prints() {
    let scene = Scene::new();
    let shopping = scene.start(env!("CARGO_BIN_EXE_shopping"), &[]);
    let (printed, log) = shopping.finish();
    assert_eq!(printed, SHOPPED, "{log}");
    for said in [
        "controller started",
        "node started",
        "node connected",
        "node stopped",
    ] {
        assert!(log.contains(said), "{said:?} is missing in:\n{log}");
    }
}

#[test]
fn a_program_is_as_talkative_as_it_is_told() {
    let log = |filter| {
        let scene = Scene::new();
        let shopping = scene.start_logging(env!("CARGO_BIN_EXE_shopping"), &[], filter);
        let (printed, log) = shopping.finish();
        assert_eq!(printed, SHOPPED, "{log}");
        log
    };
    let by_itself = log("");
    assert!(
        by_itself.contains("INFO") && by_itself.contains("node started"),
        "{by_itself}"
    );
    assert!(!by_itself.contains("DEBUG"), "{by_itself}");
    assert_eq!(log("warn"), "");
}

#[test]
fn shopping_by_methods() {
    check_shopping(
        env!("CARGO_BIN_EXE_shopping_service"),
        env!("CARGO_BIN_EXE_shopper"),
    );
}

#[test]
fn shopping_by_functions() {
    check_shopping(
        env!("CARGO_BIN_EXE_functions_service"),
        env!("CARGO_BIN_EXE_functions_shopper"),
    );
}

#[test]
fn shopping_by_a_shared_trait() {
    check_shopping(
        env!("CARGO_BIN_EXE_trait_service"),
        env!("CARGO_BIN_EXE_trait_shopper"),
    );
}

/// The service may come second: the shopper looks for the controller, then waits for the service.
fn check_shopping(service: &str, shopper: &str) {
    let scene = Scene::new();
    let shopper = scene.start(shopper, &[]);
    let service = scene.start(service, &[]);
    assert_eq!(shopper.finish().0, SHOPPED);
    assert_eq!(service.stop(), "");
}

#[test]
fn a_calculator() {
    let scene = Scene::new();
    let service = scene.start(env!("CARGO_BIN_EXE_calculator_service"), &[]);
    let client = scene.start(env!("CARGO_BIN_EXE_calculator_client"), &[]);
    let expected = "\
1 + 2 = 3
doubled: 6
scaled by 10: 30
7 / 2 = 3
7 / 0: 7 cannot be divided by 0
by its name, fibonacci(20) = 6765
";
    assert_eq!(client.finish().0, expected);
    assert_eq!(service.stop(), "");
}

#[test]
fn two_services_call_each_other_whichever_starts_first() {
    let programs = [env!("CARGO_BIN_EXE_kitchen"), env!("CARGO_BIN_EXE_waiter")];
    for [first, second] in [programs, [programs[1], programs[0]]] {
        let scene = Scene::new();
        let mut running = [scene.start(first, &[]), scene.start(second, &[])];
        running.sort_by_key(|program| program.name().to_owned());
        let [kitchen, waiter] = running;
        waiter.wait_for("soup is on the table");
        kitchen.wait_for("cooking soup");
        // It looks for the waiter before that.
        kitchen.wait_until_running();
        assert_eq!(
            waiter.stop(),
            "the kitchen says: soup is ready\nsoup is on the table\n"
        );
        assert_eq!(kitchen.stop(), "cooking soup\n");
    }
}

#[test]
fn three_processes_around_a_controller_over_a_unix_socket() {
    let scene = Scene::new();
    let folder = scene.folder("weather");
    let controller = scene.start(
        &program::controller(env!("CARGO_BIN_EXE_shopping")),
        &["--unix-sock-path", &folder],
    );
    check_weather(&scene, controller, &folder);
}

#[test]
fn three_processes_around_a_controller_over_tcp() {
    let scene = Scene::new();
    let controller = scene.start(
        &program::controller(env!("CARGO_BIN_EXE_shopping")),
        &["--host", "127.0.0.1", "--port", "0"],
    );
    let port = controller.logged("tcp://127.0.0.1:");
    check_weather(&scene, controller, &format!("127.0.0.1:{port}"));
}

fn check_weather(scene: &Scene, controller: Program, address: &str) {
    let station = scene.start(env!("CARGO_BIN_EXE_weather_station"), &[address]);
    let report = scene.start(env!("CARGO_BIN_EXE_weather_report"), &[address]);
    assert_eq!(
        report.finish().0,
        "Oslo: -3.5 °C\nLisbon: 17 °C\nAtlantis: no measurement\n"
    );
    assert_eq!(station.stop(), "");
    assert_eq!(controller.stop(), "");
}

#[test]
fn programs_are_short() {
    let sources = concat!(env!("CARGO_MANIFEST_DIR"), "/src/bin");
    for entry in std::fs::read_dir(sources).unwrap() {
        let path = entry.unwrap().path();
        let lines = std::fs::read_to_string(&path).unwrap().lines().count();
        assert!(lines < 60, "{} has {lines} lines", path.display());
    }
}
