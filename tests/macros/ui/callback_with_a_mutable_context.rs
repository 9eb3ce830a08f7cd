use daffi::{CallContext, callback};

#[callback]
fn function(_ctx: &mut CallContext) {}

fn main() {}
