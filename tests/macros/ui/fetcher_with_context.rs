use daffi::{CallContext, fetcher};

#[fetcher]
async fn lent(name: String, ctx: &CallContext) -> String;

#[fetcher]
async fn owned(ctx: CallContext, name: String) -> String;

fn main() {}
