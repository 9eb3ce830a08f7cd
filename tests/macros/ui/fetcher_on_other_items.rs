use daffi::fetcher;

#[fetcher]
pub struct Struct;

#[fetcher]
enum Enum {}

#[fetcher]
mod module {}

#[fetcher]
const CONSTANT: u8 = 1;

#[fetcher]
unsafe extern "C" {}

fn main() {}
