use daffi::callback;

#[callback(alias)]
fn nothing() {}

#[callback(timeout =)]
fn half() {}

#[callback(alias("sum"))]
fn in_parentheses() {}

fn main() {}
