use daffi::fetcher;

#[fetcher(bg, idempotent)]
async fn in_the_background();

#[fetcher(broadcast, idempotent)]
async fn everywhere();

#[fetcher]
trait Shopping {
    #[fetcher(idempotent, bg)]
    async fn method(&self);
}

fn main() {}
