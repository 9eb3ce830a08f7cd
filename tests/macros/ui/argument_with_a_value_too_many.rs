use daffi::callback;

#[callback(inline = true)]
fn inline() {}

fn main() {}
