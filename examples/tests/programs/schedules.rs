//! A pair of programs for each way to have the controller call.

use crate::program::Scene;

#[test]
fn a_bell_is_rung_every_so_often() {
    let scene = Scene::new();
    let tower = scene.start(env!("CARGO_BIN_EXE_tower"), &[]);
    let sexton = scene.start(env!("CARGO_BIN_EXE_sexton"), &[]);
    assert_eq!(sexton.finish().0, "The bell was rung 3 times.\n");
    assert_eq!(tower.stop(), "ding dong\n".repeat(3));
}

#[test]
fn a_rocket_is_launched_at_certain_times() {
    let scene = Scene::new();
    let launch_pad = scene.start(env!("CARGO_BIN_EXE_launch_pad"), &[]);
    let mission_control = scene.start(env!("CARGO_BIN_EXE_mission_control"), &[]);
    let expected = "\
T + 0ns
T + 100ms
T + 200ms
3 stages, all done: true
";
    assert_eq!(mission_control.finish().0, expected);
    assert_eq!(launch_pad.stop(), "stage 1 burns\nstage 2 burns\nstage 3 burns\n");
}

#[test]
fn a_newspaper_is_printed_each_night() {
    let scene = Scene::new();
    let press = scene.start(env!("CARGO_BIN_EXE_press"), &[]);
    for _ in 0..2 {
        let editor = scene.start(env!("CARGO_BIN_EXE_editor"), &[]);
        let expected = "\
nightly edition: cron 0 3 * * * Europe/Kyiv
asked for: true
";
        assert_eq!(editor.finish().0, expected);
    }
    assert_eq!(press.stop(), "*** The Daily Daffodil ***\n".repeat(2));
}

#[test]
fn a_letter_is_delivered_later_though_its_writer_has_left_and_the_office_was_closed() {
    let scene = Scene::new();
    let letters = scene.folder("letters");
    let office = scene.start(env!("CARGO_BIN_EXE_post_office"), &[&letters]);
    office.wait_until_running();
    let writer = scene.start(env!("CARGO_BIN_EXE_letter_writer"), &[]);
    assert_eq!(writer.finish().0, "sent, and taken back\n");
    let before = office.stop();
    let office = scene.start(env!("CARGO_BIN_EXE_post_office"), &[&letters]);
    if before.is_empty() {
        office.wait_for("Dear Ann, come to tea");
    }
    assert_eq!(before + &office.stop(), "Dear Ann, come to tea\n");
}

#[test]
fn roses_are_watered_until_it_rains() {
    let scene = Scene::new();
    let garden = scene.start(env!("CARGO_BIN_EXE_garden"), &[]);
    let gardener = scene.start(env!("CARGO_BIN_EXE_gardener"), &[]);
    assert_eq!(gardener.finish().0, "the roses have water\nit rains\n");
    let watered = garden.stop();
    assert!(watered.starts_with("water for the roses\n"), "{watered}");
}
