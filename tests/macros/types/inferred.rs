// The compiler says all that is to be said.
#![allow(unused)]

use daffi::{callback, fetcher};

#[callback]
fn parameter(value: Vec<_>) {}
//                      ^ the placeholder `_` is not allowed

#[callback]
async fn result() -> Vec<_> {
    //                   ^ the placeholder `_` is not allowed
    vec![1]
}

#[fetcher]
async fn parameter_there(value: Vec<_>);
//                                  ^ the placeholder `_` is not allowed

fn main() {}
