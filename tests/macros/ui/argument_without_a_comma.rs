use daffi::{callback, fetcher};

#[callback(alias = "a" timeout = "3s")]
fn after_a_value() {}

#[callback(inline alias = "b")]
fn after_a_flag() {}

#[fetcher(to = "shop"; timeout = "3s")]
async fn a_semicolon();

fn main() {}
