// The compiler says all that is to be said.
#![allow(unused)]

use daffi::{callback, fetcher};

#[callback]
fn parameter(value: str) {}
//                  ^ the size for values of type `str` cannot be known

#[callback]
fn result() -> [u8] {
    //         ^ the size for values of type `[u8]` cannot be known
    unreachable!()
}

#[fetcher]
async fn parameter_there(value: str);
//                              ^ the size for values of type `str` cannot be known

#[fetcher]
async fn result_there() -> [u8];
//                         ^ the size for values of type `[u8]` cannot be known

fn main() {}
