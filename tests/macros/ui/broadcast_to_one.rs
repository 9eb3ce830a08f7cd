use daffi::fetcher;

#[fetcher(broadcast, to = "shop")]
async fn function();

struct Client;

#[fetcher(to = "shop")]
impl Client {
    #[fetcher(broadcast)]
    async fn of_the_block(&self);

    #[fetcher(broadcast, to = "other shop")]
    async fn of_its_own(&self);
}

#[fetcher(to = "shop")]
trait Shopping {
    #[fetcher(broadcast)]
    async fn method(&self);
}

fn main() {}
