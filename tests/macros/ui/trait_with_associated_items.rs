use daffi::fetcher;

#[fetcher]
trait Shopping {
    type Item;
    const LIMIT: usize;

    async fn get_items(&self) -> Vec<String>;
}

fn main() {}
