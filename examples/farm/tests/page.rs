//! The page of the farm, in a browser and asked for by hand, with workers that are killed.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "browser/mod.rs"]
mod browser;
#[allow(dead_code, reason = "the other examples use all of it")]
#[path = "../../tests/programs/program.rs"]
mod program;

use std::fs;
use std::io::BufRead as _;
use std::path::{Path, PathBuf};

use browser::{Browser, http};
use image::ImageFormat;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use program::{Program, Scene};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, test_kill_process};
use serde_json::Value;
use thumbnail_farm::{Picture, develop};

/// Longer than any test runs.
const FOR_EVER: &str = "3600000";

/// The page, and where it is.
fn page(scene: &Scene, workers: &str, paces: &str) -> (Program, String) {
    let arguments = ["--port", "0", "--workers", workers, "--paces", paces];
    let page = scene.start(env!("CARGO_BIN_EXE_farm_page"), &arguments);
    let is_there = |printed: &str| printed.contains("farm: open http://") && printed.ends_with('\n');
    let printed = page.wait_for_printed("where it is", is_there);
    let address = printed.trim().strip_prefix("farm: open http://").unwrap();
    (page, address.to_owned())
}

/// Told to end, it ends, and neither a process of those `pids` nor a file of it is left.
fn ends_and_leaves_nothing(scene: &Scene, page: Program, pids: &[i32]) {
    page.signal(Signal::TERM);
    let (printed, log) = page.finish();
    assert!(
        printed.ends_with("farm: the page has ended, and all workers\n"),
        "{printed}{log}"
    );
    assert!(!pids.is_empty());
    for pid in pids {
        let alive = test_kill_process(Pid::from_raw(*pid).unwrap());
        assert_eq!(alive, Err(Errno::SRCH), "process {pid} is left");
    }
    let folder = scene.folder("");
    let left: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with(".tmp"))
        .collect();
    assert_eq!(left, Vec::<String>::new());
}

/// A picture as a file.
fn painted(folder: &Path, number: u32) -> PathBuf {
    let path = folder.join(format!("holiday {number}.png"));
    let file = develop::png(Picture::painted(number, 640, 480)).unwrap();
    fs::write(&path, file).unwrap();
    path
}

/// The same picture as a file that takes less room.
fn smaller(picture: &[u8]) -> Vec<u8> {
    let picture = image::load_from_memory_with_format(picture, ImageFormat::Png).unwrap();
    let mut file = Vec::new();
    let encoder = PngEncoder::new_with_quality(&mut file, CompressionType::Best, FilterType::Adaptive);
    picture.into_rgb8().write_with_encoder(encoder).unwrap();
    file
}

fn pids(board: &Value) -> Vec<i32> {
    let workers = board["workers"].as_array().unwrap();
    workers
        .iter()
        .map(|worker| worker["pid"].as_i64().unwrap().try_into().unwrap())
        .collect()
}

#[test]
fn people_see_each_thumbnail_arrive_though_a_worker_is_killed_in_the_middle() {
    let scene = Scene::new();
    let folder = PathBuf::from(scene.folder("files"));
    fs::create_dir_all(&folder).unwrap();
    let Some(browser) = Browser::start(&folder) else {
        println!("skipped: there is no Chromium (the packages chromium and chromium-driver of Debian)");
        return;
    };
    // The first and the fourth take an hour for each picture.
    let (page, address) = page(&scene, "3", &format!("{FOR_EVER},150,150,{FOR_EVER}"));
    browser.open(&format!("http://{address}/"), 1030, 880);
    let here = |number: usize| {
        format!("board && board.workers.filter(worker => worker.state === 'here').length === {number}")
    };
    browser.wait_for(&here(3));

    let files: Vec<_> = (1..=6).map(|number| painted(&folder, number)).collect();
    browser.choose("#files", &files);
    // It has begun two, and so much as others make meanwhile, it does not end.
    browser.wait_for(
        "document.querySelector('[aria-label=\"Kill ann\"]').closest('li').innerText.includes('holiday')",
    );
    browser.wait_for("document.querySelectorAll('#pictures .made').length === 4");
    assert_eq!(
        browser.value("document.querySelectorAll('#pictures .begun').length"),
        2
    );

    browser.click("[aria-label='Kill ann']");
    browser.wait_for("document.querySelectorAll('#pictures .made').length === 6");
    browser.wait_for("[...document.querySelectorAll('#pictures img')].filter(image => image.complete && image.naturalWidth === 320).length === 6");
    let again = "[...document.querySelectorAll('#pictures .lost')].filter(lost => lost.innerText === 'ann was killed at it').length";
    assert_eq!(browser.value(again), 2);
    let text = browser
        .value("document.body.innerText")
        .as_str()
        .unwrap()
        .to_owned();
    assert!(text.contains("6 of 6 pictures done, by 2 workers"), "{text}");
    assert!(text.contains("ann is gone: others make holiday "), "{text}");
    assert!(!text.contains("made by ann"), "{text}");

    // Others can come, and be killed as well.
    browser.click("#add");
    browser.wait_for(&here(3));
    browser.click("#samples");
    // However many of them the new one has begun.
    browser.wait_for(
        "board.pictures.length === 12 && board.pictures.every(picture => picture.state === 'made' || picture.by === 'dan')",
    );
    browser.wait_for("[...document.querySelectorAll('#pictures img')].every(image => image.complete)");
    browser.click("h1");
    let picture = smaller(&browser.screenshot());
    if let Some(file) = std::env::var_os("FARM_SCREENSHOT") {
        fs::write(file, &picture).unwrap();
    }
    let bytes = picture.len();
    assert!(bytes < 200_000, "{bytes}");
    browser.click("[aria-label='Kill dan']");
    browser.wait_for("document.querySelectorAll('#pictures .made').length === 12");

    // What is wrong with a file is said, and the others are made.
    browser.click("#clear");
    browser.wait_for("document.querySelectorAll('#pictures li').length === 0");
    let text = folder.join("notes.txt");
    fs::write(&text, "It snows.").unwrap();
    let large = folder.join("large.png");
    fs::write(&large, vec![0; (8 << 20) + 1]).unwrap();
    let damaged = folder.join("damaged.png");
    let whole = fs::read(&files[0]).unwrap();
    fs::write(&damaged, &whole[..whole.len() / 2]).unwrap();
    let bad = [text, large, damaged, files[0].clone()];
    browser.choose("#files", &bad);
    browser.wait_for("document.querySelectorAll('#pictures .made').length === 1");
    browser.wait_for("document.querySelectorAll('#pictures .failed').length === 1");
    browser.wait_for("document.querySelectorAll('#faults li').length === 2");
    let told = browser.value("at('faults').innerText + at('pictures').innerText");
    for words in [
        "notes.txt is not a picture that can be read: PNG and JPEG files are.",
        "large.png has 8.1 MiB, and 8 MiB are the limit: make it smaller.",
        "It is damaged: ",
    ] {
        assert!(
            told.as_str().unwrap().contains(words),
            "{words:?} is missing in {told}"
        );
    }
    let many: Vec<_> = (0..34).map(|_| files[1].clone()).collect();
    browser.choose("#files", &many);
    browser.wait_for("at('faults').innerText.includes('so 2 pictures of these were not taken')");
    browser.wait_for("document.querySelectorAll('#pictures .made').length === 33");

    let board = browser.value("board");
    drop(browser);
    ends_and_leaves_nothing(&scene, page, &pids(&board));
}

/// So many workers have been started, and all of them are there.
fn are_here(board: &Value, number: usize) -> bool {
    let workers = board["workers"].as_array().unwrap();
    workers.len() == number && workers.iter().all(|worker| worker["state"] == "here")
}

/// The next state of the board that is `enough`.
fn next(events: &mut impl std::io::BufRead, enough: impl Fn(&Value) -> bool) -> Value {
    for line in events.lines().map_while(Result::ok) {
        if let Some(board) = line.strip_prefix("data: ") {
            let board = serde_json::from_str(board).unwrap();
            if enough(&board) {
                return board;
            }
        }
    }
    panic!("the events end before that");
}

#[test]
fn what_cannot_be_done_is_refused_in_words_and_nothing_is_left_at_the_end() {
    let scene = Scene::new();
    let (page, address) = page(&scene, "1", FOR_EVER);
    let mut events = http::begin(&address, "GET", "/events", &[], b"");
    let ask = |method, path: &str, body: &[u8]| {
        let answer = http::ask(&address, method, path, &[], body);
        (answer.status, answer.text().to_owned())
    };
    let words = |words: &str| words.to_owned();
    let file = develop::png(Picture::painted(1, 40, 30)).unwrap();
    assert_eq!(
        ask("POST", "/pictures/my%20notes.txt", b"It snows."),
        (
            415,
            words("my notes.txt is not a picture that can be read: PNG and JPEG files are")
        )
    );
    let (status, said) = ask("POST", "/pictures/large.png", &vec![0; (8 << 20) + 1]);
    assert_eq!(
        (status, &*said),
        (413, "large.png has more than 8 MiB, which are the limit")
    );
    for _ in 0..32 {
        assert_eq!(ask("POST", "/pictures/sun.png", &file), (202, String::new()));
    }
    let (status, said) = ask("POST", "/pictures/sun.png", &file);
    assert_eq!(status, 429);
    assert!(
        said.starts_with("sun.png was not taken: 32 pictures are being made already"),
        "{said}"
    );
    assert_eq!(
        ask("DELETE", "/workers/zoe", b""),
        (404, words("zoe does not run"))
    );
    assert_eq!(ask("GET", "/thumbnails/1", b"").0, 404);
    for _ in 1..8 {
        assert_eq!(ask("POST", "/workers", b"").0, 202);
    }
    let (status, said) = ask("POST", "/workers", b"");
    assert_eq!(
        (status, &*said),
        (
            429,
            "8 workers run already, and no more are started: kill one first"
        )
    );

    // Pages of others have nothing done here, under whatever name.
    for head in [
        ("Origin", "http://elsewhere.example"),
        ("Origin", "null"),
        ("Host", "elsewhere.example"),
    ] {
        let refused = http::ask(&address, "DELETE", "/pictures", &[head], b"");
        assert_eq!(
            (refused.status, refused.text()),
            (403, "this page is for this machine alone")
        );
    }
    let own = format!("http://{address}");
    assert_eq!(
        http::ask(&address, "DELETE", "/pictures", &[("Origin", &own)], b"").status,
        204
    );

    let board = next(&mut events, |board| are_here(board, 8));
    assert_eq!(board["pictures"].as_array().unwrap().len(), 32);
    ends_and_leaves_nothing(&scene, page, &pids(&board));
}

#[test]
fn workers_end_with_a_page_that_is_killed() {
    let scene = Scene::new();
    let (page, address) = page(&scene, "2", FOR_EVER);
    let mut events = http::begin(&address, "GET", "/events", &[], b"");
    let board = next(&mut events, |board| are_here(board, 2));
    page.signal(Signal::KILL);
    drop(page);
    let gone =
        |pid: &i32| test_kill_process(Pid::from_raw(*pid).unwrap()) == Err(Errno::SRCH) || is_zombie(*pid);
    let begun = std::time::Instant::now();
    while !pids(&board).iter().all(gone) {
        assert!(begun.elapsed().as_secs() < 60, "they live on");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

/// Whether it has ended, and only waits for somebody to ask how.
fn is_zombie(pid: i32) -> bool {
    let state = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    state
        .rsplit(')')
        .next()
        .is_some_and(|rest| rest.trim_start().starts_with('Z'))
}
