use std::fmt::Display;

use daffi::{callback, fetcher};

#[callback]
fn show(_value: &dyn Display) {}

#[fetcher]
async fn show_there(value: &dyn Display);

fn main() {}
