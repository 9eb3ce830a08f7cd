use daffi::{callback, fetcher};

#[callback]
fn push(_items: &mut Vec<String>) {}

#[callback]
fn nested(_items: Option<&mut String>) {}

#[callback]
fn for_ever(_items: &'static mut Vec<String>) {}

#[fetcher]
async fn push_there(items: &mut Vec<String>);

fn main() {}
