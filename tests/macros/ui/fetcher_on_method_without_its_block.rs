use daffi::fetcher;

struct Client;

impl Client {
    #[fetcher]
    pub async fn get_items(&self) -> Vec<String>;
}

fn main() {}
