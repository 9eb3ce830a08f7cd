use daffi::fetcher;

#[fetcher(broadcast, retry = 2)]
async fn function();

#[fetcher(broadcast, retry = 2, idempotent)]
async fn idempotent();

struct Client;

#[fetcher]
impl Client {
    #[fetcher(retry = 2, broadcast)]
    async fn method(&self);
}

fn main() {}
