use daffi::fetcher;

#[fetcher]
trait Shopping<T> {
    async fn get_items(&self) -> Vec<String>;
}

fn main() {}
