//! What the programs in `src/bin` share.

use std::io::{IsTerminal as _, stderr};

pub mod address;
pub mod picture;
pub mod shopping;

/// Shows daffi's log on the error output, in colour if somebody looks.
pub fn log_to_stderr() {
    tracing_subscriber::fmt()
        .with_writer(stderr)
        .with_ansi(stderr().is_terminal())
        .init();
}
