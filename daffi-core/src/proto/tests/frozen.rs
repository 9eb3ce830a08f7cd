//! The frames of each version of the protocol, as they were when its bytes were frozen.

use std::collections::BTreeMap;

use super::golden::all;
use super::*;

/// What programs out there send, and expect. It is never changed.
const VERSION_1: &str = include_str!("version-1.txt");

/// version.frozen
#[test]
fn the_frames_of_version_1_are_what_they_were() {
    let golden: BTreeMap<_, _> = all()
        .into_iter()
        .map(|golden| (golden.name, golden.bytes))
        .collect();
    let mut frozen = BTreeMap::new();
    for line in VERSION_1.lines().filter(|line| !line.starts_with('#')) {
        let (bytes, name) = line.split_once(" | ").expect("each line is a frame");
        assert_eq!(golden.get(name), Some(&bytes), "{name}");
        frozen.insert(name, bytes);
    }
    // What came after it came with another version.
    if VERSION == 1 {
        assert_eq!(frozen, golden);
    }
}
