//! The log of a program that has no subscriber of its own.

use std::io::{IsTerminal as _, stderr};

use tracing_subscriber::filter::{EnvFilter, LevelFilter};

/// Shows what daffi and the program say through `tracing` on the standard error output, in colour if that is a terminal.
///
/// Without a subscriber nobody hears of what happens: that a node connects, that a callback panics, that a connection is lost. This is one in
/// a line, for programs that have none. The variable `RUST_LOG` says what is shown, as `warn` or `daffi_core=debug,info`; from `info` on,
/// unless it is set. Where the program has a subscriber already, nothing changes.
///
/// Only with the feature `logging` of `daffi`.
///
/// ```
/// daffi::init_logging();
/// ```
pub fn init_logging() {
    let filter = EnvFilter::builder()
        .with_default_directive(LevelFilter::INFO.into())
        .from_env_lossy();
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(stderr)
        .with_ansi(stderr().is_terminal());
    // It fails where there is one, which is meant to stay.
    let _ = subscriber.try_init();
}
