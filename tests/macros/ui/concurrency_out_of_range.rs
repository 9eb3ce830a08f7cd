use daffi::callback;

#[callback(concurrency = 0)]
fn none() {}

#[callback(concurrency = 4294967296)]
fn too_many() {}

#[callback(concurrency_per_caller = 0)]
fn none_of_one() {}

#[callback(concurrency_per_caller = "1")]
fn no_number() {}

fn main() {}
