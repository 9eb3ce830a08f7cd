use daffi::fetcher;

#[fetcher]
trait Shopping {}

#[fetcher]
trait Local {
    #[fetcher(local)]
    fn method(&self);
}

fn main() {}
