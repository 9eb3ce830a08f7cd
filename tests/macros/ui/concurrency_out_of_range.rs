use daffi::callback;

#[callback(concurrency = 0)]
fn none() {}

#[callback(concurrency = 4294967296)]
fn too_many() {}

fn main() {}
