//! The farm as processes: workers that come, go and are killed, and a coordinator that is told to end in the middle.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "the other examples use all of it")]
#[path = "../../tests/programs/program.rs"]
mod program;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use program::{Program, Scene};
use rustix::process::Signal;
use thumbnail_farm::Picture;

/// As many points as the coordinator's thumbnails have at most.
const SIDE: u32 = 16;

/// Longer than any test runs.
const FOR_EVER: &str = "3600000";

fn coordinator(scene: &Scene) -> Program {
    let (pictures, thumbnails) = (scene.folder("pictures"), scene.folder("thumbnails"));
    scene.start(env!("CARGO_BIN_EXE_farm_coordinator"), &[&pictures, &thumbnails])
}

fn worker(scene: &Scene, arguments: &[&str]) -> Program {
    scene.start(env!("CARGO_BIN_EXE_farm_worker"), arguments)
}

fn paint(scene: &Scene, numbers: impl Iterator<Item = u32>) -> BTreeMap<String, Picture> {
    let folder = scene.folder("pictures");
    fs::create_dir_all(&folder).unwrap();
    numbers
        .map(|number| {
            let name = format!("{number:04}.ppm");
            // The first ones are larger than what is sent in one piece.
            let width = if number < 4 { 400 } else { 20 + number };
            let picture = Picture::painted(number, width, 150);
            fs::write(Path::new(&folder).join(&name), picture.encode()).unwrap();
            (name, picture)
        })
        .collect()
}

/// Each picture has its thumbnail, and there is nothing else.
fn check_thumbnails<'a>(scene: &Scene, of: impl Iterator<Item = (&'a String, &'a Picture)>) {
    let folder = scene.folder("thumbnails");
    let made: BTreeMap<_, _> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, Picture::decode(&fs::read(path).unwrap()))
        })
        .collect();
    let expected: BTreeMap<_, _> = of
        .map(|(name, picture)| (name.clone(), Ok(picture.thumbnail(SIDE).unwrap())))
        .collect();
    assert!(
        made == expected,
        "made: {:?}\nexpected: {:?}",
        made.keys(),
        expected.keys()
    );
}

/// Who has made what, as the coordinator tells it.
fn makers(told: &str) -> BTreeMap<&str, &str> {
    let lines = told.lines().filter_map(|line| {
        let (name, rest) = line.split_once(": ")?;
        Some((name, rest.split_once("made by ")?.1))
    });
    let mut makers = BTreeMap::new();
    for (name, maker) in lines {
        assert_eq!(makers.insert(name, maker), None, "{name} is there twice:\n{told}");
    }
    makers
}

/// What a worker has begun, as soon as it is so much at least.
fn begun(worker: &Program, at_least: usize) -> Vec<String> {
    let begun = |printed: &str| -> Vec<String> {
        let lines = printed.lines().filter_map(|line| line.split_once(" begins "));
        lines.map(|(_, name)| name.to_owned()).collect()
    };
    let what = format!("the beginning of {at_least} pictures");
    begun(&worker.wait_for_printed(&what, |printed| begun(printed).len() >= at_least))
}

#[test]
fn no_picture_is_lost_with_a_worker_that_is_killed_nor_with_a_coordinator_that_is_told_to_end() {
    let scene = Scene::new();
    let pictures = paint(&scene, 1..=30);
    let first = coordinator(&scene);
    first.wait_for("30 thumbnails are to be made");
    // The only one, and it takes two of those that are sent.
    let cat = worker(&scene, &["cat", FOR_EVER]);
    first.wait_for("cat is here");
    let lost = begun(&cat, 2);
    first.wait_for("0016.ppm is on its way");
    first.signal(Signal::TERM);
    first.wait_for("told to end: 16 pictures are on their way, and are finished");

    // Others can still come and make what was sent, and what the first has begun.
    let ann = worker(&scene, &["ann"]);
    begun(&ann, 1);
    let bob = worker(&scene, &["bob"]);
    cat.signal(Signal::KILL);
    let (told, _) = first.finish();
    let made = makers(&told);
    let sent: Vec<&str> = pictures.keys().take(16).map(String::as_str).collect();
    assert!(made.keys().eq(sent.iter()), "{told}");
    assert!(
        made.values().all(|maker| ["ann", "bob"].contains(maker)),
        "{told}"
    );
    assert!(
        told.contains("cat is lost: others make again what it had begun\n"),
        "{told}"
    );
    check_thumbnails(&scene, pictures.iter().take(16));

    // The workers have waited for it.
    let again = coordinator(&scene);
    let (told, _) = again.finish();
    assert!(told.contains("14 thumbnails are to be made\n"), "{told}");
    let made = makers(&told);
    let rest: Vec<&str> = pictures.keys().skip(16).map(String::as_str).collect();
    assert!(made.keys().eq(rest.iter()), "{told}");
    check_thumbnails(&scene, pictures.iter());

    // None was made twice but for those that were lost with the first.
    let mut all_begun = [begun(&ann, 0), begun(&bob, 0)].concat();
    all_begun.sort_unstable();
    assert!(all_begun.iter().eq(pictures.keys()), "{all_begun:?}");
    assert!(
        lost.len() == 2 && lost.iter().all(|name| all_begun.contains(name)),
        "{lost:?}"
    );
    ann.stop();
    bob.stop();
}

#[test]
fn what_is_no_picture_or_has_no_thumbnail_is_told_and_the_others_are_made() {
    let scene = Scene::new();
    let pictures = paint(&scene, 5..=8);
    let folder = scene.folder("pictures");
    fs::write(Path::new(&folder).join("a text.ppm"), "It snows.").unwrap();
    fs::write(Path::new(&folder).join("empty.ppm"), "P6 0 0 255\n").unwrap();
    fs::write(
        Path::new(&folder).join("notes.txt"),
        "no picture, and not named as one",
    )
    .unwrap();
    let ann = worker(&scene, &["ann"]);
    let (told, log) = coordinator(&scene).finish();
    assert!(told.contains("6 thumbnails are to be made\n"), "{told}{log}");
    assert!(told.contains("a text.ppm: not a binary PPM file"), "{told}");
    assert!(told.contains("empty.ppm: the picture has no points\n"), "{told}");
    assert!(told.contains("ann has made 4 thumbnails, of "), "{told}");
    assert!(told.ends_with("the coordinator has ended\n"), "{told}");
    check_thumbnails(&scene, pictures.iter());
    ann.stop();
}

#[test]
fn one_command_runs_it_all() {
    let scene = Scene::new();
    let (told, log) = scene.start(env!("CARGO_BIN_EXE_farm"), &[]).finish();
    for words in [
        "cat begins 000",
        "cat is lost: others make again what it had begun\n",
        "0001.ppm: 16 x 12 points, made by ",
        "pictures are on their way, and are finished\n",
        "ann has made ",
        "farm: all 60 thumbnails are as they should be\n",
    ] {
        assert!(told.contains(words), "{words:?} is missing in:\n{told}{log}");
    }
    makers(&told.replace("    ", ""));
}
