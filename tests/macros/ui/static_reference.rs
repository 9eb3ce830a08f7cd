use daffi::callback;

#[callback]
fn keep(_name: &'static str) {}

#[callback]
fn nested(_name: Option<&'static str>) {}

fn main() {}
