use daffi::callback;

#[callback(inline)]
async fn later() {}

fn main() {}
