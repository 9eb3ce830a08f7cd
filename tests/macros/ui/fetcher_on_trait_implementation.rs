use daffi::fetcher;

trait Shopping {
    fn get_items(&self) -> daffi::Call<Vec<String>>;
}

struct Client;

#[fetcher]
impl Shopping for Client {
    fn get_items(&self) -> Vec<String>;
}

fn main() {}
