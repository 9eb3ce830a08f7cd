use daffi::{callback, fetcher};

#[callback]
unsafe fn unsafely() {}

#[callback]
const fn constant() {}

#[callback]
extern "C" fn foreign() {}

#[fetcher]
unsafe fn unsafely_there();

#[fetcher]
const fn constant_there();

fn main() {}
