//! Pairs of programs that send each other streams.

use crate::features::{start_each, stop_each};
use crate::program::Scene;

#[test]
fn numbers_are_counted() {
    let scene = Scene::new();
    let counter = scene.start(env!("CARGO_BIN_EXE_counter"), &[]);
    let numbers = scene.start(env!("CARGO_BIN_EXE_numbers"), &[]);
    let expected = "\
1000000 numbers with a sum of 499999500000
A square: 1
A square: 4
A square: 9
A quotient: Ok(7)
A quotient: Err(\"7 / 0\")
A quotient: Ok(2)
No quotients: by what?
";
    assert_eq!(counter.finish().0, expected);
    numbers.wait_for("enough squares");
    assert_eq!(numbers.stop(), "enough squares\n");
}

#[test]
fn numbers_are_uploaded_and_totals_come_back() {
    let scene = Scene::new();
    let uploader = scene.start(env!("CARGO_BIN_EXE_uploader"), &[]);
    let adder = scene.start(env!("CARGO_BIN_EXE_adder"), &[]);
    let expected = "\
Total: 4999950000
Total of the small ones: 6
The longest: Some(\"stream\")
Checked: 2
Checked: 1, and then: \"four\" is no number
Plus 10: 10
Plus 20: 30
Plus 30: 60
Is there more? false
";
    assert_eq!(uploader.finish().0, expected);
    assert_eq!(adder.stop(), "");
}

#[test]
fn two_talk_in_a_room() {
    let scene = Scene::new();
    let room = scene.start(env!("CARGO_BIN_EXE_chat_room"), &[]);
    let ann = scene.start(env!("CARGO_BIN_EXE_chatter"), &["ann"]);
    let bob = scene.start(env!("CARGO_BIN_EXE_chatter"), &["bob"]);
    assert_eq!(
        ann.finish().0,
        "bob: Hello, who is there?\nbob: Here, too.\nbob: Sleep well.\n"
    );
    assert_eq!(
        bob.finish().0,
        "ann: Good day.\nann: It snows.\nann: Good night.\n"
    );
    assert_eq!(room.stop(), "");
}

#[test]
fn three_cameras_are_watched() {
    let scene = Scene::new();
    let viewer = scene.start(env!("CARGO_BIN_EXE_viewer"), &[]);
    let cameras = start_each(
        &scene,
        env!("CARGO_BIN_EXE_camera"),
        &[&["door"], &["attic"], &["garden"]],
    );
    let expected = "\
door, 1:
........
#.......
........
attic, 1:
........
........
#.......
garden, 1:
#.......
........
........
door, 2:
........
.#......
........
attic, 2:
........
........
.#......
garden, 2:
.#......
........
........
door, 3:
........
..#.....
........
attic, 3:
........
........
..#.....
garden, 3:
..#.....
........
........
";
    assert_eq!(viewer.finish().0, expected);
    stop_each(cameras, &["", "", ""]);
}

#[test]
fn a_file_is_sent() {
    let scene = Scene::new();
    let folder = scene.folder("received");
    std::fs::create_dir(&folder).unwrap();
    let original = scene.folder("original");
    let content: Vec<u8> = (0..1_000_000_u32).flat_map(u32::to_le_bytes).collect();
    std::fs::write(&original, &content).unwrap();
    let sender = scene.start(env!("CARGO_BIN_EXE_sender"), &[&original]);
    let receiver = scene.start(env!("CARGO_BIN_EXE_receiver"), &[&folder]);
    let expected = "\
4000000 bytes are stored
Outside: \"../outside\" is no name of a file
";
    assert_eq!(sender.finish().0, expected);
    assert_eq!(receiver.stop(), "original: 4000000 bytes\n");
    let received = std::path::Path::new(&folder);
    assert!(std::fs::read(received.join("original")).unwrap() == content);
    let files = std::fs::read_dir(received).unwrap();
    assert_eq!(files.count(), 1);
}
