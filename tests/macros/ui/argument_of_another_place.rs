use daffi::{callback, fetcher};

#[callback(prefix = "shop.")]
fn on_a_function() {}

#[callback(auto_init)]
fn auto_init() {}

#[callback(local)]
fn local() {}

#[fetcher(concurrency = 8)]
async fn of_callbacks();

#[fetcher(inline)]
async fn inline();

#[fetcher(client = "Client")]
async fn of_traits();

struct Service;

#[callback(alias = "service")]
impl Service {
    #[callback(prefix = "shop.")]
    pub fn method(&self) {}
}

struct Client;

#[fetcher(alias = "client", client = "Other")]
impl Client {
    #[fetcher(prefix = "shop.")]
    async fn method(&self);
}

#[fetcher(local)]
trait Shopping {
    async fn method(&self);
}

fn main() {}
