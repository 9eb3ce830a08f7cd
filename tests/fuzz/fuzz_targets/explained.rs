//! Bytes as a value that says itself what it is.

#![no_main]

use std::sync::OnceLock;

use daffi_fuzz_targets::{Target, target};
use libfuzzer_sys::fuzz_target;

static TARGET: OnceLock<Target> = OnceLock::new();

fuzz_target!(|bytes: &[u8]| {
    (TARGET.get_or_init(|| target("explained")).run)(bytes);
});
