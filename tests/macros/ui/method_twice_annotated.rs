use daffi::{callback, fetcher};

struct Service;

#[callback]
impl Service {
    #[callback(alias = "a")]
    #[callback(timeout = "3s")]
    pub fn method(&self) {}
}

struct Client;

#[fetcher]
impl Client {
    #[fetcher]
    #[fetcher(timeout = "3s")]
    async fn method(&self);
}

fn main() {}
