use daffi::{callback, fetcher};

struct Service;

#[callback]
impl Service {
    pub fn offered(&self) {}

    #[callback(local, alias = "a")]
    pub fn method(&self) {}
}

struct Client;

#[fetcher]
impl Client {
    async fn calls(&self);

    #[fetcher(timeout = "3s", local)]
    fn method(&self) {}
}

#[fetcher]
trait Shopping {
    async fn calls(&self);

    #[fetcher(local, alias = "a")]
    fn method(&self) {}
}

fn main() {}
