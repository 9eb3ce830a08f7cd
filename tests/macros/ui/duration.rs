use daffi::{callback, fetcher};

#[callback(timeout = "")]
fn empty() {}

#[callback(timeout = "soon")]
fn no_number() {}

#[callback(timeout = "30")]
fn no_unit() {}

#[callback(timeout = "5 fortnights")]
fn unknown_unit() {}

#[callback(timeout = "24s1m")]
fn order() {}

#[callback(timeout = "1s 1s")]
fn unit_twice() {}

#[callback(timeout = "0s")]
fn zero() {}

#[callback(timeout = "0.5ns")]
fn too_fine() {}

#[fetcher(timeout = "11 years")]
async fn years();

#[fetcher(timeout = "9999 weeks")]
async fn too_long();

fn main() {}
