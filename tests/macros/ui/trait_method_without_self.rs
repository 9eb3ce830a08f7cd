use daffi::fetcher;

#[fetcher]
trait Shopping {
    async fn get_items() -> Vec<String>;

    async fn close(self);
}

fn main() {}
