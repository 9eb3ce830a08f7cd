use daffi::callback;

#[callback("sum")]
fn a_literal() {}

#[callback(, alias = "sum")]
fn a_comma() {}

fn main() {}
