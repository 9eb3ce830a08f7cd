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

#[fetcher(balance = "random")]
async fn balance();

#[callback(bg, broadcast)]
fn of_callers() {}

#[callback(retry = 2, idempotent, wait = "5s")]
fn made_again() {}

struct Service;

#[callback(alias = "service", balance = "random")]
impl Service {
    #[callback(prefix = "shop.", bg)]
    pub fn method(&self) {}
}

struct Client;

#[fetcher(alias = "client", client = "Other", bg, retry = 2)]
impl Client {
    #[fetcher(prefix = "shop.", balance = "random")]
    async fn method(&self);
}

#[fetcher(local, broadcast, idempotent)]
trait Shopping {
    async fn method(&self);
}

fn main() {}
