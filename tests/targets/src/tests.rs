//! Each target takes what is kept of former runs, its seeds, and what comes of changing both.

use std::fs;
use std::path::Path;

use proptest::prelude::*;

use super::*;

/// What is kept of former runs of the fuzzers.
fn corpus(target: &Target) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fuzz/corpus")
        .join(target.name);
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("something is kept for each target")
        .map(|entry| entry.expect("it can be read").path())
        .collect();
    files.sort();
    let read = |path| fs::read(path).expect("it can be read");
    files.into_iter().map(read).collect()
}

/// A change of some bytes. Places are where they fall, whatever the length.
#[derive(Clone, Debug)]
enum Change {
    Set(usize, u8),
    Flip(usize, u8),
    Insert(usize, Vec<u8>),
    Remove(usize, usize),
    /// Some of it comes again.
    Repeat(usize, usize, usize),
    /// From here on it is another one.
    Splice(usize, usize, usize),
}

fn change() -> impl Strategy<Value = Change> {
    let place = any::<usize>;
    // Numbers on the wire that mean more than one byte begin so.
    let byte = || prop_oneof![any::<u8>(), 0..8u8, 250..=255u8];
    let some = prop::collection::vec(byte(), 1..9);
    prop_oneof![
        4 => (place(), byte()).prop_map(|(place, byte)| Change::Set(place, byte)),
        2 => (place(), 0..8u8).prop_map(|(place, bit)| Change::Flip(place, bit)),
        2 => (place(), some).prop_map(|(place, bytes)| Change::Insert(place, bytes)),
        1 => (place(), 1..9usize).prop_map(|(place, length)| Change::Remove(place, length)),
        1 => (place(), 1..300usize, 1..4usize).prop_map(|(place, length, times)| Change::Repeat(place, length, times)),
        2 => (place(), place(), place()).prop_map(|(place, other, from)| Change::Splice(place, other, from)),
    ]
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>, all: &[Vec<u8>]) {
        let length = bytes.len();
        let at = |place: &usize| place % (length + 1);
        match self {
            Self::Set(place, byte) => {
                if let Some(found) = bytes.get_mut(at(place)) {
                    *found = *byte;
                }
            }
            Self::Flip(place, bit) => {
                if let Some(found) = bytes.get_mut(at(place)) {
                    *found ^= 1 << bit;
                }
            }
            Self::Insert(place, some) => drop(bytes.splice(at(place)..at(place), some.iter().copied())),
            Self::Remove(place, count) => drop(bytes.drain(at(place)..length.min(at(place) + count))),
            Self::Repeat(place, count, times) => {
                let some = bytes[at(place)..length.min(at(place) + count)].repeat(*times);
                bytes.splice(at(place)..at(place), some);
            }
            Self::Splice(place, other, from) => {
                let other = &all[other % all.len()];
                bytes.truncate(at(place));
                bytes.extend(&other[from % (other.len() + 1)..]);
            }
        }
    }
}

/// Takes `cases` changed inputs, beside those that are there.
fn check(name: &str, cases: u32) {
    let target = target(name);
    let all = [corpus(&target), (target.seeds)()].concat();
    all.iter().for_each(|bytes| (target.run)(bytes));
    let config = ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(cases)
    };
    let changes = prop::collection::vec(change(), 1..6);
    proptest!(config, |(first in any::<prop::sample::Index>(), changes in changes)| {
        let mut bytes = first.get(&all).clone();
        changes.iter().for_each(|change| change.apply(&mut bytes, &all));
        (target.run)(&bytes);
    });
}

#[test]
fn configuration() {
    check("configuration", 500);
}

#[test]
fn described_read() {
    check("described_read", 20_000);
}

#[test]
fn described_write() {
    check("described_write", 20_000);
}

#[test]
fn explained() {
    check("explained", 20_000);
}

#[test]
fn frame() {
    check("frame", 20_000);
}

#[test]
fn handshake() {
    check("handshake", 2_000);
}

#[test]
fn payload() {
    check("payload", 5_000);
}

#[test]
fn router() {
    check("router", 2_000);
}

#[test]
fn session() {
    check("session", 5_000);
}

#[test]
fn split() {
    check("split", 300);
}

#[test]
fn tls() {
    check("tls", 150);
}

#[test]
fn all_targets_are_tested_and_can_be_fuzzed() {
    for target in TARGETS {
        let fuzzed =
            Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../fuzz/fuzz_targets/{}.rs", target.name));
        assert!(fuzzed.is_file(), "{}", fuzzed.display());
        let tested = include_str!("tests.rs").contains(&format!("check(\"{}\"", target.name));
        assert!(tested, "{}", target.name);
    }
}
