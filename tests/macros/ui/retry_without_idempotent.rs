use daffi::fetcher;

#[fetcher(retry = 2)]
async fn function();

#[fetcher(bg, retry = 2, timeout = "3s")]
async fn in_the_background();

struct Client;

#[fetcher]
impl Client {
    #[fetcher(retry = 2)]
    async fn method(&self);
}

#[fetcher]
trait Shopping {
    #[fetcher(alias = "buy", retry = 2)]
    async fn method(&self);
}

// It is not missing, it is misspelt.
#[fetcher(retry = 2, idempotant)]
async fn misspelt();

fn main() {}
