//! A library with a callback, of which programs use nothing else.

use daffi::callback;

/// Answers.
#[callback(alias = "plug.ping", inline)]
fn ping() -> u32 {
    7
}
