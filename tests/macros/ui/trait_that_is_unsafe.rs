use daffi::fetcher;

#[fetcher]
unsafe trait Shopping {
    async fn get_items(&self) -> Vec<String>;
}

fn main() {}
