use daffi::callback;

#[callback(balance = "fastest")]
fn fastest() {}

#[callback(balance = "RoundRobin")]
async fn otherwise_written() {}

#[callback(balance = "")]
fn empty() {}

struct Service;

#[callback]
impl Service {
    #[callback(balance = "by load", concurrency = 8)]
    pub fn method(&self) {}
}

fn main() {}
