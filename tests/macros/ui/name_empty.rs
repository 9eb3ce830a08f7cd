use daffi::{callback, fetcher};

#[callback(alias = "")]
fn alias() {}

struct Service;

#[callback(prefix = "")]
impl Service {
    pub fn method(&self) {}
}

#[fetcher(to = "")]
async fn to();

fn main() {}
