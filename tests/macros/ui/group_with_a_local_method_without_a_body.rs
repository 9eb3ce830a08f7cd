use daffi::fetcher;

struct Client;

#[fetcher]
impl Client {
    #[fetcher(local)]
    fn method(&self);
}

fn main() {}
