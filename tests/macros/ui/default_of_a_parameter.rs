use daffi::{CallContext, Streaming, callback, fetcher};

#[callback]
fn of_a_context(#[callback(default)] _ctx: CallContext) {}

#[callback]
async fn of_a_stream(#[callback(default)] _items: Streaming<u8>) {}

#[callback]
fn something_else(#[callback(defualt)] _count: u8, #[callback] _other: u8) {}

#[callback]
fn before_one_that_is_needed(#[callback(default)] _count: u8, _name: String, _note: Option<u8>, _ctx: &CallContext) {}

#[fetcher]
async fn of_a_fetcher(#[callback(default)] count: u8);

#[callback]
fn without_a_body(#[callback(default)] count: u8);

pub struct Service;

#[callback]
impl Service {
    pub fn method(&self, #[callback(default)] _ctx: &CallContext, #[callback(default = 3)] _count: u8) {}
}

fn main() {}
