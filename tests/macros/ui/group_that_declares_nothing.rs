use daffi::fetcher;

struct Client;

#[fetcher]
impl Client {}

struct Private;

#[fetcher]
impl Private {
    fn helper(&self) -> u8 {
        1
    }
}

fn main() {}
