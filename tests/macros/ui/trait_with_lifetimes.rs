use daffi::fetcher;

#[fetcher]
trait Lending<'a> {
    async fn hold(&self, value: &'a str);
}

fn main() {}
