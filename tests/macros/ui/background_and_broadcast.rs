use daffi::fetcher;

#[fetcher(bg, broadcast)]
async fn function();

struct Client;

#[fetcher]
impl Client {
    #[fetcher(broadcast, timeout = "3s", bg)]
    async fn method(&self);
}

#[fetcher]
trait Shopping {
    #[fetcher(bg, broadcast)]
    async fn method(&self);
}

fn main() {}
