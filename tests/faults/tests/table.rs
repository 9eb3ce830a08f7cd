//! The words of the table in `docs/reliability.md` are those that processes say.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::Command;

/// The rows of a table, without how long things took, as that differs.
fn words(text: &str) -> Vec<String> {
    let mut rows = Vec::new();
    for line in text.lines().filter(|line| line.starts_with("| ")) {
        let mut words = String::new();
        for (number, part) in line.split(" (").enumerate() {
            words += match (number, part.split_once(')')) {
                (0, _) | (_, None) => part,
                (_, Some((_, rest))) => rest,
            };
        }
        rows.push(words);
    }
    rows
}

#[test]
fn what_each_side_is_told_is_what_the_table_says() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reliability.md");
    let page = std::fs::read_to_string(page).unwrap();
    let program = Command::new(env!("CARGO_BIN_EXE_faults"))
        .arg("--quick")
        .output()
        .unwrap();
    assert!(
        program.status.success(),
        "{}",
        String::from_utf8_lossy(&program.stderr)
    );
    let seen = String::from_utf8(program.stdout).unwrap();
    assert!(seen.lines().count() > 20, "{seen}");
    for (told, seen) in words(&page).iter().zip(words(&seen)) {
        assert_eq!(*told, seen);
    }
    assert_eq!(words(&page).len(), words(&seen).len());
}

#[test]
fn how_long_something_took_is_left_out() {
    let rows = words("| one | a (at once), b (2 s); c | d (1 s) |\n|---|\nwords\n");
    assert_eq!(rows, ["| one | a, b; c | d |"]);
}
