use daffi::callback;

#[callback]
struct Struct;

#[callback]
enum Enum {}

#[callback]
mod module {}

#[callback]
const CONSTANT: u8 = 1;

#[callback]
static STATIC: u8 = 1;

#[callback]
type Alias = u8;

#[callback]
pub use std::fmt;

fn main() {}
