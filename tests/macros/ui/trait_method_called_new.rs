use daffi::fetcher;

#[fetcher]
trait Shopping {
    async fn new(&self, name: String);
}

fn main() {}
