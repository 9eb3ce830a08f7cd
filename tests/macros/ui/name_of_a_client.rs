use daffi::fetcher;

#[fetcher(client = "Shop per")]
trait Shopping {
    async fn get_items(&self) -> Vec<String>;
}

#[fetcher(client = "")]
trait Selling {
    async fn sell(&self);
}

fn main() {}
