use daffi::callback;

#[callback(alias = "a", timeout = "3s", alias = "b")]
fn alias() {}

#[callback(inline, inline)]
fn inline() {}

fn main() {}
